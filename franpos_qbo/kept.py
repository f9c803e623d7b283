"""Settings that the back-office page keeps in the ledger's database, as both plugins read them.

They count where a plugin's own settings say nothing: a setting that stands at its default says nothing, since whoever
runs the plugins, such as Meltano, hands over the defaults too. Secrets are sealed with a key that is not in the
database: of a passphrase, or of a file beside an SQLite database that nobody else may read. Settings of several
companies may be kept in one place; those of the first company are kept before its id is known.
"""

from __future__ import annotations

import contextlib
import functools
import json
import os
import secrets
import tempfile
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa
from sqlalchemy.engine import make_url

from franpos_qbo.keyrings import IN_KEYRING, KeyringError, passphrase

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from sqlalchemy.engine import URL, Connection

    from franpos_qbo.sealing import Seal

NOT_CONNECTED_YET = ""
"""The realm of what is kept before a company is connected."""

_BUSY_SECONDS = 60
_ACCOUNT = "settings"  # of the OS keyring
_KEPT = sa.table(
    "kept_settings",
    *(sa.column(name) for name in ("realm_id", "plugin", "name", "value", "sealed")),
)


class KeptError(Exception):
    """What is kept can't be read; the text says why, and what to do."""


class NotOpenedError(KeptError):
    """The database can't be opened."""


@dataclass(frozen=True, slots=True)
class Kept:
    """What is kept of a plugin's settings.

    Attributes:
        values: By name.
        lost: Why not, by name of those that can't be unsealed.
    """

    values: Mapping[str, Any] = field(default_factory=dict, repr=False)
    lost: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Place:
    """Where settings are kept.

    Attributes:
        url: SQLAlchemy URL of the ledger's database.
        key: A passphrase; ``keyring``: the one that the OS keyring keeps; None: that of the file beside the database.
    """

    url: str = field(repr=False)
    key: str | None = field(default=None, repr=False)

    def read(self, plugin: str, realm_id: str | None) -> Kept:
        """Return what is kept of a plugin's settings; nothing where there is no such database, or no such table.

        Args:
            plugin: Its name.
            realm_id: Id of the company in QuickBooks; None: the one that the page connected, if there is one.

        Raises:
            KeptError: The database can't be opened, or pages connected several companies and none is named.
        """
        return self._read(plugin, connected_realm if realm_id is None else lambda _connection: realm_id)

    def read_only_one(self, plugin: str) -> Kept:
        """Return, likewise, what is kept of the only company of which settings of a plugin are kept.

        Raises:
            KeptError: The database can't be opened, or is not there; or there are several.
        """
        if not self._is_there():
            raise NotOpenedError("settings_url names a file that is not there: the ledger's, as target-qbo names it")
        return self._read(plugin, lambda connection: _only(connection, _KEPT.c.plugin == plugin))

    def _is_there(self) -> bool:
        """Tell whether there is such a file, where it is to be one; a server tells that by itself."""
        try:
            url = _with_driver(self.url)
        except sa.exc.ArgumentError:
            return True  # which opening it tells
        return url.get_backend_name() != "sqlite" or Path(url.database or "").is_file()

    def _read(self, plugin: str, realm_of: Callable[[Connection], str]) -> Kept:
        values, lost = {}, {}
        rows = self._rows(plugin, realm_of)
        try:
            seal, why = self.seal() if any(row.sealed for row in rows) else None, ""
        except KeptError as error:
            seal, why = None, str(error)
        for row in rows:
            if not row.sealed:
                values[row.name] = json.loads(row.value)
            elif seal is None:
                lost[row.name] = why
            else:
                try:
                    values[row.name] = json.loads(seal.opened(row.name, row.value))
                except KeptError as error:
                    lost[row.name] = str(error)
        return Kept(values, lost)

    def _rows(self, plugin: str, realm_of: Callable[[Connection], str]) -> Sequence[Any]:
        try:
            if not self._is_there():
                return ()
            with _engine(_with_driver(self.url)).connect() as connection:
                if not sa.inspect(connection).has_table(_KEPT.name):
                    return ()
                own = (_KEPT.c.plugin == plugin, _KEPT.c.realm_id == realm_of(connection))
                return connection.execute(sa.select(_KEPT.c.name, _KEPT.c.value, _KEPT.c.sealed).where(*own)).all()
        except (sa.exc.DBAPIError, sa.exc.ArgumentError, ImportError) as error:
            # Not as if nothing were kept: what comes of other settings than those in force would be wrong.
            raise NotOpenedError(
                f"the database in which the page keeps settings can't be opened ({type(error).__name__})"
            ) from None

    def seal(self, *, make: bool = False) -> Seal:
        """Return what seals and unseals secrets.

        Args:
            make: Whether a key file is made where there is none.

        Raises:
            KeptError: There is no key.
        """
        from franpos_qbo.sealing import Seal  # noqa: PLC0415 (loads cryptography, which plain settings do not need)

        if self.key == IN_KEYRING:
            try:
                return Seal(passphrase(_ACCOUNT))
            except KeyringError as error:
                raise KeptError(str(error)) from None
        return Seal(self.key or self._of_file(make=make))

    def _of_file(self, *, make: bool) -> str:
        url = make_url(self.url)
        if url.get_backend_name() != "sqlite":
            raise KeptError(
                "settings kept in PostgreSQL need a passphrase: set ledger_key (of tap-franpos: settings_key)"
            )
        path = Path(f"{url.database}.key")
        if make and not path.exists():
            _make_key(path)
        try:
            key = path.read_text("ascii").strip()
        except (OSError, UnicodeDecodeError):
            key = ""
        if not key:
            raise KeptError(
                f"the key of the settings that the page keeps can't be read: put {path} back, or type them anew on the "
                "page's set-up"
            )
        return key


