"""Carrying what happens into the database: documents as they leave, answers, and what becomes of units and tickets.

The only place that changes the state of a document, a unit or a ticket on its way; what the tables of
:mod:`target_qbo.ledger.lifecycle` do not know is refused, and nothing that belongs to it is written.

The requestid of a request follows from its documents' attempts and contents: an identical sending has the same one,
also after a crash, and a document made again on purpose has another (QuickBooks API notes, Requests and Seen live).
"""

from __future__ import annotations

import datetime as dt
import hashlib
import uuid
from collections import defaultdict
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from target_qbo.ledger.lifecycle import (
    TICKETS,
    UNITS,
    DocumentEvent,
    IllegalChangeError,
    TicketEvent,
    UnitEvent,
    sources,
    target,
)
from target_qbo.ledger.status import DocumentState, Stands
from target_qbo.ledger.tables import documents, tickets, units

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from decimal import Decimal

    from sqlalchemy.engine import Connection

    from target_qbo.ledger.database import CompanyLedger
    from target_qbo.ledger.status import TicketStatus

Key = tuple[int, str, str]
"""A document among those of its unit that are not past: the unit's key, kind, number."""

# Nothing is executed so long after it was sent: what is missing then can't come any more under its first requestid.
_ATTEMPT_LASTS = dt.timedelta(minutes=10)
_WITH_FINGERPRINT = (Stands.PART, Stands.WHOLE)


@dataclass(frozen=True, slots=True)
class Sending:
    """A document about to be sent.

    Attributes:
        fingerprint: Of all that is to stand for its unit.
        digest: A hash of what is sent.
        ticket: The ticket's key.
    """

    key: Key
    amount: Decimal
    date: dt.date
    method: str | None
    fingerprint: str | None
    digest: str
    ticket: int


@dataclass(frozen=True, slots=True)
class Answer:
    """What an answer says of one document that was sent.

    Attributes:
        amount: What QuickBooks made of it.
        pays: False for a payment that stands and is not on its invoice: nothing else may be made before it is voided.
    """

    key: Key
    qbo_id: str
    sync_token: str
    amount: Decimal
    pays: bool = True


@dataclass(frozen=True, slots=True)
class AsItStands:
    """A document as QuickBooks has it now, after an update or a look; a method only where it is to be corrected."""

    key: Key
    amount: Decimal
    date: dt.date
    event: DocumentEvent = DocumentEvent.UPDATED
    sync_token: str | None = None
    method: str | None = None


@dataclass(frozen=True, slots=True)
class UnitChange:
    """What happens to what stands of a unit; ``restored`` is what it was before, where that is what happens."""

    unit: int
    event: UnitEvent
    fingerprint: str | None = None
    restored: Stands | None = None


@dataclass(frozen=True, slots=True)
class Settled:
    """What became of a ticket as it was at a revision; it is no longer pending, unless more was received meanwhile.

    A ticket that is ``LEFT`` stays pending; one that is ``RESTORED`` is again what it was before, ``status``.
    """

    ticket: int
    revision: int
    event: TicketEvent
    code: str | None = None
    reason: str | None = None
    wait_until: dt.datetime | None = None
    status: TicketStatus | None = None
    stays_pending: bool = False


@dataclass(slots=True)
class Changes:
    """What is to be written down all together, or not at all.

    Attributes:
        answers: Documents that now stand.
        happened: What else happened to which documents.
        taken_out: Those looked up in vain that did stand once: their next sending is an attempt of its own.
        corrected: Documents that stand otherwise now.
        found_otherwise: Documents that were not sent from here, and stand there otherwise than they are to.
        ended: Units whose change is through, or taken back: what was lifted for it is past.
        units: What happened to units.
        reopened: Units that the next run decides again, unless they were never received.
        failed: Units that alone got no answer in this run.
        settled: What became of tickets.
    """

    answers: list[Answer] = field(default_factory=list)
    happened: defaultdict[DocumentEvent, list[Key]] = field(default_factory=lambda: defaultdict(list))
    taken_out: set[Key] = field(default_factory=set)
    corrected: list[AsItStands] = field(default_factory=list)
    found_otherwise: list[Sending] = field(default_factory=list)
    ended: list[int] = field(default_factory=list)
    units: list[UnitChange] = field(default_factory=list)
    reopened: list[int] = field(default_factory=list)
    failed: list[int] = field(default_factory=list)
    settled: list[Settled] = field(default_factory=list)

    def __len__(self) -> int:
        own = (getattr(self, name) for name in self.__dataclass_fields__ if name not in {"happened", "taken_out"})
        return sum(map(len, own)) + sum(map(len, self.happened.values()))


