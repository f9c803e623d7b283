"""The rows of a datadump window: all that were made in it, in no order, some of the next window's too."""

from __future__ import annotations

from collections import OrderedDict
from datetime import UTC, date, datetime, time, timedelta
from random import Random
from typing import TYPE_CHECKING, Literal

from sandbox.franpos.rows import Look, Row, customer_row, item_row, order_row, payment_rows

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sandbox.tickets.book import TicketBook
    from sandbox.tickets.model import Location, Ticket

Endpoint = Literal["orders", "orderitems", "orderPayments", "customers"]

_SPILL = timedelta(hours=1)
"""How much of the day after a window shows up in it as well."""
_REACH = timedelta(days=3)
"""How long after its ticket a row of the source can be made."""
_WINDOWS_KEPT = 6


class Windows:
    """Windows of the book, shuffled from the seed and the same for every page until something changes."""

    def __init__(self, book: TicketBook, seed: int) -> None:
        self._book = book
        self._seed = seed
        self._kept: OrderedDict[tuple[object, ...], list[Row]] = OrderedDict()

    def rows(self, endpoint: Endpoint, location: Location, first: date, days: int, look: Look) -> list[Row]:
        """Return all rows of a window in their shuffled order.

        Args:
            endpoint: Which table.
            location: The shop.
            first: The window's first day: shop-local, for `orderPayments` a UTC day.
            days: The window's length.
            look: How this API shows rows.
        """
        key = (endpoint, location.location_id, first, days, look, self._book.version)
        rows = self._kept.get(key)
        if rows is None:
            start = datetime.combine(first, time())
            end = start + timedelta(days=days) + _SPILL
            made = self._made(endpoint, location, first, first + timedelta(days=days), look)
            rows = [row for moment, row in made if start <= moment < end]
            if endpoint == "customers":
                rows = list({row["CustomerId"]: row for row in rows}.values())
            Random(f"{self._seed}/{endpoint}/{location.location_id}/{first}/{days}").shuffle(rows)
            self._kept[key] = rows
            if len(self._kept) > _WINDOWS_KEPT:
                self._kept.popitem(last=False)
        return rows

    def _made(
        self, endpoint: Endpoint, location: Location, first: date, last: date, look: Look
    ) -> Iterator[tuple[datetime, Row]]:
        """Yield rows with the clock time (without an offset) by which the window takes them; a few too many."""
        for ticket in self._tickets(location, first - _REACH, last + timedelta(days=1)):
            opened = location.local(ticket.created_at).replace(tzinfo=None)
            match endpoint:
                case "orders":
                    yield opened, order_row(ticket, look)
                case "orderitems":
                    for line in ticket.lines:
                        local = location.local(line.created_at).replace(tzinfo=None)
                        yield local, item_row(ticket, line, look)
                case "orderPayments":
                    for moment, row in payment_rows(ticket):
                        yield moment.astimezone(UTC).replace(tzinfo=None), row
                case "customers":
                    if ticket.customer_id is not None:
                        yield opened, customer_row(ticket.customer_id)

    def _tickets(self, location: Location, first: date, last: date) -> Iterator[Ticket]:
        """Yield the tickets opened in these days, and the edited ones of other days: their rows can be of any time."""
        yield from self._book.between(location, first, last)
        for ticket in self._book.edited(location):
            if not first <= ticket.business_date <= last:
                yield ticket
