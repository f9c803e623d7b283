"""Answers that get lost, servers that fail, processes that die: every document once all the same."""

from __future__ import annotations

import json
import signal
import subprocess
import time
from typing import Any

import pytest

from tests.forks import start
from tests.shop import BIN, Shop
from tests.target.failures import lose_the_ledger, ring_up
from tests.target.rung_up import change_record

COLD_READS = 11  # of the company's lists, then of its documents
DOCUMENTS = r"/(batch|invoice|payment|refundreceipt)\b"


@pytest.mark.parametrize(
    ("do", "match", "requestid"),
    [
        ("drop_after", {"path": "/batch", "nth": 1}, "honoured"),
        ("drop_before", {"path": "/batch", "nth": 1}, "batch_creates_twice"),
        ("500_after", {"path": "/batch", "nth": 2}, "batch_creates_twice"),
        ("html_after", {"path": "/batch", "nth": 1}, "batch_answers_6000"),
        ("drop_after", {"path": DOCUMENTS, "every": 2}, "batch_creates_twice"),
        ("expire_token", {"path": DOCUMENTS, "every": 2}, "honoured"),
    ],
)
def test_a_lost_answer_is_looked_up_not_sent_twice(
    small_shop: Shop, do: str, match: dict[str, Any], requestid: str
) -> None:
    """Whether or not QuickBooks honours the requestid: the number is looked up first."""
    small_shop.post("qbo", {"options": {"requestid": requestid}})
    small_shop.post("faults", [{"where": "qbo", "do": do, "match": match, "retry_after": 1}])
    first = small_shop.sync()
    assert small_shop.get("faults")["fired"], "the failure did not happen"
    small_shop.forget_faults()
    if first.returncode:
        assert first.returncode == 3, first.stderr
    last = small_shop.sync()
    assert last.returncode == 0, last.stderr
    assert small_shop.differences() == []


def test_quickbooks_down_stops_early_and_the_next_run_goes_on(small_shop: Shop) -> None:
    small_shop.post("faults", [{"where": "qbo", "do": "503", "match": {"path": DOCUMENTS, "every": 1}}])
    stopped = small_shop.sync()
    assert stopped.returncode == 3, stopped.stderr
    assert "next run" in stopped.stderr.splitlines()[-1]
    assert json.loads(stopped.stdout.splitlines()[-1])["bookmarks"], "what was received has its STATE"
    small_shop.forget_faults()
    assert small_shop.target("").returncode == 0
    assert small_shop.differences() == []


