"""From pending tickets to what is to be sent: decided by the rules, compared with what stands, references resolved."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING

from target_qbo.accounting import Document, DocumentKind, PaymentMethod, Voided, Waiting, decide_records
from target_qbo.accounting.liabilities import booked_as_income
from target_qbo.errors import ConfigurationError
from target_qbo.ledger import documents, tickets
from target_qbo.ledger.rebuilding import FOUND_VOIDED, FOUND_VOIDED_REASON
from target_qbo.ledger.sendings import Finished, write_answers
from target_qbo.ledger.status import HALF, REVISING, UNDOING, DocumentState, TicketStatus
from target_qbo.names.entities import UnavailableError
from target_qbo.names.references import References
from target_qbo.posting.applied import GONE, PAID_OTHERWISE, unpayable
from target_qbo.posting.revision import RevisionRefusedError, revise
from target_qbo.posting.takeover import first_date, verify_company
from target_qbo.posting.work import EARLIEST, TicketWork, fingerprint
from target_qbo.qbo import QboFaultError, faults

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from decimal import Decimal

    from target_qbo.ledger import CompanyLedger
    from target_qbo.ledger.documents import StandingDocument
    from target_qbo.ledger.tickets import PendingTicket
    from target_qbo.posting.payloads import DocumentRefs
    from target_qbo.posting.settlements import Settlements
    from target_qbo.posting.summary import RunSummary
    from target_qbo.posting.work import Write
    from target_qbo.qbo import Fault, QboClient
    from target_qbo.settings import Settings

_STALE = frozenset(f"qbo_{code}" for code in faults.STALE_REFERENCES)
_A_READ = 30
_AS_THEY_WERE = "; the documents in QuickBooks are as they were"


class Deciding:
    """Decides the pending tickets of one company.

    Attributes:
        set_aside: Whether tickets were passed over because the fate of a document of theirs is unknown.
    """

    def __init__(
        self,
        ledger: CompanyLedger,
        client: QboClient,
        settings: Settings,
        settlements: Settlements,
        summary: RunSummary,
    ) -> None:
        self._ledger = ledger
        self._client = client
        self._settings = settings
        self._settlements = settlements
        self._summary = summary
        self._references: References | None = None
        self._resolved_anew: set[int] = set()
        self.set_aside = False

    def writes(self, altered: Mapping[int, Fault]) -> Iterator[Write]:
        """Yield the first writes of every pending ticket that has any; the others are settled on the way.

        Args:
            altered: Tickets of which a document stands otherwise than it was sent: nothing is sent for them.
        """
        self.set_aside = False
        dates = tickets.pending_dates(self._ledger)
        if dates is None:
            return
        references = self._open_company(dates[0])
        half: list[TicketWork] = []
        for pending in tickets.pending(self._ledger):
            if pending.key in altered:
                fault = altered[pending.key]
                self._settlements.skip(*_as_read(pending), fault.skip_code, str(fault))
                continue
            if any(document.state is DocumentState.SENDING for document in pending.standing):
                self.set_aside = True
                continue
            work = self._decide(pending, references)
            if work is not None and work.posted_id is None:
                yield from work.next_writes()
            elif work is not None:
                half.append(work)
            if len(half) == _A_READ:
                yield from self._payments(half)
                half = []
        yield from self._payments(half)
        self._settlements.flush()

    def _payments(self, half: Sequence[TicketWork]) -> Iterator[Write]:
        """Yield the payments of invoices that stood before; what a person did to one meanwhile hinders its own."""
        hindered = unpayable(self._client, half)
        for work in half:
            if work.key in hindered:
                fault = hindered[work.key]
                self._settlements.skip(work.key, work.revision, fault.skip_code, str(fault))
            else:
                yield from work.next_writes()

    def forget_references(self) -> None:
        """Have every id looked up again: one was stale."""
        if self._references is not None:
            self._references.forget()

    def _decide(self, pending: PendingTicket, references: References) -> TicketWork | None:
        decision = decide_records(
            pending.record, pending.payments, pending.discounts, self._settings.rules, dt.datetime.now(dt.UTC)
        )
        if isinstance(decision, Voided):
            self._void(pending)
        elif pending.code == FOUND_VOIDED:
            self._settlements.settle(*_as_read(pending), TicketStatus.UNDONE, FOUND_VOIDED, FOUND_VOIDED_REASON)
        elif isinstance(decision, Document):
            return self._compare(pending, decision, references)
        elif pending.standing and not pending.half_done:
            self._settlements.skip(
                *_as_read(pending),
                "changed_inconsistent",
                f"the ticket changed at the till after it was posted: {decision.reason}{_AS_THEY_WERE}",
            )
        elif pending.standing and self._revise(pending, None, None) is None:
            return None
        elif isinstance(decision, Waiting):
            self._settlements.wait(*_as_read(pending), decision.reason, decision.until)
        else:
            self._settlements.skip(*_as_read(pending), decision.code, decision.reason)
        return None

    def _compare(self, pending: PendingTicket, document: Document, references: References) -> TicketWork | None:
        """Tell a new ticket from one that stands, and one half posted from one that changed since."""
        if document.date < EARLIEST:
            self._settlements.skip(*_as_read(pending), "date_out_of_range", f"{document.date} is no date of a sale")
            return None
        if pending.standing and pending.fingerprint == fingerprint(document):
            self._settlements.settle(*_as_read(pending), TicketStatus.POSTED)
            return None
        changed = pending.standing and not pending.half_done and not _part_of(pending, document)
        if changed and not pending.insisted and self._settings.on_change == "skip":
            self._settlements.skip(
                *_as_read(pending), "changed", f"the ticket changed at the till after it was posted{_AS_THEY_WERE}"
            )
            return None
        return self._prepare(pending, document, references)

    def _void(self, pending: PendingTicket) -> None:
        """Carry a void at the till into QuickBooks."""
        whole = pending.standing and not pending.half_done and not pending.insisted
        if whole and self._settings.on_change == "skip":
            self._settlements.skip(
                *_as_read(pending), "changed", f"the ticket was voided at the till after it was posted{_AS_THEY_WERE}"
            )
        elif not pending.standing or self._revise(pending, None, None) is not None:
            self._settlements.settle(*_as_read(pending), TicketStatus.VOIDED)

    def _revise(
        self, pending: PendingTicket, document: Document | None, refs: DocumentRefs | None
    ) -> Sequence[StandingDocument] | None:
        """Redo what differs; returns what stands and is right, None where the ticket was settled on the way.

        Before the first change the ledger forgets that the ticket stands as a whole, and learns it again at the end.
        """
        if not pending.standing or (document is not None and _part_of(pending, document)):
            return pending.standing

        undoing = pending.fingerprint == UNDOING  # cut short: what of it still stands is sure only once all is gone

        def before_first_write() -> None:
            if not undoing:
                documents.write_fingerprint(self._ledger, pending.key, REVISING)

        wanted = None if undoing else document
        try:
            kept = revise(self._ledger, self._client, pending.standing, wanted, refs, self._summary, before_first_write)
        except RevisionRefusedError as error:
            self._refused(pending, error)
            return None
        if wanted is None:
            documents.write_fingerprint(self._ledger, pending.key, None)
        return kept

    def _refused(self, pending: PendingTicket, error: RevisionRefusedError) -> None:
        settled = error.final and (error.nothing_stands or not pending.half_done)
        if settled:
            stands = None if error.nothing_stands else pending.fingerprint
            documents.write_fingerprint(self._ledger, pending.key, stands)
        if error.code in _STALE and pending.key not in self._resolved_anew:
            self._resolved_anew.add(pending.key)
            self.forget_references()
            self.set_aside = True
        elif settled or error.code in {GONE, PAID_OTHERWISE}:
            self._settlements.skip(*_as_read(pending), error.code, f"{_why(pending)}{error}")
        else:
            documents.leave_open(self._ledger, pending.key, str(error), dt.datetime.now(dt.UTC))
            self._summary.open += 1

    def _prepare(self, pending: PendingTicket, document: Document, references: References) -> TicketWork | None:
        try:
            refs, start = self._resolve(references, document)
        except UnavailableError as error:
            self._settlements.skip(*_as_read(pending), "unavailable", str(error))
            return None
        if start is not None and document.date < start:
            self._settlements.skip(
                *_as_read(pending),
                "before_inventory_start",
                f"QuickBooks keeps inventory of {self._settings.rules.product_item!r} from {start} on and takes no "
                "earlier sale: set the item's start date back in QuickBooks",
            )
            return None
        standing = self._revise(pending, document, refs)
        if standing is None:
            return None
        if not pending.standing:
            has_account = PaymentMethod.GIFT_CARD in self._settings.deposit_accounts
            self._summary.owed += booked_as_income(document, gift_cards_have_an_account=has_account)
            self._summary.unmapped.add(document.unmapped)
        fields = {"location": "location_id", "ticket": "ticket_id", "receipt": "number"}
        names = {name: pending.record.get(column) for name, column in fields.items()}
        work = TicketWork(pending.key, pending.revision, document, refs, missing=pending.missing, names=names)
        return self._resume(work, standing)

    def _resolve(self, references: References, document: Document) -> tuple[DocumentRefs, dt.date | None]:
        """Look up what a document refers to; where an id turns out stale on the way, everything anew, once."""
        for last in (False, True):
            try:
                return references.for_document(document), references.inventory_start(document)
            except QboFaultError as error:
                if last or error.fault.code not in faults.STALE_REFERENCES:
                    raise ConfigurationError(f"QuickBooks refuses what the documents need: {error}") from None
                references.forget()
        raise AssertionError

    def _resume(self, work: TicketWork, standing: Sequence[StandingDocument]) -> TicketWork | None:
        """Leave out what stands already; nothing is left of a ticket all of whose documents do."""
        document = work.document
        stand = {own.number for own in standing if own.kind == DocumentKind.PAYMENT}
        work.unpaid = {payment.key: payment for payment in document.payments if payment.key not in stand}
        own = next((own for own in standing if own.kind == document.kind), None)
        if own is None:
            return work
        work.posted_id = own.qbo_id
        if work.unpaid:
            return work
        finished = Finished(work.key, work.revision, work.fingerprint)
        write_answers(self._ledger, [], [], [finished], dt.datetime.now(dt.UTC))
        return None

    def _open_company(self, earliest: dt.date) -> References:
        """Give the references; on the first use make sure that the ledger knows what stands in the company."""
        if self._references is None:
            earliest = first_date(max(earliest, EARLIEST), self._settings.rules)
            self._references = References(self._ledger, self._client, self._settings, earliest)
            verify_company(
                self._ledger,
                self._client,
                self._references,
                earliest,
                accept_existing=self._settings.accept_existing,
            )
        return self._references


def _part_of(pending: PendingTicket, document: Document) -> bool:
    """Tell whether what stands of a ticket, half posted or found in QuickBooks, is part of what is to stand."""
    if pending.fingerprint is not None and pending.fingerprint != HALF + fingerprint(document):
        return False
    due = {payment.key: (payment.amount, _folded(payment.method)) for payment in document.payments}
    own = (document.total, _folded(document.method))
    wanted = [
        standing.state is not DocumentState.ORPHANED
        and standing.date == document.date
        and _amounts_to(standing, own if standing.kind == document.kind else due.get(standing.number))
        for standing in pending.standing
    ]
    return all(wanted) and any(standing.kind == document.kind for standing in pending.standing)


def _why(pending: PendingTicket) -> str:
    """Tell why what stands of a ticket was to be changed; nothing where it was only to be finished."""
    if pending.insisted:
        return "it is to be put right, but "
    return "" if pending.half_done else "the ticket changed at the till, but "


def _amounts_to(standing: StandingDocument, wanted: tuple[Decimal, str] | None) -> bool:
    """Tell whether a document has that amount and, where its own is known, that payment method."""
    if wanted is None:
        return False
    amount, method = wanted
    return standing.amount == amount and (standing.method is None or _folded(standing.method) == method)


def _folded(method: str | None) -> str:
    """Return a payment method as names are compared: QuickBooks' own may differ in case."""
    return (method or "").casefold()


def _as_read(pending: PendingTicket) -> tuple[int, int]:
    return pending.key, pending.revision
