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
    """State of a document.

    ``SENDING``: on its way, its fate unknown until the answer is written down. ``MISSING``: never answered, looked up,
    and not there. ``ALTERED``: never answered, looked up, and there, but not as it was sent: nothing is sent for its
    ticket while it is. ``POSTED``: it stands. ``ORPHANED``: a payment that stands and does not pay its invoice, or not
    with all of it: it is voided before anything is made. ``VOIDED``: it stood.
    """

    SENDING = "sending"
    MISSING = "missing"
    ALTERED = "altered"
    POSTED = "posted"
    ORPHANED = "orphaned"
    VOIDED = "voided"


HALF = "~"
"""Before a ticket's fingerprint: only part of its documents may stand yet."""

REVISING = "revising"
"""In the place of a ticket's fingerprint: what stands is being changed."""

EDITED = "edited"
"""In the place of a ticket's fingerprint: what stands is not what was posted, or a person wants it to be put right."""

UNDOING = "undoing"
"""In the place of a ticket's fingerprint: what stands is being taken back, and some of it may be gone already."""
