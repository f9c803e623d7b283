"""A company kept open by the page: the same one as long as nothing changes, and nobody holds on to its file."""

from __future__ import annotations

import json
import sqlite3
from contextlib import closing
from typing import TYPE_CHECKING, Any

import pytest
import sqlalchemy as sa

from target_qbo.desk import people
from target_qbo.desk.config import DeskConfig
from target_qbo.desk.opening import KeptOpen
from target_qbo.errors import ConfigurationError
from target_qbo.ledger import listing, runs, tickets, users
from target_qbo.ledger.attention import amiss, skipped_by_code
from target_qbo.ledger.listing import Filter
from target_qbo.ledger.status import TicketStatus

if TYPE_CHECKING:
    from pathlib import Path

    from target_qbo.company import Company


class Config:
    """A settings file that can be changed, and the company that is kept open by it."""

    def __init__(self, folder: Path) -> None:
        self.ledger = folder / "ledger.db"
        self.file = folder / "target.json"
        self.set(realm_id="1")
        self.kept = KeptOpen(DeskConfig(None, str(self.file)))

    def set(self, **changes: str) -> None:
        """Change settings."""
        known = {"client_id": "a", "client_secret": "b", "ledger_url": f"sqlite:///{self.ledger}"}
        self.file.write_text(json.dumps(known | changes))

    def company(self) -> Company:
        """Ask for the company, and let go of it."""
        found = self.kept.company()
        assert found is not None
        assert tickets.newest_days(found.ledger) == {}
        self.kept.let_go(found)
        return found


@pytest.fixture
def config(tmp_path: Path) -> Config:
    return Config(tmp_path)


def test_the_same_company_until_settings_or_ledger_change(config: Config) -> None:
    first = config.company()
    assert config.company() is first
    assert not config.ledger.with_name("ledger.db-wal").exists(), "its file is closed"
    config.set(realm_id="2")
    second = config.company()
    assert second.settings.realm_id == "2"
    config.ledger.unlink()
    assert config.company() is not second, "the ledger is made anew"
    config.set(realm_id="")
    assert config.kept.company() is None, "nothing is set up"


def test_who_looks_up_users_holds_on_to_no_file(config: Config) -> None:
    kept = people.kept_in(DeskConfig(None, str(config.file)))
    for _ in range(2):
        assert users.everyone(kept) == []
        assert not config.ledger.with_name("ledger.db-wal").exists(), "its file is closed"
        for path in config.ledger.parent.glob("ledger.db*"):
            path.unlink()
        config.company()  # a ledger in the place of the one before


def test_a_newer_release_s_ledger_is_not_read_on(config: Config) -> None:
    config.company()
    with closing(sqlite3.connect(config.ledger)) as ledger, ledger:
        ledger.execute("update alembic_version set version_num = '9999'")
    with pytest.raises(ConfigurationError, match="newer release"):
        config.company()


def test_lists_counts_and_sums_read_no_ticket_s_row(config: Config) -> None:
    """A row holds a whole record: what asks for many reads indexes that have all it needs."""
    ledger = config.company().ledger
    asked: list[tuple[str, Any]] = []

    def note(*given: Any) -> None:
        asked.append((given[2], given[3]))

    sa.event.listen(ledger.engine, "before_cursor_execute", note)
    for chosen in (
        Filter(),
        Filter(status=[TicketStatus.SKIPPED], code="unbalanced"),
        Filter(location_id="101"),
        Filter(search="pay"),
    ):
        listing.count(ledger, chosen)
        listing.page(ledger, chosen, 50)
    tickets.counts(ledger, list(TicketStatus))
    tickets.newest_days(ledger)
    sa.event.remove(ledger.engine, "before_cursor_execute", note)
    plans = _plans(config.ledger, asked)
    assert len(plans) > 10
    assert [plan for plan in plans if "tickets" in plan and not _is_from_an_index(plan)] == []


def test_what_is_amiss_and_the_runs_are_found_by_their_indexes(config: Config) -> None:
    ledger = config.company().ledger
    asked: list[tuple[str, Any]] = []
    sa.event.listen(ledger.engine, "before_cursor_execute", lambda *given: asked.append((given[2], given[3])))
    amiss(ledger)
    skipped_by_code(ledger)
    runs.latest_synced(ledger)
    plans = " / ".join(_plans(config.ledger, asked))
    for index in ("ix_units_edited", "ix_documents_amiss", "ix_runs_company"):
        assert index in plans
    assert "SCAN documents" not in plans
    assert "SCAN units" not in plans


def _plans(path: Path, asked: list[tuple[str, Any]]) -> list[str]:
    with closing(sqlite3.connect(path)) as ledger:
        found = []
        for statement, values in asked:
            if statement.startswith("SELECT"):
                found += [str(row[3]) for row in ledger.execute(f"EXPLAIN QUERY PLAN {statement}", values)]
    return found


def _is_from_an_index(plan: str) -> bool:
    return "COVERING INDEX" in plan or "ix_tickets_reason" in plan or "INTEGER PRIMARY KEY" in plan
