"""Documents: written down before they are sent, and again when their answer is in."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING

import sqlalchemy as sa

from target_qbo.ledger.status import DocumentState, TicketStatus
from target_qbo.ledger.tables import documents, tickets

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Iterable, Sequence
    from decimal import Decimal
    from typing import Any

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


@dataclass(frozen=True, slots=True)
class Sending:
    """A document about to be sent; ``fingerprint`` is that of all that is to stand for its ticket."""

    ticket: int
    kind: str
    number: str
    amount: Decimal
    date: dt.date
    method: str | None
    fingerprint: str


HALF = "~"
REVISING = "revising"


def write_sending(ledger: CompanyLedger, sendings: Sequence[Sending], request_id: str, now: dt.datetime) -> None:
    """Write down that these documents leave now, in one request; their tickets become ``posting``.

    A document that was written down before and is not known to stand is the same document, sent again. A ticket of
    which nothing stood keeps the fingerprint of what it is to become, marked as half done.
    """
    with ledger.write() as connection:
        known = set(
            connection.execute(
                sa.select(documents.c.ticket, documents.c.kind, documents.c.number).where(
                    documents.c.state == DocumentState.SENDING,
                    documents.c.ticket.in_({sending.ticket for sending in sendings}),
                )
            ).all()
        )
        again = [sending for sending in sendings if (sending.ticket, sending.kind, sending.number) in known]
        fresh = [sending for sending in sendings if (sending.ticket, sending.kind, sending.number) not in known]
        if again:
            connection.execute(
                sa.update(documents).where(_SENT).values(request_id=request_id, sent_at=now),
                [_named(sending.ticket, sending.kind, sending.number) for sending in again],
            )
        if fresh:
            connection.execute(
                sa.insert(documents),
                [
                    {
                        "company_id": ledger.company_id,
                        "ticket": sending.ticket,
                        "kind": sending.kind,
                        "number": sending.number,
                        "amount": sending.amount,
                        "date": sending.date,
                        "method": sending.method,
                        "state": DocumentState.SENDING,
                        "request_id": request_id,
                        "sent_at": now,
                    }
                    for sending in fresh
                ],
            )
        untouched = sa.or_(tickets.c.fingerprint.is_(None), tickets.c.fingerprint.startswith(HALF))
        connection.execute(
            sa.update(tickets)
            .where(tickets.c.id == sa.bindparam("b_ticket"))
            .values(
                status=TicketStatus.POSTING,
                code=None,
                reason=None,
                updated_at=now,
                fingerprint=sa.case((untouched, sa.bindparam("b_half")), else_=tickets.c.fingerprint),
            ),
            [
                {"b_ticket": key, "b_half": HALF + text}
                for key, text in {s.ticket: s.fingerprint for s in sendings}.items()
            ],
        )


@dataclass(frozen=True, slots=True)
class Answer:
    """What an answer says of one document that was sent; ``amount`` is what QuickBooks made of it."""

    ticket: int
    kind: str
    number: str
    qbo_id: str
    sync_token: str
    amount: Decimal


@dataclass(frozen=True, slots=True)
class Finished:
    """A ticket, as it was at a revision, all of whose documents stand; their fingerprint."""

    key: int
    revision: int
    fingerprint: str


def write_answers(
    ledger: CompanyLedger,
    posted: Iterable[Answer],
    absent: Iterable[tuple[int, str, str]],
    finished: Sequence[Finished],
    now: dt.datetime,
) -> None:
    """Write down answers, all together.

    Args:
        ledger: The company's ledger.
        posted: Documents that now stand.
        absent: Ticket, kind and number of documents that were refused, or are known not to have arrived: forgotten.
        finished: Tickets all of whose documents stand.
        now: The present moment.
    """
    with ledger.write() as connection:
        rows: list[dict[str, Any]] = [
            {
                **_named(answer.ticket, answer.kind, answer.number),
                "b_qbo_id": answer.qbo_id,
                "b_sync_token": answer.sync_token,
                "b_amount": answer.amount,
            }
            for answer in posted
        ]
        if rows:
            connection.execute(
                sa.update(documents)
                .where(_SENT)
                .values(
                    state=DocumentState.POSTED,
                    qbo_id=sa.bindparam("b_qbo_id"),
                    sync_token=sa.bindparam("b_sync_token"),
                    amount=sa.bindparam("b_amount"),
                    posted_at=now,
                ),
                rows,
            )
        gone = [_named(*one) for one in absent]
        if gone:
            connection.execute(sa.delete(documents).where(_SENT), gone)
        if finished:
            connection.execute(
                sa.update(tickets)
                .where(tickets.c.id == sa.bindparam("b_key"))
                .values(
                    status=TicketStatus.POSTED,
                    code=None,
                    reason=None,
                    wait_until=None,
                    pending=tickets.c.revision != sa.bindparam("b_revision"),
                    fingerprint=sa.bindparam("b_fingerprint"),
                    updated_at=now,
                ),
                [{"b_key": one.key, "b_revision": one.revision, "b_fingerprint": one.fingerprint} for one in finished],
            )


def write_unanswered(ledger: CompanyLedger, unanswered: Iterable[tuple[int, str, str]], now: dt.datetime) -> None:
    """Write down that nobody waits any more for the answers to these (ticket, kind, number): their time begins now."""
    rows = [_named(*one) for one in unanswered]
    if rows:
        with ledger.write() as connection:
            connection.execute(sa.update(documents).where(_SENT).values(sent_at=now), rows)


_SENT = sa.and_(
    documents.c.ticket == sa.bindparam("b_ticket"),
    documents.c.kind == sa.bindparam("b_kind"),
    documents.c.number == sa.bindparam("b_number"),
    documents.c.state == DocumentState.SENDING,
)


def _named(ticket: int, kind: str, number: str) -> dict[str, Any]:
    return {"b_ticket": ticket, "b_kind": kind, "b_number": number}


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
    """Write down what stands for a ticket: a fingerprint, nothing, or :data:`REVISING` before it is changed."""
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
    for document in _select(ledger, documents.c.ticket.in_(ticket_keys), documents.c.state != DocumentState.VOIDED):
        found[document.ticket].append(document)
    return found


def of_unknown_fate(ledger: CompanyLedger) -> list[StandingDocument]:
    """Return the documents that were sent and never answered."""
    return _select(ledger, documents.c.state == DocumentState.SENDING)


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
                documents.c.state != DocumentState.VOIDED,
            )
            if connection.execute(standing_one).first() is not None:
                doubled.append(document)
                continue
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
