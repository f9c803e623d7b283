"""The truth about tickets: the accounting rules, case by case, with figures worked out by hand."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import pytest

from sandbox.tickets.dirt import DIRT
from sandbox.tickets.edits import new_ticket
from sandbox.tickets.generate import shops
from sandbox.tickets.truth import expect, statement

if TYPE_CHECKING:
    from sandbox.tickets.model import Ticket

NOON = datetime(2026, 3, 4, 19, tzinfo=UTC)


def ticket(*lines: tuple[str, str], payments: list[tuple[str | None, str]], **fields: Any) -> Ticket:
    """Make a ticket of lines (price, quantity) and payments (method, amount)."""
    body = {
        "lines": [{"price": price, "quantity": quantity} for price, quantity in lines],
        "payments": [{"method": method, "amount": amount} for method, amount in payments],
    }
    return new_ticket(shops(1)[0], 7, body | fields, NOON)


def payments(of: Ticket) -> list[tuple[str, str]]:
    expected = expect(of)
    assert (expected.kind, expected.dirt) == ("invoice", None)
    return [(method, str(amount)) for method, amount in expected.payments]


def test_each_tender_is_a_payment() -> None:
    sold = ticket(("10", "3"), payments=[("visa", "10.00"), ("AMEX ", "10.00"), ("Zelle", "4.00"), (None, "6.00")])
    assert payments(sold) == [
        ("Credit Card", "10.00"),
        ("Credit Card", "10.00"),
        ("Other", "4.00"),
        ("Other", "6.00"),
    ]


def test_points_and_balance_are_lines_not_payments() -> None:
    sold = ticket(("10", "3"), payments=[("Reward Points", "5"), ("Customer Balance", "5"), ("Cash", "20")])
    assert expect(sold).document_total == Decimal(20)
    assert payments(sold) == [("Cash", "20")]
    loaded = ticket(("10", "3"), payments=[("Cash", "50"), ("Account balance", "-20")])
    assert expect(loaded).document_total == Decimal(50)
    assert payments(loaded) == [("Cash", "50")]
    assert payments(ticket(("10", "1"), payments=[("reward points", "10")])) == []


@pytest.mark.parametrize("name", ["House Account", "House Balance", "Store Credit", "Points card", "Loyalty"])
def test_what_lowers_the_sale_is_never_guessed(name: str) -> None:
    sold = ticket(("10", "1"), payments=[(name, "10")])
    assert (expect(sold).document_total, payments(sold)) == (Decimal(10), [("Other", "10")])
    assert payments(ticket(("10", "1"), payments=[("Visa Rewards", "10")])) == [("Credit Card", "10")]


def test_what_is_paid_back_is_netted_with_its_own_method_only() -> None:
    netted = ticket(("10", "1"), payments=[("Cash", "20"), ("Cash", "-10")])
    assert payments(netted) == [("Cash", "10")]
    on_card = ticket(("10", "1"), payments=[("Debit", "20"), ("Cash", "-10")])
    assert expect(on_card).dirt == "negative_tender"
    other_card = ticket(("10", "1"), payments=[("Visa", "20"), ("Visa", "-20"), ("Amex", "10")])
    assert payments(other_card) == [("Credit Card", "10")]
    last_first = ticket(
        ("10", "1"), payments=[("Gift Card", "4"), ("Cash", "5"), ("Gift Card", "3"), ("Gift Card", "-2")]
    )
    assert payments(last_first) == [("Gift Card", "4"), ("Cash", "5"), ("Gift Card", "1")]


def test_refund_counts_with_its_largest_tender_and_a_tie_with_the_lowest_id() -> None:
    back = ticket(("10", "-3"), payments=[("Cash", "-10"), ("Visa", "-20")])
    assert (expect(back).kind, expect(back).document_total, expect(back).method) == (
        "refund_receipt",
        Decimal(30),
        "Credit Card",
    )
    assert expect(back).payments == ()
    tie = ticket(("10", "-2"), payments=[("Check", "-10"), ("Cash", "-10")])
    assert expect(tie).method == "Check"
    to_balance = ticket(("10", "-2"), payments=[("Customer Balance", "-20")])
    assert (expect(to_balance).document_total, expect(to_balance).method) == (Decimal(0), None)


def test_zero_total_is_an_invoice_without_payment() -> None:
    swap = ticket(("10", "1"), ("10", "-1"), payments=[])
    assert expect(swap).kind == "invoice"
    assert payments(swap) == []


def test_each_kind_is_rounded_as_a_whole_half_away_from_zero() -> None:
    # 3 x 1.005 is 3.015, so 3.02; the tax of 0.005 is a cent; both mirrored on the return.
    sold = ticket(("1.005", "3"), payments=[("Cash", "3.03")], tax="0.005", total="3.03")
    assert expect(sold).dirt is None
    back = ticket(("1.005", "-3"), payments=[("Cash", "-3.03")], tax="-0.005", total="-3.03")
    assert expect(back).dirt is None


def test_discount_on_a_returned_line_is_given_back() -> None:
    back = ticket(("10", "-1"), payments=[("Cash", "-9")], total="-9")
    back = replace(back, lines=(replace(back.lines[0], discount=Decimal(1)),))
    assert expect(back).dirt is None


def test_voided_ticket_has_no_document_and_is_clean() -> None:
    sold = replace(ticket(("10", "1"), payments=[]), voided=True)
    assert (expect(sold).kind, expect(sold).dirt) == ("none", None)


@pytest.mark.parametrize(("code", "spoil"), DIRT, ids=[spoil.__name__ for _, spoil in DIRT])
def test_dirt_is_what_it_says(code: str, spoil: Any) -> None:
    sold = ticket(("10", "3"), payments=[("Cash", "30")])
    assert expect(sold).dirt is None
    assert (expect(spoil(sold)).kind, expect(spoil(sold)).dirt) == ("none", code)


def test_statement_writes_money_with_two_decimals_and_ids_as_strings() -> None:
    assert statement(ticket(("10", "3"), payments=[("Visa", "30")])) == {
        "location_id": "101",
        "ticket_id": "7",
        "number": "A-7",
        "business_date": "2026-03-04",
        "total": "30.00",
        "voided": False,
        "dirt": None,
        "lines": 1,
        "expected": {
            "kind": "invoice",
            "document_total": "30.00",
            "payments": [{"method": "Credit Card", "amount": "30.00"}],
            "method": None,
        },
    }
