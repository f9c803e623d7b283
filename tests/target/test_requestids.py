"""The second line: an identical sending has the requestid it had, one made again on purpose has another."""

from __future__ import annotations

import math
import sqlite3
import sys
import time
from collections import Counter
from typing import TYPE_CHECKING

import pytest

from tests.shop import Shop, run
from tests.target.failures import fail, kill_when, ring_up_split

if TYPE_CHECKING:
    import subprocess
    from collections.abc import Iterator
    from pathlib import Path

DOCUMENTS = r"/(batch|invoice|payment|refundreceipt)\?"
IMPATIENT = (
    "import target_qbo.qbo.client as client, target_qbo.target as target;"
    "client._READ_SECONDS = client._BATCH_READ_SECONDS = 1; target.main()"
)


@pytest.fixture
def busy_shop(tmp_path: Path) -> Iterator[Shop]:
    """So many tickets that QuickBooks is known to be away before any of them is sent alone."""
    with Shop(tmp_path, "--locations", "1", "--days", "2", "--dirty", "0.1") as shop:
        yield shop.lay_ledger()


def request_ids(shop: Shop, *states: str) -> dict[tuple[int, str, str], str]:
    """Return the requestids in the ledger of the documents in some states."""
    with sqlite3.connect(shop.folder / "ledger.db") as ledger:
        listed = ", ".join(f"'{state}'" for state in states)
        query = f"SELECT unit, kind, number, request_id FROM documents WHERE state IN ({listed})"  # noqa: S608
        return {(unit, kind, number): request for unit, kind, number, request in ledger.execute(query)}


def impatient_target(shop: Shop, messages: str) -> subprocess.CompletedProcess[str]:
    """Run the target with a second's patience for answers."""
    return run([sys.executable, "-c", IMPATIENT, "--config", str(shop.target_config)], messages)


def test_what_left_nothing_is_sent_again_under_the_same_requestid(busy_shop: Shop) -> None:
    busy_shop.configure_target(max_concurrency=2, batch_size=10)
    busy_shop.post("faults", {"where": "qbo", "do": "503", "match": {"path": DOCUMENTS, "every": 1}})
    assert busy_shop.sync().returncode == 3
    first = request_ids(busy_shop, "sending", "missing")
    assert len(first) >= 20
    busy_shop.forget_faults()
    busy_shop.configure_target(settle_seconds=0.1)
    busy_shop.calls()
    assert busy_shop.sync().returncode == 0
    kinds = Counter(kind for _, kind, _ in first)
    assert busy_shop.calls()["reads"] == sum(math.ceil(number / 30) for number in kinds.values())
    second = request_ids(busy_shop, "posted")
    assert {key: second[key] for key in first} == first
    assert busy_shop.differences() == []


def test_a_voided_document_of_before_changes_no_requestid(busy_shop: Shop) -> None:
    """What was undone has the number of what is made anew: it says nothing of a sending that may still be executing."""
    busy_shop.configure_target(max_concurrency=2, batch_size=10)
    assert busy_shop.sync().returncode == 0
    days = sorted(ticket["business_date"] for ticket in busy_shop.get("tickets"))
    period = ("--from", days[0], "--to", days[-1])
    assert busy_shop.console("undo", *period, "--yes").returncode == 0
    busy_shop.post("faults", {"where": "qbo", "do": "503", "match": {"path": DOCUMENTS, "every": 1}})
    assert busy_shop.console("resync", *period).returncode == 3
    first = request_ids(busy_shop, "sending", "missing")
    assert len(first) >= 20
    busy_shop.forget_faults()
    busy_shop.configure_target(settle_seconds=0.1)
    assert busy_shop.sync().returncode == 0
    second = request_ids(busy_shop, "posted")
    assert {key: second[key] for key in first} == first
    assert busy_shop.differences() == []


def test_what_was_looked_up_in_vain_is_looked_up_once_more_in_a_later_run(small_shop: Shop) -> None:
    """It may have been executed after all; its requestid alone is not to be relied on."""
    assert small_shop.sync().returncode == 0
    with sqlite3.connect(small_shop.folder / "ledger.db") as ledger:
        ledger.execute("UPDATE documents SET state = 'missing', missed = 1, qbo_id = NULL WHERE kind != 'payment'")
        ledger.execute("UPDATE tickets SET pending = 1 WHERE status = 'posted'")
        ledger.execute("UPDATE units SET stands = 'part' WHERE stands = 'whole'")
    small_shop.calls()
    assert small_shop.sync().returncode == 0
    assert small_shop.calls()["writes"] == 0
    assert small_shop.differences() == []


