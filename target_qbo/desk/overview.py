"""How a company stands, as far as its ledger tells: one look, nothing asked of anybody."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from target_qbo.desk import runs
from target_qbo.desk.connection import last_known
from target_qbo.ledger import attention, tickets
from target_qbo.ledger.daily import latest_days
from target_qbo.ledger.runs import latest_synced
from target_qbo.ledger.status import TicketStatus

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from decimal import Decimal

    from target_qbo.company import Company
    from target_qbo.desk.connection import Connection
    from target_qbo.ledger.attention import Group
    from target_qbo.ledger.daily import Day

_RUNS = 5
_DAYS = 30


@dataclass(frozen=True, slots=True)
class Overview:
    """How a company stands.

    Attributes:
        connection: Whether it is connected, as far as the ledger knows.
        counts: By status, how many tickets have it and what they come to.
        newest: The business date of each location's newest ticket.
        skipped: Skipped tickets by reason.
        runs: The latest runs.
        days: The latest 30 business days, the oldest first.
        synced: When the latest sync began that came to its end (UTC); None: there was none.
        nights: How many nights ago that was.
    """

    connection: Connection
    counts: Mapping[TicketStatus, tuple[int, Decimal]]
    newest: Mapping[str, dt.date]
    skipped: Sequence[Group]
    runs: Sequence[Mapping[str, Any]]
    days: Sequence[Day]
    synced: dt.datetime | None
    nights: int


def overview(company: Company) -> Overview:
    """Look at a company's ledger."""
    ledger, now = company.ledger, dt.datetime.now(dt.UTC)
    synced = latest_synced(ledger)
    return Overview(
        last_known(company),
        tickets.counts(ledger, list(TicketStatus)),
        tickets.newest_days(ledger),
        attention.skipped_by_code(ledger),
        runs.latest(ledger, _RUNS),
        latest_days(ledger, _DAYS),
        synced,
        (now.date() - synced.date()).days if synced is not None else 0,
    )
