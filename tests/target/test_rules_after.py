"""The accounting rules' table *After posting*: what changes at the till, or by hand in QuickBooks, after a run."""

from __future__ import annotations

import sqlite3
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pytest

from tests.shop import Shop
from tests.target.failures import edit
from tests.target.rung_up import FEW_TICKETS, Order, RungUp, change_record, lines_of, ring_up_all, synced

if TYPE_CHECKING:
    from collections.abc import Iterator

DAY_BEFORE = {"created_at": "2026-03-03T23:30:00-07:00", "business_date": "2026-03-03"}
CASH_AND_CHECK = [{"amount": "4.00", "method": "Cash"}, {"amount": "6.00", "method": "Check"}]


def _sale(**what: Any) -> Order:
    return {"lines": [{"price": "10.00", "discount": "1.00", "discount_name": "First"}], **what}


def _split() -> Order:
    return {"lines": [{"price": "10.00"}], "payments": CASH_AND_CHECK}


def _back(*tenders: str) -> Order:
    amount = "-10.00" if len(tenders) == 1 else "-5.00"
    payments = [{"method": method, "amount": amount} for method in tenders]
    return {"lines": [{"price": "10.00", "quantity": "-1"}], "payments": payments}


ORDERS: dict[str, Order] = {
    "untouched": _sale(),
    "method": _sale(),
    "method, same row": _sale(),
    "points": _split(),
    "amount": _split(),
    "discount": _sale(),
    "text": _sale(),
    "date": _split(),
    "turned": _split(),
    "turned back": _back("Cash"),
    "refund": _back("Cash"),
    "refund's tender": _back("Cash", "Visa"),
    "voided": _split(),
    "refund voided": _back("Cash"),
    "paid late": {"lines": [{"price": "10.00"}], "payments": [{"amount": "4.00"}]},
    "too little": _split(),
    "negative": _split(),
    "taken and given back": _split(),
    "deposited": _split(),
    "on_change": _sale(),
    "on_change, voided": _back("Cash"),
    "deleted by hand": _sale(),
    "voided by hand": _sale(),
    "refund deleted by hand": _back("Cash"),
}
POSTED = (
    *("untouched", "method", "method, same row", "points", "amount", "discount", "text", "date", "turned"),
    *("turned back", "refund", "refund's tender", "paid late", "taken and given back"),
)


@dataclass(frozen=True, slots=True)
class Phases:
    """The books after the first run, after the edits, after edits that are to be left, after what was done by hand.

    Attributes:
        sent: What QuickBooks took from the first run on, in order.
        writes: How many writes the run after the bookkeeper's own doings made.
    """

    first: RungUp
    edited: RungUp
    left: RungUp
    by_hand: RungUp
    changed: RungUp
    sent: list[dict[str, Any]]
    writes: int


@pytest.fixture(scope="module")
def phases(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Phases]:
    with Shop(tmp_path_factory.mktemp("after"), "--locations", "1", *FEW_TICKETS) as shop:
        tickets = ring_up_all(shop, ORDERS)
        first = synced(shop, tickets)
        shop.calls()
        _edit(first)
        messages = change_record(shop.tap().stdout, tickets["date"], **DAY_BEFORE)
        edited = synced(shop, tickets, messages)
        sent = shop.get("payloads")["payloads"]
        shop.configure_target(on_change="skip")
        edit(shop, tickets["on_change"], "set", tips="3.00", settle=True)
        edit(shop, tickets["on_change, voided"], "void")
        left = synced(shop, tickets, change_record(shop.tap().stdout, tickets["date"], **DAY_BEFORE))
        shop.configure_target(on_change="update")
        _by_hand(first)
        shop.calls()
        by_hand = synced(shop, tickets, change_record(shop.tap().stdout, tickets["date"], **DAY_BEFORE))
        writes = shop.calls()["writes"]
        for name in ("deleted by hand", "voided by hand", "refund deleted by hand"):
            edit(shop, tickets[name], "set", tips="1.00", settle=True)
        changed = synced(shop, tickets, change_record(shop.tap().stdout, tickets["date"], **DAY_BEFORE))
        yield Phases(first, edited, left, by_hand, changed, sent, writes)


