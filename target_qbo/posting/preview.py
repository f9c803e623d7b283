"""What a run would do with tickets, planned as a run plans it, without QuickBooks and without a trace."""

from __future__ import annotations

from collections import Counter, defaultdict
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from target_qbo.accounting import DocumentKind, PaymentMethod
from target_qbo.accounting.money import ZERO
from target_qbo.posting.plan import TO_POST, Outcome, decided, plan

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Mapping, Sequence
    from decimal import Decimal

    from target_qbo.accounting import Document, Rules
    from target_qbo.ledger.units import UnitView
    from target_qbo.posting.plan import Plan


@dataclass(frozen=True, slots=True)
class Preview:
    """A unit and what would become of it."""

    view: UnitView
    planned: Plan

    @property
    def outcome(self) -> Outcome:
        """What a run would do."""
        return self.planned.outcome

    @property
    def document(self) -> Document | None:
        """What is to stand, with its payments; None where nothing is."""
        return self.planned.document

    @property
    def number(self) -> str | None:
        """The document's number: the one with which it was posted, where it stands."""
        document = self.document
        if document is None:
            return None
        return next((own.number for own in self.view.standing if own.kind == document.kind), document.number)

    def posted_id(self, kind: DocumentKind, number: str | None) -> str | None:
        """Return the id in QuickBooks of a document, where it stands."""
        return next((own.qbo_id for own in self.view.standing if (own.kind, own.number) == (kind, number)), None)


def preview(view: UnitView, rules: Rules, *, on_change: str, now: dt.datetime) -> Preview:
    """Tell what a run would do with a unit at a moment; see :func:`target_qbo.posting.plan.plan`."""
    return Preview(view, plan(view, decided(view, rules, now), on_change=on_change))


def merged(received: UnitView, before: UnitView | None) -> UnitView:
    """Return a unit as it will be once it is received: with the rows and with what stands that the ledger knows.

    Args:
        received: The ticket with the rows that were read elsewhere.
        before: The same ticket in the ledger, if it is there.
    """
    if before is None:
        return received
    paid = _overlaid(before.payments, received.payments, "payment_id")
    discounted = _overlaid(before.discounts, received.discounts, "discount_id")
    same = (received.record, paid, discounted) == (before.record, list(before.payments), list(before.discounts))
    pending = before.pending or not same  # what is undone stays so only while it stays the same
    return replace(before, pending=pending, record=received.record, payments=paid, discounts=discounted)


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


def _overlaid(
    before: Sequence[Mapping[str, Any]], rows: Sequence[Mapping[str, Any]], id_name: str
) -> list[Mapping[str, Any]]:
    return list({row[id_name]: row for row in (*before, *rows)}.values())
