"""QuickBooks' limits for one company: requests and batches a minute (QuickBooks API notes, Limits and money)."""

from __future__ import annotations

import math
import threading
import time
from collections import deque
from collections.abc import Callable

Clock = Callable[[], float]

_AFTER_THROTTLE = 2 / 3
_LEAST_SHARE = 0.05
_BACK_A_MINUTE = 0.1
_SAME_THROTTLE = 0.1  # of a minute


class RateLimits:
    """Counts what left within the last minute, and learns from being throttled; thread-safe.

    The limits are the company's: another app, or a stricter sandbox, may leave less of them. Each answer 429 takes a
    third off what is used of them, a minute without one gives a tenth back.

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
        self._share = 1.0
        self._throttled_at = -math.inf
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
        """Send nothing for so long: QuickBooks can't be reached, or asked to wait."""
        with self._lock:
            self._paused_until = max(self._paused_until, self._clock() + seconds)

    def slow_down(self) -> None:
        """Use less of the limits: a request was throttled. Those that were on their way with it count once."""
        with self._lock:
            now = self._clock()
            if now - self._throttled_at > self._minute * _SAME_THROTTLE:
                self._share = max(self._share_at(now) * _AFTER_THROTTLE, _LEAST_SHARE)
                self._throttled_at = now

    def _share_at(self, now: float) -> float:
        quiet_minutes = (now - self._throttled_at) / self._minute
        return min(1.0, self._share + quiet_minutes * _BACK_A_MINUTE)

    def _room_in(self, batch: bool, now: float) -> float:  # noqa: FBT001 (the key of a dict)
        sent = self._sent[batch]
        while sent and sent[0] <= now - self._minute:
            sent.popleft()
        if len(sent) < max(1, int(self._limits[batch] * self._share_at(now))):
            return 0.0
        return sent[0] + self._minute - now
