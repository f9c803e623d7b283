"""Tickets as people look them up: chosen by what is known of them, with what stands for each, many in little time.

The rows are plain values, read in one query in the order in which they are shown: a list of all tickets is not to need
an object for each row, nor memory that grows with them.
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from target_qbo.ledger.status import STANDING
from target_qbo.ledger.tables import documents, tickets

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Iterable, Iterator, Sequence

    from target_qbo.ledger.database import CompanyLedger
    from target_qbo.ledger.status import TicketStatus

Row = dict[str, Any]
Mark = tuple["dt.date", str, int]
"""A ticket's place in the order in which tickets are shown: business date, location, key."""
_A_READ = 2000
_KEYS_A_READ = 500
_IN_ORDER = (tickets.c.business_date, tickets.c.location_id, tickets.c.id)


@dataclass(frozen=True, slots=True)
class Filter:
    """Which tickets; every field given narrows the choice.

    Attributes:
        status: Any of these.
        code: Why skipped, for programs.
        first: First business date.
        last: Last business date, included.
        location_id: Franpos location.
        least: Lowest total, in the company's currency.
        most: Highest total.
        search: A text in the reason, the receipt number or the order id; case is ignored.
    """

    status: Sequence[TicketStatus] = ()
    code: str | None = None
    first: dt.date | None = None
    last: dt.date | None = None
    location_id: str | None = None
    least: Decimal | None = None
    most: Decimal | None = None
    search: str | None = None

    def conditions(self, ledger: CompanyLedger) -> Iterator[sa.ColumnElement[bool]]:
        """Yield what must hold of a ticket of the company."""
        mine = tickets.c.company_id == ledger.company_id
        yield mine
        if self.status:
            yield tickets.c.status.in_(self.status)
        if self.code is not None:
            yield tickets.c.code == self.code
        if self.first is not None:
            yield tickets.c.business_date >= self.first
        if self.last is not None:
            yield tickets.c.business_date <= self.last
        if self.location_id is not None:
            yield tickets.c.location_id == self.location_id
        if self.least is not None:
            yield tickets.c.total >= self.least
        if self.most is not None:
            yield tickets.c.total <= self.most
        if self.search:
            # Few tickets have a reason, and an index of their own; the names of all are in the index of the days.
            reasoned = sa.select(tickets.c.id).where(mine, tickets.c.reason.is_not(None))
            reasoned = reasoned.where(_contains(ledger, tickets.c.reason, self.search))
            named = [_contains(ledger, column, self.search) for column in (tickets.c.number, tickets.c.ticket_id)]
            yield sa.or_(*named, tickets.c.id.in_(reasoned))


def rows(ledger: CompanyLedger, chosen: Filter, limit: int | None = None) -> Iterator[Row]:
    """Yield tickets by day, location and order of receipt, with the documents that stand for each.

    Args:
        ledger: The company's ledger.
        chosen: Which.
        limit: Only so many, the newest; None: all.

    Yields:
        ``location_id``, ``ticket_id``, ``number``, ``business_date`` (ISO), ``total``, ``status``, ``code``,
        ``reason``, and ``documents`` with ``kind``, ``id`` (in QuickBooks), ``number`` and ``amount``.
    """
    wanted = list(chosen.conditions(ledger))
    if limit is not None:
        newest = sa.select(tickets.c.id).where(*wanted).order_by(*[column.desc() for column in _IN_ORDER]).limit(limit)
        wanted = [tickets.c.id.in_(sa.select(newest.subquery().c.id))]
    elif chosen != Filter():
        # The keys first, by whichever index is best; asked for in one go, SQLite prefers the one that saves the sort.
        wanted = [tickets.c.id.in_(sa.select(tickets.c.id).where(*wanted))]
    yield from _read(ledger, wanted)


@dataclass(frozen=True, slots=True)
class Page:
    """A page of tickets, the newest first.

    Attributes:
        rows: As those of :func:`rows`, each with its ``key`` in the ledger too.
        end: Where it ends; None: it is the last one.
        number: How many tickets there are on all pages.
    """

    rows: Sequence[Row]
    end: Mark | None
    number: int


def page(ledger: CompanyLedger, chosen: Filter, size: int, before: Mark | None = None) -> Page:
    """Return a page of tickets: found by the place where the last one ended, however far that is.

    Args:
        ledger: The company's ledger.
        chosen: Which.
        size: The most on a page.
        before: Where the page before this one ended; None: the first page.
    """
    query = sa.select(*_IN_ORDER).where(*chosen.conditions(ledger))
    if before is not None:
        place = [sa.bindparam(None, value, column.type) for column, value in zip(_IN_ORDER, before, strict=True)]
        query = query.where(sa.tuple_(*_IN_ORDER) < sa.tuple_(*place))
    with ledger.read() as connection:
        query = query.order_by(*[column.desc() for column in _IN_ORDER]).limit(size + 1)
        marks = [(row.business_date, row.location_id, row.id) for row in connection.execute(query)]
    shown = marks[:size]
    found = dict(_keyed(ledger, [tickets.c.id.in_([key for *_, key in shown])]))
    rows = [{"key": key, **found[key]} for *_, key in shown if key in found]
    end = shown[-1] if len(marks) > size else None
    return Page(rows, end, len(shown) if before is None and end is None else count(ledger, chosen))


