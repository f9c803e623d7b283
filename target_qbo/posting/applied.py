"""What a payment is on, and whether an invoice still takes one: nothing of the guest customer may stay unapplied.

Source: QuickBooks API notes, Seen live (a payment too much is accepted and becomes open credit; AutoApplyCredit).
"""

from __future__ import annotations

from collections import defaultdict
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from target_qbo.accounting import DocumentKind
from target_qbo.accounting.money import cents
from target_qbo.posting.payloads import ENTITIES
from target_qbo.posting.takeback import is_voided
from target_qbo.posting.totals import total_of
from target_qbo.qbo import Fault
from target_qbo.qbo.client import quoted

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from target_qbo.posting.work import TicketWork, Write
    from target_qbo.qbo import QboClient

Row = dict[str, Any]
GONE = "gone"
"""Code of a ticket whose document a person voided or deleted in QuickBooks."""
PAID_OTHERWISE = "paid_otherwise"
"""Code of a ticket whose invoice something else pays than the payments that were made for it."""


def applied(payment: Row) -> Mapping[str, Decimal]:
    """Return how much of a payment is on which invoice."""
    found: dict[str, Decimal] = defaultdict(Decimal)
    for line in payment.get("Line") or ():
        for link in line.get("LinkedTxn") or ():
            if link.get("TxnType") == "Invoice":
                found[str(link.get("TxnId"))] += Decimal(str(line.get("Amount", 0)))
    return found


def pays(payment: Row, invoice: str | None, amount: Decimal) -> bool:
    """Tell whether all of a payment is on its invoice, as far as its row shows that; None: an invoice not known."""
    if cents(Decimal(str(payment.get("UnappliedAmt") or 0))):
        return False
    return invoice is None or not payment.get("Line") or applied(payment).get(invoice) == total_of(payment, amount)


def not_applied(write: Write) -> Fault:
    """Tell that QuickBooks took a payment and did not put it on its invoice."""
    return Fault(
        PAID_OTHERWISE,
        f"QuickBooks did not put payment {write.number} of {write.amount} on invoice {write.work.document.number}, "
        "so it was voided again",
        "the invoice is paid otherwise, or was voided: put that right in QuickBooks, then resync the ticket",
    )


def unpayable(client: QboClient, works: Sequence[TicketWork]) -> dict[int, Fault]:
    """Look at the invoices that payments are still to be made for; one metered read.

    Returns:
        Why a ticket's payments can't be made, by the ticket's key: they would become open credit.

    Raises:
        UnreachableError: QuickBooks can't be reached.
    """
    ids = ",".join(quoted(work.posted_id or "") for work in works)
    entity = ENTITIES[DocumentKind.INVOICE]
    rows = {str(row["Id"]): row for row in client.query(entity, f"Id in ({ids})")} if works else {}
    faults = {work.key: _hindrance(work, rows.get(work.posted_id or "")) for work in works}
    return {key: fault for key, fault in faults.items() if fault is not None}


def _hindrance(work: TicketWork, invoice: Row | None) -> Fault | None:
    due = sum((payment.amount for payment in work.unpaid.values()), Decimal(0))
    if invoice is None or is_voided(invoice):
        return Fault(
            GONE,
            f"invoice {work.document.number} was voided or deleted in QuickBooks before it was paid",
            "resync the ticket to have it made again",
        )
    is_open = cents(Decimal(str(invoice.get("Balance", due))))
    if is_open >= due:
        return None
    return Fault(
        PAID_OTHERWISE,
        f"of invoice {invoice.get('DocNumber')} only {is_open} is open in QuickBooks, and payments of {due} are to be "
        "made for it",
        "it is paid otherwise, or was changed: put that right in QuickBooks, then resync the ticket",
    )
