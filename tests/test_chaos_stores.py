"""Two seeds of `sandbox.chaos_stores`, of many that `make chaos-stores` runs: what is wrong in one hurts no other."""

from __future__ import annotations

import sys

from tests.shop import run

SEEDS = 2


def test_what_goes_wrong_in_a_night_hurts_no_other_store_and_no_books() -> None:
    command = [sys.executable, "-m", "sandbox.chaos_stores", "--seeds", str(SEEDS), "--first", "3", "--jobs", "1"]
    result = run(command)
    assert result.returncode == 0, result.stdout + result.stderr
    assert f"{SEEDS} seeds" in result.stdout
