"""Stale ids (610, 2500) and stale tokens (5010): looked up again and done again, never for ever."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.target.failures import (
    assert_all_fired,
    assert_only_skipped,
    assert_right,
    documents_of,
    edit,
    mark,
    of_kind,
    refuse,
    ring_up,
    ring_up_split,
    told,
)

if TYPE_CHECKING:
    from tests.shop import Shop

TIPS = {"invoice": "7.25", "refund_receipt": "-7.25"}


@pytest.mark.parametrize("code", ["610", "2500"])
def test_a_stale_id_is_looked_up_again_in_the_same_run(shop: Shop, code: str) -> None:
    for entity in ("Invoice", "RefundReceipt", "Payment"):
        refuse(shop, code, entity=entity)
    assert_right(shop, shop.sync())
    assert_all_fired(shop)


@pytest.mark.parametrize("code", ["610", "2500"])
def test_what_stays_stale_skips_its_ticket(shop: Shop, code: str) -> None:
    tickets = [*of_kind(shop, "invoice")[:2], of_kind(shop, "refund_receipt")[0]]
    for entity, ticket in zip(("Invoice", "Payment", "RefundReceipt"), tickets, strict=True):
        refuse(shop, code, entity=entity, body=mark(ticket), times=99)
    result = shop.sync()
    assert [rule["fired"] for rule in shop.get("faults")["rules"]] == [2, 2, 2]
    assert_only_skipped(shop, result, f"qbo_{code}", *tickets)


@pytest.mark.parametrize("code", ["610", "2500"])
def test_a_stale_id_in_a_change(shop: Shop, code: str) -> None:
    assert shop.sync().returncode == 0
    for kind, entity in (("invoice", "Invoice"), ("refund_receipt", "RefundReceipt")):
        edit(shop, of_kind(shop, kind)[0], "set", tips=TIPS[kind], settle=True)
        refuse(shop, code, entity=entity, operation="update")
    assert_right(shop, shop.sync())
    assert_all_fired(shop)


def test_a_change_with_a_stale_token_is_done_again(shop: Shop) -> None:
    ring_up(shop, lines=[{"price": "-5.00", "quantity": "1"}])
    assert_right(shop, shop.sync())
    for kind in ("invoice", "refund_receipt"):
        voided, changed, *_ = of_kind(shop, kind)
        edit(shop, voided, "void")
        edit(shop, changed, "set", tips=TIPS[kind], settle=True)
    for entity, operation in (
        ("Payment", "void"),
        ("Invoice", "void"),
        ("Invoice", "update"),
        ("RefundReceipt", "delete"),
        ("RefundReceipt", "update"),
    ):
        refuse(shop, "5010", entity=entity, operation=operation)
    assert_right(shop, shop.sync())
    assert_all_fired(shop)


@pytest.mark.parametrize("entity", ["Payment", "Invoice"])
def test_what_is_taken_back_with_a_stale_token_is_taken_back_all_the_same(shop: Shop, entity: str) -> None:
    ticket = ring_up_split(shop)
    refuse(shop, "6000", entity="Payment", operation="create", body=mark(ticket))
    refuse(shop, "5010", entity=entity, operation="void")
    result = shop.sync()
    assert_all_fired(shop)
    assert_only_skipped(shop, result, "qbo_6000", ticket)


def test_a_name_is_reactivated_with_a_stale_token_all_the_same(shop: Shop) -> None:
    for row in shop.get("qbo-entities?entity=PaymentMethod")["PaymentMethod"]:
        shop.post("qbo/entity", {"op": "inactivate", "entity": "PaymentMethod", "id": row["Id"]})
    ring_up(shop, lines=[{"price": "5.00"}])
    refuse(shop, "5010", entity="PaymentMethod", operation="update")
    assert_right(shop, shop.sync())
    assert_all_fired(shop)


def test_a_token_that_is_always_stale_before_anything_was_touched(shop: Shop) -> None:
    """Nothing is half done, and the ticket says what is the matter."""
    assert shop.sync().returncode == 0
    (ticket,) = of_kind(shop, "refund_receipt")
    before = documents_of(shop, ticket)
    edit(shop, ticket, "set", tips=TIPS["refund_receipt"], settle=True)
    refuse(shop, "5010", entity="RefundReceipt", operation="update", times=99)
    result = shop.sync()
    assert result.returncode == 0, result.stderr
    row = told(shop)[ticket["ticket_id"]]
    assert (row["status"], row["code"]) == ("skipped", "qbo_5010")
    assert documents_of(shop, ticket) == before


def test_a_token_that_is_always_stale_half_way(shop: Shop) -> None:
    """The payment is off already when the invoice is refused: it is put back, and the ticket says why."""
    assert shop.sync().returncode == 0
    ticket = of_kind(shop, "invoice")[0]
    before = documents_of(shop, ticket)
    edit(shop, ticket, "set", tips=TIPS["invoice"], settle=True)
    refuse(shop, "5010", entity="Invoice", operation="update", times=99)
    result = shop.sync()
    assert result.returncode == 0, result.stderr
    row = told(shop)[ticket["ticket_id"]]
    assert (row["status"], row["code"]) == ("skipped", "qbo_5010")
    (after,) = documents_of(shop, ticket)
    assert (after["total"], after["balance"]) == (before[0]["total"], "0.00")
    shop.forget_faults()
    resync = shop.console("resync", ticket["ticket_id"])
    assert resync.returncode == 0, resync.stdout
    assert shop.differences() == []
