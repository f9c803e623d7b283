#!/usr/bin/env bash
# A schema that says "whole cents" (`multipleOf: 0.01`), and amounts that are exact.
#
# Versions   fastjsonschema 2.21.2, jsonschema 4.26.0, simplejson 4.3.0
# Input      10.10 against {"type": "number", "multipleOf": 0.01}; schema and amount read as floats or as Decimals. The
#            Singer SDK reads both as Decimals
# Guess      10.10 is whole cents for both validators, however the two were read
# Behaviour  of each four ways one validator takes it in two and fails in two, and not in the same: jsonschema divides one by
#            the other and stops with TypeError where only one is a Decimal; fastjsonschema writes the step into its
#            code as a float, so that a Decimal amount never passes. With Decimals on both sides jsonschema passes it
#            and fastjsonschema raises a TypeError (no error of validation), so that a target which changes from one to
#            the other for speed stops at the first record. `const` and `enum` fail more quietly: 10.10 is "not" 10.10
#            where only one of the two is a Decimal, and with fastjsonschema where both are.
# Way out    no step and no constant in a schema of amounts; say cents in the description and look at the exponent
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check fastjsonschema==2.21.2 jsonschema==4.26.0 simplejson==4.3.0
cd "$folder"

cat > steps.py <<'PYTHON'
import fastjsonschema
import jsonschema
import simplejson


def outcome(check):
    try:
        return "passes" if check() is not False else "refused"
    except fastjsonschema.JsonSchemaValueException:
        return "refused"
    except Exception as error:
        return type(error).__name__


for rule in ('{"multipleOf": 0.01}', '{"const": 10.10}'):
    for of_schema in (False, True):
        schema = simplejson.loads(rule, use_decimal=of_schema)
        for of_amount in (False, True):
            amount = simplejson.loads("10.10", use_decimal=of_amount)
            slow = outcome(lambda: jsonschema.Draft7Validator(schema).is_valid(amount))
            fast = outcome(lambda: fastjsonschema.compile(schema)(amount))
            names = ["Decimal" if one else "float" for one in (of_schema, of_amount)]
            print(f"{rule} schema {names[0]}, amount {names[1]}: jsonschema {slow}, fastjsonschema {fast}")
PYTHON

diff - <(venv/bin/python steps.py 2> log) << 'SEEN' || { tail -5 log; exit 1; }
{"multipleOf": 0.01} schema float, amount float: jsonschema passes, fastjsonschema passes
{"multipleOf": 0.01} schema float, amount Decimal: jsonschema TypeError, fastjsonschema InvalidOperation
{"multipleOf": 0.01} schema Decimal, amount float: jsonschema TypeError, fastjsonschema passes
{"multipleOf": 0.01} schema Decimal, amount Decimal: jsonschema passes, fastjsonschema TypeError
{"const": 10.10} schema float, amount float: jsonschema passes, fastjsonschema passes
{"const": 10.10} schema float, amount Decimal: jsonschema refused, fastjsonschema refused
{"const": 10.10} schema Decimal, amount float: jsonschema refused, fastjsonschema passes
{"const": 10.10} schema Decimal, amount Decimal: jsonschema passes, fastjsonschema refused
SEEN
echo "as it was seen"
