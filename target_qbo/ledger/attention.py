"""Tickets that need a person, those first about which something was found out last."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import sqlalchemy as sa

from target_qbo.ledger.status import TicketStatus
from target_qbo.ledger.tables import tickets

if TYPE_CHECKING:
    import datetime as dt
    from decimal import Decimal

    from target_qbo.ledger.database import CompanyLedger


@dataclass(frozen=True, slots=True)
class Concern:
    """A ticket that is skipped or half done, and why; ``total`` is in the company's currency."""

    location_id: str
    ticket_id: str
    number: str | None
    business_date: dt.date
    total: Decimal
    status: TicketStatus
    reason: str | None


def concerns(ledger: CompanyLedger, limit: int) -> list[Concern]:
    """Return the tickets that are skipped or half done, at most ``limit``, the latest news first."""
    columns = [tickets.c[name] for name in Concern.__dataclass_fields__]
    query = sa.select(*columns).where(
        tickets.c.company_id == ledger.company_id,
        tickets.c.status.in_((TicketStatus.SKIPPED, TicketStatus.POSTING)),
    )
    query = query.order_by(tickets.c.updated_at.desc(), tickets.c.id).limit(limit)
    with ledger.read() as connection:
        return [Concern(*row) for row in connection.execute(query)]
