#!/usr/bin/env bash
# A column that a stream map computes from two numbers, and what the messages then say of it.
#
# Versions   singer-sdk 0.54.9, target-jsonl 0.1.4
# Input      a tap of one stream, quantity and unit_price both declared numbers; the SDK's built-in stream map adds
#            `gross: unit_price * quantity`
# Guess      gross is declared a number, as a product of numbers is one
# Behaviour  its SCHEMA message declares a string, its RECORD message has the number 10.10: the tap contradicts itself, and
#            a target that validates refuses the record (exit code 1); one that does not makes a text column. The type of
#            a new column is guessed from the first characters of the expression (`float(`, `int(`, …), else it is
#            string. A column that existed keeps its type whatever is computed: `total: unit_price * quantity` is a number.
# Way out    compute into a column that exists and is a number; `float(…)` gives the type and takes the exact decimal away
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
for package in singer-sdk==0.54.9 target-jsonl==0.1.4; do
    python3 -m venv "$folder/${package%==*}"
    "$folder/${package%==*}/bin/pip" install --quiet --disable-pip-version-check "$package"
done
cd "$folder"

cat > tap.py <<'PYTHON'
import sys
from decimal import Decimal

from singer_sdk import Stream, Tap
from singer_sdk import typing as th


class Lines(Stream):
    name = "lines"
    primary_keys = ("id",)
    schema = th.PropertiesList(
        th.Property("id", th.StringType),
        th.Property("quantity", th.NumberType),
        th.Property("unit_price", th.NumberType),
        th.Property("total", th.NumberType),
    ).to_dict()

    def get_records(self, context):
        yield {"id": "1", "quantity": Decimal(2), "unit_price": Decimal("5.05"), "total": None}


class Till(Tap):
    name = "tap-till"
    config_jsonschema = th.PropertiesList().to_dict()

    def discover_streams(self):
        return [Lines(self)]


column, expression = sys.argv[1:]
Till(config={"stream_maps": {"lines": {column: expression}}}, parse_env_config=False).sync_all()
PYTHON

seen() {
    while read -r column expression; do
        singer-sdk/bin/python tap.py "$column" "$expression" > messages 2>> log
        code=0
        target-jsonl/bin/target-jsonl < messages > out 2>> log || code=$?
        echo "$column: $expression → $(grep -oE "\"$column\":(\{\"type\":[^}]*\}|[0-9.]+)" messages | tr '\n' ' ')exit code $code"
    done << 'MAPS'
gross unit_price * quantity
gross float(unit_price * quantity)
total unit_price * quantity
MAPS
}
diff - <(seen) << 'SEEN' || { tail -5 log; exit 1; }
gross: unit_price * quantity → "gross":{"type":["string","null"]} "gross":10.10 exit code 1
gross: float(unit_price * quantity) → "gross":{"type":["number","null"]} "gross":10.1 exit code 0
total: unit_price * quantity → "total":{"type":["number","null"]} "total":10.10 exit code 0
SEEN
echo "as it was seen"
