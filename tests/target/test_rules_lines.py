"""The accounting rules' table *Lines and cents* and the names of discounts, as they stand in the books."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, Any

import pytest

from tests.shop import Shop
from tests.target.rung_up import FEW_TICKETS, Order, RungUp, change_record, lines_of, ring_up_all, synced

if TYPE_CHECKING:
    from collections.abc import Iterator

LONG = "y" * 100


def _each_off(*names: str | None) -> list[Order]:
    """Return lines of 10.00, each with a discount of 1.00 of that name."""
    return [{"price": "10.00", "discount": "1.00", "discount_name": name} for name in names]


ORDERS: dict[str, Order] = {
    "weighed": {
        "lines": [
            {"quantity": "1.235", "price": "6.4950"},  # 8.021325
            {"quantity": "0.125", "price": "7.9600"},  # 0.995
            {"quantity": "3", "price": "0.3350"},  # 1.005
            {"quantity": "2.5", "price": "0.3300"},  # 0.825; to even it would be 0.82
        ]
    },
    "weighed back": {
        "lines": [
            {"quantity": "-1.235", "price": "6.4950"},
            {"quantity": "-0.125", "price": "7.9600"},
            {"quantity": "-3", "price": "0.3350"},
            {"quantity": "-2.5", "price": "0.3300"},
        ]
    },
    "described": {
        "lines": [
            {"name": "Groom", "sku": "GROOM-S", "kind": "Service", "price": "65.00", "sales_person": "Chiara D'Amico"},
            {"name": "Harness", "sku": "7437", "quantity": "-1", "price": "39.00", "return_reason": "Too\tlarge"},
        ]
    },
    "long name": {"lines": [{"name": "x" * 5000, "price": "5.00"}]},
    "till's own figure": {
        "lines": [{"name": "Bundle", "sku": "77", "price": "10.00"}, {"name": "Half", "sku": "78", "price": "-9.99"}]
    },
    "discounts": {
        "lines": [
            {"price": "10.00", "discount": "1.00", "discount_name": "First"},
            {"price": "20.00", "discount": "2.00", "discount_name": "Second"},
        ],
        "order_discount": "3.00",
    },
    "discounts back": {
        "lines": [{"price": "10.00", "quantity": "-1", "discount": "1.00", "discount_name": "First"}],
        "order_discount": "-0.50",
    },
    "parts of a cent": {
        "lines": [{"price": "10.00", "discount": "0.3333", "discount_name": "Loyalty"} for _ in range(3)],
        "tax": "0.8250",
    },
    "tax and tip": {"lines": [{"price": "5.00"}, {"price": "7.00", "kind": "Service"}], "tax": "0.97", "tips": "2.00"},
    "plain": {"lines": [{"price": "5.00"}], "tax": "0.00", "tips": "0.0040"},
    "odd names": {"lines": _each_off("Promo: spring", " PROMO: SPRING", "Buy 2\tget 1\nfree", None)},
    "taken names": {"lines": _each_off("Tips", "product", "Sales")},
    "long names": {"lines": _each_off(LONG + " first", LONG.upper() + " second")},
}


@pytest.fixture(scope="module")
def rung(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RungUp]:
    with Shop(tmp_path_factory.mktemp("lines"), "--locations", "1", *FEW_TICKETS) as shop:
        tickets = ring_up_all(shop, ORDERS)
        own = tickets["till's own figure"]
        lines = [
            {"line_id": "1", "kind": "product", "name": "Bundle", "sku": "77", **_figures("3", "3.33", "10.00")},
            {"line_id": "2", "kind": "product", "name": "Half", "sku": "78", **_figures("-2", "4.99", "-9.99")},
        ]
        yield synced(shop, tickets, change_record(shop.tap().stdout, own, lines=lines))


def _figures(quantity: str, price: str, amount: str) -> dict[str, Decimal]:
    return {"quantity": Decimal(quantity), "unit_price": Decimal(price), "amount": Decimal(amount)}


def test_the_books_agree_with_the_till(rung: RungUp) -> None:
    assert rung.shop.differences() == []
    assert {row["status"] for row in rung.rows.values()} <= {"posted", "voided"}


def test_rounding_is_half_away_from_zero_and_a_return_mirrors_its_sale(rung: RungUp) -> None:
    lines = [
        ("Product", "1.235", "6.495", "8.02"),
        ("Product", "0.125", "7.96", "1.00"),
        ("Product", "3", "0.335", "1.01"),
        ("Product", "2.5", "0.33", "0.83"),
    ]
    sold, back = rung.document("weighed"), rung.document("weighed back")
    assert (sold["entity"], sold["total"], lines_of(sold)) == ("Invoice", "10.86", lines)
    assert (back["entity"], back["total"], lines_of(back)) == ("RefundReceipt", "10.86", lines)


def test_where_the_tills_figure_is_not_the_product(rung: RungUp) -> None:
    document = rung.document("till's own figure")
    assert lines_of(document) == [("Product", "1", "10", "10.00"), ("Product", "-1", "9.99", "-9.99")]
    assert [line["description"] for line in document["lines"]] == [
        "Bundle | SKU 77 | 3 × 3.33",
        "Half | SKU 78 | -2 × 4.99",
    ]


def test_a_lines_own_details_are_in_its_description(rung: RungUp) -> None:
    document = rung.document("described")
    assert lines_of(document) == [("Service", "1", "65", "65.00"), ("Product", "-1", "39", "-39.00")]
    assert [line["description"] for line in document["lines"]] == [
        "Groom | SKU GROOM-S | Sold by Chiara D'Amico",
        "Harness | SKU 7437 | Returned: Too large",
    ]
    (line,) = rung.document("long name")["lines"]
    assert line["description"] == "x" * 4000


def test_discounts_come_after_the_lines_they_belong_to(rung: RungUp) -> None:
    assert lines_of(rung.document("discounts")) == [
        ("Product", "1", "10", "10.00"),
        ("First", "1", "-1", "-1.00"),
        ("Product", "1", "20", "20.00"),
        ("Second", "1", "-2", "-2.00"),
        ("Discount", "1", "-3", "-3.00"),
    ]


def test_discounts_lower_what_a_return_gives_back(rung: RungUp) -> None:
    document = rung.document("discounts back")
    assert (document["entity"], document["total"]) == ("RefundReceipt", "8.50")
    assert lines_of(document) == [
        ("Product", "1", "10", "10.00"),
        ("First", "1", "-1", "-1.00"),
        ("Discount", "1", "-0.5", "-0.50"),
    ]


def test_parts_of_a_cent_are_rounded_as_a_whole_by_largest_remainder(rung: RungUp) -> None:
    document = rung.document("parts of a cent")
    amounts = [(item, amount) for item, _, _, amount in lines_of(document)]
    product = ("Product", "10.00")
    assert amounts == [
        *(product, ("Loyalty", "-0.34")),
        *(product, ("Loyalty", "-0.33")),
        *(product, ("Loyalty", "-0.33")),
        ("Tax", "0.83"),
    ]
    assert document["total"] == "29.83"


def test_tax_and_tips_are_one_line_each_and_left_out_where_there_are_none(rung: RungUp) -> None:
    assert lines_of(rung.document("tax and tip"))[2:] == [("Tips", "1", "2", "2.00"), ("Tax", "1", "0.97", "0.97")]
    assert lines_of(rung.document("plain")) == [("Product", "1", "5", "5.00")]


def test_every_line_says_non_so_that_quickbooks_adds_no_tax(rung: RungUp) -> None:
    assert {line["tax_code"] for one in rung.books["documents"] for line in one["lines"]} == {"NON"}


def _discounts(document: dict[str, Any]) -> list[tuple[str, str, str]]:
    return [
        (line["item"], line["account"], line["description"])
        for line in document["lines"]
        if line["amount"].startswith("-")
    ]


def test_odd_discount_names(rung: RungUp) -> None:
    account = "Discounts given"
    assert _discounts(rung.document("odd names")) == [
        ("Promo spring", account, "Promo: spring"),
        ("Promo spring", account, "PROMO: SPRING"),  # ignoring case the names coincide: one item
        ("Buy 2 get 1 free", account, "Buy 2 get 1 free"),
        ("Discount", account, "Discount"),
    ]


def test_discount_names_that_another_item_has(rung: RungUp) -> None:
    account = "Discounts given"
    assert _discounts(rung.document("taken names")) == [
        ("Tips (discount)", account, "Tips"),
        ("product (discount)", account, "product"),
        ("Sales (discount)", account, "Sales"),
    ]


def test_long_discount_names_are_cut_and_share_an_item(rung: RungUp) -> None:
    found = _discounts(rung.document("long names"))
    assert [item for item, _, _ in found] == [LONG, LONG]
    assert [description[-6:] for _, _, description in found] == [" first", "second"]


def test_discount_items_are_of_type_discount_on_the_account_of_discounts(rung: RungUp) -> None:
    (account,) = [
        row for row in rung.shop.get("qbo-entities?entity=Account")["Account"] if row["Name"] == "Discounts given"
    ]
    kinds = (account["AccountType"], account["Classification"], account["AccountSubType"])
    assert kinds == ("Income", "Revenue", "DiscountsRefundsGiven")
    items = {row["Name"]: row for row in rung.shop.get("qbo-entities?entity=Item")["Item"]}
    for name in ("First", "Discount", "Promo spring", "Tips (discount)", LONG):
        assert (items[name]["Type"], items[name]["IncomeAccountRef"]["value"]) == ("Discount", account["Id"])
