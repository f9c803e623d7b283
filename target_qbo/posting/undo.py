"""Undoing a period or a run: what its tickets have in QuickBooks is taken back, and they stay undone.

Each step can be cut short: a ticket of which something was touched is made whole again by the next run, or undone to
the end by the next undo (accounting rules, After posting).
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from target_qbo.errors import UnreachableError
from target_qbo.ledger import runs, tickets, undoing, units
from target_qbo.ledger.adopting import FOUND_VOIDED
from target_qbo.posting.engine import alone
from target_qbo.posting.execute import Executor
from target_qbo.posting.findings import PAID_OTHERWISE, UNANSWERED
from target_qbo.posting.journal import now
from target_qbo.posting.observe import find_unknown
from target_qbo.posting.plan import Outcome, Plan
from target_qbo.posting.preparing import Preparing
from target_qbo.posting.summary import RunSummary
from target_qbo.posting.work import UnitWork

if TYPE_CHECKING:
    from collections.abc import Sequence

    from target_qbo.company import Company
    from target_qbo.ledger.tickets import TicketRow
    from target_qbo.ledger.undoing import Choice
    from target_qbo.ledger.units import UnitView
    from target_qbo.posting.journal import Journal

_CODES = {PAID_OTHERWISE: "payment_by_hand"}
"""Where undoing calls by another name what hinders it."""


@dataclass(frozen=True, slots=True)
class Left:
    """A ticket that could not be undone, and why; ``touched``: only part of it stands, the next run makes it whole."""

    ticket: TicketRow
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
    with alone(company, undone.as_record, runs.UNDO) as journal:
        find_unknown(company, journal.begun)
        try:
            _Undoing(company, undone, journal).run(choice)
        except UnreachableError as error:
            raise UnreachableError(
                f"{error}; {undone.undone} tickets are undone. Undo again to go on, or let the next sync make whole "
                "again what is half done"
            ) from None


class _Undoing:
    def __init__(self, company: Company, undone: Undone, journal: Journal) -> None:
        self._ledger = company.ledger
        self._result = undone
        self._asking = Preparing(company)
        self._at_once = company.settings.batch_size * company.settings.max_concurrency
        self._executor = Executor(company, journal)

    def run(self, choice: Choice) -> None:
        keys = undoing.chosen_keys(self._ledger, choice)
        self._result.chosen = len(keys)
        for place in range(0, len(keys), self._at_once):
            self._some(keys[place : place + self._at_once])

    def _some(self, keys: Sequence[int]) -> None:
        works = [self._work(view) for view in units.of_keys(self._ledger, keys)]
        try:
            self._executor.run(works)
        finally:
            self._tell(works)

    def _work(self, view: UnitView) -> UnitWork:
        at = f"{now().astimezone(dt.UTC):%Y-%m-%d %H:%M} UTC"
        # Its record may come from the till for the first time, and must not count as a change.
        code = None if view.record else FOUND_VOIDED
        planned = Plan(Outcome.UNDONE, code=code, reason=f"undone on {at}", leaving=tuple(view.standing))
        meanwhile = f"undoing it began on {at} and was cut short: the next run posts it anew, as a whole"
        return UnitWork(view, planned, None, self._asking, self._result.summary, meanwhile=meanwhile)

    def _tell(self, works: Sequence[UnitWork]) -> None:
        """Take note of what came of the works; where it was stopped, some are neither undone nor left."""
        rows = tickets.of_units(self._ledger, [work.unit for work in works])
        for work in works:
            if work.ended:
                self._result.undone += 1
            elif work.left is not None:
                code = _CODES.get(work.left.code, work.left.code)
                self._result.left.append(Left(rows[work.unit], code, work.left.reason, work.open))
            elif work.stalled:
                reason = "it is half done: QuickBooks did not answer, the next run goes on with it"
                self._result.left.append(Left(rows[work.unit], UNANSWERED, reason, touched=True))
