"""Names that several accounts, departments or classes have: QuickBooks allows that under different parents."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from tests.shop import problem_lines
from tests.target.companies import by_hand, check

if TYPE_CHECKING:
    from tests.shop import Shop
    from tests.target.companies import Row

BANK: Row = {"AccountType": "Bank", "AccountSubType": "Checking"}
EXPENSE: Row = {"AccountType": "Expense", "AccountSubType": "OfficeGeneralAdministrativeExpenses"}
INCOME: Row = {"AccountType": "Income", "AccountSubType": "ServiceFeeIncome"}


def account(shop: Shop, name: str, under: Row | None = None, **kind: Any) -> Row:
    parent: Row = {} if under is None else {"SubAccount": True, "ParentRef": {"value": under["Id"]}}
    return by_hand(shop, "Account", Name=name, **kind, **parent)


@pytest.fixture
def drawers(shop: Shop) -> list[Row]:
    """Two stores' accounts, each with a drawer of its own."""
    return [account(shop, "Drawer", account(shop, f"Store {store}", **BANK), **BANK) for store in ("A", "B")]


def paid_in(shop: Shop) -> set[str]:
    """Return the accounts that payments went to."""
    rows: list[dict[str, Any]] = shop.get("qbo-entities?entity=Payment")["Payment"]
    return {row["DepositToAccountRef"]["value"] for row in rows}


def test_a_name_that_two_accounts_have_is_not_chosen_by_chance(shop: Shop, drawers: list[Row]) -> None:
    shop.configure_target(deposit_accounts=dict.fromkeys(("Cash", "Check", "Credit Card"), "Drawer"))
    says = (
        "deposit_accounts: QuickBooks has more than one account 'Drawer': set one of 'Store A:Drawer', 'Store B:Drawer'"
    )
    assert check(shop, code=1)["account", "Drawer"]["detail"].startswith(says)
    stopped = shop.sync()
    assert stopped.returncode == 2
    assert says in problem_lines(stopped)[-1]
    assert shop.get("books")["documents"] == []
    methods = ("Cash", "Check", "Credit Card", "Gift Card", "Other")
    shop.configure_target(deposit_accounts=dict.fromkeys(methods, "store b:drawer"))
    result = shop.sync()
    assert result.returncode == 0, result.stderr
    assert paid_in(shop) == {drawers[1]["Id"]}
    assert shop.differences() == []


def test_the_name_alone_is_the_account_that_stands_under_none(shop: Shop, drawers: list[Row]) -> None:
    assert drawers
    top = account(shop, "Drawer", **BANK)
    methods = ("Cash", "Check", "Credit Card", "Gift Card", "Other")
    shop.configure_target(deposit_accounts=dict.fromkeys(methods, "Drawer"))
    assert shop.sync().returncode == 0
    assert paid_in(shop) == {top["Id"]}


@pytest.mark.parametrize(("entity", "flag"), [("Department", "SubDepartment"), ("Class", "SubClass")])
def test_departments_and_classes_too(shop: Shop, entity: str, flag: str) -> None:
    both = []
    for above in ("East", "West"):
        parent = by_hand(shop, entity, Name=above)
        under: Row = {flag: True, "ParentRef": {"value": parent["Id"]}}
        both.append(by_hand(shop, entity, Name="Downtown", **under))
    setting = {"Department": "departments", "Class": "classes"}[entity]
    shop.configure_target(**{setting: {"101": "Downtown"}})
    stopped = shop.sync()
    assert stopped.returncode == 2
    assert "set one of 'East:Downtown', 'West:Downtown'" in problem_lines(stopped)[-1]
    shop.configure_target(**{setting: {"101": "West:Downtown"}})
    assert shop.sync().returncode == 0
    rows = shop.get("qbo-entities?entity=Invoice")["Invoice"]
    refs = [row.get("DepartmentRef") or row["Line"][0]["SalesItemLineDetail"].get("ClassRef") for row in rows]
    assert {ref["value"] for ref in refs} == {both[1]["Id"]}


@pytest.mark.parametrize("both", [True, False])
def test_another_account_s_subaccount_of_our_name_is_not_ours(shop: Shop, both: bool) -> None:  # noqa: FBT001 (pytest)
    account(shop, "Services", account(shop, "Contractors", **EXPENSE), **EXPENSE)
    if both:
        account(shop, "Services", **INCOME)
    result = shop.sync()
    assert result.returncode == 0, result.stderr
    assert shop.differences() == []


def test_a_subaccount_of_the_right_type_is_used_where_there_is_no_other(shop: Shop) -> None:
    ours = account(shop, "Services", account(shop, "Grooming", **INCOME), **INCOME)
    assert shop.sync().returncode == 0
    rows = shop.get("qbo-entities?entity=Item")["Item"]
    (service,) = (row for row in rows if row["Name"] == "Service")
    assert service["IncomeAccountRef"]["value"] == ours["Id"]
