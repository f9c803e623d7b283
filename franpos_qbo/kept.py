"""Settings that the back-office page keeps in the ledger's database, as both plugins read them.

They count where a plugin's own settings say nothing: a setting that stands at its default says nothing, since whoever
runs the plugins, such as Meltano, hands over the defaults too. Secrets are sealed with a key that is not in the
database: of a passphrase, or of a file beside an SQLite database that nobody else may read. Settings of several
companies may be kept in one place; those of the first company are kept before its id is known.
"""

from __future__ import annotations

import base64
import functools
import json
import os
import secrets
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa
from cryptography.fernet import Fernet, InvalidToken
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from sqlalchemy.engine import make_url

from franpos_qbo.keyrings import IN_KEYRING, KeyringError, passphrase

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from sqlalchemy.engine import URL, Connection

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


@dataclass(frozen=True, slots=True)
class Place:
    """Where settings are kept.

    Attributes:
        url: SQLAlchemy URL of the ledger's database.
        key: A passphrase; ``keyring``: the one that the OS keyring keeps; None: that of the file beside the database.
    """

    url: str
    key: str | None = None

    def read(self, plugin: str, realm_id: str | None = None) -> dict[str, Any]:
        """Return what is kept of a plugin's settings; nothing where there is no such database, or no such table.

        Args:
            plugin: Its name.
            realm_id: Id of the company in QuickBooks; None: the only one of which settings are kept.

        Raises:
            KeptError: A secret can't be unsealed, or settings of several companies are kept and none is named.
        """
        rows = self._rows(plugin, realm_id)
        seal = self.seal() if any(row.sealed for row in rows) else None
        texts = {row.name: seal.opened(row.name, row.value) if seal and row.sealed else row.value for row in rows}
        return {name: json.loads(text) for name, text in texts.items()}

    def _rows(self, plugin: str, realm_id: str | None) -> Sequence[Any]:
        url = _with_driver(self.url)
        if url is None or (url.get_backend_name() == "sqlite" and not Path(url.database or "").is_file()):
            return ()
        try:
            with _engine(url).connect() as connection:
                if not sa.inspect(connection).has_table(_KEPT.name):
                    return ()
                own = (_KEPT.c.plugin == plugin, _KEPT.c.realm_id == (realm_id or only_realm(connection)))
                return connection.execute(sa.select(_KEPT.c.name, _KEPT.c.value, _KEPT.c.sealed).where(*own)).all()
        except sa.exc.DBAPIError:
            return ()  # that the database can't be opened is told by whoever needs it

    def seal(self, *, make: bool = False) -> Seal:
        """Return what seals and unseals secrets.

        Args:
            make: Whether a key file is made where there is none.

        Raises:
            KeptError: There is no key.
        """
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
            with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="ascii") as file:
                file.write(secrets.token_urlsafe(32))
        try:
            return path.read_text("ascii").strip()
        except (OSError, UnicodeDecodeError):
            raise KeptError(
                f"the key of the settings that the page keeps can't be read: put {path} back, or type them anew on the "
                "page's set-up"
            ) from None


class Seal:
    """Encrypts and decrypts texts.

    Args:
        secret: What the key is derived from.
    """

    def __init__(self, secret: str) -> None:
        key = HKDF(SHA256(), length=32, salt=None, info=b"franpos-qbo settings").derive(secret.encode())
        self._fernet = Fernet(base64.urlsafe_b64encode(key))

    def closed(self, text: str) -> str:
        """Return a text sealed."""
        return self._fernet.encrypt(text.encode()).decode("ascii")

    def opened(self, name: str, text: str) -> str:
        """Return a text unsealed; ``name`` says in an error what it is.

        Raises:
            KeptError: It was sealed with another key.
        """
        try:
            return self._fernet.decrypt(text.encode()).decode()
        except InvalidToken:
            raise KeptError(
                f"setting {name} was sealed with another key: put the old one back, or type it anew on the set-up page"
            ) from None


def in_force(given: Mapping[str, Any], kept: Mapping[str, Any], schema: Mapping[str, Any]) -> dict[str, Any]:
    """Return a plugin's settings: those given, and where they say nothing, those kept.

    Args:
        given: As they were handed to the plugin.
        kept: As the page keeps them.
        schema: The settings' JSON Schema.
    """
    return dict(given) | {name: value for name, value in kept.items() if says_nothing(given, name, schema)}


def says_nothing(given: Mapping[str, Any], name: str, schema: Mapping[str, Any]) -> bool:
    """Tell whether settings say nothing of a name: it is not set, or stands at its default."""
    value = given.get(name)
    return value is None or value == schema["properties"].get(name, {}).get("default")


def only_realm(connection: Connection) -> str:
    """Return the only company of which settings are kept; empty where none is connected yet.

    Raises:
        KeptError: There are several.
    """
    realms: Iterable[str] = connection.execute(sa.select(_KEPT.c.realm_id).distinct()).scalars()
    known = {realm for realm in realms if realm != NOT_CONNECTED_YET}
    if len(known) > 1:
        raise KeptError("settings of several companies are kept there: set realm_id (of tap-franpos: all settings)")
    return known.pop() if known else NOT_CONNECTED_YET


def _with_driver(text: str) -> URL | None:
    try:
        url = make_url(text)
    except sa.exc.ArgumentError:
        return None
    return url.set(drivername="postgresql+psycopg") if url.get_backend_name() in {"postgresql", "postgres"} else url


@functools.lru_cache(maxsize=8)
def _engine(url: URL) -> sa.Engine:
    """Return what keeps compiled queries, and no connection: a page asks with every answer."""
    return sa.create_engine(url, poolclass=sa.pool.NullPool, connect_args=_waiting(url))


def _waiting(url: URL) -> dict[str, Any]:
    return {"timeout": _BUSY_SECONDS} if url.get_backend_name() == "sqlite" else {}