def _edit(rung: RungUp) -> None:
    """Change tickets at the till."""
    shop, tickets = rung.shop, rung.tickets
    edit(shop, tickets["method"], "correct_tender", method="Check")
    edit(shop, tickets["method, same row"], "correct_tender", method="Check", keep_id=True)
    edit(shop, tickets["points"], "correct_tender", method="Reward Points")
    edit(shop, tickets["amount"], "set", tips="1.00", settle=True)
    edit(shop, tickets["discount"], "edit_line", discount_name="Second")
    edit(shop, tickets["text"], "edit_line", sales_person="Bo")
    edit(shop, tickets["turned"], "remove_payment")
    edit(shop, tickets["turned"], "edit_line", quantity="-1")
    edit(shop, tickets["turned"], "set", total="-10.00")
    edit(shop, tickets["turned"], "correct_tender", amount="-10.00")
    edit(shop, tickets["turned back"], "edit_line", quantity="1", settle=True)
    edit(shop, tickets["refund"], "set", tax="-1.11", settle=True)
    edit(shop, tickets["refund's tender"], "correct_tender", method="Check", keep_id=True)
    edit(shop, tickets["voided"], "void")
    edit(shop, tickets["refund voided"], "void")
    edit(shop, tickets["paid late"], "add_payment", amount="6.00", method="Visa")
    edit(shop, tickets["too little"], "remove_payment")
    edit(shop, tickets["negative"], "correct_tender", amount="-1.00", method="Visa", keep_id=True)
    edit(shop, tickets["negative"], "add_payment", amount="5.00", method="Cash")
    for amount in ("8.00", "-8.00"):
        edit(shop, tickets["taken and given back"], "add_payment", amount=amount, method="Cash")
    shop.post("qbo/entity", {"op": "deposit_payment", "entity": "Payment", "id": rung.payments("deposited")[1]["id"]})
    edit(shop, tickets["deposited"], "void")


def _by_hand(rung: RungUp) -> None:
    """Have a bookkeeper delete and void documents; their payments first, so that no credit is left open."""
    for name, entity, op in (
        ("deleted by hand", "Invoice", "delete"),
        ("voided by hand", "Invoice", "void"),
        ("refund deleted by hand", "RefundReceipt", "delete"),
    ):
        for payment in rung.payments(name):
            rung.shop.post("qbo/entity", {"op": op, "entity": "Payment", "id": payment["id"]})
        rung.shop.post("qbo/entity", {"op": op, "entity": entity, "id": rung.document(name)["id"]})


def _same_invoice(phases: Phases, name: str) -> bool:
    before, after = phases.first.document(name), phases.edited.document(name)
    return (before["id"], before["doc_number"], before["entity"]) == (after["id"], after["doc_number"], after["entity"])


def _ids(rung: RungUp, name: str) -> list[str]:
    return [payment["id"] for payment in rung.payments(name)]


def test_what_was_edited_is_posted_and_nothing_is_left_open(phases: Phases) -> None:
    assert {phases.edited.row(name)["status"] for name in POSTED} == {"posted"}
    totals = phases.edited.books["totals"]
    assert (totals["open_balance"], totals["unapplied"]) == ("0.00", "0.00")


def test_an_untouched_ticket_stays_as_it_is(phases: Phases) -> None:
    assert phases.first.document("untouched") == phases.edited.document("untouched")
    assert phases.first.payments("untouched") == phases.edited.payments("untouched")


@pytest.mark.parametrize("name", ["method", "method, same row"])
def test_a_corrected_method_makes_the_payment_anew_and_voids_the_old_one(phases: Phases, name: str) -> None:
    assert _same_invoice(phases, name)
    assert (phases.first.paid(name), phases.edited.paid(name)) == ([("Cash", "9.00")], [("Check", "9.00")])
    (old,) = _ids(phases.first, name)
    (voided,) = [payment for payment in phases.edited.books["payments"] if payment["id"] == old]
    assert (voided["voided"], voided["amount"]) == (True, "0.00")


def test_a_tender_that_turns_into_points_leaves_the_invoice_smaller(phases: Phases) -> None:
    assert _same_invoice(phases, "points")
    assert lines_of(phases.edited.document("points"))[1:] == [("Reward points", "1", "-4", "-4.00")]
    assert phases.edited.paid("points") == [("Check", "6.00")]
    assert _ids(phases.edited, "points") == _ids(phases.first, "points")[1:]


def test_only_the_payment_that_differs_is_redone(phases: Phases) -> None:
    assert _same_invoice(phases, "amount")
    assert phases.edited.paid("amount") == [("Cash", "4.00"), ("Check", "7.00")]
    before, after = _ids(phases.first, "amount"), _ids(phases.edited, "amount")
    assert before[0] == after[0]
    assert before[1] != after[1]


def test_a_tender_taken_later_and_given_back_leaves_the_payments_as_they_are(phases: Phases) -> None:
    assert phases.first.document("taken and given back") == phases.edited.document("taken and given back")
    assert phases.first.payments("taken and given back") == phases.edited.payments("taken and given back")


def test_what_differs_is_redone_where_all_amounts_are_the_same(phases: Phases) -> None:
    for name in ("discount", "text"):
        assert _same_invoice(phases, name)
        assert phases.first.document(name)["total"] == phases.edited.document(name)["total"]
        assert _ids(phases.first, name) == _ids(phases.edited, name)
    assert lines_of(phases.edited.document("discount"))[1] == ("Second", "1", "-1", "-1.00")
    assert phases.edited.document("text")["lines"][0]["description"].endswith("Sold by Bo")


