"""Carrying what happens into the database: documents as they leave, answers, and what becomes of units and tickets.

The only place that changes the state of a document, a unit or a ticket on its way; what the tables of
:mod:`target_qbo.ledger.lifecycle` do not know is refused, and nothing that belongs to it is written.

The requestid of a request follows from its documents' attempts and contents: an identical sending has the same one,
also after a crash, and a document made again on purpose has another (QuickBooks API notes, Requests and Seen live).
"""

from __future__ import annotations

import hashlib
import uuid
from collections import defaultdict
from dataclasses import dataclass, field
from functools import cache
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from target_qbo.ledger.lifecycle import (
    DOCUMENTS,
    TICKETS,
    UNITS,
    DocumentEvent,
    IllegalChangeError,
    TicketEvent,
    UnitEvent,
    sources,
    target,
)
from target_qbo.ledger.status import PAST, Stands
from target_qbo.ledger.tables import documents, tickets, units

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Iterable, Mapping, Sequence
    from decimal import Decimal

    from sqlalchemy.engine import Connection

    from target_qbo.ledger.database import CompanyLedger
    from target_qbo.ledger.status import TicketStatus

Key = tuple[int, str, str]
"""A document among those of its unit that are not past: the unit's key, kind, number."""

_KEY = ("unit", "kind", "number")
_WITH_FINGERPRINT = (Stands.PART, Stands.WHOLE)


@dataclass(frozen=True, slots=True)
class Sending:
    """A document about to be sent.

    Attributes:
        fingerprint: Of all that is to stand for its unit.
        digest: A hash of what is sent.
    """

    key: Key
    amount: Decimal
    date: dt.date
    method: str | None
    fingerprint: str | None
    digest: str


@dataclass(frozen=True, slots=True)
class DocumentChange:
    """What happens to a document; ``values`` are the columns that it tells anew."""

    key: Key
    event: DocumentEvent
    values: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class UnitChange:
    """What happens to what stands of a unit; ``restored`` is what it was before, where that is what happens."""

    unit: int
    event: UnitEvent
    fingerprint: str | None = None
    restored: Stands | None = None


@dataclass(frozen=True, slots=True)
class Settled:
    """What became of a ticket as it was at a revision: where more was received since, it is pending all the same."""

    ticket: int
    revision: int
    status: TicketStatus
    code: str | None
    reason: str | None
    wait_until: dt.datetime | None
    pending: bool


@dataclass(slots=True)
class Changes:
    """What is to be written down all together, or not at all.

    Attributes:
        documents: What happens to documents, in the order in which it does.
        ended: Units whose change is through, or taken back: what was lifted for it is past.
        units: What happens to units.
        reopened: Units that the next run decides again, unless they were never received.
        failed: Units that alone got no answer in this run.
        settled: What becomes of tickets.
    """

    documents: list[DocumentChange] = field(default_factory=list)
    ended: list[int] = field(default_factory=list)
    units: list[UnitChange] = field(default_factory=list)
    reopened: list[int] = field(default_factory=list)
    failed: list[int] = field(default_factory=list)
    settled: list[Settled] = field(default_factory=list)

    def happens(self, event: DocumentEvent, key: Key, **values: object) -> None:
        """Add what happens to a document."""
        self.documents.append(DocumentChange(key, event, values))

    def add(self, more: Changes) -> None:
        """Add what else is to be written down."""
        for name in self.__dataclass_fields__:
            getattr(self, name).extend(getattr(more, name))

    def __len__(self) -> int:
        return sum(len(getattr(self, name)) for name in self.__dataclass_fields__)


