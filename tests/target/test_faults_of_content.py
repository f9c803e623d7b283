"""A content that QuickBooks never answers: its own ticket is left, tried again, given up; nobody else waits for it.

QuickBooks is away only where different requests fail.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from tests.shop import Shop
from tests.target.failures import assert_all_fired, edit, fail, of_kind, ring_up, ring_up_split, told
from tests.target.nights import (
    TEXT,
    assert_all_but,
    assert_given_up,
    assert_left_for_later,
    assert_right_once_resynced,
    item_alone,
    made,
    night,
    standing,
    whole_request,
)

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

MANY_TICKETS = ("--locations", "1", "--days", "1", "--tickets-per-day", "80", "--dirty", "0")


@pytest.fixture
def busy(tmp_path: Path) -> Iterator[Shop]:
    """Eighty clean tickets of one day."""
    with Shop(tmp_path, *MANY_TICKETS) as shop:
        yield shop.lay_ledger()


@pytest.mark.parametrize("batch_size", [30, 1])
def test_a_line_that_is_never_answered_holds_nobody_else(busy: Shop, batch_size: int) -> None:
    busy.configure_target(batch_size=batch_size)
    ticket = ring_up(busy, lines=[{"price": "9.50", "name": TEXT}])
    fail(busy, whole_request())
    night(busy)
    assert_all_fired(busy)
    assert_all_but(busy, ticket)
    assert_left_for_later(busy, ticket)
    assert_given_up(busy, ticket, "invoice")
    assert made(busy, ticket) == []
    assert_right_once_resynced(busy, ticket)


def test_several_are_found_out_one_by_one(busy: Shop) -> None:
    """A sale and a return among others in one batch; each is left for itself."""
    tickets = [ring_up(busy, lines=[{"price": "9.50", "quantity": one, "name": TEXT}]) for one in ("1", "-1", "2")]
    fail(busy, item_alone())
    night(busy)
    assert_all_but(busy, *tickets)
    for ticket in tickets:
        assert_left_for_later(busy, ticket)


def test_a_discount_s_item_that_is_never_answered_holds_its_ticket_only(shop: Shop) -> None:
    ticket = ring_up(shop, lines=[{"price": "9.50", "discount": "1.00", "discount_name": TEXT}])
    fail(shop, whole_request())
    night(shop)
    assert_all_fired(shop)
    assert_all_but(shop, ticket)
    assert_left_for_later(shop, ticket)
    assert_given_up(shop, ticket, TEXT)
    assert made(shop, ticket) == []
    assert_right_once_resynced(shop, ticket)


@pytest.mark.parametrize("fault", [whole_request(), item_alone()], ids=["whole request", "item alone"])
def test_a_change_that_is_never_answered_leaves_what_stood_and_holds_nobody_else(
    shop: Shop, fault: dict[str, Any]
) -> None:
    """What was voided for it is put back: the invoice stands as before, and is paid as before."""
    changed = ring_up_split(shop)
    night(shop)
    before = standing(shop, changed)
    edit(shop, changed, "add_line", price="4.75", name=TEXT, settle=True)
    new = ring_up(shop, lines=[{"price": "3.00"}])
    fail(shop, fault)
    night(shop)
    assert_all_fired(shop)
    assert told(shop)[new["ticket_id"]]["status"] == "posted"
    assert_left_for_later(shop, changed)
    assert standing(shop, changed) == before
    assert_given_up(shop, changed, "invoice")
    assert standing(shop, changed) == before
    totals = shop.get("books")["totals"]
    assert (totals["open_balance"], totals["unapplied"]) == ("0.00", "0.00")
    assert_right_once_resynced(shop, changed)


def test_a_changed_refund_that_is_never_answered_stays_as_it_stood(shop: Shop) -> None:
    night(shop)
    (refund, *_), (sale, *_) = of_kind(shop, "refund_receipt"), of_kind(shop, "invoice")
    before = standing(shop, refund)
    edit(shop, refund, "add_line", price="4.75", quantity="-1", name=TEXT, settle=True)
    edit(shop, sale, "set", tips="7.25", settle=True)
    fail(shop, item_alone())
    night(shop)
    assert told(shop)[sale["ticket_id"]]["status"] == "posted"
    assert_left_for_later(shop, refund)
    assert_given_up(shop, refund, "refund receipt")
    assert standing(shop, refund) == before
    assert_right_once_resynced(shop, refund)


def test_a_payment_that_is_never_answered_holds_nobody_else(shop: Shop) -> None:
    """While it is tried its invoice stands; given up, all of the ticket is taken back."""
    tenders = [{"amount": "4.00", "method": "Cash"}, {"amount": "6.00", "method": TEXT}]
    ticket = ring_up(shop, lines=[{"price": "10.00"}], payments=tenders)
    fail(shop, item_alone(entity="Payment"))
    night(shop)
    assert_all_fired(shop)
    rows = told(shop)
    assert rows.pop(ticket["ticket_id"])["status"] == "posting"
    assert {row["status"] for row in rows.values()} == {"posted"}
    assert_given_up(shop, ticket, "payment")
    assert_all_but(shop, ticket)
    assert_right_once_resynced(shop, ticket)
