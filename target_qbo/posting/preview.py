"""What a run would do with a ticket, decided as a run decides it, without QuickBooks and without a trace.

What only QuickBooks can say (a closed period, a name that another entity has) is not foretold.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from dataclasses import dataclass, field, replace
from enum import StrEnum
from typing import TYPE_CHECKING, Any

from target_qbo.accounting import Document, DocumentKind, PaymentMethod, Voided, Waiting, decide_records
from target_qbo.accounting.money import ZERO
from target_qbo.ledger.status import DocumentState, TicketStatus
from target_qbo.posting.work import EARLIEST, fingerprint

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Mapping, Sequence
    from decimal import Decimal

    from target_qbo.accounting import Rules
    from target_qbo.ledger.tickets import PendingTicket


class Outcome(StrEnum):
    """What a run would do with a ticket.

    ``NEW``: its documents are posted. ``CHANGED``: what stands is redone where it differs. ``UNFINISHED``: part of it
    stands, or it was found in QuickBooks: what is missing or differs is posted. ``UNCHANGED``: what stands is right.
    ``OPEN``: a document was sent and never answered; a run looks it up first.
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


@dataclass(frozen=True, slots=True)
class Preview:
    """A ticket and what would become of it.

    Attributes:
        ticket: The ticket with its rows and with what stands for it.
        outcome: What a run would do.
        document: What is to stand, with its payments; None where nothing is.
        code: Why it is skipped, for programs.
        reason: Why it is skipped or waits, for people.
        until: When the wait ends (UTC).
    """

    ticket: PendingTicket
    outcome: Outcome
    document: Document | None = None
    code: str | None = None
    reason: str | None = None
    until: dt.datetime | None = None

    @property
    def number(self) -> str | None:
        """The document's number: the one with which it was posted, where it stands."""
        document = self.document
        if document is None:
            return None
        return next((own.number for own in self.ticket.standing if own.kind == document.kind), document.number)

    def posted_id(self, kind: DocumentKind, number: str | None) -> str | None:
        """Return the id in QuickBooks of a document, where it stands."""
        return next((own.qbo_id for own in self.ticket.standing if (own.kind, own.number) == (kind, number)), None)


def preview(ticket: PendingTicket, rules: Rules, *, on_change: str, now: dt.datetime) -> Preview:
    """Tell what a run would do with a ticket.

    Args:
        ticket: The ticket with its rows and with what stands for it.
        rules: The company's choices.
        on_change: ``update`` or ``skip``: what to do with a ticket that changed after it was posted.
        now: The present moment, with a time zone.
    """
    stands = bool(ticket.standing)
    if ticket.status is TicketStatus.UNDONE:
        return Preview(ticket, Outcome.UNDONE, reason="undone: it stays so until it is synced again by hand")
    if any(document.state is DocumentState.SENDING for document in ticket.standing):
        return Preview(ticket, Outcome.OPEN, reason="sent and never answered: a sync first looks up whether it stands")
    whole = stands and not ticket.half_done
    on_change = "update" if ticket.insisted else on_change
    decision = decide_records(ticket.record, ticket.payments, ticket.discounts, rules, now)
    if isinstance(decision, Document):
        return _compared(ticket, decision, on_change, whole=whole)
    if isinstance(decision, Voided):
        if whole and on_change == "skip":
            return _left(ticket, "changed", "the ticket was voided at the till after it was posted")
        return Preview(ticket, Outcome.VOIDED)
    if whole:
        return _left(
            ticket, "changed_inconsistent", f"the ticket changed at the till after it was posted: {decision.reason}"
        )
    if isinstance(decision, Waiting):
        return Preview(ticket, Outcome.WAITING, reason=decision.reason, until=decision.until)
    return Preview(ticket, Outcome.SKIPPED, code=decision.code, reason=decision.reason)


