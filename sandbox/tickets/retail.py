"""Reader of real retail tickets: CSV files in the form of the UCI "Online Retail" data, one row for each line.

Columns: InvoiceNo, StockCode, Description, Quantity, InvoiceDate, UnitPrice, CustomerID, Country. An InvoiceNo is a
ticket; with a leading C it is a return. What the files lack (tenders, tax, a few tips and discounts, costs) is made up
from the seed.
"""

from __future__ import annotations

import csv
from collections import defaultdict
from dataclasses import replace
from datetime import UTC, date, datetime
from decimal import Decimal
from random import Random
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from sandbox.tickets import catalogue
from sandbox.tickets.dirt import spoil
from sandbox.tickets.draft import IDS_PER_TICKET, Draft
from sandbox.tickets.model import Line, Location, to_cents

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from sandbox.tickets.model import Ticket

RETAIL_LOCATION = 101
LEAST_DIRTY = 5
TAX_RATE = Decimal("0.0765")
_COLUMNS = {"InvoiceNo", "StockCode", "Description", "Quantity", "InvoiceDate", "UnitPrice", "CustomerID"}
_COST_SHARE = Decimal("0.45")
_LEAST_COST = Decimal("0.01")


class RetailTickets:
    """A `TicketSource` of the tickets in a folder's CSV files: one shop, its days as in the data.

    Args:
        folder: Where the CSV files are.
        seed: For what the files lack.
        dirty: Share of tickets that must not be posted, at least 5 of them unless it is 0.
        zone: The shop's time zone, in which InvoiceDate is given.

    Raises:
        ValueError: The folder has no tickets, or a CSV file of another form.
    """

    def __init__(self, folder: Path, *, seed: int, dirty: Decimal, zone: str = "America/Denver") -> None:
        location = Location(RETAIL_LOCATION, folder.name, ZoneInfo(zone))
        self.locations: Sequence[Location] = (location,)
        rows: defaultdict[str, list[dict[str, str]]] = defaultdict(list)
        for path in sorted(folder.glob("*.csv")):
            with path.open(encoding="utf-8", newline="") as file:
                reader = csv.DictReader(file)
                if missing := _COLUMNS - set(reader.fieldnames or ()):
                    raise ValueError(f"{path} is no retail file: it has no column {', '.join(sorted(missing))}")
                for row in reader:
                    rows[row["InvoiceNo"]].append(row)
        if not rows:
            raise ValueError(f"no tickets: {folder} has no CSV file with rows")
        tickets = [_ticket(location, invoice, lines, seed) for invoice, lines in rows.items()]
        self._tickets = {ticket.ticket_id: ticket for ticket in _spoil_some(tickets, seed, dirty)}
        self._by_day: defaultdict[date, list[Ticket]] = defaultdict(list)
        for ticket in self._tickets.values():
            self._by_day[ticket.business_date].append(ticket)
        self.first_day = min(self._by_day)
        self.last_day = max(self._by_day)

    def day(self, location: Location, day: date) -> Sequence[Ticket]:
        """Return the tickets opened on this local day."""
        return self._by_day.get(day, ()) if location in self.locations else ()

    def find(self, location: Location, ticket_id: int) -> Ticket | None:
        """Return one ticket by its id (the digits of its InvoiceNo)."""
        return self._tickets.get(ticket_id) if location in self.locations else None


def _spoil_some(tickets: list[Ticket], seed: int, share: Decimal) -> list[Ticket]:
    """Make a share of the paid sales dirty, each in the next way."""
    wanted = max(LEAST_DIRTY, round(len(tickets) * share)) if share else 0
    sales = [ticket.ticket_id for ticket in tickets if ticket.total > 1]
    chosen = Random(f"{seed}/dirty").sample(sales, min(wanted, len(sales)))
    return [
        spoil(ticket, chosen.index(ticket.ticket_id)) if ticket.ticket_id in chosen else ticket for ticket in tickets
    ]


def _ticket(location: Location, invoice: str, rows: list[dict[str, str]], seed: int) -> Ticket:
    random = Random(f"{seed}/{invoice}")
    local = datetime.fromisoformat(rows[0]["InvoiceDate"]).replace(tzinfo=location.zone)
    number = int(invoice.lstrip("C"))
    draft = Draft(
        random=random,
        location=location,
        ticket_id=number,
        opened=local.astimezone(UTC),
        usual_lines=1,
        tax_rate=TAX_RATE,
        receipt_number=invoice,
    )
    draft.lines = [_line(draft, place, row) for place, row in enumerate(rows, 1)]
    if draft.total:
        _make_up(draft)
    customer = rows[0]["CustomerID"]
    return replace(
        draft.finish(number),
        customer_id=int(Decimal(customer)) if customer else None,
    )


def _line(draft: Draft, place: int, row: dict[str, str]) -> Line:
    price = Decimal(row["UnitPrice"])
    quantity = Decimal(row["Quantity"])
    # Stock codes of goods begin with five digits; the others are postage, bank charges and the like.
    goods = row["StockCode"][:5].isdigit()
    return Line(
        line_id=draft.ticket_id * IDS_PER_TICKET + place,
        created_at=draft.opened,
        name=row["Description"],
        sku=row["StockCode"],
        kind="Product" if goods else "Service",
        quantity=quantity,
        price=price,
        cost=max(to_cents(price * _COST_SHARE), _LEAST_COST) if goods else Decimal(0),
        sales_person=draft.random.choice(catalogue.PEOPLE),
        return_reason=draft.random.choice(catalogue.RETURN_REASONS) if quantity < 0 else None,
    )


def _make_up(draft: Draft) -> None:
    """Add what the files lack to a ticket whose total isn't zero."""
    chance = draft.random.random
    for index in range(len(draft.lines)):
        if chance() < 0.03:
            names = (*catalogue.DISCOUNTS, *catalogue.ODD_DISCOUNTS, None)
            draft.discount_line(index, Decimal("0.1"), draft.random.choice(names))
    if draft.total > 10 and chance() < 0.06:
        draft.order_discount = to_cents(draft.total / 20)
    if chance() < 0.6:
        draft.add_tax()
    if draft.total > 0 and chance() < 0.05:
        draft.tips = Decimal(draft.random.randint(1, 10))
    if abs(draft.total) > 1 and chance() < 0.2:
        first = ("Cash", "Gift Card", "Check", "Reward Points", "Customer Balance")
        draft.pay(draft.random.choice(first), draft.part())
        draft.pay("Credit Card")
    elif chance() < 0.06:
        draft.pay(draft.random.choice(catalogue.UNKNOWN_METHODS))
    else:
        draft.pay_usual()
