"""What each business day has at the till, and what of it stands in QuickBooks, as far as the ledger knows."""

from __future__ import annotations

import datetime as dt
from collections import Counter, defaultdict
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
        till: What these come to: of those that are posted, what stands for them.
        books: What stands of the day in QuickBooks: sales less refunds.
    """

    date: dt.date
    tickets: int
    till: Decimal
    books: Decimal


def latest_days(ledger: CompanyLedger, number: int) -> list[Day]:
    """Return so many days up to that of the newest ticket, the oldest first; days without a ticket are among them.

    A ticket's total at the till is not always what its lines come to, by which it is posted; where it is posted, the
    proof of a period is what holds the two against each other.
    """
    mine = tickets.c.company_id == ledger.company_id
    is_posted = tickets.c.status == TicketStatus.POSTED
    tomorrow = dt.datetime.now(dt.UTC).date() + dt.timedelta(days=1)
    with ledger.read() as connection:
        newest: dt.date | None = connection.execute(
            sa.select(sa.func.max(tickets.c.business_date)).where(mine, tickets.c.business_date <= tomorrow)
        ).scalar()
        if newest is None:
            return []
        first = newest - dt.timedelta(days=number - 1)
        late = (mine, tickets.c.business_date >= first)
        sold = (
            sa.select(tickets.c.business_date, is_posted, sa.func.count(), sa.func.sum(tickets.c.total))
            .where(*late, tickets.c.status.not_in(_NOT_SOLD))
            .group_by(tickets.c.business_date, is_posted)
        )
        booked = (
            sa.select(tickets.c.business_date, is_posted, documents.c.kind, sa.func.sum(documents.c.amount))
            .join(documents, documents.c.unit == tickets.c.unit)
            .where(*late, documents.c.kind.in_(_MAINS), documents.c.state.in_(STANDING))
            .group_by(tickets.c.business_date, is_posted, documents.c.kind)
        )
        counts: Counter[dt.date] = Counter()
        till: dict[dt.date, Decimal] = defaultdict(Decimal)
        books: dict[dt.date, Decimal] = defaultdict(Decimal)
        for day, posted, count, amount in connection.execute(sold):
            counts[day] += count
            till[day] += 0 if posted else amount
        for day, posted, kind, amount in connection.execute(booked):
            signed = facts(DocumentKind(kind)).sign * amount
            books[day] += signed
            till[day] += signed if posted else 0
    days = [first + dt.timedelta(days=one) for one in range(number)]
    return [Day(day, counts[day], till[day], books[day]) for day in days]
