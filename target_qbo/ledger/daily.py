"""What each business day has at the till, and what of it stands in QuickBooks, as far as the ledger knows."""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING

import sqlalchemy as sa

from target_qbo.accounting import DocumentKind
from target_qbo.accounting.kinds import facts
from target_qbo.ledger.status import STANDING, TicketStatus
from target_qbo.ledger.tables import documents, tickets

if TYPE_CHECKING:
    from target_qbo.ledger.database import CompanyLedger

_NOT_SOLD = (TicketStatus.VOIDED, TicketStatus.UNDONE)
_MAINS = [kind for kind in DocumentKind if kind is not DocumentKind.PAYMENT]


@dataclass(frozen=True, slots=True)
class Day:
    """A business day, in the company's currency.

    Attributes:
        date: The day.
        tickets: How many tickets it has, but for those that were voided or undone.
        till: What these come to.
        books: What stands of the day in QuickBooks: sales less refunds.
    """

    date: dt.date
    tickets: int
    till: Decimal
    books: Decimal


def latest_days(ledger: CompanyLedger, number: int) -> list[Day]:
    """Return so many days up to that of the newest ticket, the oldest first; days without a ticket are among them."""
    mine = tickets.c.company_id == ledger.company_id
    with ledger.read() as connection:
        newest: dt.date | None = connection.execute(
            sa.select(sa.func.max(tickets.c.business_date)).where(mine)
        ).scalar()
        if newest is None:
            return []
        first = newest - dt.timedelta(days=number - 1)
        late = (mine, tickets.c.business_date >= first)
        sold = (
            sa.select(tickets.c.business_date, sa.func.count(), sa.func.sum(tickets.c.total))
            .where(*late, tickets.c.status.not_in(_NOT_SOLD))
            .group_by(tickets.c.business_date)
        )
        booked = (
            sa.select(tickets.c.business_date, documents.c.kind, sa.func.sum(documents.c.amount))
            .join(documents, documents.c.unit == tickets.c.unit)
            .where(*late, documents.c.kind.in_(_MAINS), documents.c.state.in_(STANDING))
            .group_by(tickets.c.business_date, documents.c.kind)
        )
        till = {day: (count, amount) for day, count, amount in connection.execute(sold)}
        books: dict[dt.date, Decimal] = defaultdict(Decimal)
        for day, kind, amount in connection.execute(booked):
            books[day] += facts(DocumentKind(kind)).sign * amount
    nothing = (0, Decimal(0))
    days = [first + dt.timedelta(days=one) for one in range(number)]
    return [Day(day, *till.get(day, nothing), books[day]) for day in days]
