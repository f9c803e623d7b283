"""Tickets rung up by name and synced in one run, and how each of them then stands in the books."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import simplejson

from tests.target.failures import mark, ring_up

if TYPE_CHECKING:
    from collections.abc import Mapping

    from tests.shop import Shop
    from tests.target.failures import Ticket

FEW_TICKETS = ("--days", "1", "--tickets-per-day", "1", "--dirty", "0")

Order = dict[str, Any]
Row = dict[str, Any]


@dataclass(frozen=True, slots=True)
class RungUp:
    """A shop's tickets by name after a run, with the books and the ledger as that run left them."""

    shop: Shop
    tickets: Mapping[str, Ticket]
    books: Row
    rows: Mapping[tuple[str, str], Ticket]

    def document(self, name: str) -> Row:
        """Return the one document of a ticket that stands."""
        (document,) = self.documents(name)
        return document

    def documents(self, name: str) -> list[Row]:
        """Return the documents of a ticket that stand, payments aside."""
        key = self._mark(name)
        return [one for one in self.books["documents"] if key in one["private_note"] and not one["voided"]]

    def payments(self, name: str) -> list[Row]:
        """Return the payments of a ticket that stand, by the order in which the till took them."""
        key = self._mark(name)
        found = [one for one in self.books["payments"] if key in one["private_note"] and not one["voided"]]
        return sorted(found, key=lambda payment: int(payment["private_note"].split("payment ")[1].split(":")[0]))

    def paid(self, name: str) -> list[tuple[str, str]]:
        """Return method and amount of each payment."""
        return [(payment["method"], payment["amount"]) for payment in self.payments(name)]

    def row(self, name: str) -> Ticket:
        """Return what ``franpos-qbo tickets`` tells of a ticket."""
        return self.rows[key_of(self.tickets[name])]

    def why_not(self, name: str) -> tuple[str, str]:
        """Return code and reason of a ticket of which nothing stands."""
        assert self.documents(name) == []
        assert self.payments(name) == []
        row = self.row(name)
        assert (row["status"], row["documents"]) == ("skipped", [])
        return row["code"], row["reason"]

    def _mark(self, name: str) -> str:
        ticket = self.tickets[name]
        return f"location {ticket['location_id']} {mark(ticket)}"


def ring_up_all(shop: Shop, orders: Mapping[str, Order]) -> dict[str, Ticket]:
    """Ring up tickets."""
    return {name: ring_up(shop, **order) for name, order in orders.items()}


def synced(shop: Shop, tickets: Mapping[str, Ticket], messages: str | None = None) -> RungUp:
    """Run the tap into the target, or the target on given messages, and look at what came of it."""
    result = shop.sync() if messages is None else shop.target(messages)
    assert result.returncode == 0, result.stderr
    return RungUp(shop, tickets, shop.get("books"), {key_of(row): row for row in shop.rows()})


def key_of(row: Mapping[str, Any]) -> tuple[str, str]:
    """Return location and id of a ticket: shops may share ids."""
    return row["location_id"], row["ticket_id"]


def lines_of(document: Row) -> list[tuple[str, str, str, str]]:
    """Return a document's lines as item, quantity, price and amount, the figures as people write them."""
    return [
        (line["item"], _plain(line["quantity"]), _plain(line["unit_price"]), line["amount"])
        for line in document["lines"]
    ]


def _plain(number: str) -> str:
    return f"{Decimal(number).normalize():f}"


def change_record(messages: str, ticket: Ticket, **changes: Any) -> str:
    """Return the tap's messages with other values in a ticket's record, as another tap might have them."""
    changed = []
    for text in messages.splitlines():
        message = simplejson.loads(text, use_decimal=True)
        record = message.get("record", {})
        if message.get("stream") == "tickets" and record.get("ticket_id") == ticket["ticket_id"]:
            changed.append(simplejson.dumps({**message, "record": record | changes}, use_decimal=True))
        else:
            changed.append(text)
    return "".join(f"{text}\n" for text in changed)
