"""Two runs at once on one company: one is left alone, nothing is posted twice, the limits are kept."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from typing import TYPE_CHECKING, Any

import pytest

from sandbox.environment import variables
from tests.shop import BIN, ROOT, RUN_SECONDS, Shop

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

STILL_GOING = 75
NIGHT = [sys.executable, "-m", "orchestrate.nightly", "--store", "downtown"]


@pytest.fixture
def shop(tmp_path: Path) -> Iterator[Shop]:
    # Slow enough that the runs are on their way at the same time.
    with Shop(tmp_path, "--locations", "1", "--days", "2", "--dirty", "0", "--latency-ms", "300") as made:
        yield made


def _environment(shop: Shop) -> dict[str, str]:
    return {
        **os.environ,
        **variables(shop.ready),
        "TARGET_QBO_LEDGER_URL": f"sqlite:///{shop.folder}/ledger.db",
        "MELTANO_ENVIRONMENT": "demo",
        "MELTANO_DATABASE_URI": f"sqlite:///{shop.folder}/meltano.db",
    }


def _start(command: list[str], environment: Mapping[str, str]) -> subprocess.Popen[str]:
    return subprocess.Popen(
        command, cwd=ROOT, env=dict(environment), stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )


def _ended(night: subprocess.Popen[str]) -> dict[str, Any]:
    """Wait for a night; returns its last line."""
    output, problems = night.communicate(timeout=RUN_SECONDS)
    assert problems == ""
    last: dict[str, Any] = json.loads(output.splitlines()[-1])
    assert last["exit_code"] == night.returncode
    return last


def _under_way(shop: Shop, process: subprocess.Popen[str]) -> None:
    """Wait until a run has asked QuickBooks for something."""
    while shop.get("qbo-calls")["requests"] == 0:
        assert process.poll() is None, "it ended before the other began"
        time.sleep(0.05)


def test_a_night_that_is_told_to_end_is_made_up_whoever_else_runs(shop: Shop) -> None:
    night = _start(NIGHT, _environment(shop))
    _under_way(shop, night)
    night.terminate()
    assert _ended(night)["exit_code"] not in {0, STILL_GOING}
    assert shop.differences() != [], "it did not come to its end"

    shop.calls()
    next_night = _start(NIGHT, _environment(shop))
    _under_way(shop, next_night)
    another = _ended(_start(NIGHT, _environment(shop)))
    assert another["exit_code"] == STILL_GOING
    assert "already running" in another["reason"], "it says what it found"
    by_hand = _start([str(BIN / "franpos-qbo"), "sync"], {**_environment(shop), "TARGET_QBO_ENVIRONMENT": "sandbox"})
    made_up = _ended(next_night)
    assert made_up["exit_code"] == 0, made_up["reason"]
    assert by_hand.wait(RUN_SECONDS) == 0, by_hand.communicate()
    assert shop.differences() == []
    assert shop.get("qbo-calls")["throttled"] == 0
