"""Two runs at once on one company: one is left alone, nothing is posted twice, the limits are kept."""

from __future__ import annotations

import json
import os
import sys
import time
from typing import TYPE_CHECKING, Any

import pytest

from sandbox.environment import variables
from tests.forks import start
from tests.shop import BIN, RUN_SECONDS, Shop

if TYPE_CHECKING:
    from collections.abc import Iterator
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


class Started:
    """A program under way, and what it prints."""

    def __init__(self, shop: Shop, *command: str, **variables: str) -> None:
        self._printed = [shop.folder / f"{time.monotonic_ns()}.{stream}" for stream in ("out", "err")]
        with self._printed[0].open("w") as stdout, self._printed[1].open("w") as stderr:
            environment = {**_environment(shop), **variables}
            self.process = start(command, env=environment, stdout=stdout, stderr=stderr)

    def ended(self) -> tuple[int, str, str]:
        """Wait for its end; returns its exit code, and what it printed."""
        code = self.process.wait(RUN_SECONDS)
        output, problems = (path.read_text() for path in self._printed)
        return code, output, problems


def _last_line(night: Started) -> dict[str, Any]:
    """Wait for a night; returns its last line."""
    code, output, problems = night.ended()
    assert problems == ""
    last: dict[str, Any] = json.loads(output.splitlines()[-1])
    assert last["exit_code"] == code
    return last


def _under_way(shop: Shop, night: Started) -> None:
    """Wait until a run has asked QuickBooks for something."""
    while shop.get("qbo-calls")["requests"] == 0:
        assert night.process.poll() is None, "it ended before the other began"
        time.sleep(0.05)


def test_a_night_that_is_told_to_end_is_made_up_whoever_else_runs(shop: Shop) -> None:
    night = Started(shop, *NIGHT)
    _under_way(shop, night)
    night.process.terminate()
    assert _last_line(night)["exit_code"] not in {0, STILL_GOING}
    assert shop.differences() != [], "it did not come to its end"

    shop.calls()
    next_night = Started(shop, *NIGHT)
    _under_way(shop, next_night)
    another = _last_line(Started(shop, *NIGHT))
    assert another["exit_code"] == STILL_GOING
    assert "already running" in another["reason"], "it says what it found"
    by_hand = Started(shop, str(BIN / "franpos-qbo"), "sync", TARGET_QBO_ENVIRONMENT="sandbox")
    made_up = _last_line(next_night)
    assert made_up["exit_code"] == 0, made_up["reason"]
    code, *printed = by_hand.ended()
    assert code == 0, printed
    assert shop.differences() == []
    assert shop.get("qbo-calls")["throttled"] == 0
