"""Looking at a ledger without touching it: opened for reading only, tickets by choice, with what stands for them."""

from __future__ import annotations

import sqlite3
from collections import defaultdict
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import quote

import sqlalchemy as sa
from sqlalchemy.engine import make_url

from target_qbo.errors import ConfigurationError, UnreachableError
from target_qbo.ledger.database import CompanyLedger, newest_version
from target_qbo.ledger.status import TicketStatus
from target_qbo.ledger.tables import companies, tickets
from target_qbo.ledger.units import UnitView, pages, whole

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Iterable, Iterator, Sequence

    from sqlalchemy.engine import Connection, Engine

_BUSY_SECONDS = 60


@dataclass(frozen=True, slots=True)
class Choice:
    """Which tickets; every field given narrows it.

    Attributes:
        first: First business date.
        last: Last business date, included.
        location_id: Franpos location.
        named: Order ids or receipt numbers. Tickets that are named are given even where nothing is to be done.
    """

    first: dt.date | None = None
    last: dt.date | None = None
    location_id: str | None = None
    named: Sequence[str] = ()


def open_to_read(url: str, *, environment: str, realm_id: str) -> CompanyLedger | None:
    """Open a ledger so that nothing in it can be changed.

    Args:
        url: SQLAlchemy URL, as for :func:`target_qbo.ledger.open_ledger`.
        environment: ``production`` or ``sandbox``.
        realm_id: The company's id in QuickBooks.

    Returns:
        The company's part of it; None where nothing was ever received for the company.

    Raises:
        ConfigurationError: The URL is none that the ledger knows, or another release made the ledger.
        UnreachableError: The database can't be opened.
    """
    engine = _engine(url)
    if engine is None:
        return None
    try:
        with engine.connect() as connection:
            if not _is_up_to_date(connection):
                return None
            found = connection.execute(
                sa.select(companies.c.id).filter_by(environment=environment, realm_id=realm_id)
            ).scalar()
    except sa.exc.OperationalError as error:
        raise UnreachableError(
            f"the ledger's database can't be read: {type(error.orig).__name__}; check ledger_url"
        ) from None
    return None if found is None else CompanyLedger(engine, found)


def to_decide(ledger: CompanyLedger, choice: Choice) -> Iterator[UnitView]:
    """Yield what a run would decide, in the order of receipt, and the tickets that wait; a few hundred in a read."""
    return pages(ledger, *_chosen(ledger.company_id, choice))


def known(ledger: CompanyLedger, keys: Iterable[tuple[str, str]]) -> dict[tuple[str, str], UnitView]:
    """Return what the ledger has of these tickets (location and order id): a few hundred at a time are meant."""
    by_location: dict[str, list[str]] = defaultdict(list)
    for location_id, ticket_id in keys:
        by_location[location_id].append(ticket_id)
    named: dict[int, tuple[str, str]] = {}
    with ledger.read() as connection:
        for location_id, ids in by_location.items():
            query = sa.select(tickets.c.id, tickets.c.ticket_id).where(
                tickets.c.company_id == ledger.company_id,
                tickets.c.location_id == location_id,
                tickets.c.ticket_id.in_(ids),
            )
            named |= {row.id: (location_id, row.ticket_id) for row in connection.execute(query)}
    return {named[key]: view for key, view in whole(ledger, list(named)).items()}


def _engine(text: str) -> Engine | None:
    try:
        url = make_url(text)
    except (sa.exc.ArgumentError, ValueError):  # the latter: no port in its place
        raise ConfigurationError("ledger_url is no database URL: use sqlite:///file or postgresql://…") from None
    if url.get_backend_name() == "sqlite":
        path = Path(url.database or "").absolute()
        if not path.is_file():
            return None
        address = f"file:{quote(str(path))}?mode=ro"

        def connect() -> sqlite3.Connection:
            return sqlite3.connect(address, uri=True, timeout=_BUSY_SECONDS, check_same_thread=False)

        return sa.create_engine("sqlite://", creator=connect, poolclass=sa.pool.QueuePool)
    if url.get_backend_name() not in {"postgresql", "postgres"}:
        raise ConfigurationError(f"ledger_url: {url.get_backend_name()} is not supported, use sqlite or postgresql")
    try:
        return sa.create_engine(
            url.set(drivername="postgresql+psycopg"),
            connect_args={"options": "-c default_transaction_read_only=on"},
        )
    except ImportError:
        raise ConfigurationError("a PostgreSQL ledger needs the extra: install franpos-qbo[postgres]") from None


def _is_up_to_date(connection: Connection) -> bool:
    """Tell whether there are tables; they must be of this release, because here they can't be brought to it."""
    if not sa.inspect(connection).has_table("alembic_version"):
        return False
    version = connection.execute(sa.text("SELECT version_num FROM alembic_version")).scalar()
    newest = newest_version()
    if version != newest:
        raise ConfigurationError(
            f"the ledger is of another release (its version {version}, this release's {newest}): update franpos-qbo, "
            "and let a sync bring the ledger up to date"
        )
    return True


def _chosen(company_id: int, choice: Choice) -> Iterator[sa.ColumnElement[bool]]:
    yield from (tickets.c.company_id == company_id, tickets.c.content != "")
    if choice.named:
        yield tickets.c.ticket_id.in_(choice.named) | tickets.c.number.in_(choice.named)
    else:
        # Two reads of an index each, where OR would be one of the whole table.
        own = sa.select(tickets.c.id).where(tickets.c.company_id == company_id)
        due = sa.union(own.where(tickets.c.pending), own.where(tickets.c.status == TicketStatus.WAITING))
        yield tickets.c.id.in_(due)
    if choice.first is not None:
        yield tickets.c.business_date >= choice.first
    if choice.last is not None:
        yield tickets.c.business_date <= choice.last
    if choice.location_id is not None:
        yield tickets.c.location_id == choice.location_id
