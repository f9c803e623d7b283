#!/usr/bin/env bash
# Amounts in the filter of a stream map: Decimals from the JSON reader, floats from the expression.
#
# Versions   singer-sdk 0.54.9, simpleeval 1.0.8, simplejson 4.3.0
# Input      records with total 10.10 and 10.50; a filter that compares total with the same figure
# Guess      a record of 10.10 passes `total == 10.10` and `total <= 10.10`
# Behaviour  it passes neither, and 10.50 passes both. The SDK's records have exact Decimals; the figure in the expression is
#            parsed by Python and is the float next to 10.10, which is a little less. Python compares the two exactly and
#            without complaint. So a filter on amounts works for .00, .25, .50 and .75, and for all others on one side only.
#            (Arithmetic with such a figure, `total * 0.5`, does complain: Decimal and float don't mix.)
# Way out    compare whole cents (`int(total * 100) <= 1010`), which is exact
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check singer-sdk==0.54.9 simpleeval==1.0.8 simplejson==4.3.0
cd "$folder"

cat > filters.py <<'PYTHON'
import logging

from singer_sdk.mapper import PluginMapper
from singer_sdk.singerlib.json import deserialize_json

SCHEMA = {"type": "object", "properties": {"id": {"type": "string"}, "total": {"type": "number"}}}
RECORDS = [deserialize_json('{"id": "1", "total": 10.10}'), deserialize_json('{"id": "2", "total": 10.50}')]

for form in ("total == {}", "total <= {}", "total >= {}", "int(total * 100) <= {cents}"):
    for record in RECORDS:
        figure = f"{record['total']:.2f}"
        expression = form.format(figure, cents=figure.replace(".", ""))
        mapper = PluginMapper({"stream_maps": {"tickets": {"__filter__": expression}}}, logging.getLogger())
        mapper.register_raw_stream_schema("tickets", SCHEMA, ["id"])
        (stream_map,) = mapper.stream_maps["tickets"]
        print(type(record["total"]).__name__, figure, "|", expression, "|", "passes" if stream_map.transform(dict(record)) else "dropped")
PYTHON

diff - <(venv/bin/python filters.py 2> log) << 'SEEN' || { tail -5 log; exit 1; }
Decimal 10.10 | total == 10.10 | dropped
Decimal 10.50 | total == 10.50 | passes
Decimal 10.10 | total <= 10.10 | dropped
Decimal 10.50 | total <= 10.50 | passes
Decimal 10.10 | total >= 10.10 | passes
Decimal 10.50 | total >= 10.50 | passes
Decimal 10.10 | int(total * 100) <= 1010 | passes
Decimal 10.50 | int(total * 100) <= 1050 | passes
SEEN
echo "as it was seen"
