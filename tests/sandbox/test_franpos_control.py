"""Edits at the till through the control routes: the API's rows and the truth follow together."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import pytest

from tests.sandbox.franpos_site import Site, amount

if TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.fixture
def site() -> Iterator[Site]:
    with Site() as started:
        yield started


@pytest.fixture
def sale(site: Site) -> dict[str, Any]:
    """A clean sale with one tender."""
    return next(
        one
        for one in site.truth()
        if one["lines"] > 1 and [row["amount"] for row in one["expected"]["payments"]] == [one["total"]]
    )


def rows(site: Site, endpoint: str, ticket: dict[str, Any]) -> list[dict[str, Any]]:
    return [row for row in site.dump(endpoint) if str(row["OrderId"]) == ticket["ticket_id"]]


def test_void(site: Site, sale: dict[str, Any]) -> None:
    after = site.edit("void", sale["ticket_id"])
    assert (after["voided"], after["dirt"], after["expected"]["kind"]) == (True, None, "none")
    (order,) = rows(site, "v1/orders", sale)
    assert order["IsVoided"] is True
    assert order["ModifiedOn"] > order["CreatedOn"]
    assert site.edit("unvoid", sale["ticket_id"]) == sale


def test_corrected_tender_has_a_new_id(site: Site, sale: dict[str, Any]) -> None:
    (before,) = rows(site, "v1/orderPayments", sale)
    after = site.edit("correct_tender", sale["ticket_id"], method="Gift Card")
    assert after["expected"]["payments"] == [{"method": "Gift Card", "amount": sale["total"]}]
    (row,) = rows(site, "v1/orderPayments", sale)
    assert row["PaymentMethod"] == "Gift Card"
    assert row["OrderPaymentId"] > before["OrderPaymentId"]
    site.edit("correct_tender", sale["ticket_id"], method="Check", keep_id=True)
    (again,) = rows(site, "v1/orderPayments", sale)
    assert (again["PaymentMethod"], again["OrderPaymentId"]) == ("Check", row["OrderPaymentId"])


def test_payment_taken_off_and_taken_late(site: Site, sale: dict[str, Any]) -> None:
    assert site.edit("remove_payment", sale["ticket_id"])["dirt"] == "unpaid"
    assert not rows(site, "v1/orderPayments", sale)
    late = site.edit("add_payment", sale["ticket_id"], amount=sale["total"], paid_at="2026-03-12T20:00:00-07:00")
    assert late["dirt"] is None
    (row,) = rows(site, "v1/orderPayments", sale)
    assert row["CreatedOnUTC"] == "2026-03-13T03:00:00"


def test_edited_line_with_and_without_settling(site: Site, sale: dict[str, Any]) -> None:
    assert site.edit("edit_line", sale["ticket_id"], price="1000.00")["dirt"] == "lines_mismatch"
    after = site.edit("edit_line", sale["ticket_id"], price="500.00", settle=True)
    assert after["dirt"] is None
    assert Decimal(after["total"]) > 400
    assert sum(Decimal(one["amount"]) for one in after["expected"]["payments"]) == Decimal(after["total"])
    (order,) = rows(site, "v1/orders", sale)
    assert amount(order["Total"]) == Decimal(after["total"])


def test_lines_come_and_go(site: Site, sale: dict[str, Any]) -> None:
    more = site.edit("add_line", sale["ticket_id"], price="2.50", quantity="2", settle=True)
    assert (more["lines"], more["dirt"]) == (sale["lines"] + 1, None)
    assert Decimal(more["total"]) == Decimal(sale["total"]) + 5
    line = max(row["OrderItemId"] for row in rows(site, "v2/orderitems", sale))
    less = site.edit("remove_line", sale["ticket_id"], line_id=line, settle=True)
    assert less == sale


def test_change_comes_into_force_at_its_moment(site: Site, sale: dict[str, Any]) -> None:
    assert site.edit("set", sale["ticket_id"], tips="1.00", at="2026-03-20T00:00:00+00:00", settle=True) == sale
    site.post("/control/franpos", {"now": "2026-03-20T00:00:00+00:00"})
    (after,) = [one for one in site.truth() if one == sale | {"total": one["total"], "expected": one["expected"]}]
    assert Decimal(after["total"]) == Decimal(sale["total"]) + 1


def test_new_ticket(site: Site) -> None:
    made = site.edit(
        "add",
        created_at="2026-03-05T12:00:00-07:00",
        lines=[{"name": "Bone", "price": "10.00", "quantity": -1, "discount": "1.00", "discount_name": "Sale"}],
        tax="-0.70",
        payments=[{"method": "Visa", "amount": "-9.70"}],
    )
    assert (made["business_date"], made["total"], made["dirt"]) == ("2026-03-05", "-9.70", None)
    assert made["expected"] == {
        "kind": "refund_receipt",
        "document_total": "9.70",
        "payments": [],
        "method": "Credit Card",
    }
    (item,) = rows(site, "v2/orderitems", made)
    assert (item["Name"], item["DiscountName"], amount(item["Discount"])) == ("Bone", "Sale", Decimal(1))
    assert made in site.truth()


def test_late_payment_of_an_old_ticket_is_in_the_window_of_its_own_day() -> None:
    with Site(now=datetime(2026, 5, 1, tzinfo=UTC)) as site:
        ticket = site.truth()[0]
        site.edit("add_payment", ticket["ticket_id"], amount="1.00", paid_at="2026-04-20T12:00:00+00:00")
        (row,) = site.dump("v1/orderPayments", "2026-04-20", 1)
        assert str(row["OrderId"]) == ticket["ticket_id"]


@pytest.mark.parametrize(
    "body",
    [
        {"op": "explode"},
        {"op": "set", "colour": "red"},
        {"op": "set", "total": "a lot"},
        {"op": "add_payment"},
        {"op": "add_payment", "amount": 1, "paid_at": "2026-03-05T12:00:00"},
        {"op": "correct_tender", "payment_id": 1, "method": "Cash"},
        {"op": "edit_line", "kind": "Thing"},
        {"op": "void", "ticket_id": 1},
        {"op": "void", "location_id": 7},
    ],
)
def test_an_edit_that_makes_no_sense_is_refused(site: Site, sale: dict[str, Any], body: dict[str, Any]) -> None:
    common = {"location_id": 101, "ticket_id": sale["ticket_id"]}
    status, answer = site.post("/control/tickets/edit", common | body)
    assert (status, set(answer)) == (400, {"error"})
    assert sale in site.truth()


@pytest.mark.parametrize(
    "body", [{"quotas": 1}, {"quota": "many"}, {"down": 1}, {"now": "2026-03-05T12:00:00"}, {"used": {"7": 1}}, []]
)
def test_a_switch_that_makes_no_sense_is_refused(site: Site, body: object) -> None:
    before = site.get("/control/franpos", token=None)
    assert site.post("/control/franpos", body)[0] == 400
    assert site.get("/control/franpos", token=None) == before


def test_truth_can_be_narrowed(site: Site) -> None:
    _, some = site.get("/control/tickets", token=None, location_id=102, **{"from": "2026-03-05", "to": "2026-03-06"})
    assert len(some) == 72
    assert {(one["location_id"], one["business_date"]) for one in some} == {
        ("102", "2026-03-05"),
        ("102", "2026-03-06"),
    }


def test_counts_can_be_reset_but_the_quota_stays_used(site: Site) -> None:
    site.dump("v1/orders")
    status, counts = site.post("/control/franpos-calls/reset", {})
    assert (status, counts) == (200, {"successful": 0, "by_endpoint": {}, "by_location": {}, "all": 0})
    assert site.get("/control/franpos", token=None)[1]["used"] == {"101": 1, "102": 0}
