"""Tickets that need a person, those first about which something was found out last."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING

import sqlalchemy as sa

from target_qbo.ledger.status import DocumentState, TicketStatus
from target_qbo.ledger.tables import AMISS, documents, tickets, units

if TYPE_CHECKING:
    import datetime as dt

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


@dataclass(frozen=True, slots=True)
class Group:
    """Tickets that are skipped for one reason: how many, what they come to, and the words of the latest."""

    code: str
    tickets: int
    total: Decimal
    reason: str


def skipped_by_code(ledger: CompanyLedger) -> list[Group]:
    """Return the skipped tickets by the code of their reason, the most frequent first."""
    mine = (tickets.c.company_id == ledger.company_id, tickets.c.status == TicketStatus.SKIPPED)
    number = sa.func.count()
    query = sa.select(tickets.c.code, number, sa.func.sum(tickets.c.total), sa.func.max(tickets.c.id)).where(*mine)
    with ledger.read() as connection:
        rows = connection.execute(query.group_by(tickets.c.code).order_by(number.desc(), tickets.c.code)).all()
        latest = sa.select(tickets.c.id, tickets.c.reason).where(tickets.c.id.in_([row[3] for row in rows]))
        reasons = dict(connection.execute(latest).all())
    return [Group(code or "", count, total, reasons[key] or "") for code, count, total, key in rows]


@dataclass(frozen=True, slots=True)
class Amiss:
    """What a run found in QuickBooks otherwise than it was posted, and could not put right.

    Attributes:
        changed: Tickets of which documents were changed there by hand.
        loose: Payments that pay no invoice: open credit.
        credit: What these come to.
    """

    changed: int
    loose: int
    credit: Decimal


def amiss(ledger: CompanyLedger) -> Amiss:
    """Return what stands otherwise than it was posted, as far as the ledger knows."""
    edited = sa.select(tickets.c.id).join(units, units.c.id == tickets.c.unit)
    edited = edited.where(units.c.company_id == ledger.company_id, sa.text("units.stands = 'edited'"))
    of_state = sa.select(documents.c.state, documents.c.unit, documents.c.amount).where(
        documents.c.company_id == ledger.company_id, AMISS
    )
    with ledger.read() as connection:
        keys = set(connection.execute(edited).scalars())
        rows = connection.execute(of_state).all()
        altered = [row.unit for row in rows if row.state == DocumentState.ALTERED]
        keys |= set(connection.execute(sa.select(tickets.c.id).where(tickets.c.unit.in_(altered))).scalars())
    loose = [row.amount for row in rows if row.state == DocumentState.ORPHANED]
    return Amiss(len(keys), len(loose), sum(loose, Decimal(0)))
