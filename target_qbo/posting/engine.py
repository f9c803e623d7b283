"""A run of the engine: recover, decide, send, write down (design, Posting, exactly once)."""

from __future__ import annotations

import datetime as dt
import logging
from typing import TYPE_CHECKING

from target_qbo.errors import UnreachableError
from target_qbo.ledger import runs, tickets
from target_qbo.ledger.sendings import doubt_unsent, sent_since
from target_qbo.posting.bookkeeping import Bookkeeping
from target_qbo.posting.deciding import Deciding
from target_qbo.posting.dispatch import Dispatcher
from target_qbo.posting.orphans import void_orphans
from target_qbo.posting.recovery import find_unknown
from target_qbo.posting.settlements import Settlements

if TYPE_CHECKING:
    from collections.abc import Callable

    from target_qbo.ledger import CompanyLedger
    from target_qbo.posting.summary import RunSummary
    from target_qbo.qbo import QboClient, RateLimits
    from target_qbo.settings import Settings

logger = logging.getLogger("target-qbo.posting")

# What is of unknown fate after a pass is looked up and, where missing, sent in the next; then it waits for another run.
_PASSES = 4


def post_pending(
    ledger: CompanyLedger, client: QboClient, limits: RateLimits, settings: Settings, summary: RunSummary
) -> None:
    """Post everything pending of one company; another process that posts for it is waited for.

    Args:
        ledger: The company's ledger.
        client: The company.
        limits: Its limits.
        settings: Names, choices and limits.
        summary: Gathers what is posted, skipped and left waiting, also where the run stops early.

    Raises:
        TargetError: QuickBooks can't be reached, or a person is needed. What was done is written down, the rest waits
            for the next run.
    """
    waiting = "another run is posting for this company: waiting for it to end"
    with ledger.lock("posting", lambda: logger.info(waiting)) as still_alone:
        number = runs.begin(ledger, _now())
        outcome = "stopped"
        try:
            _post_all(ledger, client, limits, settings, summary, still_alone)
            outcome = "done"
        finally:
            runs.end(ledger, number, outcome, summary.as_record(), _now())


def _post_all(
    ledger: CompanyLedger,
    client: QboClient,
    limits: RateLimits,
    settings: Settings,
    summary: RunSummary,
    still_alone: Callable[[], None],
) -> None:
    recall_sent(ledger, limits, settings.minute_seconds)
    tickets.wake_waiting(ledger, _now())
    doubt_unsent(ledger)
    settlements = Settlements(ledger, summary)
    deciding = Deciding(ledger, client, settings, settlements, summary)
    bookkeeping = Bookkeeping(ledger, client, settlements, summary, deciding.forget_references, still_alone)
    dispatcher = Dispatcher(
        client, limits, bookkeeping, max_concurrency=settings.max_concurrency, batch_size=settings.batch_size
    )
    for _ in range(_PASSES):
        bookkeeping.unfinished = False
        summary.open = 0
        altered = find_unknown(ledger, client, settings.settle_seconds)
        void_orphans(ledger, client, settlements, summary)
        try:
            dispatcher.run(deciding.writes(altered))
        finally:
            settlements.flush()
        if not (bookkeeping.unfinished or deciding.set_aside):
            break
    else:
        raise UnreachableError("QuickBooks left requests unanswered: their tickets wait in the ledger for the next run")
    if summary.open:
        raise UnreachableError(
            f"{summary.open} tickets stay half done in QuickBooks (franpos-qbo tickets --status posting tells why): "
            "the next run goes on with them"
        )


def recall_sent(ledger: CompanyLedger, limits: RateLimits, minute_seconds: float) -> None:
    """Count what an earlier run sent within the last minute against the company's limits."""
    for request in sent_since(ledger, _now() - dt.timedelta(seconds=minute_seconds)):
        age = (_now() - request.sent_at).total_seconds()
        limits.recall(max(0.0, age), batch=request.documents > 1)


def _now() -> dt.datetime:
    return dt.datetime.now(dt.UTC)
