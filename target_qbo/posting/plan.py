"""What is to be done for a posting unit: decided from its records, what the ledger knows of it, and what was seen.

Pure: it asks nothing and writes nothing. A run carries the plan out, ``preview`` prints it, so both are the same; what
only QuickBooks can say (a closed period, a name that another entity has) is not foretold.
Source: accounting rules, Documents and After posting.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import json
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Any

from target_qbo.accounting import Document, DocumentKind, Payment, Skipped, Voided, Waiting, decide_records
from target_qbo.accounting.naming import plain
from target_qbo.ledger.adopting import FOUND_VOIDED, FOUND_VOIDED_REASON
from target_qbo.ledger.again import CHANGED
from target_qbo.ledger.lifecycle import TicketEvent
from target_qbo.ledger.status import DocumentState, Stands, TicketStatus

if TYPE_CHECKING:
    from target_qbo.accounting import Rules
    from target_qbo.accounting.documents import Decision
    from target_qbo.ledger.documents import StandingDocument
    from target_qbo.ledger.units import UnitView

EARLIEST = dt.date(2000, 1, 1)
"""No till is older; .NET writes an earlier date where there is none."""

CHANGED_INCONSISTENT = "changed_inconsistent"

_WRITE = json.JSONEncoder(sort_keys=True)  # one for all: made anew each time, it took three times as long
_AS_THEY_WERE = "the documents in QuickBooks are as they were"


class Outcome(StrEnum):
    """What a run does with a unit.

    ``NEW``: its documents are posted. ``CHANGED``: what stands is redone where it differs. ``UNFINISHED``: part of it
    stands, or it was found in QuickBooks: what is missing or differs is posted. ``UNCHANGED``: what stands is right.
    ``OPEN``: a document was sent and never answered; it is looked up first.
    """

    NEW = "new"
    CHANGED = "changed"
    UNFINISHED = "unfinished"
    UNCHANGED = "unchanged"
    OPEN = "open"
    WAITING = "waiting"
    SKIPPED = "skipped"
    VOIDED = "voided"
    UNDONE = "undone"


TO_POST = frozenset((Outcome.NEW, Outcome.CHANGED, Outcome.UNFINISHED))
ENDS = {
    Outcome.UNCHANGED: TicketEvent.POSTED,
    Outcome.WAITING: TicketEvent.WAITS,
    Outcome.SKIPPED: TicketEvent.SKIPPED,
    Outcome.VOIDED: TicketEvent.VOIDED,
    Outcome.UNDONE: TicketEvent.UNDONE,
}
"""What becomes of the ticket where nothing is to be made, once what is not to stand is taken back."""


@dataclass(frozen=True, slots=True)
class Plan:
    """What is to be done for a unit.

    Attributes:
        outcome: What becomes of its ticket where all goes well.
        document: What is to stand, with its payments; None where nothing is.
        code: Why it is skipped, for programs.
        reason: Why it is skipped or waits, for people.
        until: When the wait ends (UTC).
        leaving: What stands and is to be taken back first.
        main: What stands of the kind that is to stand, and stays.
        update: Whether it is to be brought up to date.
        pay: Payments to be made.
    """

    outcome: Outcome
    document: Document | None = None
    code: str | None = None
    reason: str | None = None
    until: dt.datetime | None = None
    leaving: tuple[StandingDocument, ...] = ()
    main: StandingDocument | None = None
    update: bool = False
    pay: tuple[Payment, ...] = ()

    @property
    def touches(self) -> bool:
        """Whether something that stands is to be changed or taken back."""
        return bool(self.leaving) or self.update


def skipped(code: str, reason: str, leaving: tuple[StandingDocument, ...] = ()) -> Plan:
    """Return that a ticket is skipped, and what is taken back first."""
    return Plan(Outcome.SKIPPED, code=code, reason=reason, leaving=leaving)


def decided(view: UnitView, rules: Rules, now: dt.datetime) -> Decision:
    """Return what the rules say of a unit's records, at a moment."""
    return decide_records(view.record, view.payments, view.discounts, rules, now)


def plan(view: UnitView, decision: Decision, *, on_change: str) -> Plan:
    """Plan what is to be done for a unit.

    Args:
        view: The unit as the ledger has it.
        decision: What the rules say of its records.
        on_change: ``update`` or ``skip``: what to do with a ticket that changed after it was posted.
    """
    standing = tuple(view.standing)
    if view.status is TicketStatus.UNDONE and not view.pending:
        return Plan(Outcome.UNDONE, reason="undone: it stays so until it is synced again by hand")
    if any(document.state is DocumentState.SENDING for document in standing):
        return Plan(Outcome.OPEN, reason="sent and never answered: a sync first looks up whether it stands")
    whole = bool(standing) and not view.half_done
    may_change = on_change != "skip" or view.insisted
    if isinstance(decision, Voided):
        if whole and not may_change:
            return _left(CHANGED, "the ticket was voided at the till after it was posted")
        return Plan(Outcome.VOIDED, leaving=standing)
    if view.status is TicketStatus.UNDONE and view.code == FOUND_VOIDED:
        return Plan(Outcome.UNDONE, code=FOUND_VOIDED, reason=FOUND_VOIDED_REASON)
    if isinstance(decision, Document):
        return _compared(view, decision, may_change=may_change)
    return _not_to_stand(view, decision, whole=whole)


