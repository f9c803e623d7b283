"""QuickBooks' limits for one company: requests and batches a minute, at once, and in a batch, as it takes them now.

Source: QuickBooks API notes, Limits and money.
"""

from __future__ import annotations

import bisect
import datetime as dt
import math
import threading
import time
from collections import deque
from collections.abc import Callable

Clock = Callable[[], float]

_AFTER_THROTTLE = 0.85
_LEAST_SHARE = 0.05
_BACK_A_MINUTE = 0.1
_SAME_THROTTLE = 0.1  # of a minute
_PAUSE = 1 / 60  # of a minute
_ON_THE_WAY_SECONDS = 0.05  # by which one request may be slower to arrive than another


class RateLimits:
    """Counts what left within the last minute, and learns from being throttled; thread-safe.

    The limits are the company's: another app, or a stricter sandbox, may leave less of them. Each answer 429, or one
    that comes very late, takes a seventh off what is used of them, a minute without one gives a tenth back.
    A request is given leave first (:meth:`try_take`), and counts from the moment at which it leaves (:meth:`departs`).

    Args:
        requests: Requests a minute, batches among them.
        batches: Batch requests a minute.
        minute: Length of a minute in seconds; less where a stand-in compresses time.
        clock: Monotonic seconds.

    Attributes:
        waited: Seconds in which something was ready to be sent and the limits did not allow it.
        since: Since when they count what leaves (UTC).
    """

    def __init__(self, *, requests: int, batches: int, minute: float = 60.0, clock: Clock = time.monotonic) -> None:
        self._limits = {False: requests, True: batches}
        self._sent: dict[bool, deque[float]] = {False: deque(), True: deque()}
        self._reserved = {False: 0, True: 0}
        self._minute = minute
        self._clock = clock
        self._paused_until = 0.0
        self._share = 1.0
        self._throttled_at = -math.inf
        self._lock = threading.Lock()
        self.waited = 0.0
        self.since = dt.datetime.now(dt.UTC)

    @property
    def minute_seconds(self) -> float:
        """How long a minute is: less than 60 seconds where a stand-in compresses time."""
        return self._minute

    def begin_run(self) -> None:
        """Begin another run, where the one before is over: it has waited for nothing yet, and nothing is to leave.

        A run that is stopped may have taken leave for what then did not leave.
        """
        with self._lock:
            self._reserved = {False: 0, True: 0}
            self.waited = 0.0

    def try_take(self, *, batch: bool = False) -> float:
        """Take leave to send one request.

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
            self._reserved[False] += 1
            if batch:
                self._reserved[True] += 1
            return 0.0

    def departs(self, *, batch: bool = False) -> None:
        """Count a request that leaves now."""
        with self._lock:
            for kind in (False, True) if batch else (False,):
                self._reserved[kind] = max(0, self._reserved[kind] - 1)
                self._sent[kind].append(self._clock())

    def at_once(self, most: int) -> int:
        """Return how many requests to have on their way at once, of so many at most."""
        with self._lock:
            return max(1, math.ceil(most * self._share_at(self._clock())))

    def recall(self, seconds_ago: float, *, batch: bool) -> None:
        """Count a request that an earlier process sent."""
        with self._lock:
            for kind in (False, True) if batch else (False,):
                bisect.insort(self._sent[kind], self._clock() - seconds_ago)

    def take(self, *, batch: bool = False) -> None:
        """Wait until leave is given."""
        while (wait := self.try_take(batch=batch)) > 0:
            time.sleep(wait)
            self.held_back(wait)

    def held_back(self, seconds: float) -> None:
        """Note time in which the limits alone kept something from being sent."""
        with self._lock:
            self.waited += seconds

    def pause(self, seconds: float | None) -> None:
        """Send nothing for so long: QuickBooks can't be reached, or asked to wait; None: for a moment."""
        with self._lock:
            pause = self._minute * _PAUSE if seconds is None else seconds
            self._paused_until = max(self._paused_until, self._clock() + pause)

    def slow_down(self) -> None:
        """Use less of the limits: a request was throttled, or slow. Those on their way with it count once."""
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
        span = self._minute + _ON_THE_WAY_SECONDS
        while sent and sent[0] <= now - span:
            sent.popleft()
        if len(sent) + self._reserved[batch] < max(1, int(self._limits[batch] * self._share_at(now))):
            return 0.0
        return sent[0] + span - now if sent else _ON_THE_WAY_SECONDS


class BatchSize:
    """How many writes to put into a batch: half of it after one that took too long, one more after each that did not.

    A batch that is never answered leaves as many documents of unknown fate; thread-safe.

    Args:
        most: Writes in a batch at most.
    """

    def __init__(self, most: int) -> None:
        self._most = self._now = most
        self._lock = threading.Lock()

    @property
    def now(self) -> int:
        """Writes in a batch as QuickBooks is now."""
        return self._now

    def shrink(self) -> None:
        """Take half: a batch was slow."""
        with self._lock:
            self._now = max(1, self._now // 2)

    def grow(self) -> None:
        """Take one more: a batch was answered in time."""
        with self._lock:
            self._now = min(self._most, self._now + 1)
