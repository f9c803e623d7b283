"""What is known of a unit under way: its documents as they stand, the operations on them, and the ends it can come to.

It sends nothing and writes nothing; :mod:`target_qbo.posting.work` has the way that a unit takes.
"""

from __future__ import annotations

import datetime as dt
from abc import ABC, abstractmethod
from collections import Counter
from dataclasses import replace
from functools import cached_property
from typing import TYPE_CHECKING, Any

from target_qbo.accounting import DocumentKind
from target_qbo.ledger.changes import Changes, UnitChange
from target_qbo.ledger.documents import StandingDocument
from target_qbo.ledger.lifecycle import TicketEvent, UnitEvent
from target_qbo.ledger.status import HALF_DONE, Stands
from target_qbo.posting.findings import UNANSWERED, Hindrance
from target_qbo.posting.ops import Op, Verb
from target_qbo.posting.payloads import document_body
from target_qbo.posting.plan import ENDS, Outcome, Plan, fingerprint, skipped
from target_qbo.qbo import Fault, faults

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from decimal import Decimal

    from target_qbo.accounting import Document, Payment
    from target_qbo.ledger.changes import Key
    from target_qbo.ledger.status import DocumentState
    from target_qbo.ledger.units import UnitView
    from target_qbo.posting.ops import Fate
    from target_qbo.posting.payloads import DocumentRefs
    from target_qbo.posting.preparing import Preparing
    from target_qbo.posting.standing import Standing
    from target_qbo.posting.summary import RunSummary

GIVEN_UP_AFTER = 3
"""In so many runs a unit is tried that alone gets no answer, before its ticket is skipped."""


