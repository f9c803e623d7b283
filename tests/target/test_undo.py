"""``franpos-qbo undo``: what a period or a run posted goes out of the books, and comes again only when asked for."""

from __future__ import annotations

import json
import subprocess
import time
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import pytest
import simplejson

from tests.forks import start
from tests.shop import BIN, Shop
from tests.target.failures import (
    assert_all_fired,
    documents_of,
    edit,
    fail,
    of_kind,
    refuse,
    ring_up_split,
    told,
    without,
)
from tests.target.test_sync_command import watched

if TYPE_CHECKING:
    from collections.abc import Iterator

FIRST, SECOND = "2026-03-04", "2026-03-05"
DAY = ("--from", FIRST, "--to", FIRST)


@pytest.fixture(scope="module")
def two_days(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shop]:
    """Two clean days, each posted by a run of its own."""
    options = ("--locations", "1", "--days", "2", "--tickets-per-day", "20", "--dirty", "0")
    with Shop(tmp_path_factory.mktemp("undo"), *options) as shop:
        for day in (FIRST, SECOND):
            assert shop.console("sync", "--from", day, "--to", day).returncode == 0
        assert shop.differences() == []
        yield shop


def undo(shop: Shop, *arguments: str, code: int = 0) -> dict[str, Any]:
    """Undo without being asked, and return what JSON it printed."""
    result = shop.console("undo", *arguments, "--yes", "--format", "json")
    assert result.returncode == code, result.stderr
    found: dict[str, Any] = simplejson.loads(result.stdout, use_decimal=True)
    return found


def standing(shop: Shop) -> dict[str, list[dict[str, Any]]]:
    """Return what stands in the books, by date: documents and payments."""
    books = shop.get("books")
    found: dict[str, list[dict[str, Any]]] = {}
    for document in [*books["documents"], *books["payments"]]:
        if not document["voided"]:
            found.setdefault(document.get("txn_date") or document["date"], []).append(document)
    return found


def assert_nothing_open(shop: Shop) -> None:
    totals = shop.get("books")["totals"]
    assert (totals["open_balance"], totals["unapplied"]) == ("0.00", "0.00")


def test_a_day_undone_stays_so_until_it_is_synced_again(two_days: Shop) -> None:
    before = standing(two_days)
    sales = [one for one in before[FIRST] if one.get("entity") == "Invoice"]
    done = undo(two_days, *DAY)
    assert standing(two_days) == {SECOND: before[SECOND]}, "nothing of the other day was touched"
    assert_nothing_open(two_days)
    assert (done["tickets"], done["undone"], done["left"]) == (20, 20, [])
    assert done["planned"] == done["documents"]
    invoices = next(one for one in done["documents"] if one["kind"] == "invoice")
    assert (invoices["count"], invoices["amount"]) == (len(sales), sum(Decimal(one["total"]) for one in sales))
    rows = [row for row in told(two_days).values() if row["business_date"] == FIRST]
    assert {(row["status"], row["documents"] == []) for row in rows} == {("undone", True)}
    assert all("undone on 2" in row["reason"] for row in rows)

    two_days.calls()
    assert two_days.sync().returncode == 0
    assert two_days.calls()["writes"] == 0, "a full refresh leaves undone what is undone"
    assert two_days.console("sync", *DAY).returncode == 0
    assert two_days.differences() == []
    assert_nothing_open(two_days)


def test_a_run_is_undone_by_its_number(two_days: Shop) -> None:
    undo(two_days, *DAY)
    assert two_days.console("sync", *DAY).returncode == 0
    runs = json.loads(two_days.console("runs", "--format", "json").stdout)
    assert [(runs[0]["kind"], runs[0]["posted"]), (runs[1]["kind"], runs[1]["undone"])] == [("post", 20), ("undo", 20)]
    first, second = runs[-1], runs[-2]
    assert undo(two_days, "--run", str(first["run"]))["tickets"] == 0, (
        "what it posted was undone, and posted by another"
    )
    assert undo(two_days, "--run", str(second["run"]))["undone"] == 20
    assert list(standing(two_days)) == [FIRST]
    ticket = next(one for one in of_kind(two_days, "invoice") if one["business_date"] == SECOND)
    edit(two_days, ticket, "set", tips="3.33", settle=True)
    assert two_days.sync().returncode == 0
    assert [one["total"] for one in standing(two_days)[SECOND] if "doc_number" in one] == [
        documents_of(two_days, ticket)[0]["total"]
    ], "what changed at the till is posted, and nothing else"
    assert two_days.console("sync", "--from", SECOND, "--to", SECOND).returncode == 0
    assert two_days.differences() == []


def test_wrong_use_and_no_answer_leave_all(two_days: Shop) -> None:
    before = standing(two_days)
    for arguments, says in (
        ((), "say what to undo"),
        (("--run", "1", *DAY), "either --run"),
        (("--run", "999"), "no run 999"),
        (("--from", SECOND, "--to", FIRST), "is before"),
        (DAY, "add --yes"),
    ):
        result = two_days.console("undo", *arguments)
        assert result.returncode == 2
        assert says in result.stderr
    code, seen = watched(two_days, "undo", *DAY, answer="n\n")
    assert code == 1
    assert "to take back: 20 tickets" in seen
    assert standing(two_days) == before


