"""The ledger on both databases: the same run, the same books; and its tables are what the migrations make."""

from __future__ import annotations

import contextlib
import datetime as dt
import threading
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import psycopg
import pytest
import sqlalchemy as sa
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext

from franpos_qbo.kept import Place
from target_qbo.errors import ConfigurationError, UnreachableError
from target_qbo.ledger import inbox, kept, open_ledger
from target_qbo.ledger.database import open_database
from target_qbo.ledger.schema import metadata
from target_qbo.ledger.tokens import TokenVault

if TYPE_CHECKING:
    from pathlib import Path

    from tests.shop import Shop


@pytest.fixture(params=["sqlite", "postgres"])
def ledger_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    if request.param == "postgres":
        return str(request.getfixturevalue("postgres"))
    return f"sqlite:///{tmp_path}/ledger.db"


def test_the_tables_are_what_the_migrations_make(ledger_url: str) -> None:
    ledger = open_ledger(ledger_url, environment="sandbox", realm_id="1")
    with ledger.engine.connect() as connection:
        context = MigrationContext.configure(connection)
        assert compare_metadata(context, metadata) == []


def test_companies_are_kept_apart(ledger_url: str) -> None:
    ids = {
        open_ledger(ledger_url, environment=environment, realm_id=realm).company_id
        for environment in ("sandbox", "production")
        for realm in ("1", "2")
    }
    assert len(ids) == 4
    assert open_ledger(ledger_url, environment="sandbox", realm_id="1").company_id in ids


def test_settings_are_kept_by_two_at_once(ledger_url: str) -> None:
    engine, other = open_database(ledger_url), open_database(ledger_url)
    problems: list[Exception] = []

    def keeps(engine: sa.Engine, days: int) -> None:
        try:
            for _ in range(10):
                kept.keep(engine, "1", "target-qbo", {"wait_days": days}, secret=(), seal=None)
        except sa.exc.DBAPIError as error:
            problems.append(error)

    threads = [threading.Thread(target=keeps, args=one) for one in ((engine, 4), (other, 5))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert problems == []
    assert Place(ledger_url).read("target-qbo", "1").values["wait_days"] in {4, 5}


def test_what_the_page_keeps_goes_along_to_the_company_that_it_connects(ledger_url: str) -> None:
    engine = open_database(ledger_url)

    def read(realm: str | None) -> dict[str, object]:
        return dict(Place(ledger_url).read("target-qbo", realm).values)

    kept.keep(engine, "named elsewhere", "target-qbo", {"wait_days": 9}, secret=(), seal=None)
    kept.keep(engine, "", "target-qbo", {"wait_days": 4}, secret=(), seal=None)
    for realm in ("wrong", "right", "right"):
        kept.belong_to(engine, realm)
        assert read(None) == {"wait_days": 4, "realm_id": realm}
    assert read("wrong") == read("") == {}
    assert read("named elsewhere") == {"wait_days": 9}


def test_two_receive_the_same_at_once(ledger_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    ledger = open_ledger(ledger_url, environment="sandbox", realm_id="two-receive")
    both_have_looked = threading.Barrier(2)
    look = inbox._known

    def known(*asked: Any) -> dict[str, str]:
        found = look(*asked)
        with contextlib.suppress(threading.BrokenBarrierError):
            both_have_looked.wait(1)
        return found

    monkeypatch.setattr(inbox, "_known", known)
    payment = {"location_id": "1", "payment_id": "1", "ticket_id": "1", "amount": Decimal("1.00")}
    new: list[int] = []
    problems: list[Exception] = []

    def receive() -> None:
        try:
            new.append(inbox.receive_payments(ledger, [payment], dt.datetime.now(dt.UTC)))
        except sa.exc.DBAPIError as error:
            problems.append(error)

    threads = [threading.Thread(target=receive) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert problems == []
    assert sorted(new) == [0, 1]


def test_a_lock_that_is_lost_with_its_connection_is_told_as_what_it_is(postgres_database: str) -> None:
    ledger = open_ledger(postgres_database, environment="sandbox", realm_id="1")
    with psycopg.connect(postgres_database, autocommit=True) as other:
        query = "SELECT pg_terminate_backend(pid) FROM pg_locks WHERE locktype = 'advisory' AND pid <> pg_backend_pid()"
        with pytest.raises(sa.exc.OperationalError), ledger.lock("posting") as still_held:  # noqa: PT012
            still_held()
            other.execute(query)
            still_held()
    with ledger.lock("posting"):
        pass


def test_a_lock_is_held_by_one(ledger_url: str) -> None:
    ledger = open_ledger(ledger_url, environment="sandbox", realm_id="1")
    order: list[str] = []
    waiting = threading.Event()

    def second() -> None:
        with ledger.lock("posting", waiting.set):
            order.append("second")

    thread = threading.Thread(target=second)
    with ledger.lock("posting"):
        thread.start()
        assert waiting.wait(10)
        order.append("first")
    thread.join(10)
    assert order == ["first", "second"]


def test_tokens_are_kept_and_follow_the_settings(ledger_url: str) -> None:
    import datetime as dt  # noqa: PLC0415

    ledger = open_ledger(ledger_url, environment="sandbox", realm_id="tokens")
    now = dt.datetime.now(dt.UTC)
    vault = TokenVault(ledger, secret="s", configured="first")
    assert vault.load().refresh_token == "first"
    vault.store(refresh_token="rotated", access_token="access", access_expires_at=now, now=now)
    assert vault.load().refresh_token == "rotated"
    assert TokenVault(ledger, secret="s", configured="connected again").load().refresh_token == "connected again"
    assert TokenVault(ledger, secret="another key", configured="first").load().refresh_token == "first"

    # Taken out of the settings, the token makes no difference; put back it is still the old one.
    without = TokenVault(ledger, secret="s", configured=None)
    assert without.load().refresh_token == "rotated"
    without.store(refresh_token="rotated again", access_token="access", access_expires_at=now, now=now)
    assert vault.load().refresh_token == "rotated again"
    without.forget(now)
    assert vault.load().refresh_token == "", "disconnected: the first token does not come back"


def test_a_run_on_postgres_posts_and_a_second_one_nothing(small_shop: Shop, postgres: str) -> None:
    small_shop.configure_target(ledger_url=postgres)
    first = small_shop.sync()
    assert first.returncode == 0, first.stderr
    assert small_shop.differences() == []
    small_shop.calls()
    assert small_shop.sync().returncode == 0
    counts = small_shop.calls()
    assert (counts["writes"], counts["reads"]) == (0, 0)


def test_a_url_that_is_none(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match="no database URL"):
        open_ledger(str(tmp_path), environment="sandbox", realm_id="1")


@pytest.mark.parametrize(
    ("url", "error"),
    [
        ("postgresql://led:p@ssw0rd@127.0.0.1:1/books", UnreachableError),
        ("postgresql://led:p/ssw0rd@127.0.0.1:1/books", UnreachableError),
        ("postgresql://led:p@ss:w0rd@127.0.0.1:1/books", ConfigurationError),
    ],
)
def test_a_mistyped_address_shows_nothing_of_its_password(url: str, error: type[Exception]) -> None:
    with pytest.raises(error) as raised:
        open_ledger(url, environment="sandbox", realm_id="1")
    assert not [part for part in ("ssw0rd", "w0rd", "p@ss") if part in str(raised.value)]
