"""Holding the documents of chosen tickets against QuickBooks, so that a resync puts right what was changed by hand.

Nothing is written in QuickBooks here. What differs is written into the ledger: then the engine sees it, in this run or,
after a crash, in the next. Source: accounting rules, After posting.
"""

from __future__ import annotations

import logging
from dataclasses import dataclass, field
from decimal import Decimal
from typing import TYPE_CHECKING

from target_qbo.accounting import Document, DocumentKind, Voided
from target_qbo.ledger import again, changes, documents, references, units
from target_qbo.ledger.adopting import gone
from target_qbo.ledger.changes import Changes, DocumentChange, UnitChange
from target_qbo.ledger.lifecycle import DocumentEvent, TicketEvent, UnitEvent
from target_qbo.names.lists import EVERY
from target_qbo.names.methods import Methods
from target_qbo.posting.findings import PAID_OTHERWISE, Hindrance
from target_qbo.posting.journal import now
from target_qbo.posting.lines import booked_lines, item_ids, other_lines, wanted_lines
from target_qbo.posting.observe import by_id, find_unknown
from target_qbo.posting.plan import decided, fingerprint
from target_qbo.qbo import faults

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Mapping, Sequence

    from target_qbo.accounting.documents import Decision
    from target_qbo.company import Company
    from target_qbo.ledger.changes import Key
    from target_qbo.ledger.documents import StandingDocument
    from target_qbo.ledger.units import UnitView
    from target_qbo.posting.standing import Standing

logger = logging.getLogger("target-qbo.verifying")

_TICKETS_AT_ONCE = 200


@dataclass(slots=True)
class _Judgement:
    """What one unit's documents look like in QuickBooks.

    Attributes:
        voided: What was voided or deleted there.
        orphaned: Payments that do not pay their invoice, or not with all of it.
        edited: What was changed otherwise.
        hindrance: Why it can't be put right.
        invoices: Ids of other invoices that its payments are on.
        payments: Ids of other payments on its invoice.
    """

    voided: list[StandingDocument] = field(default_factory=list)
    orphaned: list[StandingDocument] = field(default_factory=list)
    edited: list[DocumentChange] = field(default_factory=list)
    hindrance: Hindrance | None = None
    invoices: list[str] = field(default_factory=list)
    payments: list[str] = field(default_factory=list)

    @property
    def differs(self) -> bool:
        return bool(self.voided or self.orphaned or self.edited)


def mark_again(company: Company, keys: Sequence[int], *, insist: bool) -> list[int]:
    """Hold chosen tickets against QuickBooks and have the next run decide them again.

    Args:
        company: The company.
        keys: The tickets' keys in the ledger.
        insist: Whether a person named them: then a change that ``on_change: skip`` left alone is carried out. Else such
            tickets are decided as the setting says, and not looked at here.

    Returns:
        Keys of further tickets that had to be taken along: open credit of one of them had gone to the other's invoice.

    Raises:
        TargetError: QuickBooks can't be reached, or a person is needed; what was found so far is written down.
    """
    ledger = company.ledger
    with ledger.lock("posting", lambda: logger.warning("a run is posting: waiting for it to end")):
        find_unknown(company, now())
        held = set() if insist or company.settings.on_change != "skip" else set(again.left_alone(ledger, keys))
        verifier = _Verifier(company)
        done, due = set(keys), list(keys)
        while due:
            further: set[int] = set()
            for start in range(0, len(due), _TICKETS_AT_ONCE):
                some = due[start : start + _TICKETS_AT_ONCE]
                stopped, touched = verifier.verify([key for key in some if key not in held])
                again.mark(ledger, [key for key in some if key not in stopped], insist=insist, now=now())
                further |= touched
            due = sorted(further - done)
            done |= further
        return sorted(done.difference(keys))


