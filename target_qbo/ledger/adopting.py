"""Documents of ours that stand, or stood, in QuickBooks and were never sent from here: entered with what they tell."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from target_qbo.ledger import changes
from target_qbo.ledger.changes import AsItStands, Changes, UnitChange
from target_qbo.ledger.documents import StandingDocument, standing
from target_qbo.ledger.lifecycle import DocumentEvent, UnitEvent, sources, target
from target_qbo.ledger.status import STANDING, DocumentState, Stands, TicketStatus
from target_qbo.ledger.tables import documents, tickets, units
from target_qbo.ledger.units import TICKET

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Sequence
    from decimal import Decimal

    from sqlalchemy.engine import Connection

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
    sign: int

    def values(self, ledger: CompanyLedger, unit: int, event: DocumentEvent, now: dt.datetime) -> dict[str, Any]:
        """Return it as a row of the documents."""
        fields = ("kind", "number", "amount", "date", "method", "qbo_id", "sync_token")
        row: dict[str, Any] = {name: getattr(self, name) for name in fields}
        return row | {"company_id": ledger.company_id, "unit": unit, "state": target(event), "posted_at": now}


@dataclass(frozen=True, slots=True)
class Seen:
    """A document as QuickBooks has it now."""

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
    entered, doubled = [], []
    with ledger.write() as connection:
        for document in found:
            unit = _unit_of(connection, ledger, document)
            if unit is None:
                unit = _enter(connection, ledger, document, now, {"status": TicketStatus.POSTED, "reason": _FOUND})
            same = (documents.c.unit == unit, documents.c.kind == document.kind, documents.c.number == document.number)
            there = sa.select(documents.c.id).where(*same, documents.c.state.in_(STANDING))
            if connection.execute(there).first() is not None:
                doubled.append(document)
                continue
            altered = sa.select(documents.c.id).where(*same, documents.c.state == DocumentState.ALTERED)
            if connection.execute(altered).first() is not None:
                continue  # known, and told as what it is
            looked_up = documents.c.state.in_(sources(DocumentEvent.FOUND))
            connection.execute(sa.delete(documents).where(*same, looked_up))
            row = document.values(ledger, unit, DocumentEvent.FOUND, now)
            connection.execute(sa.insert(documents).values(row))
            was_empty = sa.and_(units.c.id == unit, units.c.stands == Stands.NOTHING)
            connection.execute(sa.update(units).where(was_empty).values(stands=Stands.FOUND))
            entered.append(document)
    return entered, doubled


_FOUND = "found in QuickBooks"


def enter_voided(ledger: CompanyLedger, voided: Sequence[Found], now: dt.datetime) -> int:
    """Enter voided documents of tickets of which the ledger has no documents, and keep these tickets undone.

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
            name = (document.location_id, document.name)
            if name not in entered:
                unit = _keep_undone(connection, ledger, document, now)
                if unit is None:
                    continue
                entered[name] = unit
            row = document.values(ledger, entered[name], DocumentEvent.FOUND_VOIDED, now)
            connection.execute(sa.insert(documents).values(row))
    return len(entered)


def _keep_undone(connection: Connection, ledger: CompanyLedger, document: Found, now: dt.datetime) -> int | None:
    """Return the document's unit, undone from now on; None where the ledger has documents of it."""
    undone = {"status": TicketStatus.UNDONE, "code": FOUND_VOIDED, "reason": FOUND_VOIDED_REASON}
    unit = _unit_of(connection, ledger, document)
    if unit is None:
        return _enter(connection, ledger, document, now, undone)
    if connection.execute(sa.select(documents.c.id).where(documents.c.unit == unit)).first() is not None:
        return None
    # Its record came before QuickBooks was asked; where it is pending, it is still looked at: it may be a void.
    kept = sa.update(tickets).where(tickets.c.unit == unit)
    connection.execute(kept.values(undone | {"wait_until": None, "updated_at": now}))
    return unit


def _unit_of(connection: Connection, ledger: CompanyLedger, document: Found) -> int | None:
    """Return the unit of a document's ticket, made where the ticket has none yet; None: the ticket is not known."""
    own = {"company_id": ledger.company_id, "location_id": document.location_id}
    row = connection.execute(sa.select(tickets.c.id, tickets.c.unit).filter_by(**own, ticket_id=document.name)).first()
    if row is None:
        return None
    if row.unit is not None:
        return int(row.unit)
    unit = _new_unit(connection, ledger, document)
    connection.execute(sa.update(tickets).where(tickets.c.id == row.id).values(unit=unit))
    return unit


def _new_unit(connection: Connection, ledger: CompanyLedger, document: Found) -> int:
    new = sa.insert(units).values(
        company_id=ledger.company_id,
        kind=TICKET,
        location_id=document.location_id,
        name=document.name,
        stands=Stands.NOTHING,
    )
    return int(connection.execute(new.returning(units.c.id)).scalar_one())


def _enter(
    connection: Connection, ledger: CompanyLedger, document: Found, now: dt.datetime, becomes: dict[str, Any]
) -> int:
    """Enter a ticket that was never received, with its unit; returns the unit's key."""
    unit = _new_unit(connection, ledger, document)
    connection.execute(
        sa.insert(tickets).values(
            company_id=ledger.company_id,
            location_id=document.location_id,
            ticket_id=document.name,
            business_date=document.date,
            total=document.sign * document.amount,
            content="",
            content_hash="",
            revision=0,
            pending=False,
            unit=unit,
            updated_at=now,
            **becomes,
        )
    )
    return unit


def write_seen(ledger: CompanyLedger, kind: str, seen: Sequence[Seen], now: dt.datetime) -> None:
    """Correct documents that stand in the ledger and are voided, or another amount or date, in QuickBooks.

    Their tickets are not decided anew by that: their records may be as old as the ledger. When one is, because it
    changed or a person asks, what stands is put right.
    """
    by_id = {one.qbo_id: one for one in seen}
    with ledger.read() as connection:
        rows = connection.execute(
            sa.select(documents).where(
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
            found.happened[DocumentEvent.TAKEN_BACK].append(key)
        elif (row.amount, row.date) != (there.amount, there.date):
            as_seen = AsItStands(key, there.amount, there.date, DocumentEvent.SEEN_OTHERWISE, method=row.method)
            found.corrected.append(as_seen)
        else:
            continue
        found.units.append(UnitChange(row.unit, UnitEvent.SEEN_OTHERWISE))
    changes.write(ledger, found, now)


def write_gone(ledger: CompanyLedger, gone: Sequence[StandingDocument], now: dt.datetime) -> None:
    """Write down that documents which stand in the ledger are no longer in QuickBooks."""
    found = Changes(units=[UnitChange(one.unit, UnitEvent.SEEN_OTHERWISE) for one in gone])
    found.happened[DocumentEvent.TAKEN_BACK] = [one.key for one in gone]
    changes.write(ledger, found, now)


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
