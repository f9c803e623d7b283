"""Writing the settings that the back-office page keeps; :mod:`franpos_qbo.kept` reads them."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING, Any

import simplejson
import sqlalchemy as sa

from franpos_qbo.kept import NOT_CONNECTED_YET
from target_qbo.ledger.tables import kept_settings

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

    from sqlalchemy.engine import Engine

    from franpos_qbo.kept import Seal


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
    with engine.connect().execution_options(ledger_write=True) as connection, connection.begin():
        connection.execute(sa.delete(kept_settings).where(*own, kept_settings.c.name.in_(list(values))))
        if rows:
            connection.execute(sa.insert(kept_settings), rows)


def belong_to(engine: Engine, realm_id: str) -> None:
    """Let what was kept before a company was connected belong to it, in the place of what was kept of it before."""
    with engine.connect().execution_options(ledger_write=True) as connection, connection.begin():
        drafts = connection.execute(sa.select(kept_settings).where(kept_settings.c.realm_id == NOT_CONNECTED_YET)).all()
        for draft in drafts:
            same = (kept_settings.c.plugin == draft.plugin, kept_settings.c.name == draft.name)
            connection.execute(sa.delete(kept_settings).where(kept_settings.c.realm_id == realm_id, *same))
        connection.execute(
            sa.update(kept_settings).where(kept_settings.c.realm_id == NOT_CONNECTED_YET).values(realm_id=realm_id)
        )


def environments(engine: Engine) -> dict[str, str]:
    """Return which environment of QuickBooks is kept for a company, by its realm."""
    query = sa.select(kept_settings.c.realm_id, kept_settings.c.value).where(
        kept_settings.c.plugin == "target-qbo", kept_settings.c.name == "environment"
    )
    with engine.connect() as connection:
        return {realm: simplejson.loads(value) for realm, value in connection.execute(query)}
