"""The tenders of a ticket: which become Payments, which become lines (accounting rules, Tenders)."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from target_qbo.accounting import naming
from target_qbo.accounting.documents import Payment
from target_qbo.accounting.items import ITEMS, ItemRole
from target_qbo.accounting.money import ZERO, apportion, total
from target_qbo.accounting.tender_names import UNNAMED, PaymentMethod, known_tender

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from decimal import Decimal

    from target_qbo.accounting.rules import Rules
    from target_qbo.accounting.ticket import PaymentRow, Ticket

_SPENT = dict.fromkeys((role for role, row in ITEMS.items() if row.spends), ZERO)
_NAME_SHOWN = 100
_SHOWN = 3


@dataclass(frozen=True, slots=True)
class Settlement:
    """What the tenders of a ticket come to.

    Attributes:
        received: Sum of all tenders, signed.
        spent: What was spent on the document's lines, by the role of its item; negative: given back or loaded.
        payments: Payments of a sale, each positive.
        negative: Why there is a tender that no payment can show (a sale's method that stays negative), if there is.
        refund_method: Method of the largest tender of a refund (a tie: the lowest payment id).
        refund_tenders: All money tenders of a refund in words, for its memo.
        unmapped: Tenders whose name nobody knows: the till's name, and the signed amount.
    """

    received: Decimal
    spent: Mapping[ItemRole, Decimal]
    payments: tuple[Payment, ...]
    negative: str | None
    refund_method: PaymentMethod | None
    refund_tenders: str
    unmapped: tuple[tuple[str, Decimal], ...]

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
    spent = dict(_SPENT)
    money: list[_Money] = []
    unmapped: list[tuple[str, Decimal]] = []
    for row, amount in zip(payments, amounts, strict=True):
        tender = known_tender(row.method, row.card_type, rules.tender_map)
        if isinstance(tender, ItemRole):
            spent[tender] += amount
        elif amount != 0:
            money.append(_Money(row.payment_id, tender or PaymentMethod.OTHER, _till_name(row), amount))
            if tender is None:
                unmapped.append((_name_to_map(row), amount))
    by_method: defaultdict[PaymentMethod, list[_Money]] = defaultdict(list)
    for tendered in money:
        by_method[tendered.method].append(tendered)
    netted = [left for tenders in by_method.values() for left in _netted(tenders)]
    largest = min(money, key=lambda tender: tender.amount, default=None)
    return Settlement(
        received=total(amounts),
        spent=spent,
        payments=tuple(_payment(ticket, tender) for tender in sorted(netted, key=_place)),
        negative=_negative(by_method.values()),
        refund_method=None if largest is None else largest.method,
        refund_tenders=", ".join(f"{t.till_name} {-t.amount}" for t in money),
        unmapped=tuple(unmapped),
    )


def _netted(tenders: Sequence[_Money]) -> list[_Money]:
    """Take what went back by one method off what was paid by it; what remains of its payments, each positive.

    The later payments (by id) give way first, so that what was posted of the earlier ones stays as it is when the till
    adds a payment and its reversal to a ticket. A payment keeps its id, and so its key, whatever is left of it.
    """
    back = total(-tender.amount for tender in tenders if tender.amount < 0)
    if not back:
        return list(tenders)
    left: list[_Money] = []
    for tender in reversed([tender for tender in tenders if tender.amount > 0]):
        taken = min(tender.amount, back)
        back -= taken
        if tender.amount > taken:
            left.append(replace(tender, amount=tender.amount - taken))
    return left


def _negative(methods: Iterable[Sequence[_Money]]) -> str | None:
    """Tell of the first method by which more went back than was paid, for the bookkeeper."""
    for tenders in methods:
        comes_to = total(tender.amount for tender in tenders)
        if comes_to < 0:
            returned = [tender for tender in tenders if tender.amount < 0]
            named = ", ".join(
                f"{tender.till_name} {tender.amount} (payment {naming.shown_id(tender.payment_id)})"
                for tender in returned[:_SHOWN]
            )
            return (
                f"a sale with a negative tender: {named}; by {tenders[0].method} it comes to {comes_to}: correct the "
                "tenders at the till"
            )
    return None


def _place(tender: _Money) -> tuple[int, int, str, str]:
    return naming.id_order(tender.payment_id)


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
    return naming.clean_text(" ".join(part for part in (row.method, row.card_type) if part), 200) or UNNAMED


def _name_to_map(row: PaymentRow) -> str:
    """Return the name by which the map would know a tender."""
    return naming.clean_text(row.method, _NAME_SHOWN) or naming.clean_text(row.card_type, _NAME_SHOWN) or UNNAMED
