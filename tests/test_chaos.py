"""A few dozen seeds of `sandbox.chaos`: after whatever went wrong, one clean run makes the books right."""

from __future__ import annotations

import sys

from tests.shop import run

SEEDS = 24


def test_the_books_are_right_after_anything() -> None:
    result = run([sys.executable, "-m", "sandbox.chaos", "--seeds", str(SEEDS), "--jobs", "6"])
    assert result.returncode == 0, result.stdout + result.stderr
    assert f"{SEEDS} seeds" in result.stdout
