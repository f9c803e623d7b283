"""Opening the ledger: the database, its migrations, its locks, and the company that this run is about."""

from __future__ import annotations

import contextlib
import functools
import hashlib
import re
import threading
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import sqlalchemy as sa
from sqlalchemy.engine import URL, Connection, Engine, make_url

from target_qbo.errors import ConfigurationError, UnreachableError
from target_qbo.ledger.tables import companies

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

_BUSY_SECONDS = 60
_MIGRATION_SECONDS = 900  # of a large ledger on a slow disk
_MIGRATING = threading.Lock()
_MIGRATIONS = Path(__file__).parent / "migrations"
_VERSION = re.compile(r"\d{4}")
"""What a version of the ledger looks like; Alembic gives other programs' hexadecimal ones."""
_IS_MADE = {
    "sqlite": "SELECT name FROM sqlite_master WHERE name = 'alembic_version'",
    "postgresql": "SELECT to_regclass('alembic_version')",
}
"""Tells whether a database has the table of versions. SQLAlchemy's own question keeps the engines that it asked."""


@dataclass(frozen=True, slots=True)
class CompanyLedger:
    """One company's part of a ledger: what every function of this package works on."""

    engine: Engine
    company_id: int

    @contextlib.contextmanager
    def read(self) -> Iterator[Connection]:
        """Give a connection for reading."""
        with self.engine.connect() as connection:
            yield connection

    @contextlib.contextmanager
    def write(self) -> Iterator[Connection]:
        """Give a connection whose changes are durable together at the end, or not at all."""
        with writing(self.engine) as connection:
            yield connection

    @contextlib.contextmanager
    def write_in_turn(self, purpose: str) -> Iterator[Connection]:
        """Give a connection as :meth:`write` does, to one writer of the company after the other.

        SQLite lets all write in turn. Of two that would enter the same into PostgreSQL, one would be refused.

        Args:
            purpose: What they write, as ``received``.
        """
        with self.write() as connection:
            if self.engine.dialect.name == "postgresql":
                key = _lock_key(f"{self.company_id}-{purpose}")
                connection.execute(sa.select(sa.func.pg_advisory_xact_lock(key)))
            yield connection

    @contextlib.contextmanager
    def lock(self, purpose: str, waiting: Callable[[], None] | None = None) -> Iterator[Callable[[], None]]:
        """Hold a lock of this company that no other process holds; it ends with the process, however that dies.

        Args:
            purpose: What is locked: ``posting`` or ``tokens``.
            waiting: Called once when another process has it and this one begins to wait.

        Yields:
            A check that the lock is still held; it raises the database's error where that is not sure.
        """
        if self.engine.dialect.name == "sqlite":
            with _file_lock(self.engine.url, f"{self.company_id}-{purpose}", waiting) as check:
                yield check
        else:
            with _advisory_lock(self.engine, f"{self.company_id}-{purpose}", waiting) as check:
                yield check


@contextlib.contextmanager
def writing(engine: Engine) -> Iterator[Connection]:
    """Give a connection whose changes are durable together at the end, or not at all."""
    with engine.connect().execution_options(ledger_write=True) as connection, connection.begin():
        yield connection


def open_ledger(url: str, *, environment: str, realm_id: str) -> CompanyLedger:
    """Open (or make) a ledger, bring its tables up to date, and find (or enter) the company.

    Args:
        url: SQLAlchemy URL, ``sqlite:///…`` or ``postgresql://…``.
        environment: ``production`` or ``sandbox``; one ledger never mixes the two.
        realm_id: The company's id in QuickBooks.

    Raises:
        ConfigurationError: The URL is none that the ledger knows, a newer release made the ledger, it is no ledger, or
            its tables can't be made.
        UnreachableError: The database can't be opened.
    """
    engine = open_database(url)
    with _told(engine):
        return CompanyLedger(engine, _company_id(engine, environment=environment, realm_id=realm_id))


def open_database(url: str) -> Engine:
    """Open (or make) a ledger's database, of whatever companies, and bring its tables up to date.

    Raises:
        ConfigurationError: As :func:`open_ledger`.
        UnreachableError: As :func:`open_ledger`.
    """
    return _up_to_date(_engine(url))


