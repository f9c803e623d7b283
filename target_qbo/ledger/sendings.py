"""Sendings: documents written down before they leave, and again when their answer is in, or known not to come.

The requestid of a request follows from its documents' attempts and contents: an identical sending has the same one,
also after a crash, and a document made again on purpose has another (QuickBooks API notes, Requests and Seen live).
"""

from __future__ import annotations

import datetime as dt
import hashlib
import uuid
from dataclasses import dataclass
from typing import TYPE_CHECKING

import sqlalchemy as sa

from target_qbo.ledger.status import HALF, DocumentState, TicketStatus
from target_qbo.ledger.tables import documents, tickets

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping, Sequence
    from decimal import Decimal
    from typing import Any

    from target_qbo.ledger.database import CompanyLedger

Key = tuple[int, str, str]

# Nothing is executed so long after it was sent: what is missing then can't come any more under its first requestid.
_ATTEMPT_LASTS = dt.timedelta(minutes=10)
_LATEST_DOCUMENTS = 5000


_NAMED = sa.and_(
    documents.c.ticket == sa.bindparam("b_ticket"),
    documents.c.kind == sa.bindparam("b_kind"),
    documents.c.number == sa.bindparam("b_number"),
)
_UNSETTLED = sa.or_(documents.c.state == DocumentState.SENDING, documents.c.state == DocumentState.MISSING)
_LOOKED_UP = (DocumentState.MISSING, DocumentState.ALTERED)
_SENT = sa.and_(_NAMED, documents.c.state == DocumentState.SENDING)

# Made once: putting statements together was a third of the time that posting took.
_SENT_BEFORE = sa.select(documents.c.ticket, documents.c.kind, documents.c.number, documents.c.attempt).where(
    _UNSETTLED, documents.c.ticket.in_(sa.bindparam("b_tickets", expanding=True))
)
_SEND = sa.insert(documents)
_SEND_AGAIN = (
    sa.update(documents)
    .where(_NAMED, _UNSETTLED)
    .values(
        state=DocumentState.SENDING,
        amount=sa.bindparam("b_amount"),
        date=sa.bindparam("b_date"),
        method=sa.bindparam("b_method"),
        attempt=sa.bindparam("b_attempt"),
        request_id=sa.bindparam("b_request_id"),
        sent_at=sa.bindparam("b_now"),
    )
)
_UNTOUCHED = sa.or_(tickets.c.fingerprint.is_(None), tickets.c.fingerprint.startswith(HALF))
_BEGIN_POSTING = (
    sa.update(tickets)
    .where(tickets.c.id == sa.bindparam("b_ticket"))
    .values(
        status=TicketStatus.POSTING,
        code=None,
        reason=None,
        updated_at=sa.bindparam("b_now"),
        fingerprint=sa.case((_UNTOUCHED, sa.bindparam("b_half")), else_=tickets.c.fingerprint),
    )
)
_STANDS = (
    sa.update(documents)
    .where(_SENT)
    .values(
        state=sa.bindparam("b_state"),
        qbo_id=sa.bindparam("b_qbo_id"),
        sync_token=sa.bindparam("b_sync_token"),
        amount=sa.bindparam("b_amount"),
        posted_at=sa.bindparam("b_now"),
    )
)
_FORGET = sa.delete(documents).where(_SENT)
_FINISH = (
    sa.update(tickets)
    .where(tickets.c.id == sa.bindparam("b_ticket"))
    .values(
        status=TicketStatus.POSTED,
        code=None,
        reason=None,
        wait_until=None,
        pending=tickets.c.revision != sa.bindparam("b_revision"),
        fingerprint=sa.bindparam("b_fingerprint"),
        updated_at=sa.bindparam("b_now"),
    )
)


