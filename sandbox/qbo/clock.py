"""Time as the stand-in sees it: one object, so that a test can hold it still or push it on."""

from __future__ import annotations

import time
from datetime import UTC, datetime, timedelta


class Clock:
    """The computer's own time."""

    def now(self) -> datetime:
        """Return the present moment, in UTC."""
        return datetime.now(UTC)

    def monotonic(self) -> float:
        """Return seconds from an arbitrary start, never going back."""
        return time.monotonic()


class ManualClock(Clock):
    """A clock that runs, and that a test can push forward.

    Args:
        start: The first moment, with an offset; the computer's time where it is left out.
    """

    def __init__(self, start: datetime | None = None) -> None:
        self._shift = (start - datetime.now(UTC)) if start else timedelta(0)
        self._pushed = 0.0

    def push(self, seconds: float) -> None:
        """Let time pass at once.

        Args:
            seconds: How far the clock jumps.
        """
        self._pushed += seconds

    def now(self) -> datetime:
        """Return the present moment, in UTC."""
        return super().now() + self._shift + timedelta(seconds=self._pushed)

    def monotonic(self) -> float:
        """Return seconds from an arbitrary start, with the jumps."""
        return super().monotonic() + self._pushed
