"""Sync, resync and undo as works: done while nobody waits for an answer, and told in a few lines at their end."""

from __future__ import annotations

from typing import TYPE_CHECKING

from target_qbo.accounting.kinds import plural_of
from target_qbo.desk import resyncing, syncing, undoing
from target_qbo.desk.works import Came
from target_qbo.ledger.undoing import figures
from target_qbo.posting.undo import Undone
from target_qbo.said import Said

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Callable, Iterable, Mapping
    from decimal import Decimal

    from target_qbo.accounting import DocumentKind
    from target_qbo.company import Company
    from target_qbo.desk.config import DeskConfig
    from target_qbo.desk.watching import Watch
    from target_qbo.ledger.undoing import Choice

    Do = Callable[[Company, Watch], Came]

_SHOWN = 20


def to_sync(config: DeskConfig, wanted: syncing.Wanted, night: dt.datetime | None = None) -> Do:
    """Return the work of fetching what is wanted and posting what is pending; of a night where one is given."""

    def do(company: Company, watch: Watch) -> Came:
        done = syncing.sync(config, company, wanted, watch, night)
        summary = done.summary
        came = Said(
            "{received} tickets received, {posted} posted, {skipped} skipped, {waiting} wait for payments",
            received=done.received,
            posted=summary.posted,
            skipped=summary.skipped,
            waiting=summary.waiting,
        )
        lines = [
            came,
            *_documents(summary.documents, summary.amounts),
            *(line for _, line in summary.warnings()),
        ]
        return Came(lines, _why(done.problem), done.any_skipped)

    return do


def to_resync(config: DeskConfig, wanted: resyncing.Wanted) -> Do:
    """Return the work of trying chosen tickets again."""

    def do(company: Company, watch: Watch) -> Came:
        done = resyncing.resync(config, company, wanted, watch)
        counts: dict[str, int] = {}
        told: list[str] = []
        for row in done.rows():
            counts[row["status"]] = counts.get(row["status"], 0) + 1
            if row["reason"] and len(told) < _SHOWN:
                order, place, reason = row["ticket_id"], row["location_id"], row["reason"]
                told.append(
                    Said("order {order} of location {place}: {reason}", order=order, place=place, reason=reason)
                )
        stand = [
            Said("the chosen tickets now: {number} {status}", number=number, status=Said(status))
            for status, number in sorted(counts.items())
        ]
        return Came([*(stand or [Said("no ticket was chosen")]), *told], _why(done.problem), done.open)

    return do


def to_undo(choice: Choice) -> Do:
    """Return the work of taking a choice out of QuickBooks."""

    def do(company: Company, watch: Watch) -> Came:
        undone = Undone()
        undoing.undo(company, choice, figures(company.ledger, choice), undone, watch)
        taken = {kind: -number for kind, number in undone.summary.documents.items()}
        amounts = {kind: -amount for kind, amount in undone.summary.amounts.items()}
        left = [
            Said("order {order} is left in QuickBooks: {reason}", order=one.ticket.ticket_id, reason=one.reason)
            for one in undone.left[:_SHOWN]
        ]
        lines = [Said("{number} tickets undone", number=undone.undone), *_documents(taken, amounts), *left]
        still = Said("{number} tickets are left in QuickBooks", number=len(undone.left)) if undone.left else None
        return Came(lines, still)

    return do


def _documents(counts: Mapping[DocumentKind, int], amounts: Mapping[DocumentKind, Decimal]) -> Iterable[str]:
    return (
        Said("{number} {kind} of {amount}", number=number, kind=Said(plural_of(kind)), amount=amounts[kind])
        for kind, number in counts.items()
        if number
    )


def _why(problem: Exception | None) -> str | None:
    return None if problem is None else str(problem)