_NAMED = sa.and_(*[documents.c[name] == sa.bindparam(f"b_{name}") for name in _KEY])
_ALSO: Mapping[DocumentEvent, Mapping[str, Any]] = {
    # With another attempt its requestid is another one: the same would bring just that refusal, fault or document back.
    DocumentEvent.REFUSED: {"attempt": None},
    DocumentEvent.FAILED: {"attempt": None},
    DocumentEvent.DIFFERS: {"attempt": None},
    DocumentEvent.NOT_THERE: {"missed": documents.c.missed + 1},
    DocumentEvent.OVER: {"missed": documents.c.missed + 1, "attempt": None},
}
"""What an event makes of a document beyond its state and what is told with it."""
_STAMPS: Mapping[DocumentEvent, str] = {
    **dict.fromkeys((DocumentEvent.SENT, DocumentEvent.UNANSWERED, DocumentEvent.FAILED), "sent_at"),
    **dict.fromkeys((DocumentEvent.STANDS, DocumentEvent.STRAYS), "posted_at"),
    **dict.fromkeys((DocumentEvent.FOUND, DocumentEvent.FOUND_VOIDED), "posted_at"),
}
"""Which column has the moment of an event: what was not answered has its time to settle from then on."""
_INSERT = sa.insert(documents)
_KNOWN = sa.select(*[documents.c[name] for name in _KEY], documents.c.attempt).where(
    documents.c.unit.in_(sa.bindparam("b_units", expanding=True)), documents.c.state.not_in(PAST)
)


def _may(event: DocumentEvent) -> sa.ColumnElement[bool]:
    return sa.or_(*[documents.c.state == state for state in sources(event)])


@cache  # putting statements together was a third of the time that posting took
def _statement(event: DocumentEvent, names: tuple[str, ...]) -> sa.Update | sa.Delete:
    """Return what carries an event out, for a document that is named, with the values of these columns."""
    told = {name: sa.bindparam(f"b_{name}") for name in names} | dict(_ALSO.get(event, {}))
    stays = all(before is after for before, after in DOCUMENTS[event].items())
    if not stays and target(event) is None:
        return sa.delete(documents).where(_NAMED, _may(event))
    became = {} if stays else {"state": target(event)}
    return sa.update(documents).where(_NAMED, _may(event)).values(told | became)


_SETTLE = (
    sa.update(tickets)
    .where(tickets.c.id == sa.bindparam("b_ticket"))
    .values(
        status=sa.bindparam("b_status"),
        code=sa.bindparam("b_code"),
        reason=sa.bindparam("b_reason"),
        wait_until=sa.bindparam("b_wait_until"),
        pending=sa.or_(sa.bindparam("b_pending", type_=sa.Boolean), tickets.c.revision != sa.bindparam("b_revision")),
        updated_at=sa.bindparam("b_now"),
    )
)
_BEGIN_POSTING = (
    sa.update(tickets)
    .where(tickets.c.unit == sa.bindparam("b_unit"))
    .values(status=TICKETS[TicketEvent.SENT], code=None, reason=None, updated_at=sa.bindparam("b_now"))
)


@cache
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


def send(ledger: CompanyLedger, sendings: Sequence[Sending], now: dt.datetime) -> str:
    """Write down that these documents leave now, in one request; their tickets become ``posting``.

    A document that was written down before and is not known to stand is the same document, sent again.

    Returns:
        The requestid: the same for the same documents in the same attempt.
    """
    with ledger.write() as connection:
        known = _known(connection, {sending.key[0] for sending in sendings})
        attempts = {sending.key: known.get(sending.key) or uuid.uuid4().hex for sending in sendings}
        request_id = _request_id((attempts[sending.key], sending.digest) for sending in sendings)
        sent = Changes()
        for one in sendings:
            told = {"amount": one.amount, "date": one.date, "method": one.method}
            sent.happens(DocumentEvent.SENT, one.key, attempt=attempts[one.key], request_id=request_id, **told)
        _documents(connection, ledger, sent.documents, known, now)
        posted = {sending.key[0]: sending.fingerprint for sending in sendings}
        _units(connection, [UnitChange(unit, UnitEvent.SENT, mark) for unit, mark in posted.items()])
        connection.execute(_BEGIN_POSTING, [{"b_unit": unit, "b_now": now} for unit in sorted(posted)])
    return request_id


