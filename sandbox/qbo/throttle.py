"""The limits of the gateway: requests and batches in a sliding minute, and requests at once."""

from __future__ import annotations

from collections import deque
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

from sandbox.qbo import errors

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sandbox.qbo.clock import Clock


@dataclass(slots=True)
class Limits:
    """How much the gateway lets through, and how long an answer takes.

    Attributes:
        requests_per_minute: Requests of all kinds in any minute.
        batches_per_minute: Batches among them.
        max_concurrent: Requests at once.
        batch_size: Items of one batch.
        retry_after: Seconds that a 429 names in `Retry-After`; None: it has no such header.
        time_scale: How many times shorter than 60 seconds the minute is.
        latency_ms: How long each request takes, in milliseconds.
        latency_item_ms: How long each item of a batch takes besides, in milliseconds.
    """

    requests_per_minute: int = 500
    batches_per_minute: int = 40
    max_concurrent: int = 10
    batch_size: int = 30
    retry_after: int | None = None
    time_scale: float = 1
    latency_ms: float = 0
    latency_item_ms: float = 0


class Throttle:
    """Counts what comes in.

    Args:
        limits: How much is let through; may change while it counts.
        clock: Where its time comes from.
    """

    def __init__(self, limits: Limits, clock: Clock) -> None:
        self._limits = limits
        self._clock = clock
        self._requests: deque[float] = deque()
        self._batches: deque[float] = deque()
        self._running = 0
        self.refused = 0
        self.max_running = 0

    @contextmanager
    def admitted(self, *, batch: bool) -> Iterator[None]:
        """Let one request through for as long as the block lasts.

        Args:
            batch: Whether it is a batch.

        Raises:
            GatewayError: It is one too many (429). What is refused doesn't count.
        """
        now = self._clock.monotonic()
        begin = now - 60 / self._limits.time_scale
        for window in (self._requests, self._batches):
            while window and window[0] <= begin:
                window.popleft()
        if (
            self._running >= self._limits.max_concurrent
            or len(self._requests) >= self._limits.requests_per_minute
            or (batch and len(self._batches) >= self._limits.batches_per_minute)
        ):
            self.refused += 1
            raise errors.throttled(self._limits.retry_after)
        self._requests.append(now)
        if batch:
            self._batches.append(now)
        self._running += 1
        self.max_running = max(self.max_running, self._running)
        try:
            yield
        finally:
            self._running -= 1

    def reset(self) -> None:
        """Begin to count anew what was refused and how many ran at once."""
        self.refused = 0
        self.max_running = self._running
