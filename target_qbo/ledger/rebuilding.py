"""Tickets of which QuickBooks has only voided documents: entered as undone, so that they are not posted by surprise."""

from __future__ import annotations

from typing import TYPE_CHECKING

import sqlalchemy as sa

from target_qbo.ledger.status import DocumentState, TicketStatus
from target_qbo.ledger.tables import documents, tickets

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Sequence

    from target_qbo.ledger.database import CompanyLedger
    from target_qbo.ledger.documents import Found

FOUND_VOIDED = "found_voided"
"""Code of a ticket whose documents were found voided: it stays undone, whatever is received, until a person resyncs."""
FOUND_VOIDED_REASON = "its documents were found voided in QuickBooks when the ledger was rebuilt: resync it to post it"


def enter_voided(ledger: CompanyLedger, voided: Sequence[Found], now: dt.datetime) -> int:
    """Enter voided documents of tickets that the ledger does not know.

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
                known = sa.select(tickets.c.id).where(
                    tickets.c.company_id == ledger.company_id,
                    tickets.c.location_id == document.location_id,
                    tickets.c.ticket_id == document.ticket_id,
                )
                if connection.execute(known).first() is not None:
                    continue
                entered[of_ticket] = connection.execute(
                    sa.insert(tickets)
                    .values(
                        company_id=ledger.company_id,
                        location_id=document.location_id,
                        ticket_id=document.ticket_id,
                        business_date=document.date,
                        total=document.amount,
                        content="",
                        content_hash="",
                        revision=0,
                        status=TicketStatus.UNDONE,
                        code=FOUND_VOIDED,
                        reason=FOUND_VOIDED_REASON,
                        pending=False,
                        updated_at=now,
                    )
                    .returning(tickets.c.id)
                ).scalar_one()
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
