"""The entry point in a project of one's own: its ``.env`` holds, and what Meltano can't do is said."""

from __future__ import annotations

import json
import os
import shutil
import sqlite3
import sys
from typing import TYPE_CHECKING, Any

import pytest

from orchestrate import nightly
from orchestrate.nightly import DONE, FAILED, SETTINGS, UNREACHABLE, Nightly
from sandbox.environment import write_env_file
from tests.forks import MELTANO
from tests.shop import ROOT, Shop, run

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A Meltano project with both plugins installed, and nothing else."""
    folder = tmp_path / "project"
    (folder / ".meltano").mkdir(parents=True)
    shutil.copy(ROOT / "meltano.yml", folder)
    for plugins in ("extractors", "loaders"):
        (folder / ".meltano" / plugins).symlink_to(ROOT / ".meltano" / plugins)
    return folder


def _night(project: Path, **variables: str) -> dict[str, Any]:
    """Run a night; returns its last line."""
    command = [sys.executable, "-m", "orchestrate.nightly", "--project", str(project)]
    night = run(command, env={"MELTANO": str(MELTANO / "meltano")} | variables)
    last: dict[str, Any] = json.loads(night.stdout.splitlines()[-1])
    assert last["exit_code"] == night.returncode
    return last


def test_bookmarks_are_kept_where_the_env_file_says(project: Path) -> None:
    with Shop(project.parent, "--locations", "1", "--days", "1", "--dirty", "0") as shop:
        write_env_file(project / ".env", shop.ready)
        with (project / ".env").open("a") as file:
            file.write(f"MELTANO_ENVIRONMENT=demo\nMELTANO_DATABASE_URI=sqlite:///{project}/of-env-file.db\n")
            file.write(f"TARGET_QBO_LEDGER_URL=sqlite:///{project}/ledger.db\n")
        night = _night(project)
        assert night["exit_code"] == DONE, night
        assert shop.differences() == []
    with sqlite3.connect(project / "of-env-file.db") as bookmarks:
        assert bookmarks.execute("SELECT count(*) FROM state").fetchone() == (1,)
    assert not (project / ".meltano" / "meltano.db").exists(), "nothing went where the file does not say"


def test_bookmarks_that_can_t_be_reached_are_said_to_be(project: Path) -> None:
    night = _night(
        project,
        MELTANO_DATABASE_URI="postgresql+psycopg://someone:a-secret@127.0.0.1:1/bookmarks",
        MELTANO_DATABASE_MAX_RETRIES="1",
        MELTANO_DATABASE_RETRY_TIMEOUT="1",
    )
    assert night["exit_code"] == UNREACHABLE
    assert night["reason"].startswith("the database of the bookmarks can't be used: ")
    assert "a-secret" not in json.dumps(night)


def test_a_project_that_lacks_what_it_runs_says_so(project: Path) -> None:
    assert "location_ids" in (night := _night(project))["reason"]
    assert night["exit_code"] == SETTINGS
    jobless = (project / "meltano.yml").read_text().replace("till-to-books", "another-job")
    (project / "meltano.yml").write_text(jobless)
    assert "till-to-books not found" in (night := _night(project))["reason"]
    assert night["exit_code"] == FAILED


def test_plugins_that_are_not_installed_are_not_fetched_at_midnight(project: Path) -> None:
    (project / ".meltano" / "loaders").unlink()
    night = _night(project)
    assert night["exit_code"] == SETTINGS
    assert night["reason"].startswith("loaders/target-qbo not installed in ")


def test_a_run_does_not_outlive_the_time_that_it_is_given(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Airflow raises its time limit wherever the task is; a run that heeds no SIGTERM is ended all the same."""
    deaf = project / "deaf"
    deaf.write_text("#!/bin/sh\ntrap '' TERM\necho $$\nsleep 120 & wait\nsleep 120\n")
    deaf.chmod(0o755)
    monkeypatch.setattr(nightly, "_KILL_SECONDS", 0.5)
    seen = []

    def time_is_up(entry: nightly.Entry) -> None:
        seen.append(int(entry["event"]))
        raise TimeoutError

    with pytest.raises(TimeoutError):
        Nightly(None, os.environ | {"MELTANO": str(deaf)}, project).run(time_is_up)
    with pytest.raises(ProcessLookupError):
        os.kill(seen[0], 0)
