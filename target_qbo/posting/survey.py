"""A look at a company before anything is posted: what is there, what a sync will create, what stands in the way.

Source: accounting rules, Names and accounts. It reads, and writes nothing, neither in QuickBooks nor in the ledger.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Any

from target_qbo.accounting import PaymentMethod
from target_qbo.posting.lists import find_account, pick
from target_qbo.posting.plans import ACCOUNT_PLANS, OURS, SYSTEM_ACCOUNTS, AccountRole

if TYPE_CHECKING:
    from collections.abc import Iterator

    from target_qbo.qbo import QboClient
    from target_qbo.settings import Settings

Row = dict[str, Any]
_ALL = "Active in (true,false)"


class Verdict(StrEnum):
    """What a sync will do about it."""

    FOUND = "found"
    CREATE = "will be created"
    REACTIVATE = "will be reactivated"
    MISSING = "missing"


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that the sync needs."""

    what: str
    name: str
    verdict: Verdict
    detail: str = ""


def survey(client: QboClient, settings: Settings) -> Iterator[Finding]:
    """Yield what a company has and lacks, in the order in which a sync would need it.

    Raises:
        TargetError: QuickBooks can't be reached or refuses the app.
    """
    yield from _company(client, settings)
    accounts = list(client.query("Account", _ALL))
    incomes = {}
    for role in AccountRole:
        finding, account_id = _account(accounts, settings, role)
        incomes[role] = account_id
        yield finding
    items = list(client.query("Item", _ALL))
    rules = settings.rules
    services = (
        rules.service_item,
        rules.tips_item,
        rules.reward_points_item,
        rules.customer_balance_item,
        rules.tax_item,
    )
    yield _item(items, rules.product_item, incomes[AccountRole.PRODUCT_INCOME])
    for name in services:
        yield _item(items, name, incomes[AccountRole.SERVICES])
    methods = list(client.query("PaymentMethod", _ALL))
    for method in PaymentMethod:
        yield _by_name("payment method", method, pick(methods, "Name", method))
    guest = settings.names.guest_customer
    yield _by_name("customer", guest, pick(client.query("Customer", _ALL), "DisplayName", guest))


def _company(client: QboClient, settings: Settings) -> Iterator[Finding]:
    row = next(client.query("CompanyInfo"), {})
    country = str(row.get("Country") or "US")
    yield Finding("company", str(row.get("CompanyName", settings.realm_id)), Verdict.FOUND, f"country {country}")
    if country != "US":
        code = pick(client.query("TaxCode", _ALL), "Name", settings.tax_code) if settings.tax_code else None
        problem = "" if code else "every line needs a tax code there: set tax_code to the name of one of rate 0"
        yield Finding("tax code", settings.tax_code or "-", Verdict.FOUND if code else Verdict.MISSING, problem)
    preferences = next(client.query("Preferences"), {})
    home = ((preferences.get("CurrencyPrefs") or {}).get("HomeCurrency") or {}).get("value")
    if settings.currency and home and settings.currency != home:
        yield Finding("currency", settings.currency, Verdict.MISSING, f"the company's home currency is {home}")
    closed = (preferences.get("AccountingInfoPrefs") or {}).get("BookCloseDate")
    if closed:
        yield Finding("closed period", str(closed), Verdict.FOUND, "tickets up to this date will be skipped")


def _account(accounts: list[Row], settings: Settings, role: AccountRole) -> tuple[Finding, str | None]:
    name: str = getattr(settings.names, role)
    plan = ACCOUNT_PLANS[role]
    row = find_account(accounts, role, name)
    if row is None:
        return Finding("account", name, Verdict.CREATE, f"{plan.type} / {plan.subtype}"), None
    if row.get("AccountType") != plan.type:
        detail = f"is of type {row.get('AccountType')}, not {plan.type}: rename it, or set {role} to another name"
        return Finding("account", name, Verdict.MISSING, detail), None
    if row["Name"].casefold() != name.casefold() and role in SYSTEM_ACCOUNTS:
        return Finding("account", name, Verdict.FOUND, f"as {row['Name']!r}"), row["Id"]
    return _by_name("account", name, row), row["Id"]


def _item(items: list[Row], name: str, income: str | None) -> Finding:
    row = pick(items, "Name", name)
    if row is None:
        return Finding("item", name, Verdict.CREATE)
    if (row.get("IncomeAccountRef") or {}).get("value") != income:
        return Finding("item", name, Verdict.CREATE, f"as {name + OURS!r}: {name!r} is on another account")
    found = _by_name("item", name, row)
    if row.get("Type") == "Inventory" and row.get("InvStartDate"):
        detail = f"inventory from {str(row['InvStartDate'])[:10]} on: earlier tickets will be skipped"
        return Finding("item", name, found.verdict, detail)
    return Finding("item", name, found.verdict, f"type {row.get('Type')}")


def _by_name(what: str, name: str, row: Row | None) -> Finding:
    if row is None:
        return Finding(what, name, Verdict.CREATE)
    return Finding(what, name, Verdict.FOUND if row.get("Active", True) else Verdict.REACTIVATE)
