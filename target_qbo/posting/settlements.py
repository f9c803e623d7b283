"""What became of tickets in a run: gathered, counted, and written down many at a time."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING

from target_qbo.ledger import tickets
from target_qbo.ledger.status import TicketStatus
from target_qbo.ledger.tickets import Settled

if TYPE_CHECKING:
    from target_qbo.ledger import CompanyLedger
    from target_qbo.posting.summary import RunSummary

_AT_ONCE = 500


class Settlements:
    """Settles tickets that are not posted in this run; :meth:`flush` makes it durable."""

    def __init__(self, ledger: CompanyLedger, summary: RunSummary) -> None:
        self._ledger = ledger
        self._summary = summary
        self._gathered: list[Settled] = []

    def skip(self, key: int, revision: int, code: str, reason: str) -> None:
        """Skip a ticket, with a code for programs and a reason for people."""
        self._summary.skipped += 1
        self._summary.codes[key] = code
        self._add(Settled(key, revision, TicketStatus.SKIPPED, code, reason))

    def wait(self, key: int, revision: int, reason: str, until: dt.datetime) -> None:
        """Let a ticket wait for rows that are missing."""
        self._summary.waiting += 1
        self._add(Settled(key, revision, TicketStatus.WAITING, None, reason, until))

    def settle(
        self, key: int, revision: int, status: TicketStatus, code: str | None = None, reason: str | None = None
    ) -> None:
        """Settle a ticket that needs nobody's attention."""
        self._add(Settled(key, revision, status, code, reason))

    def flush(self) -> None:
        """Write down what was gathered."""
        tickets.settle(self._ledger, self._gathered, dt.datetime.now(dt.UTC))
        self._gathered = []

    def _add(self, settled: Settled) -> None:
        self._gathered.append(settled)
        if len(self._gathered) >= _AT_ONCE:
            self.flush()
