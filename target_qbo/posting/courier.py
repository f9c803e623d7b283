"""One request to QuickBooks, carried out in a worker: what became of each write in it."""

from __future__ import annotations

import logging
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from target_qbo.posting.payloads import ENTITIES
from target_qbo.qbo import BatchItem, BatchSize, Fault, NotDoneError, QboFaultError, UnknownFateError, faults

if TYPE_CHECKING:
    from collections.abc import Sequence

    from target_qbo.posting.work import Write
    from target_qbo.qbo import QboClient, RateLimits

logger = logging.getLogger("target-qbo.dispatch")

_SLOW_SECONDS = 45  # a batch of 30 takes 5 to 20 (QuickBooks API notes, Requests)


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


class Courier:
    """Sends writes, alone or in a batch, and tells the limits how QuickBooks took it; thread-safe.

    A batch that was sent before and is answered 6000 may have been done: so some companies answer a requestid that they
    have seen (QuickBooks API notes, Requests).

    Args:
        client: The company.
        limits: Its limits.
        batch_size: The most writes in a batch.
    """

    def __init__(self, client: QboClient, limits: RateLimits, batch_size: int) -> None:
        self._client = client
        self._limits = limits
        self._size = BatchSize(batch_size)

    @property
    def batch_size(self) -> int:
        """How many writes a batch should have now: fewer where QuickBooks is slow."""
        return self._size.now

    def send(self, writes: Sequence[Write], request_id: str, *, again: bool) -> list[Outcome]:
        """Send the writes in one request.

        Args:
            writes: One or more.
            request_id: The request's id.
            again: Whether the same request left before, under the same id.

        Returns:
            What became of each.

        Raises:
            TargetError: The request was not carried out, and no other will be.
        """
        begun = time.monotonic()
        if len(writes) > 1:
            outcomes = self._batch(writes, request_id, again=again)
        else:
            outcomes = [self._single(writes[0], request_id)]
        if time.monotonic() - begun > _SLOW_SECONDS:
            self._limits.slow_down()
            self._size.shrink()
        elif len(writes) > 1 and not any(isinstance(outcome, Unknown) for outcome in outcomes):
            self._size.grow()
        return outcomes

    def _batch(self, writes: Sequence[Write], request_id: str, *, again: bool) -> list[Outcome]:
        items = [
            BatchItem(str(number), "create", ENTITIES[write.kind], write.body) for number, write in enumerate(writes)
        ]
        try:
            results = self._client.batch(items, request_id)
        except QboFaultError as error:
            if again and error.fault.code == faults.BUSINESS_VALIDATION:
                return [Unknown()] * len(writes)
            # One write that QuickBooks can't even read spoils a batch: alone, only its own ticket is skipped.
            return [NotDone(alone=True)] * len(writes)
        except (NotDoneError, UnknownFateError) as error:
            return [self._failure(error)] * len(writes)
        outcomes = [_outcome(results.get(item.item_id), again=again) for item in items]
        if any(isinstance(outcome, NotDone) for outcome in outcomes):
            self._limits.pause(None)
            self._limits.slow_down()
        return outcomes

    def _single(self, write: Write, request_id: str) -> Outcome:
        try:
            return Posted(self._client.write(ENTITIES[write.kind], write.body, request_id))
        except (QboFaultError, NotDoneError, UnknownFateError) as error:
            return self._failure(error)

    def _failure(self, error: QboFaultError | NotDoneError | UnknownFateError) -> Outcome:
        if isinstance(error, QboFaultError):
            return Refused(error.fault)
        if isinstance(error, NotDoneError):
            self._limits.pause(error.retry_after)
            if error.throttled:
                self._limits.slow_down()
            return NotDone(throttled=error.throttled)
        logger.warning("no answer from QuickBooks (%s): to be looked up", error)
        return Unknown()


def _outcome(result: dict[str, Any] | Fault | None, *, again: bool) -> Outcome:
    if result is None:
        return Unknown()
    if isinstance(result, Fault):
        if result.code == faults.SYSTEM_FAILURE or (again and result.code == faults.BUSINESS_VALIDATION):
            return Unknown()
        return NotDone(throttled=True) if result.code == faults.THROTTLED else Refused(result)
    return Posted(result)
