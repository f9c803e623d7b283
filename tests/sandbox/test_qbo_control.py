"""The back door: the report of the books, counts of calls, the bookkeeper's hand; and books that always balance."""

from __future__ import annotations

from contextlib import suppress
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import pytest
import requests
from hypothesis import example, given, settings
from hypothesis import strategies as st

from sandbox.qbo import operations
from sandbox.qbo.entities import ENTITIES
from sandbox.qbo.errors import QboError
from sandbox.qbo.ledger import Ledger, OutOfBalanceError, Posting
from sandbox.qbo.presets import seed_company
from sandbox.qbo.report import books
from tests.sandbox.qbo_server import TIMEOUT, Qbo, line, linked, qbo

if TYPE_CHECKING:
    from sandbox.qbo.company import Company


def test_the_books_tell_all(us: Qbo) -> None:
    customer, tips, product = us.customer(), us.service(), us.inventory()
    method = us.one("PaymentMethod", "Name = 'Check'")
    head = {"CustomerRef": customer, "TxnDate": "2025-05-01"}
    lines = [line(product, 20, Qty=2, UnitPrice=10) | {"Description": "d"}, line(tips, Decimal("1.5"))]
    invoice = us.write("Invoice", head | {"DocNumber": "A", "PrivateNote": "n", "Line": lines})
    paid = head | {"TotalAmt": 22, "PaymentRefNum": "k", "PaymentMethodRef": {"value": method["Id"]}}
    payment = us.write("Payment", paid | {"Line": [linked(invoice, Decimal("21.5"))]})
    refund = {"DepositToAccountRef": us.account("Checking"), "Line": [line(tips, 3)]}
    us.write("RefundReceipt", head | refund)
    report = us.books()
    sale, back = report["documents"]
    assert sale == {
        "entity": "Invoice",
        "id": invoice["Id"],
        "sync_token": "1",
        "doc_number": "A",
        "txn_date": "2025-05-01",
        "total": "21.50",
        "balance": "0.00",
        "private_note": "n",
        "voided": False,
        "customer": "Guest Customer",
        "department": None,
        "payment_method": None,
        "deposit_account": None,
        "lines": [
            {
                "item": "Product",
                "account": "Sales of Product Income",
                "amount": "20.00",
                "quantity": "2",
                "unit_price": "10",
                "tax_code": "NON",
                "description": "d",
            },
            {
                "item": "Tips",
                "account": "Sales",
                "amount": "1.50",
                "quantity": None,
                "unit_price": None,
                "tax_code": "NON",
                "description": None,
            },
        ],
        "linked_payments": [
            {"id": payment["Id"], "ref": "k", "method": "Check", "amount": "21.50", "date": "2025-05-01"}
        ],
    }
    assert (back["entity"], back["total"], back["deposit_account"]) == ("RefundReceipt", "3.00", "Checking")
    assert report["payments"][0]["unapplied"] == "0.50"
    assert report["payments"][0]["invoices"] == [{"id": invoice["Id"], "amount": "21.50"}]
    assert report["trial_balance"] == [
        {"account": "Accounts Receivable (A/R)", "debit": "0.00", "credit": "0.50"},
        {"account": "Undeposited Funds", "debit": "22.00", "credit": "0.00"},
        {"account": "Checking", "debit": "0.00", "credit": "3.00"},
        {"account": "Sales", "debit": "1.50", "credit": "0.00"},
        {"account": "Sales of Product Income", "debit": "0.00", "credit": "20.00"},
    ]
    assert report["totals"] == {
        "invoices": "21.50",
        "refund_receipts": "3.00",
        "payments": "22.00",
        "open_balance": "0.00",
        "unapplied": "0.50",
        "counts": {"Invoice": 1, "RefundReceipt": 1, "Payment": 1},
    }