@pytest.mark.parametrize("after", [0.2, 0.9])
def test_a_killed_target_is_finished_by_the_next_run(small_shop: Shop, after: float) -> None:
    small_shop.post("qbo", {"limits": {"latency_ms": 150, "latency_item_ms": 10}})
    small_shop.configure_target(minute_seconds=0.6)
    messages = small_shop.tap().stdout
    command = [str(BIN / "target-qbo"), "--config", str(small_shop.target_config)]
    with start(command, stdin=subprocess.PIPE, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as process:
        assert process.stdin is not None
        process.stdin.write(messages)
        process.stdin.close()
        while not small_shop.get("books")["documents"] and process.poll() is None:
            time.sleep(0.02)
        time.sleep(after)
        process.send_signal(signal.SIGKILL)
    last = small_shop.target(messages)
    assert last.returncode == 0, last.stderr
    assert small_shop.differences() == []


@pytest.mark.parametrize("names", [True, False])
def test_a_lost_ledger_is_made_up_from_quickbooks(small_shop: Shop, names: bool) -> None:  # noqa: FBT001
    """Whether or not QuickBooks' answers name the payment methods beside their ids."""
    small_shop.post("qbo", {"options": {"ref_names": names}})
    assert small_shop.sync().returncode == 0
    documents = len(small_shop.get("books")["documents"])
    for path in small_shop.folder.glob("ledger.db*"):
        path.unlink()
    small_shop.configure_target(refresh_token=small_shop.post("qbo", {"reconnect": True})["refresh_token"])
    small_shop.calls()
    again = small_shop.sync()
    assert again.returncode == 0, again.stderr
    calls = small_shop.calls()
    assert calls["writes"] == 0
    assert calls["reads"] <= COLD_READS
    day = small_shop.ready["franpos"]["start_date"][:10]
    proof = small_shop.console("reconcile", "--from", day, "--to", day)
    assert "payment method from" not in proof.stdout
    assert len(small_shop.get("books")["documents"]) == documents
    assert small_shop.differences() == []


def test_a_payment_that_is_refused_takes_its_invoice_back(small_shop: Shop) -> None:
    """A closed gift card method: the invoice goes through, one payment does not, nothing may stay behind."""
    small_shop.configure_target(deposit_accounts={"Cash": "Sales of Product Income"})
    result = small_shop.sync()
    assert result.returncode == 0, result.stderr
    books = small_shop.get("books")
    assert books["totals"]["open_balance"] == "0.00"
    assert books["totals"]["unapplied"] == "0.00"
    skipped = [row for row in small_shop.rows() if row["status"] == "skipped"]
    refused = {ticket["ticket_id"] for ticket in skipped if ticket["code"].startswith("qbo_")}
    cash = {
        ticket["ticket_id"]
        for ticket in small_shop.get("tickets")
        if any(payment["method"] == "Cash" for payment in ticket["expected"]["payments"])
    }
    assert refused >= cash > set()
    standing = [document["private_note"] for document in books["documents"] if not document["voided"]]
    assert not [note for note in standing for ticket in refused if f"order {ticket};" in note]


def test_a_closed_period_skips_its_tickets_and_says_so(small_shop: Shop) -> None:
    tickets = small_shop.get("tickets")
    first_day = min(ticket["business_date"] for ticket in tickets)
    small_shop.post("qbo", {"options": {"book_close_date": first_day}})
    assert small_shop.sync().returncode == 0
    documents = small_shop.get("books")["documents"]
    assert documents
    assert {document["txn_date"] for document in documents} & {first_day} == set()
    skipped = [row for row in small_shop.rows() if row["status"] == "skipped"]
    closed = [ticket for ticket in skipped if ticket["code"] == "qbo_6210"]
    assert {ticket["business_date"] for ticket in closed} == {first_day}
    assert all(f"closed up to and including {first_day}" in ticket["reason"] for ticket in closed)


def test_a_payment_without_its_invoice_is_no_part_of_a_new_one(small_shop: Shop) -> None:
    """The invoice was deleted by hand and the ledger lost: the orphaned payment is credit, not a payment of ours."""
    assert small_shop.sync().returncode == 0
    document = next(d for d in small_shop.get("books")["documents"] if d["linked_payments"])
    small_shop.post("qbo/entity", {"op": "delete", "entity": "Invoice", "id": document["id"]})
    for path in small_shop.folder.glob("ledger.db*"):
        path.unlink()
    small_shop.configure_target(refresh_token=small_shop.post("qbo", {"reconnect": True})["refresh_token"])
    again = small_shop.sync()
    assert again.returncode == 0, again.stderr
    assert small_shop.differences() == []


def test_a_ledger_from_a_backup_posts_nothing_twice(small_shop: Shop) -> None:
    messages = small_shop.tap().stdout
    tickets = [line for line in messages.splitlines() if '"stream":"tickets","record"' in line]
    first = messages.replace("\n".join(tickets[-10:]) + "\n", "")
    assert small_shop.target(first).returncode == 0
    ledger = small_shop.folder / "ledger.db"
    backup = ledger.read_bytes()
    assert small_shop.target(messages).returncode == 0
    for path in small_shop.folder.glob("ledger.db*"):
        path.unlink()
    ledger.write_bytes(backup)
    small_shop.configure_target(refresh_token=small_shop.post("qbo", {"reconnect": True})["refresh_token"])
    restored = small_shop.target(messages)
    assert restored.returncode == 0, restored.stderr
    assert small_shop.differences() == []


def test_a_wall_of_429_is_no_outage(small_shop: Shop) -> None:
    small_shop.post(
        "faults", [{"where": "qbo", "do": "429", "match": {"path": DOCUMENTS}, "times": 12, "retry_after": 1}]
    )
    result = small_shop.sync()
    assert result.returncode == 0, result.stderr
    assert small_shop.differences() == []


@pytest.mark.parametrize("entity", ["PaymentMethod", "Account", "Customer"])
def test_what_was_made_inactive_is_found_again(small_shop: Shop, entity: str) -> None:
    messages = small_shop.tap().stdout
    tickets = [line for line in messages.splitlines() if '"stream":"tickets","record"' in line]
    assert small_shop.target(messages.replace("\n".join(tickets[-len(tickets) // 2 :]) + "\n", "")).returncode == 0
    names = {"PaymentMethod": "Cash", "Account": "Discounts given", "Customer": "Guest Customer"}
    field = "DisplayName" if entity == "Customer" else "Name"
    rows = small_shop.get(f"qbo-entities?entity={entity}")[entity]
    (row,) = [row for row in rows if row[field] == names[entity]]
    small_shop.post("qbo/entity", {"op": "inactivate", "entity": entity, "id": row["Id"]})
    result = small_shop.target(messages)
    assert result.returncode == 0, result.stderr
    assert small_shop.differences() == []


def test_a_receipt_number_that_reads_voided_is_no_void(small_shop: Shop) -> None:
    """A document of 0 is found again as it stands, whatever its till calls it."""
    ticket = ring_up(small_shop, lines=[{"price": "0.00"}])
    messages = change_record(small_shop.tap().stdout, ticket, number="Voided 7")
    assert small_shop.target(messages).returncode == 0
    lose_the_ledger(small_shop)
    small_shop.calls()
    assert small_shop.target(messages).returncode == 0
    assert small_shop.calls()["writes"] == 0
    assert small_shop.differences() == []
