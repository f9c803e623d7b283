"""Midnight of Denver, every night, through both clock changes: what the real tools say."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from datetime import datetime
from typing import TYPE_CHECKING, Any

import pytest
import yaml

from tests.shop import ROOT, run

if TYPE_CHECKING:
    from pathlib import Path

AIRFLOW_PYTHON = ROOT / ".venv-airflow" / "bin" / "python"
BOTH_CHANGES = {
    "2026-03-08T07:00:00+00:00",  # the night before summer time begins, at 02:00
    "2026-03-09T06:00:00+00:00",
    "2026-11-01T06:00:00+00:00",  # the night before it ends
    "2026-11-02T07:00:00+00:00",
}


@pytest.mark.skipif(shutil.which("systemd-analyze") is None, reason="systemd-analyze is not installed")
def test_the_timer_fires_at_every_midnight() -> None:
    listed = run([sys.executable, "scripts/timer_fires.py", "--from", "2026-01-01", "--days", "365"])
    assert listed.returncode == 0, listed.stdout + listed.stderr
    fires = {datetime.fromisoformat(f"{line[:19]}+00:00").isoformat() for line in listed.stdout.splitlines()}
    assert len(fires) == 365
    assert fires >= BOTH_CHANGES


@pytest.mark.skipif(shutil.which("systemd-analyze") is None, reason="systemd-analyze is not installed")
def test_a_timer_that_fires_at_another_hour_is_found_out(tmp_path: Path) -> None:
    folder = tmp_path / "orchestrate" / "systemd"
    folder.mkdir(parents=True)
    timer = (ROOT / "orchestrate" / "systemd" / "franpos-qbo.timer").read_text()
    (folder / "franpos-qbo.timer").write_text(timer.replace(" America/Denver", " UTC"))
    (tmp_path / "scripts").mkdir()
    script = tmp_path / "scripts" / "timer_fires.py"
    script.write_text((ROOT / "scripts" / "timer_fires.py").read_text())
    assert run([sys.executable, str(script)]).returncode == 1


def test_every_schedule_says_the_same() -> None:
    meltano = yaml.safe_load((ROOT / "meltano.yml").read_text())["schedules"]
    assert [(one["interval"], one["job"]) for one in meltano] == [("0 0 * * *", "till-to-books")]
    cron = (ROOT / "orchestrate" / "cron" / "franpos-qbo").read_text().splitlines()
    assert "CRON_TZ=America/Denver" in cron
    assert [line[:9] for line in cron if line[:1].isdigit()] == ["0 0 * * *"]
    jobs = yaml.safe_load_all((ROOT / "orchestrate" / "kubernetes" / "cronjob.yaml").read_text())
    job = next(one for one in jobs if one["kind"] == "CronJob")["spec"]
    assert (job["schedule"], job["timeZone"]) == ("0 0 * * *", "America/Denver")
    assert job["concurrencyPolicy"] == "Forbid"


@pytest.fixture(scope="module")
def dag() -> dict[str, Any]:
    """The DAG as Airflow itself loads it, with a year of its timetable."""
    assert AIRFLOW_PYTHON.exists(), "run `make .venv-airflow/.ready` first; `make test` does"
    listed = subprocess.run(
        [AIRFLOW_PYTHON, "scripts/dag_fires.py", "--days", "365", "--format", "json"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert listed.returncode == 0, listed.stdout + listed.stderr
    loaded: dict[str, Any] = json.loads(listed.stdout)
    return loaded


def test_airflow_s_timetable_fires_at_every_midnight(dag: dict[str, Any]) -> None:
    assert len(set(dag["fires"])) == 365
    assert set(dag["fires"]) >= BOTH_CHANGES
    assert dag["catchup"] is False, "a missed night is made up by the next one, not run after run"
    assert dag["at_once"] == 1


def test_the_dag_maps_one_task_over_what_the_plan_settles(dag: dict[str, Any]) -> None:
    tasks = {task["task"]: task for task in dag["tasks"]}
    assert {name: task["mapped"] for name, task in tasks.items()} == {"plan": False, "stores": True, "summary": False}
    assert tasks["plan"]["downstream"] == ["stores"]
    assert tasks["stores"]["downstream"] == ["summary"]
    assert tasks["stores"]["retries"] == 3
    assert tasks["summary"]["retries"] == 0
