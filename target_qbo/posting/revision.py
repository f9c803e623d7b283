"""A ticket that changed at the till after it was posted: what differs is redone, what stands right is left alone.

Source: accounting rules, After posting. Each step can be done again after a crash: what is void is not voided twice, an
invoice is updated to what it must be, and payments are made only where they are missing.
"""

from __future__ import annotations

import logging
import uuid
from typing import TYPE_CHECKING, Any

from target_qbo.accounting import DocumentKind
from target_qbo.ledger import documents
from target_qbo.ledger.status import DocumentState
from target_qbo.posting.applied import GONE, PAID_OTHERWISE
from target_qbo.posting.payloads import ENTITIES, document_body
from target_qbo.posting.takeback import is_voided, take_back
from target_qbo.posting.totals import difference, total_of
from target_qbo.qbo import QboFaultError, faults
from target_qbo.qbo.client import quoted

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Sequence

    from target_qbo.accounting import Document
    from target_qbo.ledger import CompanyLedger
    from target_qbo.ledger.documents import StandingDocument
    from target_qbo.posting.payloads import DocumentRefs
    from target_qbo.posting.summary import RunSummary
    from target_qbo.qbo import QboClient

logger = logging.getLogger("target-qbo.revision")

Row = dict[str, Any]


class RevisionRefusedError(Exception):
    """The change can't be carried into QuickBooks.

    Attributes:
        code: For programs.
        final: Whether it is refused for good, and nothing is half done; else the next run must go on.
        nothing_stands: Whether everything was taken back; else, where it is final, all stands as it stood.
    """

    def __init__(self, code: str, reason: str, *, final: bool, nothing_stands: bool = False) -> None:
        super().__init__(reason)
        self.code = code
        self.final = final
        self.nothing_stands = nothing_stands


class _TotalDiffersError(Exception):
    """QuickBooks made another total of an updated document than ours."""


def revise(
    ledger: CompanyLedger,
    client: QboClient,
    standing: Sequence[StandingDocument],
    wanted: Document | None,
    refs: DocumentRefs | None,
    summary: RunSummary,
    before_first_write: Callable[[], None],
) -> list[StandingDocument]:
    """Bring what stands of a ticket to what is to stand, as far as nothing new has to be made.

    Args:
        ledger: The company's ledger.
        client: The company.
        standing: The ticket's documents.
        wanted: What is to stand; None: nothing, it was voided.
        refs: Ids of what ``wanted`` refers to.
        summary: Where what is taken back is counted.
        before_first_write: Called when everything was looked at and nothing was changed yet.

    Returns:
        What stands now and is right. Payments (or the document, where its kind turned) may still have to be made.

    Raises:
        RevisionRefusedError: QuickBooks forbids it, or someone changed the documents there.
    """
    kept = [document for document in standing if wanted is not None and _stays(document, wanted)]
    if all(document.kind == DocumentKind.PAYMENT for document in kept):
        kept = []  # payments without their invoice are open credit, whatever their amount
    leaving = [document for document in standing if document not in kept]
    _look_first(client, standing, leaving, wanted)
    before_first_write()
    obstacle = take_back(ledger, client, leaving)
    left = obstacle.left if obstacle is not None else ()
    done = [document for document in leaving if document not in left]
    for document in done:
        summary.take_back(DocumentKind(document.kind), document.amount)
    if obstacle is not None:
        if obstacle.fault is None:
            raise RevisionRefusedError("unanswered", obstacle.text, final=False)
        raise RevisionRefusedError(f"qbo_{obstacle.fault.code}", obstacle.text, final=not done)
    try:
        _update_kept(ledger, client, kept, wanted, refs, final=not done)
    except _TotalDiffersError as error:
        obstacle = take_back(ledger, client, kept)
        undone = obstacle is None
        raise RevisionRefusedError("total_differs", str(error), final=undone, nothing_stands=undone) from None
    return kept


def _update_kept(
    ledger: CompanyLedger,
    client: QboClient,
    kept: Sequence[StandingDocument],
    wanted: Document | None,
    refs: DocumentRefs | None,
    *,
    final: bool,
) -> None:
    for document in kept:
        if document.kind != DocumentKind.PAYMENT and wanted is not None and refs is not None:
            _update(ledger, client, document, wanted, refs, final=final)


