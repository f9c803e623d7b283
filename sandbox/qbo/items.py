"""What an item needs, by its type (QuickBooks API notes, "Entities")."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING

from sandbox.qbo import errors

if TYPE_CHECKING:
    from sandbox.qbo.company import Company
    from sandbox.qbo.store import Row

_INCOME_TYPES = frozenset(
    {
        *("Income", "Other Income", "Expense", "Other Expense", "Cost of Goods Sold"),
        *("Other Current Liability", "Long Term Liability"),
    }
)
_EXPENSE_TYPES = frozenset({"Expense", "Other Expense", "Cost of Goods Sold"})
_INVENTORY_ACCOUNTS = {
    "IncomeAccountRef": ("Income", "SalesOfProductIncome"),
    "AssetAccountRef": ("Other Current Asset", "Inventory"),
    "ExpenseAccountRef": ("Cost of Goods Sold", "SuppliesMaterialsCogs"),
}


def check_item(company: Company, row: Row, old: Row | None) -> None:
    """Check an item by the rules of its type, and complete it in place.

    Args:
        company: The company.
        row: The item's fields; its `Type` may come out as another one.
        old: The item as it stands, if it is updated.

    Raises:
        QboError: A required field is missing (2020), an account doesn't fit (6000), the plan has no
            inventory (5020), the type isn't to be had (2030).
    """
    kind = row.get("Type")
    if kind is None:
        raise errors.missing("Type")
    if old and old["Type"] != kind:
        raise errors.business("The type of an item can't be changed.", "Type")
    match kind:
        case "Inventory":
            _check_inventory(company, row, old)
        case "Service" | "NonInventory":
            _check_sold(company, row)
        case "Discount":
            _check_sold(company, row)
            if old is None:
                _new_discount(company, row)
        case _:
            raise errors.unsupported(f"An item of type {kind} can't be created.", "Type")
    row.setdefault("Taxable", False)
    row.setdefault("UnitPrice", Decimal(0))
    row.setdefault("PurchaseCost", Decimal(0))
    if row["Type"] != "Inventory":
        row["TrackQtyOnHand"] = False
        row.pop("QtyOnHand", None)


def _new_discount(company: Company, row: Row) -> None:
    if company.options.discount_items == "refused":
        raise errors.unsupported("Items of type Discount can't be created in QuickBooks Online.", "Type")
    if company.options.discount_items == "retyped":
        row["Type"] = "Service"


def _check_sold(company: Company, row: Row) -> None:
    if row.get("TrackQtyOnHand"):
        raise errors.business("Only an inventory item tracks its quantity.", "TrackQtyOnHand")
    income = _account(company, row, "IncomeAccountRef")
    if income["AccountType"] not in _INCOME_TYPES:
        raise errors.business(f"{income['Name']} can't be an item's income account.", "IncomeAccountRef")
    if "ExpenseAccountRef" in row:
        expense = _account(company, row, "ExpenseAccountRef")
        if expense["AccountType"] not in _EXPENSE_TYPES:
            raise errors.business(f"{expense['Name']} can't be an item's expense account.", "ExpenseAccountRef")


def _check_inventory(company: Company, row: Row, old: Row | None) -> None:
    if not company.options.inventory:
        raise errors.lacks_feature("Inventory")
    for field in ("TrackQtyOnHand", "QtyOnHand", "InvStartDate"):
        if field not in row:
            raise errors.missing(field)
    if not row["TrackQtyOnHand"]:
        raise errors.business("An inventory item must track its quantity.", "TrackQtyOnHand")
    if old is None and row["QtyOnHand"] and row.get("PurchaseCost"):
        raise errors.unsupported("An opening stock with a value isn't kept here.", "QtyOnHand")
    for field, (kind, subtype) in _INVENTORY_ACCOUNTS.items():
        account = _account(company, row, field)
        if (account["AccountType"], account["AccountSubType"]) != (kind, subtype):
            raise errors.business(f"{field} of an inventory item must be {kind} / {subtype}.", field)
    if old is not None:
        row["QtyOnHand"] = old["QtyOnHand"]


def _account(company: Company, row: Row, field: str) -> Row:
    if field not in row:
        raise errors.missing(field)
    account = company.refer("Account", row[field])
    row[field] = {"value": account["Id"], "name": account["Name"]}
    return account