def write(ledger: CompanyLedger, changes: Changes, now: dt.datetime) -> None:
    """Write changes down, all together.

    Raises:
        IllegalChangeError: Something happened to a document that can't, in its state; nothing is written.
    """
    if changes:
        with ledger.write() as connection:
            carry(connection, ledger, changes, now)


def carry(connection: Connection, ledger: CompanyLedger, changes: Changes, now: dt.datetime) -> None:
    """Write changes down as part of what else is written; see :func:`write`."""
    appear = {one.key[0] for one in changes.documents if None in DOCUMENTS[one.event]}
    _documents(connection, ledger, changes.documents, _known(connection, appear), now)
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


def doubt(ledger: CompanyLedger) -> None:
    """Have what an earlier run sent, and does not know to stand, looked up before it is sent again."""
    waiting = sa.select(tickets.c.unit).where(tickets.c.company_id == ledger.company_id, tickets.c.pending)
    with ledger.write() as connection:
        connection.execute(
            sa.update(documents)
            .where(documents.c.unit.in_(waiting), _may(DocumentEvent.DOUBTED))
            .values(state=target(DocumentEvent.DOUBTED), missed=0)
        )


def _known(connection: Connection, unit_keys: Iterable[int]) -> dict[Key, str | None]:
    """Return the documents of units that are not past, and the attempt of each."""
    due = sorted(unit_keys)
    found = connection.execute(_KNOWN, {"b_units": due}) if due else ()
    return {(row.unit, row.kind, row.number): row.attempt for row in found}


def _documents(
    connection: Connection,
    ledger: CompanyLedger,
    changes: Iterable[DocumentChange],
    known: Mapping[Key, object],
    now: dt.datetime,
) -> None:
    """Carry out what happens to documents: those that are not ``known`` appear, where that may happen."""
    alike: dict[tuple[DocumentEvent, tuple[str, ...], bool], list[DocumentChange]] = defaultdict(list)
    for one in changes:
        appears = None in DOCUMENTS[one.event] and one.key not in known
        alike[one.event, tuple(one.values), appears].append(one)
    for (event, names, appears), some in alike.items():
        stamp = {_STAMPS[event]: now} if event in _STAMPS else {}
        rows = [dict(zip(_KEY, one.key, strict=True)) | dict(one.values) | stamp for one in some]
        if appears:
            fixed = {"company_id": ledger.company_id, "state": DOCUMENTS[event][None], "missed": 0}
            connection.execute(_INSERT, [row | fixed for row in rows])
            continue
        bound = [{f"b_{name}": value for name, value in row.items()} for row in rows]
        done = connection.execute(_statement(event, (*names, *stamp)), bound).rowcount
        if done != len(some):
            raise IllegalChangeError(f"{event}: true of {done} documents only, of {len(some)}: {bound}")


def _units(connection: Connection, changed: Sequence[UnitChange]) -> None:
    rows: dict[UnitEvent, list[dict[str, Any]]] = defaultdict(list)
    for one in changed:
        row = {"b_unit": one.unit, "b_fingerprint": one.fingerprint}
        rows[one.event].append(row | ({"b_restored": one.restored} if one.event is UnitEvent.RESTORED else {}))
    for event, some in rows.items():
        connection.execute(_unit_statement(event), some)


def _settle(connection: Connection, settled: Sequence[Settled], now: dt.datetime) -> None:
    if settled:
        connection.execute(
            _SETTLE,
            [
                {
                    "b_ticket": one.ticket,
                    "b_revision": one.revision,
                    "b_status": one.status,
                    "b_code": one.code,
                    "b_reason": one.reason,
                    "b_wait_until": one.wait_until,
                    "b_pending": one.pending,
                    "b_now": now,
                }
                for one in settled
            ],
        )


def _request_id(parts: Iterable[tuple[str, str]]) -> str:
    text = ";".join(f"{attempt} {digest}" for attempt, digest in parts)
    return hashlib.sha256(text.encode("ascii")).hexdigest()[:32]
