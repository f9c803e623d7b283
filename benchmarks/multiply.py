"""A ledger multiplied: the rows of one posted day copied back over past years, under new ids, each copy a day earlier.

The tables are reflected: what holds tickets, or refers to them, is multiplied with whatever columns it has.
"""

from __future__ import annotations

import contextlib
import hashlib
import re
import sqlite3
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

_DAY = "day"
_ID_MARK, _DAY_MARK = "@id@", "@day@"
_QUOTED = re.compile(r'"(\w+(?:-\w+)*)"')
_SUFFIXED = frozenset({"ticket_id", "row_id", "qbo_id", "request_id", "attempt"})
_DATES = frozenset({"business_date", "date"})
_DATE_LENGTH = 10
_UNITS = "units"
_CACHE = "PRAGMA cache_size=-1000000"  # a gigabyte


def copy_empty(ledger: Path, into: Path) -> None:
    """Copy a ledger that knows its company, without its tickets and all that belongs to them."""
    copy(ledger, into)
    with _opened(into) as connection:
        for table in reversed(_ticket_tables(connection)):
            connection.execute(sa.delete(table))


def copy(ledger: Path, into: Path) -> None:
    """Copy a ledger, with what stands in its write-ahead log only."""
    with contextlib.closing(sqlite3.connect(ledger)) as source, contextlib.closing(sqlite3.connect(into)) as target:
        source.backup(target)


def prepare_day(day: Path) -> None:
    """Make a copy of a ledger with one posted day into a template: marks where ids and the day stand in contents."""
    with _opened(day) as connection:
        tables = _ticket_tables(connection)
        ids = {
            value
            for table in tables
            for name in ("ticket_id", "row_id")
            if name in table.c
            for value in connection.execute(sa.select(table.c[name])).scalars()
        }
        date = connection.execute(sa.text("select min(business_date) from tickets")).scalar_one()

        def mark(text: str) -> str:
            marked = _QUOTED.sub(lambda found: f'"{found[1]}{_ID_MARK}"' if found[1] in ids else found[0], text)
            return marked.replace(date, _DAY_MARK)

        _function(connection, "mark", mark)
        for table in tables:
            if "content" in table.c:
                connection.execute(sa.update(table).values(content=sa.func.mark(table.c.content)))


def add_days(ledger: Path, day: Path, numbers: Sequence[int]) -> None:
    """Add copies of a day to a ledger.

    Args:
        ledger: The ledger that grows.
        day: The template, see :func:`prepare_day`.
        numbers: Which copies: each is so many days earlier than the day itself.
    """
    with _opened(ledger, day) as connection:
        _function(connection, "sha256", lambda text: hashlib.sha256(text.encode("ascii")).hexdigest())
        tables = _ticket_tables(connection)
        shifts = {table.name: _highest(connection, table) for table in tables}
        steps = {table.name: _highest(connection, table.to_metadata(sa.MetaData(), schema=_DAY)) for table in tables}
        inserts = [_insert(table) for table in tables]
        date = connection.execute(sa.text("select min(business_date) from day.tickets")).scalar_one()
        for number in numbers:
            values: dict[str, Any] = {f"shift_{name}": shift for name, shift in shifts.items()}
            earlier = connection.execute(sa.select(sa.func.date(date, f"-{number} days"))).scalar_one()
            values |= {"suffix": f"{number:05d}", "back": f"-{number} days", "day": earlier}
            for insert in inserts:
                connection.execute(insert, values)
            shifts = {name: shift + steps[name] for name, shift in shifts.items()}
        # The company has been ours for as long as there are tickets.
        connection.execute(sa.text("update companies set verified_from = (select min(business_date) from tickets)"))


def _insert(table: sa.Table) -> sa.Insert:
    day = table.to_metadata(sa.MetaData(), schema=_DAY)
    return sa.insert(table).from_select(
        [column.name for column in table.c], sa.select(*(_copied(table, column, day) for column in table.c))
    )


def _copied(table: sa.Table, column: sa.Column[Any], day: sa.Table) -> sa.ColumnElement[Any]:
    """Return what stands in a column of a copy."""
    own = day.c[column.name]
    suffix = sa.bindparam("suffix", type_=sa.String)
    content = sa.func.replace(day.c["content"], _ID_MARK, suffix) if "content" in day.c else sa.null()
    content = sa.func.replace(content, _DAY_MARK, sa.bindparam("day", type_=sa.String))
    owner = _owner(table, column)
    if owner is not None:
        return own + sa.bindparam(f"shift_{owner}", type_=sa.Integer)
    if column.name in _SUFFIXED or (table.name, column.name) == (_UNITS, "name"):
        return sa.type_coerce(own, sa.String) + suffix
    if column.name == "number":
        return suffix + "-" + sa.type_coerce(own, sa.String)
    if column.name in _DATES:
        return sa.func.date(own, sa.bindparam("back", type_=sa.String))
    if column.name.endswith("_at"):
        moved = sa.func.date(sa.func.substr(own, 1, _DATE_LENGTH), sa.bindparam("back", type_=sa.String))
        return sa.type_coerce(moved, sa.String) + sa.func.substr(own, _DATE_LENGTH + 1)
    if column.name == "content":
        return content
    return sa.func.sha256(content) if column.name == "content_hash" else own


def _owner(table: sa.Table, column: sa.Column[Any]) -> str | None:
    """Return the table whose numbering a column follows: its own, or the one it refers to."""
    for key in column.foreign_keys:
        if _is_tickets(key.column.table):
            return str(key.column.table.name)
    own = list(table.primary_key.columns)
    return table.name if own == [column] and isinstance(column.type, sa.Integer) else None


def _is_tickets(table: sa.Table | sa.FromClause) -> bool:
    """Tell whether a table holds tickets, their posting units, or rows of either."""
    if not isinstance(table, sa.Table):
        return False
    return (
        "ticket_id" in table.c
        or table.name == _UNITS
        or any(_is_tickets(key.column.table) for key in table.foreign_keys if key.column.table is not table)
    )


def _ticket_tables(connection: sa.Connection) -> list[sa.Table]:
    """Return the tables to multiply, those first that others refer to."""
    metadata = sa.MetaData()
    metadata.reflect(connection)
    return [table for table in metadata.sorted_tables if _is_tickets(table)]


def _highest(connection: sa.Connection, table: sa.Table) -> int:
    keys = list(table.primary_key.columns)
    if len(keys) != 1 or not isinstance(keys[0].type, sa.Integer):
        return 0
    return int(connection.execute(sa.select(sa.func.coalesce(sa.func.max(keys[0]), 0))).scalar_one())


def _function(connection: sa.Connection, name: str, function: Any) -> None:  # noqa: ANN401 (any function of a text)
    driver = connection.connection.driver_connection
    if driver is None:
        raise RuntimeError("the connection is closed")
    driver.create_function(name, 1, function, deterministic=True)


@contextlib.contextmanager
def _opened(ledger: Path, day: Path | None = None) -> Iterator[sa.Connection]:
    """Open a ledger for one big change; it is committed at the end."""
    engine = sa.create_engine(f"sqlite:///{ledger}")
    with engine.connect() as connection:
        connection.exec_driver_sql("PRAGMA synchronous=OFF")
        connection.exec_driver_sql("PRAGMA journal_mode=DELETE")
        connection.exec_driver_sql(_CACHE)
        if day is not None:
            connection.exec_driver_sql(f"ATTACH '{day}' AS {_DAY}")
        yield connection
        connection.commit()
    engine.dispose()
