"""Documents: what stands in QuickBooks, may stand there, or was found there."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING

import sqlalchemy as sa

from target_qbo.ledger.status import DocumentState, TicketStatus
from target_qbo.ledger.tables import documents, tickets

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Sequence
    from decimal import Decimal

    from target_qbo.ledger.database import CompanyLedger


@dataclass(frozen=True, slots=True)
class StandingDocument:
    """A document of a ticket that is in QuickBooks, or may be (``SENDING``)."""

    key: int
    ticket: int
    kind: str
    number: str
    amount: Decimal
    date: dt.date
    method: str | None
    state: DocumentState
    request_id: str
    sent_at: dt.datetime | None
    qbo_id: str | None
    sync_token: str | None
    location_id: str
    ticket_id: str


STANDING = (DocumentState.SENDING, DocumentState.POSTED, DocumentState.ORPHANED)
"""States of a document that is in QuickBooks, or may be."""


def write_voided(ledger: CompanyLedger, keys: Sequence[int]) -> None:
    """Write down that these documents were taken back in QuickBooks; what stood there stays on record."""
    with ledger.write() as connection:
        connection.execute(sa.update(documents).where(documents.c.id.in_(keys)).values(state=DocumentState.VOIDED))


def write_revised(ledger: CompanyLedger, key: int, *, amount: Decimal, date: dt.date, sync_token: str) -> None:
    """Write down that a document was updated in QuickBooks."""
    with ledger.write() as connection:
        connection.execute(
            sa.update(documents).where(documents.c.id == key).values(amount=amount, date=date, sync_token=sync_token)
        )


def write_fingerprint(ledger: CompanyLedger, ticket: int, fingerprint: str | None) -> None:
    """Write down what stands for a ticket: a fingerprint, nothing, or ``REVISING`` before it is changed."""
    with ledger.write() as connection:
        connection.execute(sa.update(tickets).where(tickets.c.id == ticket).values(fingerprint=fingerprint))


def leave_open(ledger: CompanyLedger, ticket: int, reason: str, now: dt.datetime) -> None:
    """Write down that a ticket is half done and why: it stays pending and comes again in the next run."""
    with ledger.write() as connection:
        connection.execute(
            sa.update(tickets)
            .where(tickets.c.id == ticket)
            .values(status=TicketStatus.POSTING, code=None, reason=reason, pending=True, updated_at=now)
        )


def standing(ledger: CompanyLedger, ticket_keys: Sequence[int]) -> dict[int, list[StandingDocument]]:
    """Return the documents of these tickets that stand or may stand, by ticket."""
    found: dict[int, list[StandingDocument]] = defaultdict(list)
    for document in _select(ledger, documents.c.ticket.in_(ticket_keys), documents.c.state.in_(STANDING)):
        found[document.ticket].append(document)
    return found


def of_unknown_fate(ledger: CompanyLedger) -> list[StandingDocument]:
    """Return the documents that were sent and never answered."""
    # In words, not as a parameter: so SQLite sees that the index of exactly these will do.
    return _select(ledger, documents.c.state == sa.literal(DocumentState.SENDING, literal_execute=True))


@dataclass(frozen=True, slots=True)
class Refused:
    """A document as it was to be made."""

    kind: str
    number: str
    amount: Decimal
    date: dt.date
    method: str | None


@dataclass(frozen=True, slots=True)
class Found:
    """A document of ours that was found standing in QuickBooks."""

    location_id: str
    ticket_id: str
    kind: str
    number: str
    amount: Decimal
    date: dt.date
    method: str | None
    qbo_id: str
    sync_token: str


def adopt(ledger: CompanyLedger, found: Sequence[Found], now: dt.datetime) -> list[Found]:
    """Enter documents that stand though this ledger never sent them.

    A ticket that was not received yet is entered with what the document tells; its record completes it when it comes.

    Returns:
        Those that were not entered, because one with the same number stands in the ledger already.
    """
    doubled = []
    with ledger.write() as connection:
        for document in found:
            of_ticket = {
                "company_id": ledger.company_id,
                "location_id": document.location_id,
                "ticket_id": document.ticket_id,
            }
            key = connection.execute(sa.select(tickets.c.id).filter_by(**of_ticket)).scalar()
            if key is None:
                key = connection.execute(
                    sa.insert(tickets)
                    .values(
                        **of_ticket,
                        business_date=document.date,
                        total=-document.amount if document.kind == "refund_receipt" else document.amount,
                        content="",
                        content_hash="",
                        revision=0,
                        status=TicketStatus.POSTED,
                        reason="found in QuickBooks",
                        pending=False,
                        updated_at=now,
                    )
                    .returning(tickets.c.id)
                ).scalar_one()
            standing_one = sa.select(documents.c.id).where(
                documents.c.ticket == key,
                documents.c.kind == document.kind,
                documents.c.number == document.number,
                documents.c.state.in_(STANDING),
            )
            if connection.execute(standing_one).first() is not None:
                doubled.append(document)
                continue
            connection.execute(
                sa.delete(documents).where(
                    documents.c.ticket == key,
                    documents.c.kind == document.kind,
                    documents.c.number == document.number,
                    documents.c.state.in_((DocumentState.MISSING, DocumentState.ALTERED)),
                )
            )
            connection.execute(
                sa.insert(documents).values(
                    company_id=ledger.company_id,
                    ticket=key,
                    kind=document.kind,
                    number=document.number,
                    amount=document.amount,
                    date=document.date,
                    method=document.method,
                    state=DocumentState.POSTED,
                    qbo_id=document.qbo_id,
                    sync_token=document.sync_token,
                    posted_at=now,
                )
            )
    return doubled


def enter_altered(ledger: CompanyLedger, ticket: int, refused: Refused, now: dt.datetime) -> None:
    """Enter a document that QuickBooks refused because it stands there already, and not as it was sent."""
    with ledger.write() as connection:
        connection.execute(
            sa.insert(documents).values(
                company_id=ledger.company_id,
                ticket=ticket,
                kind=refused.kind,
                number=refused.number,
                amount=refused.amount,
                date=refused.date,
                method=refused.method,
                state=DocumentState.ALTERED,
                sent_at=now,
            )
        )


def known_ids(ledger: CompanyLedger, kind: str, qbo_ids: Sequence[str]) -> set[str]:
    """Return which of these ids in QuickBooks the ledger has a document for."""
    with ledger.read() as connection:
        return set(
            connection.execute(
                sa.select(documents.c.qbo_id).where(
                    documents.c.company_id == ledger.company_id,
                    documents.c.kind == kind,
                    documents.c.qbo_id.in_(qbo_ids),
                )
            ).scalars()
        )


def _select(ledger: CompanyLedger, *conditions: sa.ColumnElement[bool]) -> list[StandingDocument]:
    columns = (
        documents.c.id.label("key"),
        documents.c.ticket,
        documents.c.kind,
        documents.c.number,
        documents.c.amount,
        documents.c.date,
        documents.c.method,
        documents.c.state,
        documents.c.request_id,
        documents.c.sent_at,
        documents.c.qbo_id,
        documents.c.sync_token,
        tickets.c.location_id,
        tickets.c.ticket_id,
    )
    query = (
        sa.select(*columns)
        .join(tickets, tickets.c.id == documents.c.ticket)
        .where(documents.c.company_id == ledger.company_id, *conditions)
        .order_by(documents.c.id)
    )
    with ledger.read() as connection:
        rows = connection.execute(query).mappings().all()
    return [StandingDocument(**{**row, "state": DocumentState(row["state"])}) for row in rows]
