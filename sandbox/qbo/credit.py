"""Which payment pays which invoice, what stays open on either side, and credit that is applied by itself.

A link stands on both rows: as a line of the payment and in the invoice's `LinkedTxn`. Putting it there and taking
it off counts the invoice's SyncToken up (QuickBooks API notes, "Seen live").
"""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from sandbox.qbo.company import Company
    from sandbox.qbo.store import Row


def applied(payment: Row, invoice: str) -> Decimal:
    """Return how much of a payment stands on an invoice."""
    return sum((line["Amount"] for line in payment["Line"] if _paid_by(line) == invoice), Decimal(0))


def link(company: Company, payment: Row, invoice: Row, amount: Decimal) -> None:
    """Put an amount of a payment on an invoice, more than before if some already is.

    Args:
        company: The company.
        payment: The payment; it must have so much unapplied.
        invoice: The invoice; it must have so much open.
        amount: How much, above zero.
    """
    total = applied(payment, invoice["Id"]) + amount
    _set_line(payment, invoice["Id"], total)
    payment["UnappliedAmt"] -= amount
    invoice["Balance"] -= amount
    entry = {"TxnId": payment["Id"], "TxnType": "Payment"}
    if entry not in invoice["LinkedTxn"]:
        invoice["LinkedTxn"] = [*invoice["LinkedTxn"], entry]
    company.touch(invoice)
    note_invoice(company, invoice)
    note_payment(company, payment)


def unlink(company: Company, payment: Row, invoice: Row, amount: Decimal) -> None:
    """Take an amount of a payment off an invoice.

    Args:
        company: The company.
        payment: The payment.
        invoice: The invoice.
        amount: How much; at most what is on it.
    """
    left = applied(payment, invoice["Id"]) - amount
    _set_line(payment, invoice["Id"], left)
    payment["UnappliedAmt"] += amount
    invoice["Balance"] += amount
    if not left:
        invoice["LinkedTxn"] = [entry for entry in invoice["LinkedTxn"] if entry["TxnId"] != payment["Id"]]
    company.touch(invoice)
    note_invoice(company, invoice)
    note_payment(company, payment)


def free_invoice(company: Company, invoice: Row) -> bool:
    """Take all payments off an invoice; they stay as open credit.

    Returns:
        Whether there were any.
    """
    payments = [company.row("Payment", entry["TxnId"]) for entry in invoice["LinkedTxn"]]
    for payment in payments:
        unlink(company, payment, invoice, applied(payment, invoice["Id"]))
        company.touch(payment)
    return bool(payments)


def free_payment(company: Company, payment: Row) -> None:
    """Take a payment off all its invoices."""
    for line in list(payment["Line"]):
        unlink(company, payment, company.row("Invoice", _paid_by(line)), line["Amount"])


def shrink(company: Company, invoice: Row) -> None:
    """Take off what is paid above an invoice's new total, from the last payment first."""
    for entry in reversed(invoice["LinkedTxn"]):
        if invoice["Balance"] >= 0:
            return
        payment = company.row("Payment", entry["TxnId"])
        unlink(company, payment, invoice, min(-invoice["Balance"], applied(payment, invoice["Id"])))
        company.touch(payment)


def apply_open_credit(company: Company, customer: str) -> None:
    """Put the customer's open credit on open invoices, the oldest first, where the company is set to do so."""
    if not company.options.auto_apply_credit:
        return
    credit, invoices = company.open_credit[customer], company.open_invoices[customer]
    while credit and invoices:
        payment = company.row("Payment", next(iter(credit)))
        invoice = company.row("Invoice", next(iter(invoices)))
        link(company, payment, invoice, min(payment["UnappliedAmt"], invoice["Balance"]))
        company.touch(payment)


def note_invoice(company: Company, invoice: Row) -> None:
    """Remember whether an invoice has an open balance."""
    _note(company.open_invoices[invoice["CustomerRef"]["value"]], invoice["Id"], invoice["Balance"])


def note_payment(company: Company, payment: Row) -> None:
    """Remember whether a payment has an unapplied rest."""
    _note(company.open_credit[payment["CustomerRef"]["value"]], payment["Id"], payment["UnappliedAmt"])


def _note(rows: dict[str, None], identity: str, rest: Decimal) -> None:
    if rest > 0:
        rows.setdefault(identity)
    else:
        rows.pop(identity, None)


def _paid_by(line: Row) -> str:
    return str(line["LinkedTxn"][0]["TxnId"])


def _set_line(payment: Row, invoice: str, amount: Decimal) -> None:
    others = [line for line in payment["Line"] if _paid_by(line) != invoice]
    entry = {"Amount": amount, "LinkedTxn": [{"TxnId": invoice, "TxnType": "Invoice"}]}
    payment["Line"] = [*others, entry] if amount else others
