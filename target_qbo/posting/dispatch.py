"""Sending: many writes at once within the limits, in batches first, single requests in the room that batches leave.

The main thread alone touches the ledger; workers only talk to QuickBooks.
"""

from __future__ import annotations

import logging
import time
import uuid
from collections import deque
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol

from target_qbo.errors import ConfigurationError, TargetError, UnreachableError
from target_qbo.posting.payloads import ENTITIES
from target_qbo.qbo import BatchItem, Fault, NotDoneError, QboFaultError, UnknownFateError, faults

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from target_qbo.posting.work import Write
    from target_qbo.qbo import QboClient, RateLimits

logger = logging.getLogger("target-qbo.dispatch")

_PATIENCE_SECONDS = 1.0
_PAUSE_SECONDS = 2.0
_FAILURES_IN_A_ROW = 6
_THROTTLED_IN_A_ROW = 100
_BATCHES_AHEAD = 12


@dataclass(frozen=True, slots=True)
class Posted:
    """The write was done: the entity as QuickBooks has it."""

    entity: dict[str, Any]


@dataclass(frozen=True, slots=True)
class Refused:
    """The write was refused for good."""

    fault: Fault


@dataclass(frozen=True, slots=True)
class NotDone:
    """The write was not carried out: to be sent again; ``alone`` where it spoilt, or may have spoilt, a batch."""

    throttled: bool = False
    alone: bool = False


@dataclass(frozen=True, slots=True)
class Unknown:
    """The write may have been done: to be looked up before anything else."""


Outcome = Posted | Refused | NotDone | Unknown


class Bookkeeper(Protocol):
    """Writes down what leaves and what comes back."""

    def leaving(self, writes: Sequence[Write], request_id: str) -> None:
        """Write down, durably, that these writes are about to be sent."""

    def answered(self, outcomes: Sequence[tuple[Write, Outcome]]) -> list[Write]:
        """Write down the outcomes; returns the writes that became possible."""


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
        self._client = client
        self._limits = limits
        self._bookkeeper = bookkeeper
        self._max_concurrency = max_concurrency
        self._batch_size = batch_size
        self._ready: deque[Write] = deque()
        self._flying: dict[Future[list[Outcome]], list[Write]] = {}
        self._alone: set[int] = set()
        self._failures = 0
        self._throttled = 0
        self._stop: Exception | None = None

    def run(self, source: Iterator[Write]) -> None:
        """Send all that the source gives and all that follows from it.

        Raises:
            TargetError: QuickBooks is plainly down, or refuses the app; what was under way is written down.
        """
        more = True
        with ThreadPoolExecutor(self._max_concurrency, "qbo") as pool:
            while not self._stopped() and (more or self._ready or self._flying):
                while more and len(self._ready) < self._batch_size * _BATCHES_AHEAD:
                    more = self._take_from(source)
                if not self._stopped() and (self._ready or self._flying):
                    self._collect(self._launch(pool))
            while self._flying:
                self._collect(_PATIENCE_SECONDS)
        if self._stop is not None:
            raise self._stop

    def _stopped(self) -> bool:
        return self._stop is not None

    def _take_from(self, source: Iterator[Write]) -> bool:
        """Take the next write; what goes wrong there must not lose the answers that are under way."""
        try:
            write = next(source, None)
        except Exception as error:  # noqa: BLE001 (raised again when the last answer is written down)
            self._stop = self._stop or error
            return False
        if write is None:
            return False
        self._ready.append(write)
        return True

    def _launch(self, pool: ThreadPoolExecutor) -> float:
        """Send what the limits allow; returns the seconds after which they allow more."""
        while self._ready and len(self._flying) < self._max_concurrency:
            size = 1 if id(self._ready[0]) in self._alone else min(len(self._ready), self._batch_size)
            pause = self._limits.try_take(batch=True) if size > 1 else self._limits.try_take()
            if pause > 0 and size > 1:
                size = 1
                pause = self._limits.try_take()
            if pause > 0:
                return pause
            writes = [self._ready.popleft() for _ in range(size)]
            request_id = uuid.uuid4().hex
            self._bookkeeper.leaving(writes, request_id)
            send = self._send_batch if size > 1 else self._send_single
            self._flying[pool.submit(send, writes, request_id)] = writes
        return _PATIENCE_SECONDS

    def _collect(self, pause: float) -> None:
        if not self._flying:
            time.sleep(pause)
            return
        done, _ = wait(self._flying, timeout=min(pause, _PATIENCE_SECONDS), return_when=FIRST_COMPLETED)
        for future in done:
            writes = self._flying.pop(future)
            outcomes = list(zip(writes, self._result(future, len(writes)), strict=True))
            self._ready.extendleft(self._bookkeeper.answered(outcomes))
            for write, outcome in outcomes:
                if isinstance(outcome, NotDone):
                    self._ready.appendleft(write)
                    if outcome.alone:
                        self._alone.add(id(write))

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

    def _send_batch(self, writes: Sequence[Write], request_id: str) -> list[Outcome]:
        items = [
            BatchItem(str(number), "create", ENTITIES[write.kind], write.body) for number, write in enumerate(writes)
        ]
        try:
            results = self._client.batch(items, request_id)
        except QboFaultError:
            # One write that QuickBooks can't even read spoils a batch: alone, only its own ticket is skipped.
            return [NotDone(alone=True)] * len(writes)
        except (NotDoneError, UnknownFateError) as error:
            return [self._failure(error)] * len(writes)
        return [_outcome(results.get(item.item_id)) for item in items]

    def _send_single(self, writes: Sequence[Write], request_id: str) -> list[Outcome]:
        (write,) = writes
        return [self._attempt(write, request_id)]

    def _attempt(self, write: Write, request_id: str) -> Outcome:
        try:
            return Posted(self._client.write(ENTITIES[write.kind], write.body, request_id))
        except (QboFaultError, NotDoneError, UnknownFateError) as error:
            return self._failure(error)

    def _failure(self, error: QboFaultError | NotDoneError | UnknownFateError) -> Outcome:
        if isinstance(error, QboFaultError):
            return Refused(error.fault)
        if isinstance(error, NotDoneError):
            self._limits.pause(error.retry_after or _PAUSE_SECONDS)
            if error.throttled:
                self._limits.slow_down()
            return NotDone(throttled=error.throttled)
        logger.warning("no answer from QuickBooks (%s): to be looked up", error)
        return Unknown()


def _outcome(result: dict[str, Any] | Fault | None) -> Outcome:
    if result is None:
        return Unknown()
    if isinstance(result, Fault):
        if result.code == faults.SYSTEM_FAILURE:
            return Unknown()
        return NotDone(throttled=True) if result.code == faults.THROTTLED else Refused(result)
    return Posted(result)
