"""A ticket as the till holds it: the one model behind the Franpos rows and the truth for checks.

Money is in dollars as `Decimal`, with parts of a cent where the till keeps them. Every time is an aware UTC `datetime`;
the shop's local time is derived from the location's zone.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time
from decimal import ROUND_HALF_UP, Decimal
from typing import TYPE_CHECKING, Literal, Protocol

if TYPE_CHECKING:
    from collections.abc import Sequence
    from zoneinfo import ZoneInfo

CENT = Decimal("0.01")
ZERO = Decimal(0)

Kind = Literal["Product", "Service"]


def to_cents(amount: Decimal) -> Decimal:
    """Round to the cent, half away from zero, so that a return mirrors its sale."""
    return amount.quantize(CENT, ROUND_HALF_UP)


@dataclass(frozen=True, slots=True)
class Location:
    """A shop: its Franpos id, its name and its time zone."""

    location_id: int
    name: str
    zone: ZoneInfo

    def local(self, moment: datetime) -> datetime:
        """Return the moment in the shop's local time."""
        return moment.astimezone(self.zone)

    def moment(self, day: date, clock: time) -> datetime:
        """Return the UTC moment at which the shop's clock shows this; `clock.fold` picks the repeated hour."""
        return datetime.combine(day, clock, tzinfo=self.zone).astimezone(UTC)


@dataclass(frozen=True, slots=True)
class Line:
    """A sold (quantity above 0) or returned (below 0) line."""

    line_id: int
    created_at: datetime
    name: str
    sku: str
    kind: Kind
    quantity: Decimal
    price: Decimal
    cost: Decimal | None = None
    discount: Decimal = ZERO
    """Amount off the whole line; positive, on a return too."""
    discount_name: str | None = None
    sales_person: str | None = None
    return_reason: str | None = None

    @property
    def gross(self) -> Decimal:
        """Price times quantity to the cent, before discounts; negative on a return."""
        return to_cents(self.price * self.quantity)

    @property
    def signed_discount(self) -> Decimal:
        """What the discount takes off the ticket; negative on a return."""
        return -self.discount if self.quantity < 0 else self.discount


@dataclass(frozen=True, slots=True)
class Tender:
    """A payment of a ticket, net of change; below 0: paid out."""

    payment_id: int
    paid_at: datetime
    method: str | None
    amount: Decimal
    card_type: str | None = None


@dataclass(frozen=True, slots=True)
class Ticket:
    """A ticket with its lines and tenders; a total below 0 is a refund."""

    location: Location
    ticket_id: int
    order_number: int
    receipt_number: str | None
    created_at: datetime
    lines: tuple[Line, ...]
    tenders: tuple[Tender, ...]
    total: Decimal
    order_discount: Decimal = ZERO
    """On the whole ticket, signed: positive lowers the total."""
    tax: Decimal = ZERO
    tips: Decimal = ZERO
    customer_id: int | None = None
    employee_id: int | None = None
    channel: str | None = None
    voided: bool = False
    modified_at: datetime | None = None

    @property
    def number(self) -> str:
        """The receipt number, else the till's own order number."""
        return self.receipt_number or str(self.order_number)

    @property
    def business_date(self) -> date:
        """The day in the shop's zone on which the ticket was opened."""
        return self.location.local(self.created_at).date()

    @property
    def discounts(self) -> Decimal:
        """All discounts of the ticket, signed, with their parts of a cent."""
        return sum((line.signed_discount for line in self.lines), self.order_discount)

    @property
    def lines_total(self) -> Decimal:
        """What the lines, discounts, tax and tips come to, each kind rounded as a whole."""
        gross = sum((line.gross for line in self.lines), ZERO)
        return gross - to_cents(self.discounts) + to_cents(self.tax) + to_cents(self.tips)

    def as_of(self, now: datetime) -> Ticket | None:
        """Return what of the ticket exists at `now`: later lines and tenders are left out; None before it."""
        if self.created_at > now:
            return None
        lines = tuple(line for line in self.lines if line.created_at <= now)
        tenders = tuple(tender for tender in self.tenders if tender.paid_at <= now)
        if len(lines) == len(self.lines) and len(tenders) == len(self.tenders):
            return self
        return replace(self, lines=lines, tenders=tenders)


class TicketSource(Protocol):
    """Where tickets come from: made up from a seed, or read from files. Always the same for the same source."""

    @property
    def locations(self) -> Sequence[Location]:
        """All shops."""

    @property
    def first_day(self) -> date:
        """The first local day with tickets."""

    @property
    def last_day(self) -> date:
        """The last local day with tickets."""

    def day(self, location: Location, day: date) -> Sequence[Ticket]:
        """Return the tickets opened at this shop on this local day."""

    def find(self, location: Location, ticket_id: int) -> Ticket | None:
        """Return one ticket by its id."""
