"""The items that carry a document's lines: one row of a table for each, from which names and settings are derived.

Source: accounting rules, Given 2, 3 and 5.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping


class ItemRole(StrEnum):
    """What an item is for; it decides the account that the item must be on. The ledger remembers items by it."""

    PRODUCT = "product"
    SERVICE = "service"
    TIPS = "tips"
    REWARD_POINTS = "reward_points"
    CUSTOMER_BALANCE = "customer_balance"
    TAX = "tax"
    DISCOUNT = "discount"
    RULED = "ruled"  # an item that a rule of the settings names; on the account that the rule gives


class AccountRole(StrEnum):
    """What an account is for; the value is the setting with its name."""

    SERVICES = "services_account"
    PRODUCT_INCOME = "product_income_account"
    INVENTORY_ASSET = "inventory_asset_account"
    COST_OF_GOODS_SOLD = "cost_of_goods_sold_account"
    DISCOUNTS = "discounts_account"
    UNDEPOSITED_FUNDS = "undeposited_funds_account"


@dataclass(frozen=True, slots=True)
class ItemKey:
    """An item of the company by its role and the name it is to have in QuickBooks."""

    role: ItemRole
    name: str


@dataclass(frozen=True, slots=True)
class ItemFacts:
    """What the items of one role are.

    Attributes:
        account: The income account they are on.
        name: The one item's name where no setting gives another; None: the till or an item rule names each.
        purpose: What the one item is for, in words.
        is_sold: Whether it carries goods or services, by quantity and price.
        spends: Whether it carries a tender that is spent on the document's lines and is no payment.
    """

    account: AccountRole
    name: str | None = None
    purpose: str = ""
    is_sold: bool = False
    spends: bool = False


ITEMS: Mapping[ItemRole, ItemFacts] = MappingProxyType(
    {
        ItemRole.PRODUCT: ItemFacts(AccountRole.PRODUCT_INCOME, "Product", "sold products", is_sold=True),
        ItemRole.SERVICE: ItemFacts(AccountRole.SERVICES, "Service", "sold services", is_sold=True),
        ItemRole.TIPS: ItemFacts(AccountRole.SERVICES, "Tips", "tips"),
        ItemRole.REWARD_POINTS: ItemFacts(AccountRole.SERVICES, "Reward points", "reward points spent", spends=True),
        ItemRole.CUSTOMER_BALANCE: ItemFacts(
            AccountRole.SERVICES, "Customer balance", "customer balance spent or loaded", spends=True
        ),
        ItemRole.TAX: ItemFacts(AccountRole.SERVICES, "Tax", "the till's tax"),
        ItemRole.DISCOUNT: ItemFacts(AccountRole.DISCOUNTS),
        ItemRole.RULED: ItemFacts(AccountRole.SERVICES, is_sold=True),
    }
)
"""The table."""

OWN_ITEMS: Mapping[ItemRole, str] = MappingProxyType({role: row.name for role, row in ITEMS.items() if row.name})
"""The roles of which a company has one item, with the item's name by default."""


def setting_of(role: ItemRole) -> str:
    """Return the setting that names the one item of a role."""
    return f"{role}_item"
