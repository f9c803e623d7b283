"""A run of the engine: look up, plan, send, write down (design, Posting, exactly once)."""

from __future__ import annotations

import datetime as dt
import logging
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from target_qbo.endings import line_of
from target_qbo.errors import UnreachableError
from target_qbo.ledger import again, changes, documents, runs, tickets, units
from target_qbo.ledger.changes import Changes
from target_qbo.ledger.status import DocumentState
from target_qbo.posting.execute import Executor
from target_qbo.posting.findings import UNANSWERED, Hindrance
from target_qbo.posting.journal import Journal, now
from target_qbo.posting.observe import find_unknown
from target_qbo.posting.plan import ENDS, TO_POST, Outcome, Plan, decided, plan, skipped
from target_qbo.posting.preparing import Preparing
from target_qbo.posting.unit import give_up, settle
from target_qbo.posting.work import UnitWork

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from target_qbo.company import Company
    from target_qbo.ledger.units import UnitView
    from target_qbo.posting.summary import RunSummary
    from target_qbo.qbo import Fault

logger = logging.getLogger("target-qbo.posting")

# What is of unknown fate after a pass is looked up and, where missing, sent in the next: as it was, in parts, alone.
_PASSES = 9
_A_READ = 200
_MANY = 20  # so many at once fail for no sake of their own
_NOTHING_DONE = "QuickBooks carried nothing out of what it was sent: everything waits in the ledger for the next run"


def post_pending(company: Company, summary: RunSummary) -> None:
    """Post everything pending of one company; another process that posts for it is waited for.

    Args:
        company: The company.
        summary: Gathers what is posted, skipped and left waiting, also where the run stops early.

    Raises:
        TargetError: QuickBooks can't be reached, or a person is needed. What was done is written down, the rest waits
            for the next run.
    """
    kind = runs.POST if summary.night is None else runs.NIGHT
    with alone(company, summary.as_record, kind) as journal:
        _Run(company, summary, journal).post()


@contextmanager
def alone(company: Company, figures: Callable[[], dict[str, Any]], kind: str) -> Iterator[Journal]:
    """Let no other process post for the company meanwhile, and note the run with the figures that it came to.

    What left within the last minute, before the company's limits were counted here, counts against them.
    """
    ledger, minute = company.ledger, dt.timedelta(seconds=company.settings.minute_seconds)
    waiting = "another run is posting for this company: waiting for it to end"
    with ledger.lock("posting", lambda: logger.warning(waiting)) as still_alone:
        begun = now()
        number = runs.begin(ledger, begun, kind)
        outcome, why = runs.STOPPED, {}
        try:
            for request in documents.sent_since(ledger, begun - minute):
                if request.sent_at < company.limits.since:
                    age = (now() - request.sent_at).total_seconds()
                    company.limits.recall(max(0.0, age), batch=request.documents > 1)
            yield Journal(ledger, still_alone, begun)
            outcome = runs.DONE
        except Exception as error:
            why = {"problem": line_of(error)}
            raise
        finally:
            runs.end(ledger, number, outcome, figures() | why, now())


