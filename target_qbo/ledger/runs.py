"""Runs: when posting (or taking back) began and ended, and what came of it."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from target_qbo.ledger import content
from target_qbo.ledger.tables import runs

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from target_qbo.ledger.database import CompanyLedger

UNDO = "undo"
POST = "post"
NIGHT = "night"
DONE = "done"
STOPPED = "stopped"
_LOOKED_THROUGH = 300
_AT_ONCE = 20


@dataclass(frozen=True, slots=True)
class Run:
    """A run as people look it up.

    Attributes:
        number: Names it.
        kind: ``post``, ``night`` (one that the page began by its schedule) or ``undo``.
        started_at: When it began.
        finished_at: When it ended; None: it goes on, or was killed.
        until: When it was over for sure: its end, or the beginning of the run after it; None: it may go on.
        outcome: ``done`` or ``stopped``; None as for ``finished_at``.
        summary: Its figures, amounts as texts; empty where it has not ended.
    """

    number: int
    kind: str
    started_at: dt.datetime
    finished_at: dt.datetime | None
    until: dt.datetime | None
    outcome: str | None
    summary: Mapping[str, Any]


def begin(ledger: CompanyLedger, now: dt.datetime, kind: str = POST) -> int:
    """Enter a run; returns its number."""
    summary = None if kind == POST else content.encode({"kind": kind})
    with ledger.write() as connection:
        statement = sa.insert(runs).values(company_id=ledger.company_id, started_at=now, summary=summary)
        number: int = connection.execute(statement.returning(runs.c.id)).scalar_one()
    return number


def end(ledger: CompanyLedger, number: int, outcome: str, summary: Mapping[str, Any], now: dt.datetime) -> None:
    """Enter how a run ended: ``done`` or ``stopped``, with its figures."""
    with ledger.write() as connection:
        connection.execute(
            sa.update(runs)
            .where(runs.c.id == number)
            .values(finished_at=now, outcome=outcome, summary=content.encode(summary))
        )


def summaries(ledger: CompanyLedger, since: dt.datetime | None = None) -> Iterator[Mapping[str, Any]]:
    """Yield the figures of every run that ended, the oldest first; amounts are texts.

    Args:
        ledger: The company's ledger.
        since: Only runs that began then or later; None: all.
    """
    query = sa.select(runs.c.summary).where(runs.c.company_id == ledger.company_id, runs.c.finished_at.is_not(None))
    if since is not None:
        query = query.where(runs.c.started_at >= since)
    with ledger.read() as connection:
        for text in connection.execute(query.order_by(runs.c.id)).scalars():
            yield content.decode(text)


def latest(ledger: CompanyLedger, limit: int) -> list[Run]:
    """Return the latest runs, the newest first."""
    return _select(ledger, limit=limit)


def latest_synced(ledger: CompanyLedger) -> dt.datetime | None:
    """Return when the latest run began that came to its end after the till was asked; None: there was none lately."""
    return next((run.started_at for run in _synced(ledger)), None)


def any_bookmarked(ledger: CompanyLedger) -> bool:
    """Tell whether a tap gave bookmarks out in one of the latest runs."""
    return any(run.summary.get("bookmarked") for run in latest(ledger, _LOOKED_THROUGH))


def latest_tried(ledger: CompanyLedger) -> Run | None:
    """Return the latest run that ended and was to ask the till, or was stopped; None: there was none lately."""
    for run in latest(ledger, _AT_ONCE):
        is_sync = run.outcome != DONE or run.summary.get("fetched", True) or "problem" in run.summary
        if run.outcome is not None and run.kind != UNDO and is_sync:
            return run
    return None


def first_tried(ledger: CompanyLedger) -> dt.datetime | None:
    """Return when the first run of all began; None: there was none."""
    with ledger.read() as connection:
        query = sa.select(sa.func.min(runs.c.started_at)).where(runs.c.company_id == ledger.company_id)
        found: dt.datetime | None = connection.execute(query).scalar()
    return found


def failed(ledger: CompanyLedger, since: dt.datetime) -> list[Run]:
    """Return the runs since a moment that were stopped, killed, or went wrong at the till, the newest first."""
    some = (run for run in latest(ledger, _LOOKED_THROUGH) if run.started_at >= since and run.kind != UNDO)
    return [run for run in some if run.until is not None and (run.outcome != DONE or "problem" in run.summary)]


def latest_night(ledger: CompanyLedger, now: dt.datetime) -> dt.datetime | None:
    """Return the latest night up to now that came to its end, as when it was to begin; None: none did lately."""
    nights = (dt.datetime.fromisoformat(run.summary["night"]) for run in _synced(ledger) if "night" in run.summary)
    return max((night for night in nights if night <= now), default=None)


def _synced(ledger: CompanyLedger) -> Iterator[Run]:
    """Yield the runs of late that came to their end after the till was asked to its end, the newest first."""
    before = None
    for _ in range(_LOOKED_THROUGH // _AT_ONCE):  # nearly always one of the first
        some = _select(ledger, limit=_AT_ONCE, before=before)
        for run in some:
            if run.outcome == DONE and run.kind != UNDO and run.summary.get("fetched", True):
                yield run
        if not some:
            return
        before = some[-1].number


def named(ledger: CompanyLedger, number: int) -> Run | None:
    """Return a run of this company; None where there is none of that number."""
    return next(iter(_select(ledger, number=number)), None)


def _select(
    ledger: CompanyLedger, *, number: int | None = None, limit: int | None = None, before: int | None = None
) -> list[Run]:
    later = runs.alias()
    next_start = (
        sa.select(sa.func.min(later.c.started_at))
        .where(later.c.company_id == ledger.company_id, later.c.id > runs.c.id)
        .scalar_subquery()
    )
    query = sa.select(runs, next_start.label("next_start")).where(runs.c.company_id == ledger.company_id)
    if number is not None:
        query = query.where(runs.c.id == number)
    if before is not None:
        query = query.where(runs.c.id < before)
    with ledger.read() as connection:
        rows = connection.execute(query.order_by(runs.c.id.desc()).limit(limit)).all()
    found = []
    for row in rows:
        summary = content.decode(row.summary) if row.summary else {}
        until = row.finished_at or row.next_start
        kind = summary.pop("kind", POST)
        found.append(Run(row.id, kind, row.started_at, row.finished_at, until, row.outcome, summary))
    return found