def test_calls_are_counted_as_intuit_meters_them(us: Qbo) -> None:
    customer, item = us.customer(), us.service()
    us.control("qbo-calls/reset", {})
    us.query("select * from Item")
    us.read("Item", item["value"])
    invoice = {"CustomerRef": customer, "Line": [line(item, 5)]}
    us.batch(
        [
            {"bId": "1", "operation": "create", "Invoice": invoice},
            {"bId": "2", "operation": "create", "Invoice": {}},
            {"bId": "3", "Query": "select * from Item"},
        ]
    )
    us.write("Invoice", invoice, requestid="r")
    us.write("Invoice", invoice, requestid="r")
    counts = us.control("qbo-calls")
    assert (counts["requests"], counts["reads"], counts["writes"], counts["batches"]) == (5, 3, 2, 1)
    assert counts["by_entity"] == {"Invoice": {"create": 2}}
    assert counts["faults"] == {"2020": 1}
    assert (counts["replayed"], counts["throttled"], counts["unauthorized"]) == (1, 0, 0)
    (payload, _) = us.control("payloads")["payloads"]
    assert payload == {"entity": "Invoice", "operation": "create", "body": invoice}


def test_the_bookkeeper_needs_no_token(us: Qbo) -> None:
    made = us.control("qbo/entity", {"op": "create", "entity": "Customer", "body": {"DisplayName": "A"}})["Customer"]
    order = {"entity": "Customer", "id": made["Id"]}
    renamed = us.control("qbo/entity", order | {"op": "update", "body": {"sparse": True, "DisplayName": "B"}})
    assert (renamed["Customer"]["DisplayName"], renamed["Customer"]["SyncToken"]) == ("B", "1")
    us.control("qbo/entity", order | {"op": "inactivate"})
    (row,) = us.control("qbo-entities?entity=Customer")["Customer"]
    assert (row["DisplayName"], row["Active"]) == ("B (deleted)", False)


def test_the_bookkeeper_voids_and_deletes(us: Qbo) -> None:
    customer, item = us.customer(), us.service()
    invoice = us.write("Invoice", {"CustomerRef": customer, "Line": [line(item, 5)]})
    paid = {"CustomerRef": customer, "TotalAmt": 5, "Line": [linked(invoice, 5)]}
    payment = us.write("Payment", paid)
    us.control("qbo/entity", {"op": "void", "entity": "Payment", "id": payment["Id"]})
    us.control("qbo/entity", {"op": "void", "entity": "Invoice", "id": invoice["Id"]})
    assert us.books()["documents"][0]["voided"]
    us.control("qbo/entity", {"op": "delete", "entity": "Invoice", "id": invoice["Id"]})
    assert us.books()["documents"] == []


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("qbo", {"options": {"nothing": 1}}),
        ("qbo", {"options": {"inventory": "yes"}}),
        ("qbo", {"options": {"discount_items": "maybe"}}),
        ("qbo", {"limits": {"latency_ms": "fast"}}),
        ("qbo", {"other": 1}),
        ("qbo/entity", {"op": "burn", "entity": "Item", "id": "1"}),
        ("qbo/entity", {"op": "delete", "entity": "Invoice", "id": "1"}),
        ("qbo/entity", {"op": "create", "entity": "Thing", "body": {}}),
        ("qbo-entities", None),
    ],
)
def test_a_wrong_order_is_refused(us: Qbo, path: str, body: dict[str, Any] | None) -> None:
    method = "GET" if body is None else "POST"
    answer = requests.request(method, f"{us.url}/control/{path}", json=body, timeout=TIMEOUT)
    assert answer.status_code == 400
    assert "rror" in answer.text


def test_settings_can_be_read_and_changed(us: Qbo) -> None:
    us.options(book_close_date="2024-12-31", automated_sales_tax=True, sales_tax_rate=Decimal("7.25"))
    shown = us.control("qbo")["options"]
    assert shown["book_close_date"] == "2024-12-31"
    assert shown["sales_tax_rate"] == Decimal("7.25")
    us.options(book_close_date=None)
    assert us.control("qbo")["options"]["book_close_date"] is None


def test_tokens_can_be_expired_from_outside(us: Qbo) -> None:
    us.control("qbo", {"expire_tokens": True})
    assert us.send("GET", "preferences").status_code == 401
    assert us.sign_in().ok
    us.control("qbo", {"revoke": True})
    assert us.sign_in().status_code == 400


def test_an_unknown_kind_or_option_is_refused() -> None:
    with pytest.raises(ValueError, match="mars"):
        seed_company("mars")
    with pytest.raises(ValueError, match="colour"), qbo(colour="red"):
        pass


def test_a_posting_out_of_balance_never_stands() -> None:
    posting = Posting()
    posting.debit("1", Decimal("1.00"))
    with pytest.raises(OutOfBalanceError):
        Ledger().post(("Invoice", "1"), posting)


