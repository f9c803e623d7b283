"""The shop owner's story, in order, command by command: from signing in to a ledger that was lost."""

from __future__ import annotations

import datetime as dt
import json
import subprocess
import threading
from typing import TYPE_CHECKING, Any

import pytest
import requests

from tests.forks import start
from tests.shop import BIN, Shop
from tests.target.failures import documents_of, lose_the_ledger, of_kind, ring_up, told

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.target.failures import Ticket


@pytest.fixture
def shop(tmp_path: Path) -> Iterator[Shop]:
    options = ("--locations", "1", "--days", "6", "--tickets-per-day", "8", "--dirty", "0")
    with Shop(tmp_path, *options) as shop:
        shop.configure_target(refresh_token=None)
        yield shop


def test_from_signing_in_to_a_ledger_that_was_lost(shop: Shop) -> None:
    first = dt.date.fromisoformat(shop.ready["franpos"]["start_date"])
    days = [(first + dt.timedelta(days=day)).isoformat() for day in range(-1, 6)]
    week = ("--from", days[0], "--to", days[-1])
    nothing_goes_before_somebody_signs_in(shop)
    skipped = a_week_is_synced_but_for_a_closed_day(shop, days[0], week)
    the_day_is_opened_and_the_ticket_resynced(shop, skipped, week)
    an_invoice_is_deleted_named_and_put_back(shop, days[2], week)
    a_day_is_undone_and_synced_again(shop, days[3], week)
    the_ledger_is_lost_and_made_again(shop, week)


def nothing_goes_before_somebody_signs_in(shop: Shop) -> None:
    assert shop.console("check").returncode == 4
    assert connect(shop) == 0
    assert shop.console("connect", "--status").returncode == 0
    answered(shop, "check")
    created = answered(shop, "check", "--initialize", "--yes")
    assert {"create", "reactivate", "missing"}.isdisjoint(row["verdict"] for row in created)


def a_week_is_synced_but_for_a_closed_day(shop: Shop, closed: str, week: tuple[str, ...]) -> Ticket:
    rung_up = ring_up(shop, created_at=f"{closed}T12:00:00-07:00", lines=[{"price": "12.50"}])
    shop.post("qbo", {"options": {"book_close_date": closed}})
    assert answered(shop, "sync", *week, code=1)["skipped"] == 1
    skipped: Ticket
    (skipped,) = answered(shop, "tickets", "--status", "skipped")
    assert (skipped["ticket_id"], skipped["code"]) == (rung_up["ticket_id"], "qbo_6210")
    assert closed in skipped["reason"]
    return skipped


def the_day_is_opened_and_the_ticket_resynced(shop: Shop, skipped: Ticket, week: tuple[str, ...]) -> None:
    shop.post("qbo", {"options": {"book_close_date": None}})
    (again,) = answered(shop, "resync", skipped["ticket_id"])
    assert again["status"] == "posted"
    assert shop.differences() == []
    proof = answered(shop, "reconcile", *week)
    assert (proof["agrees"], proof["problems"]) == (True, [])


def an_invoice_is_deleted_named_and_put_back(shop: Shop, day: str, week: tuple[str, ...]) -> None:
    lost = next(ticket for ticket in of_kind(shop, "invoice") if ticket["business_date"] == day)
    (invoice,) = documents_of(shop, lost)
    shop.post("qbo/entity", {"op": "delete", "entity": "Invoice", "id": invoice["id"]})
    proof = answered(shop, "reconcile", *week, code=1)
    assert not proof["agrees"]
    assert lost["ticket_id"] in {problem["ticket_id"] for problem in proof["problems"]}
    (again,) = answered(shop, "resync", lost["ticket_id"])
    assert again["status"] == "posted"
    assert shop.differences() == []
    assert answered(shop, "reconcile", *week)["agrees"]


def a_day_is_undone_and_synced_again(shop: Shop, day: str, week: tuple[str, ...]) -> None:
    answered(shop, "undo", "--from", day, "--to", day, "--yes")
    undone = [row for row in told(shop).values() if row["status"] == "undone"]
    assert {row["business_date"] for row in undone} == {day}
    assert [one for one in shop.get("books")["documents"] if one["txn_date"] == day and not one["voided"]] == []
    assert shop.sync().returncode == 0
    assert {row["status"] for row in told(shop).values() if row["business_date"] == day} <= {"undone", "voided"}
    answered(shop, "sync", "--from", day, "--to", day)
    assert shop.differences() == []
    assert answered(shop, "reconcile", *week)["agrees"]


def the_ledger_is_lost_and_made_again(shop: Shop, week: tuple[str, ...]) -> None:
    lose_the_ledger(shop)
    shop.configure_target(refresh_token=None)
    assert connect(shop) == 0
    answered(shop, "rebuild")
    shop.calls()
    answered(shop, "sync", *week)
    assert shop.calls()["writes"] == 0
    assert shop.differences() == []
    assert answered(shop, "reconcile", *week)["agrees"]


def answered(shop: Shop, *arguments: str, code: int = 0) -> Any:
    """Run a command; returns the one JSON document that it prints."""
    result = shop.console(*arguments, "--format", "json")
    assert result.returncode == code, result.stderr or result.stdout
    assert "Traceback" not in result.stderr
    return json.loads(result.stdout)


def connect(shop: Shop) -> int:
    """Sign in as a person does: open the address that the command prints, agree, and be led back to it."""
    configs = ["--tap-config", str(shop.tap_config), "--target-config", str(shop.target_config)]
    command = [str(BIN / "franpos-qbo"), *configs, "connect", "--no-browser", "--port", "0"]
    process = start(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    watchdog = threading.Timer(60, process.kill)
    watchdog.start()
    try:
        assert process.stderr is not None
        address = next(word for line in process.stderr for word in line.split() if "/connect/oauth2" in word)
        assert requests.get(address, timeout=30).ok
        process.communicate()
        return process.wait()
    finally:
        watchdog.cancel()
