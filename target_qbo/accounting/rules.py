"""What a shop can choose about its books: names, maps and the business day, with the rules' defaults."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING

from target_qbo.accounting.items import OWN_ITEMS, ItemKey, ItemRole

if TYPE_CHECKING:
    from collections.abc import Mapping

    from target_qbo.accounting.tender_names import Tender
    from target_qbo.accounting.ticket import Line


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
        tender_map: The till's tender names, as :func:`~target_qbo.accounting.tender_names.normalise_tender` gives
            them, and what they are.
        doc_number_prefix: Stands before the receipt number in every ``DocNumber``.
        wait_days: Days from the sale that an underpaid ticket waits for a late tender.
        business_day_start: Local time at which a business day begins; before it a ticket is yesterday's.
        item_rules: Lines that go to other items; the first that covers a line counts.
        item_names: Names of our own items (:data:`~target_qbo.accounting.items.OWN_ITEMS`), where they differ from the
            rules' own.
    """

    tender_map: Mapping[str, Tender] = field(default_factory=dict)
    doc_number_prefix: str = ""
    wait_days: int = 3
    business_day_start: dt.time = dt.time(0)
    item_rules: tuple[ItemRule, ...] = ()
    item_names: Mapping[ItemRole, str] = field(default_factory=dict)

    def item(self, role: ItemRole) -> ItemKey:
        """Return our own item of a role: one of :data:`~target_qbo.accounting.items.OWN_ITEMS`."""
        return ItemKey(role, self.item_names.get(role) or OWN_ITEMS[role])

    @property
    def product_item(self) -> str:
        """Name of the item of sold products, of which QuickBooks keeps an inventory."""
        return self.item(ItemRole.PRODUCT).name

    def own_item_names(self) -> frozenset[str]:
        """Names of the items that are not discounts, in the form in which QuickBooks compares them."""
        names = (*(self.item(role).name for role in OWN_ITEMS), *(rule.item for rule in self.item_rules))
        return frozenset(name.casefold() for name in names)
