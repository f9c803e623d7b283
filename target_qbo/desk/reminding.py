"""Telling whoever is to be told by the settings what no run tells: that nothing has synced, each week what is open.

What was told is remembered in the ledger: whoever looks again, after a restart too, tells nothing twice.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING

from target_qbo import notices
from target_qbo.desk.pressing import LATE_NIGHTS
from target_qbo.ledger import attention, runs, tickets
from target_qbo.ledger.remembered import What, recall, remember
from target_qbo.ledger.status import TicketStatus
from target_qbo.notices import reminders

if TYPE_CHECKING:
    from zoneinfo import ZoneInfo

    from target_qbo.company import Company
    from target_qbo.ledger import CompanyLedger

# Two nights, less the hour that a spring leaves out, and one for a night that took its time.
LATE = dt.timedelta(hours=46)
_DAY = dt.timedelta(days=1)
_WEEK = dt.timedelta(days=7)
_NONE = (0, Decimal(0))


@dataclass(frozen=True, slots=True)
class Lateness:
    """That nothing has synced: since when (UTC), and how many nights ago that was."""

    since: dt.datetime
    nights: int


def lateness(ledger: CompanyLedger, now: dt.datetime) -> Lateness | None:
    """Tell whether nothing has synced for two nights; None: it has, or was never tried.

    Args:
        ledger: The company's ledger.
        now: The present moment.
    """
    since = runs.latest_synced(ledger) or runs.first_tried(ledger)
    nights = nights_without(since, now) if since is not None else 0
    return Lateness(since, nights) if since is not None and nights else None


def nights_without(since: dt.datetime, now: dt.datetime) -> int:
    """Return for how many nights nothing has synced since a moment; 0: not for two yet."""
    return max(LATE_NIGHTS, (now - since) // _DAY) if now - since >= LATE else 0


def tell_late(company: Company, now: dt.datetime) -> Lateness | None:
    """Tell that nothing has synced for two nights: once, until something does.

    Args:
        company: The company.
        now: The present moment.

    Returns:
        That nothing has synced, whether or not it was told before; None: something has.
    """
    late, settings = lateness(company.ledger, now), company.settings.notices
    if late is None or not notices.wanted(settings):
        return late
    told = recall(company.ledger).get(What.LATE)
    since = late.since.isoformat()
    is_told = told is not None and told.content["since"] == since
    if not is_told and notices.send(settings, reminders.not_synced(settings, late.since, late.nights)):
        remember(company.ledger, What.LATE, {"since": since}, now)
    return late


def tell_week(company: Company, now: dt.datetime, zone: ZoneInfo) -> None:
    """Tell on Monday what is still open, where something is.

    A digest that was missed, or could not be sent, comes later in its week; the first one comes on a Monday.

    Args:
        company: The company.
        now: The present moment.
        zone: Whose Monday it is.
    """
    settings = company.settings.notices
    if not notices.wanted(settings):
        return
    today = now.astimezone(zone).date()
    monday = (today - dt.timedelta(days=today.weekday())).isoformat()
    told = recall(company.ledger).get(What.DIGEST)
    is_due = told.content["week"] != monday if told is not None else today.weekday() == 0
    if is_due:
        week = _week(company.ledger, now - _WEEK)
        if week.clean or notices.send(settings, reminders.digest(settings, week)):
            remember(company.ledger, What.DIGEST, {"week": monday}, now)


def _week(ledger: CompanyLedger, since: dt.datetime) -> reminders.Week:
    counts = tickets.counts(ledger, [TicketStatus.WAITING, TicketStatus.POSTING])
    return reminders.Week(
        attention.skipped_by_code(ledger),
        counts.get(TicketStatus.WAITING, _NONE),
        counts.get(TicketStatus.POSTING, _NONE),
        runs.failed(ledger, since),
    )
