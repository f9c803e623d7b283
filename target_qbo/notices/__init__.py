"""Notices: one message after a run that skipped tickets, was stopped or met a new tender, to whom the settings say.

What is told without a run (nothing was synced, a week's digest): :mod:`target_qbo.desk.reminding`.

A notice never changes how the run ends: what goes wrong with it is one warning.
"""

from __future__ import annotations

import logging
import threading
from functools import partial
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

    from target_qbo.ledger import CompanyLedger
    from target_qbo.notices.message import Notice
    from target_qbo.notices.settings import NoticeSettings
    from target_qbo.posting.summary import RunSummary

logger = logging.getLogger("target-qbo.notices")

LIMIT_SECONDS: float = 10


def tell(
    settings: NoticeSettings, ledger: CompanyLedger | None, summary: RunSummary, problem: str | None = None
) -> None:
    """Send a run's notice where it has something to tell: tickets skipped or half done, what stopped it, new tenders.

    A tender name that no rule knows is news in the first run that posts it, and stands in every notice of later ones.

    Called once at the end of a run.

    Args:
        settings: To whom.
        ledger: The company's ledger; None where it could not be opened.
        summary: The run's figures.
        problem: What stopped the run, in one line without secrets; None: it came to its end.
    """
    if not wanted(settings):
        return
    try:
        if problem is None and not summary.skipped and not summary.open and not _new_tenders(ledger, summary):
            return
        notice = _notice(settings, ledger, summary, problem)
    except Exception as error:  # noqa: BLE001 (whatever it is: the run is over, and ends as it would without notices)
        logger.warning("no notice could be written (%s)", type(error).__name__)
        return
    send(settings, notice)


def wanted(settings: NoticeSettings) -> bool:
    """Tell whether there is anybody to be told."""
    return bool(settings.webhook_url or settings.email_to)


def send(settings: NoticeSettings, notice: Notice) -> bool:
    """Send a notice by each way that the settings name; one that fails is one warning.

    Each way has :data:`LIMIT_SECONDS`; both go at once.

    Returns:
        Whether it was taken by one of them.
    """
    outcomes: dict[str, str | None] = {}
    sendings = _sendings(settings, notice)
    threads = [threading.Thread(target=_try, args=(way, send, outcomes), daemon=True) for way, send in sendings.items()]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(LIMIT_SECONDS)
    told = {way: outcomes.get(way, f"not done within {LIMIT_SECONDS:g} s") for way in sendings}
    for way, why in told.items():
        if why is not None:
            logger.warning("the notice by %s could not be sent (%s)", way, why)
    return None in told.values()


def _new_tenders(ledger: CompanyLedger | None, summary: RunSummary) -> bool:
    """Tell whether a run posted tenders of a name that no rule knows and no run before it had."""
    if ledger is None or not summary.unmapped:
        return False
    from target_qbo.accounting.tender_names import normalise_tender  # noqa: PLC0415 (as below)
    from target_qbo.ledger import runs  # noqa: PLC0415

    *before, _this_run = [run.get("unmapped") or {} for run in runs.summaries(ledger)]
    known = {normalise_tender(name) for names in before for name in names}
    return any(normalise_tender(name) not in known for name in summary.unmapped.amounts())


def _notice(settings: NoticeSettings, ledger: CompanyLedger | None, summary: RunSummary, problem: str | None) -> Notice:
    # Only a run that has something to tell needs these, and they take long to load.
    from target_qbo.ledger.attention import concerns  # noqa: PLC0415
    from target_qbo.notices.message import TICKETS_SHOWN, compose  # noqa: PLC0415

    try:
        found = concerns(ledger, TICKETS_SHOWN + 1) if ledger is not None else []
    except Exception:
        if problem is None:
            raise
        found = []  # the ledger is what stopped the run
    return compose(settings, summary, found, problem)


def _sendings(settings: NoticeSettings, notice: Notice) -> dict[str, Callable[[], None]]:
    from target_qbo.notices.delivery import by_email, by_webhook  # noqa: PLC0415 (as above)

    sendings: dict[str, Callable[[], None]] = {}
    if settings.webhook_url:
        sendings["webhook"] = partial(by_webhook, settings.webhook_url, notice.as_slack(), LIMIT_SECONDS)
    if settings.email_to and settings.mail_server:
        sendings["e-mail"] = partial(
            by_email,
            settings.mail_server,
            sender=settings.email_from,
            to=settings.email_to,
            subject=notice.subject,
            text=notice.as_text(),
            seconds=LIMIT_SECONDS,
        )
    return sendings


def _try(way: str, send: Callable[[], None], outcomes: dict[str, str | None]) -> None:
    from target_qbo.notices.delivery import NotDeliveredError  # noqa: PLC0415 (as above)

    try:
        send()
    except NotDeliveredError as error:
        outcomes[way] = str(error)
    except Exception as error:  # noqa: BLE001 (its text may hold an address)
        outcomes[way] = type(error).__name__
    else:
        outcomes[way] = None
