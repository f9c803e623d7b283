"""What QuickBooks told of documents that the ledger has: one from a backup knows them as they once were."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import sqlalchemy as sa

from target_qbo.ledger.documents import STANDING, StandingDocument, standing
from target_qbo.ledger.status import EDITED, HALF, REVISING, UNDOING, DocumentState
from target_qbo.ledger.tables import documents, tickets

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Sequence
    from decimal import Decimal

    from target_qbo.ledger.database import CompanyLedger
    from target_qbo.ledger.documents import Found


_MARK = sa.case(
    (tickets.c.fingerprint == UNDOING, UNDOING),
    (sa.or_(tickets.c.fingerprint == REVISING, tickets.c.fingerprint.startswith(HALF)), REVISING),
    else_=EDITED,
)


@dataclass(frozen=True, slots=True)
class Seen:
    """A document as QuickBooks has it now."""

    qbo_id: str
    amount: Decimal
    date: dt.date
    voided: bool


def write_seen(ledger: CompanyLedger, kind: str, seen: Sequence[Seen]) -> None:
    """Correct documents that stand in the ledger and are voided, or another amount or date, in QuickBooks.

    Their tickets are not decided anew by that: their records may be as old as the ledger. When one is, because it
    changed or a person asks, what stands is put right.
    """
    by_id = {one.qbo_id: one for one in seen}
    mine = sa.and_(
        documents.c.company_id == ledger.company_id,
        documents.c.kind == kind,
        documents.c.qbo_id.in_(by_id),
        documents.c.state.in_(STANDING),
    )
    with ledger.write() as connection:
        for row in connection.execute(sa.select(documents).where(mine)).all():
            now = by_id[row.qbo_id]
            if now.voided:
                values: dict[str, object] = {"state": DocumentState.VOIDED}
            elif (row.amount, row.date) != (now.amount, now.date):
                values = {"amount": now.amount, "date": now.date}
            else:
                continue
            connection.execute(sa.update(documents).where(documents.c.id == row.id).values(values))
            connection.execute(sa.update(tickets).where(tickets.c.id == row.ticket).values(fingerprint=_MARK))


def write_gone(ledger: CompanyLedger, gone: Sequence[StandingDocument]) -> None:
    """Write down that documents which stand in the ledger are no longer in QuickBooks."""
    keys, of = [one.key for one in gone], [one.ticket for one in gone]
    with ledger.write() as connection:
        connection.execute(sa.update(documents).where(documents.c.id.in_(keys)).values(state=DocumentState.VOIDED))
        connection.execute(sa.update(tickets).where(tickets.c.id.in_(of)).values(fingerprint=_MARK))


def rivals(ledger: CompanyLedger, found: Sequence[Found]) -> list[StandingDocument]:
    """Return the ledger's documents that stand in the place of these: of the same ticket, kind and number."""
    places = {(one.location_id, one.ticket_id, one.kind, one.number) for one in found}
    query = sa.select(tickets.c.id).where(
        tickets.c.company_id == ledger.company_id,
        sa.tuple_(tickets.c.location_id, tickets.c.ticket_id).in_([place[:2] for place in places]),
    )
    with ledger.read() as connection:
        keys = list(connection.execute(query).scalars())
    return [
        one
        for some in standing(ledger, keys).values()
        for one in some
        if (one.location_id, one.ticket_id, one.kind, one.number) in places and one.qbo_id is not None
    ]
