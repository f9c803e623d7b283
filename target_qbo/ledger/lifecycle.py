"""The tables of states: what may happen to a document, a posting unit and a ticket, and what they are then.

Pure: what is not in a table does not happen. :mod:`target_qbo.ledger.changes` carries the events into the database, and
the pages of the documentation are drawn from these tables.
"""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING

from target_qbo.ledger.status import DocumentState, Stands, TicketStatus

if TYPE_CHECKING:
    from collections.abc import Mapping


class IllegalChangeError(Exception):
    """Something was to happen that the tables do not know: a bug, and nothing of it is written."""


class DocumentEvent(StrEnum):
    """What happens to a document."""

    SENT = "sent"
    STANDS = "it stands"
    STRAYS = "it stands, not on its invoice"
    REFUSED = "refused"
    UNANSWERED = "not answered"
    FAILED = "answered with an error that says nothing of it"
    NOT_THERE = "looked up: not there"
    OVER = "looked up: not there, and can't come any more"
    DIFFERS = "looked up: differs"
    DOUBTED = "doubted"
    RENUMBERED = "renumbered"
    FOUND = "found"
    FOUND_VOIDED = "found voided"
    UPDATED = "updated"
    SEEN_OTHERWISE = "seen otherwise"
    OFF_ITS_INVOICE = "seen off its invoice"
    LIFTED = "voided for a change"
    TAKEN_BACK = "taken back"
    CHANGE_ENDED = "the change ended"


_D = DocumentState

DOCUMENTS: Mapping[DocumentEvent, Mapping[DocumentState | None, DocumentState | None]] = {
    DocumentEvent.SENT: {
        None: _D.SENDING,
        _D.SENDING: _D.SENDING,  # its request was not carried out
        _D.MISSING: _D.SENDING,
        _D.REFUSED: _D.SENDING,
    },
    DocumentEvent.STANDS: {_D.SENDING: _D.POSTED},
    DocumentEvent.STRAYS: {_D.SENDING: _D.ORPHANED},
    DocumentEvent.REFUSED: {_D.SENDING: _D.REFUSED},
    DocumentEvent.UNANSWERED: {_D.SENDING: _D.SENDING},
    DocumentEvent.FAILED: {_D.SENDING: _D.SENDING},
    DocumentEvent.NOT_THERE: {_D.SENDING: _D.MISSING},
    DocumentEvent.OVER: {_D.SENDING: _D.MISSING},
    DocumentEvent.DIFFERS: {None: _D.ALTERED, _D.SENDING: _D.ALTERED, _D.REFUSED: _D.ALTERED},
    DocumentEvent.DOUBTED: {_D.MISSING: _D.SENDING, _D.ALTERED: _D.SENDING, _D.REFUSED: _D.SENDING},
    DocumentEvent.RENUMBERED: {_D.REFUSED: None},
    DocumentEvent.FOUND: {None: _D.POSTED, _D.MISSING: _D.POSTED, _D.REFUSED: _D.POSTED},
    DocumentEvent.FOUND_VOIDED: {None: _D.VOIDED},
    DocumentEvent.UPDATED: {_D.POSTED: _D.POSTED},
    DocumentEvent.SEEN_OTHERWISE: {_D.SENDING: _D.SENDING, _D.POSTED: _D.POSTED, _D.ORPHANED: _D.ORPHANED},
    DocumentEvent.OFF_ITS_INVOICE: {_D.POSTED: _D.ORPHANED, _D.ORPHANED: _D.ORPHANED},
    DocumentEvent.LIFTED: {_D.POSTED: _D.LIFTED},
    DocumentEvent.TAKEN_BACK: {_D.POSTED: _D.VOIDED, _D.ORPHANED: _D.VOIDED, _D.SENDING: _D.VOIDED},
    DocumentEvent.CHANGE_ENDED: {_D.LIFTED: _D.VOIDED},
}


class UnitEvent(StrEnum):
    """What happens to what stands of a posting unit."""

    SENT = "its documents are sent"
    FINISHED = "all its documents stand"
    CHANGES = "what stands is about to be changed"
    UNDOES = "it is about to be undone"
    RESTORED = "the change was refused, all stands as before"
    EMPTIED = "nothing stands any more"
    FOUND = "documents were found"
    SEEN_OTHERWISE = "seen otherwise in QuickBooks"
    INSISTED = "a person asks for it"


_S = Stands

UNITS: Mapping[UnitEvent, Mapping[Stands, Stands]] = {
    UnitEvent.SENT: {
        _S.NOTHING: _S.PART,
        _S.FOUND: _S.PART,
        _S.PART: _S.PART,
        _S.WHOLE: _S.REVISING,
        _S.EDITED: _S.REVISING,
        _S.REVISING: _S.REVISING,
        _S.UNDOING: _S.UNDOING,
    },
    UnitEvent.FINISHED: dict.fromkeys(_S, _S.WHOLE),
    UnitEvent.CHANGES: {**dict.fromkeys(_S, _S.REVISING), _S.UNDOING: _S.UNDOING},
    UnitEvent.UNDOES: dict.fromkeys(_S, _S.UNDOING),
    UnitEvent.RESTORED: {},  # to what it was: each of the states may be
    UnitEvent.EMPTIED: dict.fromkeys(_S, _S.NOTHING),
    UnitEvent.FOUND: {**{stands: stands for stands in _S}, _S.NOTHING: _S.FOUND},
    UnitEvent.SEEN_OTHERWISE: {
        _S.NOTHING: _S.NOTHING,
        _S.PART: _S.REVISING,
        _S.REVISING: _S.REVISING,
        _S.UNDOING: _S.UNDOING,
        _S.WHOLE: _S.EDITED,
        _S.FOUND: _S.EDITED,
        _S.EDITED: _S.EDITED,
    },
    UnitEvent.INSISTED: {**{stands: stands for stands in _S}, _S.WHOLE: _S.EDITED, _S.FOUND: _S.EDITED},
}


class TicketEvent(StrEnum):
    """What becomes of a ticket."""

    SENT = "its documents are sent"
    POSTED = "all its documents stand"
    SKIPPED = "skipped"
    WAITS = "waits for its payments"
    VOIDED = "voided at the till"
    UNDONE = "undone"
    LEFT = "left half done, or for a later run"
    RESTORED = "as it was before it was to be undone"


TICKETS: Mapping[TicketEvent, TicketStatus | None] = {
    TicketEvent.SENT: TicketStatus.POSTING,
    TicketEvent.POSTED: TicketStatus.POSTED,
    TicketEvent.SKIPPED: TicketStatus.SKIPPED,
    TicketEvent.WAITS: TicketStatus.WAITING,
    TicketEvent.VOIDED: TicketStatus.VOIDED,
    TicketEvent.UNDONE: TicketStatus.UNDONE,
    TicketEvent.LEFT: TicketStatus.POSTING,
    TicketEvent.RESTORED: None,  # what it was
}


def sources(event: DocumentEvent) -> tuple[DocumentState, ...]:
    """Return the states of a document in which something may happen to it."""
    return tuple(state for state in DOCUMENTS[event] if state is not None)


def target(event: DocumentEvent) -> DocumentState | None:
    """Return what a document is after an event that leads to one state alone; None: it is forgotten.

    Raises:
        IllegalChangeError: The event leads to several.
    """
    targets = set(DOCUMENTS[event].values())
    if len(targets) != 1:
        raise IllegalChangeError(f"{event} leads to several states")
    return targets.pop()
