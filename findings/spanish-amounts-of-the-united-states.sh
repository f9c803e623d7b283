#!/usr/bin/env bash
# How an amount is written for somebody in the United States who reads Spanish.
#
# Versions   Django 5.2.8, Babel 2.17.0 (with Unicode's CLDR)
# Input      1234.56 and 4 March 2026, for browsers that ask for es-US, es-419 and es-MX
# Guess      both write 1,234.56 for all three, as tills and banks there do: whoever knows a language for a country knows its numbers
# Behaviour  Babel does. Django knows neither es-US nor es-419, takes Spain's Spanish for both, and writes 1 234,56, with a blank
#            that does not break: beside a till that prints 1,234.56 an amount with its cents behind a comma. es-MX is right.
# Way out    a table of one's own from the browser's language to a variant with these numbers, before Django's middleware chooses
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check django==5.2.8 babel==2.17.0
cd "$folder"

cat > amounts.py <<'PYTHON'
from datetime import date
from decimal import Decimal

import django
from babel.dates import format_date
from babel.numbers import format_decimal
from django.conf import settings
from django.utils import translation
from django.utils.formats import date_format, number_format

settings.configure(USE_I18N=True, USE_THOUSAND_SEPARATOR=True)
django.setup()
for asked in ("es-us", "es-419", "es-mx"):
    language = translation.get_supported_language_variant(asked)
    with translation.override(language):
        amount = number_format(Decimal("1234.56"), 2, use_l10n=True, force_grouping=True)
        day = date_format(date(2026, 3, 4), "SHORT_DATE_FORMAT")
    locale = {"es-us": "es_US", "es-419": "es_419", "es-mx": "es_MX"}[asked]
    theirs = format_decimal(Decimal("1234.56"), "#,##0.00", locale)
    print(f"{asked}: Django, as {language}, {amount!r} on {day}; Babel {theirs!r} on {format_date(date(2026, 3, 4), 'short', locale)}")
PYTHON

diff - <(venv/bin/python amounts.py 2> log) << 'SEEN' || { tail -5 log; exit 1; }
es-us: Django, as es, '1\xa0234,56' on 04/03/2026; Babel '1,234.56' on 4/3/2026
es-419: Django, as es, '1\xa0234,56' on 04/03/2026; Babel '1,234.56' on 4/3/26
es-mx: Django, as es-mx, '1,234.56' on 04/03/2026; Babel '1,234.56' on 04/03/26
SEEN
echo "as it was seen"
