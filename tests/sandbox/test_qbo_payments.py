"""Payments and refund receipts: links, credit that applies itself, deposits, voids."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
import requests

from tests.sandbox.qbo_server import Qbo, Refused, line, linked, qbo


class Till:
    """A company with one customer and one item, and shorthands for documents."""

    def __init__(self, client: Qbo) -> None:
        self.qbo = client
        self.customer = client.customer()
        self.item = client.service("Tips")

    def invoice(self, amount: object = 10, **fields: object) -> dict[str, Any]:
        """Make an invoice."""
        body = {"CustomerRef": self.customer, "TxnDate": "2025-05-01", "Line": [line(self.item, amount)]}
        return self.qbo.write("Invoice", body | fields)

    def body(self, invoice: dict[str, Any] | None, amount: object = 10, **fields: object) -> dict[str, Any]:
        """Return what a document needs."""
        body: dict[str, Any] = {"CustomerRef": self.customer, "TotalAmt": amount, "TxnDate": "2025-05-01"}
        if invoice is not None:
            body["Line"] = [linked(invoice, amount)]
        return body | fields

    def pay(self, invoice: dict[str, Any] | None, amount: object = 10, **fields: object) -> dict[str, Any]:
        """Make a payment of an invoice, or of none."""
        return self.qbo.write("Payment", self.body(invoice, amount, **fields))

    def refused(self, entity: str, body: dict[str, Any], **params: str) -> str:
        """Say how a write is refused, and that the books are as before."""
        before = self.qbo.books()
        with pytest.raises(Refused) as refused:
            self.qbo.write(entity, body, **params)
        assert self.qbo.books() == before, "a refused write has changed the books"
        return str(refused.value.code)

    def open_balance(self, invoice: dict[str, Any]) -> object:
        """Return what is open on an invoice."""
        return self.qbo.read("Invoice", invoice["Id"])["Balance"]


@pytest.fixture
def till(us: Qbo) -> Till:
    return Till(us)


def test_a_payment_pays_its_invoice_and_counts_its_token_up(till: Till) -> None:
    invoice = till.invoice()
    method = till.qbo.one("PaymentMethod", "Name = 'Cash'")
    payment = till.pay(invoice, PaymentMethodRef={"value": method["Id"]}, PaymentRefNum="k" * 21)
    assert payment["PaymentMethodRef"] == {"value": method["Id"], "name": "Cash"}
    assert payment["DepositToAccountRef"]["name"] == "Undeposited Funds"
    assert (payment["UnappliedAmt"], payment["TotalAmt"], payment["SyncToken"]) == (0, 10, "0")
    paid = till.qbo.read("Invoice", invoice["Id"])
    assert (paid["Balance"], paid["SyncToken"]) == (0, "1")
    assert paid["LinkedTxn"] == [{"TxnId": payment["Id"], "TxnType": "Payment"}]
    balances = {row["account"]: row["debit"] for row in till.qbo.books()["trial_balance"]}
    assert balances == {"Undeposited Funds": "10.00", "Sales": "0.00"}


def test_a_split_tender_is_several_payments(till: Till) -> None:
    invoice = till.invoice()
    for amount in (4, 6):
        till.pay(invoice, amount)
    assert till.open_balance(invoice) == 0
    (document,) = till.qbo.books()["documents"]
    assert [one["amount"] for one in document["linked_payments"]] == ["4.00", "6.00"]


@pytest.mark.parametrize(
    ("fields", "code"),
    [
        ({"CustomerRef": None}, "2020"),
        ({"TotalAmt": None}, "2020"),
        ({"TotalAmt": -1, "Line": []}, "6000"),
        ({"TotalAmt": "10.00"}, "2010"),
        ({"TotalAmt": Decimal("9.995"), "Line": []}, "2010"),
        ({"TotalAmt": 9}, "6000"),
        ({"PaymentRefNum": "k" * 22}, "2050"),
        ({"PaymentRefNum": 5}, "2010"),
        ({"DocNumber": "1"}, "2010"),
        ({"Amount": 10}, "2010"),
        ({"PaymentMethodRef": {"value": "99"}}, "2500"),
        ({"DepositToAccountRef": {"value": "99"}}, "2500"),
        ({"Line": [{"Amount": 10}]}, "2020"),
        ({"Line": [{"LinkedTxn": [{"TxnId": "1", "TxnType": "Invoice"}]}]}, "2020"),
        ({"Line": [{"Amount": 10, "LinkedTxn": [{"TxnId": "1"}]}]}, "2020"),
        ({"Line": [{"Amount": 10, "LinkedTxn": [{"TxnId": "1", "TxnType": "Bill"}]}]}, "2030"),
        ({"Line": [{"Amount": 10, "LinkedTxn": [{"TxnId": "77", "TxnType": "Invoice"}]}]}, "610"),
        ({"Line": [{"Amount": -1, "LinkedTxn": [{"TxnId": "1", "TxnType": "Invoice"}]}]}, "6000"),
    ],
)
def test_what_a_payment_may_not_be(till: Till, fields: dict[str, Any], code: str) -> None:
    invoice = till.invoice()
    assert till.refused("Payment", till.body(invoice) | fields) == code


def test_without_an_account_for_undeposited_funds_a_payment_must_name_one(till: Till) -> None:
    account = till.qbo.account("Undeposited Funds")
    till.qbo.control("qbo/entity", {"op": "inactivate", "entity": "Account", "id": account["value"]})
    body = till.body(till.invoice())
    assert till.refused("Payment", body) == "6000"
    assert till.refused("Payment", body | {"DepositToAccountRef": account}) == "610"


def test_a_payment_is_not_negative(till: Till) -> None:
    with pytest.raises(Refused) as refused:
        till.pay(None, -1)
    assert "0 or greater" in refused.value.error["Detail"]


def test_a_line_pays_one_invoice(till: Till) -> None:
    invoice = till.invoice()
    body = till.body(invoice)
    body["Line"][0]["LinkedTxn"] *= 2
    assert till.refused("Payment", body) == "2010"


def test_an_invoice_of_another_customer_is_not_paid(till: Till) -> None:
    other = till.qbo.customer("Somebody")
    body = till.body(till.invoice()) | {"CustomerRef": other}
    assert till.refused("Payment", body) == "6000"


def test_money_is_not_deposited_to_income(till: Till) -> None:
    body = till.body(till.invoice())
    assert till.refused("Payment", body | {"DepositToAccountRef": till.qbo.account("Sales")}) == "6000"
    made = till.qbo.write("Payment", body | {"DepositToAccountRef": till.qbo.account("Checking")})
    assert made["DepositToAccountRef"]["name"] == "Checking"


def test_a_liability_takes_deposits_where_the_company_says_so(till: Till) -> None:
    liability = till.qbo.write("Account", {"Name": "Gift cards", "AccountSubType": "OtherCurrentLiabilities"})
    body = till.body(till.invoice(), DepositToAccountRef={"value": liability["Id"]})
    till.qbo.options(deposit_to_liabilities=False)
    assert till.refused("Payment", body) == "6000"
    till.qbo.options(deposit_to_liabilities=True)
    assert till.qbo.write("Payment", body)["DepositToAccountRef"]["name"] == "Gift cards"


def test_a_paid_invoice_keeps_its_customer(till: Till) -> None:
    invoice = till.invoice()
    till.pay(invoice)
    change = {"SyncToken": "1", "CustomerRef": till.qbo.customer("Somebody")}
    assert till.refused("Invoice", invoice | change) == "6000"


# What is paid above the balance is kept, silently, and finds itself another invoice.


def test_credit_a_payment_twice_is_not_refused(till: Till) -> None:
    invoice = till.invoice()
    till.pay(invoice)
    second = till.pay(invoice)
    assert (second["UnappliedAmt"], second["Line"]) == (10, [])
    assert till.qbo.books()["totals"]["unapplied"] == "10.00"


def test_credit_the_part_above_the_balance_stays_open(till: Till) -> None:
    payment = till.pay(till.invoice(), 12)
    assert (payment["TotalAmt"], payment["UnappliedAmt"]) == (12, 2)
    assert payment["Line"][0]["Amount"] == 10


def test_credit_open_credit_goes_on_the_next_invoice_by_itself(till: Till) -> None:
    credit = till.pay(till.invoice(), 12)
    following = till.invoice(5)
    assert (following["Balance"], following["SyncToken"]) == (3, "1")
    assert following["LinkedTxn"] == [{"TxnId": credit["Id"], "TxnType": "Payment"}]
    used = till.qbo.read("Payment", credit["Id"])
    assert (used["UnappliedAmt"], used["SyncToken"]) == (0, "1")
    assert [one["Amount"] for one in used["Line"]] == [10, 2]


def test_credit_open_credit_goes_on_an_invoice_that_is_open_already(till: Till) -> None:
    waiting, paid = till.invoice(5), till.invoice(10)
    payment = till.pay(paid, 12)
    assert payment["UnappliedAmt"] == 0
    assert till.open_balance(waiting) == 3


def test_credit_open_credit_stays_where_it_is_if_the_company_is_set_so() -> None:
    with qbo(auto_apply_credit=False) as client:
        till = Till(client)
        till.pay(till.invoice(), 12)
        assert till.invoice(5)["Balance"] == 5


def test_credit_credit_of_another_customer_is_left_alone(till: Till) -> None:
    till.pay(None, 12)
    other = till.qbo.customer("Somebody")
    assert till.invoice(5, CustomerRef=other)["Balance"] == 5


def test_credit_an_invoice_that_shrinks_leaves_its_payment_with_credit(till: Till) -> None:
    invoice = till.invoice()
    payment = till.pay(invoice)
    till.qbo.write("Invoice", invoice | {"SyncToken": "1", "Line": [line(till.item, 7)]})
    left = till.qbo.read("Payment", payment["Id"])
    assert (left["UnappliedAmt"], left["Line"][0]["Amount"]) == (3, 7)
    assert till.open_balance(invoice) == 0


def test_credit_an_invoice_that_grows_is_open_for_the_rest(till: Till) -> None:
    invoice = till.invoice()
    till.pay(invoice)
    grown = till.qbo.write("Invoice", invoice | {"SyncToken": "1", "Line": [line(till.item, 12)]})
    assert grown["Balance"] == 2


def test_credit_a_voided_invoice_frees_its_payment_for_another(till: Till) -> None:
    invoice, waiting = till.invoice(), till.invoice()
    till.pay(invoice)
    till.qbo.write("Invoice", {"Id": invoice["Id"], "SyncToken": "1"}, operation="void")
    assert till.open_balance(waiting) == 0


def test_credit_a_deleted_invoice_frees_its_payment(till: Till) -> None:
    invoice = till.invoice()
    payment = till.pay(invoice)
    till.qbo.write("Invoice", {"Id": invoice["Id"], "SyncToken": "1"}, operation="delete")
    left = till.qbo.read("Payment", payment["Id"])
    assert (left["UnappliedAmt"], left["Line"]) == (10, [])


def test_credit_the_customer_owes_the_difference(till: Till) -> None:
    till.qbo.options(auto_apply_credit=False)
    till.invoice(5)
    till.pay(None, 2)
    assert till.qbo.read("Customer", till.customer["value"])["Balance"] == 3


# A payment is changed and voided with its whole object.


def test_change_a_change(till: Till) -> None:
    invoice = till.invoice()
    payment = till.pay(invoice)
    changed = till.qbo.write("Payment", payment | {"TotalAmt": 8, "Line": [linked(invoice, 8)]})
    assert (changed["TotalAmt"], changed["SyncToken"], changed["UnappliedAmt"]) == (8, "1", 0)
    assert till.open_balance(invoice) == 2


def test_change_a_sparse_change_is_refused(till: Till) -> None:
    payment = till.pay(till.invoice())
    sparse = {"Id": payment["Id"], "SyncToken": "0", "sparse": True, "PrivateNote": "m"}
    assert till.refused("Payment", sparse) == "2020"
    assert till.refused("Payment", sparse, operation="update", include="void") == "2020"
    assert till.refused("Payment", payment | {"sparse": True}) == "2020"


def test_change_a_stale_token_is_refused(till: Till) -> None:
    payment = till.pay(till.invoice())
    till.qbo.write("Payment", payment)
    assert till.refused("Payment", payment) == "5010"
    assert till.refused("Payment", payment, operation="update", include="void") == "5010"


def test_change_a_void(till: Till) -> None:
    invoice = till.invoice()
    payment = till.pay(invoice, PrivateNote="n")
    void = till.qbo.write("Payment", payment, operation="update", include="void")
    assert (void["TotalAmt"], void["UnappliedAmt"], void["Line"], void["SyncToken"]) == (0, 0, [], "1")
    assert void["PrivateNote"] == "Voided - n"
    opened = till.qbo.read("Invoice", invoice["Id"])
    assert (opened["Balance"], opened["LinkedTxn"], opened["SyncToken"]) == (10, [], "2")
    assert till.refused("Payment", payment | {"SyncToken": "1"}) == "6000"
    (one,) = till.qbo.books()["payments"]
    assert (one["voided"], one["amount"]) == (True, "0.00")


def test_change_a_void_needs_the_whole_object(till: Till) -> None:
    payment = till.pay(till.invoice())
    head = {"Id": payment["Id"], "SyncToken": "0"}
    assert till.refused("Payment", head, operation="update", include="void") == "2020"


def test_change_a_payment_is_not_voided_the_way_of_invoices(till: Till) -> None:
    payment = till.pay(till.invoice())
    assert till.refused("Payment", payment, operation="void") == "500"


def test_change_a_delete(till: Till) -> None:
    invoice = till.invoice()
    payment = till.pay(invoice)
    till.qbo.write("Payment", {"Id": payment["Id"], "SyncToken": "0"}, operation="delete")
    assert till.open_balance(invoice) == 10
    assert till.qbo.query("select * from Payment") == {}


def test_change_a_closed_period(till: Till) -> None:
    invoice = till.invoice(TxnDate="2025-01-02")
    payment = till.pay(invoice, 5, TxnDate="2024-12-31")
    till.qbo.options(book_close_date="2024-12-31")
    assert till.refused("Payment", till.body(invoice, 5, TxnDate="2024-12-31")) == "6210"
    assert till.refused("Payment", payment, operation="update", include="void") == "6210"
    assert till.refused("Payment", payment, operation="delete") == "6210"


def test_change_a_deposited_payment_is_held_fast(till: Till) -> None:
    payment = till.pay(till.invoice())
    order = {"entity": "Payment", "id": payment["Id"]}
    till.qbo.control("qbo/entity", order | {"op": "deposit_payment"})
    held = till.qbo.read("Payment", payment["Id"])
    assert held["LinkedTxn"][0]["TxnType"] == "Deposit"
    assert till.refused("Payment", held) == "6540"
    assert till.refused("Payment", held, operation="update", include="void") == "6540"
    assert till.refused("Payment", held, operation="delete") == "6540"
    again = requests.post(f"{till.qbo.url}/control/qbo/entity", json=order | {"op": "deposit_payment"}, timeout=10)
    assert again.json()["Fault"]["Error"][0]["code"] == "6540"
    balances = {row["account"]: row["debit"] for row in till.qbo.books()["trial_balance"]}
    assert balances["Checking"] == "10.00"
    till.qbo.control("qbo/entity", order | {"op": "undeposit_payment"})
    freed = till.qbo.read("Payment", payment["Id"])
    assert till.qbo.write("Payment", freed, operation="update", include="void")["TotalAmt"] == 0


# Refund receipts.


def _refund(till: Till, *amounts: object, **fields: object) -> dict[str, Any]:
    lines = [line(till.item, amount) for amount in amounts or (10,)]
    deposit = till.qbo.account("Undeposited Funds")
    head = {"CustomerRef": till.customer, "TxnDate": "2025-05-01", "DepositToAccountRef": deposit}
    return head | {"Line": lines, **fields}


def test_refund_it_books_the_other_way(till: Till) -> None:
    method = till.qbo.one("PaymentMethod", "Name = 'Cash'")
    body = _refund(till, 10, -3, PaymentMethodRef={"value": method["Id"]}, DocNumber="R-1")
    made = till.qbo.write("RefundReceipt", body)
    assert (made["TotalAmt"], made["Balance"], made["DocNumber"]) == (7, 0, "R-1")
    balances = {row["account"]: row for row in till.qbo.books()["trial_balance"]}
    assert balances["Undeposited Funds"]["credit"] == "7.00"
    assert balances["Sales"]["debit"] == "7.00"


def test_refund_returned_goods_go_back_to_the_stock(till: Till) -> None:
    product = till.qbo.inventory()
    body = _refund(till) | {"Line": [line(product, 20, Qty=2, UnitPrice=10)]}
    till.qbo.write("RefundReceipt", body)
    assert till.qbo.read("Item", product["value"])["QtyOnHand"] == 2


def test_refund_it_needs_an_account_to_pay_from(till: Till) -> None:
    body = _refund(till)
    del body["DepositToAccountRef"]
    assert till.refused("RefundReceipt", body) == "2020"


@pytest.mark.parametrize(
    ("fields", "code"),
    [
        ({"DocNumber": "1" * 22}, "2050"),
        ({"PaymentMethodRef": [{"value": "1"}]}, "2010"),
        ({"DepositToAccountRef": {"value": "99"}}, "2500"),
        ({"Line": []}, "2020"),
    ],
)
def test_refund_what_it_may_not_be(till: Till, fields: dict[str, Any], code: str) -> None:
    assert till.refused("RefundReceipt", _refund(till) | fields) == code


def test_refund_its_total_is_not_negative(till: Till) -> None:
    assert till.refused("RefundReceipt", _refund(till, 10, -11)) == "6000"


def test_refund_a_void_is_answered_and_does_nothing(till: Till) -> None:
    made = till.qbo.write("RefundReceipt", _refund(till))
    for params in ({"operation": "void"}, {"operation": "update", "include": "void"}):
        answer = till.qbo.write("RefundReceipt", made, **params)
        assert (answer["TotalAmt"], answer["SyncToken"]) == (10, "0")
    assert till.qbo.books()["totals"]["refund_receipts"] == "10.00"


def test_refund_it_is_updated_and_deleted(till: Till) -> None:
    made = till.qbo.write("RefundReceipt", _refund(till))
    changed = till.qbo.write("RefundReceipt", made | {"Line": [line(till.item, 4)]})
    assert (changed["TotalAmt"], changed["SyncToken"]) == (4, "1")
    head = {"Id": made["Id"], "SyncToken": "0"}
    assert till.refused("RefundReceipt", head, operation="delete") == "5010"
    gone = till.qbo.write("RefundReceipt", head | {"SyncToken": "1"}, operation="delete")
    assert gone["status"] == "Deleted"
    assert till.qbo.books()["trial_balance"] == []


def test_refund_a_closed_period(till: Till) -> None:
    made = till.qbo.write("RefundReceipt", _refund(till, TxnDate="2024-12-31"))
    till.qbo.options(book_close_date="2024-12-31")
    assert till.refused("RefundReceipt", made) == "6210"
    assert till.refused("RefundReceipt", made, operation="delete") == "6210"
    assert till.refused("RefundReceipt", _refund(till, TxnDate="2024-01-01")) == "6210"
