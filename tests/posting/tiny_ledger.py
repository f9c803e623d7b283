"""A ledger as small as it can be, in memory: what happens to documents, units and tickets is what the tables say.

With it the machine runs without a database: the plan, the way of a unit, and the tables of states.
"""

from __future__ import annotations

import uuid
from collections import Counter, defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from target_qbo.ledger.documents import StandingDocument
from target_qbo.ledger.lifecycle import DOCUMENTS, UNITS, DocumentEvent, UnitEvent
from target_qbo.ledger.status import PAST, STANDING, DocumentState, Stands, TicketStatus
from target_qbo.ledger.units import UnitView

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from target_qbo.ledger.changes import Changes, Key
    from target_qbo.posting.ops import Op

_ANEW = frozenset((DocumentEvent.REFUSED, DocumentEvent.FAILED, DocumentEvent.DIFFERS, DocumentEvent.OVER))
"""After these a document is sent under another requestid."""


@dataclass(slots=True)
class TinyDocument:
    """A document."""

    key: Key
    state: DocumentState
    told: dict[str, Any]
    attempt: str | None = None
    missed: int = 0


@dataclass(slots=True)
class TinyTicket:
    """A ticket, which is a unit; ``record`` and ``paid`` are as they were received."""

    record: Mapping[str, Any]
    paid: Sequence[Mapping[str, Any]]
    status: TicketStatus = TicketStatus.RECEIVED
    pending: bool = True
    code: str | None = None
    stands: Stands = Stands.NOTHING
    fingerprint: str | None = None
    failures: int = 0


class TinyLedger:
    """What is known of a company: tickets by key, which is their unit's too, and documents."""

    def __init__(self) -> None:
        self.tickets: dict[int, TinyTicket] = {}
        self.documents: list[TinyDocument] = []

    def receive(self, key: int, record: Mapping[str, Any], paid: Sequence[Mapping[str, Any]]) -> None:
        """Receive a ticket as it is now; one that did not change is not decided again."""
        known = self.tickets.setdefault(key, TinyTicket(record, paid))
        if (known.record, known.paid) != (record, paid):
            undone = known.status is TicketStatus.UNDONE
            known.record, known.paid, known.pending = record, paid, True
            known.status = TicketStatus.RECEIVED if undone else known.status

    def view(self, key: int) -> UnitView:
        """Return a unit as posting sees it."""
        ticket = self.tickets[key]
        own = [one for one in self.documents if one.key[0] == key]
        return UnitView(
            key,
            key,
            0,
            ticket.status,
            ticket.record,
            ticket.paid,
            pending=ticket.pending,
            stands=ticket.stands,
            fingerprint=ticket.fingerprint,
            standing=[_standing(one) for one in own if one.state in STANDING],
            lifted=[_standing(one) for one in own if one.state is DocumentState.LIFTED],
            missing={one.key[1:]: one.attempt or "" for one in own if one.state is DocumentState.MISSING},
            failures=ticket.failures,
            code=ticket.code,
        )

    def of(self, state: DocumentState) -> Iterator[StandingDocument]:
        """Yield the documents in a state."""
        yield from [_standing(one) for one in self.documents if one.state is state]

    def known(self, kind: str, qbo_ids: Sequence[str]) -> set[str]:
        """Return which of these ids it knows."""
        own = {one.told.get("qbo_id") for one in self.documents if one.key[1] == kind}
        return {qbo_id for qbo_id in qbo_ids if qbo_id in own}

    def send(self, ops: Sequence[Op]) -> str:
        """Write down that documents leave; returns the requestid of their request."""
        attempts = []
        for op in ops:
            self._happens(op.key, DocumentEvent.SENT, {"amount": op.amount, "date": op.date, "method": op.method})
            document = self._named(op.key)
            document.attempt = document.attempt or uuid.uuid4().hex
            attempts.append(f"{document.attempt} {op.digest()}")
            self._unit(op.key[0], UnitEvent.SENT, op.work.fingerprint)
            ticket = self.tickets[op.key[0]]
            ticket.status, ticket.code = TicketStatus.POSTING, None
        return str(uuid.uuid5(uuid.NAMESPACE_OID, ";".join(attempts)))

    def write(self, changes: Changes) -> None:
        """Write down what happened."""
        for one in changes.documents:
            self._happens(one.key, one.event, one.values)
        for document in self.documents:
            if document.key[0] in changes.ended and document.state is DocumentState.LIFTED:
                document.state = DocumentState.VOIDED
        for change in changes.units:
            self._unit(change.unit, change.event, change.fingerprint, change.restored)
        for unit, number in Counter(changes.failed).items():
            self.tickets[unit].failures += number
        for settled in changes.settled:
            ticket = self.tickets[settled.ticket]
            ticket.status = settled.status
            ticket.code = settled.code
            ticket.pending = settled.pending

    def doubt(self) -> None:
        """Have what an earlier run sent, and does not know to stand, looked up again."""
        for document in self.documents:
            if self.tickets[document.key[0]].pending and document.state in DOCUMENTS[DocumentEvent.DOUBTED]:
                document.state, document.missed = DocumentState.SENDING, 0

    def _named(self, key: Key) -> TinyDocument:
        return next(one for one in self.documents if one.key == key and one.state not in PAST)

    def _happens(self, key: Key, event: DocumentEvent, told: Mapping[str, Any]) -> None:
        document = next((one for one in self.documents if one.key == key and one.state not in PAST), None)
        after = DOCUMENTS[event][None if document is None else document.state]
        if document is None:
            assert after is not None
            document = TinyDocument(key, after, {})
            self.documents.append(document)
        if after is None:
            self.documents.remove(document)
            return
        document.state = after
        document.told |= told
        document.missed += event in {DocumentEvent.NOT_THERE, DocumentEvent.OVER}
        if event in _ANEW:
            document.attempt = None

    def _unit(self, key: int, event: UnitEvent, mark: str | None, restored: Stands | None = None) -> None:
        ticket = self.tickets[key]
        ticket.stands = restored or UNITS[event].get(ticket.stands, ticket.stands)
        ticket.fingerprint = mark or ticket.fingerprint if ticket.stands in {Stands.PART, Stands.WHOLE} else None
        if event in {UnitEvent.FINISHED, UnitEvent.EMPTIED}:
            ticket.failures = 0


def _standing(one: TinyDocument) -> StandingDocument:
    told = defaultdict(lambda: None, one.told)
    unit, kind, number = one.key
    return StandingDocument(
        unit,
        kind,
        number,
        one.told["amount"],
        one.told["date"],
        told["method"],
        one.state,
        told["qbo_id"],
        one.attempt,
        None,
        "1",
        str(unit),
        one.missed,
    )
