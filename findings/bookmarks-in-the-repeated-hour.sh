#!/usr/bin/env bash
# Times with offsets as replication keys, through the night in which an hour comes twice.
#
# Versions   singer-sdk 0.54.9; dlt 1.31.0 with duckdb 2.0.1
# Input      tickets of a shop in Denver, 2026-11-01, in the order in which they were rung up; created_at in the shop's
#            local time with its offset, declared as date-time: 01:50-06:00, then 01:10-07:00, which is 20 minutes later
# Guess      both know a date-time, and compare moments
# Behaviour  both compare the texts, and "01:10-07:00" < "01:50-06:00".
#            singer-sdk: a stream that says it is sorted (it is) ends in InvalidStreamSortException; one that does not say
#            so keeps the bookmark of the first ticket, which is the earlier one: the last is read again.
#            dlt: the next run leaves out every row whose text is below the last value: ticket 3 never arrives, and
#            nothing says so, though its column is TIMESTAMP WITH TIME ZONE.
# Way out    replication keys in UTC (`Z`), as the second part of each shows; or comparing moments oneself
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check singer-sdk==0.54.9 "dlt[duckdb]==1.31.0" duckdb==2.0.1
cd "$folder"

cat > sdk.py <<'PYTHON'
import json
import sys

from singer_sdk import Stream, Tap
from singer_sdk import typing as th
from singer_sdk.exceptions import InvalidStreamSortException

TIMES = {
    "local": ["2026-11-01T01:50:00-06:00", "2026-11-01T01:10:00-07:00"],
    "UTC": ["2026-11-01T07:50:00Z", "2026-11-01T08:10:00Z"],
}


class Tickets(Stream):
    name = "tickets"
    primary_keys = ("id",)
    replication_key = "created_at"
    is_sorted = sys.argv[1] == "sorted"
    schema = th.PropertiesList(
        th.Property("id", th.StringType), th.Property("created_at", th.DateTimeType)
    ).to_dict()

    def get_records(self, context):
        for number, time in enumerate(TIMES[sys.argv[2]], 1):
            yield {"id": str(number), "created_at": time}


class Till(Tap):
    name = "tap-till"
    config_jsonschema = th.PropertiesList().to_dict()

    def discover_streams(self):
        return [Tickets(self)]


try:
    Till(config={}, parse_env_config=False).sync_all()
except InvalidStreamSortException as error:
    print(json.dumps({"type": "ERROR", "value": type(error).__name__}))
PYTHON

cat > nights.py <<'PYTHON'
import sys

import dlt

TIMES = {
    "local": ["00:40:00-06:00", "01:50:00-06:00", "01:10:00-07:00", "02:05:00-07:00"],
    "UTC": ["06:40:00Z", "07:50:00Z", "08:10:00Z", "09:05:00Z"],
}
rows = [{"id": number, "created_at": f"2026-11-01T{time}"} for number, time in enumerate(TIMES[sys.argv[1]], 1)]
till = rows[:2]


@dlt.resource(name="tickets", primary_key="id", write_disposition="append")
def tickets(created_at=dlt.sources.incremental("created_at")):
    yield from till


books = dlt.destinations.duckdb(f"{sys.argv[1]}.duckdb")
pipeline = dlt.pipeline(f"night_{sys.argv[1]}", destination=books, dataset_name="books", pipelines_dir="pipelines")
pipeline.run(tickets())
till = rows
pipeline.run(tickets())
with pipeline.sql_client() as client, client.execute_query("select id, typeof(created_at) from tickets order by id") as found:
    arrived = found.fetchall()
print("dlt", sys.argv[1], [number for number, _ in arrived], arrived[0][1])
PYTHON

seen() {
    for order in unsorted sorted; do
        for zone in local UTC; do
            echo "sdk $order $zone: $(venv/bin/python sdk.py $order $zone 2>> log | grep -oE '"replication_key_value":"[^"]*"|Invalid[A-Za-z]*' | tail -1)"
        done
    done
    for zone in local UTC; do
        HOME=$folder RUNTIME__DLTHUB_TELEMETRY=false venv/bin/python nights.py $zone 2>> log
    done
}
diff - <(seen) << 'SEEN' || { tail -5 log; exit 1; }
sdk unsorted local: "replication_key_value":"2026-11-01T01:50:00-06:00"
sdk unsorted UTC: "replication_key_value":"2026-11-01T08:10:00Z"
sdk sorted local: InvalidStreamSortException
sdk sorted UTC: "replication_key_value":"2026-11-01T08:10:00Z"
dlt local [1, 2, 4] TIMESTAMP WITH TIME ZONE
dlt UTC [1, 2, 3, 4] TIMESTAMP WITH TIME ZONE
SEEN
echo "as it was seen"
