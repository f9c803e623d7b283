"""The company's items: one for each role and name that a document's lines have.

Source: accounting rules, Given 2, 3 and 5 and Names and accounts.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from target_qbo.accounting.items import ITEMS, ItemRole
from target_qbo.accounting.naming import suffixed
from target_qbo.ledger.references import Reference
from target_qbo.names.entities import UnavailableError
from target_qbo.names.plans import OURS, AccountRole
from target_qbo.qbo import faults
from target_qbo.qbo.faults import QboFaultError

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Iterable

    from target_qbo.accounting import ItemKey
    from target_qbo.names.accounts import Accounts
    from target_qbo.names.entities import Entities
    from target_qbo.names.lists import Row
    from target_qbo.settings import Settings

_SOLD_TYPES = frozenset(("Service", "Inventory", "NonInventory"))


class Items:
    """Finds and creates items.

    Args:
        entities: The company's lists.
        accounts: The accounts that items are on.
        settings: Names and choices.
        earliest: The earliest business date to be posted: the product item's inventory begins no later.
    """

    def __init__(self, entities: Entities, accounts: Accounts, settings: Settings, earliest: dt.date) -> None:
        self._entities = entities
        self._accounts = accounts
        self._settings = settings
        self._earliest = earliest

    def of(self, key: ItemKey) -> Reference:
        """Return the item of a role and name.

        Raises:
            UnavailableError: It can't be had.
        """
        account = self._account(key)
        name = f"{key.role}:{key.name.casefold()}@{account.qbo_id}"
        return self._entities.remembered("Item", name, lambda: self._find(key, account))

    def _find(self, key: ItemKey, income: Reference) -> Reference:
        if key.role is ItemRole.RULED:
            return self._find_ruled(key.name, income)
        suffix = " (discount)" if key.role is ItemRole.DISCOUNT else OURS
        for name in (key.name, suffixed(key.name, suffix)):
            row = self._named(key.role, name, income)
            if row is not None:
                return _reference(row)
        raise UnavailableError(
            f"the item names {key.name!r} and {name!r} are both taken by items on other accounts than {income.name!r}"
        )

    def _find_ruled(self, name: str, account: Reference) -> Reference:
        """Find the item that an item rule names: on the account that the rule gives, else wherever it is."""
        anywhere = name.casefold() not in self._settings.item_accounts

        def fits(row: Row) -> bool:
            on_it = (row.get("IncomeAccountRef") or {}).get("value") == account.qbo_id
            return row.get("Type") in _SOLD_TYPES and (anywhere or on_it)

        body = {"Name": name, "Type": "Service", "IncomeAccountRef": {"value": account.qbo_id}}
        try:
            row = self._entities.find_or_create("Item", name, body, fits)
        except QboFaultError as error:
            if error.fault.code in faults.STALE_REFERENCES:
                raise
            raise UnavailableError(f"QuickBooks refuses the item {name!r} of item_rules: {error}") from None
        if row is None:
            raise UnavailableError(
                f"item_rules: {name!r} is no item that can be sold on the account {account.name!r}: put it there in "
                "QuickBooks, or name another item"
            )
        return _reference(row)

    def _named(self, role: ItemRole, name: str, income: Reference) -> Row | None:
        def on_our_account(row: Row) -> bool:
            ref = row.get("IncomeAccountRef") or {}
            return bool(ref.get("value") == income.qbo_id)

        refused: QboFaultError | None = None
        for body in self._bodies(role, name, income):
            try:
                row = self._entities.find_or_create("Item", name, body, on_our_account)
            except QboFaultError as error:
                if error.fault.code in faults.STALE_REFERENCES:
                    raise
                refused = refused or error
                continue
            if role is ItemRole.DISCOUNT and refused is not None:
                self._remember_discount_type("Service")
            return row
        raise UnavailableError(f"QuickBooks refuses the item {name!r}: {refused}")

    def _bodies(self, role: ItemRole, name: str, income: Reference) -> Iterable[Row]:
        """Yield the ways to make an item, the best first: the next is for a company that refuses the one before."""
        body = {"Name": name, "IncomeAccountRef": {"value": income.qbo_id}}
        if role is ItemRole.PRODUCT:
            expense = {"ExpenseAccountRef": {"value": self._accounts.of(AccountRole.COST_OF_GOODS_SOLD).qbo_id}}
            asset = {"AssetAccountRef": {"value": self._accounts.of(AccountRole.INVENTORY_ASSET).qbo_id}}
            yield {
                **body,
                **expense,
                **asset,
                "Type": "Inventory",
                "TrackQtyOnHand": True,
                "QtyOnHand": 0,
                "InvStartDate": min(self._settings.inventory_start_date, self._earliest).isoformat(),
            }
            yield {**body, **expense, "Type": "NonInventory"}
            return
        if role is ItemRole.DISCOUNT and not self._entities.knows("Setting", "discount_type"):
            yield {**body, "Type": "Discount"}
        yield {**body, "Type": "Service"}

    def _remember_discount_type(self, item_type: str) -> None:
        self._entities.remembered(
            "Setting", "discount_type", lambda: Reference("Setting", "discount_type", item_type, item_type)
        )

    def _account(self, key: ItemKey) -> Reference:
        named = self._settings.item_accounts.get(key.name.casefold()) if key.role is ItemRole.RULED else None
        return self._accounts.named(named, "item_rules") if named else self._accounts.of(ITEMS[key.role].account)


def _reference(row: Row) -> Reference:
    details = {"type": row.get("Type", "")}
    if row.get("Type") == "Inventory" and row.get("InvStartDate"):
        details["inv_start_date"] = str(row["InvStartDate"])[:10]
    return Reference("Item", "", row["Id"], row["Name"], details)