def _not_to_stand(view: UnitView, decision: Skipped | Waiting, *, whole: bool) -> Plan:
    if whole:
        return _left(CHANGED_INCONSISTENT, f"the ticket changed at the till after it was posted: {decision.reason}")
    if isinstance(decision, Waiting):
        return Plan(Outcome.WAITING, reason=decision.reason, until=decision.until, leaving=tuple(view.standing))
    return skipped(decision.code, decision.reason, tuple(view.standing))


def _compared(view: UnitView, wanted: Document, *, may_change: bool) -> Plan:
    """Tell a new ticket from one that stands, and one half posted from one that changed since."""
    if wanted.date < EARLIEST:
        return skipped("date_out_of_range", f"{wanted.date} is no date of a sale")
    standing = tuple(view.standing)
    if not standing:
        return Plan(Outcome.NEW, wanted, pay=wanted.payments)
    if view.stands is Stands.WHOLE and view.fingerprint == fingerprint(wanted):
        return Plan(Outcome.UNCHANGED, wanted)
    part_of = _part_of(view, wanted)
    if not (part_of or view.half_done or may_change):
        return _left(CHANGED, "the ticket changed at the till after it was posted")
    if view.stands is Stands.UNDOING:
        kept: tuple[StandingDocument, ...] = ()  # cut short: what of it stands is sure only once all is gone
    elif part_of:
        kept = standing
    else:
        kept = tuple(document for document in standing if _stays(document, wanted))
    main = next((document for document in kept if document.kind == wanted.kind), None)
    if main is None:
        kept = ()  # payments without their invoice are open credit, whatever their amount
    paid = {document.number for document in kept if document.kind == DocumentKind.PAYMENT}
    changed = view.stands in {Stands.WHOLE, Stands.EDITED}
    return Plan(
        Outcome.CHANGED if changed else Outcome.UNFINISHED,
        wanted,
        leaving=tuple(document for document in standing if document not in kept),
        main=main,
        update=main is not None and not part_of,
        pay=tuple(payment for payment in wanted.payments if payment.key not in paid),
    )


def _part_of(view: UnitView, wanted: Document) -> bool:
    """Tell whether what stands of a unit, half posted or found in QuickBooks, is part of what is to stand."""
    if view.stands is Stands.PART:
        if view.fingerprint != fingerprint(wanted):
            return False
    elif view.stands is not Stands.FOUND:
        return False
    of_it = [_is_of(document, wanted) for document in view.standing]
    return all(of_it) and any(document.kind == wanted.kind for document in view.standing)


def _is_of(document: StandingDocument, wanted: Document) -> bool:
    """Tell whether a document is, by date, amount and, where its own is known, payment method, one that is to stand."""
    payment = next((payment for payment in wanted.payments if payment.key == document.number), None)
    if document.kind == wanted.kind:
        amount, method = wanted.total, wanted.method
    elif document.kind == DocumentKind.PAYMENT and payment is not None:
        amount, method = payment.amount, payment.method
    else:
        return False
    if document.state is DocumentState.ORPHANED:
        return False
    same_method = document.method is None or _folded(document.method) == _folded(method)
    return (document.date, document.amount) == (wanted.date, amount) and same_method


def _stays(document: StandingDocument, wanted: Document) -> bool:
    """Tell whether a document stays while the rest is changed."""
    if document.kind == DocumentKind.PAYMENT:
        return _is_of(document, wanted)
    # An update can't take the payment method off a refund receipt: then it is made anew.
    return document.kind == wanted.kind and (document.method is None or wanted.method is not None)


def _left(code: str, reason: str) -> Plan:
    return skipped(code, f"{reason}; {_AS_THEY_WERE}")


def _folded(method: str | None) -> str:
    """Return a payment method as names are compared: QuickBooks' own may differ in case."""
    return (method or "").casefold()


def fingerprint(document: Document) -> str:
    """Return a hash of what a document says, by which a changed one is told from the one that stands.

    Its number is not part of it: a document keeps the number with which it was posted.
    """
    return hashlib.sha256(_WRITE.encode(_plain(document)).encode("ascii")).hexdigest()


def _plain(document: Document) -> dict[str, Any]:
    return {
        "kind": document.kind,
        "date": document.date.isoformat(),
        "note": document.note,
        "method": document.method,
        "lines": [
            [
                line.item.role,
                line.item.name,
                plain(line.quantity),
                plain(line.unit_price),
                str(line.amount),
                line.description,
            ]
            for line in document.lines
        ],
        "payments": [[payment.key, payment.method, str(payment.amount), payment.note] for payment in document.payments],
    }
