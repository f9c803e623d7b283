"""How all companies of a ledger stand, at a glance: a few queries for all of them, however many there are."""

from __future__ import annotations

import datetime as dt
from collections import Counter, defaultdict
from dataclasses import dataclass, field
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from target_qbo.accounting import DocumentKind
from target_qbo.accounting.kinds import facts
from target_qbo.ledger import content
from target_qbo.ledger.runs import DONE, UNDO
from target_qbo.ledger.status import STANDING, TicketStatus
from target_qbo.ledger.tables import companies, documents, runs, tickets

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping, Sequence

    from sqlalchemy.engine import Connection, Engine

_AT_ONCE = 5_000
_MAINS = [kind for kind in DocumentKind if kind is not DocumentKind.PAYMENT]
_OPEN = (TicketStatus.RECEIVED, TicketStatus.WAITING, TicketStatus.POSTING, TicketStatus.SKIPPED)
_NOT_POSTED = tuple(status for status in TicketStatus if status is not TicketStatus.POSTED)


@dataclass(frozen=True, slots=True)
class LatestRun:
    """The latest run of a company: when it began (UTC), ``done`` or ``stopped`` or None, and its figures."""

    started_at: dt.datetime
    outcome: str | None
    summary: Mapping[str, Any]


@dataclass(slots=True)
class Standing:
    """How a company stands.

    Attributes:
        run: Its latest run; None: there was none.
        synced: When the latest run began that came to its end after the till was asked (UTC); None: there was none.
        counts: By location and status, how many tickets are not posted and not voided or undone.
        differences: By location and business day, of the latest days, the till less the books where they differ.
    """

    run: LatestRun | None = None
    synced: dt.datetime | None = None
    counts: Counter[tuple[str, TicketStatus]] = field(default_factory=Counter)
    differences: dict[tuple[str, dt.date], Decimal] = field(default_factory=lambda: defaultdict(Decimal))


def standings(engine: Engine, days: int, now: dt.datetime) -> dict[tuple[str, str], Standing]:
    """Look at all companies of a ledger.

    Where a ticket is posted, till and books are what stands for it, as :func:`target_qbo.ledger.daily.latest_days` has
    it: they differ by what is not posted alone, and nothing else is read.

    Args:
        engine: The ledger's database.
        days: How many days, up to that of a company's newest ticket, are looked at for differences.
        now: The present moment.

    Returns:
        How each stands, by environment and realm.
    """
    with engine.connect() as connection:
        names = {row.id: (row.environment, row.realm_id) for row in connection.execute(sa.select(companies))}
        found: dict[int, Standing] = {key: Standing() for key in names}
        newest = _look_at_runs(connection, found, now)
        for company, location, status, number in _counts(connection, found):
            found[company].counts[location, status] += number
        span = dt.timedelta(days - 1)
        first = min(newest.values(), default=now.date()) - span
        for company, location, day, amount in _differences(connection, found, first):
            if company in newest and newest[company] - span <= day <= newest[company]:
                found[company].differences[location, day] += amount
    return {names[key]: standing for key, standing in found.items()}


def _look_at_runs(connection: Connection, found: Mapping[int, Standing], now: dt.datetime) -> dict[int, dt.date]:
    """Enter the runs of each company; returns the business day of its newest ticket."""
    own_runs = sa.select(runs.c.id).where(runs.c.company_id == companies.c.id).order_by(runs.c.id.desc()).limit(1)
    # As they are written: so nobody reads the figures of years where the latest night came to its end.
    synced = own_runs.where(
        runs.c.outcome == DONE,
        ~runs.c.summary.contains(_written("kind", UNDO)),
        ~runs.c.summary.contains(_written("fetched", value=False)),
    )
    tomorrow = now.date() + dt.timedelta(days=1)
    day = sa.select(sa.func.max(tickets.c.business_date)).where(
        tickets.c.company_id == companies.c.id, tickets.c.business_date <= tomorrow
    )
    query = sa.select(companies.c.id, *(one.scalar_subquery() for one in (day, own_runs, synced)))
    rows = connection.execute(query).all()
    keys = [key for row in rows for key in (row[2], row[3]) if key is not None]
    known = {
        row.id: row
        for some in _some(keys)
        for row in connection.execute(sa.select(runs).where(runs.c.id.in_(_written_out(some))))
    }
    for company, _, latest, ended in rows:
        if latest is not None:
            row = known[latest]
            summary = content.decode(row.summary) if row.summary else {}
            found[company].run = LatestRun(row.started_at, row.outcome, summary)
        if ended is not None:
            found[company].synced = known[ended].started_at
    return {row[0]: row[1] for row in rows if row[1] is not None}


def _counts(connection: Connection, found: Collection[int]) -> Iterator[tuple[int, str, TicketStatus, int]]:
    columns = (tickets.c.company_id, tickets.c.location_id, tickets.c.status)
    for some in _some(found):
        query = sa.select(*columns, sa.func.count()).where(
            tickets.c.company_id.in_(_written_out(some)), tickets.c.status.in_(_OPEN)
        )
        for company, location, status, number in connection.execute(query.group_by(*columns)):
            yield company, location, TicketStatus(status), number


def _differences(
    connection: Connection, found: Collection[int], first: dt.date
) -> Iterator[tuple[int, str, dt.date, Decimal]]:
    """Yield what the till has and the books have not, and less what the books have of what is not posted."""
    columns = (tickets.c.company_id, tickets.c.location_id, tickets.c.business_date)
    for some in _some(found):
        late = (tickets.c.company_id.in_(_written_out(some)), tickets.c.business_date >= first)
        sold = sa.select(*columns, sa.func.sum(tickets.c.total)).where(*late, tickets.c.status.in_(_OPEN))
        yield from connection.execute(sold.group_by(*columns))
        booked = (
            sa.select(*columns, documents.c.kind, sa.func.sum(documents.c.amount))
            .join(documents, documents.c.unit == tickets.c.unit)
            .where(*late, tickets.c.status.in_(_NOT_POSTED))
            .where(documents.c.kind.in_(_MAINS), documents.c.state.in_(STANDING))
        )
        for company, location, day, kind, amount in connection.execute(booked.group_by(*columns, documents.c.kind)):
            yield company, location, day, -facts(DocumentKind(kind)).sign * amount


def _written_out(keys: Sequence[int]) -> sa.BindParameter[int]:
    """Return keys as a statement's own text: drivers take long over so many parameters."""
    return sa.bindparam("keys", list(keys), type_=sa.Integer, expanding=True, literal_execute=True, unique=True)


def _some(keys: Collection[int]) -> Iterator[Sequence[int]]:
    """Yield keys in parts that a statement can hold."""
    ordered = sorted(keys)
    return (ordered[start : start + _AT_ONCE] for start in range(0, len(ordered), _AT_ONCE))


def _written(name: str, value: Any) -> str:  # noqa: ANN401 (any JSON)
    """Return how a summary's text has a value: within one of its texts the quotes would be escaped."""
    return content.encode({name: value}).strip("{}")
