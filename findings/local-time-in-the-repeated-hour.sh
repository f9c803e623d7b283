#!/usr/bin/env bash
# A shop's local time without an offset, in the hour that comes twice in autumn.
#
# Versions   pendulum 3.2.0, python-dateutil 2.9.0.post0, Python's zoneinfo
# Input      2026-11-01 01:30 on the wall of a shop in Denver: 07:30 or 08:30 in UTC
# Guess      one library reads it one way, and all take the first of the two, as Python does (PEP 495, fold=0)
# Behaviour  zoneinfo and dateutil take the first. pendulum takes the second where it makes the time itself (`datetime`,
#            `parse`, `from_format`) and the first where it is given a naive one (`instance`): so moving from
#            `pendulum.parse(text, tz=…)` to `pendulum.instance(datetime.fromisoformat(text), tz=…)` moves tickets by an hour.
# Way out    say which: `fold=0`; or give a naive time to `instance`
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check pendulum==3.2.0 python-dateutil==2.9.0.post0 tzdata
cd "$folder"

cat > hours.py <<'PYTHON'
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import dateutil.tz
import pendulum

TEXT, ZONE = "2026-11-01T01:30:00", "America/Denver"
NAIVE = datetime.fromisoformat(TEXT)
readings = {
    "zoneinfo": NAIVE.replace(tzinfo=ZoneInfo(ZONE)),
    "dateutil": NAIVE.replace(tzinfo=dateutil.tz.gettz(ZONE)),
    "pendulum.instance": pendulum.instance(NAIVE, tz=ZONE),
    "pendulum.parse": pendulum.parse(TEXT, tz=ZONE),
    "pendulum.from_format": pendulum.from_format(TEXT, "YYYY-MM-DD[T]HH:mm:ss", tz=ZONE),
    "pendulum.datetime": pendulum.datetime(2026, 11, 1, 1, 30, tz=ZONE),
    "pendulum.datetime, fold=0": pendulum.datetime(2026, 11, 1, 1, 30, tz=ZONE, fold=0),
}
for name, reading in readings.items():
    print(f"{reading.astimezone(UTC):%H:%M} UTC  {name}")
PYTHON

diff - <(venv/bin/python hours.py 2> log) << 'SEEN' || { tail -5 log; exit 1; }
07:30 UTC  zoneinfo
07:30 UTC  dateutil
07:30 UTC  pendulum.instance
08:30 UTC  pendulum.parse
08:30 UTC  pendulum.from_format
08:30 UTC  pendulum.datetime
07:30 UTC  pendulum.datetime, fold=0
SEEN
echo "as it was seen"