def test_another_date_is_carried_to_the_invoice_and_all_its_payments(phases: Phases) -> None:
    assert _same_invoice(phases, "date")
    assert phases.edited.document("date")["txn_date"] == "2026-03-03"
    assert [payment["date"] for payment in phases.edited.payments("date")] == ["2026-03-03"] * 2
    assert phases.edited.paid("date") == phases.first.paid("date")


def test_where_the_kind_turns_the_old_document_goes_and_the_new_one_comes(phases: Phases) -> None:
    refund, invoice = phases.edited.document("turned"), phases.edited.document("turned back")
    assert (refund["entity"], refund["total"]) == ("RefundReceipt", "10.00")
    assert phases.edited.payments("turned") == []
    assert (invoice["entity"], invoice["total"]) == ("Invoice", "10.00")
    assert phases.edited.paid("turned back") == [("Cash", "10.00")]


def test_an_edited_refund_receipt_is_updated(phases: Phases) -> None:
    assert _same_invoice(phases, "refund")
    document = phases.edited.document("refund")
    assert (document["total"], lines_of(document)[1]) == ("11.11", ("Tax", "1", "1.11", "1.11"))
    assert _same_invoice(phases, "refund's tender")
    document = phases.edited.document("refund's tender")
    assert document["payment_method"] == "Check"
    assert document["private_note"].endswith("Refunded by Check 5.00, Visa 5.00")


def test_a_void_voids_the_payments_before_the_invoice(phases: Phases) -> None:
    assert phases.edited.documents("voided") == []
    assert phases.edited.payments("voided") == []
    assert phases.edited.row("voided")["status"] == "voided"
    invoice = phases.first.document("voided")["id"]
    gone = [("Payment", payment) for payment in _ids(phases.first, "voided")]
    order = [(one["entity"], one["body"].get("Id")) for one in phases.sent]
    places = [order.index(one) for one in (*gone, ("Invoice", invoice))]
    assert max(places) == places[-1]
    (voided,) = [one for one in phases.edited.books["documents"] if (one["entity"], one["id"]) == ("Invoice", invoice)]
    assert (voided["voided"], voided["total"], voided["balance"]) == (True, "0.00", "0.00")


def test_a_voided_refund_is_deleted_and_the_ledger_keeps_what_stood(phases: Phases) -> None:
    document = phases.first.document("refund voided")
    rows = phases.edited.shop.get("qbo-entities?entity=RefundReceipt")["RefundReceipt"]
    assert document["id"] not in {row["Id"] for row in rows}
    row = phases.edited.row("refund voided")
    assert (row["status"], row["documents"]) == ("voided", [])
    with sqlite3.connect(phases.edited.shop.folder / "ledger.db") as ledger:
        kept = ledger.execute("SELECT kind, state FROM documents WHERE number = ?", [document["doc_number"]]).fetchall()
    assert kept == [("refund_receipt", "voided")]


def test_a_late_tender_makes_a_skipped_ticket_whole(phases: Phases) -> None:
    assert phases.first.why_not("paid late")[0] == "unpaid"
    assert phases.edited.paid("paid late") == [("Cash", "4.00"), ("Credit Card", "6.00")]


@pytest.mark.parametrize(("name", "figures"), [("too little", "6.00"), ("negative", "Visa -1.00")])
def test_what_became_inconsistent_keeps_its_documents(phases: Phases, name: str, figures: str) -> None:
    row = phases.edited.row(name)
    assert (row["status"], row["code"]) == ("skipped", "changed_inconsistent")
    assert figures in row["reason"]
    assert phases.edited.document(name) == phases.first.document(name)
    assert phases.edited.payments(name) == phases.first.payments(name)
    assert len(row["documents"]) == 3


def test_a_deposited_payment_leaves_its_ticket_untouched(phases: Phases) -> None:
    row = phases.edited.row("deposited")
    assert (row["status"], row["code"]) == ("skipped", "qbo_6540")
    assert "take it off the deposit" in row["reason"]
    assert phases.edited.document("deposited") == phases.first.document("deposited")
    assert phases.edited.paid("deposited") == phases.first.paid("deposited")


@pytest.mark.parametrize("name", ["on_change", "on_change, voided"])
def test_changes_are_left_where_the_settings_say_so(phases: Phases, name: str) -> None:
    row = phases.left.row(name)
    assert (row["status"], row["code"]) == ("skipped", "changed")
    assert "as they were" in row["reason"]
    assert phases.left.document(name) == phases.first.document(name)


@pytest.mark.parametrize("name", ["deleted by hand", "voided by hand", "refund deleted by hand"])
def test_what_someone_took_out_of_quickbooks_is_left_so(phases: Phases, name: str) -> None:
    assert phases.writes == 0
    assert phases.by_hand.documents(name) == []
    assert phases.changed.documents(name) == [], "a later change at the till brings nothing back by itself"
    assert phases.changed.payments(name) == []
    row = phases.changed.row(name)
    assert (row["status"], row["code"]) == ("skipped", "gone")
    assert "voided or deleted in QuickBooks" in row["reason"]
