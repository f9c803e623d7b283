"""Sending: many writes at once within the limits, in batches first, single requests in the room that batches leave.

The main thread alone touches the ledger; workers only talk to QuickBooks. What was sent and is sent again goes with the
same others, so that its request is the same one.
"""

from __future__ import annotations

import logging
import math
import time
from collections import defaultdict, deque
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

from target_qbo.errors import ConfigurationError, TargetError, UnreachableError
from target_qbo.posting.courier import Courier, NotDone, Outcome, Refused, Unknown
from target_qbo.qbo import faults

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from target_qbo.posting.work import Write
    from target_qbo.qbo import QboClient, RateLimits

logger = logging.getLogger("target-qbo.dispatch")

_PATIENCE_SECONDS = 1.0
_FAILURES_IN_A_ROW = 6
_THROTTLED_IN_A_ROW = 100
_AHEAD = 1500  # writes decided before they can be sent: more than a minute's batches


class Bookkeeper(Protocol):
    """Writes down what leaves and what comes back."""

    def leaving(self, writes: Sequence[Write]) -> str:
        """Write down, durably, that these writes are about to be sent together; returns their requestid."""

    def answered(self, outcomes: Sequence[tuple[Write, Outcome]]) -> list[Write]:
        """Write down the outcomes; returns the writes that became possible."""


@dataclass(frozen=True, slots=True)
class _Parcel:
    """Writes that go in one request; ``again``: they went so before."""

    writes: Sequence[Write]
    again: bool = False


