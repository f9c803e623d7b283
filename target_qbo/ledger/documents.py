"""Documents: what stands in QuickBooks, or may stand there."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING

import sqlalchemy as sa

from target_qbo.ledger.status import HALF_DONE, STANDING, DocumentState, Stands
from target_qbo.ledger.tables import AMISS, documents, units

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Sequence
    from decimal import Decimal

    from target_qbo.ledger.changes import Key
    from target_qbo.ledger.database import CompanyLedger

_AT_ONCE = 500
_LATEST_DOCUMENTS = 5000


@dataclass(frozen=True, slots=True)
class StandingDocument:
    """A document of a unit that is in QuickBooks, or may be (``SENDING``), or was lifted for a change (``LIFTED``).

    ``missed``: how often it was looked up in vain.
    """

    unit: int
    kind: str
    number: str
    amount: Decimal
    date: dt.date
    method: str | None
    state: DocumentState
    qbo_id: str | None
    request_id: str | None
    sent_at: dt.datetime | None
    location_id: str
    name: str
    missed: int = 0

    @property
    def key(self) -> Key:
        """What names it among its unit's documents."""
        return (self.unit, self.kind, self.number)


@dataclass(frozen=True, slots=True)
class SentRequest:
    """A request that left lately, and how many documents it had."""

    sent_at: dt.datetime
    documents: int


def standing(
    ledger: CompanyLedger, unit_keys: Sequence[int], states: Sequence[DocumentState] = STANDING
) -> dict[int, list[StandingDocument]]:
    """Return the documents of these units that stand or may stand, or are in other states, by unit."""
    found: dict[int, list[StandingDocument]] = defaultdict(list)
    for start in range(0, len(unit_keys), _AT_ONCE):
        some = documents.c.unit.in_(unit_keys[start : start + _AT_ONCE])
        for document in _select(ledger, some, documents.c.state.in_(states)):
            found[document.unit].append(document)
    return found


def of_unknown_fate(ledger: CompanyLedger) -> list[StandingDocument]:
    """Return the documents that were sent and never answered."""
    # In words, not as a parameter: so SQLite sees that the index of exactly these will do.
    return _select(ledger, documents.c.state == sa.literal(DocumentState.SENDING, literal_execute=True))


def units_with_orphans(ledger: CompanyLedger) -> list[int]:
    """Return the keys of half done units, or of such as were edited, that have a payment off its invoice."""
    touched = units.c.stands.in_((*HALF_DONE, Stands.EDITED))
    query = (
        sa.select(documents.c.unit)
        .join_from(documents, units, documents.c.unit == units.c.id)
        .where(documents.c.company_id == ledger.company_id, AMISS, documents.c.state == DocumentState.ORPHANED, touched)
        .distinct()
    )
    with ledger.read() as connection:
        return list(connection.execute(query.order_by(documents.c.unit)).scalars())


def known_ids(ledger: CompanyLedger, kind: str, qbo_ids: Sequence[str]) -> set[str]:
    """Return which of these ids in QuickBooks the ledger has a document for."""
    return set(units_of(ledger, kind, qbo_ids))


def units_of(ledger: CompanyLedger, kind: str, qbo_ids: Sequence[str]) -> dict[str, int]:
    """Return the units of documents by their ids in QuickBooks."""
    with ledger.read() as connection:
        query = sa.select(documents.c.qbo_id, documents.c.unit).where(
            documents.c.company_id == ledger.company_id, documents.c.kind == kind, documents.c.qbo_id.in_(qbo_ids)
        )
        return dict(connection.execute(query).all())


def latest_answer(ledger: CompanyLedger) -> dt.datetime | None:
    """Return when the latest document of the company was answered, or found; None: there is none."""
    # By key, not by time, for which there is no index: what was answered last is among what was sent last.
    newest = sa.select(sa.func.max(documents.c.id)).scalar_subquery()
    query = sa.select(sa.func.max(documents.c.posted_at)).where(
        documents.c.id > newest - _LATEST_DOCUMENTS, documents.c.company_id == ledger.company_id
    )
    with ledger.read() as connection:
        return connection.execute(query).scalar()


def sent_since(ledger: CompanyLedger, moment: dt.datetime) -> list[SentRequest]:
    """Return the requests with documents of this company that left since a moment, of an earlier run, say."""
    with ledger.read() as connection:
        newest = connection.execute(sa.select(sa.func.max(documents.c.id))).scalar() or 0
        rows = connection.execute(
            sa.select(sa.func.max(documents.c.sent_at), sa.func.count())
            .where(
                documents.c.id > newest - _LATEST_DOCUMENTS,
                documents.c.company_id == ledger.company_id,
                documents.c.sent_at >= moment,
            )
            .group_by(documents.c.request_id)
        ).all()
    return [SentRequest(*row) for row in rows]


_UNIT_COLUMNS = frozenset(("location_id", "name"))
_COLUMNS = [
    units.c[name] if name in _UNIT_COLUMNS else documents.c[name] for name in StandingDocument.__dataclass_fields__
]


def _select(ledger: CompanyLedger, *conditions: sa.ColumnElement[bool]) -> list[StandingDocument]:
    query = (
        sa.select(*_COLUMNS)
        .join_from(documents, units, units.c.id == documents.c.unit)
        .where(documents.c.company_id == ledger.company_id, *conditions)
        .order_by(documents.c.id)
    )
    with ledger.read() as connection:
        rows = connection.execute(query).mappings().all()
    return [StandingDocument(**{**row, "state": DocumentState(row["state"])}) for row in rows]