def open_for_long(url: str) -> Engine:
    """Open, likewise, a database for a process that stays up: between questions nobody holds on to an SQLite file.

    Else whoever puts a backup in its place would have the old one read and written on, and its WAL beside the new one.

    Raises:
        ConfigurationError: As :func:`open_ledger`.
        UnreachableError: As :func:`open_ledger`.
    """
    return _up_to_date(_engine(url, poolclass=sa.pool.NullPool))


def _up_to_date(engine: Engine) -> Engine:
    with _told(engine):
        _migrate(engine)
    return engine


@contextlib.contextmanager
def _told(engine: Engine) -> Iterator[None]:
    """Tell in one line why a database can't be opened."""
    try:
        yield
    except sa.exc.OperationalError as error:
        # The driver's text may hold the URL with its password: only its first words are fit to show.
        raise UnreachableError(
            f"the ledger's database can't be opened ({_shown(engine.url)}): {type(error.orig).__name__}; "
            "check ledger_url and that the database runs"
        ) from None
    except sa.exc.ProgrammingError as error:
        raise ConfigurationError(
            f"the ledger's tables can't be made or read ({_shown(engine.url)}): {type(error.orig).__name__}; "
            "the user in ledger_url must be allowed to create tables there, in a database that is the ledger's own"
        ) from None


def is_still(ledger: CompanyLedger, *, environment: str, realm_id: str) -> bool:
    """Tell whether a ledger that was opened before is still there as it was, with this company, and of this release."""
    version = sa.select(sa.column("version_num")).select_from(sa.table("alembic_version")).scalar_subquery()
    query = sa.select(companies.c.id).filter_by(environment=environment, realm_id=realm_id)
    try:
        with ledger.read() as connection:
            found = connection.execute(query.where(version == newest_version())).scalar()
    except sa.exc.DBAPIError:
        return False
    return found == ledger.company_id


@functools.cache
def newest_version() -> str:
    """Return the version that this release gives a ledger."""
    return max(path.stem.split("_")[0] for path in (_MIGRATIONS / "versions").glob("[0-9]*.py"))


def _company_id(engine: Engine, **key: str) -> int:
    find = sa.select(companies.c.id).filter_by(**key)
    with engine.connect() as connection:
        found: int | None = connection.execute(find).scalar()
    if found is not None:
        return found
    # Another process may enter it in the same moment.
    with contextlib.suppress(sa.exc.IntegrityError), writing(engine) as connection:
        connection.execute(sa.insert(companies).values(**key))
    with engine.connect() as connection:
        entered: int = connection.execute(find).scalar_one()
    return entered


def _shown(url: URL) -> str:
    """Return what of a URL is no secret, however it was mistyped: an ``@`` in a password makes a host of the rest."""
    backend = url.get_backend_name()
    return url.render_as_string(hide_password=True) if backend == "sqlite" else backend


def _engine(text: str, **of_sqlite: type[sa.pool.Pool]) -> Engine:
    try:
        url = make_url(text)
    except (sa.exc.ArgumentError, ValueError):  # the latter: no port in its place, such as a part of the password
        raise ConfigurationError("ledger_url is no database URL: use sqlite:///file or postgresql://…") from None
    if url.get_backend_name() in {"postgresql", "postgres"}:
        url = url.set(drivername="postgresql+psycopg")
        try:
            return sa.create_engine(url, pool_pre_ping=True)
        except ImportError:
            raise ConfigurationError("a PostgreSQL ledger needs the extra: install franpos-qbo[postgres]") from None
    if url.get_backend_name() != "sqlite":
        raise ConfigurationError(f"ledger_url: {url.get_backend_name()} is not supported, use sqlite or postgresql")
    if url.database in {None, "", ":memory:"}:
        raise ConfigurationError("ledger_url: a ledger in memory would forget what it posted, name a file")
    engine = sa.create_engine(url, connect_args={"timeout": _BUSY_SECONDS, "isolation_level": None}, **of_sqlite)
    sa.event.listen(engine, "connect", _prepare_sqlite)
    sa.event.listen(engine, "begin", _begin_sqlite)
    return engine