_NAMED = sa.and_(
    documents.c.unit == sa.bindparam("b_unit"),
    documents.c.kind == sa.bindparam("b_kind"),
    documents.c.number == sa.bindparam("b_number"),
)


def _may(event: DocumentEvent) -> sa.ColumnElement[bool]:
    return sa.or_(*[documents.c.state == state for state in sources(event)])


# Statements are made once: putting them together was a third of the time that posting took.
_SENT_BEFORE = sa.select(documents.c.unit, documents.c.kind, documents.c.number, documents.c.attempt).where(
    documents.c.unit.in_(sa.bindparam("b_units", expanding=True)), _may(DocumentEvent.SENT)
)
_SEND = sa.insert(documents)
_SEND_AGAIN = (
    sa.update(documents)
    .where(_NAMED, _may(DocumentEvent.SENT))
    .values(
        state=target(DocumentEvent.SENT),
        amount=sa.bindparam("b_amount"),
        date=sa.bindparam("b_date"),
        method=sa.bindparam("b_method"),
        attempt=sa.bindparam("b_attempt"),
        request_id=sa.bindparam("b_request_id"),
        sent_at=sa.bindparam("b_now"),
    )
)
_STANDS = (
    sa.update(documents)
    .where(_NAMED, _may(DocumentEvent.STANDS))
    .values(
        state=sa.bindparam("b_state"),
        qbo_id=sa.bindparam("b_qbo_id"),
        sync_token=sa.bindparam("b_sync_token"),
        amount=sa.bindparam("b_amount"),
        posted_at=sa.bindparam("b_now"),
    )
)
_SETTLE = (
    sa.update(tickets)
    .where(tickets.c.id == sa.bindparam("b_ticket"))
    .values(
        status=sa.bindparam("b_status"),
        code=sa.bindparam("b_code"),
        reason=sa.bindparam("b_reason"),
        wait_until=sa.bindparam("b_wait_until"),
        pending=sa.or_(sa.bindparam("b_stays", type_=sa.Boolean), tickets.c.revision != sa.bindparam("b_revision")),
        updated_at=sa.bindparam("b_now"),
    )
)
_BEGIN_POSTING = (
    sa.update(tickets)
    .where(tickets.c.id == sa.bindparam("b_ticket"))
    .values(status=TICKETS[TicketEvent.SENT], code=None, reason=None, updated_at=sa.bindparam("b_now"))
)


def _unit_statement(event: UnitEvent) -> sa.Update:
    """Return what an event makes of a unit: only what is part of its documents, or whole, has a fingerprint."""
    if event is UnitEvent.RESTORED:
        stands: Any = sa.bindparam("b_restored")
    else:
        stands = sa.case(
            *[(units.c.stands == before, after.value) for before, after in UNITS[event].items()], else_=units.c.stands
        )
    known = sa.func.coalesce(sa.bindparam("b_fingerprint", type_=sa.String), units.c.fingerprint)
    told = sa.case((sa.or_(*[stands == one.value for one in _WITH_FINGERPRINT]), known), else_=None)
    values: dict[str, Any] = {"stands": stands, "fingerprint": told}
    if event in {UnitEvent.FINISHED, UnitEvent.EMPTIED}:
        values["failures"] = 0
    return sa.update(units).where(units.c.id == sa.bindparam("b_unit")).values(values)


_UNIT_EVENTS = {event: _unit_statement(event) for event in UnitEvent}


