"""Ordering failures of QuickBooks, ringing up tickets for them, and seeing what became of both."""

from __future__ import annotations

import subprocess
import time
from typing import TYPE_CHECKING, Any

from tests.forks import start
from tests.shop import BIN, problem_lines

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.shop import Shop

Ticket = dict[str, Any]

EIGHT_TICKETS = ("--locations", "1", "--days", "1", "--tickets-per-day", "8", "--dirty", "0")


def fail(shop: Shop, *orders: dict[str, Any]) -> None:
    """Order failures of QuickBooks (`sandbox/faults.py`)."""
    shop.post("faults", [{"where": "qbo", **order} for order in orders])


def refuse(shop: Shop, code: str, times: int = 1, **match: Any) -> None:
    """Have chosen writes refused."""
    fail(shop, {"do": "refuse", "code": code, "match": match, "times": times})


def assert_all_fired(shop: Shop) -> None:
    """Assert that every order came to something."""
    rules = shop.get("faults")["rules"]
    assert rules
    assert [rule for rule in rules if not rule["fired"]] == []


def of_kind(shop: Shop, kind: str) -> list[Ticket]:
    """Return the tickets of that kind of document, sales only where something was paid."""
    return [
        ticket
        for ticket in shop.get("tickets")
        if ticket["expected"]["kind"] == kind and (kind != "invoice" or ticket["expected"]["payments"])
    ]


def kill_once_made(shop: Shop, entity: str) -> None:
    """Kill a run when QuickBooks has made the first of an entity, alone or in a batch, and not answered yet."""
    shop.configure_target(minute_seconds=0.3)  # then the next run need not wait long for what this one may have sent
    rows = f"qbo-entities?entity={entity}"
    before = len(shop.get(rows)[entity])
    fail(shop, {"do": "hang_after", "match": {"path": r"/(batch|invoice|payment)\?", "entity": entity, "nth": 1}})
    kill_when(shop, lambda: len(shop.get(rows)[entity]) > before)
    shop.forget_faults()


def kill_when(shop: Shop, holds: Callable[[], bool]) -> None:
    """Kill a run as soon as something holds."""
    messages = shop.messages()
    command = [str(BIN / "target-qbo"), "--config", str(shop.target_config)]
    target = start(command, stdin=subprocess.PIPE, stderr=subprocess.DEVNULL)
    assert target.stdin is not None
    target.stdin.write(messages)
    target.stdin.close()
    while not holds():
        time.sleep(0.02)
    target.kill()
    target.wait()


def mark(ticket: Ticket) -> str:
    """Return what the notes of a ticket's documents hold, and no other's of the same shop."""
    return f"order {ticket['ticket_id']};"


def documents_of(shop: Shop, ticket: Ticket) -> list[dict[str, Any]]:
    """Return the documents of a ticket that stand in the books, payments aside."""
    return [one for one in shop.get("books")["documents"] if mark(ticket) in one["private_note"] and not one["voided"]]


def edit(shop: Shop, ticket: Ticket, op: str, **what: Any) -> None:
    """Change a ticket at the till."""
    key = {"location_id": ticket["location_id"], "ticket_id": ticket["ticket_id"]}
    shop.post("tickets/edit", {"op": op, **key, **what})


def ring_up(shop: Shop, **what: Any) -> Ticket:
    """Ring up a ticket at noon of the shop's day; without payments it is paid in cash."""
    first_day = shop.ready["franpos"]["start_date"]
    order = {"op": "add", "location_id": 101, "created_at": f"{first_day}T12:00:00-07:00", **what}
    ticket: Ticket = shop.post("tickets/edit", order)
    return ticket


def ring_up_split(shop: Shop) -> Ticket:
    """Ring up a ticket that is paid with two tenders."""
    tenders = [{"amount": "4.00", "method": "Cash"}, {"amount": "6.00", "method": "Check"}]
    return ring_up(shop, lines=[{"price": "10.00"}], payments=tenders)


def lose_the_ledger(shop: Shop) -> None:
    """Delete the ledger, and with it the tokens; a person connects the company again."""
    for path in shop.folder.glob("ledger.db*"):
        path.unlink()
    shop.configure_target(refresh_token=shop.post("qbo", {"reconnect": True})["refresh_token"])


def told(shop: Shop) -> dict[str, Ticket]:
    """Return what ``franpos-qbo tickets`` tells, by ticket id."""
    return {row["ticket_id"]: row for row in shop.rows()}


def without(*tickets: Ticket) -> list[str]:
    """Return the differences that there must be where just these tickets are not in the books."""
    return [
        f"Franpos location {ticket['location_id']} order {ticket['ticket_id']}: has 0 documents, must have one"
        for ticket in tickets
    ]


def assert_right(shop: Shop, result: subprocess.CompletedProcess[str]) -> None:
    """Assert that a run ended well, that no ticket was skipped or left, and that the books agree with the till."""
    assert result.returncode == 0, result.stderr
    assert shop.differences() == []
    assert {(row["status"], row["code"]) for row in told(shop).values()} <= {("posted", None), ("voided", None)}


def assert_only_skipped(
    shop: Shop, result: subprocess.CompletedProcess[str], code: str, *tickets: Ticket
) -> list[Ticket]:
    """Assert that just these tickets were skipped, with that code and without a document; returns their rows."""
    assert result.returncode == 0, result.stderr
    rows = told(shop)
    skipped = [rows.pop(ticket["ticket_id"]) for ticket in tickets]
    assert {(row["status"], row["code"], len(row["documents"])) for row in skipped} == {("skipped", code, 0)}
    assert {row["status"] for row in rows.values()} == {"posted"}
    assert sorted(shop.differences()) == sorted(without(*tickets))
    return skipped


def assert_stopped_then_right(shop: Shop, result: subprocess.CompletedProcess[str], code: int, says: str) -> None:
    """Assert that a run ended early with one clear line, and that the next one, without the failure, ends right."""
    assert result.returncode == code, result.stderr
    (line,) = problem_lines(result)
    assert says in line
    assert_all_fired(shop)
    shop.forget_faults()
    assert_right(shop, shop.sync())
