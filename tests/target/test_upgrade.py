"""A ledger that the first release made is brought up to date as it is opened, and gone on with.

`first_release.sql` is such a ledger, dumped: of 14 tickets 5 are posted, and of 5 the invoices left unanswered.
"""

from __future__ import annotations

import sqlite3
from typing import TYPE_CHECKING

import pytest
import sqlalchemy as sa

from target_qbo.errors import ConfigurationError
from target_qbo.ledger import documents, open_ledger, tickets
from target_qbo.ledger.status import TicketStatus
from target_qbo.ledger.tokens import TokenVault
from tests.shop import ROOT, Shop, problem_lines, run
from tests.target.old_ledgers import FIRST_RELEASE, load

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from target_qbo.ledger import CompanyLedger

AS_THEN = ("--locations", "1", "--days", "1", "--tickets-per-day", "14", "--dirty", "0.15", "--seed", "7")


@pytest.fixture
def shop(tmp_path: Path) -> Iterator[Shop]:
    with Shop(tmp_path, *AS_THEN) as one:
        yield one


@pytest.fixture(params=["sqlite", "postgres"])
def ledger_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    return load(FIRST_RELEASE, request.param, request, tmp_path)


def _open(shop: Shop, url: str) -> CompanyLedger:
    return open_ledger(url, environment="sandbox", realm_id=shop.ready["qbo"]["realm_id"])


def _statuses(ledger: CompanyLedger) -> dict[TicketStatus, int]:
    return {status: number for status, (number, _) in tickets.counts(ledger, list(TicketStatus)).items()}


def test_everything_in_it_is_still_there(shop: Shop, ledger_url: str) -> None:
    ledger = _open(shop, ledger_url)
    assert _statuses(ledger) == {
        TicketStatus.POSTED: 5,
        TicketStatus.POSTING: 5,
        TicketStatus.SKIPPED: 3,
        TicketStatus.VOIDED: 1,
    }
    assert len(documents.of_unknown_fate(ledger)) == 5
    kept = TokenVault(ledger, secret="the app's secret", configured="the first token").load()
    assert (kept.refresh_token, kept.access_token) == ("the rotated token", "an access token")


def test_it_is_gone_on_with(shop: Shop, ledger_url: str) -> None:
    """Into a company that has none of its documents: exactly what was never answered is sent again, and no more."""
    posted = [ticket.ticket_id for ticket in tickets.newest(_open(shop, ledger_url), [TicketStatus.POSTED], 100)]
    refresh_token = shop.post("qbo", {"reconnect": True})["refresh_token"]
    shop.configure_target(ledger_url=ledger_url, refresh_token=refresh_token)
    result = shop.sync()
    assert result.returncode == 0, result.stderr
    assert _statuses(_open(shop, ledger_url))[TicketStatus.POSTED] == 10
    missing = [difference for difference in shop.differences() if "has 0 documents" in difference]
    assert len(missing) == len(shop.differences()) == 5
    assert all(any(ticket in difference for difference in missing) for ticket in posted)


def test_a_ledger_of_a_newer_release_is_left_alone(shop: Shop, ledger_url: str) -> None:
    engine = _open(shop, ledger_url).engine
    with engine.begin() as connection:
        connection.execute(sa.text("UPDATE alembic_version SET version_num = '9999'"))
    engine.dispose()
    with pytest.raises(ConfigurationError, match="newer release"):
        _open(shop, ledger_url)


def test_a_database_with_another_program_s_tables_is_left_alone(shop: Shop, tmp_path: Path) -> None:
    environment = {"MELTANO_DATABASE_URI": f"sqlite:///{tmp_path}/meltano.db"}
    made = run([str(ROOT / ".venv-meltano" / "bin" / "meltano"), "state", "list"], env=environment)
    assert made.returncode == 0, made.stderr
    with sqlite3.connect(tmp_path / "meltano.db") as database:
        before = list(database.iterdump())
        shop.configure_target(ledger_url=f"sqlite:///{tmp_path}/meltano.db")
        result = shop.sync()
        assert result.returncode == ConfigurationError.exit_code
        assert "another program's tables, such as Meltano's" in problem_lines(result)[-1]
        assert list(database.iterdump()) == before


def test_a_user_who_may_make_no_tables_is_told_so(shop: Shop, postgres_database: str) -> None:
    url = sa.make_url(postgres_database)
    engine = sa.create_engine(url.set(drivername="postgresql+psycopg"), isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        connection.execute(sa.text("DROP ROLE IF EXISTS lowly"))
        connection.execute(sa.text("CREATE ROLE lowly LOGIN PASSWORD 'a-secret'"))  # PostgreSQL gives it no more
    engine.dispose()
    lowly = url.set(username="lowly", password="a-secret")
    shop.configure_target(ledger_url=lowly.render_as_string(hide_password=False))
    result = shop.sync()
    assert result.returncode == ConfigurationError.exit_code
    assert "InsufficientPrivilege" in (problem := problem_lines(result))[-1]
    assert len(problem) == 1
    assert "a-secret" not in result.stderr
