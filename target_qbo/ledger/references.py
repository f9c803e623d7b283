"""Ids of QuickBooks' accounts, items, payment methods and so on, by what the rules call them."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from target_qbo.ledger import content
from target_qbo.ledger.tables import companies, references

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Mapping

    from target_qbo.ledger.database import CompanyLedger


@dataclass(frozen=True, slots=True)
class Reference:
    """An entity of the company: its id, its name there, and what else is to be remembered of it."""

    entity: str
    key: str
    qbo_id: str
    name: str
    details: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class CompanyFacts:
    """What is known of the company itself; None: not asked yet."""

    country: str | None
    verified_from: dt.date | None


def load(ledger: CompanyLedger) -> dict[tuple[str, str], Reference]:
    """Return every reference known, by entity and key."""
    query = sa.select(
        references.c.entity, references.c.key, references.c.qbo_id, references.c.name, references.c.details
    ).where(references.c.company_id == ledger.company_id)
    with ledger.read() as connection:
        return {
            (entity, key): Reference(entity, key, qbo_id, name, content.decode(details))
            for entity, key, qbo_id, name, details in connection.execute(query)
        }


def ids(ledger: CompanyLedger, entity: str) -> dict[str, str]:
    """Return the ids of the company's entities of a kind that are known, and what the rules call them."""
    query = sa.select(references.c.qbo_id, references.c.key).where(
        references.c.company_id == ledger.company_id, references.c.entity == entity
    )
    with ledger.read() as connection:
        return {row.qbo_id: row.key for row in connection.execute(query)}


def remember(ledger: CompanyLedger, reference: Reference) -> None:
    """Keep a reference, in the place of one with the same key."""
    with ledger.write() as connection:
        connection.execute(_of(ledger, reference.entity, reference.key))
        connection.execute(
            sa.insert(references).values(
                company_id=ledger.company_id,
                entity=reference.entity,
                key=reference.key,
                qbo_id=reference.qbo_id,
                name=reference.name,
                details=content.encode(reference.details),
            )
        )


def forget_all(ledger: CompanyLedger) -> None:
    """Forget every reference: one was stale, so the next look is at the company itself."""
    with ledger.write() as connection:
        connection.execute(sa.delete(references).where(references.c.company_id == ledger.company_id))


def company_facts(ledger: CompanyLedger) -> CompanyFacts:
    """Return what is known of the company."""
    with ledger.read() as connection:
        row = connection.execute(
            sa.select(companies.c.country, companies.c.verified_from).where(companies.c.id == ledger.company_id)
        ).one()
    return CompanyFacts(*row)


def write_company_facts(ledger: CompanyLedger, **facts: Any) -> None:  # noqa: ANN401 (columns of one table)
    """Keep what was learnt of the company: ``country``, ``verified_from``."""
    with ledger.write() as connection:
        connection.execute(sa.update(companies).where(companies.c.id == ledger.company_id).values(**facts))


def _of(ledger: CompanyLedger, entity: str, key: str) -> sa.Delete:
    return sa.delete(references).where(
        references.c.company_id == ledger.company_id, references.c.entity == entity, references.c.key == key
    )