def send(ledger: CompanyLedger, sendings: Sequence[Sending], now: dt.datetime) -> str:
    """Write down that these documents leave now, in one request; their tickets become ``posting``.

    A document that was written down before and is not known to stand is the same document, sent again.

    Returns:
        The requestid: the same for the same documents in the same attempt.
    """
    with ledger.write() as connection:
        before = connection.execute(_SENT_BEFORE, {"b_units": sorted({sending.key[0] for sending in sendings})})
        known = {(row.unit, row.kind, row.number): row.attempt or uuid.uuid4().hex for row in before}
        attempts = {sending.key: known.get(sending.key) or uuid.uuid4().hex for sending in sendings}
        request_id = _request_id((attempts[sending.key], sending.digest) for sending in sendings)
        fresh = [
            _row(ledger, sending, now) | {"attempt": attempts[sending.key], "request_id": request_id}
            for sending in sendings
            if sending.key not in known
        ]
        if fresh:
            connection.execute(_SEND, fresh)
        again = [
            {
                **_named(sending.key),
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
        posted = {sending.key[0]: sending.fingerprint for sending in sendings}
        _units(connection, [UnitChange(unit, UnitEvent.SENT, mark) for unit, mark in posted.items()])
        begun = {sending.ticket for sending in sendings}
        connection.execute(_BEGIN_POSTING, [{"b_ticket": ticket, "b_now": now} for ticket in sorted(begun)])
    return request_id


def write(ledger: CompanyLedger, changes: Changes, now: dt.datetime) -> None:
    """Write changes down, all together.

    Raises:
        IllegalChangeError: Something happened to a document that can't, in its state; nothing is written.
    """
    if not changes:
        return
    with ledger.write() as connection:
        _answers(connection, changes.answers, now)
        for event, keys in changes.happened.items():
            _happen(connection, event, keys, changes.taken_out, now)
        for one in changes.corrected:
            _correct(connection, one)
        if changes.found_otherwise:
            rows = [_row(ledger, one, now) for one in changes.found_otherwise]
            connection.execute(_SEND, [row | {"state": target(DocumentEvent.DIFFERS)} for row in rows])
        if changes.ended:
            ended = sa.update(documents).where(documents.c.unit.in_(changes.ended), _may(DocumentEvent.CHANGE_ENDED))
            connection.execute(ended.values(state=target(DocumentEvent.CHANGE_ENDED)))
        _units(connection, changes.units)
        if changes.reopened:
            again = sa.update(tickets).where(tickets.c.unit.in_(changes.reopened), tickets.c.content != "")
            connection.execute(again.values(pending=True))
        if changes.failed:
            count = sa.update(units).where(units.c.id.in_(changes.failed)).values(failures=units.c.failures + 1)
            connection.execute(count)
        _settle(connection, changes.settled, now)


def unanswered(ledger: CompanyLedger, keys: Iterable[Key], answered: Iterable[Key], now: dt.datetime) -> None:
    """Write down that nobody waits any more for the answers to these: their time to settle begins now.

    Those that were ``answered``, with an error which says nothing of them, are not executing any more; their requestid
    would bring just that error back, so that their next sending is an attempt of its own.
    """
    sent = sa.update(documents).where(_NAMED, documents.c.state == DocumentState.SENDING)
    lost, failed = [_named(one) for one in keys], [_named(one) for one in answered]
    if lost or failed:
        with ledger.write() as connection:
            if lost:
                connection.execute(sent.values(sent_at=now), lost)
            if failed:
                connection.execute(sent.values(sent_at=now, attempt=None), failed)


def doubt(ledger: CompanyLedger) -> None:
    """Have what an earlier run sent, and does not know to stand, looked up before it is sent again."""
    waiting = sa.select(tickets.c.unit).where(tickets.c.company_id == ledger.company_id, tickets.c.pending)
    with ledger.write() as connection:
        connection.execute(
            sa.update(documents)
            .where(documents.c.unit.in_(waiting), _may(DocumentEvent.DOUBTED))
            .values(state=target(DocumentEvent.DOUBTED), missed=0)
        )


def _answers(connection: Connection, answers: Sequence[Answer], now: dt.datetime) -> None:
    rows = [
        {
            **_named(answer.key),
            "b_state": target(DocumentEvent.STANDS if answer.pays else DocumentEvent.STRAYS),
            "b_qbo_id": answer.qbo_id,
            "b_sync_token": answer.sync_token,
            "b_amount": answer.amount,
            "b_now": now,
        }
        for answer in answers
    ]
    if rows:
        _all_of(connection.execute(_STANDS, rows), rows, DocumentEvent.STANDS)


def _happen(
    connection: Connection, event: DocumentEvent, keys: Sequence[Key], taken_out: set[Key], now: dt.datetime
) -> None:
    if not keys:
        return
    rows: list[dict[str, Any]] = [_named(key) for key in keys]
    found = sa.and_(_NAMED, _may(event))
    if target(event) is None:
        _all_of(connection.execute(sa.delete(documents).where(found), rows), rows, event)
        return
    values: dict[str, Any] = {"state": target(event)}
    if event is DocumentEvent.REFUSED:
        values["attempt"] = None  # its requestid would bring just that refusal back
    elif event is DocumentEvent.DIFFERS:
        values["attempt"] = sa.bindparam("b_attempt")  # once it is gone its requestid would bring just that one back
    elif event is DocumentEvent.NOT_THERE:
        # It may be sent once more under its first requestid, which then is the second line against what might still be
        # executing. Where that was tried already, or is long ago, or it was carried out and undone since, it gets a new
        # one.
        made = sa.bindparam("b_made", type_=sa.Boolean)
        late = documents.c.sent_at < now - _ATTEMPT_LASTS
        over = sa.or_(made, documents.c.missed > 0, documents.c.sent_at.is_(None), late)
        values["attempt"] = sa.case((over, sa.bindparam("b_attempt")), else_=documents.c.attempt)
        values["missed"] = documents.c.missed + 1
        for row, key in zip(rows, keys, strict=True):
            row["b_made"] = key in taken_out
    if event in {DocumentEvent.DIFFERS, DocumentEvent.NOT_THERE}:
        for row in rows:
            row["b_attempt"] = uuid.uuid4().hex
    _all_of(connection.execute(sa.update(documents).where(found).values(values), rows), rows, event)


def _correct(connection: Connection, one: AsItStands) -> None:
    values: dict[str, Any] = {"amount": one.amount, "date": one.date}
    values |= {"sync_token": one.sync_token} if one.sync_token is not None else {}
    values |= {"method": one.method} if one.event is DocumentEvent.SEEN_OTHERWISE else {}
    row = _named(one.key)
    _all_of(
        connection.execute(sa.update(documents).where(_NAMED, _may(one.event)).values(values), row), [row], one.event
    )


def _units(connection: Connection, changed: Sequence[UnitChange]) -> None:
    rows: dict[UnitEvent, list[dict[str, Any]]] = defaultdict(list)
    for one in changed:
        row = {"b_unit": one.unit, "b_fingerprint": one.fingerprint}
        rows[one.event].append(row | ({"b_restored": one.restored} if one.event is UnitEvent.RESTORED else {}))
    for event, some in rows.items():
        connection.execute(_UNIT_EVENTS[event], some)


def _settle(connection: Connection, settled: Sequence[Settled], now: dt.datetime) -> None:
    if settled:
        connection.execute(
            _SETTLE,
            [
                {
                    "b_ticket": one.ticket,
                    "b_revision": one.revision,
                    "b_status": one.status or TICKETS[one.event],
                    "b_code": one.code,
                    "b_reason": one.reason,
                    "b_wait_until": one.wait_until,
                    "b_stays": one.stays_pending or one.event is TicketEvent.LEFT,
                    "b_now": now,
                }
                for one in settled
            ],
        )


def _all_of(result: sa.CursorResult[Any], rows: Sequence[object], event: DocumentEvent) -> None:
    if result.rowcount != len(rows):
        raise IllegalChangeError(f"{event}: true of {result.rowcount} documents only, of {len(rows)}: {rows}")


def _row(ledger: CompanyLedger, sending: Sending, now: dt.datetime) -> dict[str, Any]:
    unit, kind, number = sending.key
    return {
        "company_id": ledger.company_id,
        "unit": unit,
        "kind": kind,
        "number": number,
        "amount": sending.amount,
        "date": sending.date,
        "method": sending.method,
        "state": target(DocumentEvent.SENT),
        "missed": 0,
        "sent_at": now,
    }


def _named(key: Key) -> dict[str, Any]:
    return {"b_unit": key[0], "b_kind": key[1], "b_number": key[2]}


def _request_id(parts: Iterable[tuple[str, str]]) -> str:
    text = ";".join(f"{attempt} {digest}" for attempt, digest in parts)
    return hashlib.sha256(text.encode("ascii")).hexdigest()[:32]
