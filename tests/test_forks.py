"""Programs started as forks are processes like those started anew: `tests/forks.py`."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from tests.forks import BIN, MELTANO, Program, start
from tests.shop import Shop, run

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture(autouse=True)
def _linux_only() -> None:
    if sys.platform != "linux":
        pytest.skip("programs are forked on Linux only")


@pytest.mark.parametrize(
    ("program", "argument"),
    [
        (BIN / "tap-franpos", "--help"),
        (BIN / "tap-franpos", "--config=ENV"),
        (BIN / "target-qbo", "--config=here.json"),
        (BIN / "target-qbo", "--config=ENV"),
        (BIN / "franpos-qbo", "--help"),
        (MELTANO / "meltano", "--version"),
    ],
)
def test_a_fork_says_and_returns_what_a_fresh_start_does(program: Path, argument: str, tmp_path: Path) -> None:
    """In its own folder, with its own variables."""
    (tmp_path / "here.json").write_text("{}")
    environment = {**os.environ, "TAP_FRANPOS_START_DATE": "yesterday", "TARGET_QBO_REALM_ID": "1"}
    command = [str(program), argument]
    fresh = subprocess.run(
        command, input="", capture_output=True, text=True, cwd=tmp_path, env=environment, check=False
    )
    forked = run(command, "", folder=tmp_path, env=environment)
    assert (forked.returncode, forked.stdout) == (fresh.returncode, fresh.stdout)
    told = [[line.split(" | ")[1:] or line for line in one.stderr.splitlines()] for one in (fresh, forked)]
    assert told[0] == told[1]


def test_a_signal_ends_it(tmp_path: Path) -> None:
    with Shop(tmp_path, "--locations", "1", "--days", "1") as shop:
        command = [str(BIN / "target-qbo"), "--config", str(shop.target_config)]
        process = start(command, stdin=subprocess.PIPE, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        assert isinstance(process, Program)
        with pytest.raises(subprocess.TimeoutExpired):
            process.wait(0.05)
        process.kill()
        assert process.wait(30) == process.poll() == -signal.SIGKILL
        assert process.stdin is not None
        process.stdin.close()


def test_what_python_reads_when_it_starts_has_it_start_anew() -> None:
    for command, changes, forked in (
        ([str(BIN / "tap-franpos"), "--version"], {}, True),
        ([str(BIN / "tap-franpos"), "--version"], {"PYTHONHASHSEED": "1"}, False),
        ([sys.executable, str(BIN / "tap-franpos"), "--version"], {}, False),
    ):
        with start(command, stdout=subprocess.DEVNULL, env={**os.environ, **changes}) as process:
            assert isinstance(process, Program) is forked
        assert process.returncode == 0
