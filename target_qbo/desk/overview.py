"""How a company stands, as far as its ledger tells: one look, nothing asked of anybody."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from target_qbo.desk import quota, runs
from target_qbo.desk.connection import last_known
from target_qbo.desk.pressing import Known, Proven, pressing
from target_qbo.desk.reminding import nights_without
from target_qbo.ledger import attention, tickets
from target_qbo.ledger.daily import latest_days
from target_qbo.ledger.remembered import What, recall
from target_qbo.ledger.runs import latest_synced, latest_tried
from target_qbo.ledger.status import TicketStatus
from target_qbo.survey.till import posted

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from zoneinfo import ZoneInfo

    from target_qbo.company import Company
    from target_qbo.desk.connection import Connection
    from target_qbo.desk.pressing import Matter
    from target_qbo.desk.quota import CallsLeft
    from target_qbo.ledger.daily import Day
    from target_qbo.ledger.remembered import Remembered

_RUNS = 5
_DAYS = 30
_ALWAYS = (TicketStatus.POSTED, TicketStatus.SKIPPED, TicketStatus.WAITING)
Sum = tuple[int, Decimal]
"""How many tickets, and what they come to."""
_NONE: Sum = (0, Decimal(0))


@dataclass(frozen=True, slots=True)
class Standing:
    """How many tickets have a status: of today, of the last 30 days, of all."""

    status: TicketStatus
    today: Sum
    month: Sum
    ever: Sum


@dataclass(frozen=True, slots=True)
class Overview:
    """How a company stands.

    Attributes:
        connection: Whether it is connected, as far as the ledger knows.
        matters: What needs a person, the most urgent first.
        today: Which day it is by the clock of the shop.
        standings: By status, how many tickets have it.
        newest: The business date of each location's newest ticket.
        calls: What is left of Franpos' quota this month, by location, where that is known.
        runs: The latest runs.
        days: The latest 30 business days, the oldest first.
        synced: When the latest sync began that came to its end (UTC); None: there was none.
        nights: For how many nights nothing was; 0: not for two yet.
    """

    connection: Connection
    matters: Sequence[Matter]
    today: dt.date
    standings: Sequence[Standing]
    newest: Mapping[str, dt.date]
    calls: Sequence[CallsLeft]
    runs: Sequence[Mapping[str, Any]]
    days: Sequence[Day]
    synced: dt.datetime | None
    nights: int


def overview(company: Company, zone: ZoneInfo) -> Overview:
    """Look at a company's ledger.

    Args:
        company: The company.
        zone: Where its shop is.
    """
    ledger, now = company.ledger, dt.datetime.now(dt.UTC)
    today = now.astimezone(zone).date()
    month = today - dt.timedelta(days=_DAYS - 1)
    every = list(TicketStatus)
    of_today = tickets.counts(ledger, every, today, today)
    of_month = tickets.counts(ledger, every, month, today)
    ever = tickets.counts(ledger, every)
    synced = latest_synced(ledger)
    nights = nights_without(synced, now) if synced is not None else 0
    remembered = recall(ledger)
    unnamed = posted(ledger, company.settings, now - dt.timedelta(days=_DAYS))
    known = Known(
        today=today,
        connection=last_known(company),
        run=latest_tried(ledger),
        synced=synced is not None,
        nights=nights,
        half_done=ever.get(TicketStatus.POSTING, _NONE),
        waiting=ever.get(TicketStatus.WAITING, _NONE),
        amiss=attention.amiss(ledger),
        proven=_proven(remembered),
        skipped=attention.skipped_by_code(ledger),
        owed=unnamed.owed,
        tenders=unnamed.tenders.amounts(),
        calls=quota.known(remembered, now),
    )
    return Overview(
        known.connection,
        pressing(known),
        today,
        [
            Standing(one, of_today.get(one, _NONE), of_month.get(one, _NONE), ever.get(one, _NONE))
            for one in sorted(every, key=lambda one: one not in _ALWAYS)
            if one in ever or one in _ALWAYS
        ],
        tickets.newest_days(ledger),
        known.calls,
        runs.latest(ledger, _RUNS),
        latest_days(ledger, _DAYS),
        synced,
        nights,
    )


def _proven(remembered: Mapping[What, Remembered]) -> Proven | None:
    if What.PROOF not in remembered:
        return None
    kept = remembered[What.PROOF].content
    first, last = (dt.date.fromisoformat(kept[name]) for name in ("first", "last"))
    return Proven(first, last, kept["problems"])