def test_a_second_attempt_has_another_requestid(small_shop: Shop) -> None:
    """What is remembered under the first may be a failure."""
    small_shop.post("faults", {"where": "qbo", "do": "503", "match": {"path": DOCUMENTS, "every": 1}})
    for _ in range(2):
        assert small_shop.sync().returncode == 3
    twice = request_ids(small_shop, "sending", "missing")
    small_shop.forget_faults()
    assert small_shop.sync().returncode == 0
    after = request_ids(small_shop, "posted")
    assert twice
    assert all(after[key] != request for key, request in twice.items())
    assert small_shop.differences() == []


@pytest.mark.parametrize("batch_size", [1, 30])
def test_what_is_executed_after_it_was_looked_up_is_not_doubled(small_shop: Shop, batch_size: int) -> None:
    """Sent, given up, looked up in vain, sent again: only then the first comes to be executed."""
    small_shop.configure_target(settle_seconds=0, batch_size=batch_size)
    small_shop.post("faults", {"where": "qbo", "do": "slow", "seconds": 4, "match": {"path": DOCUMENTS, "nth": 2}})
    result = impatient_target(small_shop, small_shop.tap().stdout)
    assert result.returncode == 0, result.stderr
    deadline = time.monotonic() + 20
    while small_shop.get("qbo-calls")["replayed"] < 1:
        assert time.monotonic() < deadline, "the slow requests were never executed, or never again under their id"
        time.sleep(0.1)
    assert small_shop.differences() == []


@pytest.mark.parametrize("batch_size", [1, 30])
def test_what_a_killed_run_sent_is_looked_up_when_it_can_no_longer_be_executed(
    small_shop: Shop, batch_size: int
) -> None:
    """The run after it begins at once, and QuickBooks pays no heed to requestids."""
    small_shop.configure_target(settle_seconds=0.1, batch_size=batch_size, minute_seconds=1.2)  # three s of patience
    small_shop.post("qbo", {"options": {"requestid": "ignored"}})
    fail(small_shop, {"do": "slow", "seconds": 2.5, "match": {"path": DOCUMENTS, "nth": 2}})
    kill_when(small_shop, lambda: bool(small_shop.get("faults")["rules"][0]["fired"]))
    killed = time.monotonic()
    result = small_shop.sync()
    assert result.returncode == 0, result.stderr
    time.sleep(max(0.0, killed + 3 - time.monotonic()))  # until what was slow is executed in any case
    assert small_shop.differences() == []


def test_a_payment_made_again_on_purpose_has_another_requestid(small_shop: Shop) -> None:
    assert small_shop.sync().returncode == 0
    before = request_ids(small_shop, "posted")
    tickets = (ticket for ticket in small_shop.get("tickets") if ticket["dirt"] is None)
    ticket = next(ticket for ticket in tickets if len(ticket["expected"].get("payments", ())) == 1)
    key = {"location_id": ticket["location_id"], "ticket_id": ticket["ticket_id"]}
    small_shop.post("tickets/edit", {"op": "set", "tips": "3.21", "settle": True} | key)
    assert small_shop.sync().returncode == 0
    voided = request_ids(small_shop, "voided")
    again = request_ids(small_shop, "posted")
    assert voided
    assert all(again[one] != request == before[one] for one, request in voided.items())
    assert small_shop.differences() == []


def test_payments_of_split_tickets_that_are_executed_late_are_not_doubled(small_shop: Shop) -> None:
    for _ in range(8):
        ring_up_split(small_shop)
    small_shop.configure_target(max_concurrency=1, batch_size=16, settle_seconds=0)
    late = {"where": "qbo", "do": "slow", "seconds": 4, "match": {"path": DOCUMENTS, "entity": "Payment", "nth": 1}}
    small_shop.post("faults", late)
    result = impatient_target(small_shop, small_shop.tap().stdout)
    assert result.returncode == 0, result.stderr
    deadline = time.monotonic() + 20
    while small_shop.get("qbo-calls")["replayed"] < 1:
        assert time.monotonic() < deadline, "the slow request was never executed, or never again under its id"
        time.sleep(0.1)
    assert small_shop.differences() == []
