"""Meltano runs the pair: bookmarks kept, a second run and one without bookmarks harmless."""

from __future__ import annotations

import json
import os
import sqlite3
import subprocess
import sys
from typing import TYPE_CHECKING, Any

import pytest

from sandbox.environment import variables
from tests.forks import MELTANO
from tests.shop import ROOT, Shop, run
from tests.target.failures import ring_up

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

STATE_ID = "demo:tap-franpos-to-target-qbo"


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shop]:
    with Shop(tmp_path_factory.mktemp("meltano"), "--locations", "2", "--days", "3", "--dirty", "0.05") as made:
        yield made


@pytest.fixture(scope="module")
def environment(shop: Shop) -> dict[str, str]:
    return {
        **variables(shop.ready),
        "TARGET_QBO_LEDGER_URL": f"sqlite:///{shop.folder}/ledger.db",
        "MELTANO_ENVIRONMENT": "demo",
        "MELTANO_DATABASE_URI": f"sqlite:///{shop.folder}/meltano.db",
        "NO_COLOR": "1",
    }


def _meltano(environment: dict[str, str], *arguments: str) -> subprocess.CompletedProcess[str]:
    program = MELTANO / "meltano"
    assert program.exists(), "run `make meltano` first; `make test` does"
    result = run([str(program), *arguments], env=environment)
    assert result.returncode == 0, result.stdout + result.stderr
    return result


def _bookmarks(shop: Shop) -> list[Any]:
    with sqlite3.connect(shop.folder / "meltano.db") as database:
        return database.execute("SELECT state_id, completed_state FROM state").fetchall()


def test_a_night_and_a_second_run(shop: Shop, environment: dict[str, str]) -> None:
    _meltano(environment, "run", "tap-franpos", "target-qbo")
    assert shop.differences() == []
    assert shop.calls()["reads"] <= 8

    shop.post("franpos-calls/reset")
    _meltano(environment, "run", "tap-franpos", "target-qbo")
    counts = shop.calls()
    assert (counts["writes"], counts["reads"]) == (0, 0)
    assert set(shop.get("franpos-calls")["by_location"].values()) == {3}, "a night costs three calls a location"

    ((state_id, kept),) = _bookmarks(shop)
    assert state_id == STATE_ID
    bookmarks = json.loads(kept)["singer_state"]["bookmarks"]
    assert set(bookmarks) == {"tickets", "payments", "discounts"}
    for stream in bookmarks.values():
        assert {partition["context"]["location_id"] for partition in stream["partitions"]} == {"101", "102"}
        assert all(partition["replication_key_value"] for partition in stream["partitions"])


def test_the_desk_s_commands_are_meltano_s_too(shop: Shop, environment: dict[str, str]) -> None:
    day = shop.get("tickets")[0]["business_date"]
    proof = _meltano(environment, "invoke", "target-qbo:reconcile", "--from", day, "--to", day, "--format", "json")
    found = json.loads(proof.stdout)
    assert (found["agrees"], found["from"], found["to"]) == (True, day, day)
    assert len(found["days"]) == 2, "both shops' figures"


def test_a_period_long_past_leaves_the_bookmarks_and_a_lost_state_doubles_nothing(
    shop: Shop, environment: dict[str, str]
) -> None:
    bookmarks = _bookmarks(shop)
    ring_up(shop, created_at="2025-06-02T12:00:00-06:00", lines=[{"price": "19.95"}])
    period = ("--from", "2025-06-02", "--to", "2025-06-02", "--format", "json")
    synced = json.loads(_meltano(environment, "invoke", "target-qbo:sync", *period).stdout)
    assert (synced["received"], synced["posted"]) == (1, 1)
    assert shop.differences() == []
    assert _bookmarks(shop) == bookmarks

    (shop.folder / "meltano.db").unlink()
    shop.calls()
    _meltano(environment, "run", "tap-franpos", "target-qbo")
    counts = shop.calls()
    assert (counts["writes"], counts["reads"]) == (0, 0)
    assert shop.differences() == []


def test_secrets_are_marked(environment: dict[str, str], shop: Shop) -> None:
    for plugin, name, secret in (
        ("tap-franpos", "auth_token", shop.ready["franpos"]["auth_token"]),
        ("target-qbo", "client_secret", shop.ready["qbo"]["client_secret"]),
    ):
        listed = _meltano(environment, "config", "list", plugin).stdout
        (line,) = (line for line in listed.splitlines() if line.startswith(f"{name} "))
        assert "(redacted)" in line
        assert secret not in listed


def test_another_target_takes_the_same_records(shop: Shop, tmp_path: Path) -> None:
    """The tap alone feeds a target of somebody else's: target-jsonl, in an environment of its own."""
    uv = ROOT / ".tools" / "bin" / "uv"
    messages = shop.tap().stdout
    result = subprocess.run(
        [str(uv), "tool", "run", "--quiet", "--python", sys.executable, "target-jsonl"],
        input=messages,
        capture_output=True,
        text=True,
        cwd=tmp_path,
        env=dict(os.environ),
        timeout=240,
        check=False,
    )
    assert result.returncode == 0, result.stderr
    written = {
        path.name.split("-")[0].split(".")[0]: path.read_text().splitlines() for path in tmp_path.glob("*.jsonl")
    }
    sent = [json.loads(line) for line in messages.splitlines()]
    for stream in ("tickets", "payments", "discounts"):
        records = [message["record"] for message in sent if message["type"] == "RECORD" and message["stream"] == stream]
        assert len(written[stream]) == len(records) > 0