class _Run:
    def __init__(self, company: Company, summary: RunSummary, journal: Journal) -> None:
        self._company = company
        self._ledger = company.ledger
        self._settings = company.settings
        self._summary = summary
        self._journal = journal
        self._preparing = Preparing(company)
        self._executor = Executor(company, journal)
        self._asked_anew: set[int] = set()
        self._vain: dict[int, tuple[UnitView, str]] = {}

    def post(self) -> None:
        tickets.wake_waiting(self._ledger, now())
        units.assign(self._ledger)
        changes.doubt(self._ledger)
        try:
            for _ in range(_PASSES):
                if not self._pass():
                    break
        finally:
            self._reopen()
        self._end()

    def _pass(self) -> bool:
        """Go once through what is pending; returns whether there is more to be done now."""
        self._summary.open = 0
        self._journal.again.clear()
        differing = find_unknown(self._company, self._journal.begun)
        self._void_orphans()
        self._executor.run(self._works(differing))
        if self._journal.names_anew:
            logger.info("an id of QuickBooks is stale: looking everything up again")
            self._asked_anew |= self._journal.names_anew
            self._journal.names_anew.clear()
            self._preparing.forget()
        return bool(self._journal.again - self._vain.keys())

    def _end(self) -> None:
        summary = self._summary
        new = [view for view, _ in self._vain.values() if not view.failures]
        if len(new) >= (_MANY if summary.posted else 2):
            raise UnreachableError(_NOTHING_DONE)
        works = []
        for view, reason in self._vain.values():
            found = Changes()
            told = give_up(view, found, summary, reason)
            self._journal.gather(found)
            if told is not None and view.standing:  # what went through of it can't stay as a part
                planned = skipped(UNANSWERED, told, tuple(view.standing))
                works.append(UnitWork(view, planned, None, self._preparing, summary))
        self._executor.run(works)
        if self._journal.again - self._vain.keys():
            raise UnreachableError(
                "QuickBooks left requests unanswered: their tickets wait in the ledger for the next run"
            )
        if summary.open:
            told = f"{summary.open} tickets stay half done in QuickBooks (see franpos-qbo tickets --status posting)"
            raise UnreachableError(f"{told}: the next run goes on with them")

    def _reopen(self) -> None:
        """Have tickets decided again that were skipped for what was not of them, as turned out."""
        code = self._executor.refused_alike
        if code is not None:
            keys = [ticket for ticket, why in self._summary.codes.items() if why == f"qbo_{code}"]
            again.mark(self._ledger, keys, insist=False, now=now())
            for ticket in keys:
                self._summary.unskip(ticket)

    # Before anything is made

    def _void_orphans(self) -> None:
        """Void the payments that no longer pay their invoice, all of them.

        Open credit of the guest customer may be put on the next invoice by QuickBooks itself, and that may be any
        ticket's (QuickBooks API notes, Seen live: AutoApplyCredit).

        Raises:
            UnreachableError: QuickBooks does not answer; the next run goes on with it.
        """
        keys = documents.units_with_orphans(self._ledger)
        pages = (keys[start : start + _A_READ] for start in range(0, len(keys), _A_READ))
        views = [view for page in pages for view in units.of_keys(self._ledger, page)]
        works = [self._orphans_of(view) for view in views if view.pending]
        if works:
            self._executor.run(works)
        for work in works:
            if work.left is not None and work.unanswered:
                raise UnreachableError(f"{work.left.reason}: the next run goes on with it")

    def _orphans_of(self, view: UnitView) -> UnitWork:
        orphans = tuple(one for one in view.standing if one.state is DocumentState.ORPHANED)
        planned = Plan(Outcome.UNFINISHED, leaving=orphans)
        return UnitWork(view, planned, None, self._preparing, self._summary)

    # What is pending

    def _works(self, differing: Mapping[int, Fault]) -> Iterator[UnitWork]:
        """Yield what is to be done of every pending unit; those of which nothing is are settled on the way."""
        dates = tickets.pending_dates(self._ledger)
        if dates is None:
            return
        self._preparing.open(dates[0])
        if not self._preparing.knows_all and any(
            view.key not in differing and self._plan(view).outcome in TO_POST for view in units.pending(self._ledger)
        ):
            self._preparing.find_others()  # before anything is under way that it may change
        for view in units.pending(self._ledger):
            if (fault := differing.get(view.key)) is not None:
                self._settle(view, skipped(fault.skip_code, str(fault)))
            elif view.key in self._vain or view.key in self._journal.given_up:
                continue
            elif (told := self._executor.in_vain(view.key)) is not None:
                self._vain[view.key] = (view, told)
            else:
                work = self._work(view)
                if work is not None:
                    yield work

    def _work(self, view: UnitView) -> UnitWork | None:
        """Plan a unit; None where it was settled on the way, or its fate is to be looked up first."""
        planned = self._plan(view)
        if planned.outcome is Outcome.OPEN:
            self._journal.again.add(view.key)
            return None
        if planned.outcome in ENDS:
            if planned.leaving:
                return UnitWork(view, planned, None, self._preparing, self._summary)
            self._settle(view, planned)
            return None
        prepared = self._preparing.prepare(view, planned, self._summary)
        if isinstance(prepared, str):
            self._vain[view.key] = (view, prepared)
            return None
        if isinstance(prepared, Hindrance) and not (view.half_done and (view.standing or view.lifted)):
            self._settle(view, skipped(prepared.code, prepared.reason))
            return None
        ask_anew = view.key not in self._asked_anew
        return UnitWork(view, planned, prepared, self._preparing, self._summary, ask_anew=ask_anew)

    def _plan(self, view: UnitView) -> Plan:
        return plan(view, decided(view, self._settings.rules, now()), on_change=self._settings.on_change)

    def _settle(self, view: UnitView, end: Plan) -> None:
        found = Changes()
        settle(view, end, found, self._summary)
        self._journal.gather(found)
