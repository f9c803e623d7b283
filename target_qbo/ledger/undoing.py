"""Undoing: which tickets a period or a run has in QuickBooks, and what became of them; and taking that back again."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import TYPE_CHECKING

import sqlalchemy as sa

from target_qbo.ledger import content
from target_qbo.ledger.documents import STANDING
from target_qbo.ledger.rebuilding import FOUND_VOIDED
from target_qbo.ledger.status import UNDOING, DocumentState, TicketStatus
from target_qbo.ledger.tables import documents, tickets

if TYPE_CHECKING:
    from collections.abc import Sequence
    from decimal import Decimal

    from target_qbo.ledger.database import CompanyLedger

_A_READ = 500


@dataclass(frozen=True, slots=True)
class Choice:
    """Whose documents to undo; every field given narrows it.

    Attributes:
        first: First date of the documents.
        last: Last date of the documents, included.
        location_id: Franpos location.
        sent_from: The documents left for QuickBooks at this moment or later.
        sent_before: They left before it.
    """

    first: dt.date | None = None
    last: dt.date | None = None
    location_id: str | None = None
    sent_from: dt.datetime | None = None
    sent_before: dt.datetime | None = None


@dataclass(frozen=True, slots=True)
class UndoneTicket:
    """A ticket as it was before it was undone: what names it, and what to go back to where nothing was done."""

    key: int
    revision: int
    location_id: str
    ticket_id: str
    number: str | None
    business_date: dt.date
    total: Decimal
    status: TicketStatus
    code: str | None
    reason: str | None
    pending: bool
    fingerprint: str | None


@dataclass(frozen=True, slots=True)
class Figures:
    """What a choice has in QuickBooks: tickets, and by kind of document how many and what they come to."""

    tickets: int
    documents: dict[str, tuple[int, Decimal]]


def figures(ledger: CompanyLedger, choice: Choice) -> Figures:
    """Count what a choice has in QuickBooks, as far as the ledger knows."""
    chosen = _chosen(ledger, choice)
    query = (
        sa.select(documents.c.kind, sa.func.count(), sa.func.sum(documents.c.amount))
        .where(documents.c.ticket.in_(chosen), documents.c.state.in_(STANDING))
        .group_by(documents.c.kind)
        .order_by(documents.c.kind)
    )
    with ledger.read() as connection:
        number: int = connection.execute(sa.select(sa.func.count()).select_from(chosen.subquery())).scalar_one()
        rows = connection.execute(query).all()
    return Figures(number, {kind: (count, amount) for kind, count, amount in rows})


def chosen_keys(ledger: CompanyLedger, choice: Choice) -> list[int]:
    """Return the keys of the tickets that a choice has in QuickBooks."""
    with ledger.read() as connection:
        return [row.ticket for row in connection.execute(_chosen(ledger, choice).order_by(documents.c.ticket))]


def read(ledger: CompanyLedger, keys: Sequence[int]) -> list[UndoneTicket]:
    """Return tickets as they are now."""
    query = sa.select(tickets).where(tickets.c.id.in_(keys)).order_by(tickets.c.id)
    with ledger.read() as connection:
        return [
            UndoneTicket(
                row.id,
                row.revision,
                row.location_id,
                row.ticket_id,
                row.number,
                row.business_date,
                row.total,
                TicketStatus(row.status),
                row.code,
                row.reason,
                row.pending,
                row.fingerprint,
            )
            for row in connection.execute(query)
        ]


def begin(ledger: CompanyLedger, keys: Sequence[int], now: dt.datetime) -> None:
    """Forget, before anything of these tickets is touched, that they stand as a whole.

    Where the undoing dies on the way, the next run makes them whole again.
    """
    with ledger.write() as connection:
        connection.execute(
            sa.update(tickets)
            .where(tickets.c.id.in_(keys))
            .values(
                fingerprint=UNDOING,
                pending=True,
                status=TicketStatus.POSTING,
                code=None,
                reason=f"undoing it began on {_told(now)} and was cut short: the next run posts it anew, as a whole",
                updated_at=now,
            )
        )


def restore(ledger: CompanyLedger, untouched: Sequence[UndoneTicket], now: dt.datetime) -> None:
    """Let tickets be what they were: QuickBooks refused the first step, so nothing was done."""
    if not untouched:
        return
    with ledger.write() as connection:
        connection.execute(
            sa.update(tickets)
            .where(tickets.c.id == sa.bindparam("b_key"))
            .values(
                fingerprint=sa.bindparam("b_fingerprint"),
                pending=sa.or_(
                    sa.bindparam("b_pending", type_=sa.Boolean), tickets.c.revision != sa.bindparam("b_rev")
                ),
                status=sa.bindparam("b_status"),
                code=sa.bindparam("b_code"),
                reason=sa.bindparam("b_reason"),
                updated_at=now,
            ),
            [
                {
                    "b_key": one.key,
                    "b_rev": one.revision,
                    "b_fingerprint": one.fingerprint,
                    "b_pending": one.pending,
                    "b_status": one.status,
                    "b_code": one.code,
                    "b_reason": one.reason,
                }
                for one in untouched
            ],
        )


def finish(ledger: CompanyLedger, undone: Sequence[UndoneTicket], gone: Sequence[int], now: dt.datetime) -> None:
    """Write down, all together, that documents are gone and tickets undone.

    A ticket stays so until its content changes or a person asks for it; what was received meanwhile is looked at.

    Args:
        ledger: The company's ledger.
        undone: Tickets of which nothing stands any more.
        gone: Keys of the documents that were taken back.
        now: The present moment.
    """
    with ledger.write() as connection:
        if gone:
            connection.execute(sa.update(documents).where(documents.c.id.in_(gone)).values(state=DocumentState.VOIDED))
        if undone:
            connection.execute(
                sa.update(tickets)
                .where(tickets.c.id == sa.bindparam("b_key"))
                .values(
                    fingerprint=None,
                    status=TicketStatus.UNDONE,
                    # Its record may come from the till for the first time, and must not count as a change.
                    code=sa.case((tickets.c.content == "", FOUND_VOIDED), else_=sa.null()),
                    reason=f"undone on {_told(now)}",
                    pending=tickets.c.revision != sa.bindparam("b_revision"),
                    wait_until=None,
                    updated_at=now,
                ),
                [{"b_key": one.key, "b_revision": one.revision} for one in undone],
            )


def decide_again(
    ledger: CompanyLedger, *, start: dt.datetime, end: dt.datetime | None, locations: Sequence[str], now: dt.datetime
) -> int:
    """Mark the undone and skipped tickets that were rung up in a period: a person asked for them.

    Args:
        ledger: The company's ledger.
        start: First moment; without a zone it is the clock of each ticket's location.
        end: The moment at which it ends, exclusive, likewise; None: no end.
        locations: Franpos locations; none: all.
        now: The present moment.

    Returns:
        How many were marked.
    """
    marked = [row.id for row in _rung_up(ledger, start, end, locations, (TicketStatus.UNDONE, TicketStatus.SKIPPED))]
    was_undone = tickets.c.status == TicketStatus.UNDONE
    for place in range(0, len(marked), _A_READ):
        with ledger.write() as connection:
            connection.execute(
                sa.update(tickets)
                .where(tickets.c.id.in_(marked[place : place + _A_READ]))
                .values(
                    pending=True,
                    status=sa.case((was_undone, TicketStatus.RECEIVED.value), else_=tickets.c.status),
                    code=sa.case((was_undone, sa.null()), else_=tickets.c.code),
                    reason=sa.case((was_undone, sa.null()), else_=tickets.c.reason),
                    updated_at=now,
                )
            )
    return len(marked)


def unposted(
    ledger: CompanyLedger, *, start: dt.datetime, end: dt.datetime | None, locations: Sequence[str]
) -> list[sa.Row[tuple[object, ...]]]:
    """Return the tickets rung up in a period, as of :func:`decide_again`, that are skipped, wait or stay half done."""
    statuses = (TicketStatus.SKIPPED, TicketStatus.WAITING, TicketStatus.POSTING)
    return _rung_up(ledger, start, end, locations, statuses)


def _rung_up(
    ledger: CompanyLedger,
    start: dt.datetime,
    end: dt.datetime | None,
    locations: Sequence[str],
    statuses: Sequence[TicketStatus],
) -> list[sa.Row[tuple[object, ...]]]:
    day = dt.timedelta(days=1)
    query = sa.select(tickets).where(
        tickets.c.company_id == ledger.company_id,
        tickets.c.status.in_(statuses),
        tickets.c.business_date >= start.date() - day,
        tickets.c.content != "",  # found in QuickBooks, never received
    )
    if end is not None:
        query = query.where(tickets.c.business_date <= end.date() + day)
    if locations:
        query = query.where(tickets.c.location_id.in_(locations))
    found = []
    with ledger.read() as connection:
        for row in connection.execution_options(yield_per=_A_READ).execute(query):
            at = _created_at(row)
            if _compared(at, start) >= start and (end is None or _compared(at, end) < end):
                found.append(row)
    return sorted(found, key=lambda row: (row.business_date, row.location_id, row.id))


def _created_at(row: sa.Row[tuple[object, ...]]) -> dt.datetime:
    """Return when a ticket was rung up; noon of its business day where its record tells no time that there is."""
    try:
        return dt.datetime.fromisoformat(content.decode(row.content)["created_at"])
    except ValueError:
        return dt.datetime.combine(row.business_date, dt.time(12), dt.UTC)


def _compared(moment: dt.datetime, bound: dt.datetime) -> dt.datetime:
    return moment.replace(tzinfo=None) if bound.tzinfo is None else moment


def _chosen(ledger: CompanyLedger, choice: Choice) -> sa.Select[tuple[int]]:
    query = (
        sa.select(documents.c.ticket)
        .join(tickets, tickets.c.id == documents.c.ticket)
        .where(documents.c.company_id == ledger.company_id)
        .where(sa.or_(documents.c.state.in_(STANDING), tickets.c.fingerprint == UNDOING))
        .distinct()
    )
    if choice.first is not None:
        query = query.where(documents.c.date >= choice.first)
    if choice.last is not None:
        query = query.where(documents.c.date <= choice.last)
    if choice.location_id is not None:
        query = query.where(tickets.c.location_id == choice.location_id)
    if choice.sent_from is not None:
        query = query.where(documents.c.sent_at >= choice.sent_from)
    if choice.sent_before is not None:
        query = query.where(documents.c.sent_at < choice.sent_before)
    return query


def _told(now: dt.datetime) -> str:
    return f"{now.astimezone(dt.UTC):%Y-%m-%d %H:%M} UTC"
