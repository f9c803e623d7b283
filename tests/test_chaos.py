"""A few seeds of `sandbox.chaos`, of many that `make chaos` runs: whatever went wrong, one clean run mends it."""

from __future__ import annotations

import sys

from tests.shop import run

SEEDS = 2


def test_the_books_are_right_after_anything() -> None:
    result = run([sys.executable, "-m", "sandbox.chaos", "--seeds", str(SEEDS), "--jobs", "2"])
    assert result.returncode == 0, result.stdout + result.stderr
    assert f"{SEEDS} seeds" in result.stdout
