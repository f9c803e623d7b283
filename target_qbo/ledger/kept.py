"""Writing the settings that the back-office page keeps; :mod:`franpos_qbo.kept` reads them."""

from __future__ import annotations

import contextlib
import datetime as dt
from typing import TYPE_CHECKING, Any

import simplejson
import sqlalchemy as sa

from franpos_qbo.kept import NOT_CONNECTED_YET, KeptError, NotOpenedError
from target_qbo.errors import ConfigurationError, UnreachableError
from target_qbo.ledger.database import open_database
from target_qbo.ledger.tables import kept_settings

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping

    from sqlalchemy.engine import Connection, Engine

    from franpos_qbo.sealing import Seal


def keep(
    engine: Engine, realm_id: str, plugin: str, values: Mapping[str, Any], *, secret: Collection[str], seal: Seal | None
) -> None:
    """Keep settings in the place of those of the same names.

    Args:
        engine: The ledger's database.
        realm_id: Of which company; empty: of one that is not connected yet.
        plugin: Whose settings.
        values: The settings; None: no longer kept.
        secret: Which of the plugin's settings are sealed.
        seal: Seals them; None: there is none among the values.
    """
    own = (kept_settings.c.realm_id == realm_id, kept_settings.c.plugin == plugin)
    now = dt.datetime.now(dt.UTC)
    rows = []
    for name, value in values.items():
        if value is None:
            continue
        text = simplejson.dumps(value)
        sealed = name in secret
        if sealed:
            if seal is None:
                raise AssertionError
            text = seal.closed(text)
        rows.append(
            {
                "realm_id": realm_id,
                "plugin": plugin,
                "name": name,
                "value": text,
                "sealed": sealed,
                "changed_at": now,
            }
        )
    with _writing(engine) as connection:
        connection.execute(sa.delete(kept_settings).where(*own, kept_settings.c.name.in_(list(values))))
        if rows:
            connection.execute(sa.insert(kept_settings), rows)


def belong_to(engine: Engine, realm_id: str) -> None:
    """Let what the page keeps belong to the company that it connected, in the place of what was kept of it before.

    That is what was kept before one was connected, or of another one that it connected before.
    """
    named = sa.select(kept_settings.c.realm_id).where(kept_settings.c.name == "realm_id")
    with _writing(engine) as connection:
        for before in (*connection.execute(named).scalars().all(), NOT_CONNECTED_YET):
            _move(connection, before, realm_id)
    keep(engine, realm_id, "target-qbo", {"realm_id": realm_id}, secret=(), seal=None)


@contextlib.contextmanager
def _writing(engine: Engine) -> Iterator[Connection]:
    """Write alone: what is taken away and put anew is in nobody's way who does the same."""
    with engine.connect().execution_options(ledger_write=True) as connection, connection.begin():
        if engine.dialect.name == "postgresql":
            connection.execute(sa.text(f"LOCK TABLE {kept_settings.name} IN SHARE ROW EXCLUSIVE MODE"))
        yield connection


def _move(connection: Connection, before: str, realm_id: str) -> None:
    if before == realm_id:
        return
    own = kept_settings.c.realm_id == before
    for row in connection.execute(sa.select(kept_settings).where(own)).all():
        same = (kept_settings.c.plugin == row.plugin, kept_settings.c.name == row.name)
        connection.execute(sa.delete(kept_settings).where(kept_settings.c.realm_id == realm_id, *same))
    connection.execute(sa.update(kept_settings).where(own).values(realm_id=realm_id))


@contextlib.contextmanager
def told(url: str) -> Iterator[None]:
    """Tell as an error of this package why what is kept in a ledger's database can't be read.

    Raises:
        ConfigurationError: A secret can't be unsealed, or it is not known of which company.
        TargetError: The database can't be opened.
    """
    try:
        yield
    except NotOpenedError as error:
        open_database(url).dispose()  # which knows better why not
        raise UnreachableError(f"{error}: try again") from None
    except KeptError as error:
        raise ConfigurationError(str(error)) from None


def environments(engine: Engine) -> dict[str, str]:
    """Return which environment of QuickBooks is kept for a company, by its realm."""
    query = sa.select(kept_settings.c.realm_id, kept_settings.c.value).where(
        kept_settings.c.plugin == "target-qbo", kept_settings.c.name == "environment"
    )
    with engine.connect() as connection:
        return {realm: simplejson.loads(value) for realm, value in connection.execute(query)}
