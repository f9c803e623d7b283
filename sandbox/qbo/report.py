"""What stands in the books, in one plain report for checks: documents, payments, balances."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, Any

from sandbox.qbo.credit import applied

if TYPE_CHECKING:
    from collections.abc import Iterable

    from sandbox.qbo.company import Company
    from sandbox.qbo.store import Row


_DOCUMENTS = ("Invoice", "RefundReceipt", "SalesReceipt", "CreditMemo")


def books(company: Company) -> dict[str, Any]:
    """Return everything that is in the company's books; amounts are texts with two decimals.

    Args:
        company: The company.

    Raises:
        OutOfBalanceError: The books don't balance.
    """
    documents = [_document(company, entity, row) for entity in _DOCUMENTS for row in company.store[entity]]
    payments = [_payment(company, row) for row in company.store["Payment"]]
    return {
        "documents": documents,
        "payments": payments,
        "trial_balance": _trial_balance(company),
        "totals": _totals(company),
    }


def _document(company: Company, entity: str, row: Row) -> dict[str, Any]:
    linked = [company.row("Payment", entry["TxnId"]) for entry in row["LinkedTxn"]]
    return {
        "entity": entity,
        "id": row["Id"],
        "sync_token": row["SyncToken"],
        "doc_number": row.get("DocNumber"),
        "txn_date": row["TxnDate"],
        "total": _text(row["TotalAmt"]),
        "balance": _text(row["Balance"]),
        "private_note": row.get("PrivateNote"),
        "voided": (entity, row["Id"]) in company.voided,
        "customer": _name(row, "CustomerRef"),
        "department": _name(row, "DepartmentRef"),
        "payment_method": _name(row, "PaymentMethodRef"),
        "deposit_account": _name(row, "DepositToAccountRef"),
        "lines": [_line(line) for line in row["Line"] if "SalesItemLineDetail" in line],
        "linked_payments": [
            {
                "id": payment["Id"],
                "ref": payment.get("PaymentRefNum"),
                "method": _name(payment, "PaymentMethodRef"),
                "amount": _text(applied(payment, row["Id"])),
                "date": payment["TxnDate"],
            }
            for payment in linked
        ],
    }


def _line(line: Row) -> dict[str, Any]:
    detail = line["SalesItemLineDetail"]
    return {
        "item": detail["ItemRef"]["name"],
        "account": detail["ItemAccountRef"]["name"],
        "amount": _text(line["Amount"]),
        "quantity": str(detail["Qty"]) if "Qty" in detail else None,
        "unit_price": str(detail["UnitPrice"]) if "UnitPrice" in detail else None,
        "tax_code": detail["TaxCodeRef"]["value"],
        "description": line.get("Description"),
    }


def _payment(company: Company, row: Row) -> dict[str, Any]:
    return {
        "id": row["Id"],
        "sync_token": row["SyncToken"],
        "ref": row.get("PaymentRefNum"),
        "date": row["TxnDate"],
        "method": _name(row, "PaymentMethodRef"),
        "customer": _name(row, "CustomerRef"),
        "deposit_account": _name(row, "DepositToAccountRef"),
        "private_note": row.get("PrivateNote"),
        "amount": _text(row["TotalAmt"]),
        "unapplied": _text(row["UnappliedAmt"]),
        "voided": ("Payment", row["Id"]) in company.voided,
        "deposited": row["Id"] in company.deposits,
        "invoices": [{"id": line["LinkedTxn"][0]["TxnId"], "amount": _text(line["Amount"])} for line in row["Line"]],
    }


def _trial_balance(company: Company) -> list[dict[str, str]]:
    balances = company.ledger.trial_balance()
    names = {row["Id"]: row["Name"] for row in company.store["Account"]}
    return [
        {
            "account": names[account],
            "debit": _text(max(balance, Decimal(0))),
            "credit": _text(max(-balance, Decimal(0))),
        }
        for account, balance in sorted(balances.items(), key=lambda entry: int(entry[0]))
    ]


def _totals(company: Company) -> dict[str, Any]:
    store = company.store
    return {
        "invoices": _sum(store["Invoice"], "TotalAmt"),
        "refund_receipts": _sum(store["RefundReceipt"], "TotalAmt"),
        "payments": _sum(store["Payment"], "TotalAmt"),
        "open_balance": _sum(store["Invoice"], "Balance"),
        "unapplied": _text(
            sum((row["UnappliedAmt"] for row in store["Payment"]), Decimal(0))
            + sum((row["RemainingCredit"] for row in store["CreditMemo"]), Decimal(0))
        ),
        "counts": {entity: len(store[entity]) for entity in ("Invoice", "RefundReceipt", "Payment")},
    }


def _sum(rows: Iterable[Row], field: str) -> str:
    return _text(sum((row[field] for row in rows), Decimal(0)))


def _name(row: Row, field: str) -> str | None:
    return row[field]["name"] if field in row else None


def _text(amount: Decimal) -> str:
    return f"{amount:.2f}"