class _Verifier:
    def __init__(self, company: Company) -> None:
        self._ledger = company.ledger
        self._client = company.client
        self._rules = company.settings.rules
        known = references.load(company.ledger)
        self._guests = {found.qbo_id for (entity, _), found in known.items() if entity == "Customer"}
        self._items = item_ids(known)
        self._methods = Methods(company.ledger, lambda: company.client.query("PaymentMethod", EVERY))

    def verify(self, keys: Sequence[int]) -> tuple[set[int], set[int]]:
        """Write down what differs; returns the tickets that may not be touched, and others that are affected."""
        views = [view for view in units.whole(self._ledger, keys).values() if view.standing]
        rows = by_id(self._client, [document for view in views for document in view.standing])
        judged = {view.key: self._judge(view, rows) for view in views}
        affected = self._affected(judged)
        found = Changes()
        stopped: set[int] = set()
        for view in views:
            one = judged[view.key]
            if not one.differs:
                continue
            if one.hindrance is not None:
                why = one.hindrance
                found.settled += view.settled(TicketEvent.SKIPPED, why.code, why.reason)
                stopped.update(view.tickets)
            else:
                self._write(found, view, one, rows)
        changes.write(self._ledger, found, now())
        return stopped, affected

    def _write(self, found: Changes, view: UnitView, one: _Judgement, rows: Mapping[Key, Standing]) -> None:
        for document in one.voided:
            found.happens(gone(document.kind, document.state, view.stands), document.key)
        found.documents += one.edited
        if self._may_be_remade(view, one):
            for document in one.orphaned:
                found.happens(DocumentEvent.OFF_ITS_INVOICE, document.key)
        else:  # they stay, with what of them pays their invoice: so they are seen to be wrong later
            main = next((document.qbo_id for document in view.standing if document.kind != DocumentKind.PAYMENT), None)
            for document in one.orphaned:
                pays = rows[document.key].applied.get(main or "", Decimal(0))
                found.documents.append(_as_seen(document, pays, document.date, document.method))
        stands = len(one.voided) < len(view.standing)
        event = UnitEvent.SEEN_OTHERWISE if stands else UnitEvent.EMPTIED
        found.units.append(UnitChange(view.key, event))
        found.reopened.append(view.key)  # where what follows is cut short, the next run puts it right

    def _judge(self, view: UnitView, rows: Mapping[Key, Standing]) -> _Judgement:
        judged = _Judgement()
        main = next((one for one in view.standing if one.kind != DocumentKind.PAYMENT), None)
        main_row = rows.get(main.key) if main is not None else None
        wanted = self._as_posted(view)
        wrong: list[Standing] = []
        for document in view.standing:
            row = rows.get(document.key)
            if row is None:
                judged.voided.append(document)
            elif document.kind == DocumentKind.PAYMENT and self._is_orphan(row, main_row):
                judged.orphaned.append(document)
                wrong.append(row)
            elif self._differs(document, row) or (row is main_row and self._is_of_other_lines(wanted, row)):
                judged.edited.append(_as_seen(document, row.total(), row.date, self._methods.named(row.row)))
                wrong += [row] if document.kind == DocumentKind.PAYMENT else []
        deposited = next((row for row in wrong if row.deposited), None)
        if deposited is not None:
            judged.hindrance = Hindrance(
                f"qbo_{faults.IN_DEPOSIT}",
                f"payment {deposited.number} of {deposited.total()} is in a bank deposit and no longer as it was "
                "posted: take it off the deposit in QuickBooks, then resync the ticket",
            )
        own = {document.qbo_id for document in view.standing}
        if main_row is not None:
            judged.payments = [one for one in main_row.linked("Payment") if one not in own]
        judged.invoices = [one for row in wrong for one in row.applied if one not in own]
        return judged

    def _as_posted(self, view: UnitView) -> Document | None:
        """Return the document with which a ticket was posted; None where it is not known."""
        decision = self._decision(view)
        is_known = isinstance(decision, Document) and view.fingerprint == fingerprint(decision)
        return decision if is_known and isinstance(decision, Document) else None

    def _is_of_other_lines(self, wanted: Document | None, row: Standing) -> bool:
        return wanted is not None and other_lines(wanted_lines(wanted), booked_lines(row, self._items)) is not None

    def _affected(self, judged: Mapping[int, _Judgement]) -> set[int]:
        """Return the tickets whose payments or invoices are linked with ours; a stranger's payment is a hindrance."""
        differing = [one for one in judged.values() if one.differs]
        invoices = [qbo_id for one in differing for qbo_id in one.invoices]
        payments = [qbo_id for one in differing for qbo_id in one.payments]
        of = documents.units_of(self._ledger, DocumentKind.INVOICE, invoices) if invoices else {}
        owners = documents.units_of(self._ledger, DocumentKind.PAYMENT, payments) if payments else {}
        for one in differing:
            strangers = [qbo_id for qbo_id in one.payments if qbo_id not in owners]
            if strangers and one.hindrance is None:
                one.hindrance = Hindrance(
                    PAID_OTHERWISE,
                    f"the invoice is paid by a payment that is not ours (id {', '.join(strangers)}): delete it in "
                    "QuickBooks, or take it off the invoice, then resync the ticket",
                )
        affected = sorted({*of.values(), *owners.values()})
        return {ticket for view in units.of_keys(self._ledger, affected) for ticket in view.tickets}

    def _is_orphan(self, row: Standing, main: Standing | None) -> bool:
        if main is None or self._moved(row):
            return True
        return row.applied.get(main.qbo_id) != row.total()

    def _differs(self, document: StandingDocument, row: Standing) -> bool:
        same = (document.amount, document.date) == (row.total(), row.date)
        if document.kind != DocumentKind.INVOICE:
            same = same and not self._methods.differs(row.row, document.method)
        return not same or self._moved(row)

    def _moved(self, row: Standing) -> bool:
        """Tell whether a document is on another customer than ours; not asked where ours is not known."""
        return bool(self._guests) and row.customer not in self._guests

    def _may_be_remade(self, view: UnitView, judged: _Judgement) -> bool:
        """Tell whether orphaned payments may be voided: not where the invoice stays and they can't be made again."""
        stays = any(one.kind != DocumentKind.PAYMENT and one not in judged.voided for one in view.standing)
        return not stays or not judged.orphaned or isinstance(self._decision(view), Document | Voided)

    def _decision(self, view: UnitView) -> Decision | None:
        """Decide a ticket by its records; None where they were never received."""
        if not view.record:
            return None
        return decided(view, self._rules, now())


def _as_seen(document: StandingDocument, amount: Decimal, date: dt.date, method: str | None) -> DocumentChange:
    told = {"amount": amount, "date": date, "method": method}
    return DocumentChange(document.key, DocumentEvent.SEEN_OTHERWISE, told)