def _make_key(path: Path) -> None:
    """Make a key file that nobody else may read: whole from the first moment on, and never in the place of another."""
    try:
        descriptor, name = tempfile.mkstemp(prefix=f"{path.name}.", dir=path.parent)
        try:
            with os.fdopen(descriptor, "w", encoding="ascii") as file:
                file.write(secrets.token_urlsafe(32))
            with contextlib.suppress(FileExistsError):  # another process was as quick
                os.link(name, path)
        finally:
            Path(name).unlink()
    except OSError as error:
        raise KeptError(f"the key of the settings can't be written to {path} ({error.strerror})") from None


def with_kept(given: Mapping[str, Any], kept: Kept, schema: Mapping[str, Any]) -> dict[str, Any]:
    """Return a plugin's settings: those given, and where they say nothing, those kept.

    Args:
        given: As they were handed to the plugin.
        kept: As the page keeps them.
        schema: The settings' JSON Schema.

    Raises:
        KeptError: A secret would count that can't be unsealed.
    """
    for why in lost(given, kept, schema).values():
        raise KeptError(why)
    return in_force(given, kept, schema)


def in_force(given: Mapping[str, Any], kept: Kept, schema: Mapping[str, Any]) -> dict[str, Any]:
    """Return settings as :func:`with_kept`, without those that can't be unsealed."""
    return dict(given) | {name: value for name, value in kept.values.items() if says_nothing(given, name, schema)}


def lost(given: Mapping[str, Any], kept: Kept, schema: Mapping[str, Any]) -> dict[str, str]:
    """Return which secrets would count and can't be unsealed, and why."""
    return {name: why for name, why in kept.lost.items() if says_nothing(given, name, schema)}


def says_nothing(given: Mapping[str, Any], name: str, schema: Mapping[str, Any]) -> bool:
    """Tell whether settings say nothing of a name: it is not set, is empty, or stands at its default."""
    value = given.get(name)
    return value in (None, "") or value == schema["properties"].get(name, {}).get("default")


def connected_realm(connection: Connection) -> str:
    """Return the company that the page connected; empty where none is connected yet.

    What is kept of companies that settings elsewhere name does not count.

    Raises:
        KeptError: There are several.
    """
    return _only(connection, _KEPT.c.name == "realm_id")


def _only(connection: Connection, which: sa.ColumnElement[bool]) -> str:
    realms: Iterable[str] = connection.execute(sa.select(_KEPT.c.realm_id).where(which).distinct()).scalars()
    known = {realm for realm in realms if realm != NOT_CONNECTED_YET}
    if len(known) > 1:
        raise KeptError("settings of several companies are kept there: set realm_id (of tap-franpos: all settings)")
    return known.pop() if known else NOT_CONNECTED_YET


def _with_driver(text: str) -> URL:
    try:
        url = make_url(text)
    except ValueError:  # its text may hold a part of the password
        raise sa.exc.ArgumentError("no database URL") from None
    return url.set(drivername="postgresql+psycopg") if url.get_backend_name() in {"postgresql", "postgres"} else url


@functools.lru_cache(maxsize=8)
def _engine(url: URL) -> sa.Engine:
    """Return what keeps compiled queries, and no connection: a page asks with every answer."""
    return sa.create_engine(url, poolclass=sa.pool.NullPool, connect_args=_waiting(url))


def _waiting(url: URL) -> dict[str, Any]:
    return {"timeout": _BUSY_SECONDS} if url.get_backend_name() == "sqlite" else {}
