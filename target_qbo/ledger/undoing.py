"""What an undo chooses: by period, by location or by run, and what that has in QuickBooks."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import sqlalchemy as sa

from target_qbo.ledger.status import STANDING, Stands
from target_qbo.ledger.tables import documents, units

if TYPE_CHECKING:
    import datetime as dt
    from decimal import Decimal

    from target_qbo.ledger.database import CompanyLedger


@dataclass(frozen=True, slots=True)
class Choice:
    """Whose documents to undo; every field given narrows it.

    Attributes:
        first: First date of the documents.
        last: Last date of the documents, included.
        location_id: Franpos location.
        sent_from: The documents left for QuickBooks at this moment or later.
        sent_before: They left before it.
    """

    first: dt.date | None = None
    last: dt.date | None = None
    location_id: str | None = None
    sent_from: dt.datetime | None = None
    sent_before: dt.datetime | None = None


@dataclass(frozen=True, slots=True)
class Figures:
    """What a choice has in QuickBooks: tickets, and by kind of document how many and what they come to."""

    tickets: int
    documents: dict[str, tuple[int, Decimal]]


def figures(ledger: CompanyLedger, choice: Choice) -> Figures:
    """Count what a choice has in QuickBooks, as far as the ledger knows."""
    chosen = _chosen(ledger, choice)
    query = (
        sa.select(documents.c.kind, sa.func.count(), sa.func.sum(documents.c.amount))
        .where(documents.c.unit.in_(chosen), documents.c.state.in_(STANDING))
        .group_by(documents.c.kind)
        .order_by(documents.c.kind)
    )
    with ledger.read() as connection:
        number: int = connection.execute(sa.select(sa.func.count()).select_from(chosen.subquery())).scalar_one()
        rows = connection.execute(query).all()
    return Figures(number, {kind: (count, amount) for kind, count, amount in rows})


def chosen_keys(ledger: CompanyLedger, choice: Choice) -> list[int]:
    """Return the keys of the units that a choice has in QuickBooks."""
    with ledger.read() as connection:
        return [row.unit for row in connection.execute(_chosen(ledger, choice).order_by(documents.c.unit))]


def _chosen(ledger: CompanyLedger, choice: Choice) -> sa.Select[tuple[int]]:
    query = (
        sa.select(documents.c.unit)
        .join(units, units.c.id == documents.c.unit)
        .where(documents.c.company_id == ledger.company_id)
        .where(sa.or_(documents.c.state.in_(STANDING), units.c.stands == Stands.UNDOING))
        .distinct()
    )
    if choice.first is not None:
        query = query.where(documents.c.date >= choice.first)
    if choice.last is not None:
        query = query.where(documents.c.date <= choice.last)
    if choice.location_id is not None:
        query = query.where(units.c.location_id == choice.location_id)
    if choice.sent_from is not None:
        query = query.where(documents.c.sent_at >= choice.sent_from)
    if choice.sent_before is not None:
        query = query.where(documents.c.sent_at < choice.sent_before)
    return query
