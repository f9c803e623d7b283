"""Nights one after the other: what is left for later, what is given up, and how a ticket stands meanwhile."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tests.target.failures import documents_of, mark, told, without

if TYPE_CHECKING:
    import subprocess

    from tests.shop import Shop
    from tests.target.failures import Ticket

MOST_NIGHTS = 4
TEXT = "Spoilt goods"


def whole_request(do: str = "500", **what: Any) -> dict[str, Any]:
    """Have each request fail that holds the text."""
    return {"do": do, "match": {"body": TEXT, "every": 1}, **what}


def item_alone(code: str = "10000", **match: Any) -> dict[str, Any]:
    """Have each write refused that holds the text, in a batch that item alone."""
    return {"do": "refuse", "code": code, "match": {"body": TEXT, "every": 1, **match}}


def night(shop: Shop) -> subprocess.CompletedProcess[str]:
    """Run a night that ends well."""
    result = shop.sync()
    assert result.returncode == 0, result.stderr
    return result


def assert_all_but(shop: Shop, *tickets: Ticket) -> None:
    """Assert that all other tickets are posted and stand as at the till, and that nothing of these stands."""
    left = {ticket["ticket_id"] for ticket in tickets}
    found = {(row["status"], row["code"]) for key, row in told(shop).items() if key not in left}
    assert found <= {("posted", None), ("voided", None)}, found
    differences = shop.differences()
    assert sorted(differences) == sorted(without(*tickets)), differences


def assert_left_for_later(shop: Shop, ticket: Ticket) -> None:
    """Assert that a ticket got no answer and is tried again."""
    row = told(shop)[ticket["ticket_id"]]
    assert row["status"] == "posting", row


def assert_given_up(shop: Shop, ticket: Ticket, says: str, nights: int = MOST_NIGHTS - 1) -> Ticket:
    """Assert that after so many more nights a ticket is skipped and says what failed; returns its row."""
    row = told(shop)[ticket["ticket_id"]]
    for _ in range(nights):
        if row["status"] == "skipped":
            break
        night(shop)
        row = told(shop)[ticket["ticket_id"]]
    assert row["status"] == "skipped", f"not given up: {row['reason']}"
    assert row["code"].startswith(("qbo_", "unanswered")), row["code"]
    assert says in row["reason"], row["reason"]
    shop.calls()
    night(shop)
    counts = shop.calls()
    assert (counts["reads"], counts["writes"]) == (0, 0), counts
    return row


def assert_right_once_resynced(shop: Shop, ticket: Ticket) -> None:
    """Assert that a ticket that was given up is posted where nothing fails any more and a person wants it."""
    shop.forget_faults()
    resynced = shop.console("resync", ticket["ticket_id"])
    assert resynced.returncode == 0, resynced.stdout + resynced.stderr
    assert_right(shop)


def assert_right(shop: Shop) -> None:
    """Assert that the books agree with the till and that no ticket is left or skipped."""
    differences = shop.differences()
    assert differences == [], differences
    found = {(row["status"], row["code"]) for row in told(shop).values()}
    assert found <= {("posted", None), ("voided", None)}, found


def standing(shop: Shop, ticket: Ticket) -> list[dict[str, Any]]:
    """Return how a ticket stands: its document with what is open of it and how it is paid."""
    return [
        {
            **{key: one[key] for key in ("entity", "id", "doc_number", "txn_date", "total", "balance", "lines")},
            "paid": sorted((paid["method"], paid["amount"]) for paid in one["linked_payments"]),
        }
        for one in documents_of(shop, ticket)
    ]


def made(shop: Shop, ticket: Ticket) -> list[str]:
    """Return the entities of all that was ever made for a ticket and was not deleted, what is voided included."""
    books = shop.get("books")
    documents = [one["entity"] for one in books["documents"] if mark(ticket) in one["private_note"]]
    return sorted(documents + ["Payment" for one in books["payments"] if mark(ticket) in one["private_note"]])
