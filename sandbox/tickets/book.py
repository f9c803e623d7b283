"""The till's book: the tickets of a source as they stand at the sandbox's moment, with what was edited since."""

from __future__ import annotations

from collections import OrderedDict, defaultdict
from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from sandbox.tickets.model import Location, Ticket, TicketSource

_DAYS_KEPT = 70
_NEW_TICKETS = 800_000_000
_NEW_ROWS = 1_000_000_000_000


class TicketBook:
    """What every reader of the till sees at `now` (UTC): rows from later don't exist yet.

    Attributes:
        now: The sandbox's moment; it stands still until it is set.
        version: Counts up with every change of what can be seen.
        orders: What was done at the till since, in order; the ids of what is new follow from how many there are.
    """

    def __init__(self, source: TicketSource, now: datetime) -> None:
        self.source = source
        self.version = 0
        self._now = now
        self.orders: list[dict[str, Any]] = []
        self._locations = {location.location_id: location for location in source.locations}
        self._days: OrderedDict[tuple[int, date], Sequence[Ticket]] = OrderedDict()
        self._edits: defaultdict[int, dict[int, list[tuple[datetime, Ticket]]]] = defaultdict(dict)

    @property
    def now(self) -> datetime:
        """The sandbox's moment, in UTC."""
        return self._now

    @now.setter
    def now(self, moment: datetime) -> None:
        self._now = moment
        self.version += 1

    @property
    def locations(self) -> Sequence[Location]:
        """All shops."""
        return self.source.locations

    def location(self, location_id: int) -> Location | None:
        """Return the shop with this id."""
        return self._locations.get(location_id)

    def between(self, location: Location, first: date, last: date) -> Iterator[Ticket]:
        """Yield the tickets opened at a shop from one local day to another, both included, as they stand now."""
        edits = self._edits[location.location_id]
        for number in range((last - first).days + 1):
            for ticket in self._made(location, first + timedelta(days=number)):
                if ticket.ticket_id not in edits and (visible := ticket.as_of(self._now)):
                    yield visible
        for ticket in self.edited(location):
            if first <= ticket.business_date <= last:
                yield ticket

    def all(self) -> Iterator[Ticket]:
        """Yield every ticket as it stands now."""
        for location in self.locations:
            added = [ticket.business_date for ticket in self.edited(location)]
            yield from self.between(location, min([self.source.first_day, *added]), max([self.source.last_day, *added]))

    def edited(self, location: Location) -> Iterator[Ticket]:
        """Yield the tickets that were edited or added, whatever their day, as they stand now."""
        for ticket_id in self._edits[location.location_id]:
            ticket = self.find(location, ticket_id)
            if ticket:
                yield ticket

    def find(self, location: Location, ticket_id: int) -> Ticket | None:
        """Return one ticket as it stands now; None where there is none yet."""
        versions = self._edits[location.location_id].get(ticket_id, ())
        current = next((ticket for at, ticket in reversed(versions) if at <= self._now), None)
        current = current or self.source.find(location, ticket_id)
        return current.as_of(self._now) if current else None

    def newest(self, location: Location, ticket_id: int) -> Ticket | None:
        """Return the last version of a ticket, be it in force already or not, with rows from later."""
        versions = self._edits[location.location_id].get(ticket_id)
        return versions[-1][1] if versions else self.source.find(location, ticket_id)

    def new_ticket_id(self) -> int:
        """Return an id that no ticket has had."""
        return _NEW_TICKETS + len(self.orders) + 1

    def new_row_id(self) -> int:
        """Return an id that no line and no payment has had, above all others."""
        return _NEW_ROWS + len(self.orders) + 1

    def put(self, ticket: Ticket, at: datetime) -> None:
        """Let this version of a ticket hold from a moment on."""
        versions = self._edits[ticket.location.location_id].setdefault(ticket.ticket_id, [])
        versions.append((at, ticket))
        self.version += 1

    def _made(self, location: Location, day: date) -> Sequence[Ticket]:
        """Return a day's tickets of the source; the last days asked for are kept."""
        key = (location.location_id, day)
        tickets = self._days.get(key)
        if tickets is None:
            tickets = self._days[key] = self.source.day(location, day)
            if len(self._days) > _DAYS_KEPT:
                self._days.popitem(last=False)
        return tickets
