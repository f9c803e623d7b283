"""What people do beside the runs: a backup brought back, a document voided at a bad moment, payments of their own."""

from __future__ import annotations

import shutil
import sqlite3
from typing import TYPE_CHECKING

import pytest

from tests.shop import Shop
from tests.target.companies import by_hand, named
from tests.target.failures import documents_of, edit, kill_once_made, lose_the_ledger, ring_up, ring_up_split, told
from tests.target.rung_up import FEW_TICKETS

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from tests.target.failures import Ticket


@pytest.fixture
def shop(tmp_path: Path) -> Iterator[Shop]:
    with Shop(tmp_path, "--locations", "1", *FEW_TICKETS) as shop:
        yield shop


def day_of(shop: Shop) -> tuple[str, ...]:
    day: str = shop.ready["franpos"]["start_date"][:10]
    return ("--from", day, "--to", day)


def undo_and_sync(shop: Shop) -> None:
    assert shop.console("undo", *day_of(shop), "--yes").returncode == 0
    assert shop.console("sync", *day_of(shop)).returncode == 0


def assert_right(shop: Shop) -> None:
    assert shop.differences() == []
    assert shop.get("books")["totals"]["unapplied"] == "0.00"


def killed_once_the_invoice_is_made(shop: Shop, ticket: Ticket) -> str:
    """Kill a run when QuickBooks has made an invoice and not answered yet; returns the invoice's id."""
    kill_once_made(shop, "Invoice")
    (invoice,) = documents_of(shop, ticket)
    identity: str = invoice["id"]
    return identity


def change_at_the_till(shop: Shop, ticket: Ticket) -> None:
    edit(shop, ticket, "add_line", price="5.00", settle=True)
    assert shop.sync().returncode == 0


def post_anew(shop: Shop, _ticket: Ticket) -> None:
    undo_and_sync(shop)


@pytest.mark.parametrize("since", [change_at_the_till, post_anew])
def test_a_backup_of_the_ledger_learns_what_was_done_since(shop: Shop, since: Callable[[Shop, Ticket], None]) -> None:
    ticket = ring_up_split(shop)
    assert shop.sync().returncode == 0
    ledger = shop.folder / "ledger.db"
    with sqlite3.connect(ledger) as connection:
        connection.execute("PRAGMA wal_checkpoint(truncate)")
    shutil.copy(ledger, shop.folder / "backup.db")
    since(shop, ticket)
    lose_the_ledger(shop)
    shutil.copy(shop.folder / "backup.db", ledger)
    ring_up(shop, lines=[{"price": "9.00"}])
    assert shop.sync().returncode == 0
    assert_right(shop)
    assert shop.console("reconcile", *day_of(shop)).returncode == 0
    assert shop.console("resync", *day_of(shop)).returncode == 0
    assert_right(shop)


def test_what_was_voided_before_its_answer_was_written_down_is_made_anew(shop: Shop) -> None:
    assert shop.sync().returncode == 0
    ticket = ring_up_split(shop)
    invoice = killed_once_the_invoice_is_made(shop, ticket)
    shop.post("qbo/entity", {"op": "void", "entity": "Invoice", "id": invoice})
    assert shop.sync().returncode == 0
    assert_right(shop)


def test_rebuild_knows_what_a_killed_run_had_sent(shop: Shop) -> None:
    assert shop.sync().returncode == 0
    killed_once_the_invoice_is_made(shop, ring_up_split(shop))
    rebuilt = shop.console("rebuild")
    assert rebuilt.returncode == 0, rebuilt.stderr
    assert shop.sync().returncode == 0
    assert_right(shop)


@pytest.mark.parametrize("notes", ["kept", "replaced"])
def test_a_ticket_is_undone_and_posted_as_often_as_wanted_where_numbers_are_checked(shop: Shop, notes: str) -> None:
    """Whether or not a voided document still tells by its note that it was ours."""
    shop.post("qbo", {"options": {"custom_txn_numbers": True, "void_notes": notes}})
    ring_up_split(shop)
    assert shop.sync().returncode == 0
    for _ in range(2):
        undo_and_sync(shop)
    assert_right(shop)


def test_a_tender_corrected_while_the_ledger_was_lost_is_corrected(shop: Shop) -> None:
    ticket = ring_up_split(shop)
    assert shop.sync().returncode == 0
    lose_the_ledger(shop)
    assert shop.console("rebuild").returncode == 0
    edit(shop, ticket, "correct_tender", method="Gift Card", keep_id=True)
    assert shop.sync().returncode == 0
    assert_right(shop)


def test_an_invoice_with_somebody_s_payment_is_left_alone(shop: Shop) -> None:
    """Voided, it would leave that payment as open credit, which QuickBooks puts on any next invoice."""
    ticket = ring_up_split(shop)
    assert shop.sync().returncode == 0
    invoice, payment, *_ = told(shop)[ticket["ticket_id"]]["documents"]
    shop.post("qbo/entity", {"op": "void", "entity": "Payment", "id": payment["id"]})
    (row,) = [one for one in shop.get("qbo-entities?entity=Invoice")["Invoice"] if one["Id"] == invoice["id"]]
    by_hand(
        shop,
        "Payment",
        CustomerRef=row["CustomerRef"],
        TotalAmt=payment["amount"],
        TxnDate=row["TxnDate"],
        PaymentMethodRef=named(shop, "PaymentMethod", "Cash"),
        Line=[{"Amount": payment["amount"], "LinkedTxn": [{"TxnId": invoice["id"], "TxnType": "Invoice"}]}],
    )
    edit(shop, ticket, "void")
    assert shop.sync().returncode == 0
    assert told(shop)[ticket["ticket_id"]]["code"] == "paid_otherwise"
    assert shop.get("books")["totals"]["unapplied"] == "0.00"
    assert len(documents_of(shop, ticket)) == 1


def test_lines_changed_by_hand_are_named_and_put_back(shop: Shop) -> None:
    """The total is the same, but the income stands on another account."""
    ticket = ring_up(shop, lines=[{"price": "10.00"}], tips="2.00")
    assert shop.sync().returncode == 0
    (invoice,) = documents_of(shop, ticket)
    shop.post(
        "qbo/entity",
        {
            "op": "update",
            "entity": "Invoice",
            "body": {
                "Id": invoice["id"],
                "sparse": True,
                "Line": [
                    {
                        "DetailType": "SalesItemLineDetail",
                        "Amount": 12,
                        "SalesItemLineDetail": {"ItemRef": named(shop, "Item", "Tips")},
                    }
                ],
            },
        },
    )
    proof = shop.console("reconcile", *day_of(shop))
    assert proof.returncode == 1
    assert "lines from 2.00 + 10.00 to 12.00" in " ".join(proof.stdout.split())
    assert shop.console("resync", ticket["ticket_id"]).returncode == 0
    (mended,) = documents_of(shop, ticket)
    assert [(line["item"], line["amount"]) for line in mended["lines"]] == [("Product", "10.00"), ("Tips", "2.00")]
    assert shop.console("reconcile", *day_of(shop)).returncode == 0
    assert_right(shop)
