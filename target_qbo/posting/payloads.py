"""Documents as QuickBooks' entities: pure, given the ids of what they refer to."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from target_qbo.accounting.kinds import facts

if TYPE_CHECKING:
    from collections.abc import Mapping

    from target_qbo.accounting import Document, DocumentLine, ItemKey, Payment, PaymentMethod


@dataclass(frozen=True, slots=True)
class DocumentRefs:
    """Ids in QuickBooks of all that one document refers to.

    ``deposit_accounts`` has those that differ from QuickBooks' own choice, and for refund receipts always one.
    """

    customer: str
    tax_code: str
    items: Mapping[ItemKey, str]
    methods: Mapping[PaymentMethod, str]
    deposit_accounts: Mapping[PaymentMethod | None, str]
    currency: str | None = None
    department: str | None = None
    item_class: str | None = None


def document_body(document: Document, refs: DocumentRefs) -> dict[str, Any]:
    """Return the invoice or refund receipt to create."""
    body: dict[str, Any] = {
        "CustomerRef": _ref(refs.customer),
        "TxnDate": document.date.isoformat(),
        "DocNumber": document.number,
        "PrivateNote": document.note,
        "Line": [_line(line, refs) for line in document.lines],
    }
    if refs.currency is not None:
        body["CurrencyRef"] = _ref(refs.currency)
    if refs.department is not None:
        body["DepartmentRef"] = _ref(refs.department)
    if facts(document.kind).needs_deposit_account:
        body["DepositToAccountRef"] = _ref(refs.deposit_accounts[document.method])
        if document.method is not None:
            body["PaymentMethodRef"] = _ref(refs.methods[document.method])
    return body


def payment_body(document: Document, payment: Payment, invoice_id: str, refs: DocumentRefs) -> dict[str, Any]:
    """Return the payment to create on an invoice that has its id."""
    body: dict[str, Any] = {
        "CustomerRef": _ref(refs.customer),
        "TxnDate": document.date.isoformat(),
        "TotalAmt": payment.amount,
        "PaymentRefNum": payment.key,
        "PaymentMethodRef": _ref(refs.methods[payment.method]),
        "PrivateNote": payment.note,
        "Line": [{"Amount": payment.amount, "LinkedTxn": [{"TxnId": invoice_id, "TxnType": "Invoice"}]}],
    }
    if refs.currency is not None:
        body["CurrencyRef"] = _ref(refs.currency)
    account = refs.deposit_accounts.get(payment.method)
    if account is not None:
        body["DepositToAccountRef"] = _ref(account)
    return body


def _line(line: DocumentLine, refs: DocumentRefs) -> dict[str, Any]:
    detail: dict[str, Any] = {
        "ItemRef": _ref(refs.items[line.item]),
        "Qty": line.quantity,
        "UnitPrice": line.unit_price,
        "TaxCodeRef": _ref(refs.tax_code),
    }
    if refs.item_class is not None:
        detail["ClassRef"] = _ref(refs.item_class)
    return {
        "DetailType": "SalesItemLineDetail",
        "Amount": line.amount,
        "Description": line.description,
        "SalesItemLineDetail": detail,
    }


def _ref(entity_id: str) -> dict[str, str]:
    return {"value": entity_id}
