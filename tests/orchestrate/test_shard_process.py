"""The process of a shard's night: each store is told of once, however the process ends, and it outlives no task."""

from __future__ import annotations

import json
import os
from typing import TYPE_CHECKING, Any

import pytest

from franpos_night.outcome import Code
from franpos_qbo.stores import Store
from orchestrate.airflow import process
from orchestrate.airflow.outcomes import outcome
from orchestrate.airflow.process import NightProcess
from tests.shop import ROOT

if TYPE_CHECKING:
    from pathlib import Path

PROGRAM = str(ROOT / ".venv" / "bin" / "franpos-qbo")
SECRETS = {"TAP_FRANPOS_AUTH_TOKEN": "hush-hush"}


def _stores(*names: str) -> list[tuple[Store, dict[str, str]]]:
    return [(Store(name, (number,), str(number), (), {}), SECRETS) for number, name in enumerate(names, 1)]


def _night(program: str, project: Path) -> NightProcess:
    return NightProcess(program, project, dict(os.environ), at_once=2, minutes=1)


def _stand_in(folder: Path, *lines: str, store: str = "a") -> str:
    """Write a program in the place of ``franpos-qbo``, which tells that a store is done, and what follows."""
    done = {"level": "info", "message": "a: done", "extra": {"event_name": "night_ended"}}
    done["extra"]["night"] = outcome(store, Code.DONE, "")  # type: ignore[index]
    program = folder / "stand-in"
    program.write_text("\n".join(["#!/bin/sh", f"echo '{json.dumps(done)}' >&2", *lines]))
    program.chmod(0o755)
    return str(program)


def test_what_stops_the_night_as_a_whole_is_each_store_s_reason(tmp_path: Path) -> None:
    told: list[dict[str, Any]] = []
    _night(PROGRAM, tmp_path).run(_stores("a", "b"), told.append, lambda _: None)
    assert [one["store"] for one in told] == ["a", "b"]
    assert {one["exit_code"] for one in told} == {Code.SETTINGS}
    assert "no meltano.yml in " in told[0]["reason"]


@pytest.mark.parametrize(
    ("ending", "code", "reason"),
    [
        ("kill -9 $$", Code.AGAIN, "not through: franpos-qbo night was ended by signal 9"),
        ("exit 0", Code.AGAIN, "not through: franpos-qbo night ended with exit code 0"),
        ("echo franpos-qbo: no way >&2; exit 3", Code.UNREACHABLE, "franpos-qbo: no way"),
        ("echo $AIRFLOW_CONN_STORE_0 hush-hush >&2; exit 4", Code.SIGN_IN, '"TAP_FRANPOS_AUTH_TOKEN": "***"}} ***'),
    ],
)
def test_stores_that_the_night_tells_nothing_of_are_told_of_at_its_end(
    tmp_path: Path, ending: str, code: Code, reason: str
) -> None:
    told: list[dict[str, Any]] = []
    lines: list[Any] = []
    _night(_stand_in(tmp_path, ending), tmp_path).run(_stores("a", "b"), told.append, lines.append)
    assert [(one["store"], one["exit_code"]) for one in told] == [("a", Code.DONE), ("b", code)]
    assert told[1]["reason"].endswith(reason)
    assert "hush" not in json.dumps([told, lines])


def test_a_store_whose_name_holds_what_is_another_s_secret_is_told_of_by_its_name(tmp_path: Path) -> None:
    told: list[dict[str, Any]] = []
    lines: list[Any] = []
    name = "main-street"
    line = {"level": "info", "message": f"of {name}", "extra": {"store": name}}
    stores = [(Store(name, (1,), "1", (), {}), {"TARGET_QBO_CLIENT_SECRET": name})]
    program = _stand_in(tmp_path, f"echo '{json.dumps(line)}' >&2", store=name)
    _night(program, tmp_path).run(stores, told.append, lines.append)
    assert [(one["store"], one["exit_code"]) for one in told] == [(name, Code.DONE)]
    assert [(one["message"], one["extra"]["store"]) for one in lines] == [("of ***", name)]


def test_secrets_that_don_t_fit_are_said_not_to(tmp_path: Path) -> None:
    told: list[dict[str, Any]] = []
    large = [(store, {"TARGET_QBO_CLIENT_SECRET": "s" * 200_000}) for store, _ in _stores("a")]
    _night(PROGRAM, tmp_path).run(large, told.append, lambda _: None)
    assert told[0]["exit_code"] == Code.SETTINGS
    assert "set FRANPOS_QBO_STORES_A_TASK lower" in told[0]["reason"]


def test_a_night_does_not_outlive_its_task(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Airflow raises its time limit wherever the task is; a night that heeds no SIGTERM is ended all the same."""
    monkeypatch.setattr(process, "_KILL_SECONDS", 0.5)
    deaf = _stand_in(tmp_path, "trap '' TERM", "echo $$ >&2", "while true; do sleep 0.1; done")
    told: list[dict[str, Any]] = []
    seen = []

    def time_is_up(entry: process.Entry) -> None:
        seen.append(int(entry["message"]))
        raise TimeoutError

    with pytest.raises(TimeoutError):
        _night(deaf, tmp_path).run(_stores("a", "b"), told.append, time_is_up)
    with pytest.raises(ProcessLookupError):
        os.kill(seen[0], 0)
    assert [(one["store"], one["exit_code"]) for one in told] == [("a", Code.DONE), ("b", Code.AGAIN)]
    assert told[1]["reason"] == "not through: the task was ended"
