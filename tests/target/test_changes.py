"""Tickets that change at the till after they were posted: the books follow, and nothing else moves."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from tests.shop import Shop


def _tickets(shop: Shop, kind: str, payments: int) -> list[dict[str, Any]]:
    """Return clean tickets with that kind of document and that many payments."""
    return [
        ticket
        for ticket in shop.get("tickets")
        if ticket["dirt"] is None
        and ticket["expected"]["kind"] == kind
        and len(ticket["expected"]["payments"]) == payments
    ]


def _edit(shop: Shop, ticket: dict[str, Any], op: str, **what: Any) -> None:
    shop.post(
        "tickets/edit", {"op": op, "location_id": ticket["location_id"], "ticket_id": ticket["ticket_id"], **what}
    )


def _documents(shop: Shop, ticket: dict[str, Any]) -> list[dict[str, Any]]:
    mark = f"order {ticket['ticket_id']};"
    return [document for document in shop.get("books")["documents"] if mark in document["private_note"]]


def test_changes_at_the_till_are_carried_into_the_books(small_shop: Shop) -> None:
    assert small_shop.sync().returncode == 0
    paid_once = _tickets(small_shop, "invoice", 1)
    split = _tickets(small_shop, "invoice", 2)
    refunds = _tickets(small_shop, "refund_receipt", 0)
    untouched = {document["id"]: document for document in small_shop.get("books")["documents"]}
    edited = [*paid_once[:4], split[0], refunds[0], refunds[1]]
    _edit(small_shop, paid_once[0], "set", tips="7.25", settle=True)
    _edit(small_shop, paid_once[1], "void")
    _edit(small_shop, paid_once[2], "set", channel="Delivery")
    _edit(small_shop, paid_once[3], "set", order_discount="0.50", settle=True)
    _edit(small_shop, split[0], "void")
    _edit(small_shop, refunds[0], "void")
    _edit(small_shop, refunds[1], "set", tax="-1.11", settle=True)
    small_shop.calls()
    changed = small_shop.sync()
    assert changed.returncode == 0, changed.stderr
    assert small_shop.differences() == []
    assert small_shop.calls()["reads"] <= 4 * len(edited)
    marks = [f"order {ticket['ticket_id']};" for ticket in edited]
    for document in small_shop.get("books")["documents"]:
        if not any(mark in document["private_note"] for mark in marks):
            assert document == untouched[document["id"]], "a document nobody changed was touched"
    assert small_shop.sync().returncode == 0
    assert small_shop.calls()["writes"] == 0, "what was carried over once is not carried over again"


def test_an_invoice_keeps_its_number_and_id_when_its_ticket_changes(small_shop: Shop) -> None:
    assert small_shop.sync().returncode == 0
    ticket = _tickets(small_shop, "invoice", 1)[0]
    (before,) = _documents(small_shop, ticket)
    _edit(small_shop, ticket, "set", tips="3.00", settle=True)
    assert small_shop.sync().returncode == 0
    (after,) = _documents(small_shop, ticket)
    assert (before["id"], before["doc_number"]) == (after["id"], after["doc_number"])
    assert before["total"] != after["total"]
    assert small_shop.get("books")["totals"]["unapplied"] == "0.00"


def test_a_ticket_that_became_inconsistent_keeps_its_documents(small_shop: Shop) -> None:
    assert small_shop.sync().returncode == 0
    ticket = _tickets(small_shop, "invoice", 1)[0]
    before = _documents(small_shop, ticket)
    _edit(small_shop, ticket, "set", total="99999.00")
    assert small_shop.sync().returncode == 0
    assert _documents(small_shop, ticket) == before
    skipped = [row for row in small_shop.rows() if row["status"] == "skipped"]
    (found,) = [row for row in skipped if row["ticket_id"] == ticket["ticket_id"]]
    assert found["code"] == "changed_inconsistent"
    assert found["documents"]


def test_a_deposited_payment_leaves_everything_as_it_is(small_shop: Shop) -> None:
    assert small_shop.sync().returncode == 0
    ticket = _tickets(small_shop, "invoice", 1)[0]
    before = _documents(small_shop, ticket)
    small_shop.post(
        "qbo/entity", {"op": "deposit_payment", "entity": "Payment", "id": before[0]["linked_payments"][0]["id"]}
    )
    _edit(small_shop, ticket, "void")
    assert small_shop.sync().returncode == 0
    assert _documents(small_shop, ticket)[0]["total"] == before[0]["total"]
    skipped = [row for row in small_shop.rows() if row["status"] == "skipped"]
    (found,) = [row for row in skipped if row["ticket_id"] == ticket["ticket_id"]]
    assert found["code"] == "qbo_6540"
    assert "take it off the deposit" in found["reason"]


def test_changes_are_left_alone_where_the_settings_say_so(small_shop: Shop) -> None:
    assert small_shop.sync().returncode == 0
    ticket = _tickets(small_shop, "invoice", 1)[0]
    before = _documents(small_shop, ticket)
    _edit(small_shop, ticket, "set", tips="3.00", settle=True)
    small_shop.configure_target(on_change="skip")
    assert small_shop.sync().returncode == 0
    assert _documents(small_shop, ticket) == before


@pytest.mark.parametrize(
    ("do", "path"), [("500_after", "operation=void"), ("drop_after", "/payment"), ("drop_before", "/invoice")]
)
def test_a_change_that_is_cut_short_is_finished_by_the_next_run(small_shop: Shop, do: str, path: str) -> None:
    assert small_shop.sync().returncode == 0
    paid_once = _tickets(small_shop, "invoice", 1)
    _edit(small_shop, paid_once[0], "set", tips="7.25", settle=True)
    _edit(small_shop, paid_once[1], "void")
    small_shop.post("faults", [{"where": "qbo", "do": do, "match": {"path": path, "method": "POST"}, "times": 2}])
    small_shop.sync()
    small_shop.forget_faults()
    last = small_shop.sync()
    assert last.returncode == 0, last.stderr
    assert small_shop.differences() == []


def test_a_corrected_receipt_number_makes_no_second_invoice(small_shop: Shop) -> None:
    assert small_shop.sync().returncode == 0
    ticket = _tickets(small_shop, "invoice", 1)[0]
    (before,) = _documents(small_shop, ticket)
    _edit(small_shop, ticket, "set", receipt_number="CORRECTED-1")
    assert small_shop.sync().returncode == 0
    assert small_shop.differences() == []
    (after,) = _documents(small_shop, ticket)
    assert (before["id"], before["doc_number"]) == (after["id"], after["doc_number"])
    assert "CORRECTED-1" in after["private_note"]


def test_a_void_cut_short_and_taken_back_at_the_till(small_shop: Shop) -> None:
    assert small_shop.sync().returncode == 0
    ticket = _tickets(small_shop, "invoice", 1)[0]
    _edit(small_shop, ticket, "void")
    small_shop.post(
        "faults", [{"where": "qbo", "do": "503", "match": {"path": "/invoice", "method": "POST", "every": 1}}]
    )
    assert small_shop.sync().returncode == 0, "that ticket alone is left, and its payments are put back"
    assert small_shop.get("books")["totals"]["open_balance"] == "0.00"
    small_shop.forget_faults()
    _edit(small_shop, ticket, "unvoid")
    assert small_shop.sync().returncode == 0
    assert small_shop.differences() == []


def test_a_change_refused_half_way_is_never_called_posted(small_shop: Shop) -> None:
    assert small_shop.sync().returncode == 0
    ticket = _tickets(small_shop, "invoice", 1)[0]
    (product,) = [item for item in small_shop.get("qbo-entities?entity=Item")["Item"] if item["Name"] == "Product"]
    small_shop.post("qbo/entity", {"op": "inactivate", "entity": "Item", "id": product["Id"]})
    _edit(small_shop, ticket, "set", tips="3.00", settle=True)
    assert small_shop.sync().returncode == 0, "the item is reactivated, the change goes through"
    assert small_shop.differences() == []


def test_a_voided_ticket_that_comes_back_where_numbers_are_checked(small_shop: Shop) -> None:
    small_shop.post("qbo", {"options": {"custom_txn_numbers": True}})
    assert small_shop.sync().returncode == 0
    ticket = _tickets(small_shop, "invoice", 1)[0]
    _edit(small_shop, ticket, "void")
    assert small_shop.sync().returncode == 0
    _edit(small_shop, ticket, "unvoid")
    assert small_shop.sync().returncode == 0
    assert small_shop.differences() == []
    small_shop.calls()
    assert small_shop.sync().returncode == 0
    assert small_shop.calls()["writes"] == 0
