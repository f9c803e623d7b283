"""What the ledger has of a period, read in bulk for a proof of the books: tickets with their rows, and documents."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

import sqlalchemy as sa

from target_qbo.ledger import content
from target_qbo.ledger.tables import discounts, documents, payments, tickets, units
from target_qbo.ledger.units import rows_of

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Iterable, Iterator, Sequence

    from sqlalchemy.engine import Connection

    from target_qbo.ledger.database import CompanyLedger

_AT_ONCE = 500
Record = dict[str, Any]


class Received(NamedTuple):
    """A ticket as it was received; ``record`` is None where it was found in QuickBooks and never received."""

    row: sa.Row[Any]
    record: Record | None
    payments: Sequence[Record]
    discounts: Sequence[Record]


def received(
    ledger: CompanyLedger, first: dt.date, last: dt.date, location_id: str | None = None
) -> Iterator[Received]:
    """Yield the tickets of a period of business dates, both included, with all their rows; some hundreds in a read."""
    of_company = [tickets.c.company_id == ledger.company_id]
    if location_id is not None:
        of_company.append(tickets.c.location_id == location_id)
    days = sa.select(tickets.c.business_date).distinct()
    days = days.where(*of_company, tickets.c.business_date.between(first, last)).order_by(tickets.c.business_date)
    columns = [column for column in tickets.c if column.name not in {"content_hash", "unit", "wait_until"}]
    columns.append(units.c.fingerprint)
    with ledger.read() as connection:
        for day in connection.execute(days).scalars().all():
            query = sa.select(*columns).join_from(tickets, units, units.c.id == tickets.c.unit, isouter=True)
            query = query.where(*of_company, tickets.c.business_date == day)
            result = connection.execute(query.order_by(tickets.c.location_id, tickets.c.id))
            for rows in result.partitions(_AT_ONCE):
                yield from _with_rows(ledger, connection, rows)


def dated(ledger: CompanyLedger, first: dt.date, last: dt.date) -> list[sa.Row[Any]]:
    """Return the documents that are dated in a period, or whose tickets are, with their tickets' keys."""
    # Two reads of an index each, where OR would be one of the whole table.
    own = (
        sa.select(documents.c.id)
        .join(tickets, tickets.c.unit == documents.c.unit)
        .where(tickets.c.company_id == ledger.company_id, tickets.c.business_date.between(first, last))
    )
    of_dates = sa.select(documents.c.id).where(
        documents.c.company_id == ledger.company_id, documents.c.date.between(first, last)
    )
    return _documents(ledger, documents.c.id.in_(sa.union(own, of_dates)))


def identified(ledger: CompanyLedger, kind: str, qbo_ids: Iterable[str]) -> list[sa.Row[Any]]:
    """Return the documents that have one of these ids in QuickBooks."""
    ids = sorted(qbo_ids)
    found: list[sa.Row[Any]] = []
    for start in range(0, len(ids), _AT_ONCE):
        some = documents.c.qbo_id.in_(ids[start : start + _AT_ONCE])
        found += _documents(ledger, documents.c.kind == kind, some)
    return found


def _documents(ledger: CompanyLedger, *conditions: sa.ColumnElement[bool]) -> list[sa.Row[Any]]:
    columns = [documents.c[name] for name in ("kind", "number", "amount", "date", "method", "state", "qbo_id")]
    query = (
        sa.select(tickets.c.location_id, tickets.c.ticket_id, *columns)
        .join(tickets, tickets.c.unit == documents.c.unit)
        .where(documents.c.company_id == ledger.company_id, *conditions)
    )
    with ledger.read() as connection:
        return list(connection.execute(query).all())


def _with_rows(ledger: CompanyLedger, connection: Connection, rows: Sequence[sa.Row[Any]]) -> Iterator[Received]:
    paid = rows_of(ledger, connection, payments, rows)
    discounted = rows_of(ledger, connection, discounts, rows)
    records = content.decoded([row.content or "{}" for row in rows])
    for row, record in zip(rows, records, strict=True):
        key = row.location_id, row.ticket_id
        yield Received(row, record or None, paid.get(key, ()), discounted.get(key, ()))
