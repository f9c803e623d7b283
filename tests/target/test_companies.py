"""Companies of every kind: `check` foretells what a sync does there, and the books agree with the till."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import pytest

from tests.conftest import needs_retail
from tests.shop import RETAIL, Shop, problem_lines
from tests.target.companies import assert_foretold, by_hand, check, lists, verdicts
from tests.target.failures import told

if TYPE_CHECKING:
    from collections.abc import Iterator

ONE_DAY = ("--locations", "1", "--days", "1", "--dirty", "0.05")
ITEMS = {("item", name) for name in ("Product", "Service", "Tips", "Reward points", "Customer balance", "Tax")}
METHODS = {("payment method", name) for name in ("Credit Card", "Gift Card", "Other")}
GUEST = ("customer", "Guest Customer")
DISCOUNTS = ("account", "Discounts given")
SERVICES = ("account", "Services")


@contextmanager
def company(tmp_path_factory: pytest.TempPathFactory, kind: str, *options: str) -> Iterator[Shop]:
    with Shop(tmp_path_factory.mktemp(kind), "--company", kind, *(options or ONE_DAY)) as shop:
        yield shop


def assert_posted(shop: Shop) -> None:
    """Sync, and hold the books against the till."""
    result = shop.sync()
    assert result.returncode == 0, result.stderr
    assert shop.differences() == []
    assert len(shop.get("books")["documents"]) >= 30


@pytest.mark.parametrize(
    ("kind", "created", "reactivated"),
    [
        ("other_case", set(), set()),
        ("inactive", set(), ITEMS | METHODS | {GUEST, DISCOUNTS}),
        ("us_new_names", ITEMS | METHODS | {GUEST, DISCOUNTS, SERVICES}, set()),
        (
            "existing",
            {GUEST, ("item", "Reward points")},
            {("payment method", "Gift Card"), ("payment method", "Other"), ("item", "Tips"), ("item", "Tax")},
        ),
    ],
)
def test_what_is_there_is_used_and_what_is_not_is_created(
    kind: str, created: set[tuple[str, str]], reactivated: set[tuple[str, str]], tmp_path_factory: Any
) -> None:
    with company(tmp_path_factory, kind) as shop:
        before = lists(shop)
        foretold = check(shop)
        assert verdicts(foretold, "will be created") == created
        assert verdicts(foretold, "will be reactivated") == reactivated
        assert lists(shop) == before
        assert_posted(shop)
        assert_foretold(shop, foretold, before)
        if kind == "existing":
            assert foretold[GUEST]["in_quickbooks"] == "Guest Customer (Franpos)"
            assert {row["customer"] for row in shop.get("books")["documents"]} == {"Guest Customer (Franpos)"}
        if kind == "us_new_names":
            assert foretold["account", "Undeposited Funds"]["in_quickbooks"] == "Payments to deposit"


def test_discount_items_that_come_out_as_services(tmp_path_factory: Any) -> None:
    with company(tmp_path_factory, "discount_items_retyped") as shop:
        assert_posted(shop)
        assert "(Service)" in check(shop)["discount items", "Discounts given"]["detail"]


def test_preferences_that_change_little(tmp_path_factory: Any) -> None:
    """No departments, numbers of its own, sales tax, several currencies, no discount items: all in one company."""
    with company(tmp_path_factory, "no_departments") as shop:
        options = {"custom_txn_numbers": True, "automated_sales_tax": True, "multicurrency": True}
        shop.post("qbo", {"options": {**options, "discount_items": "refused"}})
        shop.configure_target(departments={"101": "Downtown"}, classes={"101": "Retail"}, currency="usd")
        foretold = check(shop)
        for what, name in (("department", "Downtown"), ("class", "Retail")):
            assert foretold[what, name]["verdict"] == "warning"
            assert "left out" in foretold[what, name]["detail"]
        assert "further letter" in foretold["document numbers", "your own"]["detail"]
        assert "adds nothing" in foretold["sales tax", "automated"]["detail"]
        assert "names this one" in foretold["currency", "USD"]["detail"]
        assert "only a try can tell" in foretold["discount items", "Discounts given"]["detail"]
        assert_posted(shop)
        assert "the company refused one of type" in check(shop)["discount items", "Discounts given"]["detail"]
        assert {row["department"] for row in shop.get("books")["documents"]} == {None}


def test_canada_needs_a_tax_code_of_rate_0(tmp_path_factory: Any) -> None:
    with company(tmp_path_factory, "canada") as shop:
        stopped = shop.sync()
        assert stopped.returncode == 2
        assert "tax_code" in problem_lines(stopped)[-1]
        shop.configure_target(tax_code="gst")
        taxed = check(shop, code=1)["tax code", "gst"]
        assert taxed["verdict"] == "missing"
        assert "its rate is 5 %" in taxed["detail"]
        assert "Exempt, Zero-rated" in taxed["detail"]
        shop.configure_target(tax_code="exempt")
        assert check(shop)["tax code", "exempt"]["in_quickbooks"] == "Exempt"
        assert_posted(shop)


def test_a_closed_period_is_foretold_and_its_tickets_are_skipped(tmp_path_factory: Any) -> None:
    with company(tmp_path_factory, "us", "--locations", "1", "--days", "2", "--dirty", "0") as shop:
        closed = shop.ready["franpos"]["start_date"][:10]
        shop.post("qbo", {"options": {"book_close_date": closed}})
        row = check(shop)["closed books", closed]
        assert row["verdict"] == "warning"
        assert "will be skipped" in row["detail"]
        assert shop.sync().returncode == 0
        rows = told(shop).values()
        skipped = [row for row in rows if row["status"] == "skipped"]
        assert {row["business_date"] for row in skipped} == {closed}
        assert all("the books are closed for this date" in row["reason"] for row in skipped)
        assert {row["status"] for row in rows if row["business_date"] > closed} == {"posted"}


def test_tickets_before_the_start_of_inventory_are_foretold(tmp_path_factory: Any) -> None:
    with company(tmp_path_factory, "us", "--locations", "1", "--days", "2", "--dirty", "0") as shop:
        accounts = {row["Name"]: {"value": row["Id"]} for row in lists(shop)["Account"].values()}
        first = shop.ready["franpos"]["start_date"][:10]
        second = max(ticket["business_date"] for ticket in shop.get("tickets"))
        by_hand(
            shop,
            "Item",
            Name="Product",
            Type="Inventory",
            TrackQtyOnHand=True,
            QtyOnHand=0,
            InvStartDate=second,
            IncomeAccountRef=accounts["Sales of Product Income"],
            AssetAccountRef=accounts["Inventory Asset"],
            ExpenseAccountRef=accounts["Cost of Goods Sold"],
        )
        row = check(shop)["item", "Product"]
        assert row["verdict"] == "warning"
        assert f"inventory from {second} on" in row["detail"]
        assert shop.sync().returncode == 0
        skipped = [row for row in told(shop).values() if row["status"] == "skipped"]
        assert skipped
        assert {(row["business_date"], row["code"]) for row in skipped} == {(first, "before_inventory_start")}
        assert all(second in row["reason"] for row in skipped)


@needs_retail
def test_the_retail_days_in_a_company_without_inventory(tmp_path_factory: Any) -> None:
    with company(tmp_path_factory, "no_inventory", "--tickets", str(RETAIL)) as shop:
        before = lists(shop)
        foretold = check(shop)
        assert_posted(shop)
        assert_foretold(shop, foretold, before)
        product = foretold["item", "Product"]
        assert product["detail"].startswith("NonInventory, because the plan has no")
