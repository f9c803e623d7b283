"""QuickBooks' limits for one company: requests and batches a minute (QuickBooks API notes, Limits and money)."""

from __future__ import annotations

import threading
import time
from collections import deque
from collections.abc import Callable

Clock = Callable[[], float]


class RateLimits:
    """Counts what left within the last minute; thread-safe.

    Args:
        requests: Requests a minute, batches among them.
        batches: Batch requests a minute.
        minute: Length of a minute in seconds; less where a stand-in compresses time.
        clock: Monotonic seconds.
    """

    def __init__(self, *, requests: int, batches: int, minute: float = 60.0, clock: Clock = time.monotonic) -> None:
        self._limits = {False: requests, True: batches}
        self._sent: dict[bool, deque[float]] = {False: deque(), True: deque()}
        self._minute = minute
        self._clock = clock
        self._paused_until = 0.0
        self._lock = threading.Lock()

    def try_take(self, *, batch: bool = False) -> float:
        """Take leave to send now.

        Returns:
            0 where it is given; else the seconds after which to ask again.
        """
        with self._lock:
            now = self._clock()
            wait = max(self._paused_until - now, self._room_in(False, now))  # noqa: FBT003 (the key of a dict)
            if batch:
                wait = max(wait, self._room_in(True, now))  # noqa: FBT003
            if wait > 0:
                return wait
            self._sent[False].append(now)
            if batch:
                self._sent[True].append(now)
            return 0.0

    def take(self, *, batch: bool = False) -> None:
        """Wait until leave is given."""
        while (wait := self.try_take(batch=batch)) > 0:
            time.sleep(wait)

    def pause(self, seconds: float) -> None:
        """Send nothing for so long: QuickBooks said that it is too much."""
        with self._lock:
            self._paused_until = max(self._paused_until, self._clock() + seconds)

    def _room_in(self, batch: bool, now: float) -> float:  # noqa: FBT001 (the key of a dict)
        sent = self._sent[batch]
        while sent and sent[0] <= now - self._minute:
            sent.popleft()
        if len(sent) < self._limits[batch]:
            return 0.0
        return sent[0] + self._minute - now