@dataclass(frozen=True, slots=True)
class Sending:
    """A document about to be sent; ``fingerprint`` is that of all that is to stand for its ticket.

    ``digest`` is a hash of the request's content.
    """

    ticket: int
    kind: str
    number: str
    amount: Decimal
    date: dt.date
    method: str | None
    fingerprint: str
    digest: str

    @property
    def key(self) -> Key:
        """What names a document among those that stand or may stand."""
        return (self.ticket, self.kind, self.number)


@dataclass(frozen=True, slots=True)
class Answer:
    """What an answer says of one document that was sent.

    Attributes:
        amount: What QuickBooks made of it.
        pays: False for a payment that stands and is not on its invoice: nothing else may be made before it is voided.
    """

    ticket: int
    kind: str
    number: str
    qbo_id: str
    sync_token: str
    amount: Decimal
    pays: bool = True


@dataclass(frozen=True, slots=True)
class Finished:
    """A ticket, as it was at a revision, all of whose documents stand; their fingerprint."""

    key: int
    revision: int
    fingerprint: str


@dataclass(frozen=True, slots=True)
class SentRequest:
    """A request that left lately, and how many documents it had."""

    sent_at: dt.datetime
    documents: int


def write_sending(ledger: CompanyLedger, sendings: Sequence[Sending], now: dt.datetime) -> str:
    """Write down that these documents leave now, in one request; their tickets become ``posting``.

    A document that was written down before and is not known to stand is the same document, sent again. A ticket of
    which nothing stood keeps the fingerprint of what it is to become, marked as half done.

    Returns:
        The requestid: the same for the same documents in the same attempt.
    """
    with ledger.write() as connection:
        before = connection.execute(_SENT_BEFORE, {"b_tickets": sorted({sending.ticket for sending in sendings})})
        known = {(row.ticket, row.kind, row.number): row.attempt or uuid.uuid4().hex for row in before}
        attempts = {sending.key: known.get(sending.key) or uuid.uuid4().hex for sending in sendings}
        request_id = _request_id((attempts[sending.key], sending.digest) for sending in sendings)
        fresh = [
            {
                "company_id": ledger.company_id,
                "ticket": sending.ticket,
                "kind": sending.kind,
                "number": sending.number,
                "amount": sending.amount,
                "date": sending.date,
                "method": sending.method,
                "state": DocumentState.SENDING,
                "attempt": attempts[sending.key],
                "missed": 0,
                "request_id": request_id,
                "sent_at": now,
            }
            for sending in sendings
            if sending.key not in known
        ]
        if fresh:
            connection.execute(_SEND, fresh)
        again = [
            {
                **_named(*sending.key),
                "b_amount": sending.amount,
                "b_date": sending.date,
                "b_method": sending.method,
                "b_attempt": attempts[sending.key],
                "b_request_id": request_id,
                "b_now": now,
            }
            for sending in sendings
            if sending.key in known
        ]
        if again:
            connection.execute(_SEND_AGAIN, again)
        halves = {sending.ticket: HALF + sending.fingerprint for sending in sendings}
        connection.execute(
            _BEGIN_POSTING, [{"b_ticket": key, "b_half": half, "b_now": now} for key, half in halves.items()]
        )
    return request_id


def write_answers(
    ledger: CompanyLedger,
    posted: Iterable[Answer],
    refused: Iterable[Key],
    finished: Sequence[Finished],
    now: dt.datetime,
) -> None:
    """Write down answers, all together.

    Args:
        ledger: The company's ledger.
        posted: Documents that now stand.
        refused: Ticket, kind and number of documents that were refused: forgotten.
        finished: Tickets all of whose documents stand.
        now: The present moment.
    """
    with ledger.write() as connection:
        rows: list[dict[str, Any]] = [
            {
                **_named(answer.ticket, answer.kind, answer.number),
                "b_state": DocumentState.POSTED if answer.pays else DocumentState.ORPHANED,
                "b_qbo_id": answer.qbo_id,
                "b_sync_token": answer.sync_token,
                "b_amount": answer.amount,
                "b_now": now,
            }
            for answer in posted
        ]
        if rows:
            connection.execute(_STANDS, rows)
        gone = [_named(*one) for one in refused]
        if gone:
            connection.execute(_FORGET, gone)
        if finished:
            connection.execute(
                _FINISH,
                [
                    {
                        "b_ticket": one.key,
                        "b_revision": one.revision,
                        "b_fingerprint": one.fingerprint,
                        "b_now": now,
                    }
                    for one in finished
                ],
            )


