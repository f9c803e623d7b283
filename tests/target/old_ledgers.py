"""Ledgers that earlier releases made, dumped from SQLite: loaded into SQLite, or into PostgreSQL."""

from __future__ import annotations

import sqlite3
from pathlib import Path
from typing import TYPE_CHECKING

import sqlalchemy as sa
from alembic import command
from alembic.config import Config

import target_qbo.ledger

if TYPE_CHECKING:
    import pytest

FIRST_RELEASE = Path(__file__).with_name("first_release.sql")
BEFORE_UNITS = Path(__file__).with_name("before_units.sql")
STATE_BEFORE_UNITS = Path(__file__).with_name("before_units.json")
AS_BEFORE_UNITS = ("--locations", "1", "--days", "2", "--tickets-per-day", "2", "--dirty", "0", "--seed", "7")
"""Options of the sandbox in which that ledger was made."""

State = tuple[str, str | None, str | None, tuple[str, ...]]
_STATES = """
    SELECT t.number, t.ticket_id, t.status, t.code, t.fingerprint, d.kind, d.state FROM tickets t
    LEFT JOIN documents d ON d.ticket = t.id ORDER BY t.id, d.kind, d.id
"""


def load(dump: Path, database: str, request: pytest.FixtureRequest, folder: Path) -> str:
    """Load a dumped ledger into a database of a kind, ``sqlite`` or ``postgres``; returns its URL."""
    with sqlite3.connect(folder / "ledger.db") as old:
        old.executescript(dump.read_text("utf-8"))
        if database == "sqlite":
            return f"sqlite:///{folder}/ledger.db"
        url: str = request.getfixturevalue("postgres_database")
        _copy(old, url)
        return url


def states_of(ledger: sqlite3.Connection) -> dict[str, State]:
    """Return how each ticket stands in a ledger before posting units, by its number or id.

    Its status and code, its fingerprint (``~hash``, ``hash``, or the mark in its place), and its documents with their
    states.
    """
    found: dict[str, State] = {}
    for number, ticket_id, status, code, fingerprint, kind, state in ledger.execute(_STATES):
        shown = fingerprint
        if fingerprint is not None and len(fingerprint) > len("fingerprint"):
            shown = "~hash" if fingerprint.startswith("~") else "hash"
        name = number or ticket_id
        before = found[name][3] if name in found else ()
        found[name] = (status, code, shown, (*before, f"{kind} {state}") if kind else before)
    return found


def _copy(old: sqlite3.Connection, url: str) -> None:
    """Make that release's tables in PostgreSQL, and fill them."""
    ((revision,),) = old.execute("SELECT version_num FROM alembic_version")
    old.row_factory = sqlite3.Row
    engine = sa.create_engine(url.replace("postgresql://", "postgresql+psycopg://"))
    with engine.begin() as connection:
        config = Config()
        config.set_main_option("script_location", str(Path(target_qbo.ledger.__file__).parent / "migrations"))
        config.attributes["connection"] = connection
        command.upgrade(config, revision)
        metadata = sa.MetaData()
        metadata.reflect(connection)
        for table in metadata.sorted_tables:
            rows = [dict(row) for row in old.execute(f'SELECT * FROM "{table.name}"')]  # noqa: S608 (our own names)
            for row in rows:
                row.update({c.name: bool(row[c.name]) for c in table.c if isinstance(c.type, sa.Boolean)})
            if table.name == "alembic_version" or not rows:
                continue
            connection.execute(sa.insert(table), rows)
            if "id" in table.c:
                top = max(row["id"] for row in rows)
                connection.execute(sa.select(sa.func.setval(f"{table.name}_id_seq", top)))
    engine.dispose()
