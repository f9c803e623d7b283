"""List when Airflow's own timetable fires the DAG ``franpos_qbo``, run by run; for Airflow's environment.

``.venv-airflow/bin/python scripts/dag_fires.py [--from 2026-01-01] [--days 365] [--format json]``. It
ends with exit code 1 where a night of Denver has no run at its midnight, or more than one.
"""

from __future__ import annotations

import argparse
import datetime as dt
import json
import os
import sys
import tempfile
from collections import Counter
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

ROOT = Path(__file__).resolve().parent.parent
ZONE = ZoneInfo("America/Denver")
MIDNIGHT = dt.time(0)


def main() -> int:
    """Print the runs of the asked days; with ``--format json`` the DAG's tasks beside them."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--from", dest="first", type=dt.date.fromisoformat, default=dt.date(2026, 1, 1))
    parser.add_argument("--days", type=int, default=365)
    parser.add_argument("--format", choices=("text", "json"), default="text")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as home:
        dag = _dag(home)
        fires = _fires(dag.timetable, options.first, options.days)
    local = [one.astimezone(ZONE) for one in fires]
    if options.format == "json":
        tasks = [
            {
                "task": task.task_id,
                "mapped": task.is_mapped,
                "retries": task.retries,
                "downstream": sorted(task.downstream_task_ids),
            }
            for task in dag.tasks
        ]
        json.dump(
            {
                "fires": [one.isoformat() for one in fires],
                "tasks": tasks,
                "catchup": dag.catchup,
                "at_once": dag.max_active_runs,
            },
            sys.stdout,
        )
    else:
        for utc, here in zip(fires, local, strict=True):
            print(f"{utc:%Y-%m-%d %H:%M:%S} UTC  {here:%Y-%m-%d %H:%M:%S %Z}")
    nights = Counter(one.date() for one in local if one.time() == MIDNIGHT)
    wanted = {options.first + dt.timedelta(days=number): 1 for number in range(options.days)}
    right = nights == wanted and len(fires) == options.days
    print(f"{len(fires)} runs, {'one at midnight of every night' if right else 'NOT ONE A NIGHT'}", file=sys.stderr)
    return 0 if right else 1


def _dag(home: str) -> Any:  # noqa: ANN401 (Airflow is not there where types are checked)
    os.environ |= {
        "AIRFLOW_HOME": home,
        "AIRFLOW__CORE__LOAD_EXAMPLES": "False",
        "AIRFLOW__LOGGING__LOGGING_LEVEL": "WARNING",
    }
    sys.path.insert(0, str(ROOT))
    from airflow.dag_processing.dagbag import DagBag  # noqa: PLC0415 (it reads its settings when it is loaded)

    bag = DagBag(str(ROOT / "orchestrate" / "airflow" / "dags"))
    if bag.import_errors:
        raise SystemExit("\n".join(bag.import_errors.values()))
    return bag.dags["franpos_qbo"]


def _fires(timetable: Any, first: dt.date, days: int) -> list[dt.datetime]:  # noqa: ANN401 (as above)
    from airflow.serialization.serialized_objects import decode_timetable, encode_timetable  # noqa: PLC0415
    from airflow.timetables.base import TimeRestriction  # noqa: PLC0415
    from pendulum import instance  # noqa: PLC0415

    begin = instance(dt.datetime.combine(first, MIDNIGHT, tzinfo=ZONE))
    end = instance(dt.datetime.combine(first + dt.timedelta(days=days), MIDNIGHT, tzinfo=ZONE))
    known = decode_timetable(encode_timetable(timetable))
    fires: list[dt.datetime] = []
    last = None
    while True:
        found = known.next_dagrun_info(
            last_automated_data_interval=last, restriction=TimeRestriction(begin, None, catchup=True)
        )
        if found is None or found.run_after >= end:
            return fires
        fires.append(found.run_after.astimezone(dt.UTC))
        last = found.data_interval


if __name__ == "__main__":
    sys.exit(main())
