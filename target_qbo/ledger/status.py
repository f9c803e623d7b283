"""Where a ticket stands on its way into the books, what stands of a posting unit, and a document in QuickBooks."""

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


class Stands(StrEnum):
    """What stands of a posting unit in QuickBooks, as far as the ledger knows.

    ``NOTHING``: no document. ``PART``: only part of its documents may stand yet; the fingerprint is that of all.
    ``WHOLE``: what the fingerprint says. ``FOUND``: documents that were found there, not compared yet. ``REVISING``:
    what stands is being changed. ``EDITED``: what stands is not what was posted, or a person wants it to be put right.
    ``UNDOING``: what stands is being taken back, and some of it may be gone already.
    """

    NOTHING = "nothing"
    PART = "part"
    WHOLE = "whole"
    FOUND = "found"
    REVISING = "revising"
    EDITED = "edited"
    UNDOING = "undoing"


HALF_DONE = frozenset((Stands.PART, Stands.REVISING, Stands.UNDOING))
"""A unit last seen so can't just stay: it is to be finished, or taken back."""


class DocumentState(StrEnum):
    """State of a document.

    ``SENDING``: on its way, its fate unknown until the answer is written down. ``MISSING``: never answered, looked up,
    and not there. ``REFUSED``: answered with a fault; before it is sent in a later run, it is looked up all the same.
    ``ALTERED``: looked up, and there, but not as it was sent: nothing is sent for its unit while it is. ``POSTED``: it
    stands. ``ORPHANED``: a payment that stands and does not pay its invoice, or not with all of it: it is voided before
    anything is made. ``LIFTED``: a payment that was voided for a change of its invoice: it is put back where that
    change is refused. ``VOIDED``: it stood.
    """

    SENDING = "sending"
    MISSING = "missing"
    REFUSED = "refused"
    ALTERED = "altered"
    POSTED = "posted"
    ORPHANED = "orphaned"
    LIFTED = "lifted"
    VOIDED = "voided"


STANDING = (DocumentState.SENDING, DocumentState.POSTED, DocumentState.ORPHANED)
"""States of a document that is in QuickBooks, or may be."""
PAST = (DocumentState.VOIDED, DocumentState.LIFTED)
"""States of a document beside which another one with its number may be made."""
