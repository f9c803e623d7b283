"""The accounting rules' *Given* rows and *Names and accounts*, as far as they are pure, each by an example."""

from __future__ import annotations

import re
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from target_qbo.accounting import DocumentKind, ItemRole, PaymentMethod, Rules
from target_qbo.accounting.items import ITEMS
from target_qbo.accounting.kinds import KINDS, TakenBack, facts
from target_qbo.accounting.naming import discount_name, plain, suffixed
from tests.accounting.identities import is_clean
from tests.accounting.strategies import any_name, decimals, moderate
from tests.accounting.till import Case, goods, lines_of, off, payments_of, sale, service, tenders, ticket

OWN = Rules().own_item_names()


def test_given_1_payment_methods() -> None:
    assert [method.value for method in PaymentMethod] == ["Cash", "Check", "Credit Card", "Gift Card", "Other"]


def test_given_2_two_items_carry_every_sold_line() -> None:
    sold = ticket(goods("2", "4.50", "9.00"), service("1", "38", "38.00", line_id="2"), total="47.00")
    document = Case(sold, tenders(("Cash", "47.00"))).posted()
    assert lines_of(document) == [("Product", "2", "4.5", "9.00"), ("Service", "1", "38", "38.00")]
    assert [line.item.role for line in document.lines] == [ItemRole.PRODUCT, ItemRole.SERVICE]
    assert [line.description for line in document.lines] == ["Brush", "Groom"]


def test_given_3_items_of_tips_points_balance_and_tax() -> None:
    sold = ticket(goods("1", "20.00", "20.00"), total="24.60", tax="1.60", tip="3.00")
    paid = tenders(("Reward points", "5.00"), ("Customer balance", "2.50"), ("Cash", "17.10"))
    document = Case(sold, paid).posted()
    assert lines_of(document) == [
        ("Product", "1", "20", "20.00"),
        ("Tips", "1", "3", "3.00"),
        ("Tax", "1", "1.6", "1.60"),
        ("Reward points", "1", "-5", "-5.00"),
        ("Customer balance", "1", "-2.5", "-2.50"),
    ]
    assert str(document.total) == "17.10"


def test_given_5_each_discount_is_an_item_named_as_in_the_shop() -> None:
    sold = ticket(goods("1", "20.00", "20.00"), total="16.50")
    discounts = (off("2.50", "Loyalty"), off("1.00", "Senior 5%", discount_id="2"))
    document = Case(sold, tenders(("Cash", "16.50")), discounts).posted()
    assert lines_of(document)[1:] == [("Loyalty", "1", "-2.5", "-2.50"), ("Senior 5%", "1", "-1", "-1.00")]
    assert {line.item.role for line in document.lines[1:]} == {ItemRole.DISCOUNT}


def test_given_6_an_invoice_for_a_sale_a_refund_receipt_for_a_refund() -> None:
    assert sale("12.00", ("Cash", "12.00")).posted().kind is DocumentKind.INVOICE
    assert sale("-12.00", ("Cash", "-12.00")).posted().kind is DocumentKind.REFUND_RECEIPT


def test_given_7_payments_for_sales_only() -> None:
    assert payments_of(sale("12.00", ("Cash", "12.00")).posted()) == [("Cash", "12.00")]
    refund = sale("-12.00", ("Cash", "-12.00")).posted()
    assert refund.payments == ()
    assert refund.method is PaymentMethod.CASH


def test_all_item_names_can_be_set() -> None:
    rules = Rules(
        item_names={
            ItemRole.PRODUCT: "Goods",
            ItemRole.SERVICE: "Work",
            ItemRole.TIPS: "Gratuity",
            ItemRole.REWARD_POINTS: "Points",
            ItemRole.CUSTOMER_BALANCE: "House",
            ItemRole.TAX: "VAT",
        }
    )
    sold = ticket(goods("1", "5", "5"), service("1", "5", "5", line_id="2"), total="13", tax="1", tip="2")
    document = Case(sold, tenders(("Points", "1"), ("Account balance", "1"), ("Cash", "11"))).posted(rules)
    assert [line.item.name for line in document.lines] == ["Goods", "Work", "Gratuity", "VAT", "Points", "House"]


@pytest.mark.parametrize(
    ("name", "item"),
    [
        ("  Senior  ", "Senior"),
        ("Mother's day: 10%", "Mother's day 10%"),
        ("10%\toff\nall", "10% off all"),
        (None, "Discount"),
        ("", "Discount"),
        (" : \t", "Discount"),
        ("x" * 101, "x" * 100),
        ("Tips", "Tips (discount)"),
        ("pRoDuCt", "pRoDuCt (discount)"),
        (" reward points ", "reward points (discount)"),
        ("Employee (Friday)", "Employee (Friday)"),
        ("\ud800Rabatt\x00", "Rabatt"),
        ("Größe 🐕", "Größe 🐕"),
    ],
)
def test_discount_names(name: str | None, item: str) -> None:
    assert discount_name(name, OWN) == item


def test_discount_names_that_coincide_once_cut_share_one_item() -> None:
    sold = ticket(goods("1", "20.00", "20.00"), total="17.00")
    discounts = (off("1.00", "y" * 100 + "first"), off("2.00", "y" * 100 + "second", discount_id="2"))
    document = Case(sold, tenders(("Cash", "17.00")), discounts).posted()
    assert document.lines[1].item == document.lines[2].item
    assert document.lines[1].description.endswith("first")
    assert document.lines[2].description.endswith("second")


def test_a_name_of_our_own_as_long_as_can_be_keeps_room_for_the_suffix() -> None:
    long_name = "n" * 100
    assert discount_name(long_name.upper(), frozenset([long_name])) == "N" * 89 + " (discount)"


@moderate
@given(any_name)
def test_any_discount_name_makes_an_item_name(name: str | None) -> None:
    item = discount_name(name, OWN)
    assert is_clean(item, 100)
    assert item
    assert ":" not in item
    assert item.casefold() not in OWN
    assert discount_name(item, OWN) == item


@moderate
@given(st.text(max_size=200), st.sampled_from([" (discount)", " (Franpos)"]))
def test_a_suffix_always_has_room(name: str, suffix: str) -> None:
    assert suffixed(name, suffix).endswith(suffix)
    assert len(suffixed(name, suffix)) <= 100


@moderate
@given(decimals(-1000, 1000, 7))
def test_plain_figures_are_exact(number: Decimal) -> None:
    assert Decimal(plain(number)) == number
    assert re.fullmatch(r"-?(0|[1-9]\d*)(\.\d*[1-9])?", plain(number))


@pytest.mark.parametrize(
    ("number", "text"),
    [("0", "0"), ("-0.00", "0"), ("0E+9", "0"), ("1E+3", "1000"), ("12.3400", "12.34"), ("-2", "-2")],
)
def test_plain_figures(number: str, text: str) -> None:
    assert plain(Decimal(number)) == text


def test_every_kind_of_document_and_every_role_of_an_item_has_its_row() -> None:
    assert set(KINDS) == set(DocumentKind)
    assert set(ITEMS) == set(ItemRole)
    assert facts("refund_receipt").entity == "RefundReceipt"
    assert {row.taken_back_by for row in KINDS.values()} == set(TakenBack)
