"""What the ledger has of a period, read in bulk for a proof of the books: tickets with their rows, and documents."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
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


@dataclass(frozen=True, slots=True)
class Day:
    """A business date of a company, or of one of its locations.

    Attributes:
        date: The date.
        mark: Changes with all that is received for its tickets, and with what becomes of them.
    """

    date: dt.date
    mark: bytes
    _ledger: CompanyLedger
    _of_day: Sequence[sa.ColumnElement[bool]]

    def received(self) -> Iterator[Received]:
        """Yield its tickets with all their rows; some hundreds in a read."""
        columns = [column for column in tickets.c if column.name not in {"content_hash", "unit", "wait_until"}]
        query = _joined(*columns, units.c.fingerprint).where(*self._of_day)
        with self._ledger.read() as connection:
            for rows in connection.execute(query.order_by(tickets.c.location_id, tickets.c.id)).partitions(_AT_ONCE):
                paid, discounted = (rows_of(self._ledger, connection, table, rows) for table in (payments, discounts))
                records = content.decoded([row.content or "{}" for row in rows])
                for row, record in zip(rows, records, strict=True):
                    key = row.location_id, row.ticket_id
                    yield Received(row, record or None, paid.get(key, ()), discounted.get(key, ()))


def days(ledger: CompanyLedger, first: dt.date, last: dt.date, location_id: str | None = None) -> Iterator[Day]:
    """Yield the days of a period of business dates, both included, on which there are tickets."""
    of_company = [tickets.c.company_id == ledger.company_id]
    if location_id is not None:
        of_company.append(tickets.c.location_id == location_id)
    dates = sa.select(tickets.c.business_date).distinct()
    dates = dates.where(*of_company, tickets.c.business_date.between(first, last)).order_by(tickets.c.business_date)
    with ledger.read() as connection:
        for date in connection.execute(dates).scalars().all():
            of_day = [*of_company, tickets.c.business_date == date]
            yield Day(date, _mark(connection, of_day), ledger, of_day)


def _mark(connection: Connection, of_day: Sequence[sa.ColumnElement[bool]]) -> bytes:
    """Return a hash of a day's tickets: whatever is received for one, or becomes of it, changes its row."""
    columns = [column for column in tickets.c if column.name not in {"content", "location_id", "ticket_id"}]
    plain = [sa.type_coerce(column, sa.types.NullType()) for column in (*columns, units.c.fingerprint)]  # as they stand
    query = _joined(*plain).where(*of_day).order_by(tickets.c.id)
    rows = [tuple(row) for row in connection.execute(query)]
    return hashlib.sha256(repr(rows).encode("utf-8", "surrogatepass")).digest()


def _joined(*columns: sa.ColumnElement[Any]) -> sa.Select[Any]:
    return sa.select(*columns).join_from(tickets, units, units.c.id == tickets.c.unit, isouter=True)


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
