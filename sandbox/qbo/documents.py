"""Documents with items on their lines: what they need, how they are completed, booked, voided and deleted."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, Any

from sandbox.qbo import credit, errors, lines
from sandbox.qbo.entities import KEPT_BY_API
from sandbox.qbo.ledger import ZERO, Posting
from sandbox.qbo.wire import cents

if TYPE_CHECKING:
    from sandbox.qbo.company import Company
    from sandbox.qbo.store import Row

_KEPT_BY_API = KEPT_BY_API | {
    *("TotalAmt", "HomeTotalAmt", "Balance", "HomeBalance", "RemainingCredit"),
    *("LinkedTxn", "AutoDocNumber", "ARAccountRef"),
}
_BOOKED = {"Invoice": 1, "SalesReceipt": 1, "RefundReceipt": -1, "CreditMemo": -1}
_ON_ACCOUNT = frozenset({"Invoice", "CreditMemo"})
"""What the customer owes, or is owed; with the others money changes hands at once."""
VOIDED = "Voided"


def save(company: Company, entity: str, sent: Row, old: Row | None = None) -> Row:
    """Create or update a document with items on its lines.

    A credit memo stays open: which invoices it is used for is not kept here.

    Args:
        company: The company.
        entity: `Invoice`, `SalesReceipt`, `RefundReceipt` or `CreditMemo`.
        sent: The fields, already checked against the schema; sparse: only those that change.
        old: The document as it stands, if it is updated.

    Returns:
        The document as the API shows it.

    Raises:
        QboError: A rule forbids it; nothing is changed then.
    """
    row = {name: value for name, value in sent.items() if name not in _KEPT_BY_API}
    kept = False
    if old is not None:
        refuse_voided(company, entity, old)
        check_open(company, old["TxnDate"])
        if sent.get("sparse"):
            kept = "Line" not in row
            untouched = _KEPT_BY_API | {"TxnTaxDetail"}
            row = {name: value for name, value in old.items() if name not in untouched} | row
    row.setdefault("TxnDate", old["TxnDate"] if old else company.now().date().isoformat())
    check_open(company, row["TxnDate"])
    check_head(company, row, old)
    _check_own(company, entity, row, old)
    totals = lines.complete(company, row.get("Line", []), row["TxnDate"], kept=kept)
    if totals.total < 0:
        raise errors.business("Transaction amount must be 0 or greater.", "TotalAmt")
    _check_tax(row, totals)
    _number(company, entity, row, old)
    row |= {"Line": totals.lines, "TotalAmt": totals.total, "TxnTaxDetail": {"TotalTax": totals.tax}}
    row |= {"LinkedTxn": old["LinkedTxn"] if old else [], "CustomField": row.get("CustomField", [])}
    posting = _posting(company, entity, row, totals)
    if entity == "Invoice":
        return _keep_invoice(company, row, old, posting)
    row["Balance"] = row["TotalAmt"] if entity == "CreditMemo" else ZERO
    if entity == "CreditMemo":
        row["RemainingCredit"] = row["TotalAmt"]
    kept_row = company.stamped(entity, row, old)
    company.ledger.post((entity, kept_row["Id"]), posting)
    company.store[entity].put(kept_row)
    return kept_row


def void_invoice(company: Company, old: Row) -> Row:
    """Void an invoice: it stays with amounts 0, and what paid it becomes open credit.

    Args:
        company: The company.
        old: The invoice as it stands.

    Raises:
        QboError: The books are closed (6210).
    """
    check_open(company, old["TxnDate"])
    if ("Invoice", old["Id"]) in company.voided:
        return old
    freed = credit.free_invoice(company, old)
    row = old | {"Line": lines.voided(old["Line"]), "TotalAmt": ZERO, "Balance": ZERO, "LinkedTxn": []}
    row |= {"TxnTaxDetail": {"TotalTax": ZERO}, "PrivateNote": voided_note(company, old)}
    kept = company.stamped("Invoice", row, old)
    company.voided.add(("Invoice", old["Id"]))
    company.ledger.remove(("Invoice", old["Id"]))
    company.store["Invoice"].put(kept)
    credit.note_invoice(company, kept)
    if freed:
        credit.apply_open_credit(company, old["CustomerRef"]["value"])
    return kept


def void_receipt(company: Company, sent: Row, old: Row) -> Row:
    """Void a sales receipt: it stays with amounts 0.

    Args:
        company: The company.
        sent: The whole object, already checked against the schema.
        old: The sales receipt as it stands.

    Raises:
        QboError: The object isn't whole (2020), the books are closed (6210).
    """
    if sent.get("sparse") or "Line" not in sent:
        raise errors.missing("the whole SalesReceipt")
    check_open(company, old["TxnDate"])
    if ("SalesReceipt", old["Id"]) in company.voided:
        return old
    row = old | {"Line": lines.voided(old["Line"]), "TotalAmt": ZERO, "Balance": ZERO}
    row |= {"TxnTaxDetail": {"TotalTax": ZERO}, "PrivateNote": voided_note(company, old)}
    kept = company.stamped("SalesReceipt", row, old)
    company.voided.add(("SalesReceipt", old["Id"]))
    company.ledger.remove(("SalesReceipt", old["Id"]))
    company.store["SalesReceipt"].put(kept)
    return kept


def delete(company: Company, entity: str, old: Row) -> None:
    """Delete a document: it is gone from every query.

    Args:
        company: The company.
        entity: `Invoice`, `SalesReceipt`, `RefundReceipt` or `CreditMemo`.
        old: The document as it stands.

    Raises:
        QboError: The books are closed (6210).
    """
    check_open(company, old["TxnDate"])
    freed = entity == "Invoice" and credit.free_invoice(company, old)
    company.ledger.remove((entity, old["Id"]))
    company.store[entity].remove(old["Id"])
    company.voided.discard((entity, old["Id"]))
    if entity == "Invoice":
        company.open_invoices[old["CustomerRef"]["value"]].pop(old["Id"], None)
    if freed:
        credit.apply_open_credit(company, old["CustomerRef"]["value"])


def check_open(company: Company, date: str) -> None:
    """Refuse what falls into a closed period.

    Args:
        company: The company.
        date: A document's date, YYYY-MM-DD.

    Raises:
        QboError: The books are closed up to that date or later (6210).
    """
    closed = company.options.book_close_date
    if closed and date <= closed.isoformat():
        raise errors.period_closed()


def refuse_voided(company: Company, entity: str, old: Row) -> None:
    """Refuse to change what has been voided.

    Raises:
        QboError: It has been (6000).
    """
    if (entity, old["Id"]) in company.voided:
        raise errors.business("This transaction has been voided and can't be changed.")


def voided_note(company: Company, old: Row) -> str:
    """Return the note of a document that is voided now."""
    note = old.get("PrivateNote")
    return f"{VOIDED} - {note}"[:4000] if note and company.options.void_notes == "kept" else VOIDED


def check_head(company: Company, row: Row, old: Row | None = None) -> None:
    """Check what all documents have above their lines, and complete it in place.

    Args:
        company: The company.
        row: The document's fields.
        old: The document as it stands: what it refers to may have become inactive since.

    Raises:
        QboError: A reference that doesn't hold, a feature the plan lacks, a foreign currency.
    """
    before = old or {}
    for field, entity in (("CustomerRef", "Customer"), ("PaymentMethodRef", "PaymentMethod")):
        if field in row:
            found = company.refer(entity, row[field], even_inactive=_same(row, before, field))
            row[field] = {"value": found["Id"], "name": found.get("DisplayName") or found["Name"]}
    for field, entity, has in (
        ("DepartmentRef", "Department", company.options.departments),
        ("ClassRef", "Class", company.options.classes),
    ):
        if field in row:
            if not has:
                raise errors.lacks_feature(f"{entity} tracking")
            found = company.refer(entity, row[field], even_inactive=_same(row, before, field))
            row[field] = {"value": found["Id"], "name": found["Name"]}
    if "DepositToAccountRef" in row:
        _check_deposit_account(company, row)
    _check_currency(company, row)


def _same(row: Row, before: Row, field: str) -> bool:
    return bool(before.get(field, {}).get("value") == row[field].get("value"))


def _check_deposit_account(company: Company, row: Row) -> None:
    account = company.refer("Account", row["DepositToAccountRef"])
    allowed = {"Bank", "Other Current Asset"}
    if company.options.deposit_to_liabilities:
        allowed.add("Other Current Liability")
    if account["AccountType"] not in allowed:
        raise errors.business(f"Money can't be deposited to {account['Name']}.", "DepositToAccountRef")
    row["DepositToAccountRef"] = {"value": account["Id"], "name": account["Name"]}


def _check_currency(company: Company, row: Row) -> None:
    home = company.options.home_currency
    sent = row.get("CurrencyRef", {}).get("value")
    if sent is None and company.options.multicurrency:
        raise errors.missing("CurrencyRef")
    if sent not in {None, home}:
        raise errors.business(f"The customer's currency is {home}, not {sent}.", "CurrencyRef")
    row["CurrencyRef"] = company.currency()


def _check_own(company: Company, entity: str, row: Row, old: Row | None) -> None:
    if entity in _ON_ACCOUNT and "CustomerRef" not in row:
        raise errors.missing("CustomerRef")
    if entity == "Invoice":
        if old and old["LinkedTxn"] and old["CustomerRef"]["value"] != row["CustomerRef"]["value"]:
            raise errors.business("The customer of a paid invoice can't be changed.", "CustomerRef")
        row.setdefault("DueDate", row["TxnDate"])
        for name, value in _INVOICE_DEFAULTS.items():
            row.setdefault(name, value)
    elif entity == "RefundReceipt" and "DepositToAccountRef" not in row:
        raise errors.missing("DepositToAccountRef")
    elif entity == "SalesReceipt" and "DepositToAccountRef" not in row:
        account = company.account_of("Other Current Asset", "UndepositedFunds")
        row["DepositToAccountRef"] = {"value": account["Id"], "name": account["Name"]}
    row.setdefault("PrintStatus", "NeedToPrint")
    row.setdefault("EmailStatus", "NotSet")
    row.setdefault("ApplyTaxAfterDiscount", False)
    if not company.options.is_us:
        row.setdefault("GlobalTaxCalculation", "TaxExcluded")
        if row["GlobalTaxCalculation"] == "TaxInclusive":
            raise errors.unsupported("Amounts that include tax aren't kept here.", "GlobalTaxCalculation")


_INVOICE_DEFAULTS: dict[str, Any] = {
    "AllowIPNPayment": False,
    "AllowOnlinePayment": False,
    "AllowOnlineCreditCardPayment": False,
    "AllowOnlineACHPayment": False,
}


def _check_tax(row: Row, totals: lines.Totals) -> None:
    sent = row.get("TxnTaxDetail", {}).get("TotalTax", totals.tax)
    if sent != totals.tax:
        raise errors.unsupported("A tax total of the caller's own isn't kept here.", "TxnTaxDetail.TotalTax")


def _number(company: Company, entity: str, row: Row, old: Row | None) -> None:
    number = row.get("DocNumber") or (old or {}).get("DocNumber")
    table = company.store[entity]
    if company.options.custom_txn_numbers:
        if number is None:
            return
        for other in table.find("DocNumber", [number]):
            if old is None or other["Id"] != old["Id"]:
                raise errors.duplicate_number(number, entity, other["Id"])
    elif number is None:
        number = str(1001 + len(table))
        while table.find("DocNumber", [number]):
            number = str(int(number) + 1)
    row["DocNumber"] = number


def _posting(company: Company, entity: str, row: Row, totals: lines.Totals) -> Posting:
    posting = Posting()
    if entity in _ON_ACCOUNT:
        account = company.account_of("Accounts Receivable", "AccountsReceivable")["Id"]
    else:
        account = row["DepositToAccountRef"]["value"]
    sign = _BOOKED[entity]
    posting.debit(account, sign * totals.total)
    lines.book(company, posting, totals, sign)
    return posting


def _keep_invoice(company: Company, row: Row, old: Row | None, posting: Posting) -> Row:
    paid = cents(old["TotalAmt"] - old["Balance"]) if old else Decimal(0)
    row["Balance"] = row["TotalAmt"] - paid
    kept = company.stamped("Invoice", row, old)
    company.ledger.post(("Invoice", kept["Id"]), posting)
    company.store["Invoice"].put(kept)
    if old and old["CustomerRef"]["value"] != kept["CustomerRef"]["value"]:
        company.open_invoices[old["CustomerRef"]["value"]].pop(kept["Id"], None)
    if kept["Balance"] < 0:
        credit.shrink(company, kept)
    credit.note_invoice(company, kept)
    credit.apply_open_credit(company, kept["CustomerRef"]["value"])
    return kept
