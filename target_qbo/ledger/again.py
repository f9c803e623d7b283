"""Tickets that a person asks for, by name or by the period in which they were rung up: to be decided again."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING

import sqlalchemy as sa

from target_qbo.ledger import changes, content
from target_qbo.ledger.changes import Changes, UnitChange
from target_qbo.ledger.lifecycle import UnitEvent
from target_qbo.ledger.status import TicketStatus
from target_qbo.ledger.tables import tickets
from target_qbo.ledger.tickets import as_told

if TYPE_CHECKING:
    from collections.abc import Sequence

    from target_qbo.ledger.database import CompanyLedger
    from target_qbo.ledger.tickets import TicketRow

_AT_ONCE = 500
CHANGED = "changed"
"""Code of a ticket that changed at the till after it was posted, where the settings leave it as it was."""


def mark(ledger: CompanyLedger, keys: Sequence[int], *, insist: bool, now: dt.datetime) -> None:
    """Have tickets decided again by the next run, whatever became of them.

    A ticket whose record was never received can't be, and stays as it is. ``insist``: a person named them, so that a
    change that was left alone is carried out.
    """
    if insist:
        left = left_alone(ledger, keys)
        with ledger.read() as connection:
            of = [key for (key,) in connection.execute(sa.select(tickets.c.unit).where(tickets.c.id.in_(left)))]
        asked = [UnitChange(unit, UnitEvent.INSISTED) for unit in of if unit is not None]
        changes.write(ledger, Changes(units=asked), now)
    was_undone = tickets.c.status == TicketStatus.UNDONE
    with ledger.write() as connection:
        for start in range(0, len(keys), _AT_ONCE):
            some = tickets.c.id.in_(keys[start : start + _AT_ONCE])
            connection.execute(
                sa.update(tickets)
                .where(some, tickets.c.content != "")
                .values(
                    pending=True,
                    status=sa.case((was_undone, TicketStatus.RECEIVED.value), else_=tickets.c.status),
                    code=sa.case((was_undone, sa.null()), else_=tickets.c.code),
                    reason=sa.case((was_undone, sa.null()), else_=tickets.c.reason),
                    updated_at=now,
                )
            )


def unreceived(ledger: CompanyLedger, keys: Sequence[int]) -> list[int]:
    """Return which of these tickets were found in QuickBooks, and their records never received."""
    return _those(ledger, keys, tickets.c.content == "")


def left_alone(ledger: CompanyLedger, keys: Sequence[int]) -> list[int]:
    """Return which of these tickets changed at the till after they were posted, and were left as they were."""
    return _those(ledger, keys, tickets.c.code == CHANGED)


def rung_up(
    ledger: CompanyLedger,
    statuses: Sequence[TicketStatus],
    *,
    start: dt.datetime,
    end: dt.datetime | None,
    locations: Sequence[str],
) -> list[TicketRow]:
    """Return the tickets of these statuses that were rung up in a period, by day and location.

    Args:
        ledger: The company's ledger.
        statuses: Which.
        start: First moment; without a zone it is the clock of each ticket's location.
        end: The moment at which it ends, exclusive, likewise; None: no end.
        locations: Franpos locations; none: all.
    """
    day = dt.timedelta(days=1)
    query = sa.select(tickets).where(
        tickets.c.company_id == ledger.company_id,
        tickets.c.status.in_(statuses),
        tickets.c.business_date >= start.date() - day,
        tickets.c.content != "",  # found in QuickBooks, never received
    )
    if end is not None:
        query = query.where(tickets.c.business_date <= end.date() + day)
    if locations:
        query = query.where(tickets.c.location_id.in_(locations))
    found = []
    with ledger.read() as connection:
        for row in connection.execution_options(yield_per=_AT_ONCE).execute(query):
            at = _created_at(row)
            if _compared(at, start) >= start and (end is None or _compared(at, end) < end):
                found.append(as_told(row))
    return sorted(found, key=lambda ticket: (ticket.business_date, ticket.location_id, ticket.key))


def _created_at(row: sa.Row[tuple[object, ...]]) -> dt.datetime:
    """Return when a ticket was rung up; noon of its business day where its record tells no time that there is."""
    try:
        return dt.datetime.fromisoformat(content.decode(row.content)["created_at"])
    except ValueError:
        return dt.datetime.combine(row.business_date, dt.time(12), dt.UTC)


def _compared(moment: dt.datetime, bound: dt.datetime) -> dt.datetime:
    return moment.replace(tzinfo=None) if bound.tzinfo is None else moment


def _those(ledger: CompanyLedger, keys: Sequence[int], condition: sa.ColumnElement[bool]) -> list[int]:
    found: list[int] = []
    with ledger.read() as connection:
        for start in range(0, len(keys), _AT_ONCE):
            some = keys[start : start + _AT_ONCE]
            found += connection.execute(sa.select(tickets.c.id).where(tickets.c.id.in_(some), condition)).scalars()
    return found
