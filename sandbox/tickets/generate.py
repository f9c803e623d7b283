"""Made-up tickets: realistic, of every kind, from a seed, one local day of one shop at a time.

A ticket depends on the seed, its shop, its day and its place in the day only, so a year of a large shop is never held
in memory: what a window of the API needs is made when it is asked for.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from random import Random
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from sandbox.tickets.dirt import spoil
from sandbox.tickets.draft import Draft
from sandbox.tickets.model import Location
from sandbox.tickets.recipes import SPECIAL, ordinary

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sandbox.tickets.model import Ticket

ZONES = (
    "America/Denver",
    "America/Los_Angeles",
    "America/New_York",
    "Pacific/Honolulu",
    "America/Phoenix",
    "America/Chicago",
    "America/Anchorage",
    "America/Halifax",
)
"""Time zones of the shops, in turn."""

FIRST_LOCATION = 101
MAX_TICKETS_PER_DAY = 10_000
_EPOCH = date(2000, 1, 1)
_SPECIAL_EVERY = 3
_DST_CLOCKS = (time(0, 40), time(1, 30), time(1, 30, fold=1), time(3, 5))
"""When the first tickets of a day are rung on which the clocks change; half past one comes twice in autumn."""


def shops(count: int) -> tuple[Location, ...]:
    """Return so many shops, each in another time zone as far as there are some."""
    return tuple(
        Location(FIRST_LOCATION + n, f"Sandbox Pets #{n + 1}", ZoneInfo(ZONES[n % len(ZONES)])) for n in range(count)
    )


@dataclass(frozen=True, slots=True)
class GeneratedTickets:
    """A `TicketSource` of made-up tickets.

    Ids of tickets, lines and payments are unique within a shop only, and so are receipt numbers, which also start
    again every year. Of `tickets_per_day` every third is of a special kind, in turn. `dirty` is the exact share of
    tickets that must not be posted.
    """

    locations: Sequence[Location]
    first_day: date
    days: int
    tickets_per_day: int = 36
    lines_per_ticket: int = 2
    dirty: Decimal = Decimal("0.02")
    seed: int = 1

    @property
    def last_day(self) -> date:
        """The last local day with tickets."""
        return self.first_day + timedelta(days=self.days - 1)

    def day(self, location: Location, day: date) -> Sequence[Ticket]:
        """Return the tickets opened at this shop on this local day; none outside the range."""
        if not self.first_day <= day <= self.last_day:
            return ()
        return [self._ticket(location, day, place) for place in range(self.tickets_per_day)]

    def find(self, location: Location, ticket_id: int) -> Ticket | None:
        """Return one ticket by its id."""
        days, place = divmod(ticket_id, MAX_TICKETS_PER_DAY)
        day = _EPOCH + timedelta(days=days)
        if not self.first_day <= day <= self.last_day or place >= self.tickets_per_day:
            return None
        return self._ticket(location, day, place)

    def _ticket(self, location: Location, day: date, place: int) -> Ticket:
        since_epoch = (day - _EPOCH).days
        ticket_id = since_epoch * MAX_TICKETS_PER_DAY + place
        random = Random(f"{self.seed}/{location.location_id}/{ticket_id}")
        draft = Draft(
            random=random,
            location=location,
            ticket_id=ticket_id,
            opened=_opened(random, location, day, place),
            usual_lines=self.lines_per_ticket,
            tax_rate=Decimal(700 + 15 * (location.location_id % 20)) / 10_000,
            receipt_number=f"{day:%m%d}-{place + 1:04d}",
        )
        order_number = int(f"{day:%j}") * MAX_TICKETS_PER_DAY + place
        # Shops differ in which kind comes first, days go on where the day before ended.
        turn = since_epoch * self.tickets_per_day + place + 7 * location.location_id
        spoiled = int((turn + 1) * self.dirty)
        if spoiled > int(turn * self.dirty):
            ordinary(draft)
            return spoil(draft.finish(order_number), spoiled)
        recipe = ordinary if turn % _SPECIAL_EVERY else SPECIAL[turn // _SPECIAL_EVERY % len(SPECIAL)]
        recipe(draft)
        return draft.finish(order_number)


def _opened(random: Random, location: Location, day: date, place: int) -> datetime:
    """Return when a ticket is opened, in UTC: in shop hours, but also at night when the clocks change."""
    midnight = location.moment(day, time())
    if location.moment(day + timedelta(days=1), time()) - midnight != timedelta(days=1) and place < len(_DST_CLOCKS):
        return location.moment(day, _DST_CLOCKS[place])
    second = int(random.triangular(8 * 3600, 22 * 3600, 15 * 3600))
    opened = location.moment(day, time(second // 3600, second // 60 % 60, second % 60))
    # Tills keep thousandths of a second, now and then none.
    return opened + timedelta(milliseconds=random.choice((0, random.randint(1, 999))))