def test_a_closed_period_leaves_the_tickets_posted(two_days: Shop) -> None:
    before = standing(two_days)
    two_days.post("qbo", {"options": {"book_close_date": FIRST}})
    left = undo(two_days, *DAY, code=1)["left"]
    assert {row["code"] for row in left} == {"qbo_6210"}
    assert standing(two_days) == before
    assert {row["status"] for row in told(two_days).values()} == {"posted"}
    two_days.calls()
    assert two_days.target("").returncode == 0
    assert two_days.calls()["writes"] == 0


def test_what_must_not_be_taken_back_is_left_whole(shop: Shop) -> None:
    split = ring_up_split(shop)
    assert shop.sync().returncode == 0
    deposited, by_hand = of_kind(shop, "invoice")[:2]
    (invoice,) = documents_of(shop, deposited)
    deposit = {"entity": "Payment", "id": invoice["linked_payments"][0]["id"]}
    shop.post("qbo/entity", {"op": "deposit_payment", **deposit})
    (other,) = documents_of(shop, by_hand)
    old = other["linked_payments"][0]["id"]
    (row,) = [one for one in shop.get("qbo-entities?entity=Payment")["Payment"] if one["Id"] == old]
    shop.post("qbo/entity", {"op": "void", "entity": "Payment", "id": old})
    new = {name: row[name] for name in ("CustomerRef", "TotalAmt", "TxnDate", "Line")}
    shop.post("qbo/entity", {"op": "create", "entity": "Payment", "body": new})
    books = standing(shop)[FIRST]

    left = undo(shop, *DAY, code=1)["left"]
    assert {row["ticket_id"]: row["code"] for row in left} == {
        deposited["ticket_id"]: "qbo_6540",
        by_hand["ticket_id"]: "payment_by_hand",
    }
    ours = {document["id"] for ticket in (deposited, by_hand) for document in documents_of(shop, ticket)}
    assert {one["id"] for one in standing(shop)[FIRST] if "doc_number" in one} == ours
    assert all(one in books for one in standing(shop)[FIRST])
    assert_nothing_open(shop)
    assert told(shop)[split["ticket_id"]]["status"] == "undone"
    assert told(shop)[deposited["ticket_id"]]["status"] == "posted"
    shop.post("qbo/entity", {"op": "undeposit_payment", **deposit})
    assert undo(shop, *DAY, code=1)["undone"] == 1


def test_answers_that_get_lost(shop: Shop) -> None:
    """Payments' answer is lost, invoices are throttled first, then refused as stale: one by one, all are taken back."""
    ring_up_split(shop)
    assert shop.sync().returncode == 0
    fail(shop, {"do": "drop_after", "match": {"path": "/batch", "nth": 1}})
    fail(shop, {"do": "429", "match": {"path": "/batch", "nth": 1}, "retry_after": 1})
    refuse(shop, "5010", 2, entity="Invoice", operation="void")
    assert undo(shop, *DAY)["undone"] == 9
    assert_all_fired(shop)
    assert standing(shop) == {}
    assert shop.get("books")["totals"]["unapplied"] == "0.00"
    shop.forget_faults()
    assert shop.console("sync", *DAY).returncode == 0
    assert shop.differences() == []


@pytest.mark.parametrize(("nth", "then"), [(1, "undo"), (2, "sync")])
def test_an_undo_that_is_killed(shop: Shop, nth: int, then: str) -> None:
    """QuickBooks has done a batch of it (payments, then invoices), and nobody wrote that down."""
    ring_up_split(shop)
    assert shop.sync().returncode == 0
    fail(shop, {"do": "hang_after", "match": {"path": "/batch", "nth": nth}})
    configs = ["--tap-config", str(shop.tap_config), "--target-config", str(shop.target_config)]
    command = [str(BIN / "franpos-qbo"), *configs, "undo", *DAY, "--yes"]
    with start(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as process:
        deadline = time.monotonic() + 30
        while not shop.get("faults")["fired"]:
            assert time.monotonic() < deadline
        process.kill()
    shop.forget_faults()
    rows = told(shop)
    undone = [ticket for ticket in shop.get("tickets") if rows[ticket["ticket_id"]]["status"] == "undone"]
    assert len(undone) < 9, "some were taken back whole before it was killed"
    # A refund is looked up in a request of its own, which may not have been answered yet.
    assert {"posting"} <= {row["status"] for row in rows.values()} <= {"posting", "undone", "posted"}
    if then == "undo":
        assert undo(shop, *DAY)["undone"] == 9 - len(undone)
        assert standing(shop) == {}
        assert shop.get("books")["totals"]["unapplied"] == "0.00"
    else:
        assert shop.sync().returncode == 0
        assert sorted(shop.differences()) == sorted(without(*undone))
        shop.calls()
        assert shop.sync().returncode == 0
        assert shop.calls()["writes"] == 0
