"""The main job: real tickets, from the till to the books, once each, to the cent."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from tests.shop import RETAIL, Shop

if TYPE_CHECKING:
    from collections.abc import Iterator

TICKETS, LINES, RETURNS, ZERO_TOTALS, LONGEST = 418, 7419, 36, 45, 593
READS_AT_MOST = 8


@pytest.fixture(scope="module")
def retail(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shop]:
    if not RETAIL.exists():
        pytest.skip("the retail tickets are not beside this checkout")
    with Shop(tmp_path_factory.mktemp("retail"), "--tickets", str(RETAIL)) as shop:
        yield shop


@pytest.fixture(scope="module")
def first_run(retail: Shop) -> dict[str, Any]:
    """Run tap and target once; what was counted on the way."""
    tap = retail.tap()
    assert tap.returncode == 0, tap.stderr
    franpos = retail.get("franpos-calls")
    target = retail.target(tap.stdout)
    assert target.returncode == 0, target.stderr
    return {"messages": tap.stdout, "target": target, "franpos": franpos, "qbo": retail.calls()}


def _records(messages: str, stream: str) -> list[dict[str, Any]]:
    found = [json.loads(line) for line in messages.splitlines()]
    return [message["record"] for message in found if message["type"] == "RECORD" and message["stream"] == stream]


def test_the_tickets_are_the_real_ones(first_run: dict[str, Any]) -> None:
    tickets = _records(first_run["messages"], "tickets")
    lines = [len(ticket["lines"]) for ticket in tickets]
    assert (len(tickets), sum(lines), max(lines)) == (TICKETS, LINES, LONGEST)
    assert sum(any(line["quantity"] < 0 for line in t["lines"]) and t["total"] < 0 for t in tickets) == RETURNS
    gross = [sum(line["amount"] for line in ticket["lines"]) for ticket in tickets]
    assert sum(abs(amount) < 0.005 for amount in gross) == ZERO_TOTALS


def test_every_clean_ticket_is_in_the_books_once_and_no_dirty_one(retail: Shop, first_run: dict[str, Any]) -> None:
    assert first_run["target"].returncode == 0
    assert retail.differences() == []
    dirty = {ticket["ticket_id"] for ticket in retail.get("tickets") if ticket["dirt"]}
    assert len(dirty) >= 5
    skipped = json.loads(retail.console("tickets", "--status", "skipped", "--format", "json").stdout)
    assert {ticket["ticket_id"] for ticket in skipped} == dirty
    assert all(ticket["reason"] and ticket["code"] for ticket in skipped)
    for ticket in skipped:
        assert f"ticket {ticket['ticket_id']} " in first_run["target"].stderr


def test_reads_do_not_grow_with_tickets(first_run: dict[str, Any]) -> None:
    assert first_run["qbo"]["reads"] <= READS_AT_MOST
    assert first_run["qbo"]["throttled"] == 0


def test_state_has_a_bookmark_for_each_stream_and_location(first_run: dict[str, Any]) -> None:
    state = json.loads(first_run["target"].stdout.splitlines()[-1])
    assert set(state["bookmarks"]) == {"tickets", "payments", "discounts"}
    for stream in state["bookmarks"].values():
        assert [partition["context"] for partition in stream["partitions"]] == [{"location_id": "101"}]
        assert stream["partitions"][0]["replication_key_value"]


@pytest.mark.usefixtures("first_run")
def test_a_second_run_writes_and_reads_nothing(retail: Shop) -> None:
    retail.calls()
    again = retail.sync()
    assert again.returncode == 0, again.stderr
    counts = retail.calls()
    assert (counts["writes"], counts["reads"]) == (0, 0)
    assert retail.differences() == []
