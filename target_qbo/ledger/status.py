"""Where a ticket stands on its way into the books, and a document in QuickBooks."""

from __future__ import annotations

from enum import StrEnum


class TicketStatus(StrEnum):
    """Status of a ticket (design, The ledger)."""

    RECEIVED = "received"
    WAITING = "waiting"
    POSTING = "posting"
    POSTED = "posted"
    SKIPPED = "skipped"
    VOIDED = "voided"
    UNDONE = "undone"


class DocumentState(StrEnum):
    """State of a document: on its way (its fate unknown until the answer is written down), standing, or voided."""

    SENDING = "sending"
    POSTED = "posted"
    VOIDED = "voided"
