"""What was told or found out last, of each kind: a restart tells nothing twice, and a page shows what was proven."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from target_qbo.ledger import content
from target_qbo.ledger.tables import remembered

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Mapping

    from target_qbo.ledger.database import CompanyLedger


class What(StrEnum):
    """What is remembered.

    ``LATE``: that nobody has synced was told. ``DIGEST``: the week's digest was sent. ``PROOF``: a period was proven.
    ``CALLS``: how many calls of Franpos are left.
    """

    LATE = "late"
    DIGEST = "digest"
    PROOF = "proof"
    CALLS = "calls"


@dataclass(frozen=True, slots=True)
class Remembered:
    """When it was (UTC), and what belongs to it; amounts are texts."""

    at: dt.datetime
    content: Mapping[str, Any]


def remember(ledger: CompanyLedger, what: What, of: Mapping[str, Any], now: dt.datetime) -> None:
    """Remember something in the place of what there was of its kind."""
    mine = (remembered.c.company_id == ledger.company_id, remembered.c.what == what)
    row = {"company_id": ledger.company_id, "what": what, "at": now, "content": content.encode(dict(of))}
    with ledger.write() as connection:
        connection.execute(sa.delete(remembered).where(*mine))
        connection.execute(sa.insert(remembered).values(row))


def recall(ledger: CompanyLedger) -> dict[What, Remembered]:
    """Return all that is remembered."""
    query = sa.select(remembered.c.what, remembered.c.at, remembered.c.content)
    with ledger.read() as connection:
        rows = connection.execute(query.where(remembered.c.company_id == ledger.company_id)).all()
    return {What(row.what): Remembered(row.at, content.decode(row.content)) for row in rows}
