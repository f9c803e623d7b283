"""The ledger's side of sending: every document noted before it leaves, every answer noted before what follows leaves.

It decides nothing and sends nothing: what an answer means says the unit's work, and this writes it down.
"""

from __future__ import annotations

import datetime as dt
import logging
import uuid
from typing import TYPE_CHECKING

from target_qbo.ledger import changes
from target_qbo.ledger.changes import Changes, Sending
from target_qbo.ledger.lifecycle import DocumentEvent
from target_qbo.ledger.status import TicketStatus
from target_qbo.posting.ops import Verb

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from target_qbo.ledger import CompanyLedger
    from target_qbo.posting.ops import Fate, Op
    from target_qbo.posting.unit import Unit
    from target_qbo.posting.work import UnitWork

logger = logging.getLogger("target-qbo.posting")

_AT_ONCE = 500


class Journal:
    """Writes down what leaves and what comes back.

    Args:
        ledger: The company's ledger.
        still_alone: Raises where it is not sure any more that no other process posts for the company.
        begun: Since when none does (UTC).

    Attributes:
        again: Units to be planned again in another pass: of unknown fate, or with names looked up anew.
        given_up: Units that were left for a later run, because something got no answer.
        names_anew: Units of which a reference turned out stale.
    """

    def __init__(self, ledger: CompanyLedger, still_alone: Callable[[], None], begun: dt.datetime) -> None:
        self._ledger = ledger
        self._still_alone = still_alone
        self.begun = begun
        self._gathered = Changes()
        self.again: set[int] = set()
        self.given_up: set[int] = set()
        self.names_anew: set[int] = set()

    def begin(self, work: UnitWork) -> Iterator[Op]:
        """Yield the first operations of a unit; where there are none, it is settled on the way."""
        found = Changes()
        ops = work.begin(found)
        if ops:
            changes.write(self._ledger, found, now())
        else:
            self.gather(found)
            self._close(work, found)
        yield from ops

    def gather(self, found: Changes) -> None:
        """Take changes that nothing waits for, to be written down many at a time."""
        self._gathered.add(found)
        if len(self._gathered) >= _AT_ONCE:
            self.flush()

    def flush(self) -> None:
        """Write down what was gathered."""
        gathered, self._gathered = self._gathered, Changes()
        changes.write(self._ledger, gathered, now())

    def leaving(self, ops: Sequence[Op]) -> str:
        """Write down, durably, that these operations are about to be sent; the posting lock must still be ours.

        Returns:
            The requestid of their request.
        """
        self._still_alone()
        if ops[0].verb is not Verb.CREATE:  # can be done again without harm
            return uuid.uuid4().hex
        sendings = [Sending(op.key, op.amount, op.date, op.method, op.work.fingerprint, op.digest()) for op in ops]
        return changes.send(self._ledger, sendings, now())

    def answered(self, outcomes: Sequence[tuple[Op, Fate]]) -> list[Op]:
        """Write down the outcomes; returns the operations that became possible."""
        found, follow = Changes(), []
        for op, outcome in outcomes:
            follow += op.work.answered(op, outcome, found)
        changes.write(self._ledger, found, now())
        for work in dict.fromkeys(op.work for op, _ in outcomes):
            self._close(work, found)
        return follow

    def _close(self, work: Unit, found: Changes) -> None:
        """Take note of a unit that is to be planned again, and tell what was taken over, and of one that is posted."""
        if work.stalled:
            self.again.add(work.unit)
        if work.unanswered and not work.open:
            self.given_up.add(work.unit)
        if work.names_anew:
            self.names_anew.add(work.unit)
        for unit, kind, number in (one.key for one in found.documents if one.event is DocumentEvent.FOUND):
            if unit == work.unit:
                text = "%s %s of this ticket was there already and is taken over"
                logger.info(text, kind, number, extra={"event_name": "document_adopted", **work.names})
        if work.document is not None and any(
            one.ticket in work.view.tickets and one.status is TicketStatus.POSTED for one in found.settled
        ):
            document = work.document
            named = {"event_name": "ticket_posted", **work.names}
            logger.debug("posted: %s %s of %s", document.kind, document.number, document.total, extra=named)


def now() -> dt.datetime:
    """Return the present moment."""
    return dt.datetime.now(dt.UTC)
