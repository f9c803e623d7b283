"""List when systemd fires ``orchestrate/systemd/franpos-qbo.timer``, as ``systemd-analyze calendar`` says.

``python scripts/timer_fires.py [--from 2026-01-01] [--days 365]``; exit code 1 where a night of Denver has no fire at
its midnight, or more than one.
"""

from __future__ import annotations

import argparse
import configparser
import datetime as dt
import os
import re
import subprocess
import sys
from collections import Counter
from pathlib import Path
from zoneinfo import ZoneInfo

TIMER = Path(__file__).resolve().parent.parent / "orchestrate" / "systemd" / "franpos-qbo.timer"
ZONE = ZoneInfo("America/Denver")
MIDNIGHT = dt.time(0)
_FIRE = re.compile(r"(?:Next elapse|Iter\. #\d+): \w{3} (\S+ \S+) UTC")


def main() -> int:
    """Print the fires of the asked days."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n", 1)[0])
    parser.add_argument("--from", dest="first", type=dt.date.fromisoformat, default=dt.date(2026, 1, 1))
    parser.add_argument("--days", type=int, default=365)
    options = parser.parse_args()
    fires = calendar_fires(on_calendar(TIMER), options.first, options.days)
    for fire in fires:
        print(f"{fire:%Y-%m-%d %H:%M:%S} UTC  {fire.astimezone(ZONE):%Y-%m-%d %H:%M:%S %Z}")
    local = [fire.astimezone(ZONE) for fire in fires]
    nights = Counter(one.date() for one in local if one.time() == MIDNIGHT)
    right = nights == {options.first + dt.timedelta(days=number): 1 for number in range(options.days)}
    print(f"{len(fires)} fires, {'one at midnight of every night' if right else 'NOT ONE A NIGHT'}", file=sys.stderr)
    return 0 if right and len(fires) == options.days else 1


def on_calendar(timer: Path) -> str:
    """Return the calendar expression of a timer."""
    unit = configparser.ConfigParser(delimiters=("=",), interpolation=None)
    unit.optionxform = str  # type: ignore[assignment,method-assign]
    unit.read_string(timer.read_text("utf-8"))
    return unit["Timer"]["OnCalendar"]


def calendar_fires(expression: str, first: dt.date, days: int) -> list[dt.datetime]:
    """Return the fires (UTC) of so many days of Denver from the first on, as systemd counts them."""
    begin = dt.datetime.combine(first, MIDNIGHT, tzinfo=ZONE).astimezone(dt.UTC)
    end = dt.datetime.combine(first + dt.timedelta(days=days), MIDNIGHT, tzinfo=ZONE)
    base = f"{begin - dt.timedelta(seconds=1):%Y-%m-%d %H:%M:%S} UTC"
    command = ["systemd-analyze", "calendar", f"--base-time={base}", f"--iterations={days + 2}", expression]
    environment = os.environ | {"TZ": "UTC", "LC_ALL": "C", "SYSTEMD_COLORS": "0"}
    said = subprocess.run(command, env=environment, capture_output=True, text=True, check=True).stdout
    found = [dt.datetime.fromisoformat(text).replace(tzinfo=dt.UTC) for text in _FIRE.findall(said)]
    return [fire for fire in found if fire < end]


if __name__ == "__main__":
    sys.exit(main())