def merged(ticket: PendingTicket, before: PendingTicket | None) -> PendingTicket:
    """Return a ticket as it will be once it is received: with the rows and with what stands that the ledger knows.

    Args:
        ticket: The ticket with the rows that were read elsewhere.
        before: The same ticket in the ledger, if it is there.
    """
    if before is None:
        return ticket
    paid = _overlaid(before.payments, ticket.payments, "payment_id")
    discounted = _overlaid(before.discounts, ticket.discounts, "discount_id")
    same = (ticket.record, paid, discounted) == (before.record, list(before.payments), list(before.discounts))
    undone = before.status is TicketStatus.UNDONE and not same  # what is undone stays so only while it stays the same
    return replace(
        before,
        status=TicketStatus.RECEIVED if undone else before.status,
        record=ticket.record,
        payments=paid,
        discounts=discounted,
    )


@dataclass(slots=True)
class Totals:
    """Sums of what would be posted, in the company's currency.

    Attributes:
        outcomes: Tickets by outcome.
        documents: Number of documents by kind, payments among them.
        amounts: What they come to, by kind.
        paid: Payments by method.
        refunded: Refund receipts by method; one with no method under None.
    """

    outcomes: Counter[Outcome] = field(default_factory=Counter)
    documents: Counter[DocumentKind] = field(default_factory=Counter)
    amounts: defaultdict[DocumentKind, Decimal] = field(default_factory=lambda: defaultdict(lambda: ZERO))
    paid: defaultdict[PaymentMethod, Decimal] = field(default_factory=lambda: defaultdict(lambda: ZERO))
    refunded: defaultdict[PaymentMethod | None, Decimal] = field(default_factory=lambda: defaultdict(lambda: ZERO))

    def add(self, one: Preview) -> None:
        """Count a ticket, and its documents where they would be posted."""
        self.outcomes[one.outcome] += 1
        document = one.document
        if document is None or one.outcome not in TO_POST:
            return
        self._count(document.kind, document.total)
        for payment in document.payments:
            self._count(DocumentKind.PAYMENT, payment.amount)
            self.paid[payment.method] += payment.amount
        if document.kind is DocumentKind.REFUND_RECEIPT:
            self.refunded[document.method] += document.total

    def as_record(self) -> dict[str, Any]:
        """Return the figures for programs and tables."""
        methods = sorted({*self.paid, *self.refunded}, key=str)
        return {
            "tickets": {outcome.value: self.outcomes[outcome] for outcome in Outcome if self.outcomes[outcome]},
            "documents": [
                {"kind": kind.value, "count": self.documents[kind], "amount": self.amounts[kind]}
                for kind in DocumentKind
                if self.documents[kind]
            ],
            "methods": [
                {
                    "method": method,
                    "payments": self.paid.get(method, ZERO) if method is not None else ZERO,
                    "refunds": self.refunded.get(method, ZERO),
                }
                for method in methods
            ],
        }

    def _count(self, kind: DocumentKind, amount: Decimal) -> None:
        self.documents[kind] += 1
        self.amounts[kind] += amount


def _compared(ticket: PendingTicket, document: Document, on_change: str, *, whole: bool) -> Preview:
    if document.date < EARLIEST:
        return Preview(
            ticket, Outcome.SKIPPED, code="date_out_of_range", reason=f"{document.date} is no date of a sale"
        )
    if not ticket.standing:
        return Preview(ticket, Outcome.NEW, document)
    if ticket.fingerprint == fingerprint(document):
        return Preview(ticket, Outcome.UNCHANGED, document)
    if whole and on_change == "skip":
        return _left(ticket, "changed", "the ticket changed at the till after it was posted")
    return Preview(ticket, Outcome.CHANGED if whole and ticket.fingerprint else Outcome.UNFINISHED, document)


def _left(ticket: PendingTicket, code: str, reason: str) -> Preview:
    return Preview(ticket, Outcome.SKIPPED, code=code, reason=f"{reason}; the documents in QuickBooks stay as they are")


def _overlaid(
    before: Sequence[Mapping[str, Any]], rows: Sequence[Mapping[str, Any]], id_name: str
) -> list[Mapping[str, Any]]:
    return list({row[id_name]: row for row in (*before, *rows)}.values())
