"""The tenders of a ticket: which become Payments, which become lines (accounting rules, Tenders)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from target_qbo.accounting import naming
from target_qbo.accounting.documents import Payment
from target_qbo.accounting.money import ZERO, apportion, total
from target_qbo.accounting.rules import PaymentMethod, Rules, Tender, classify_tender

if TYPE_CHECKING:
    from collections.abc import Sequence
    from decimal import Decimal

    from target_qbo.accounting.ticket import PaymentRow, Ticket


@dataclass(frozen=True, slots=True)
class Settlement:
    """What the tenders of a ticket come to.

    Attributes:
        received: Sum of all tenders, signed.
        points: Reward points spent; negative: given back or loaded.
        balance: Customer balance spent; negative: loaded.
        payments: Payments of a sale, each positive.
        negative: Why there is a tender that no payment can show (a sale's negative one), if there is.
        refund_method: Method of the largest tender of a refund (a tie: the lowest payment id).
        refund_tenders: All money tenders of a refund in words, for its memo.
    """

    received: Decimal
    points: Decimal
    balance: Decimal
    payments: tuple[Payment, ...]
    negative: str | None
    refund_method: PaymentMethod | None
    refund_tenders: str

    def refund_note(self, note: str) -> str:
        """Return the note of a refund receipt: which tenders it went out over."""
        return naming.note(f"{note}.", f"Refunded by {self.refund_tenders}") if self.refund_tenders else note


@dataclass(frozen=True, slots=True)
class _Money:
    payment_id: str
    method: PaymentMethod
    till_name: str
    amount: Decimal


def settle(ticket: Ticket, payments: Sequence[PaymentRow], rules: Rules) -> Settlement:
    """Sort the tenders of a ticket into payments and lines.

    Args:
        ticket: The ticket they belong to.
        payments: Its tenders, ordered by id.
        rules: The company's choices.

    Returns:
        The settlement.
    """
    amounts = apportion([row.amount for row in payments])
    points = balance = ZERO
    money: list[_Money] = []
    for row, amount in zip(payments, amounts, strict=True):
        tender = classify_tender(row.method, row.card_type, rules)
        if tender is Tender.REWARD_POINTS:
            points += amount
        elif tender is Tender.CUSTOMER_BALANCE:
            balance += amount
        elif amount != 0 and tender.payment_method is not None:
            money.append(_Money(row.payment_id, tender.payment_method, _till_name(row), amount))
    netted = _net_cash_back(money)
    negative = next((tender for tender in netted if tender.amount < 0), None)
    largest = min(money, key=lambda tender: tender.amount, default=None)
    return Settlement(
        received=total(amounts),
        points=points,
        balance=balance,
        payments=tuple(_payment(ticket, tender) for tender in netted if tender.amount > 0),
        negative=None
        if negative is None
        else f"a sale with a negative tender: {negative.till_name} {negative.amount} "
        f"(payment {naming.shown_id(negative.payment_id)}): correct the tenders at the till",
        refund_method=None if largest is None else largest.method,
        refund_tenders=", ".join(f"{t.till_name} {-t.amount}" for t in money),
    )


def _net_cash_back(money: list[_Money]) -> list[_Money]:
    """Take negative cash (cash back) off the ticket's cash, the largest tender first; ids stay as they are."""
    cash = [tender for tender in money if tender.method is PaymentMethod.CASH]
    back = total(tender.amount for tender in cash if tender.amount < 0)
    if back == 0:
        return money
    left = {tender.payment_id: tender.amount for tender in cash if tender.amount > 0}
    for payment_id in sorted(left, key=lambda i: -left[i]):
        taken = min(left[payment_id], -back)
        left[payment_id] -= taken
        back += taken
    netted = [
        _Money(tender.payment_id, tender.method, tender.till_name, left[tender.payment_id])
        for tender in cash
        if tender.amount > 0
    ]
    if back < 0:
        last = next(tender for tender in cash if tender.amount < 0)
        netted.append(_Money(last.payment_id, last.method, last.till_name, back))
    others = [tender for tender in money if tender.method is not PaymentMethod.CASH]
    return sorted(
        (tender for tender in [*netted, *others] if tender.amount != 0),
        key=lambda tender: naming.id_order(tender.payment_id),
    )


def _payment(ticket: Ticket, tender: _Money) -> Payment:
    return Payment(
        key=naming.payment_key(ticket, tender.payment_id),
        method=tender.method,
        amount=tender.amount,
        note=naming.note(
            naming.ownership_mark(ticket.location_id, ticket.ticket_id),
            f"payment {tender.payment_id}: {tender.till_name}",
        ),
    )


def _till_name(row: PaymentRow) -> str:
    return naming.clean_text(" ".join(part for part in (row.method, row.card_type) if part), 200) or "unnamed tender"