class Dispatcher:
    """Sends writes until there are no more; may be run again, and remembers how long nothing was answered.

    Args:
        client: The company.
        limits: Its limits.
        bookkeeper: Who writes down.
        max_concurrency: Requests at once.
        batch_size: Writes in a batch.
    """

    def __init__(
        self,
        client: QboClient,
        limits: RateLimits,
        bookkeeper: Bookkeeper,
        *,
        max_concurrency: int,
        batch_size: int,
    ) -> None:
        self._courier = Courier(client, limits, batch_size)
        self._limits = limits
        self._bookkeeper = bookkeeper
        self._max_concurrency = max_concurrency
        self._batch_size = batch_size
        self._ready: deque[Write] = deque()
        self._resent: dict[str, list[Write]] = defaultdict(list)
        self._again: deque[_Parcel] = deque()
        self._flying: dict[Future[list[Outcome]], _Parcel] = {}
        self._failures = 0
        self._throttled = 0
        self._stop: Exception | None = None
        self._held_since: float | None = None

    def run(self, source: Iterator[Write]) -> None:
        """Send all that the source gives and all that follows from it.

        Raises:
            TargetError: QuickBooks is plainly down, or refuses the app; what was under way is written down.
        """
        more = True
        with ThreadPoolExecutor(self._max_concurrency, "qbo") as pool:
            while not self._stopped() and (more or self._waiting() or self._flying):
                more = more and self._take_some(source, self._batch_size)
                pause = 0.0 if self._stopped() else self._launch(pool)
                # In the time in which nothing may be sent the next writes are decided.
                while more and not self._stopped() and pause > 0 and len(self._ready) < _AHEAD and not self._answered():
                    more = self._take_some(source, len(self._ready) + self._batch_size)
                    pause = self._launch(pool)
                if not self._stopped() and (self._waiting() or self._flying):
                    self._collect(pause)
            self._hold(held=False)
            while self._flying:
                self._collect(_PATIENCE_SECONDS)
        if self._stop is not None:
            raise self._stop

    def _stopped(self) -> bool:
        return self._stop is not None

    def _waiting(self) -> bool:
        return bool(self._ready or self._again)

    def _answered(self) -> bool:
        return any(future.done() for future in self._flying)

    def _take_some(self, source: Iterator[Write], most: int) -> bool:
        """Take writes until so many are ready; returns whether there may be more."""
        while len(self._ready) < most:
            if not self._take_from(source):
                return False
        return True

    def _take_from(self, source: Iterator[Write]) -> bool:
        """Take the next write; what goes wrong there must not lose the answers that are under way."""
        try:
            write = next(source, None)
        except Exception as error:  # noqa: BLE001 (raised again when the last answer is written down)
            self._stop = self._stop or error
            return False
        if write is not None:
            self._take(write)
            return True
        self._again.extend(_parcel(writes) for writes in self._resent.values())
        self._resent.clear()
        return False

    def _take(self, write: Write) -> None:
        if write.sent_as is None:
            self._ready.append(write)
        else:
            self._resent[write.sent_as].append(write)

    def _launch(self, pool: ThreadPoolExecutor) -> float:
        """Send what the limits allow; returns the seconds after which they allow more."""
        while self._waiting() and len(self._flying) < self._limits.at_once(self._max_concurrency):
            parcel, pause = self._next()
            self._hold(held=parcel is None)
            if parcel is None:
                return pause
            request_id = self._bookkeeper.leaving(parcel.writes)
            again = parcel.again or request_id == parcel.writes[0].sent_as
            self._flying[pool.submit(self._courier.send, parcel.writes, request_id, again=again)] = parcel
        return _PATIENCE_SECONDS

    def _hold(self, *, held: bool) -> None:
        """Measure the time in which the limits let nothing leave."""
        now = time.monotonic()
        if self._held_since is not None:
            self._limits.held_back(now - self._held_since)
        self._held_since = now if held else None

    def _next(self) -> tuple[_Parcel | None, float]:
        """Return what the limits allow to be sent now: what is sent again, else a batch, else a single write.

        Nothing: with the seconds after which to ask again.
        """
        pause = math.inf
        if self._again and len(self._again[0].writes) > self._courier.batch_size:
            self._ready.extendleft(self._again.popleft().writes)  # too many at once for QuickBooks as it is now
        if self._again:
            pause = self._limits.try_take(batch=len(self._again[0].writes) > 1)
            if pause <= 0:
                return self._again.popleft(), 0
        if self._ready:
            size = min(len(self._ready), self._courier.batch_size)
            if size > 1 and self._limits.try_take(batch=True) <= 0:
                return self._fresh(size), 0
            pause = min(pause, self._limits.try_take())
            if pause <= 0:
                return self._fresh(1), 0
        return None, pause

    def _fresh(self, size: int) -> _Parcel:
        writes = [self._ready.popleft() for _ in range(size)]
        return _parcel(writes)

    def _collect(self, pause: float) -> None:
        if not self._flying:
            time.sleep(min(pause, _PATIENCE_SECONDS))
            return
        done, _ = wait(self._flying, timeout=min(pause, _PATIENCE_SECONDS), return_when=FIRST_COMPLETED)
        for future in done:
            parcel = self._flying.pop(future)
            outcomes = self._result(future, len(parcel.writes))
            answered = list(zip(parcel.writes, outcomes, strict=True))
            self._ready.extendleft(self._bookkeeper.answered(answered))
            left = [(write, outcome) for write, outcome in answered if isinstance(outcome, NotDone)]
            if any(outcome.alone for _, outcome in left):
                self._again.extend(_Parcel([write]) for write, _ in left)
            elif len(left) == len(outcomes):
                self._again.append(_Parcel(parcel.writes, again=True))
            else:
                self._ready.extendleft(write for write, _ in left)

    def _result(self, future: Future[list[Outcome]], number: int) -> list[Outcome]:
        try:
            outcomes = future.result()
        except TargetError as error:  # raised before anything was carried out: the tokens, or the company, are refused
            self._stop = self._stop or error
            return [NotDone()] * number
        if any(
            isinstance(outcome, Refused) and outcome.fault.code == faults.SUBSCRIPTION_ENDED for outcome in outcomes
        ):
            self._stop = self._stop or ConfigurationError(
                "the company's QuickBooks subscription has ended: everything waits in the ledger"
            )
            return [NotDone()] * number
        self._watch(outcomes)
        return outcomes

    def _watch(self, outcomes: Sequence[Outcome]) -> None:
        """Stop where QuickBooks plainly is down, or gives no room at all for a long time."""
        throttled = all(isinstance(outcome, NotDone) and outcome.throttled for outcome in outcomes)
        failed = all(isinstance(outcome, NotDone | Unknown) for outcome in outcomes)
        self._throttled = self._throttled + 1 if throttled else 0
        self._failures = self._failures + (not throttled) if failed else 0
        if self._stop is None and (self._failures >= _FAILURES_IN_A_ROW or self._throttled >= _THROTTLED_IN_A_ROW):
            said = "does not answer" if self._failures >= _FAILURES_IN_A_ROW else "is busy with other requests"
            self._stop = UnreachableError(
                f"QuickBooks {said}: stopped early; everything waits in the ledger for the next run"
            )


def _parcel(writes: Sequence[Write]) -> _Parcel:
    """Put writes into one request, in an order that is the same whenever they are the same writes."""
    return _Parcel(sorted(writes, key=lambda write: write.place))
