"""What a shop can choose about its books: names, maps and the business day, with the rules' defaults."""

from __future__ import annotations

import datetime as dt
import re
from dataclasses import dataclass, field
from enum import StrEnum
from fnmatch import fnmatchcase
from functools import lru_cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

    from target_qbo.accounting.ticket import Line


class PaymentMethod(StrEnum):
    """The payment methods in QuickBooks (accounting rules, Given 1)."""

    CASH = "Cash"
    CHECK = "Check"
    CREDIT_CARD = "Credit Card"
    GIFT_CARD = "Gift Card"
    OTHER = "Other"


class Tender(StrEnum):
    """What a tender is to the books: money by one of the payment methods, or a line of the document."""

    CASH = "Cash"
    CHECK = "Check"
    CREDIT_CARD = "Credit Card"
    GIFT_CARD = "Gift Card"
    OTHER = "Other"
    REWARD_POINTS = "Reward points"
    CUSTOMER_BALANCE = "Customer balance"

    @property
    def payment_method(self) -> PaymentMethod | None:
        """The method of the Payment it becomes; None where it is a line (points, balance)."""
        if self in {Tender.REWARD_POINTS, Tender.CUSTOMER_BALANCE}:
            return None
        return PaymentMethod(self.value)


@dataclass(frozen=True, slots=True)
class ItemRule:
    """Sold lines that go to an item of their own: gift cards and deposits sold, say, which are no income.

    Attributes:
        item: The item's name in QuickBooks.
        sku: Pattern (``*``, ``?``) of the line's SKU, case ignored; None: any.
        name: Pattern of the line's name, likewise.
    """

    item: str
    sku: str | None = None
    name: str | None = None

    def covers(self, line: Line) -> bool:
        """Tell whether a line is to go to this item."""
        return _matches(line.sku, self.sku) and _matches(line.name, self.name)


def _matches(text: str | None, pattern: str | None) -> bool:
    return pattern is None or fnmatchcase((text or "").casefold().strip(), pattern.casefold())


@dataclass(frozen=True, slots=True)
class Rules:
    """The choices of one company.

    Attributes:
        tender_map: The till's tender names (normalised, see :func:`normalise_tender`) and what they are.
        doc_number_prefix: Stands before the receipt number in every ``DocNumber``.
        wait_days: Days from the sale that an underpaid ticket waits for a late tender.
        business_day_start: Local time at which a business day begins; before it a ticket is yesterday's.
        item_rules: Lines that go to other items; the first that covers a line counts.
        product_item: Item that carries sold products, and so on for the others.
    """

    tender_map: Mapping[str, Tender] = field(default_factory=dict)
    doc_number_prefix: str = ""
    wait_days: int = 3
    business_day_start: dt.time = dt.time(0)
    item_rules: tuple[ItemRule, ...] = ()
    product_item: str = "Product"
    service_item: str = "Service"
    tips_item: str = "Tips"
    reward_points_item: str = "Reward points"
    customer_balance_item: str = "Customer balance"
    tax_item: str = "Tax"

    def own_item_names(self) -> frozenset[str]:
        """Names of the items that are not discounts, in the form in which QuickBooks compares them."""
        names = (
            self.product_item,
            self.service_item,
            self.tips_item,
            self.reward_points_item,
            self.customer_balance_item,
            self.tax_item,
            *(rule.item for rule in self.item_rules),
        )
        return frozenset(name.casefold() for name in names)


_CARD_WORDS = frozenset(
    (
        "visa",
        "mastercard",
        "amex",
        "discover",
        "debit",
        "card",
        "maestro",
        "diners",
        "jcb",
        "unionpay",
        "interac",
    ),
)
_CARD_NAMES = frozenset(("credit", "american express", "master card", "cc", "creditcard", "credit debit"))
_CHECK_WORDS = frozenset(("check", "cheque"))
_POINTS_WORDS = frozenset(("reward", "rewards", "points", "loyalty"))


@lru_cache(maxsize=1000)
def normalise_tender(name: str) -> str:
    """Bring a tender's name to the form in which names are compared: lower case, words apart by one blank.

    A name without any word (``$``) stays as it is.
    """
    return " ".join(re.findall(r"\w+", name.casefold().replace("_", " "))) or name.strip()


def classify_tender(method: str | None, card_type: str | None, rules: Rules) -> Tender:
    """Tell what a tender is to the books (accounting rules, Tenders).

    Args:
        method: The till's name for it; free text.
        card_type: The till's name of the card, where it was one.
        rules: The company's choices; its ``tender_map`` wins over the built-in names. A blank name in it is for
            tenders without a method.

    Returns:
        The tender's kind; what no rule knows is ``Other``.
    """
    for name in (method or "", card_type or method or ""):
        known = rules.tender_map.get(normalise_tender(name))
        if known is not None:
            return known
    named = _by_name(normalise_tender(method or ""))
    if named is None and card_type and _by_name(normalise_tender(card_type)) is Tender.CREDIT_CARD:
        return Tender.CREDIT_CARD
    return named or Tender.OTHER


def _by_name(name: str) -> Tender | None:
    words = set(name.split())
    if "gift" in words or "giftcard" in words:
        return Tender.GIFT_CARD
    if words & _POINTS_WORDS:
        return Tender.REWARD_POINTS
    if "balance" in words or "house" in words:
        return Tender.CUSTOMER_BALANCE
    if name == "cash":
        return Tender.CASH
    if words & _CARD_WORDS or name in _CARD_NAMES:  # a check card is a card
        return Tender.CREDIT_CARD
    if words & _CHECK_WORDS:
        return Tender.CHECK
    return None
