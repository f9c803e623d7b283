"""Invoices: their rules, what the answer carries, updates, voids and deletes."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from tests.sandbox.qbo_server import Qbo, Refused, line, linked, qbo


class Shop:
    """A company with a customer and two items, and a shorthand for invoices."""

    def __init__(self, client: Qbo) -> None:
        self.qbo = client
        self.customer = client.customer()
        self.tips = client.service("Tips")
        self.product = client.inventory("Product")

    def body(self, *lines: dict[str, Any], **fields: object) -> dict[str, Any]:
        """Return what a document needs."""
        sold = list(lines) or [line(self.tips, Decimal("10.50"))]
        return {"CustomerRef": self.customer, "TxnDate": "2025-05-01", "Line": sold, **fields}

    def invoice(self, *lines: dict[str, Any], **fields: object) -> dict[str, Any]:
        """Make an invoice."""
        return self.qbo.write("Invoice", self.body(*lines, **fields))

    def refused(self, body: dict[str, Any], **params: str) -> Refused:
        """Say how a write is refused, and that the books are as before."""
        before = self.qbo.books()
        with pytest.raises(Refused) as refused:
            self.qbo.write("Invoice", body, **params)
        assert self.qbo.books() == before, "a refused write has changed the books"
        return refused.value


@pytest.fixture
def shop(us: Qbo) -> Shop:
    return Shop(us)


def test_an_answer_carries_more_than_was_sent(shop: Shop) -> None:
    made = shop.invoice(
        line(shop.product, Decimal("20.01"), Qty=Decimal("1.5"), UnitPrice=Decimal("13.34")),
        line(shop.tips, -5),
        DocNumber="A-1",
        PrivateNote="note",
    )
    assert made["CustomerRef"]["name"] == "Guest Customer"
    first, second, last = made["Line"]
    assert (first["Id"], first["LineNum"], second["Id"], second["LineNum"]) == ("1", 1, "2", 2)
    detail = first["SalesItemLineDetail"]
    assert detail["ItemRef"] == {**shop.product, "name": "Product"}
    assert detail["ItemAccountRef"]["name"] == "Sales of Product Income"
    assert detail["TaxCodeRef"] == {"value": "NON"}
    assert last == {"Amount": Decimal("15.01"), "DetailType": "SubTotalLineDetail", "SubTotalLineDetail": {}}
    assert (made["TotalAmt"], made["Balance"]) == (Decimal("15.01"), Decimal("15.01"))
    assert (made["SyncToken"], made["LinkedTxn"], made["sparse"]) == ("0", [], False)
    assert made["CurrencyRef"]["value"] == "USD"
    assert made["MetaData"]["CreateTime"]
    assert made["DocNumber"] == "A-1"


def test_amounts_are_exact(shop: Shop) -> None:
    answer = shop.qbo.send(
        "POST", "invoice", shop.body(line(shop.tips, Decimal("0.1")), line(shop.tips, Decimal("0.2")))
    )
    assert '"TotalAmt":0.30,' in answer.text


def _without(body: dict[str, Any], *path: Any) -> dict[str, Any]:
    inner = body
    for key in path[:-1]:
        inner = inner[key]
    del inner[path[-1]]
    return body


@pytest.mark.parametrize(
    "path",
    [
        ("CustomerRef",),
        ("Line",),
        ("Line", 0, "DetailType"),
        ("Line", 0, "Amount"),
        ("Line", 0, "SalesItemLineDetail"),
        ("CustomerRef", "value"),
    ],
)
def test_what_an_invoice_needs(shop: Shop, path: tuple[Any, ...]) -> None:
    assert shop.refused(_without(shop.body(), *path)).code == "2020"


@pytest.mark.parametrize(
    ("fields", "code"),
    [
        ({"Total": 5}, "2010"),
        ({"TxnDate": "05/01/2025"}, "2010"),
        ({"TxnDate": "2025-02-30"}, "2010"),
        ({"TxnDate": "20250501"}, "2010"),
        ({"CustomerRef": "1"}, "2010"),
        ({"CustomerRef": {"value": 1}}, "2010"),
        ({"CustomerRef": {"id": "1"}}, "2010"),
        ({"CustomerRef": {"value": "999"}}, "2500"),
        ({"Line": {}}, "2010"),
        ({"Line": []}, "2020"),
        ({"DocNumber": "1" * 22}, "2050"),
        ({"DocNumber": 1001}, "2010"),
        ({"PrivateNote": "x" * 4001}, "2050"),
        ({"CustomerMemo": {"value": "x" * 1001}}, "2050"),
        ({"PrintStatus": "Printed"}, "2170"),
        ({"CurrencyRef": {"value": "EUR"}}, "6000"),
        ({"DepartmentRef": {"value": "9"}}, "2500"),
        ({"ClassRef": {"value": "9"}}, "2500"),
        ({"TxnTaxDetail": {"TotalTax": 3}}, "2030"),
        ({"Invoice": {}}, "2010"),
        ({"ECloudStatusTimeStamp": "2025-05-01T10:00:00"}, "2010"),
        ({"ECloudStatusTimeStamp": "noon"}, "2010"),
        ({"ExchangeRate": 10**15}, "2010"),
        ({"Line": [{"Amount": 1, "DetailType": "DescriptionOnly", "LineNum": Decimal("1.5")}]}, "2010"),
    ],
)
def test_what_an_invoice_may_not_be(shop: Shop, fields: dict[str, Any], code: str) -> None:
    assert shop.refused(shop.body(**fields)).code == code


def test_a_new_invoice_has_no_id(shop: Shop) -> None:
    assert shop.refused(shop.body(Id="7"), operation="create").code == "2010"


def test_the_longest_texts_are_accepted(shop: Shop) -> None:
    made = shop.invoice(line(shop.tips, 1) | {"Description": "d" * 4000}, DocNumber="1" * 21, PrivateNote="p" * 4000)
    assert len(made["Line"][0]["Description"]) == 4000
    assert shop.refused(shop.body(line(shop.tips, 1) | {"Description": "d" * 4001})).code == "2050"


# The rules of a line.


@pytest.mark.parametrize(
    ("amount", "quantity", "price", "fine"),
    [
        ("0.13", "0.5", "0.25", True),  # 0.125 rounds away from zero
        ("0.12", "0.5", "0.25", False),
        ("-0.13", "-0.5", "0.25", True),
        ("-0.12", "-0.5", "0.25", False),
        ("10.00", "3", "3.3333", True),
        ("10.01", "3", "3.3333", False),
    ],
)
def test_line_the_amount_is_quantity_times_price(
    shop: Shop, amount: str, quantity: str, price: str, *, fine: bool
) -> None:
    sold = line(shop.tips, Decimal(amount), Qty=Decimal(quantity), UnitPrice=Decimal(price))
    body = shop.body(line(shop.tips, 50), sold)
    if fine:
        assert shop.qbo.write("Invoice", body)["TotalAmt"] == 50 + Decimal(amount)
    else:
        assert shop.refused(body).code == "6070"


@pytest.mark.parametrize("amount", ["1.00", True, Decimal("1.005"), [1]])
def test_line_an_amount_is_a_number_of_cents(shop: Shop, amount: object) -> None:
    assert shop.refused(shop.body(line(shop.tips, amount))).code == "2010"


def test_line_an_unknown_field_is_named_with_its_place(shop: Shop) -> None:
    refused = shop.refused(shop.body(line(shop.tips, 5, Quantity=1)))
    assert refused.code == "2010"
    assert "Line.SalesItemLineDetail.Quantity" in refused.error["Detail"]


def test_line_an_unknown_detail_type_is_refused(shop: Shop) -> None:
    assert shop.refused(shop.body(line(shop.tips, 5) | {"DetailType": "Sale"})).code == "2170"
    assert shop.refused(shop.body(line(shop.tips, 5) | {"DetailType": "GroupLineDetail"})).code == "2030"


def test_line_a_line_without_an_item_goes_to_the_default_item(shop: Shop) -> None:
    sold = line(shop.tips, 5)
    del sold["SalesItemLineDetail"]["ItemRef"]
    detail = shop.invoice(sold)["Line"][0]["SalesItemLineDetail"]
    assert detail["ItemRef"]["name"] == "Sales"
    assert detail["ItemAccountRef"]["name"] == "Sales"
    shop.qbo.control("qbo/entity", {"op": "inactivate", "entity": "Item", "id": detail["ItemRef"]["value"]})
    assert shop.refused(shop.body(sold)).code == "2020"


def test_line_an_item_must_exist_and_be_active(shop: Shop) -> None:
    assert shop.refused(shop.body(line({"value": "999"}, 5))).code == "2500"
    shop.qbo.control("qbo/entity", {"op": "inactivate", "entity": "Item", "id": shop.tips["value"]})
    assert shop.refused(shop.body()).code == "610"


def test_line_an_inventory_item_needs_a_quantity(shop: Shop) -> None:
    assert shop.refused(shop.body(line(shop.product, 5))).code == "6520"


def test_line_an_inventory_item_begins_on_a_day(shop: Shop) -> None:
    sold = line(shop.product, 5, Qty=1, UnitPrice=5)
    early = shop.refused(shop.body(sold, TxnDate="2014-12-31"))
    assert early.code == "6000"
    assert "2015-01-01" in early.error["Detail"]
    assert shop.invoice(sold, TxnDate="2015-01-01")["TotalAmt"] == 5


def test_line_lines_may_be_negative_and_the_total_not(shop: Shop) -> None:
    assert shop.invoice(line(shop.tips, 5), line(shop.tips, -5))["TotalAmt"] == 0
    assert shop.refused(shop.body(line(shop.tips, 5), line(shop.tips, Decimal("-5.01")))).code == "6000"


def test_line_a_subtotal_that_is_sent_back_does_not_count(shop: Shop) -> None:
    subtotal = {"Amount": 99, "DetailType": "SubTotalLineDetail", "SubTotalLineDetail": {}}
    assert shop.invoice(line(shop.tips, 5), subtotal)["TotalAmt"] == 5


# QuickBooks' own tax.


def test_tax_us_lines_are_tax_or_non(shop: Shop) -> None:
    for code in ("TAX", "NON"):
        assert shop.invoice(line(shop.tips, 5, TaxCodeRef={"value": code}))["TotalAmt"] == 5
    assert shop.refused(shop.body(line(shop.tips, 5, TaxCodeRef={"value": "7"}))).code == "6100"


def test_tax_automated_sales_tax_adds_to_taxed_lines_and_leaves_the_others(shop: Shop) -> None:
    shop.qbo.options(automated_sales_tax=True)
    assert shop.invoice(line(shop.tips, 5, TaxCodeRef={"value": "NON"}))["TotalAmt"] == 5
    assert shop.invoice(line(shop.tips, 5))["TotalAmt"] == 5
    taxed = shop.invoice(line(shop.tips, 5, TaxCodeRef={"value": "TAX"}))
    assert taxed["TotalAmt"] == Decimal("5.40")
    assert taxed["TxnTaxDetail"]["TotalTax"] == Decimal("0.40")
    goods = shop.qbo.service("Goods", Taxable=True)
    assert shop.invoice(line(goods, 5))["TotalAmt"] == Decimal("5.40")


def test_tax_elsewhere_every_line_needs_a_real_code() -> None:
    with qbo("canada") as client:
        shop = Shop(client)
        assert shop.refused(shop.body()).code == "6000"
        assert shop.refused(shop.body(line(shop.tips, 5, TaxCodeRef={"value": "NON"}))).code == "2500"
        codes = {row["Name"]: row for row in client.query("select * from TaxCode")["TaxCode"]}
        zero, gst = codes["Zero-rated"], codes["GST"]
        rate = gst["SalesTaxRateList"]["TaxRateDetail"][0]["TaxRateRef"]["value"]
        assert client.read("TaxRate", rate)["RateValue"] == 5
        made = shop.invoice(line(shop.tips, 100, TaxCodeRef={"value": zero["Id"]}))
        assert (made["TotalAmt"], made["CurrencyRef"]["value"]) == (100, "CAD")
        assert shop.invoice(line(shop.tips, 100, TaxCodeRef={"value": gst["Id"]}))["TotalAmt"] == 105
        inclusive = shop.body(
            line(shop.tips, 100, TaxCodeRef={"value": gst["Id"]}), GlobalTaxCalculation="TaxInclusive"
        )
        assert shop.refused(inclusive).code == "2030"


def test_departments_and_classes_need_the_plan() -> None:
    with qbo("no_departments") as client:
        shop = Shop(client)
        assert shop.refused(shop.body(DepartmentRef={"value": "1"})).code == "5020"
        assert shop.refused(shop.body(ClassRef={"value": "1"})).code == "5020"
        assert shop.refused(shop.body(line(shop.tips, 5, ClassRef={"value": "1"}))).code == "5020"


def test_a_department_stands_on_the_invoice(shop: Shop) -> None:
    made = shop.qbo.write("Department", {"Name": "Shop 1"})
    invoice = shop.invoice(DepartmentRef={"value": made["Id"]})
    assert invoice["DepartmentRef"] == {"value": made["Id"], "name": "Shop 1"}
    (document,) = shop.qbo.books()["documents"]
    assert document["department"] == "Shop 1"


def test_a_company_of_several_currencies_wants_to_know_which() -> None:
    with qbo("multicurrency") as client:
        shop = Shop(client)
        assert shop.refused(shop.body()).code == "2020"
        assert shop.refused(shop.body(CurrencyRef={"value": "EUR"})).code == "6000"
        assert shop.invoice(CurrencyRef={"value": "USD"})["CurrencyRef"]["value"] == "USD"


# DocNumbers.


def test_number_a_number_that_is_sent_is_kept_and_may_repeat(shop: Shop) -> None:
    assert [shop.invoice(DocNumber="X")["DocNumber"] for _ in range(2)] == ["X", "X"]
    assert len(shop.qbo.query("select * from Invoice where DocNumber = 'X'")["Invoice"]) == 2


def test_number_quickbooks_numbers_what_has_none(shop: Shop) -> None:
    numbers = {shop.invoice()["DocNumber"] for _ in range(3)}
    assert len(numbers) == 3


def test_number_a_company_with_numbers_of_its_own_checks_them() -> None:
    with qbo("custom_numbers") as client:
        shop = Shop(client)
        made = shop.invoice(DocNumber="X")
        refused = shop.refused(shop.body(DocNumber="X"))
        assert refused.code == "6140"
        assert f"TxnId={made['Id']}" in refused.error["Detail"]
        assert shop.qbo.write("Invoice", made)["SyncToken"] == "1"
        assert "DocNumber" not in shop.invoice()


# A period that is closed.


def test_closed_nothing_is_made_changed_voided_or_deleted_in_it(shop: Shop) -> None:
    made = shop.invoice(TxnDate="2024-12-31")
    shop.qbo.options(book_close_date="2024-12-31")
    assert shop.refused(shop.body(TxnDate="2024-12-31")).code == "6210"
    assert shop.refused(made | {"TxnDate": "2025-01-01"}).code == "6210"
    head = {"Id": made["Id"], "SyncToken": "0"}
    assert shop.refused(head, operation="void").code == "6210"
    assert shop.refused(head, operation="delete").code == "6210"
    assert shop.invoice(TxnDate="2025-01-01")["TotalAmt"] == Decimal("10.50")


def test_closed_nothing_is_moved_into_it(shop: Shop) -> None:
    made = shop.invoice()
    shop.qbo.options(book_close_date="2024-12-31")
    assert shop.refused(made | {"TxnDate": "2024-12-31"}).code == "6210"


# Updates, full and sparse.


def test_update_the_token_must_be_the_current_one(shop: Shop) -> None:
    made = shop.invoice()
    assert shop.qbo.write("Invoice", made)["SyncToken"] == "1"
    assert shop.refused(made).code == "5010"
    assert shop.refused(_without(dict(made), "SyncToken")).code == "2020"
    assert shop.refused(made | {"Id": "999"}).code == "610"


def test_update_a_sparse_update_changes_only_what_is_sent(shop: Shop) -> None:
    made = shop.invoice(PrivateNote="n", DocNumber="X")
    sparse = {"Id": made["Id"], "SyncToken": "0", "sparse": True, "PrivateNote": "m"}
    changed = shop.qbo.write("Invoice", sparse)
    assert (changed["PrivateNote"], changed["DocNumber"], changed["TotalAmt"]) == ("m", "X", Decimal("10.50"))
    lines = [line(shop.tips, 7)]
    changed = shop.qbo.write("Invoice", sparse | {"SyncToken": "1", "Line": lines})
    assert (changed["TotalAmt"], changed["Balance"]) == (7, 7)
    assert len(changed["Line"]) == 2


def test_update_a_full_update_clears_what_is_not_sent(shop: Shop) -> None:
    made = shop.invoice(PrivateNote="n")
    changed = shop.qbo.write("Invoice", shop.body(Id=made["Id"], SyncToken="0"))
    assert "PrivateNote" not in changed
    assert shop.refused({"Id": made["Id"], "SyncToken": "1"}).code == "2020"


def test_update_what_was_read_can_be_sent_back(shop: Shop) -> None:
    made = shop.invoice(line(shop.tips, 5), line(shop.product, 20, Qty=2, UnitPrice=10))
    again = shop.qbo.write("Invoice", shop.qbo.read("Invoice", made["Id"]))
    assert again["Line"] == made["Line"]
    assert again["TotalAmt"] == 25


def test_update_the_books_follow(shop: Shop) -> None:
    made = shop.invoice(line(shop.tips, 5))
    shop.qbo.write("Invoice", made | {"Line": [line(shop.tips, 8)]})
    balances = {row["account"]: row["debit"] for row in shop.qbo.books()["trial_balance"]}
    assert balances["Accounts Receivable (A/R)"] == "8.00"


def test_update_a_line_keeps_an_item_made_inactive_since_as_long_as_it_is_not_sent(shop: Shop) -> None:
    made = shop.invoice()
    shop.qbo.control("qbo/entity", {"op": "inactivate", "entity": "Item", "id": shop.tips["value"]})
    sparse = {"Id": made["Id"], "SyncToken": "0", "sparse": True, "PrivateNote": "m"}
    assert shop.qbo.write("Invoice", sparse)["PrivateNote"] == "m"
    assert shop.refused(made | {"SyncToken": "1"}).code == "610"


# What is voided stays, with amounts 0; what is deleted is gone.


def test_void_a_void_leaves_zeros_and_a_note(shop: Shop) -> None:
    made = shop.invoice(line(shop.product, 20, Qty=2, UnitPrice=10), DocNumber="X", PrivateNote="n")
    void = shop.qbo.write("Invoice", {"Id": made["Id"], "SyncToken": "0"}, operation="void")
    assert (void["TotalAmt"], void["Balance"], void["SyncToken"]) == (0, 0, "1")
    assert void["PrivateNote"] == "Voided - n"
    assert {one["Amount"] for one in void["Line"]} == {0}
    assert void["DocNumber"] == "X"
    books = shop.qbo.books()
    assert books["trial_balance"] == []
    (document,) = books["documents"]
    assert (document["voided"], document["total"]) == (True, "0.00")


def test_void_a_void_needs_the_current_token(shop: Shop) -> None:
    made = shop.invoice()
    assert shop.refused({"Id": made["Id"], "SyncToken": "7"}, operation="void").code == "5010"
    assert shop.refused({"Id": made["Id"]}, operation="void").code == "2020"
    assert shop.refused({"Id": "99", "SyncToken": "0"}, operation="void").code == "610"


def test_void_an_invoice_is_not_voided_the_way_of_payments(shop: Shop) -> None:
    made = shop.invoice()
    assert shop.refused(made, operation="update", include="void").code == "500"
    assert shop.refused(made, operation="cancel").code == "500"


def test_void_a_voided_invoice_is_not_changed_any_more(shop: Shop) -> None:
    made = shop.invoice()
    void = shop.qbo.write("Invoice", {"Id": made["Id"], "SyncToken": "0"}, operation="void")
    assert shop.refused(void | {"Line": made["Line"]}).code == "6000"


def test_void_a_paid_invoice_can_be_voided_and_its_payment_stays_as_credit(shop: Shop) -> None:
    made = shop.invoice()
    paid = {"CustomerRef": shop.customer, "TotalAmt": Decimal("10.50")}
    payment = shop.qbo.write("Payment", paid | {"Line": [linked(made, Decimal("10.50"))]})
    assert shop.refused({"Id": made["Id"], "SyncToken": "0"}, operation="void").code == "5010"
    shop.qbo.write("Invoice", {"Id": made["Id"], "SyncToken": "1"}, operation="void")
    left = shop.qbo.read("Payment", payment["Id"])
    assert (left["UnappliedAmt"], left["Line"], left["SyncToken"]) == (Decimal("10.50"), [], "1")
    assert shop.qbo.books()["totals"]["unapplied"] == "10.50"


def test_void_what_is_deleted_is_gone(shop: Shop) -> None:
    made = shop.invoice(DocNumber="X")
    gone = shop.qbo.write("Invoice", {"Id": made["Id"], "SyncToken": "0"}, operation="delete")
    assert (gone["status"], gone["Id"]) == ("Deleted", made["Id"])
    assert shop.qbo.query("select * from Invoice where DocNumber = 'X'") == {}
    assert shop.qbo.send("GET", f"invoice/{made['Id']}").json()["Fault"]["Error"][0]["code"] == "610"
    assert shop.qbo.books()["documents"] == []
    assert shop.qbo.books()["trial_balance"] == []
