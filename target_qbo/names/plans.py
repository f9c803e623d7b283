"""The accounts that the rules name: their types in QuickBooks, and which may be found under another name.

Source: accounting rules, Given 2, 3 and 5, and Names and accounts.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

OURS = " (Franpos)"


class AccountRole(StrEnum):
    """What an account is for; the value is the setting with its name."""

    SERVICES = "services_account"
    PRODUCT_INCOME = "product_income_account"
    INVENTORY_ASSET = "inventory_asset_account"
    COST_OF_GOODS_SOLD = "cost_of_goods_sold_account"
    DISCOUNTS = "discounts_account"
    UNDEPOSITED_FUNDS = "undeposited_funds_account"


@dataclass(frozen=True, slots=True)
class AccountPlan:
    """Type and subtype of an account."""

    type: str
    subtype: str


ACCOUNT_PLANS = {
    AccountRole.SERVICES: AccountPlan("Income", "ServiceFeeIncome"),
    AccountRole.PRODUCT_INCOME: AccountPlan("Income", "SalesOfProductIncome"),
    AccountRole.INVENTORY_ASSET: AccountPlan("Other Current Asset", "Inventory"),
    AccountRole.COST_OF_GOODS_SOLD: AccountPlan("Cost of Goods Sold", "SuppliesMaterialsCogs"),
    AccountRole.DISCOUNTS: AccountPlan("Income", "DiscountsRefundsGiven"),
    AccountRole.UNDEPOSITED_FUNDS: AccountPlan("Other Current Asset", "UndepositedFunds"),
}

SYSTEM_ACCOUNTS = frozenset(
    (AccountRole.INVENTORY_ASSET, AccountRole.COST_OF_GOODS_SOLD, AccountRole.UNDEPOSITED_FUNDS)
)