def rows_of(ledger: CompanyLedger, keys: Sequence[int]) -> Iterator[Row]:
    """Yield tickets by their keys in the ledger, which are :func:`in_order`; see :func:`rows`."""
    for start in range(0, len(keys), _KEYS_A_READ):
        yield from _read(ledger, [tickets.c.id.in_(keys[start : start + _KEYS_A_READ])])


def count(ledger: CompanyLedger, chosen: Filter) -> int:
    """Return how many tickets there are."""
    with ledger.read() as connection:
        query = sa.select(sa.func.count()).where(*chosen.conditions(ledger))
        number: int = connection.execute(query).scalar_one()
    return number


def keys_of(ledger: CompanyLedger, chosen: Filter) -> list[int]:
    """Return the keys of tickets, by day, location and order of receipt."""
    with ledger.read() as connection:
        query = sa.select(*_IN_ORDER).where(*chosen.conditions(ledger))
        return [row.id for row in sorted(connection.execute(query), key=tuple)]


def in_order(ledger: CompanyLedger, keys: Iterable[int]) -> list[int]:
    """Return those of these keys that are the company's, by day, location and order of receipt, each once."""
    some = list(set(keys))
    found: list[tuple[Any, ...]] = []
    with ledger.read() as connection:
        for start in range(0, len(some), _KEYS_A_READ):
            own = (tickets.c.company_id == ledger.company_id, tickets.c.id.in_(some[start : start + _KEYS_A_READ]))
            query = sa.select(*_IN_ORDER).where(*own)
            found += map(tuple, connection.execute(query))
    return [key for _, _, key in sorted(found)]


def named(ledger: CompanyLedger, names: Sequence[str], location_id: str | None = None) -> dict[str, list[int]]:
    """Return the keys of the tickets with these order ids or receipt numbers, by name; shops may share both."""
    found: dict[str, list[int]] = {name: [] for name in names}
    query = sa.select(tickets.c.id, tickets.c.ticket_id, tickets.c.number).where(
        tickets.c.ticket_id.in_(names) | tickets.c.number.in_(names),
        *Filter(location_id=location_id).conditions(ledger),
    )
    with ledger.read() as connection:
        for key, ticket_id, number in connection.execute(query.order_by(*_IN_ORDER)):
            for name in {ticket_id, number} & found.keys():
                found[name].append(key)
    return found


def _contains(ledger: CompanyLedger, column: sa.Column[Any], text: str) -> sa.ColumnElement[bool]:
    if ledger.engine.dialect.name == "sqlite":
        return column.contains(text, autoescape=True)  # its LIKE ignores case by itself: half as long as without
    return column.icontains(text, autoescape=True)


def _read(ledger: CompanyLedger, wanted: Sequence[sa.ColumnElement[bool]]) -> Iterator[Row]:
    for _, row in _keyed(ledger, wanted):
        yield row


def _keyed(ledger: CompanyLedger, wanted: Sequence[sa.ColumnElement[bool]]) -> Iterator[tuple[int, Row]]:
    mine = sa.and_(documents.c.unit == tickets.c.unit, documents.c.state.in_(STANDING))
    query = (
        sa.select(
            tickets.c.id,
            tickets.c.location_id,
            tickets.c.ticket_id,
            tickets.c.number,
            sa.type_coerce(tickets.c.business_date, sa.String),  # as they are kept: nothing to be made of each
            sa.type_coerce(tickets.c.total, sa.Integer),
            tickets.c.status,
            tickets.c.code,
            tickets.c.reason,
            documents.c.kind,
            documents.c.qbo_id,
            documents.c.number,
            sa.type_coerce(documents.c.amount, sa.Integer),
        )
        .join_from(tickets, documents, mine, isouter=True)
        .where(*wanted)
        .order_by(*_IN_ORDER, documents.c.id)
    )
    with ledger.read() as connection:
        result = connection.execution_options(yield_per=_A_READ).execute(query)
        yield from _merged(map(tuple, result))


def _merged(joined: Iterable[tuple[Any, ...]]) -> Iterator[tuple[int, Row]]:
    """Yield the key and a row of each ticket from rows that repeat it for each of its documents."""
    last, row = 0, None
    for key, location_id, ticket_id, number, day, total, status, code, reason, kind, qbo_id, doc, amount in joined:
        if key != last:
            if row is not None:
                yield last, row
            last = key
            row = {
                "location_id": location_id,
                "ticket_id": ticket_id,
                "number": number,
                "business_date": str(day),
                "total": _amount(total),
                "status": status,
                "code": code,
                "reason": reason,
                "documents": [],
            }
        if kind is not None and row is not None:
            row["documents"].append({"kind": kind, "id": qbo_id, "number": doc, "amount": _amount(amount)})
    if row is not None:
        yield last, row


def _amount(cents: int) -> Decimal:
    return Decimal(cents).scaleb(-2)
