"""Tickets as a run's first and last lines tell them: how many are pending, which are skipped, what they come to."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from target_qbo.ledger.status import TicketStatus
from target_qbo.ledger.tables import tickets

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Sequence
    from decimal import Decimal

    from target_qbo.ledger.database import CompanyLedger

_A_READ = 200


@dataclass(frozen=True, slots=True)
class TicketRow:
    """A ticket as a run's last lines tell it."""

    key: int
    location_id: str
    ticket_id: str
    number: str | None
    business_date: dt.date
    total: Decimal
    status: TicketStatus
    code: str | None
    reason: str | None


def wake_waiting(ledger: CompanyLedger, now: dt.datetime) -> None:
    """Mark the tickets whose wait is over to be decided again."""
    with ledger.write() as connection:
        connection.execute(
            sa.update(tickets)
            .where(
                tickets.c.company_id == ledger.company_id,
                tickets.c.status == TicketStatus.WAITING,
                tickets.c.wait_until <= now,
            )
            .values(pending=True)
        )


def pending_dates(ledger: CompanyLedger) -> tuple[dt.date, dt.date] | None:
    """Return the earliest and the latest business date among the pending tickets; None where there are none."""
    with ledger.read() as connection:
        first, last = connection.execute(
            sa.select(sa.func.min(tickets.c.business_date), sa.func.max(tickets.c.business_date)).where(
                tickets.c.company_id == ledger.company_id, tickets.c.pending
            )
        ).one()
    return None if first is None else (first, last)


def only_refunds(ledger: CompanyLedger) -> bool:
    """Tell whether all pending tickets are refunds."""
    query = sa.select(sa.func.max(tickets.c.total)).where(tickets.c.company_id == ledger.company_id, tickets.c.pending)
    with ledger.read() as connection:
        most = connection.execute(query).scalar()
    return most is not None and most < 0


def count_pending(ledger: CompanyLedger) -> int:
    """Return how many tickets are to be decided or finished."""
    query = sa.select(sa.func.count()).where(tickets.c.company_id == ledger.company_id, tickets.c.pending)
    with ledger.read() as connection:
        found: int = connection.execute(query).scalar_one()
    return found


def newest_days(ledger: CompanyLedger) -> dict[str, dt.date]:
    """Return the business date of each location's newest ticket."""
    mine, found = tickets.c.company_id == ledger.company_id, {}
    with ledger.read() as connection:
        # From each location to the next, a look into an index each: all of them in one go is a look at every ticket.
        next_one = sa.select(sa.func.min(tickets.c.location_id)).where(mine)
        location = connection.execute(next_one).scalar()
        while location is not None:
            days = sa.select(tickets.c.business_date).where(mine, tickets.c.location_id == location)
            days = days.order_by(*[tickets.c[name].desc() for name in ("business_date", "location_id", "id")]).limit(1)
            found[location] = connection.execute(days).scalar_one()
            location = connection.execute(next_one.where(tickets.c.location_id > location)).scalar()
    return found


def newest(ledger: CompanyLedger, status: Sequence[TicketStatus], limit: int) -> list[TicketRow]:
    """Return so many tickets of these statuses at most, those of the latest days first."""
    # The keys first, by whichever index is best; asked for in one go, SQLite prefers the index that saves it the sort.
    keys = sa.select(tickets.c.id).where(tickets.c.company_id == ledger.company_id, tickets.c.status.in_(status))
    query = sa.select(tickets).where(tickets.c.id.in_(keys))
    query = query.order_by(tickets.c.business_date.desc(), tickets.c.location_id, tickets.c.id)
    with ledger.read() as connection:
        return [as_told(row) for row in connection.execute(query.limit(limit))]


def skipped_among(ledger: CompanyLedger, keys: Sequence[int]) -> list[TicketRow]:
    """Return those of these tickets that are skipped, those of the latest days first."""
    found: list[TicketRow] = []
    with ledger.read() as connection:
        for first in range(0, len(keys), _A_READ):
            some = tickets.c.id.in_(keys[first : first + _A_READ])
            query = sa.select(tickets).where(some, tickets.c.status == TicketStatus.SKIPPED)
            found += [as_told(row) for row in connection.execute(query)]
    return sorted(found, key=lambda ticket: (-ticket.business_date.toordinal(), ticket.location_id, ticket.key))


def as_told(row: sa.Row[Any]) -> TicketRow:
    """Return a row of the table as a run's last lines tell it."""
    return TicketRow(
        row.id,
        row.location_id,
        row.ticket_id,
        row.number,
        row.business_date,
        row.total,
        TicketStatus(row.status),
        row.code,
        row.reason,
    )


def counts(
    ledger: CompanyLedger, status: Sequence[TicketStatus], first: dt.date | None = None, last: dt.date | None = None
) -> dict[TicketStatus, tuple[int, Decimal]]:
    """Return for each of these statuses, where there are any, how many tickets have it and what they come to.

    Args:
        ledger: The company's ledger.
        status: Which.
        first: The first business day of those that count; None: there is none.
        last: The last one, likewise.
    """
    query = sa.select(tickets.c.status, sa.func.count(), sa.func.sum(tickets.c.total))
    query = query.where(tickets.c.company_id == ledger.company_id, tickets.c.status.in_(status))
    if first is not None:
        query = query.where(tickets.c.business_date >= first)
    if last is not None:
        query = query.where(tickets.c.business_date <= last)
    with ledger.read() as connection:
        rows = connection.execute(query.group_by(tickets.c.status)).all()
    return {TicketStatus(status): (number, amount) for status, number, amount in rows}


def of_units(ledger: CompanyLedger, unit_keys: Sequence[int]) -> dict[int, TicketRow]:
    """Return the ticket of each of these units, by the unit's key."""
    found: dict[int, TicketRow] = {}
    with ledger.read() as connection:
        for first in range(0, len(unit_keys), _A_READ):
            query = sa.select(tickets).where(tickets.c.unit.in_(unit_keys[first : first + _A_READ]))
            found |= {row.unit: as_told(row) for row in connection.execute(query)}
    return found
