"""Payments: received for invoices, changed and voided with the whole object, held fast by a bank deposit."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING

from sandbox.qbo import credit, errors
from sandbox.qbo.documents import check_head, check_open, refuse_voided, voided_note
from sandbox.qbo.entities import KEPT_BY_API
from sandbox.qbo.ledger import ZERO, Posting
from sandbox.qbo.wire import cents

if TYPE_CHECKING:
    from sandbox.qbo.company import Company
    from sandbox.qbo.store import Row

_KEPT_BY_API = KEPT_BY_API | {"UnappliedAmt", "LinkedTxn", "Line", "ARAccountRef"}


def save(company: Company, sent: Row, old: Row | None = None) -> Row:
    """Receive a payment, or change one with its whole object.

    Args:
        company: The company.
        sent: The fields, already checked against the schema.
        old: The payment as it stands, if it is changed.

    Returns:
        The payment as the API shows it. What is above an invoice's balance stays unapplied.

    Raises:
        QboError: A rule forbids it; nothing is changed then.
    """
    if old is not None:
        _check_changeable(company, sent, old)
        refuse_voided(company, "Payment", old)
    row = {name: value for name, value in sent.items() if name not in _KEPT_BY_API}
    for field in ("CustomerRef", "TotalAmt"):
        if field not in row:
            raise errors.missing(field)
    row["TotalAmt"] = cents(row["TotalAmt"])
    if row["TotalAmt"] < 0:
        raise errors.business("Transaction amount must be 0 or greater.", "TotalAmt")
    row.setdefault("TxnDate", old["TxnDate"] if old else company.now().date().isoformat())
    check_open(company, row["TxnDate"])
    check_head(company, row, old)
    links = _links(company, row, sent.get("Line", []))
    if "DepositToAccountRef" not in row:
        account = company.account_of("Other Current Asset", "UndepositedFunds")
        row["DepositToAccountRef"] = {"value": account["Id"], "name": account["Name"]}
    row.setdefault("ProcessPayment", False)
    receivable = company.account_of("Accounts Receivable", "AccountsReceivable")
    posting = Posting()
    posting.debit(row["DepositToAccountRef"]["value"], row["TotalAmt"])
    posting.credit(receivable["Id"], row["TotalAmt"])
    if old is not None:
        _take_off(company, old)
    row |= {"Line": [], "LinkedTxn": [], "UnappliedAmt": row["TotalAmt"]}
    kept = company.stamped("Payment", row, old)
    company.ledger.post(("Payment", kept["Id"]), posting)
    company.store["Payment"].put(kept)
    credit.note_payment(company, kept)
    for invoice, amount in links.items():
        found = company.row("Invoice", invoice)
        if (part := min(amount, found["Balance"])) > 0:
            credit.link(company, kept, found, part)
    credit.apply_open_credit(company, kept["CustomerRef"]["value"])
    return kept


def void(company: Company, sent: Row, old: Row) -> Row:
    """Void a payment: it stays with amount 0, and its invoices are open again.

    Args:
        company: The company.
        sent: The whole object, already checked against the schema.
        old: The payment as it stands.

    Raises:
        QboError: The object isn't whole (2020), the payment is deposited (6540), the books are closed (6210).
    """
    _check_changeable(company, sent, old)
    for field in ("CustomerRef", "TotalAmt"):
        if field not in sent:
            raise errors.missing(field)
    if ("Payment", old["Id"]) in company.voided:
        return old
    _take_off(company, old)
    row = old | {"TotalAmt": ZERO, "UnappliedAmt": ZERO, "Line": [], "PrivateNote": voided_note(company, old)}
    kept = company.stamped("Payment", row, old)
    company.voided.add(("Payment", old["Id"]))
    company.ledger.remove(("Payment", old["Id"]))
    company.store["Payment"].put(kept)
    credit.apply_open_credit(company, old["CustomerRef"]["value"])
    return kept


def delete(company: Company, old: Row) -> None:
    """Delete a payment: it is gone from every query, and its invoices are open again.

    Args:
        company: The company.
        old: The payment as it stands.

    Raises:
        QboError: The payment is deposited (6540), the books are closed (6210).
    """
    _check_free(company, old)
    _take_off(company, old)
    company.ledger.remove(("Payment", old["Id"]))
    company.store["Payment"].remove(old["Id"])
    company.voided.discard(("Payment", old["Id"]))
    credit.apply_open_credit(company, old["CustomerRef"]["value"])


def deposit(company: Company, payment: Row) -> str:
    """Put a payment into a bank deposit, as a bookkeeper does by hand.

    Args:
        company: The company.
        payment: The payment.

    Returns:
        The deposit's id.

    Raises:
        QboError: The payment already is in one (6540).
    """
    if payment["Id"] in company.deposits:
        raise errors.deposited()
    identity = company.store.next_id("Payment")
    posting = Posting()
    posting.debit(company.account_of("Bank", "Checking")["Id"], payment["TotalAmt"])
    posting.credit(payment["DepositToAccountRef"]["value"], payment["TotalAmt"])
    company.ledger.post(("Deposit", identity), posting)
    company.deposits[payment["Id"]] = identity
    payment["LinkedTxn"] = [{"TxnId": identity, "TxnType": "Deposit"}]
    company.touch(payment)
    return identity


def take_off_deposit(company: Company, payment: Row) -> None:
    """Take a payment off its bank deposit, if it is in one."""
    identity = company.deposits.pop(payment["Id"], None)
    if identity is not None:
        company.ledger.remove(("Deposit", identity))
        payment["LinkedTxn"] = []
        company.touch(payment)


def _check_changeable(company: Company, sent: Row, old: Row) -> None:
    if sent.get("sparse"):
        raise errors.missing("the whole Payment: a sparse update")
    _check_free(company, old)


def _check_free(company: Company, old: Row) -> None:
    if old["Id"] in company.deposits:
        raise errors.deposited()
    check_open(company, old["TxnDate"])


def _take_off(company: Company, old: Row) -> None:
    credit.free_payment(company, old)
    company.open_credit[old["CustomerRef"]["value"]].pop(old["Id"], None)


def _links(company: Company, row: Row, sent: list[Row]) -> dict[str, Decimal]:
    links: dict[str, Decimal] = {}
    for line in sent:
        if "Amount" not in line:
            raise errors.missing("Line.Amount")
        if line["Amount"] < 0:
            raise errors.business("A payment's line can't be negative.", "Line.Amount")
        invoice = company.row("Invoice", _linked_id(line))
        if invoice["CustomerRef"]["value"] != row["CustomerRef"]["value"]:
            raise errors.business("The invoice is another customer's.", "Line.LinkedTxn.TxnId")
        links[invoice["Id"]] = links.get(invoice["Id"], Decimal(0)) + cents(line["Amount"])
    if sum(links.values(), Decimal(0)) > row["TotalAmt"]:
        raise errors.business("The amounts applied are more than the payment's total.", "TotalAmt")
    return links


def _linked_id(line: Row) -> str:
    linked = line.get("LinkedTxn", [])
    if not linked:
        raise errors.missing("Line.LinkedTxn")
    if len(linked) > 1:
        raise errors.malformed("A payment's line has one LinkedTxn.", "Line.LinkedTxn")
    for field in ("TxnId", "TxnType"):
        if field not in linked[0]:
            raise errors.missing(f"Line.LinkedTxn.{field}")
    kind = linked[0]["TxnType"]
    if kind != "Invoice":
        raise errors.unsupported(f"A payment of a {kind} isn't kept here.", "Line.LinkedTxn.TxnType")
    return str(linked[0]["TxnId"])
