"""A payment that QuickBooks can't put on its invoice: voided at once, or never made; its ticket says why."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from tests.shop import Shop
from tests.target.companies import by_hand, named
from tests.target.failures import documents_of, fail, kill_once_made, mark, ring_up_split, told
from tests.target.rung_up import FEW_TICKETS

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.target.failures import Ticket

PAYMENTS = {"do": "503", "match": {"path": r"/(batch|payment)\?", "entity": "Payment", "every": 1}}


@pytest.fixture
def shop(tmp_path: Path) -> Iterator[Shop]:
    with Shop(tmp_path, "--locations", "1", *FEW_TICKETS) as shop:
        assert shop.sync().returncode == 0
        yield shop


def left_unpaid(shop: Shop) -> tuple[Ticket, str]:
    """Have a run post an invoice and not come to its payments; returns the ticket and the invoice's id."""
    ticket = ring_up_split(shop)
    fail(shop, PAYMENTS)
    assert shop.sync().returncode == 0, "it alone is left for the next run"
    shop.forget_faults()
    (invoice,) = documents_of(shop, ticket)
    return ticket, str(invoice["id"])


def pay_by_hand(shop: Shop, ticket: Ticket, amount: int, *invoices: str) -> str:
    """Enter a payment of the guest customer; returns its id."""
    made = by_hand(
        shop,
        "Payment",
        CustomerRef=named(shop, "Customer", "Guest Customer"),
        PrivateNote="by hand",
        TotalAmt=amount,
        TxnDate=ticket["business_date"],
        Line=[{"Amount": amount, "LinkedTxn": [{"TxnId": one, "TxnType": "Invoice"}]} for one in invoices],
    )
    return str(made["Id"])


def of_ours(shop: Shop, ticket: Ticket) -> list[dict[str, Any]]:
    """Return the payments of a ticket that stand."""
    return [one for one in shop.get("books")["payments"] if mark(ticket) in one["private_note"] and not one["voided"]]


def assert_skipped(shop: Shop, ticket: Ticket, code: str, says: str) -> None:
    row = told(shop)[ticket["ticket_id"]]
    assert (row["status"], row["code"]) == ("skipped", code)
    assert says in row["reason"]
    assert of_ours(shop, ticket) == []


def assert_right(shop: Shop, ticket: Ticket) -> None:
    assert shop.console("resync", ticket["ticket_id"]).returncode == 0
    assert shop.differences() == []
    totals = shop.get("books")["totals"]
    assert (totals["open_balance"], totals["unapplied"]) == ("0.00", "0.00")


@pytest.mark.parametrize("op", ["void", "delete"])
def test_an_invoice_that_is_gone_before_it_was_paid_gets_no_payment(shop: Shop, op: str) -> None:
    ticket, invoice = left_unpaid(shop)
    shop.post("qbo/entity", {"op": op, "entity": "Invoice", "id": invoice})
    assert shop.sync().returncode == 0
    assert_skipped(shop, ticket, "gone", "was voided or deleted in QuickBooks before it was paid")
    assert shop.calls()["by_entity"]["Payment"].keys() == {"create"}
    assert_right(shop, ticket)


def test_an_invoice_that_a_person_paid_meanwhile_gets_no_payment(shop: Shop) -> None:
    ticket, invoice = left_unpaid(shop)
    by_person = pay_by_hand(shop, ticket, 7, invoice)
    shop.calls()
    assert shop.sync().returncode == 0
    assert_skipped(shop, ticket, "paid_otherwise", "only 3.00 is open in QuickBooks, and payments of 10.00")
    assert shop.console("resync", ticket["ticket_id"]).returncode == 1
    assert_skipped(shop, ticket, "paid_otherwise", "only 3.00 is open in QuickBooks, and payments of 10.00")
    assert shop.calls()["writes"] == 0
    shop.post("qbo/entity", {"op": "delete", "entity": "Payment", "id": by_person})
    assert_right(shop, ticket)


def test_the_invoices_of_several_tickets_are_looked_at_in_one_read(shop: Shop) -> None:
    tickets = [ring_up_split(shop) for _ in range(4)]
    fail(shop, PAYMENTS)
    assert shop.sync().returncode == 3
    shop.forget_faults()
    shop.calls()
    assert shop.sync().returncode == 0
    # Their payments, which were sent and never answered; what was made since; and their invoices.
    assert shop.calls()["reads"] <= 3
    assert shop.differences() == []
    assert {told(shop)[ticket["ticket_id"]]["status"] for ticket in tickets} == {"posted"}


@pytest.mark.parametrize("answers", [True, False])
def test_a_payment_whose_invoice_open_credit_had_paid_is_voided_at_once(shop: Shop, answers: bool) -> None:  # noqa: FBT001
    """Also where the void is not answered: then the next run does it, and posts nothing as paid."""
    ticket = ring_up_split(shop)
    credit = pay_by_hand(shop, ticket, 10)
    shop.configure_target(batch_size=1)
    if not answers:
        fail(shop, {"do": "503", "match": {"path": "include=void", "every": 1}})
        assert shop.sync().returncode == 3
        assert told(shop)[ticket["ticket_id"]]["status"] == "posting"
        shop.forget_faults()
    assert shop.sync().returncode == 0
    says = "of invoice" if not answers else "so it was voided again: the invoice is paid otherwise"
    assert_skipped(shop, ticket, "paid_otherwise", says)
    totals = shop.get("books")["totals"]
    assert (totals["open_balance"], totals["unapplied"]) == ("0.00", "0.00")
    shop.post("qbo/entity", {"op": "delete", "entity": "Payment", "id": credit})
    assert_right(shop, ticket)


def test_a_payment_that_was_left_as_credit_before_its_answer_was_written_down_is_voided(shop: Shop) -> None:
    ticket = ring_up_split(shop)
    kill_once_made(shop, "Payment")
    (invoice,) = documents_of(shop, ticket)
    shop.post("qbo/entity", {"op": "void", "entity": "Invoice", "id": invoice["id"]})
    assert shop.get("books")["totals"]["unapplied"] != "0.00"
    assert shop.sync().returncode == 0
    assert_skipped(shop, ticket, "gone", "was voided or deleted in QuickBooks before it was paid")
    assert shop.get("books")["totals"]["unapplied"] == "0.00"
    assert_right(shop, ticket)
