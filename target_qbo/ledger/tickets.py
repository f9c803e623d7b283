"""Tickets on their way: what is to be decided, with all its rows, and what became of it."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from target_qbo.ledger import content
from target_qbo.ledger.documents import StandingDocument, standing
from target_qbo.ledger.sendings import missing_requests
from target_qbo.ledger.status import EDITED, HALF, REVISING, UNDOING, TicketStatus
from target_qbo.ledger.tables import discounts, payments, tickets

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Iterator, Mapping, Sequence
    from decimal import Decimal

    from sqlalchemy.engine import Connection

    from target_qbo.ledger.database import CompanyLedger

_TICKETS_A_READ = 200


@dataclass(frozen=True, slots=True)
class PendingTicket:
    """A ticket to decide, or to finish: its records, and the fingerprint of what stands for it.

    ``revision`` goes back with what becomes of it: where more was received meanwhile, it stays pending.
    ``missing`` are the requestids, by kind and number, of documents that were sent, never answered and do not stand.
    """

    key: int
    revision: int
    status: TicketStatus
    fingerprint: str | None
    record: Mapping[str, Any]
    payments: Sequence[Mapping[str, Any]]
    discounts: Sequence[Mapping[str, Any]]
    standing: Sequence[StandingDocument]
    missing: Mapping[tuple[str, str], str]
    code: str | None = None

    @property
    def half_done(self) -> bool:
        """Whether it was last seen half posted or half revised, so that what stands can't just stay."""
        known = self.fingerprint
        return known is not None and (known in {REVISING, UNDOING} or known.startswith(HALF))

    @property
    def insisted(self) -> bool:
        """Whether a person asked that what stands be put right, also where changes are to be left alone."""
        return self.fingerprint == EDITED


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


def pending(ledger: CompanyLedger) -> Iterator[PendingTicket]:
    """Yield every pending ticket once, in the order of receipt, reading a few hundred at a time."""
    last = 0
    while True:
        with ledger.read() as connection:
            rows = connection.execute(
                sa.select(tickets)
                .where(tickets.c.company_id == ledger.company_id, tickets.c.pending, tickets.c.id > last)
                .where(tickets.c.content != "")  # found in QuickBooks, its record not received yet
                .order_by(tickets.c.id)
                .limit(_TICKETS_A_READ)
            ).all()
            if not rows:
                return
            some = with_rows(ledger, connection, rows)
        yield from some
        last = rows[-1].id


def pending_dates(ledger: CompanyLedger) -> tuple[dt.date, dt.date] | None:
    """Return the earliest and the latest business date among the pending tickets; None where there are none."""
    with ledger.read() as connection:
        first, last = connection.execute(
            sa.select(sa.func.min(tickets.c.business_date), sa.func.max(tickets.c.business_date)).where(
                tickets.c.company_id == ledger.company_id, tickets.c.pending
            )
        ).one()
    return None if first is None else (first, last)


def count_pending(ledger: CompanyLedger) -> int:
    """Return how many tickets are to be decided or finished."""
    query = sa.select(sa.func.count()).where(tickets.c.company_id == ledger.company_id, tickets.c.pending)
    with ledger.read() as connection:
        found: int = connection.execute(query).scalar_one()
    return found


def newest_days(ledger: CompanyLedger) -> dict[str, dt.date]:
    """Return the business date of each location's newest ticket."""
    query = sa.select(tickets.c.location_id, sa.func.max(tickets.c.business_date)).where(
        tickets.c.company_id == ledger.company_id
    )
    with ledger.read() as connection:
        return {row[0]: row[1] for row in connection.execute(query.group_by(tickets.c.location_id))}


@dataclass(frozen=True, slots=True)
class Settled:
    """What became of a ticket as it was at a revision."""

    key: int
    revision: int
    status: TicketStatus
    code: str | None = None
    reason: str | None = None
    wait_until: dt.datetime | None = None


def settle(ledger: CompanyLedger, settled: Sequence[Settled], now: dt.datetime) -> None:
    """Write down what became of tickets; they are no longer pending, unless more was received meanwhile."""
    if not settled:
        return
    with ledger.write() as connection:
        connection.execute(
            sa.update(tickets)
            .where(tickets.c.id == sa.bindparam("b_key"))
            .values(
                status=sa.bindparam("b_status"),
                code=sa.bindparam("b_code"),
                reason=sa.bindparam("b_reason"),
                wait_until=sa.bindparam("b_wait_until"),
                pending=tickets.c.revision != sa.bindparam("b_revision"),
                updated_at=now,
            ),
            [
                {
                    "b_key": one.key,
                    "b_revision": one.revision,
                    "b_status": one.status,
                    "b_code": one.code,
                    "b_reason": one.reason,
                    "b_wait_until": one.wait_until,
                }
                for one in settled
            ],
        )


