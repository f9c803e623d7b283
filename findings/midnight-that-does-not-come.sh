#!/usr/bin/env bash
# The first moment of a business day where clocks go forward at midnight.
#
# Versions   pendulum 3.3.0, Python's zoneinfo, croniter 7.0.0
# Input      2026-03-08 00:00 in Havana and 2026-04-24 00:00 in Cairo: on these days the clock goes from 23:59 to 01:00
# Guess      whatever reads it comes out on that day, at 01:00
# Behaviour  so do `pendulum.datetime`, `parse`, `start_of("day")`, `add(days=1)`, zoneinfo (by way of UTC) and croniter.
#            `pendulum.instance` of a naive time goes an hour back instead: 23:00, and its date is the day before. A sale
#            rung up first thing, or a period that begins with the day, is then booked on yesterday.
# Way out    `pendulum.datetime(year, month, day, tz=…)`; or zoneinfo, and compare in UTC
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check pendulum==3.3.0 croniter==7.0.0 tzdata
cd "$folder"

cat > midnights.py <<'PYTHON'
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pendulum
from croniter import croniter

for zone, (year, month, day) in {"America/Havana": (2026, 3, 8), "Africa/Cairo": (2026, 4, 24)}.items():
    naive = datetime(year, month, day)
    own = ZoneInfo(zone)
    noon = pendulum.datetime(year, month, day, 12, tz=zone)
    readings = {
        "zoneinfo": naive.replace(tzinfo=own).astimezone(UTC).astimezone(own),
        "croniter": croniter("0 0 * * *", naive.replace(tzinfo=own) - timedelta(hours=6)).get_next(datetime),
        "pendulum.datetime": pendulum.datetime(year, month, day, tz=zone),
        "pendulum.parse": pendulum.parse(naive.date().isoformat(), tz=zone),
        "start_of('day')": noon.start_of("day"),
        "add(days=1)": noon.subtract(days=1).start_of("day").add(days=1),
        "pendulum.instance": pendulum.instance(naive, tz=zone),
    }
    for name, reading in readings.items():
        print(f"{zone} {reading:%m-%d %H:%M}  {name}")
PYTHON

diff - <(venv/bin/python midnights.py 2> log) << 'SEEN' || { tail -5 log; exit 1; }
America/Havana 03-08 01:00  zoneinfo
America/Havana 03-08 01:00  croniter
America/Havana 03-08 01:00  pendulum.datetime
America/Havana 03-08 01:00  pendulum.parse
America/Havana 03-08 01:00  start_of('day')
America/Havana 03-08 01:00  add(days=1)
America/Havana 03-07 23:00  pendulum.instance
Africa/Cairo 04-24 01:00  zoneinfo
Africa/Cairo 04-24 01:00  croniter
Africa/Cairo 04-24 01:00  pendulum.datetime
Africa/Cairo 04-24 01:00  pendulum.parse
Africa/Cairo 04-24 01:00  start_of('day')
Africa/Cairo 04-24 01:00  add(days=1)
Africa/Cairo 04-23 23:00  pendulum.instance
SEEN
echo "as it was seen"
