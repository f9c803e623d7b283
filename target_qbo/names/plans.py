"""The accounts that the rules name: their types in QuickBooks, and which may be found under another name.

Source: accounting rules, Given 2, 3 and 5, and Names and accounts.
"""

from __future__ import annotations

from dataclasses import dataclass

from target_qbo.accounting.items import AccountRole

__all__ = ["ACCOUNT_PLANS", "OURS", "SYSTEM_ACCOUNTS", "AccountPlan", "AccountRole"]

OURS = " (Franpos)"


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
