"""One request to QuickBooks, carried out in a worker: what became of each operation in it."""

from __future__ import annotations

import logging
import time
from collections import defaultdict
from typing import TYPE_CHECKING, Any

from target_qbo.accounting.kinds import TakenBack, facts
from target_qbo.errors import ConfigurationError
from target_qbo.posting.observe import read
from target_qbo.posting.ops import Done, Fate, NotDone, Refused, Seen, Unknown, Verb
from target_qbo.qbo import (
    BatchItem,
    BatchSize,
    Fault,
    NotDoneError,
    QboFaultError,
    TooLargeError,
    UnknownFateError,
    faults,
)
from target_qbo.qbo.reactions import Reaction, reaction

if TYPE_CHECKING:
    from collections.abc import Sequence

    from target_qbo.posting.ops import Op
    from target_qbo.posting.standing import Standing
    from target_qbo.qbo import QboClient, RateLimits

logger = logging.getLogger("target-qbo.dispatch")

_SLOW_SECONDS = 45  # a batch of 30 takes 5 to 20 (QuickBooks API notes, Requests)
_MOST_BYTES = 4_000_000
_OF_THE_SERVICE = frozenset((Reaction.PASSING, Reaction.UNKNOWN))


class Courier:
    """Sends operations, alone or in a batch, and tells the limits how QuickBooks took it; thread-safe.

    A batch that was sent before and is answered 6000 may have been done: so some companies answer a requestid that they
    have seen (QuickBooks API notes, Requests).

    Args:
        client: The company.
        limits: Its limits.
        batch_size: The most writes in a batch.

    Attributes:
        most_bytes: How large a request may be: less after one that was too large.
    """

    def __init__(self, client: QboClient, limits: RateLimits, batch_size: int) -> None:
        self._client = client
        self._limits = limits
        self._size = BatchSize(batch_size)
        self.most_bytes = _MOST_BYTES

    @property
    def batch_size(self) -> int:
        """How many writes a batch should have now: fewer where QuickBooks is slow."""
        return self._size.now

    def look(self, ops: Sequence[Op]) -> list[Fate]:
        """Read the documents that these operations look for, all of one kind and by one field, in one query.

        Raises:
            TargetError: QuickBooks can't be reached.
        """
        kind, field = ops[0].kind, ops[0].field
        rows: dict[str, list[Standing]] = defaultdict(list)
        try:
            for one in read(self._client, kind, field, [value for op in ops for value in op.values]):
                rows[str(one.row.get(field))].append(one)
        except QboFaultError as error:
            raise ConfigurationError(f"QuickBooks refuses to show {facts(kind).plural}: {error}") from None
        return [Seen([row for value in op.values for row in rows.get(value, ())]) for op in ops]

    def send(self, ops: Sequence[Op], request_id: str, *, again: bool) -> list[Fate]:
        """Send writes in one request, that left before under the same id or did not; returns what became of each.

        Raises:
            TargetError: The request was not carried out, and no other will be.
        """
        begun = time.monotonic()
        many = len(ops) > 1
        try:
            outcomes = self._batch(ops, request_id, again=again) if many else [self._single(ops[0], request_id)]
        except TooLargeError as error:
            outcomes = self._too_large(ops, error)
        except NotDoneError as error:
            self._limits.pause(error.retry_after)
            if error.throttled:
                self._limits.slow_down()
            outcomes = [NotDone(throttled=error.throttled)] * len(ops)
        except UnknownFateError as error:
            logger.warning("no answer from QuickBooks (%s): to be looked up", error)
            outcomes = [Unknown(error.answered, str(error))] * len(ops)
        if time.monotonic() - begun > _SLOW_SECONDS:
            self._limits.slow_down()
            self._size.shrink()
        elif many and not any(isinstance(outcome, Unknown) for outcome in outcomes):
            self._size.grow()
        return outcomes

    def _too_large(self, ops: Sequence[Op], error: TooLargeError) -> list[Fate]:
        if len(ops) == 1:
            return [Refused(Fault("http_413", f"{facts(ops[0].kind).word} {ops[0].number}", str(error)))]
        self.most_bytes = max(1, min(self.most_bytes, sum(op.size for op in ops)) // 2)
        return [NotDone(smaller=True)] * len(ops)

    def _batch(self, ops: Sequence[Op], request_id: str, *, again: bool) -> list[Fate]:
        items = [_item(str(place), op) for place, op in enumerate(ops)]
        try:
            results = self._client.batch(items, request_id)
        except QboFaultError as error:
            if again and error.fault.code == faults.BUSINESS_VALIDATION:
                return [Unknown(answered=True, told=str(error))] * len(ops)
            # One write that QuickBooks can't even read spoils a batch: alone, only its own ticket is skipped.
            return [NotDone(alone=True)] * len(ops)
        for result in results.values():
            if isinstance(result, Fault) and reaction(result) is Reaction.STOP:
                raise ConfigurationError(f"{result}: everything waits in the ledger")
        outcomes = [_outcome(results.get(item.item_id), again=again) for item in items]
        if any(isinstance(outcome, NotDone) for outcome in outcomes):
            self._limits.pause(None)
            self._limits.slow_down()
        return outcomes

    def _single(self, op: Op, request_id: str) -> Fate:
        item = _item("0", op)
        operation, include = (item.operation, item.options) if op.verb is Verb.TAKE_BACK else (None, None)
        try:
            row = self._client.write(item.entity, item.body, request_id, operation=operation, include=include)
        except QboFaultError as error:
            return Refused(error.fault)
        return Done(row)


def _item(item_id: str, op: Op) -> BatchItem:
    """Return an operation as an item of a batch."""
    kind, body = facts(op.kind), op.body or {}
    if op.verb is not Verb.TAKE_BACK:
        return BatchItem(item_id, "create" if op.verb is Verb.CREATE else "update", kind.entity, body)
    if kind.taken_back_by is TakenBack.VOID_UPDATE:
        return BatchItem(item_id, "update", kind.entity, body, "void")
    short = {"Id": body["Id"], "SyncToken": body["SyncToken"]}
    return BatchItem(item_id, str(kind.taken_back_by), kind.entity, short)


def _outcome(result: dict[str, Any] | Fault | None, *, again: bool) -> Fate:
    if result is None:
        return Unknown(answered=True, told="QuickBooks' answer lacks it")
    if not isinstance(result, Fault):
        return Done(result)
    what = reaction(result)
    if what is Reaction.THROTTLED:
        return NotDone(throttled=True)
    if what in _OF_THE_SERVICE or (again and result.code == faults.BUSINESS_VALIDATION):
        return Unknown(answered=True, told=str(result))
    return Refused(result)
