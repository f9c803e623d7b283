"""The accounting rules' table *Lines and cents*, row by row, each by an example worked out by hand."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING

import pytest

from target_qbo.accounting import DocumentKind, ItemRole
from tests.accounting.till import Case, goods, lines_of, off, service, tenders, ticket

if TYPE_CHECKING:
    from target_qbo.accounting.ticket import Line


@pytest.mark.parametrize(
    ("quantity", "price", "amount"),
    [
        ("1", "1.005", "1.01"),  # half a cent: away from zero
        ("-1", "1.005", "-1.01"),
        ("3", "0.335", "1.01"),  # 1.005
        ("0.125", "7.96", "1.00"),  # 0.995
        ("-0.125", "7.96", "-1.00"),
        ("0.5", "2.49", "1.25"),  # 1.245
        ("1", "1.0049", "1.00"),
        ("2.5", "0.33", "0.83"),  # 0.825; to even it would be 0.82
    ],
)
def test_rounding_is_half_away_from_zero(quantity: str, price: str, amount: str) -> None:
    document = Case(ticket(goods(quantity, price, amount), total=amount), tenders(("Cash", amount))).posted()
    assert str(document.total) == amount.removeprefix("-")
    assert document.lines[0].unit_price == Decimal(price)


def test_a_return_mirrors_its_sale() -> None:
    sold = ticket(
        goods("1.235", "3.99", "4.93"), service("2", "10.005", "20.01", line_id="2"), total="24.23", tax="0.29", tip="1"
    )
    bought = Case(sold, tenders(("Visa", "24.23")), (off("2.005", line_id="1"), off("-0.01", "Fee", discount_id="2")))
    lines = [
        ("Product", "1.235", "3.99", "4.93"),  # 4.92765
        ("Loyalty", "1", "-2.01", "-2.01"),
        ("Service", "2", "10.005", "20.01"),
        ("Fee", "1", "0.01", "0.01"),
        ("Tips", "1", "1", "1.00"),
        ("Tax", "1", "0.29", "0.29"),
    ]
    invoice = bought.posted()
    refund = bought.mirrored().posted()
    assert (invoice.kind, str(invoice.total)) == (DocumentKind.INVOICE, "24.23")
    assert (refund.kind, str(refund.total)) == (DocumentKind.REFUND_RECEIPT, "24.23")
    assert lines_of(invoice) == lines
    assert lines_of(refund) == lines


def test_a_sold_line_is_gross_with_quantity_and_price() -> None:
    sold = ticket(goods("3", "6.25", "18.75"), total="15.00")
    document = Case(sold, tenders(("Cash", "15.00")), (off("3.75", line_id="1"),)).posted()
    assert lines_of(document) == [("Product", "3", "6.25", "18.75"), ("Loyalty", "1", "-3.75", "-3.75")]


@pytest.mark.parametrize(
    ("line", "shown", "description"),
    [
        (goods("3", "3.33", "10.00"), ("Product", "1", "10", "10.00"), "Brush | 3 × 3.33"),
        (goods("-2", "4.99", "-9.99"), ("Product", "1", "9.99", "9.99"), "Brush | -2 × 4.99"),
        (goods("0", "5", "2.00"), ("Product", "1", "2", "2.00"), "Brush | 0 × 5"),
        (goods("0", "5", "-2.00"), ("Product", "1", "2", "2.00"), "Brush | 0 × 5"),
        (goods("0", "0.00000001", "0.00"), ("Product", "0", "0", "0.00"), "Brush | 0 × 0.00000001"),
        (service("1", "5", "0"), ("Service", "1", "0", "0.00"), "Groom | 1 × 5"),
        (goods("1", "2.000000001", "2.00"), ("Product", "1", "2", "2.00"), "Brush | 1 × 2.000000001"),
    ],
)
def test_a_till_figure_that_is_not_the_product(line: Line, shown: tuple[str, str, str, str], description: str) -> None:
    amount = str(line.amount)
    document = Case(ticket(line, total=amount), tenders(("Cash", amount))).posted()
    assert lines_of(document) == [shown]
    assert document.lines[0].description == description


def test_a_line_of_quantity_zero_moves_no_stock() -> None:
    sold = ticket(goods("0", "5.00", "0.00"), goods("1", "2.00", "2.00", line_id="2"), total="2.00")
    document = Case(sold, tenders(("Cash", "2.00"))).posted()
    assert lines_of(document) == [("Product", "0", "5", "0.00"), ("Product", "1", "2", "2.00")]
    refund = Case(sold, tenders(("Cash", "2.00"))).mirrored().posted()
    assert lines_of(refund) == [("Product", "0", "5", "0.00"), ("Product", "1", "2", "2.00")]


def test_parts_of_a_cent_of_discounts_are_rounded_as_a_whole() -> None:
    lines = [goods("1", "10.00", "10.00", line_id=line_id) for line_id in "123"]
    discounts = tuple(off("0.3333", "Loyalty", line_id=line_id, discount_id=line_id) for line_id in "123")
    document = Case(ticket(*lines, total="29.00"), tenders(("Cash", "29.00")), discounts).posted()
    assert [str(line.amount) for line in document.lines if line.item.role is ItemRole.DISCOUNT] == [
        "-0.34",  # 0.9999 is 1.00: three times 0.33 leave a cent, the first of equals has it
        "-0.33",
        "-0.33",
    ]


def test_the_largest_remainder_has_the_cent_that_is_left() -> None:
    lines = [goods("1", "10.00", "10.00", line_id=line_id) for line_id in "12"]
    discounts = (off("0.3340", line_id="1"), off("0.3360", line_id="2", discount_id="2"))
    document = Case(ticket(*lines, total="19.33"), tenders(("Cash", "19.33")), discounts).posted()
    assert [line[3] for line in lines_of(document)] == ["10.00", "-0.33", "10.00", "-0.34"]


def test_parts_of_a_cent_of_tax_are_rounded() -> None:
    sold = ticket(goods("1", "9.99", "9.99"), total="10.82", tax="0.8250")
    document = Case(sold, tenders(("Cash", "10.82"))).posted()
    assert lines_of(document)[-1] == ("Tax", "1", "0.83", "0.83")


def test_description() -> None:
    line = goods(
        "1", "5", "5", name=" Dog\tbrush\n", sku="0071", sales_person="Kim \u0000 Lee", return_reason="too\r\nsoft"
    )
    document = Case(ticket(line, total="5"), tenders(("Cash", "5"))).posted()
    assert document.lines[0].description == "Dog brush | SKU 0071 | Sold by Kim Lee | Returned: too soft"
    assert len(sale_of("x" * 5000)) == 4000
    assert sale_of(None) == ""


def sale_of(name: str | None) -> str:
    """Return the description of a line of this name."""
    sold = ticket(goods("1", "5", "5", name=name), total="5")
    return Case(sold, tenders(("Cash", "5"))).posted().lines[0].description


def test_discounts_come_after_the_lines_they_belong_to() -> None:
    lines = [goods("1", price, price, line_id=line_id) for line_id, price in (("1", "10.00"), ("2", "20.00"))]
    discounts = (
        off("3.00", "Order", discount_id="order-1"),
        off("1.00", "First", line_id="1", discount_id="item-1"),
        off("2.00", "Second", line_id="2", discount_id="item-2"),
    )
    document = Case(ticket(*lines, total="24.00"), tenders(("Cash", "24.00")), discounts).posted()
    assert lines_of(document) == [
        ("Product", "1", "10", "10.00"),
        ("First", "1", "-1", "-1.00"),
        ("Product", "1", "20", "20.00"),
        ("Second", "1", "-2", "-2.00"),
        ("Order", "1", "-3", "-3.00"),
    ]


def test_a_discount_lowers_what_a_return_gives_back() -> None:
    back = ticket(goods("-1", "10.00", "-10.00"), total="-9.00")
    document = Case(back, tenders(("Cash", "-9.00")), (off("-1.00", line_id="1"),)).posted()
    assert lines_of(document) == [("Product", "1", "10", "10.00"), ("Loyalty", "1", "-1", "-1.00")]
    assert str(document.total) == "9.00"


def test_a_discount_larger_than_its_line() -> None:
    sold = ticket(goods("1", "5", "5.00"), goods("1", "9", "9.00", line_id="2"), total="6.00")
    document = Case(sold, tenders(("Cash", "6.00")), (off("8.00", line_id="1"),)).posted()
    assert lines_of(document)[:2] == [("Product", "1", "5", "5.00"), ("Loyalty", "1", "-8", "-8.00")]


def test_a_discount_on_a_line_that_is_not_there_is_the_tickets() -> None:
    sold = ticket(goods("1", "5", "5.00"), total="4.00")
    document = Case(sold, tenders(("Cash", "4.00")), (off("1.00", line_id="gone"),)).posted()
    assert lines_of(document)[-1] == ("Loyalty", "1", "-1", "-1.00")


def test_tax_and_tips_of_zero_are_left_out() -> None:
    sold = ticket(goods("1", "5", "5.00"), total="5.00", tax="0.0000", tip="0.0040")
    document = Case(sold, tenders(("Cash", "5.00"))).posted()
    assert lines_of(document) == [("Product", "1", "5", "5.00")]


def test_tax_and_tips_have_one_line_each() -> None:
    sold = ticket(goods("1", "5", "5.00"), service("1", "7", "7.00", line_id="2"), total="14.97", tax="0.97", tip="2")
    document = Case(sold, tenders(("Cash", "14.97"))).posted()
    assert lines_of(document)[2:] == [("Tips", "1", "2", "2.00"), ("Tax", "1", "0.97", "0.97")]
