"""Documents of ours that stand, or stood, in QuickBooks and were never sent from here: entered with what they tell."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from target_qbo.accounting import DocumentKind
from target_qbo.accounting.kinds import facts
from target_qbo.ledger.changes import Changes, UnitChange, carry, write
from target_qbo.ledger.documents import StandingDocument, standing
from target_qbo.ledger.lifecycle import DocumentEvent, UnitEvent
from target_qbo.ledger.status import STANDING, DocumentState, Stands, TicketStatus
from target_qbo.ledger.tables import documents, tickets, units
from target_qbo.ledger.units import new, unit_of

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Sequence
    from decimal import Decimal

    from sqlalchemy.engine import Connection

    from target_qbo.ledger.changes import Key
    from target_qbo.ledger.database import CompanyLedger

FOUND_VOIDED = "found_voided"
"""Code of a ticket whose documents were found voided: it stays undone, whatever is received, until a person resyncs."""
FOUND_VOIDED_REASON = (
    "its documents were found voided in QuickBooks when the ledger was made anew: resync it to post it"
)


@dataclass(frozen=True, slots=True)
class Found:
    """A document of ours that was found in QuickBooks."""

    location_id: str
    name: str
    kind: str
    number: str
    amount: Decimal
    date: dt.date
    method: str | None
    qbo_id: str
    sync_token: str

    @property
    def values(self) -> dict[str, Any]:
        """What of it the ledger keeps."""
        return {name: getattr(self, name) for name in ("amount", "date", "method", "qbo_id", "sync_token")}


@dataclass(frozen=True, slots=True)
class Seen:
    """A document as QuickBooks has it now; ``voided`` also where it is gone."""

    qbo_id: str
    amount: Decimal
    date: dt.date
    voided: bool


def adopt(ledger: CompanyLedger, found: Sequence[Found], now: dt.datetime) -> tuple[list[Found], list[Found]]:
    """Enter documents that stand though this ledger never sent them.

    A ticket that was not received yet is entered with what the document tells; its record completes it when it comes.

    Returns:
        Those that were entered, and those that were not, because one with the same number stands in the ledger
        already. One that the ledger knows to be altered is among neither.
    """
    if not found:
        return [], []
    doubled = []
    entered: dict[Key, Found] = {}
    with ledger.write() as connection:
        for document in found:
            unit = unit_of(connection, ledger, document.location_id, document.name)
            if unit is None:
                unit = _enter(connection, ledger, document, now, status=TicketStatus.POSTED, reason=_FOUND)
            key = (unit, document.kind, document.number)
            same = (documents.c.unit == unit, documents.c.kind == document.kind, documents.c.number == document.number)
            there = sa.select(documents.c.state).where(*same, documents.c.state.in_((*STANDING, DocumentState.ALTERED)))
            state = connection.execute(there).scalar()
            if key in entered or state in STANDING:
                doubled.append(document)
            elif state is None:  # else it is known, and told as what it is
                entered[key] = document
        changes = Changes(units=[UnitChange(unit, UnitEvent.FOUND) for unit in {key[0] for key in entered}])
        for key, document in entered.items():
            changes.happens(DocumentEvent.FOUND, key, **document.values)
        carry(connection, ledger, changes, now)
    return list(entered.values()), doubled


_FOUND = "found in QuickBooks"


def enter_voided(ledger: CompanyLedger, voided: Sequence[Found], now: dt.datetime) -> int:
    """Enter voided documents of tickets of which the ledger has no documents, and keep these tickets undone.

    What stands must be entered already.

    Returns:
        How many tickets are undone by that.
    """
    entered: dict[tuple[str, str], int] = {}
    changes = Changes()
    with ledger.write() as connection:
        for document in voided:
            name = (document.location_id, document.name)
            if name not in entered:
                unit = _keep_undone(connection, ledger, document, now)
                if unit is None:
                    continue
                entered[name] = unit
            key = (entered[name], document.kind, document.number)
            changes.happens(DocumentEvent.FOUND_VOIDED, key, **document.values)
        carry(connection, ledger, changes, now)
    return len(entered)


def _keep_undone(connection: Connection, ledger: CompanyLedger, document: Found, now: dt.datetime) -> int | None:
    """Return the document's unit, undone from now on; None where the ledger has documents of it."""
    undone = {"status": TicketStatus.UNDONE, "code": FOUND_VOIDED, "reason": FOUND_VOIDED_REASON}
    unit = unit_of(connection, ledger, document.location_id, document.name)
    if unit is None:
        return _enter(connection, ledger, document, now, **undone)
    if connection.execute(sa.select(documents.c.id).where(documents.c.unit == unit)).first() is not None:
        return None
    # Its record came before QuickBooks was asked; where it is pending, it is still looked at: it may be a void.
    kept = sa.update(tickets).where(tickets.c.unit == unit)
    connection.execute(kept.values(undone | {"wait_until": None, "updated_at": now}))
    return unit


