"""Answers of what stands before QuickBooks: bodies too large, refusals in XML, statuses without a word.

A request answered with 4xx was not carried out.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from tests.target.failures import assert_all_fired, assert_only_skipped, fail, of_kind, ring_up
from tests.target.nights import (
    TEXT,
    assert_all_but,
    assert_given_up,
    assert_right,
    assert_right_once_resynced,
    made,
    night,
    whole_request,
)

if TYPE_CHECKING:
    from tests.shop import Shop

LONG_NAME = "Hand-stitched leather collar with a brass buckle, "


def too_large(size: int) -> dict[str, Any]:
    """Have the gateway refuse what is larger."""
    return {"do": "html", "status": 413, "match": {"larger_than": size, "every": 1}}


def ring_up_long(shop: Shop, lines: int = 60) -> dict[str, Any]:
    """Ring up a ticket of many lines with long names: about 500 bytes each."""
    return ring_up(shop, lines=[{"price": "1.00", "name": LONG_NAME * 5} for _ in range(lines)])


def test_a_batch_that_is_too_large_is_halved(shop: Shop) -> None:
    for _ in range(20):
        ring_up_long(shop)
    fail(shop, too_large(400_000))
    night(shop)
    assert_all_fired(shop)
    assert_right(shop)
    (rule,) = shop.get("faults")["rules"]
    assert rule["fired"] <= 3, "the same again and again"


def test_a_batch_is_halved_as_often_as_it_must_be(shop: Shop) -> None:
    """To single writes: each of these is almost as large as the gateway takes."""
    for _ in range(7):
        ring_up_long(shop)
    fail(shop, too_large(50_000))
    night(shop)
    assert_right(shop)


def test_a_document_that_is_too_large_for_itself_is_skipped(shop: Shop) -> None:
    ticket = ring_up_long(shop)
    fail(shop, too_large(20_000))
    night(shop)
    assert_all_but(shop, ticket)
    row = assert_given_up(shop, ticket, "413")
    assert "invoice" in row["reason"]
    assert_right_once_resynced(shop, ticket)


@pytest.mark.parametrize(("do", "batch_size"), [("broken_xml", 30), ("xml", 1)])
def test_a_refusal_in_xml_is_read(shop: Shop, do: str, batch_size: int) -> None:
    """Also where it is not well-formed, as it has been seen."""
    shop.configure_target(batch_size=batch_size)
    ticket = ring_up(shop, lines=[{"price": "9.50", "name": TEXT}])
    fail(shop, whole_request(do, code="6000"))
    result = shop.sync()
    assert_all_fired(shop)
    (row,) = assert_only_skipped(shop, result, "qbo_6000", ticket)
    assert "QuickBooks fault 6000: " in row["reason"]
    assert "Business Validation Error: Refused on order." in row["reason"]
    assert "<" not in row["reason"]
    assert_right_once_resynced(shop, ticket)


def test_a_payment_that_is_refused_in_xml_takes_its_ticket_back(shop: Shop) -> None:
    tenders = [{"amount": "4.00", "method": "Cash"}, {"amount": "6.00", "method": TEXT}]
    ticket = ring_up(shop, lines=[{"price": "10.00"}], payments=tenders)
    match = {"path": "/(payment|batch)", "body": f"{TEXT}.*PaymentRefNum|PaymentRefNum.*{TEXT}", "every": 1}
    fail(shop, {"do": "xml", "code": "6210", "match": match})
    result = shop.sync()
    assert_all_fired(shop)
    assert_only_skipped(shop, result, "qbo_6210", ticket)


@pytest.mark.parametrize(
    ("do", "status", "batch_size"), [("html", 400, 30), ("empty", 415, 30), ("empty", 400, 1), ("html", 415, 1)]
)
def test_a_refusal_without_a_fault_was_not_carried_out(shop: Shop, do: str, status: int, batch_size: int) -> None:
    """Refused is that one alone, and nothing was made of it."""
    shop.configure_target(batch_size=batch_size)
    ticket = ring_up(shop, lines=[{"price": "9.50", "name": TEXT}])
    fail(shop, whole_request(do, status=status))
    night(shop)
    assert_all_fired(shop)
    assert_all_but(shop, ticket)
    assert_given_up(shop, ticket, str(status))
    assert made(shop, ticket) == []
    assert_right_once_resynced(shop, ticket)


def test_a_change_that_is_refused_in_xml_leaves_what_stood(shop: Shop) -> None:
    night(shop)
    (ticket, *_) = of_kind(shop, "invoice")
    key = {"location_id": ticket["location_id"], "ticket_id": ticket["ticket_id"]}
    shop.post("tickets/edit", {"op": "add_line", "price": "4.75", "name": TEXT, "settle": True, **key})
    fail(shop, whole_request("xml", code="6000"))
    books = shop.get("books")
    night(shop)
    assert_given_up(shop, ticket, "Refused on order.")
    totals = shop.get("books")["totals"]
    assert totals["invoices"] == books["totals"]["invoices"]
    assert (totals["open_balance"], totals["unapplied"]) == ("0.00", "0.00")
    assert_right_once_resynced(shop, ticket)
