"""The audit trail: who changed what by way of the page, and when. Entries are added and read; none is ever changed."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import sqlalchemy as sa

from target_qbo.ledger.database import writing
from target_qbo.ledger.tables import audit

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Sequence

    from sqlalchemy.engine import Engine

OF_NO_COMPANY = ""


@dataclass(frozen=True, slots=True)
class Entry:
    """What somebody did.

    Attributes:
        number: Its place in the trail.
        at: When (UTC).
        who: A user's name; ``code``: whoever typed the page's code; ``terminal: NAME``: whoever ran the command;
            ``nobody``: somebody who was not let in.
        what: In plain words.
        realm_id: The company that it was about; empty: of none.
    """

    number: int
    at: dt.datetime
    who: str
    what: str
    realm_id: str


def note(engine: Engine, who: str, what: str, realm_id: str, now: dt.datetime) -> None:
    """Add an entry; see :class:`Entry`. No secret goes in."""
    with writing(engine) as connection:
        connection.execute(sa.insert(audit).values(at=now, who=who, what=what, realm_id=realm_id))


def page(engine: Engine, limit: int, before: int | None = None) -> Sequence[Entry]:
    """Return the latest entries, the newest first.

    Args:
        engine: The ledger's.
        limit: So many at most.
        before: Only those before this one.
    """
    query = sa.select(audit).order_by(audit.c.id.desc()).limit(limit)
    if before is not None:
        query = query.where(audit.c.id < before)
    with engine.connect() as connection:
        return [Entry(row.id, row.at, row.who, row.what, row.realm_id) for row in connection.execute(query)]
