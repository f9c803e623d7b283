"""Payments that no longer pay their invoice: voided, all of them, before a run makes anything new.

Open credit of the guest customer may be put on the next invoice by QuickBooks itself, and that may be any ticket's
(QuickBooks API notes, Seen live: AutoApplyCredit).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from target_qbo.accounting import DocumentKind
from target_qbo.errors import UnreachableError
from target_qbo.ledger import again
from target_qbo.posting.takeback import take_back

if TYPE_CHECKING:
    from target_qbo.ledger import CompanyLedger
    from target_qbo.posting.settlements import Settlements
    from target_qbo.posting.summary import RunSummary
    from target_qbo.qbo import QboClient


def void_orphans(ledger: CompanyLedger, client: QboClient, settlements: Settlements, summary: RunSummary) -> None:
    """Void the orphaned payments of all pending tickets; a ticket of which QuickBooks refuses it is skipped.

    Raises:
        UnreachableError: QuickBooks does not answer; the next run goes on with it.
    """
    for (key, revision), payments in again.orphans(ledger).items():
        obstacle = take_back(ledger, client, payments)
        left = obstacle.left if obstacle is not None else ()
        for payment in payments:
            if payment not in left:
                summary.take_back(DocumentKind.PAYMENT, payment.amount)
        if obstacle is not None and obstacle.fault is None:
            raise UnreachableError(f"{obstacle.text}: the next run goes on with it")
        if obstacle is not None and obstacle.fault is not None:
            settlements.skip(
                key,
                revision,
                obstacle.fault.skip_code,
                f"a payment that no longer pays its invoice is to be voided first: {obstacle.text}",
            )
    settlements.flush()
