"""Faults that say nothing of the document: it may have been made, or not; or the service is half away.

They are passing: looked up, then sent again. Whatever the reason of a skip, nothing is made before it was looked up.
Which words say nothing is shown by `test_faults_table.py`; each of them is met here in one case or another.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from tests.target.failures import (
    Ticket,
    assert_all_fired,
    assert_stopped_then_right,
    edit,
    fail,
    mark,
    of_kind,
    ring_up,
    ring_up_split,
    told,
)
from tests.target.nights import assert_right, made, night

if TYPE_CHECKING:
    from tests.shop import Shop

AGAIN, ALONE, INTERNAL = "6000 again", "6000 -30000", "6000 -30003"
DOCUMENTS = ("Invoice", "Payment", "RefundReceipt")
LISTS = ("Account", "Customer", "Item", "PaymentMethod")


def refuse(shop: Shop, code: str, *entities: str, do: str = "refuse", **match: Any) -> None:
    """Have writes of these entities answered with a fault."""
    fail(shop, *({"do": do, "code": code, "match": {"entity": entity, **match}} for entity in entities))


def nights(shop: Shop) -> None:
    """Run a night, and one more for what it may have left for later."""
    night(shop)
    assert {row["status"] for row in told(shop).values()} <= {"posted", "posting", "voided"}
    night(shop)


def assert_made_once(shop: Shop, ticket: Ticket, *entities: str) -> None:
    """Assert that a ticket stands right and that nothing of it was ever made twice."""
    assert_right(shop)
    assert made(shop, ticket) == sorted(entities)


@pytest.mark.parametrize(("code", "batch_size"), [(AGAIN, 30), (INTERNAL, 1)])
def test_what_was_not_made_is_sent_again(shop: Shop, code: str, batch_size: int) -> None:
    shop.configure_target(batch_size=batch_size)
    refuse(shop, code, *DOCUMENTS, first=1)
    nights(shop)
    assert_all_fired(shop)
    assert_right(shop)


def test_a_name_that_was_not_made_is_sent_again(shop: Shop) -> None:
    refuse(shop, ALONE, *LISTS, first=1)
    nights(shop)
    assert_all_fired(shop)
    assert_right(shop)


def test_a_name_that_was_made_is_found(shop: Shop) -> None:
    shop.post("qbo", {"options": {"requestid": "ignored"}})
    refuse(shop, INTERNAL, *LISTS, do="refuse_after", first=1)
    nights(shop)
    assert_all_fired(shop)
    assert_right(shop)
    for entity in LISTS:
        rows = shop.get(f"qbo-entities?entity={entity}")[entity]
        names = [(row.get("DisplayName") or row["Name"]).casefold() for row in rows]
        assert len(names) == len(set(names))


@pytest.mark.parametrize(
    ("code", "requestid", "batch_size"),
    [(AGAIN, "ignored", 30), (ALONE, "honoured", 30), (INTERNAL, "ignored", 1)],
)
def test_what_was_made_is_adopted_and_paid(shop: Shop, code: str, requestid: str, batch_size: int) -> None:
    shop.configure_target(batch_size=batch_size)
    shop.post("qbo", {"options": {"requestid": requestid}})
    ticket = ring_up_split(shop)
    refuse(shop, code, *DOCUMENTS, do="refuse_after", first=1)
    nights(shop)
    assert_all_fired(shop)
    assert_made_once(shop, ticket, "Invoice", "Payment", "Payment")
    assert shop.console("resync", ticket["ticket_id"]).returncode == 0
    assert_made_once(shop, ticket, "Invoice", "Payment", "Payment")


def test_what_was_made_and_then_changed_at_the_till_is_changed(shop: Shop) -> None:
    ticket = ring_up(shop, lines=[{"price": "9.00"}])
    refuse(shop, INTERNAL, "Invoice", do="refuse_after", body=mark(ticket), every=1)
    night(shop)
    shop.forget_faults()
    edit(shop, ticket, "add_line", price="5.00", settle=True)
    nights(shop)
    assert_right(shop)
    assert made(shop, ticket).count("Invoice") == 1


@pytest.mark.parametrize(("code", "do"), [(AGAIN, "refuse"), (INTERNAL, "refuse_after")])
def test_a_change_that_may_have_been_made(shop: Shop, code: str, do: str) -> None:
    """Updates, voids and deletes: repeated, or found done."""
    night(shop)
    changed, voided, *_ = of_kind(shop, "invoice")
    (back, *_) = of_kind(shop, "refund_receipt")
    edit(shop, changed, "set", tips="7.25", settle=True)
    edit(shop, voided, "void")
    edit(shop, back, "void")
    for operation, entity in (
        ("update", "Invoice"),
        ("void", "Payment"),
        ("void", "Invoice"),
        ("delete", "RefundReceipt"),
    ):
        refuse(shop, code, entity, do=do, operation=operation, first=1)
    nights(shop)
    assert_all_fired(shop)
    assert_right(shop)


@pytest.mark.parametrize(("code", "change"), [("2030", False), ("6000", True), ("6210", False)])
def test_nothing_is_made_before_it_was_looked_up_whatever_it_was_skipped_for(
    shop: Shop,
    code: str,
    change: bool,  # noqa: FBT001
) -> None:
    """A fault that is as definite as can be, and the document was made all the same."""
    ticket = ring_up(shop, lines=[{"price": "9.00"}])
    refuse(shop, code, "Invoice", do="refuse_after", body=mark(ticket))
    night(shop)
    assert_all_fired(shop)
    shop.forget_faults()
    if change:
        edit(shop, ticket, "correct_tender", method="Check")
        nights(shop)
    else:
        assert shop.console("resync", ticket["ticket_id"]).returncode == 0
    assert_right(shop)
    assert made(shop, ticket).count("Invoice") == 1


@pytest.mark.parametrize(("code", "known"), [("500", False), ("120", True)])
def test_a_service_that_refuses_every_write_stops_the_run_and_skips_nobody(
    shop: Shop,
    code: str,
    known: bool,  # noqa: FBT001
) -> None:
    if known:
        night(shop)
        for price in ("3.00", "4.00", "5.00"):
            ring_up(shop, lines=[{"price": price}])
    fail(shop, {"do": "refuse", "code": code, "match": {"every": 1}})
    stopped = shop.sync()
    assert {row["status"] for row in told(shop).values()} <= {"received", "posting", "posted"}
    assert_stopped_then_right(shop, stopped, 3, "next run")


def test_a_service_that_refuses_batches_as_a_whole_and_single_writes_too_is_away(shop: Shop) -> None:
    night(shop)
    for price in ("3.00", "4.00", "5.00"):
        ring_up(shop, lines=[{"price": price}])
    fail(
        shop,
        {"do": "refuse", "code": "500", "match": {"entity": "Batch", "every": 1}},
        {"do": "refuse", "code": "500", "match": {"every": 1}},
    )
    stopped = shop.sync()
    assert stopped.returncode == 3, stopped.stderr
    assert {row["status"] for row in told(shop).values()} <= {"received", "posting", "posted"}
    shop.forget_faults()
    night(shop)
    assert_right(shop)


@pytest.mark.parametrize("code", ["500", "120"])
def test_a_service_that_refuses_some_writes_holds_nobody_else(shop: Shop, code: str) -> None:
    for entity, each in (("Invoice", 3), ("Payment", 2)):
        fail(shop, {"do": "refuse", "code": code, "match": {"entity": entity, "every": each}, "times": 2})
    nights(shop)
    assert_all_fired(shop)
    assert_right(shop)
