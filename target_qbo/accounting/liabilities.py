"""Gift cards and deposits: what was sold or redeemed of them is owed to customers, and not the shop's income.

Source: accounting rules, Tenders. Only the shop can say which lines they are (item rules) and which account holds them;
until it does, what looks like them is named with its amounts.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from target_qbo.accounting.items import ItemRole
from target_qbo.accounting.kinds import facts
from target_qbo.accounting.money import ZERO
from target_qbo.accounting.tender_names import PaymentMethod

if TYPE_CHECKING:
    from decimal import Decimal

    from target_qbo.accounting.documents import Document

_LOOKS_LIKE = re.compile(r"\bgift\W?(card|certificate|voucher|check)s?\b|\bdeposits?\b", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Owed:
    """What a document, or several, sold and redeemed of gift cards and deposits; signed, refunds negative."""

    sold: Decimal = ZERO
    redeemed: Decimal = ZERO

    def __add__(self, other: Owed) -> Owed:
        return Owed(self.sold + other.sold, self.redeemed + other.redeemed)


def booked_as_income(document: Document, *, gift_cards_have_an_account: bool) -> Owed:
    """Return what of a document looks like gift cards or deposits, and is booked as if it were not.

    Args:
        document: An invoice or refund receipt with its payments.
        gift_cards_have_an_account: Whether the settings give the method Gift Card a deposit account.
    """
    kind = facts(document.kind)
    sold = sum(
        (
            line.amount
            for line in document.lines
            if line.item.role in {ItemRole.PRODUCT, ItemRole.SERVICE} and _LOOKS_LIKE.search(line.description)
        ),
        ZERO,
    )
    if gift_cards_have_an_account:
        redeemed = ZERO
    elif kind.has_payments:
        redeemed = sum((p.amount for p in document.payments if p.method is PaymentMethod.GIFT_CARD), ZERO)
    else:
        redeemed = document.total if document.method is PaymentMethod.GIFT_CARD else ZERO
    return Owed(kind.sign * sold, kind.sign * redeemed)