def _enter(connection: Connection, ledger: CompanyLedger, document: Found, now: dt.datetime, **becomes: str) -> int:
    """Enter the unit of a document, with its ticket, of which nothing was received yet; returns its key."""
    unit = new(connection, ledger, document.location_id, document.name)
    known = {
        "company_id": ledger.company_id,
        "location_id": document.location_id,
        "ticket_id": document.name,
        "unit": unit,
        "business_date": document.date,
        "total": facts(document.kind).sign * document.amount,
    }
    nothing = {"content": "", "content_hash": "", "revision": 0, "pending": False, "updated_at": now}
    connection.execute(sa.insert(tickets).values(known | nothing | becomes))
    return unit


def write_seen(ledger: CompanyLedger, kind: str, seen: Sequence[Seen], now: dt.datetime) -> None:
    """Correct documents that stand in the ledger and are voided, or another amount or date, in QuickBooks.

    Their tickets are not decided anew by that: their records may be as old as the ledger. When one is, because it
    changed or a person asks, what stands is put right.
    """
    by_id = {one.qbo_id: one for one in seen}
    with ledger.read() as connection:
        of_units = sa.select(documents, units.c.stands).join_from(documents, units, units.c.id == documents.c.unit)
        rows = connection.execute(
            of_units.where(
                documents.c.company_id == ledger.company_id,
                documents.c.kind == kind,
                documents.c.qbo_id.in_(by_id),
                documents.c.state.in_(STANDING),
            )
        ).all()
    found = Changes()
    for row in rows:
        key, there = (row.unit, row.kind, row.number), by_id[row.qbo_id]
        if there.voided:
            found.happens(gone(row.kind, row.state, row.stands), key)
        elif (row.amount, row.date) != (there.amount, there.date):
            found.happens(DocumentEvent.SEEN_OTHERWISE, key, amount=there.amount, date=there.date)
        else:
            continue
        found.units.append(UnitChange(row.unit, UnitEvent.SEEN_OTHERWISE))
    write(ledger, found, now)


def gone(kind: str, state: str, stands: str) -> DocumentEvent:
    """Return what happened to a document that stands in the ledger and is voided, or gone, in QuickBooks.

    A payment that was lifted for a change by a run which was killed before it could note that is to be put back where
    the change is refused.
    """
    lifted = kind == DocumentKind.PAYMENT and (state, stands) == (DocumentState.POSTED, Stands.REVISING)
    return DocumentEvent.LIFTED if lifted else DocumentEvent.TAKEN_BACK


def rivals(ledger: CompanyLedger, found: Sequence[Found]) -> list[StandingDocument]:
    """Return the ledger's documents that stand in the place of these: of the same unit, kind and number."""
    places = {(one.location_id, one.name, one.kind, one.number) for one in found}
    query = sa.select(units.c.id).where(
        units.c.company_id == ledger.company_id,
        sa.tuple_(units.c.location_id, units.c.name).in_([place[:2] for place in places]),
    )
    with ledger.read() as connection:
        keys = list(connection.execute(query).scalars())
    return [
        one
        for some in standing(ledger, keys).values()
        for one in some
        if (one.location_id, one.name, one.kind, one.number) in places and one.qbo_id is not None
    ]
