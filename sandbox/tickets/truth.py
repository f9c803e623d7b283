"""What the books should say of a ticket: the accounting rules said once more, simply, for checks from outside.

It shares no code with the target, so that one mistake can't hide in both.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from sandbox.tickets.model import ZERO, to_cents

if TYPE_CHECKING:
    from decimal import Decimal

    from sandbox.tickets.model import Tender, Ticket

CARDS = ("credit card", "visa", "mastercard", "amex", "american express", "discover", "debit")
METHODS = {"cash": "Cash", "check": "Check", "gift card": "Gift Card"}
POINTS = {"reward points", "rewards", "loyalty points", "points"}
BALANCE = {"customer balance", "account balance"}


@dataclass(frozen=True, slots=True)
class Expected:
    """What should stand in QuickBooks, or why nothing should.

    `method` is set for refund receipts only, which can't itemise what was paid out; it is None where all of it went to
    points or balance.
    """

    kind: str
    document_total: Decimal = ZERO
    payments: tuple[tuple[str, Decimal], ...] = ()
    method: str | None = None
    dirt: str | None = None


def _word(tender: Tender) -> str:
    return (tender.method or "").strip().casefold()


def _method(tender: Tender) -> str:
    """The payment method; a card's name makes a card of it, whatever else stands beside."""
    word = _word(tender)
    if any(f" {card} " in f" {word} " for card in CARDS):
        return "Credit Card"
    return METHODS.get(word, "Other")


def _is_line(tender: Tender) -> bool:
    """Whether the tender becomes a line of the document: reward points and customer balance."""
    return _word(tender) in POINTS | BALANCE


def _sale_payments(tenders: list[Tender]) -> list[tuple[str, Decimal]]:
    """One payment for each tender; what was paid back is taken off the last payments by the same method.

    More paid back by a method than was paid by it: an amount below 0 at the end.
    """
    left = [(_method(tender), tender.amount) for tender in tenders if tender.amount > 0]
    short = []
    for tender in tenders:
        back = max(-tender.amount, ZERO)
        for place in range(len(left) - 1, -1, -1):
            method, amount = left[place]
            if method == _method(tender):
                taken = min(amount, back)
                left[place] = (method, amount - taken)
                back -= taken
        if back:
            short.append((_method(tender), -back))
    return [(method, amount) for method, amount in left + short if amount]


def expect(ticket: Ticket) -> Expected:
    """Say what should stand in QuickBooks for a ticket, from the accounting rules.

    `dirt` is one of `lines_mismatch`, `unpaid` (too little paid or paid out: waits, then skipped), `overpaid` (too
    much), `negative_document` (below 0 after points and balance), `negative_tender`; None: clean. A voided ticket is
    clean and has no document.
    """
    if ticket.voided:
        return Expected("none")
    paid = sum((tender.amount for tender in ticket.tenders), ZERO)
    ordinary = [tender for tender in ticket.tenders if not _is_line(tender)]
    on_lines = paid - sum((tender.amount for tender in ordinary), ZERO)
    sale = ticket.total >= 0
    document = to_cents(ticket.total - on_lines if sale else on_lines - ticket.total)
    dirt = None
    if ticket.lines_total != ticket.total:
        dirt = "lines_mismatch"
    elif paid != ticket.total:
        dirt = "overpaid" if abs(paid) > abs(ticket.total) else "unpaid"
    elif document < 0:
        dirt = "negative_document"
    if dirt:
        return Expected("none", dirt=dirt)
    if not sale:
        largest = min(ordinary, key=lambda tender: (tender.amount, tender.payment_id), default=None)
        return Expected("refund_receipt", document, method=_method(largest) if largest else None)
    payments = _sale_payments(ordinary)
    if any(amount < 0 for _, amount in payments):
        return Expected("none", dirt="negative_tender")
    return Expected("invoice", document, tuple(payments))


def statement(ticket: Ticket) -> dict[str, Any]:
    """Return the truth about a ticket as JSON types; money as strings with two decimals, ids as strings."""
    expected = expect(ticket)
    return {
        "location_id": str(ticket.location.location_id),
        "ticket_id": str(ticket.ticket_id),
        "number": ticket.number,
        "business_date": ticket.business_date.isoformat(),
        "total": str(to_cents(ticket.total)),
        "voided": ticket.voided,
        "dirt": expected.dirt,
        "lines": len(ticket.lines),
        "expected": {
            "kind": expected.kind,
            "document_total": str(to_cents(expected.document_total)),
            "payments": [{"method": method, "amount": str(to_cents(amount))} for method, amount in expected.payments],
            "method": expected.method,
        },
    }