def write_unanswered(ledger: CompanyLedger, unanswered: Iterable[Key], now: dt.datetime) -> None:
    """Write down that nobody waits any more for the answers to these: their time to settle begins now."""
    rows = [_named(*one) for one in unanswered]
    if rows:
        with ledger.write() as connection:
            connection.execute(sa.update(documents).where(_SENT).values(sent_at=now), rows)


def write_missing(
    ledger: CompanyLedger, missing: Iterable[Key], now: dt.datetime, taken_out: Collection[Key] = ()
) -> None:
    """Write down that these were looked up and do not stand; those ``taken_out`` did once.

    They may be sent once more under their first requestid, which then is the second line against what might still be
    executing. Where that was tried already, or is long ago, or it was carried out and undone since, the next sending is
    an attempt of its own.
    """
    rows = [{**_named(*one), "b_attempt": uuid.uuid4().hex, "b_made": one in taken_out} for one in missing]
    if not rows:
        return
    made = sa.bindparam("b_made", type_=sa.Boolean)
    over = sa.or_(
        made, documents.c.missed > 0, documents.c.sent_at.is_(None), documents.c.sent_at < now - _ATTEMPT_LASTS
    )
    with ledger.write() as connection:
        connection.execute(
            sa.update(documents)
            .where(_SENT)
            .values(
                state=DocumentState.MISSING,
                attempt=sa.case((over, sa.bindparam("b_attempt")), else_=documents.c.attempt),
                missed=documents.c.missed + 1,
            ),
            rows,
        )


def write_altered(ledger: CompanyLedger, altered: Iterable[Key]) -> None:
    """Write down that these were looked up and stand, but not as they were sent.

    Once they are gone their requestid would bring just them back: the next sending is an attempt of its own.
    """
    rows = [{**_named(*one), "b_attempt": uuid.uuid4().hex} for one in altered]
    if rows:
        with ledger.write() as connection:
            values = {"state": DocumentState.ALTERED, "attempt": sa.bindparam("b_attempt")}
            connection.execute(sa.update(documents).where(_SENT).values(values), rows)


def doubt_unsent(ledger: CompanyLedger) -> None:
    """Have what an earlier run looked up, and could neither take for posted nor send again, looked up once more."""
    waiting = sa.select(tickets.c.id).where(tickets.c.company_id == ledger.company_id, tickets.c.pending)
    with ledger.write() as connection:
        connection.execute(
            sa.update(documents)
            .where(documents.c.ticket.in_(waiting), documents.c.state.in_(_LOOKED_UP))
            .values(state=DocumentState.SENDING, missed=0)
        )


def missing_requests(ledger: CompanyLedger, ticket_keys: Sequence[int]) -> Mapping[Key, str]:
    """Return the requestid under which documents of these tickets left that were looked up and do not stand."""
    with ledger.read() as connection:
        return {
            (row.ticket, row.kind, row.number): row.request_id or ""
            for row in connection.execute(
                sa.select(documents.c.ticket, documents.c.kind, documents.c.number, documents.c.request_id).where(
                    documents.c.ticket.in_(ticket_keys), documents.c.state == DocumentState.MISSING
                )
            )
        }


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


def _named(ticket: int, kind: str, number: str) -> dict[str, Any]:
    return {"b_ticket": ticket, "b_kind": kind, "b_number": number}


def _request_id(parts: Iterable[tuple[str, str]]) -> str:
    text = ";".join(f"{attempt} {digest}" for attempt, digest in parts)
    return hashlib.sha256(text.encode("ascii")).hexdigest()[:32]
