"""A change that is refused for good: what stood stands as it stood, paid as it was, and the ticket says why."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.target.failures import edit, fail, mark, of_kind, ring_up, ring_up_split, told
from tests.target.nights import assert_right, night, standing

if TYPE_CHECKING:
    from tests.shop import Shop
    from tests.target.failures import Ticket


def assert_as_it_stood(shop: Shop, ticket: Ticket, before: object, code: str, says: str) -> None:
    """Assert that a ticket is skipped with a reason and stands as before, and that the next night leaves it alone."""
    row = told(shop)[ticket["ticket_id"]]
    assert (row["status"], row["code"]) == ("skipped", code)
    assert says in row["reason"]
    assert standing(shop, ticket) == before
    totals = shop.get("books")["totals"]
    assert (totals["open_balance"], totals["unapplied"]) == ("0.00", "0.00")
    shop.calls()
    night(shop)
    counts = shop.calls()
    assert (counts["reads"], counts["writes"]) == (0, 0)


@pytest.mark.parametrize("what", ["line", "tender", "void"])
def test_a_change_in_a_period_that_was_closed_meanwhile_touches_nothing(shop: Shop, what: str) -> None:
    ticket = ring_up_split(shop)
    night(shop)
    before = standing(shop, ticket)
    if what == "line":
        edit(shop, ticket, "add_line", price="5.00", settle=True)
    elif what == "tender":
        edit(shop, ticket, "correct_tender", method="Gift Card")
    else:
        edit(shop, ticket, "void")
    day = ticket["business_date"]
    shop.post("qbo", {"options": {"book_close_date": day}})
    night(shop)
    assert_as_it_stood(shop, ticket, before, "qbo_6210", day)
    shop.post("qbo", {"options": {"book_close_date": None}})
    assert shop.console("resync", ticket["ticket_id"]).returncode == 0
    assert_right(shop)


@pytest.mark.parametrize(
    ("op", "operation"), [("add_line", "update"), ("void", "void")], ids=["changed", "voided at the till"]
)
@pytest.mark.parametrize("code", ["6210", "6000", "2030"])
def test_a_change_that_is_refused_once_its_payments_are_voided_gets_them_back(
    shop: Shop, code: str, op: str, operation: str
) -> None:
    ticket = ring_up_split(shop)
    night(shop)
    before = standing(shop, ticket)
    edit(shop, ticket, op, **({"price": "5.00", "settle": True} if op == "add_line" else {}))
    new = ring_up(shop, lines=[{"price": "3.00"}])
    (document,) = before
    body = f'"Id":"{document["id"]}"'
    fail(
        shop,
        {
            "do": "refuse",
            "code": code,
            "match": {"entity": "Invoice", "operation": operation, "body": body, "every": 1},
        },
    )
    night(shop)
    assert told(shop)[new["ticket_id"]]["status"] == "posted"
    assert_as_it_stood(shop, ticket, before, f"qbo_{code}", f"QuickBooks fault {code}: ")
    shop.forget_faults()
    assert shop.console("resync", ticket["ticket_id"]).returncode == 0
    assert_right(shop)


def test_a_sale_that_became_a_return_and_is_refused_as_such_stands_as_the_sale(shop: Shop) -> None:
    """Where the kind turns, the old document goes and the new one comes: refused, the old one must be back."""
    ticket = ring_up_split(shop)
    night(shop)
    before = [(one["entity"], one["total"], one["balance"], one["paid"]) for one in standing(shop, ticket)]
    edit(shop, ticket, "add_line", price="30.00", quantity="-1", settle=True)
    match = {"entity": "RefundReceipt", "body": mark(ticket), "every": 1}
    fail(shop, {"do": "refuse", "code": "6000", "match": match})
    night(shop)
    row = told(shop)[ticket["ticket_id"]]
    assert (row["status"], row["code"]) == ("skipped", "qbo_6000")
    after = [(one["entity"], one["total"], one["balance"], one["paid"]) for one in standing(shop, ticket)]
    assert after in ([], before), "all of it, or nothing"
    totals = shop.get("books")["totals"]
    assert (totals["open_balance"], totals["unapplied"]) == ("0.00", "0.00")


def test_a_refund_whose_change_is_refused_stands_as_it_stood(shop: Shop) -> None:
    night(shop)
    (ticket, *_) = of_kind(shop, "refund_receipt")
    before = standing(shop, ticket)
    edit(shop, ticket, "add_line", price="5.00", quantity="-1", settle=True)
    match = {"entity": "RefundReceipt", "operation": "update", "every": 1}
    fail(shop, {"do": "refuse", "code": "6210", "match": match})
    night(shop)
    assert_as_it_stood(shop, ticket, before, "qbo_6210", "QuickBooks fault 6210: ")