class Unit(ABC):
    """A unit under way.

    Args:
        view: The unit as the ledger has it.
        planned: What is to be done: where nothing is to stand, what becomes of the ticket once nothing does.
        refs: Ids of what the document refers to; or why it can't be made, and what stands of it can't stay as a part.
        asking: What else it may have to know.
        summary: Where documents and tickets are counted.
        ask_anew: Whether a stale id of something that it refers to may be looked up anew; else it is a refusal.
        meanwhile: What the ticket's reason is while what stands of it is undone.

    Attributes:
        unit: The unit's key in the ledger.
        document: What is to stand.
        names_anew: Whether an id that it refers to is stale: to be planned again with all names looked up.
        stalled: Whether the fate of a write is not known: to be planned again when it was looked up.
        ended: Whether all was done that was to be done.
        left: Why it was left as it was; None: it was not.
        open: Whether it was left half done.
    """

    def __init__(
        self,
        view: UnitView,
        planned: Plan,
        refs: DocumentRefs | Hindrance | None,
        asking: Preparing,
        summary: RunSummary,
        *,
        ask_anew: bool = True,
        meanwhile: str | None = None,
    ) -> None:
        self.view = view
        self.unit = view.key
        self.document: Document | None = planned.document
        self.names_anew = False
        self.stalled = False
        self.ended = False
        self.left: Hindrance | None = None
        self.open = False
        self._planned = planned
        self._refs = refs if not isinstance(refs, Hindrance) else None
        self._asking = asking
        self._summary = summary
        self._end: Plan | None = planned if planned.document is None else None
        # What only goes ahead of a plan, to void payments that pay no invoice, is no change of what stands.
        self._opened = planned.document is None and planned.outcome not in ENDS
        self._ask_anew = ask_anew
        self._meanwhile = meanwhile
        self._standing: dict[Key, StandingDocument] = {one.key: one for one in view.standing}
        # One that is put back already stands under the same key.
        self._lifted = {one.key: one for one in view.lifted if one.key not in self._standing}
        self._has_lifted = bool(view.lifted)
        self._rows: dict[Key, Standing | None] = {}
        self._last: dict[Key, Standing] = {}  # voided as a payment is, its row tells what it was
        self._aged: set[Key] = set()  # documents that changed since they were read
        self._leaving: set[Key] = {one.key for one in planned.leaving}
        self._main: StandingDocument | None = planned.main
        self._update = planned.update
        self._unpaid: dict[str, Payment] = {one.key: one for one in planned.pay}
        self._fault: Fault | None = None
        self._obstacle: Hindrance | None = refs if isinstance(refs, Hindrance) else None
        self._takes_back = False
        self._puts_back = False
        self._looked = False
        self._outstanding = 0
        self._tries: Counter[Key] = Counter()
        self._failed: dict[Key, Hindrance] = {}
        self._renumbered = 0

    @property
    def unanswered(self) -> bool:
        """Whether it was left because something got no answer."""
        return self.left is not None and self.left.code == UNANSWERED

    @cached_property
    def fingerprint(self) -> str | None:
        """The hash of what is to stand; None where nothing is."""
        return None if self.document is None else fingerprint(self.document)

    @property
    def names(self) -> Mapping[str, Any]:
        """The ticket's names, for the log."""
        fields = {"location": "location_id", "ticket": "ticket_id", "receipt": "number"}
        return {name: self.view.record.get(column) for name, column in fields.items()}

    @property
    def _undoes(self) -> bool:
        """Whether a person asked that what stands be taken out."""
        return self._planned.outcome is Outcome.UNDONE

    @abstractmethod
    def answered(self, op: Op, outcome: Fate, changes: Changes) -> list[Op]:
        """Take note of what became of an operation; returns the operations that became possible."""

    def _send(self, ops: list[Op]) -> list[Op]:
        self._outstanding = len(ops)
        return ops

    def _ops(self, verb: Verb, some: Sequence[StandingDocument]) -> list[Op]:
        return self._send([self._op(verb, one) for one in some])

    def _op(self, verb: Verb, one: StandingDocument) -> Op:
        kind = DocumentKind(one.kind)
        op = Op(self, verb, kind, one.number, one.amount, one.date, one.method, values=(one.qbo_id or "",))
        row = self._rows.get(one.key)
        if verb is Verb.LOOK or row is None:
            return op
        if verb is Verb.TAKE_BACK:
            return replace(op, body=row.row)
        if self.document is None or self._refs is None:
            raise AssertionError
        body = document_body(self.document, self._refs)
        body |= {"Id": row.qbo_id, "SyncToken": row.sync_token, "sparse": True}
        del body["DocNumber"]  # the number with which it was posted stays
        return replace(op, body=body, amount=self.document.total, date=self.document.date)

    def _creation(
        self, kind: DocumentKind, number: str, amount: Decimal, method: str | None, body: dict[str, Any]
    ) -> Op:
        date, sent_as = dt.date.fromisoformat(body["TxnDate"]), self.view.missing.get((kind, number))
        return Op(self, Verb.CREATE, kind, number, amount, date, method, body, sent_as)

    def _open(self, changes: Changes) -> None:
        """Write down, before what stands is touched, that it is."""
        if self._opened or self._takes_back:
            return
        self._opened = True
        changes.units.append(UnitChange(self.unit, UnitEvent.UNDOES if self._undoes else UnitEvent.CHANGES))
        if self._meanwhile is not None:
            changes.settled += self.view.settled(TicketEvent.LEFT, None, self._meanwhile)

    def _stands(self, op: Op, row: Standing, state: DocumentState) -> None:
        """Take note of a document that stands now."""
        record = self.view.record
        one = StandingDocument(
            unit=self.unit,
            kind=op.kind,
            number=op.number,
            amount=op.amount,
            date=op.date,
            method=op.method,
            state=state,
            qbo_id=row.qbo_id,
            request_id=None,
            sent_at=None,
            location_id=record.get("location_id", ""),
            name=record.get("ticket_id", ""),
        )
        self._rows[one.key] = row
        self._standing[one.key] = one
        if op.kind is DocumentKind.PAYMENT:
            self._unpaid.pop(op.number, None)
            self._age_mains()
        else:
            self._main = one

    def _age_mains(self) -> None:
        """Take note that a payment put on, or taken off, counted the invoice's SyncToken up."""
        self._aged |= {one.key for one in self._standing.values() if one.kind != DocumentKind.PAYMENT}

    def _main_id(self) -> str | None:
        return self._main.qbo_id if self._main is not None else None

    def _end_change(self, changes: Changes) -> None:
        """Take note that what was lifted will not be put back."""
        if self._lifted or self._has_lifted:
            changes.ended.append(self.unit)
            self._lifted, self._has_lifted = {}, False

    def _finish(self, changes: Changes) -> None:
        """Take note that all that is to stand does."""
        changes.units.append(UnitChange(self.unit, UnitEvent.FINISHED, self.fingerprint))
        self._end_change(changes)
        changes.settled += self.view.settled(TicketEvent.POSTED)
        self._summary.posted += 1
        self.ended = True

    def _emptied(self, changes: Changes) -> None:
        end = self._end
        self.ended = True
        if end is None or end.outcome not in ENDS:
            return
        if not self._standing:
            changes.units.append(UnitChange(self.unit, UnitEvent.EMPTIED))
            self._end_change(changes)
        settle(self.view, end, changes, self._summary)

    def _restore(self, changes: Changes, why: Hindrance) -> str | None:
        """Leave the unit: all stands as it stood before the change.

        Returns:
            Why its ticket is skipped, where it was tried in vain for the last time.
        """
        before = self.view.stands
        lost = any(key not in self._standing for key in self._lifted)  # a person deleted what was to be put back
        restored = Stands.EDITED if lost or before in HALF_DONE else before
        mark = self.view.fingerprint if restored is Stands.WHOLE else None
        if self._opened:
            changes.units.append(UnitChange(self.unit, UnitEvent.RESTORED, mark, restored))
        self._end_change(changes)
        if why.code != UNANSWERED or self._undoes:
            self._leave(changes, why)
            return None
        self.left = why
        return give_up(self.view, changes, self._summary, f"{self._why()}{why.reason}")

    def _leave(self, changes: Changes, why: Hindrance) -> None:
        """Leave the unit, and skip its ticket; what was to be undone is again what it was."""
        self.left = why
        if not self._undoes:
            settle(self.view, skipped(why.code, f"{self._why()}{why.reason}"), changes, self._summary)
        elif self._opened:
            changes.settled += self.view.restored()

    def _leave_open(self, changes: Changes, reason: str) -> None:
        """Leave the unit half done: it is pending, and the next run goes on with it."""
        self.open = True
        code = UNANSWERED if self._obstacle is None else self._obstacle.code
        self.left = Hindrance(code, reason)
        changes.settled += self.view.settled(TicketEvent.LEFT, None, reason)
        self._summary.open += 1

    def _why(self) -> str:
        """Tell why what stands was to be changed; nothing where it was only to be finished."""
        if self.view.insisted:
            return "it is to be put right, but "
        changing = self._planned.touches and not self.view.half_done and self._planned.document is not None
        return "the ticket changed at the till, but " if changing else ""

    def _told(self, fault: Fault) -> Hindrance:
        """Tell a fault; of a closed period also the date, which QuickBooks' own words leave out."""
        closed = self._asking.closed_until() if fault.code == faults.PERIOD_CLOSED else None
        return Hindrance(fault.skip_code, (f"closed up to and including {closed}; " if closed else "") + str(fault))


def settle(view: UnitView, end: Plan, changes: Changes, summary: RunSummary) -> None:
    """Take note of what becomes of a unit's ticket where nothing more is to be done."""
    changes.settled += view.settled(ENDS[end.outcome], end.code, end.reason, end.until)
    if end.outcome is Outcome.SKIPPED:
        summary.skip(view.tickets, end.code or "")
    summary.waiting += end.outcome is Outcome.WAITING


def give_up(view: UnitView, changes: Changes, summary: RunSummary, reason: str) -> str | None:
    """Leave a unit that alone gets no answer for a later run; after some of them its ticket is skipped.

    Returns:
        Why it is skipped; None: it is tried again.
    """
    changes.failed.append(view.key)
    failures = view.failures + 1
    if failures >= GIVEN_UP_AFTER:
        told = f"{reason}; tried in {failures} runs: put right what QuickBooks does not take, then resync the ticket"
        settle(view, skipped(UNANSWERED, told), changes, summary)
        return told
    told = f"{reason}; tried again in the next run ({failures} of {GIVEN_UP_AFTER})"
    changes.settled += view.settled(TicketEvent.LEFT, None, told)
    summary.left += 1
    return None