def _stays(document: StandingDocument, wanted: Document) -> bool:
    if document.state is DocumentState.ORPHANED:
        return False
    if document.kind == DocumentKind.PAYMENT:
        return document.date == wanted.date and any(
            (payment.key, payment.amount) == (document.number, document.amount)
            and document.method in {None, payment.method}
            for payment in wanted.payments
        )
    # An update can't take the payment method off a refund receipt: then it is made anew.
    return document.kind == wanted.kind and (document.method is None or wanted.method is not None)


def _look_first(
    client: QboClient,
    standing: Sequence[StandingDocument],
    leaving: Sequence[StandingDocument],
    wanted: Document | None,
) -> None:
    """See before the first step that no later one will be refused: nothing may be half done."""
    rows: dict[tuple[str, str | None], Row] = {}
    for kind in {document.kind for document in standing}:
        ids = ",".join(quoted(document.qbo_id or "") for document in standing if document.kind == kind)
        for found in client.query(ENTITIES[DocumentKind(kind)], f"Id in ({ids})"):
            rows[kind, str(found["Id"])] = found
    own = {document.qbo_id for document in standing if document.kind == DocumentKind.PAYMENT}
    for document in standing:
        row = rows.get((document.kind, document.qbo_id))
        if row is not None and (document in leaving or wanted is None or wanted.total < total_of(row, document.amount)):
            _refuse_if_paid_otherwise(document, row, own)
        if document not in leaving and (row is None or is_voided(row)):
            raise RevisionRefusedError(
                GONE, f"{document.kind} {document.number} was voided or deleted in QuickBooks", final=True
            )
        if document in leaving and row is not None and in_deposit(row):
            raise RevisionRefusedError(
                f"qbo_{faults.IN_DEPOSIT}",
                f"payment {document.number} of {document.amount} is in a bank deposit: take it off the deposit in "
                "QuickBooks, then resync the ticket",
                final=True,
            )


def _refuse_if_paid_otherwise(document: StandingDocument, row: Row, own: Collection[str | None]) -> None:
    """Leave an invoice alone that somebody else's payment is on: it would be left as open credit."""
    links = row.get("LinkedTxn") or []
    if document.kind == DocumentKind.INVOICE and any(
        link.get("TxnType") == "Payment" and str(link.get("TxnId")) not in own for link in links
    ):
        raise RevisionRefusedError(
            PAID_OTHERWISE,
            f"invoice {document.number} has a payment that this sync did not make for it: take it off the invoice in "
            "QuickBooks, then resync the ticket",
            final=True,
        )


def in_deposit(row: Row) -> bool:
    """Tell whether a payment is in a bank deposit, so that nothing about it can be changed (6540)."""
    return any(link.get("TxnType") == "Deposit" for link in row.get("LinkedTxn") or [])


def _update(
    ledger: CompanyLedger,
    client: QboClient,
    document: StandingDocument,
    wanted: Document,
    refs: DocumentRefs,
    *,
    final: bool,
) -> None:
    entity = ENTITIES[DocumentKind(document.kind)]
    body = document_body(wanted, refs) | {"Id": document.qbo_id, "sparse": True}
    del body["DocNumber"]  # the number with which it was posted stays
    for last in (False, True):
        row = next(client.query(entity, f"Id = {quoted(document.qbo_id or '')}"), None)
        if row is None:
            raise RevisionRefusedError(GONE, f"{document.kind} {document.number} is gone", final=final)
        try:
            answer = client.write_repeatable(entity, body | {"SyncToken": row["SyncToken"]}, uuid.uuid4().hex)
        except QboFaultError as error:
            if error.fault.code == faults.STALE_OBJECT and not last:
                continue
            raise RevisionRefusedError(f"qbo_{error.fault.code}", str(error.fault), final=final) from None
        made = total_of(answer, wanted.total)
        documents.write_revised(
            ledger, document.key, amount=made, date=wanted.date, sync_token=str(answer.get("SyncToken", "0"))
        )
        fault = difference(wanted.total, made)
        if fault is not None:
            raise _TotalDiffersError(str(fault))
        return
