"""The ledger's side of sending: every write noted before it leaves, every answer noted item by item."""

from __future__ import annotations

import datetime as dt
import logging
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from target_qbo.accounting import DocumentKind
from target_qbo.errors import UnreachableError
from target_qbo.ledger import documents
from target_qbo.ledger.sendings import Answer, Finished, Key, Sending, write_answers, write_sending, write_unanswered
from target_qbo.ledger.status import DocumentState
from target_qbo.names.methods import EVERY, Methods
from target_qbo.names.preferences import preferences_in
from target_qbo.posting.applied import PAID_OTHERWISE, not_applied, pays
from target_qbo.posting.courier import NotDone, Outcome, Posted, Refused
from target_qbo.posting.recovery import AlteredError, find_numbered, find_payments
from target_qbo.posting.takeback import take_back
from target_qbo.posting.totals import difference, total_of
from target_qbo.qbo import faults

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from target_qbo.ledger import CompanyLedger
    from target_qbo.ledger.documents import Found, StandingDocument
    from target_qbo.posting.settlements import Settlements
    from target_qbo.posting.summary import RunSummary
    from target_qbo.posting.takeback import Obstacle
    from target_qbo.posting.work import TicketWork, Write
    from target_qbo.qbo import Fault, QboClient

logger = logging.getLogger("target-qbo.posting")


# What is voided keeps its number: a ticket that was undone and posted several times needs as many.
_FURTHER_NUMBERS = 8


@dataclass(slots=True)
class _Notes:
    """What one answer adds to the ledger, and what follows from it."""

    posted: list[Answer] = field(default_factory=list)
    absent: list[Key] = field(default_factory=list)
    finished: list[Finished] = field(default_factory=list)
    done: list[TicketWork] = field(default_factory=list)
    refused: list[TicketWork] = field(default_factory=list)
    stray: list[TicketWork] = field(default_factory=list)
    follow: list[Write] = field(default_factory=list)
    unanswered: list[Key] = field(default_factory=list)


