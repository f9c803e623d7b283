"""What became of tickets in a run: gathered, counted, and written down many at a time."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING, Any

from target_qbo.ledger import tickets
from target_qbo.ledger.status import TicketStatus

if TYPE_CHECKING:
    from target_qbo.ledger import CompanyLedger
    from target_qbo.posting.summary import RunSummary

_AT_ONCE = 500


class Settlements:
    """Settles tickets that are not posted in this run; :meth:`flush` makes it durable."""

    def __init__(self, ledger: CompanyLedger, summary: RunSummary) -> None:
        self._ledger = ledger
        self._summary = summary
        self._gathered: list[dict[str, Any]] = []

    def skip(self, key: int, code: str, reason: str) -> None:
        """Skip a ticket, with a code for programs and a reason for people."""
        self._summary.skipped += 1
        self._add(key, TicketStatus.SKIPPED, code, reason)

    def wait(self, key: int, reason: str, until: dt.datetime) -> None:
        """Let a ticket wait for rows that are missing."""
        self._summary.waiting += 1
        self._add(key, TicketStatus.WAITING, None, reason, until)

    def settle(self, key: int, status: TicketStatus) -> None:
        """Settle a ticket about which there is nothing to say."""
        self._add(key, status, None, None)

    def flush(self) -> None:
        """Write down what was gathered."""
        tickets.settle_all(self._ledger, self._gathered, dt.datetime.now(dt.UTC))
        self._gathered = []

    def _add(
        self, key: int, status: TicketStatus, code: str | None, reason: str | None, until: dt.datetime | None = None
    ) -> None:
        self._gathered.append({"key": key, "status": status, "code": code, "reason": reason, "wait_until": until})
        if len(self._gathered) >= _AT_ONCE:
            self.flush()
