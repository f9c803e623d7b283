"""Rows of the accounting rules where two of them meet, each by an example worked out by hand."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

import pytest

from target_qbo.accounting import DocumentKind, ItemRole, PaymentMethod, PaymentRow, Rules
from target_qbo.accounting.rules import ItemRule
from tests.accounting.till import LATER, Case, goods, lines_of, off, payments_of, sale, service, tenders, ticket


def test_description_with_every_part_in_its_order() -> None:
    line = goods("-3", "3.33", "-10.00", sku="0071", sales_person="Kim", return_reason="Too soft")
    document = Case(ticket(line, total="-10.00"), tenders(("Cash", "-10.00"))).posted()
    assert document.lines[0].description == "Brush | SKU 0071 | -3 × 3.33 | Sold by Kim | Returned: Too soft"


def test_a_long_name_pushes_the_rest_out_of_the_description() -> None:
    line = goods("1", "5", "5", name="x" * 3990, sku="0071", sales_person="Kim")
    document = Case(ticket(line, total="5"), tenders(("Cash", "5"))).posted()
    assert len(document.lines[0].description) <= 4000
    assert document.lines[0].description.startswith("x" * 3990 + " | SKU 00")


def test_several_discounts_of_one_line_stand_after_it_by_their_ids() -> None:
    lines = [goods("1", "10.00", "10.00", line_id=line_id) for line_id in "12"]
    discounts = (
        off("0.10", "Tenth", line_id="1", discount_id="10"),
        off("0.90", "Ninth", line_id="1", discount_id="9"),
    )
    document = Case(ticket(*lines, total="19.00"), tenders(("Cash", "19.00")), discounts).posted()
    assert [item for item, *_ in lines_of(document)] == ["Product", "Ninth", "Tenth", "Product"]


def test_a_discount_of_the_whole_ticket_on_a_return() -> None:
    back = ticket(goods("-1", "10.00", "-10.00"), total="-9.50")
    document = Case(back, tenders(("Cash", "-9.50")), (off("-0.50", None),)).posted()
    assert lines_of(document) == [("Product", "1", "10", "10.00"), ("Discount", "1", "-0.5", "-0.50")]


def test_discounts_on_both_sides_of_an_exchange_keep_their_signs() -> None:
    swap = ticket(goods("-1", "30.00", "-30.00"), goods("1", "10.00", "10.00", line_id="2"), total="-18.00")
    discounts = (off("-3.00", "Old", line_id="1"), off("1.00", "New", line_id="2", discount_id="2"))
    document = Case(swap, tenders(("Cash", "-18.00")), discounts).posted()
    assert lines_of(document) == [
        ("Product", "1", "30", "30.00"),
        ("Old", "1", "-3", "-3.00"),
        ("Product", "-1", "10", "-10.00"),
        ("New", "1", "1", "1.00"),
    ]


def test_a_discount_named_like_the_item_of_a_rule_or_like_an_item_that_was_renamed() -> None:
    rules = Rules(item_rules=(ItemRule("Gift cards sold", sku="GC-*"),), item_names={ItemRole.TIPS: "Gratuity"})
    discounts = (
        off("1.00", "gift cards sold"),
        off("1.00", "Gratuity", discount_id="2"),
        off("1.00", "Tips", discount_id="3"),
    )
    document = Case(ticket(goods("1", "9", "9.00"), total="6.00"), tenders(("Cash", "6.00")), discounts).posted(rules)
    names = [item for item, *_ in lines_of(document)[1:]]
    assert names == ["gift cards sold (discount)", "Gratuity (discount)", "Tips"]


def test_parts_of_a_cent_are_rounded_each_kind_by_itself() -> None:
    """0.995 and 0.005 and 0.005: the kinds come to 1.00, 0.01 and 0.01, though all together come to 1.005."""
    sold = ticket(goods("1", "10.00", "10.00"), total="9.02", tax="0.005", tip="0.005")
    document = Case(sold, tenders(("Cash", "9.02")), (off("0.995"),)).posted()
    assert [amount for *_, amount in lines_of(document)] == ["10.00", "-1.00", "0.01", "0.01"]


def test_parts_of_a_cent_are_rounded_together_where_the_till_s_own_figures_say_so() -> None:
    """5.00 - 0.334 + 0.335 is 5.001, which the till rounds to 5.00; each kind by itself comes to 5.01."""
    sold = ticket(goods("1", "5.00", "5.00"), total="5.001", tax="0.335")
    document = Case(sold, tenders(("Cash", "5.00")), (off("0.334"),)).posted()
    assert [amount for *_, amount in lines_of(document)] == ["5.00", "-0.33", "0.33"]
    cent_off = replace(sold, total=Decimal("5.02"))
    assert Case(cent_off, tenders(("Cash", "5.02")), (off("0.334"),)).skipped().code == "lines_mismatch"


def test_tax_below_half_a_cent_and_its_mirror_are_left_out() -> None:
    for sign in ("", "-"):
        sold = ticket(goods(f"{sign}1", "5", f"{sign}5.00"), total=f"{sign}5.00", tax=f"{sign}0.0049")
        assert len(Case(sold, tenders(("Cash", f"{sign}5.00"))).posted().lines) == 1


def test_a_tip_alone_is_an_invoice() -> None:
    document = Case(ticket(total="5.00", tip="5.00"), tenders(("Visa", "5.00"))).posted()
    assert (document.kind, lines_of(document)) == (DocumentKind.INVOICE, [("Tips", "1", "5", "5.00")])


def test_points_loaded_and_points_given_back() -> None:
    loaded = sale("30.00", ("Cash", "50.00"), ("Reward points", "-20.00")).posted()
    assert lines_of(loaded)[1:] == [("Reward points", "1", "20", "20.00")]
    back = sale("-30.00", ("Reward points", "-20.00"), ("Cash", "-10.00")).posted()
    assert (lines_of(back)[1:], str(back.total)) == ([("Reward points", "1", "-20", "-20.00")], "10.00")


def test_points_spent_and_balance_loaded_on_one_ticket() -> None:
    document = sale("30.00", ("Reward points", "10.00"), ("Cash", "25.00"), ("Customer balance", "-5.00")).posted()
    assert lines_of(document)[1:] == [
        ("Reward points", "1", "-10", "-10.00"),
        ("Customer balance", "1", "5", "5.00"),
    ]
    assert (str(document.total), payments_of(document)) == ("25.00", [("Cash", "25.00")])


def test_a_total_of_zero_whose_cash_goes_in_and_out_has_no_payment() -> None:
    swap = ticket(goods("-1", "10.00", "-10.00"), goods("1", "10.00", "10.00", line_id="2"), total="0.00")
    document = Case(swap, tenders(("Cash", "5.00"), ("Cash", "-5.00"))).posted()
    assert (document.kind, str(document.total), document.payments) == (DocumentKind.INVOICE, "0.00", ())
    assert Case(swap, tenders(("Visa", "5.00"), ("Cash", "-5.00"))).skipped().code == "negative_tender"


def test_the_largest_tender_of_a_refund_is_one_tender_not_one_method() -> None:
    rows = (("1", "Visa", "-6.00"), ("2", "Visa", "-6.00"), ("3", "Check", "-8.00"))
    payments = tuple(PaymentRow(row_id, name, None, Decimal(amount)) for row_id, name, amount in rows)
    document = replace(sale("-20.00"), payments=payments).posted()
    assert document.method is PaymentMethod.CHECK
    assert document.note.endswith("Refunded by Visa 6.00, Visa 6.00, Check 8.00")


@pytest.mark.parametrize(("method", "is_"), [("Gift Card", PaymentMethod.GIFT_CARD), ("Zelle", PaymentMethod.OTHER)])
def test_a_refund_onto_a_gift_card_or_an_unknown_tender(method: str, is_: PaymentMethod) -> None:
    document = sale("-20.00", (method, "-20.00")).posted()
    assert document.method is is_
    assert document.note.endswith(f"Refunded by {method} 20.00")


def test_lines_that_do_not_add_up_are_told_before_payments_that_do_not() -> None:
    """A wrong total needs no late tender: it is not waited for."""
    wrong = Case(ticket(goods("1", "10", "10.00"), total="12.00"), tenders(("Cash", "1.00")))
    assert wrong.skipped().code == "lines_mismatch"


def test_a_late_tender_is_in_time_as_long_as_it_comes_at_all() -> None:
    short = sale("30.00", ("Cash", "10.00"))
    assert short.skipped(now=LATER).code == "unpaid"
    paid = replace(short, payments=tenders(("Cash", "10.00"), ("Check", "20.00")))
    assert payments_of(paid.posted(now=LATER)) == [("Cash", "10.00"), ("Check", "20.00")]


def test_an_exchange_of_goods_for_work_has_each_on_its_item() -> None:
    swap = ticket(goods("-2", "10.00", "-20.00"), service("1", "38.00", "38.00", line_id="2"), total="18.00")
    document = Case(swap, tenders(("Cash", "18.00"))).posted()
    assert lines_of(document) == [("Product", "-2", "10", "-20.00"), ("Service", "1", "38", "38.00")]