# Whatever is done, the books balance, and receivables are what is open less what is unapplied.

_AMOUNTS = st.integers(0, 2000).map(lambda cents: Decimal(cents) / 100)
_STEPS = st.lists(
    st.tuples(
        st.sampled_from(
            ["invoice", "pay", "shrink", "void", "delete", "refund", "void payment", "change payment", "delete payment"]
        ),
        st.integers(0, 5),
        _AMOUNTS,
    ),
    max_size=25,
)
_ONE = Decimal(1)
_PAID_TWICE = [("invoice", 0, _ONE), ("pay", 0, _ONE), ("pay", 0, _ONE), ("void payment", 0, _ONE)]


class _Clerk:
    """Someone who does whatever comes to mind."""

    def __init__(self, company: Company) -> None:
        self.company = company
        account = {"value": company.store["Account"].find("Name", ["Sales"])[0]["Id"]}
        self.customer = {"value": self.write("Customer", {"DisplayName": "A"})["Id"]}
        item = {"Name": "I", "Type": "Service", "IncomeAccountRef": account}
        self.item = {"value": self.write("Item", item)["Id"]}

    def write(self, entity: str, body: dict[str, Any], operation: str = "create") -> dict[str, Any]:
        """Write something."""
        return operations.write(self.company, ENTITIES[entity], operation, body)

    def some(self, entity: str, pick: int) -> dict[str, Any] | None:
        """Return one of the rows there are."""
        rows = list(self.company.store[entity])
        return dict(rows[pick % len(rows)]) if rows else None

    def do(self, what: str, pick: int, amount: Decimal) -> None:
        """Take one step; a refusal is fine."""
        head = {"CustomerRef": self.customer}
        lines = [line(self.item, amount)]
        invoice, payment = self.some("Invoice", pick), self.some("Payment", pick)
        match what:
            case "invoice":
                self.write("Invoice", head | {"Line": lines})
            case "refund":
                deposit = {"value": self.company.account_of("Bank", "Checking")["Id"]}
                self.write("RefundReceipt", head | {"Line": lines, "DepositToAccountRef": deposit})
            case "pay" if invoice:
                self.write("Payment", head | {"TotalAmt": amount, "Line": [linked(invoice, amount)]})
            case "shrink" if invoice:
                self.write("Invoice", invoice | {"Line": lines}, "update")
            case "void" | "delete" if invoice:
                self.write("Invoice", invoice, what)
            case "void payment" if payment:
                self.write("Payment", payment, "update-void")
            case "delete payment" if payment:
                self.write("Payment", payment, "delete")
            case "change payment" if payment and invoice:
                change = {"TotalAmt": amount, "Line": [linked(invoice, amount)]}
                self.write("Payment", payment | change, "update")
            case _:
                pass


@settings(max_examples=150, deadline=None)
@given(_STEPS, st.booleans())
@example(_PAID_TWICE, True)  # noqa: FBT003 - as drawn
@example([*_PAID_TWICE[:-1], ("delete payment", 0, _ONE)], True)  # noqa: FBT003
def test_the_books_balance_whatever_is_done(steps: list[tuple[str, int, Decimal]], auto_apply: bool) -> None:  # noqa: FBT001 - drawn
    company = seed_company(options={"auto_apply_credit": auto_apply})
    clerk = _Clerk(company)
    for step in steps:
        with suppress(QboError):
            clerk.do(*step)
        totals = books(company)["totals"]
        receivable = company.account_of("Accounts Receivable", "AccountsReceivable")["Id"]
        owed = Decimal(totals["open_balance"]) - Decimal(totals["unapplied"])
        assert company.ledger.balance(receivable) == owed
        assert company.shown("Customer", company.row("Customer", "1"))["Balance"] == owed
        for invoice in company.store["Invoice"]:
            assert 0 <= invoice["Balance"] <= invoice["TotalAmt"]
        for payment in company.store["Payment"]:
            applied = sum((one["Amount"] for one in payment["Line"]), Decimal(0))
            assert payment["UnappliedAmt"] == payment["TotalAmt"] - applied >= 0
        if auto_apply:
            assert not (Decimal(totals["open_balance"]) and Decimal(totals["unapplied"]))
