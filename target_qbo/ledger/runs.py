"""Runs: when posting began and ended, and what came of it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from target_qbo.ledger import content
from target_qbo.ledger.tables import runs

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Iterator, Mapping

    from target_qbo.ledger.database import CompanyLedger


def begin(ledger: CompanyLedger, now: dt.datetime) -> int:
    """Enter a run; returns its number."""
    with ledger.write() as connection:
        statement = sa.insert(runs).values(company_id=ledger.company_id, started_at=now)
        number: int = connection.execute(statement.returning(runs.c.id)).scalar_one()
    return number


def end(ledger: CompanyLedger, number: int, outcome: str, summary: Mapping[str, Any], now: dt.datetime) -> None:
    """Enter how a run ended: ``done`` or ``stopped``, with its figures."""
    with ledger.write() as connection:
        connection.execute(
            sa.update(runs)
            .where(runs.c.id == number)
            .values(finished_at=now, outcome=outcome, summary=content.encode(summary))
        )


def summaries(ledger: CompanyLedger) -> Iterator[Mapping[str, Any]]:
    """Yield the figures of every run that ended, the oldest first; amounts are texts."""
    query = sa.select(runs.c.summary).where(runs.c.company_id == ledger.company_id, runs.c.summary.is_not(None))
    with ledger.read() as connection:
        for text in connection.execute(query.order_by(runs.c.id)).scalars():
            yield content.decode(text)