def _prepare_sqlite(connection: sa.engine.interfaces.DBAPIConnection, _record: object) -> None:
    cursor = connection.cursor()
    cursor.execute("PRAGMA journal_mode=WAL")
    cursor.execute("PRAGMA synchronous=FULL")
    cursor.execute("PRAGMA foreign_keys=ON")
    cursor.close()


def _begin_sqlite(connection: Connection) -> None:
    # A writer takes its lock at once: two that read first and write later would refuse each other.
    write = connection.get_execution_options().get("ledger_write", False)
    connection.exec_driver_sql("BEGIN IMMEDIATE" if write else "BEGIN DEFERRED")


def _migrate(engine: Engine) -> None:
    """Bring the tables up to date; Alembic, which takes long to load, is asked only where there is something to do."""
    newest = newest_version()
    with engine.connect() as connection:
        known = connection.execute(sa.text(_IS_MADE[engine.dialect.name])).scalar()
        version = connection.execute(sa.text("SELECT version_num FROM alembic_version")).scalar() if known else None
    if version == newest:
        return
    if version is not None and not _VERSION.fullmatch(version):
        raise ConfigurationError(
            "the database that ledger_url names holds another program's tables, such as Meltano's: "
            "give the ledger a database of its own"
        )
    if version is not None and version > newest:
        raise ConfigurationError(f"the ledger is of a newer release (its version {version}): update franpos-qbo")
    from alembic import command  # noqa: PLC0415
    from alembic.config import Config  # noqa: PLC0415

    config = Config()
    config.set_main_option("script_location", str(_MIGRATIONS))
    with _one_migration(), writing(engine) as connection:
        if engine.dialect.name == "postgresql":
            # Two that start at once must not both make the tables; the lock ends with the transaction.
            connection.execute(sa.select(sa.func.pg_advisory_xact_lock(_lock_key("migrations"))))
        config.attributes["connection"] = connection
        command.upgrade(config, "head")


@contextlib.contextmanager
def _one_migration() -> Iterator[None]:
    """Let one thread of this process migrate at a time, whatever the database: what is migrated is a global of Alembic.

    Raises:
        UnreachableError: Another one does not come to its end.
    """
    if not _MIGRATING.acquire(timeout=_MIGRATION_SECONDS):
        raise UnreachableError("another ledger is being brought up to date, and does not come to its end: try again")
    try:
        yield
    finally:
        _MIGRATING.release()


@contextlib.contextmanager
def _file_lock(url: URL, name: str, waiting: Callable[[], None] | None) -> Iterator[Callable[[], None]]:
    import filelock  # noqa: PLC0415 (of SQLite alone)

    lock = filelock.FileLock(f"{url.database}.{name}.lock")
    try:
        lock.acquire(blocking=False)
    except filelock.Timeout:
        if waiting is not None:
            waiting()
        lock.acquire()
    try:
        yield lambda: None
    finally:
        lock.release()


def _lock_key(name: str) -> int:
    return int.from_bytes(hashlib.sha256(f"franpos-qbo {name}".encode()).digest()[:8], signed=True)


@contextlib.contextmanager
def _advisory_lock(engine: Engine, name: str, waiting: Callable[[], None] | None) -> Iterator[Callable[[], None]]:
    key = _lock_key(name)
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        if not connection.execute(sa.select(sa.func.pg_try_advisory_lock(key))).scalar_one():
            if waiting is not None:
                waiting()
            connection.execute(sa.select(sa.func.pg_advisory_lock(key)))
        try:
            yield lambda: _still_connected(connection)
        finally:
            if not connection.invalidated:  # else it is lost with the connection, and what is raised says so
                connection.execute(sa.select(sa.func.pg_advisory_unlock(key)))


def _still_connected(connection: Connection) -> None:
    """Make sure that the connection which holds a lock is alive: where it is not, another process may have it."""
    connection.execute(sa.select(1))
