"""Undoing a period or a run: what its tickets have in QuickBooks is taken back, and they stay undone.

Each step can be cut short: a ticket of which something was touched is made whole again by the next run, or undone to
the end by the next undo (accounting rules, After posting).
"""

from __future__ import annotations

import datetime as dt
import logging
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from target_qbo.accounting import DocumentKind
from target_qbo.errors import UnreachableError
from target_qbo.ledger import documents, runs, undoing
from target_qbo.ledger.documents import leave_open
from target_qbo.posting.engine import recall_sent
from target_qbo.posting.recovery import find_unknown
from target_qbo.posting.summary import RunSummary
from target_qbo.posting.takeback import take_back
from target_qbo.posting.takeback_many import Batches, hindrance, rows_of

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from target_qbo.company import Company
    from target_qbo.ledger.documents import StandingDocument
    from target_qbo.ledger.undoing import Choice, UndoneTicket
    from target_qbo.posting.takeback_many import TakenBack

logger = logging.getLogger("target-qbo.undo")


@dataclass(frozen=True, slots=True)
class Left:
    """A ticket that could not be undone, and why; ``touched``: only part of it stands, the next run makes it whole."""

    ticket: UndoneTicket
    code: str
    reason: str
    touched: bool = False


@dataclass(slots=True)
class Undone:
    """What an undo did.

    Attributes:
        chosen: Tickets that were to be undone.
        undone: Tickets that are.
        left: Those that are not, and why.
        summary: What was taken back; its figures count downwards.
    """

    chosen: int = 0
    undone: int = 0
    left: list[Left] = field(default_factory=list)
    summary: RunSummary = field(default_factory=RunSummary)

    def as_record(self) -> dict[str, Any]:
        """Return the figures for the ledger."""
        return self.summary.as_record() | {"kind": runs.UNDO, "undone": self.undone, "left": len(self.left)}


def undo(company: Company, choice: Choice, undone: Undone) -> None:
    """Take back all that the chosen tickets have in QuickBooks; another process that posts is waited for.

    Args:
        company: The company.
        choice: Whose documents.
        undone: Gathers what is done, also where this stops early.

    Raises:
        TargetError: QuickBooks can't be reached, or a person is needed. What was done is written down.
    """
    waiting = "another run is posting for this company: waiting for it to end"
    with company.ledger.lock("posting", lambda: logger.warning(waiting)) as still_alone:
        number = runs.begin(company.ledger, _now(), runs.UNDO)
        outcome = "stopped"
        try:
            recall_sent(company.ledger, company.limits, company.settings.minute_seconds)
            find_unknown(company.ledger, company.client, company.settings.settle_seconds)
            _Undoing(company, undone, still_alone).run(choice)
            outcome = "done"
        finally:
            runs.end(company.ledger, number, outcome, undone.as_record(), _now())


class _Undoing:
    def __init__(self, company: Company, undone: Undone, still_alone: Callable[[], None]) -> None:
        self._ledger = company.ledger
        self._client = company.client
        self._result = undone
        self._at_once = company.settings.batch_size * company.settings.max_concurrency
        self._batches = Batches(
            company.client,
            company.limits,
            max_concurrency=company.settings.max_concurrency,
            batch_size=company.settings.batch_size,
            still_alone=still_alone,
        )

    def run(self, choice: Choice) -> None:
        keys = undoing.chosen_keys(self._ledger, choice)
        self._result.chosen = len(keys)
        for place in range(0, len(keys), self._at_once):
            self._some(keys[place : place + self._at_once])

    def _some(self, keys: Sequence[int]) -> None:
        """Undo some tickets: look at all, begin, payments, then the documents they paid."""
        tickets = {ticket.key: ticket for ticket in undoing.read(self._ledger, keys)}
        standing = documents.standing(self._ledger, keys)
        rows = rows_of(self._client, [document for some in standing.values() for document in some])
        free = []
        for key, ticket in tickets.items():
            hindered = hindrance(standing.get(key, []), rows)
            if hindered is None:
                free.append(key)
            else:
                self._result.left.append(Left(ticket, *hindered))
        undoing.begin(self._ledger, [key for key in free if standing.get(key)], _now())
        touched: set[int] = set()
        paid = [one for key in free for one in standing.get(key, []) if one.kind == DocumentKind.PAYMENT]
        free = self._step(tickets, free, paid, self._batches.take_back(paid, rows), touched)
        rest = [one for key in free for one in standing.get(key, []) if one.kind != DocumentKind.PAYMENT]
        # Read again: each payment that went counted its invoice's SyncToken up.
        taken = self._batches.take_back(rest, rows_of(self._client, rest))
        free = self._step(tickets, free, rest, taken, touched, last=True)

    def _step(
        self,
        tickets: dict[int, UndoneTicket],
        free: Sequence[int],
        sent: Sequence[StandingDocument],
        taken: TakenBack,
        touched: set[int],
        *,
        last: bool = False,
    ) -> list[int]:
        """Write down what batches did, and do for sure what they may have left; returns the tickets to go on with."""
        refused = {one.ticket: taken.refused[one.key] for one in sent if one.key in taken.refused}
        unsure = {one.ticket for one in taken.unsure}
        complete = [key for key in free if key not in refused and key not in unsure]
        touched |= {one.ticket for one in taken.done}
        finished = [tickets[key] for key in complete] if last else []
        undoing.finish(self._ledger, finished, [one.key for one in taken.done], _now())
        self._count(taken.done, len(finished))
        for key in sorted(unsure - refused.keys()):
            self._one_by_one(tickets[key], [one for one in taken.unsure if one.ticket == key], touched, last=last)
            complete.append(key)
        for key, fault in refused.items():
            self._leave(tickets[key], fault.skip_code, str(fault), touched=key in touched or key in unsure)
        return [key for key in complete if not any(left.ticket.key == key for left in self._result.left)]

    def _one_by_one(
        self, ticket: UndoneTicket, unsure: Sequence[StandingDocument], touched: set[int], *, last: bool
    ) -> None:
        obstacle = take_back(self._ledger, self._client, unsure)
        done = [one for one in unsure if obstacle is None or one not in obstacle.left]
        touched |= {one.ticket for one in done}
        if obstacle is None:
            undoing.finish(self._ledger, [ticket] if last else [], [], _now())
            self._count(done, int(last))
        elif obstacle.fault is not None:
            self._count(done, 0)
            more = len(obstacle.left) > 1  # of these nobody looked whether the batch had done them
            self._leave(ticket, obstacle.fault.skip_code, obstacle.text, touched=more or ticket.key in touched)
        else:
            self._count(done, 0)
            raise UnreachableError(
                f"{obstacle.text}; {self._result.undone} tickets are undone. Undo again to go on, or let the next sync "
                "make whole again what is half done"
            )

    def _leave(self, ticket: UndoneTicket, code: str, reason: str, *, touched: bool) -> None:
        """Leave a ticket that QuickBooks refuses to let go: as it was, or half done for the next run to make whole."""
        if touched:
            leave_open(self._ledger, ticket.key, f"it could not be undone: {reason}", _now())
        else:
            undoing.restore(self._ledger, [ticket], _now())
        self._result.left.append(Left(ticket, code, reason, touched))

    def _count(self, done: Sequence[StandingDocument], undone: int) -> None:
        for document in done:
            self._result.summary.take_back(DocumentKind(document.kind), document.amount)
        self._result.undone += undone


def _now() -> dt.datetime:
    return dt.datetime.now(dt.UTC)
