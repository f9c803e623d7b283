"""The names that documents refer to: found, or to be created; told by the code that finds and creates them.

Source: accounting rules, Names and accounts.
"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from target_qbo.accounting import ItemKey, ItemRole, PaymentMethod
from target_qbo.accounting.items import OWN_ITEMS
from target_qbo.errors import ConfigurationError
from target_qbo.names.entities import UnavailableError
from target_qbo.names.lists import EVERY
from target_qbo.names.plans import ACCOUNT_PLANS, AccountPlan, AccountRole
from target_qbo.qbo import QboFaultError
from target_qbo.said import Said
from target_qbo.survey.findings import Finding, Verdict
from target_qbo.survey.rehearsal import Rehearsal

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Callable, Iterator

    from target_qbo.ledger.references import Reference
    from target_qbo.names.references import References
    from target_qbo.settings import Settings
    from target_qbo.survey.rehearsal import Carrying

DISCOUNT_ITEMS = "discount items"
"""What a sync creates when one is first given, and nobody before."""
_LIABILITY = AccountPlan("Other Current Liability", "OtherCurrentLiabilities")
_SHOWN = 5


class Names:
    """Goes through the names of one company.

    Args:
        references: Finds and creates them.
        lists: The company that they are found and created in: a rehearsal's tells what would be done.
        settings: Names and choices.
        earliest: The first business date to be posted; None: not known.
    """

    def __init__(self, references: References, lists: Carrying, settings: Settings, earliest: dt.date | None) -> None:
        self._references = references
        self._lists = lists
        self._settings = settings
        self._earliest = earliest
        rehearsed = isinstance(lists, Rehearsal)
        self._created = Verdict.CREATE if rehearsed else Verdict.CREATED
        self._reactivated = Verdict.REACTIVATE if rehearsed else Verdict.REACTIVATED

    def ours(self) -> Iterator[Finding]:
        """Yield what the rules need: found, created or made active again."""
        names, rules = self._settings.names, self._settings.rules
        accounts, items = self._references.accounts, self._references.items
        for role in AccountRole:
            yield self._account(getattr(names, role), ACCOUNT_PLANS[role], partial(accounts.of, role))
        for key in (
            *(rules.item(role) for role in OWN_ITEMS),
            *dict.fromkeys(ItemKey(ItemRole.RULED, rule.item) for rule in rules.item_rules),
        ):
            yield self._item(key, partial(items.of, key))
        for method in PaymentMethod:
            yield self._plain(
                "payment method", "PaymentMethod", method, partial(self._references.payment_method, method)
            )
        yield self._customer()

    def named_by_settings(self) -> Iterator[Finding]:
        """Yield what settings name and nobody creates: deposit accounts, accounts of items, departments, classes."""
        accounts = self._references.accounts
        for setting, names in (
            ("deposit_accounts", self._settings.deposit_accounts),
            ("item_rules", self._settings.item_accounts),
        ):
            for name in dict.fromkeys(names.values()):
                yield self._plain("account", "Account", name, partial(accounts.named, name, setting))
        for entity, mapping in (("Department", self._settings.departments), ("Class", self._settings.classes)):
            for name in dict.fromkeys(mapping.values()):
                yield self._listed(entity, name)

    def discounts(self, known_type: str | None) -> Finding:
        """Tell which discount items there are, and as what further ones will be made.

        Args:
            known_type: The type that the company is known to take them as; None: it was not tried yet.
        """
        name = self._settings.names.discounts_account
        try:
            account = self._references.accounts.of(AccountRole.DISCOUNTS)
        except ConfigurationError as error:
            return Finding(DISCOUNT_ITEMS, name, Verdict.MISSING, str(error))
        rows = [
            row
            for row in self._lists.query("Item", EVERY)
            if (row.get("IncomeAccountRef") or {}).get("value") == account.qbo_id
        ]
        to_come = (
            f"further ones will be {known_type} items: the company refused one of type Discount"
            if known_type
            else "each is made when it is first given, as an item of type Discount; where QuickBooks refuses that, "
            "which only a try can tell, as a Service item on the same account"
        )
        if not rows:
            return Finding(DISCOUNT_ITEMS, name, Verdict.CREATE, to_come)
        shown = ", ".join(f"{row['Name']} ({row.get('Type')})" for row in rows[:_SHOWN])
        more = f" and {len(rows) - _SHOWN} more" if len(rows) > _SHOWN else ""
        return Finding(DISCOUNT_ITEMS, name, Verdict.FOUND, f"{shown}{more}; {to_come}")

    def gift_card_account(self, name: str) -> Finding:
        """Create the liability account for gift cards and deposits, if it is not there; tells what to set."""
        found = self._account(name, _LIABILITY, partial(self._references.accounts.provide, name, _LIABILITY))
        if found.verdict.stops:
            return found
        advice = (
            f'add to the settings of target-qbo: deposit_accounts: {{"Gift Card": "{name}"}}, and for those sold '
            f'item_rules: [{{"name": "Gift card*", "item": "Gift cards sold", "account": "{name}"}}]'
        )
        return Finding(found.what, name, found.verdict, f"{found.detail}; {advice}", found.in_quickbooks)

    def _plain(self, what: str, entity: str, name: str, find: Callable[[], Reference]) -> Finding:
        """Find one, and tell from what was written meanwhile what became of it."""
        before = len(self._lists.writes)
        try:
            reference = find()
        except (UnavailableError, ConfigurationError, QboFaultError) as error:
            return Finding(what, name, Verdict.MISSING, str(error))
        verdict = Verdict.FOUND
        for write in self._lists.writes[before:]:
            if (write.entity, write.name) == (entity, reference.name):
                verdict = self._created if write.created else self._reactivated
        return Finding(what, name, verdict, in_quickbooks=reference.name)

    def _account(self, name: str, plan: AccountPlan, find: Callable[[], Reference]) -> Finding:
        found = self._plain("account", "Account", name, find)
        if found.verdict.stops:
            return found
        detail = f"{plan.type} / {plan.subtype}"
        if _differs(found):
            detail += f": the only one of that kind is named {found.in_quickbooks!r}"
        return _told(found, detail)

    def _item(self, key: ItemKey, find: Callable[[], Reference]) -> Finding:
        found = self._plain("item", "Item", key.name, find)
        if found.verdict.stops:
            return found
        details = find().details
        kind = details["type"]
        said = [kind]
        if _differs(found):
            said.append(f"as {found.in_quickbooks!r}: {key.name!r} is on another account")
        if key.role is ItemRole.PRODUCT and kind != "Inventory":
            made = found.verdict in {Verdict.CREATE, Verdict.CREATED}
            said.append("because the plan has no inventory" if made else "used as it is: no inventory is kept of it")
        start = details.get("inv_start_date")
        if start is not None and found.verdict is Verdict.FOUND:
            said.append(f"inventory from {start} on")
            if self._earliest is None or start > self._earliest.isoformat():
                said.append("earlier tickets will be skipped: set the item's start date back in QuickBooks")
                return Finding("item", key.name, Verdict.WARNING, ", ".join(said), found.in_quickbooks)
        return _told(found, ", ".join(said))

    def _customer(self) -> Finding:
        found = self._plain(
            "customer", "Customer", self._settings.names.guest_customer, self._references.guest_customer
        )
        if _differs(found):
            return _told(found, f"as {found.in_quickbooks!r}: {found.name!r} is a vendor or an employee")
        return found

    def _listed(self, entity: str, name: str) -> Finding:
        what = entity.lower()
        try:
            qbo_id = self._references.listed(entity, name)
        except ConfigurationError as error:
            return Finding(what, name, Verdict.MISSING, f"{error}: make it there, or change the setting")
        if qbo_id is None:
            return Finding(
                what, name, Verdict.WARNING, Said("left out: the company does not use them (or its plan has none)")
            )
        return Finding(what, name, Verdict.FOUND, in_quickbooks=name)


def _told(found: Finding, detail: str) -> Finding:
    return Finding(found.what, found.name, found.verdict, detail, found.in_quickbooks)


def _differs(found: Finding) -> bool:
    return found.in_quickbooks is not None and found.in_quickbooks.casefold() != found.name.casefold()
