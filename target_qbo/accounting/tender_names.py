"""What a tender is to the books, told from the till's name for it.

Source: accounting rules, Tenders. What lowers the sale (points, a customer's balance) is known by its full name or by
the company's own map, never guessed: a guess would take income out of the books. What nobody knows is ``Other``, money
received, and is named until somebody maps it.
"""

from __future__ import annotations

import re
from enum import StrEnum
from functools import lru_cache
from typing import TYPE_CHECKING

from target_qbo.accounting.items import ITEMS, ItemRole

if TYPE_CHECKING:
    from collections.abc import Mapping


class PaymentMethod(StrEnum):
    """The payment methods in QuickBooks (accounting rules, Given 1)."""

    CASH = "Cash"
    CHECK = "Check"
    CREDIT_CARD = "Credit Card"
    GIFT_CARD = "Gift Card"
    OTHER = "Other"


Tender = PaymentMethod | ItemRole
"""What a tender is to the books: money by one of the methods, or a line with an item that spends it."""

TENDERS: Mapping[str, Tender] = {method.value: method for method in PaymentMethod} | {
    row.name: role for role, row in ITEMS.items() if row.spends and row.name is not None
}
"""All that a tender can be, by the name that the setting ``tender_map`` has for it."""

UNNAMED = "unnamed tender"
"""What a tender is called that the till has no name for; the map knows it as the blank name."""

_CARDS = (
    "visa",
    "mastercard",
    "master card",
    "amex",
    "american express",
    "discover",
    "debit",
    "maestro",
    "diners",
    "jcb",
    "unionpay",
    "interac",
    "credit card",
    "creditcard",
    "bank card",
    "charge card",
    "check card",  # a check card is a card
)
_GIFT_CARDS = tuple(
    f"{gift} {kind}{many}"
    for gift in ("gift", "egift")
    for kind in ("card", "certificate", "voucher", "check")
    for many in ("", "s")
)
_CHECKS = ("check", "cheque")

# By these words, also with others beside them; the first that fits counts. None of them lowers the sale.
_BY_WORDS: tuple[tuple[tuple[str, ...], Tender], ...] = (
    (_CARDS, PaymentMethod.CREDIT_CARD),
    (("giftcard", "giftcards", *_GIFT_CARDS), PaymentMethod.GIFT_CARD),
    (_CHECKS, PaymentMethod.CHECK),
)
# By these names alone.
_BY_NAME: Mapping[str, Tender] = {
    "cash": PaymentMethod.CASH,
    "card": PaymentMethod.CREDIT_CARD,
    "credit": PaymentMethod.CREDIT_CARD,
    "cc": PaymentMethod.CREDIT_CARD,
    "gift": PaymentMethod.GIFT_CARD,
    "e gift": PaymentMethod.GIFT_CARD,
    "egift": PaymentMethod.GIFT_CARD,
    "other": PaymentMethod.OTHER,
    "reward points": ItemRole.REWARD_POINTS,
    "rewards": ItemRole.REWARD_POINTS,
    "loyalty points": ItemRole.REWARD_POINTS,
    "points": ItemRole.REWARD_POINTS,
    "customer balance": ItemRole.CUSTOMER_BALANCE,
    "account balance": ItemRole.CUSTOMER_BALANCE,
}


@lru_cache(maxsize=1000)
def normalise_tender(name: str) -> str:
    """Bring a tender's name to the form in which names are compared: lower case, words apart by one blank.

    A name without any word (``$``) stays as it is.
    """
    return " ".join(re.findall(r"\w+", name.casefold().replace("_", " "))) or name.strip()


def known_tender(method: str | None, card_type: str | None, tender_map: Mapping[str, Tender]) -> Tender | None:
    """Tell what a tender is to the books, where its name says so.

    Args:
        method: The till's name for it; free text.
        card_type: The till's name of the card, where it was one.
        tender_map: The company's own names, normalised; they win over the built-in ones. A blank name in it is for
            tenders without a method.

    Returns:
        What it is; None: no map and no rule knows the name, so it is ``Other``.
    """
    for name in (method or "", card_type or method or ""):
        known = tender_map.get(normalise_tender(name))
        if known is not None:
            return known
    named = _by_name(normalise_tender(method or ""))
    if named is None and card_type and _by_name(normalise_tender(card_type)) is PaymentMethod.CREDIT_CARD:
        return PaymentMethod.CREDIT_CARD
    return named


@lru_cache(maxsize=1000)
def _by_name(name: str) -> Tender | None:
    if name in _BY_NAME:
        return _BY_NAME[name]
    padded = f" {name} "
    for words, tender in _BY_WORDS:
        if any(f" {some} " in padded for some in words):
            return tender
    return None
