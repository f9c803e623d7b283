"""Tickets of which QuickBooks has only voided documents: entered as undone, so that they are not posted by surprise."""

from __future__ import annotations

from typing import TYPE_CHECKING

import sqlalchemy as sa

from target_qbo.ledger.status import DocumentState, TicketStatus
from target_qbo.ledger.tables import documents, tickets

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Sequence

    from sqlalchemy.engine import Connection

    from target_qbo.ledger.database import CompanyLedger
    from target_qbo.ledger.documents import Found

FOUND_VOIDED = "found_voided"
"""Code of a ticket whose documents were found voided: it stays undone, whatever is received, until a person resyncs."""
FOUND_VOIDED_REASON = (
    "its documents were found voided in QuickBooks when the ledger was made anew: resync it to post it"
)


def enter_voided(ledger: CompanyLedger, voided: Sequence[Found], now: dt.datetime) -> int:
    """Enter voided documents of tickets of which the ledger has no documents, and keep these tickets undone.

    Args:
        ledger: The company's ledger, with all that stands entered already.
        voided: Voided documents of ours.
        now: The time.

    Returns:
        How many tickets are undone by that.
    """
    entered: dict[tuple[str, str], int] = {}
    with ledger.write() as connection:
        for document in voided:
            of_ticket = (document.location_id, document.ticket_id)
            if of_ticket not in entered:
                key = _keep_undone(connection, ledger, document, now)
                if key is None:
                    continue
                entered[of_ticket] = key
            connection.execute(
                sa.insert(documents).values(
                    company_id=ledger.company_id,
                    ticket=entered[of_ticket],
                    kind=document.kind,
                    number=document.number,
                    amount=document.amount,
                    date=document.date,
                    method=document.method,
                    state=DocumentState.VOIDED,
                    qbo_id=document.qbo_id,
                    sync_token=document.sync_token,
                    posted_at=now,
                )
            )
    return len(entered)


def _keep_undone(connection: Connection, ledger: CompanyLedger, document: Found, now: dt.datetime) -> int | None:
    """Return the key of the document's ticket, undone from now on; None where the ledger has documents of it."""
    of_ticket = {
        "company_id": ledger.company_id,
        "location_id": document.location_id,
        "ticket_id": document.ticket_id,
    }
    undone = {
        "status": TicketStatus.UNDONE,
        "code": FOUND_VOIDED,
        "reason": FOUND_VOIDED_REASON,
        "wait_until": None,
        "updated_at": now,
    }
    key: int | None = connection.execute(sa.select(tickets.c.id).filter_by(**of_ticket)).scalar()
    if key is None:
        new = sa.insert(tickets).values(
            **of_ticket,
            **undone,
            business_date=document.date,
            total=document.amount,
            content="",
            content_hash="",
            revision=0,
            pending=False,
        )
        key = connection.execute(new.returning(tickets.c.id)).scalar_one()
    elif connection.execute(sa.select(documents.c.id).where(documents.c.ticket == key)).first() is not None:
        return None
    else:
        # Its record came before QuickBooks was asked; where it is pending, it is still looked at: it may be a void.
        connection.execute(sa.update(tickets).where(tickets.c.id == key).values(undone))
    return key