class Bookkeeping:
    """Writes down what leaves and what comes back (the dispatcher's ``Bookkeeper``).

    Args:
        ledger: The company's ledger.
        client: The company, to take back what can't stand.
        settlements: Where refused tickets are skipped.
        summary: Where documents are counted.
        forget_references: Called when an id of QuickBooks turns out stale.
        still_alone: Raises where it is not sure any more that no other process posts for the company.

    Attributes:
        unfinished: Whether tickets of this pass need another one.
    """

    def __init__(
        self,
        ledger: CompanyLedger,
        client: QboClient,
        settlements: Settlements,
        summary: RunSummary,
        forget_references: Callable[[], None],
        still_alone: Callable[[], None],
    ) -> None:
        self._ledger = ledger
        self._client = client
        self._settlements = settlements
        self._summary = summary
        self._forget_references = forget_references
        self._still_alone = still_alone
        self._resolved_anew: set[int] = set()
        self._again: list[TicketWork] = []
        self._closed_until: str | None = None
        self.unfinished = False

    def leaving(self, writes: Sequence[Write]) -> str:
        """Write down, durably, that these writes are about to be sent; the posting lock must still be ours.

        Returns:
            The requestid of their request.
        """
        self._still_alone()
        sendings = [
            Sending(
                write.work.key,
                write.kind,
                write.number,
                write.amount,
                write.work.document.date,
                write.method,
                write.work.fingerprint,
                write.digest(),
            )
            for write in writes
        ]
        return write_sending(self._ledger, sendings, _now())

    def answered(self, outcomes: Sequence[tuple[Write, Outcome]]) -> list[Write]:
        """Write down the outcomes; returns the writes that became possible."""
        notes = _Notes()
        for write, outcome in outcomes:
            self._note(notes, write, outcome)
        write_answers(self._ledger, notes.posted, notes.absent, notes.finished, _now())
        write_unanswered(self._ledger, notes.unanswered, _now())
        self._summary.posted += len(notes.finished)
        for work in notes.stray:
            self._void_strays(work.key)  # at once: QuickBooks may put open credit on any next invoice
        for work in notes.done:
            _log_posted(work)
        for work in notes.refused:
            self._refuse(work)
        follow = notes.follow + [write for work in self._again for write in work.next_writes()]
        self._again.clear()
        return follow

    def _note(self, notes: _Notes, write: Write, outcome: Outcome) -> None:
        work = write.work
        if isinstance(outcome, NotDone):
            return
        if isinstance(outcome, Posted):
            entity = outcome.entity
            made = total_of(entity, write.amount)
            token = str(entity.get("SyncToken", "0"))
            on_invoice = write.kind is not DocumentKind.PAYMENT or pays(entity, work.posted_id, write.amount)
            answer = Answer(work.key, write.kind, write.number, str(entity["Id"]), token, made, pays=on_invoice)
            notes.posted.append(answer)
            if on_invoice:
                work.refused = work.refused or difference(write.amount, made)
            else:
                work.refused = not_applied(write)
                notes.stray.append(work)
            work.arrived(write, str(entity["Id"]))
            self._summary.add_document(write.kind, write.amount)
        elif isinstance(outcome, Refused):
            notes.absent.append((work.key, write.kind, write.number))
            work.refused = work.refused or outcome.fault
            work.arrived(write, None)
        else:
            notes.unanswered.append((work.key, write.kind, write.number))
            self.unfinished = True  # still outstanding: its fate is looked up before the next pass
            return
        if work.outstanding:
            return
        if work.refused is not None:
            notes.refused.append(work)
        elif work.unpaid:
            notes.follow += work.next_writes()
        else:
            notes.finished.append(Finished(work.key, work.revision, work.fingerprint))
            notes.done.append(work)

    def _refuse(self, work: TicketWork) -> None:
        """Take back what stands of a ticket of which something was refused, and skip it with the fault."""
        fault = work.refused
        if fault is None:
            return
        standing = documents.standing(self._ledger, [work.key]).get(work.key, [])
        if fault.code == faults.DUPLICATE_NUMBER and work.posted_id is None:
            if self._number_taken(work):
                return
            fault = work.refused or fault
        if fault.code in faults.STALE_REFERENCES and work.key not in self._resolved_anew:
            logger.info("an id of QuickBooks is stale (%s): looking everything up again", fault, extra=work.names)
            self._resolved_anew.add(work.key)
            self._forget_references()
            self.unfinished = True
            return
        # What pays an invoice otherwise would become open credit if that were voided: the invoice stays as it is.
        stays = fault.code == PAID_OTHERWISE
        obstacle = self._void_strays(work.key) if stays else self._take_back(standing)
        if obstacle is not None:
            documents.leave_open(self._ledger, work.key, f"{fault}; {obstacle.text}", _now())
            self._summary.open += 1
            return
        if not stays:
            documents.write_fingerprint(self._ledger, work.key, None)
        self._settlements.skip(work.key, work.revision, fault.skip_code, self._told(fault))
        self._settlements.flush()

    def _void_strays(self, key: int) -> Obstacle | None:
        """Void the payments of a ticket that are not on its invoice."""
        standing = documents.standing(self._ledger, [key]).get(key, [])
        return self._take_back([document for document in standing if document.state is DocumentState.ORPHANED])

    def _take_back(self, some: Sequence[StandingDocument]) -> Obstacle | None:
        obstacle = take_back(self._ledger, self._client, some)
        left = obstacle.left if obstacle is not None else ()
        for document in some:
            if document not in left:
                self._summary.take_back(DocumentKind(document.kind), document.amount)
        return obstacle

    def _told(self, fault: Fault) -> str:
        """Tell a fault; of a closed period also the date, which QuickBooks' own words leave out and a read tells."""
        if fault.code != faults.PERIOD_CLOSED:
            return str(fault)
        if self._closed_until is None:
            try:
                kept = preferences_in(next(self._client.query("Preferences"), {}))
            except UnreachableError:
                return str(fault)
            self._closed_until = f"closed up to and including {kept.closed_until}; " if kept.closed_until else ""
        return self._closed_until + str(fault)

    def _number_taken(self, work: TicketWork) -> bool:
        """Take over the document that has the number, where it is this one; else go on with the further number."""
        methods = Methods(self._ledger, lambda: self._client.query("PaymentMethod", EVERY))
        found: Found | None = None
        paid: list[Found] = []
        try:
            found, voided = find_numbered(self._ledger, self._client, work.document, methods)
            if found is not None and work.unpaid:
                paid = find_payments(self._client, work.document, found.qbo_id, methods)
        except UnreachableError:
            self.unfinished = True
            return True
        except AlteredError as error:
            documents.adopt(self._ledger, [found] if found is not None else [], _now())
            documents.enter_altered(self._ledger, work.key, error.document, _now())
            work.refused = error.fault
            return False
        if found is not None:
            text = "%s %s of this ticket was there already and is taken over"
            logger.info(text, found.kind, found.number, extra={"event_name": "document_adopted", **work.names})
            documents.adopt(self._ledger, [found, *paid], _now())
            self._summary.add_document(work.document.kind, found.amount)
            work.posted_id, work.refused = found.qbo_id, None
            for payment in paid:
                work.unpaid.pop(payment.number, None)
            if work.unpaid:
                self._again.append(work)
            else:
                self._finish(work)
            return True
        if work.renumbered >= (_FURTHER_NUMBERS if voided else 1):
            return False
        work.renumber()
        self._again.append(work)
        return True

    def _finish(self, work: TicketWork) -> None:
        finished = Finished(work.key, work.revision, work.fingerprint)
        write_answers(self._ledger, [], [], [finished], _now())
        self._summary.posted += 1
        _log_posted(work)


def _log_posted(work: TicketWork) -> None:
    document = work.document
    text = "posted: %s %s of %s"
    logger.debug(
        text, document.kind, document.number, document.total, extra={"event_name": "ticket_posted", **work.names}
    )


def _now() -> dt.datetime:
    return dt.datetime.now(dt.UTC)