def newest(ledger: CompanyLedger, status: Sequence[TicketStatus], limit: int) -> list[TicketRow]:
    """Return so many tickets of these statuses at most, those of the latest days first."""
    # The keys first, by whichever index is best; asked for in one go, SQLite prefers the index that saves it the sort.
    keys = sa.select(tickets.c.id).where(tickets.c.company_id == ledger.company_id, tickets.c.status.in_(status))
    query = sa.select(tickets).where(tickets.c.id.in_(keys))
    query = query.order_by(tickets.c.business_date.desc(), tickets.c.location_id, tickets.c.id)
    with ledger.read() as connection:
        return [_as_told(row) for row in connection.execute(query.limit(limit))]


def skipped_among(ledger: CompanyLedger, keys: Sequence[int]) -> list[TicketRow]:
    """Return those of these tickets that are skipped, those of the latest days first."""
    found: list[TicketRow] = []
    with ledger.read() as connection:
        for first in range(0, len(keys), _TICKETS_A_READ):
            some = tickets.c.id.in_(keys[first : first + _TICKETS_A_READ])
            query = sa.select(tickets).where(some, tickets.c.status == TicketStatus.SKIPPED)
            found += [_as_told(row) for row in connection.execute(query)]
    return sorted(found, key=lambda ticket: (-ticket.business_date.toordinal(), ticket.location_id, ticket.key))


def _as_told(row: sa.Row[Any]) -> TicketRow:
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


def counts(ledger: CompanyLedger, status: Sequence[TicketStatus]) -> dict[TicketStatus, tuple[int, Decimal]]:
    """Return for each of these statuses, where there are any, how many tickets have it and what they come to."""
    with ledger.read() as connection:
        rows = connection.execute(
            sa.select(tickets.c.status, sa.func.count(), sa.func.sum(tickets.c.total))
            .where(tickets.c.company_id == ledger.company_id, tickets.c.status.in_(status))
            .group_by(tickets.c.status)
        ).all()
    return {TicketStatus(status): (number, amount) for status, number, amount in rows}


def with_rows(ledger: CompanyLedger, connection: Connection, rows: Sequence[sa.Row[Any]]) -> list[PendingTicket]:
    """Return tickets, given their rows of the table, with all that was received for them and all that stands."""
    keys = [row.id for row in rows]
    documents, missing = standing(ledger, keys), missing_requests(ledger, keys)
    by_location: dict[str, list[str]] = defaultdict(list)
    for row in rows:
        by_location[row.location_id].append(row.ticket_id)
    sent_as: dict[int, dict[tuple[str, str], str]] = defaultdict(dict)
    for (key, kind, number), request_id in missing.items():
        sent_as[key][kind, number] = request_id
    paid = _rows_of(connection, payments, ledger.company_id, by_location)
    discounted = _rows_of(connection, discounts, ledger.company_id, by_location)
    return [
        PendingTicket(
            row.id,
            row.revision,
            TicketStatus(row.status),
            row.fingerprint,
            content.decode(row.content) if row.content else {},
            paid[row.location_id, row.ticket_id],
            discounted[row.location_id, row.ticket_id],
            documents.get(row.id, ()),
            sent_as[row.id],
            row.code,
        )
        for row in rows
    ]


def _rows_of(
    connection: Connection, table: sa.Table, company_id: int, by_location: Mapping[str, Sequence[str]]
) -> dict[tuple[str, str], list[Mapping[str, Any]]]:
    found: dict[tuple[str, str], list[Mapping[str, Any]]] = defaultdict(list)
    for location_id, ticket_ids in by_location.items():
        query = sa.select(table.c.ticket_id, table.c.content).where(
            table.c.company_id == company_id,
            table.c.location_id == location_id,
            table.c.ticket_id.in_(ticket_ids),
        )
        for ticket_id, text in connection.execute(query):
            found[location_id, ticket_id].append(content.decode(text))
    return found
