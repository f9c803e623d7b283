"""What one store's night leaves behind in its process: nothing that runs, waits, or counts for the others."""

from __future__ import annotations

import contextvars
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from franpos_night import bookmarks as kept
from franpos_night import store_night
from franpos_night.bookmarks import MeltanoBookmarks
from franpos_night.limits import SharedLimits
from tap_franpos import tap as franpos
from target_qbo.desk.config import DeskConfig
from target_qbo.errors import UnreachableError
from target_qbo.settings import SETTINGS, Settings
from target_qbo.settings_schema import defaults
from tests.shop import ROOT

if TYPE_CHECKING:
    from franpos_night.pipe import PipeWriter

ANSWERS = """#!/bin/sh
while read line; do
  case "$line" in
    *slow*) exec sleep 3600 ;;
    *) echo '{"state": {"by": '$$'}}' ;;
  esac
done
"""
CONFIG = {"realm_id": "1", "client_id": "a", "client_secret": "b", "refresh_token": "c", "environment": "sandbox"}


class _NoBookmarks:
    def read(self, _store: str) -> dict[str, Any]:
        return {}

    def write(self, _store: str, _state: str) -> None:
        raise AssertionError


def test_a_tap_does_not_wait_for_a_target_that_is_gone(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    ended = threading.Event()

    class Tap:
        def __init__(self, *, message_writer: PipeWriter, **_options: Any) -> None:
            self.pipe = message_writer._pipe

        def sync_all(self) -> None:
            try:
                while True:
                    self.pipe.write("{}")
            finally:
                ended.set()

    def target(**_options: Any) -> None:
        raise SystemExit(0)

    monkeypatch.setattr(franpos, "TapFranpos", Tap)
    monkeypatch.setattr(store_night, "TargetQBO", target)
    desk = DeskConfig(None, None, lambda: {"TARGET_QBO_LEDGER_URL": f"sqlite:///{tmp_path}/ledger.db"}, tmp_path)
    with pytest.raises(SystemExit):
        contextvars.Context().run(store_night.sync, "a", desk, _NoBookmarks(), None)
    assert ended.wait(10)


def test_leave_that_a_stopped_run_did_not_use_is_not_missing_to_the_next_store_of_its_company() -> None:
    shared, settings = SharedLimits(), Settings.from_config(defaults(SETTINGS) | CONFIG)
    limits = shared.of(settings)
    limits.held_back(3)
    while limits.try_take(batch=True) == 0:
        pass
    again = shared.of(settings)
    assert again is limits
    assert again.try_take(batch=True) == 0
    assert again.waited == 0


def test_what_was_sent_counts_for_the_next_store_of_its_company() -> None:
    shared, settings = SharedLimits(), Settings.from_config(defaults(SETTINGS) | CONFIG)
    limits = shared.of(settings)
    while limits.try_take(batch=True) == 0:
        limits.departs(batch=True)
    assert shared.of(settings).try_take(batch=True) > 0


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """Make a project whose Meltano does not answer for one store."""
    (tmp_path / "meltano.yml").write_text("version: 1\n")
    programs = tmp_path / ".venv-meltano" / "bin"
    programs.mkdir(parents=True)
    for name in ("meltano", "python"):
        (programs / name).write_text(ANSWERS)
        (programs / name).chmod(0o755)
    return tmp_path


def test_a_question_without_an_answer_holds_no_other_store(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(kept, "_ANSWER_SECONDS", 0.5)
    bookmarks = MeltanoBookmarks(project, lambda _: {}, {"PATH": "/usr/bin:/bin"})
    first = bookmarks.read("a")
    with ThreadPoolExecutor(2) as pool:
        slow, other = pool.submit(bookmarks.read, "slow"), pool.submit(bookmarks.read, "b")
        with pytest.raises(UnreachableError, match="ended without an answer"):
            slow.result(30)
        assert other.result(30)
    assert bookmarks.read("c") != first, "it is another process by now"
    bookmarks.close()


def test_however_many_places_hold_bookmarks_few_processes_stay(project: Path) -> None:
    def place(store: str) -> dict[str, str]:
        return {"MELTANO_DATABASE_URI": f"sqlite:///{store}.db"}

    bookmarks = MeltanoBookmarks(project, place, {"PATH": "/usr/bin:/bin"})
    answers = {store: bookmarks.read(store) for store in "abcdefgh"}
    assert sum(Path(f"/proc/{answer['by']}").exists() for answer in answers.values()) == 4
    assert bookmarks.read("h") == answers["h"], "the latest are asked again"
    assert bookmarks.read("a") != answers["a"], "it is another process by now"
    bookmarks.close()


def test_the_parts_of_a_first_night_do_not_hurt_each_other_making_meltanos_tables(tmp_path: Path) -> None:
    environment = {"MELTANO": str(ROOT / ".venv-meltano/bin/meltano"), "MELTANO_ENVIRONMENT": "demo"}
    place = {"MELTANO_DATABASE_URI": f"sqlite:///{tmp_path}/meltano.db"}
    parts = [MeltanoBookmarks(ROOT, lambda _: place, environment) for _ in range(3)]
    with ThreadPoolExecutor(len(parts)) as pool:
        states = list(pool.map(lambda part: part.read("a"), parts))
    for part in parts:
        part.close()
    assert states == [{}, {}, {}]
