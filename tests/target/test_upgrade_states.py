"""A ledger of the release before, with every state in it, is brought to posting units: on SQLite and on PostgreSQL.

Until then a document was of a ticket, and marks in the place of a ticket's fingerprint told what was under way.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
import sqlalchemy as sa
from alembic import command
from alembic.config import Config

import target_qbo.ledger
from target_qbo.ledger import changes, documents, open_ledger, units
from target_qbo.ledger.changes import Changes, UnitChange
from target_qbo.ledger.lifecycle import UnitEvent
from target_qbo.ledger.status import DocumentState, Stands, TicketStatus

if TYPE_CHECKING:
    from target_qbo.ledger import CompanyLedger

THEN = "2026-11-01T07:00:00.000000+00:00"
HASH = "a" * 64
# A ticket of each: its fingerprint then, its status, its documents' states, and what stands of its unit now.
CASES: dict[str, tuple[str | None, str, tuple[str, ...], Stands | None]] = {
    "received": (None, "received", (), None),
    "waiting": (None, "waiting", (), None),
    "skipped": (None, "skipped", (), None),
    "whole": (HASH, "posted", ("posted", "posted"), Stands.WHOLE),
    "changed once": (HASH, "posted", ("posted", "posted", "voided"), Stands.WHOLE),
    "half": ("~" + HASH, "posting", ("posted", "missing"), Stands.PART),
    "unknown": ("~" + HASH, "posting", ("sending",), Stands.PART),
    "altered": ("~" + HASH, "skipped", ("altered",), Stands.PART),
    "revising": ("revising", "posting", ("posted", "voided"), Stands.REVISING),
    "edited": ("edited", "posted", ("posted", "orphaned"), Stands.EDITED),
    "undoing": ("undoing", "posting", ("posted", "voided"), Stands.UNDOING),
    "undone": (None, "undone", ("voided", "voided"), Stands.NOTHING),
    "found": (None, "posted", ("posted",), Stands.FOUND),
    "voided": (None, "voided", ("voided",), Stands.NOTHING),
}


def _make(url: str) -> None:
    """Make a ledger of the release before."""
    engine = sa.create_engine(url.replace("postgresql://", "postgresql+psycopg://"))
    with engine.begin() as connection:
        config = Config()
        config.set_main_option("script_location", str(Path(target_qbo.ledger.__file__).parent / "migrations"))
        config.attributes["connection"] = connection
        command.upgrade(config, "0003")
        tables = sa.MetaData()
        tables.reflect(connection)
        company = {"id": 1, "environment": "sandbox", "realm_id": "1"}
        connection.execute(sa.insert(tables.tables["companies"]).values(company))
        number = 0
        for key, (name, (fingerprint, status, states, _)) in enumerate(CASES.items(), 1):
            ticket = {"id": key, "company_id": 1, "location_id": "101", "ticket_id": name, "number": name}
            ticket |= {"business_date": "2026-11-01", "total": 1000, "content": "{}", "content_hash": "x"}
            ticket |= {"status": status, "revision": 1, "pending": status == "posting", "updated_at": THEN}
            _insert(connection, tables.tables["tickets"], ticket | {"fingerprint": fingerprint})
            for place, state in enumerate(states):
                number += 1
                kind = "invoice" if place == 0 else "payment"
                row = {"id": number, "company_id": 1, "ticket": key, "kind": kind, "number": f"{key}-{place}"}
                row |= {"amount": 1000, "date": "2026-11-01", "state": state, "attempt": "a", "missed": 0}
                qbo_id = str(number) if state in {"posted", "orphaned", "voided"} else None
                row |= {"request_id": f"r{number}", "sent_at": THEN, "qbo_id": qbo_id, "method": None}
                _insert(connection, tables.tables["documents"], row)
        if engine.dialect.name == "postgresql":
            connection.execute(sa.text("SELECT setval('tickets_id_seq', 100), setval('documents_id_seq', 100)"))
    engine.dispose()


def _insert(connection: sa.Connection, table: sa.Table, row: dict[str, Any]) -> None:
    columns = ", ".join(row)
    values = ", ".join(f":{name}" for name in row)
    connection.execute(sa.text(f"INSERT INTO {table.name} ({columns}) VALUES ({values})"), row)  # noqa: S608


@pytest.fixture(params=["sqlite", "postgres"])
def ledger(request: pytest.FixtureRequest, tmp_path: Path) -> CompanyLedger:
    url = f"sqlite:///{tmp_path}/ledger.db"
    if request.param == "postgres":
        url = request.getfixturevalue("postgres_database")
    _make(url)
    return open_ledger(url, environment="sandbox", realm_id="1")


def test_every_state_is_what_it_was(ledger: CompanyLedger) -> None:
    keys = list(range(1, len(CASES) + 1))
    views = units.whole(ledger, keys)
    for key, (name, (fingerprint, status, states, stands)) in enumerate(CASES.items(), 1):
        view = views[key]
        assert view.status is TicketStatus(status), name
        assert (view.key == 0) is (stands is None), name
        assert view.stands is (stands or Stands.NOTHING), name
        assert view.fingerprint == (HASH if HASH in str(fingerprint) else None), name
        kept = documents.standing(ledger, [view.key], tuple(DocumentState)).get(view.key, [])
        assert [one.state for one in kept] == [DocumentState(state) for state in states], name
        assert all((one.location_id, one.name) == ("101", name) for one in kept)
    assert [one.name for one in documents.of_unknown_fate(ledger)] == ["unknown"]


def test_it_is_gone_on_with(ledger: CompanyLedger) -> None:
    """Tickets without a unit get one, documents get new keys, and what was looked up in vain is looked up again."""
    assert len(list(units.pending(ledger))) == 4
    units.assign(ledger)
    changes.doubt(ledger)
    doubted = {one.name for one in documents.of_unknown_fate(ledger)}
    assert doubted == {"unknown", "half"}
    (half,) = (view for view in units.pending(ledger) if len(view.standing) == 2 and view.stands is Stands.PART)
    now = documents.latest_answer(ledger)
    assert now is None, "the release before kept no time of these"
    done = Changes(units=[UnitChange(half.key, UnitEvent.FINISHED, HASH)])
    changes.write(ledger, done, half.standing[0].sent_at or pytest.fail("it was sent"))
    assert units.of_keys(ledger, [half.key])[0].stands is Stands.WHOLE
