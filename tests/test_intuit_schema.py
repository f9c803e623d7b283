"""Intuit's own schema against what is posted: it passes every payload, and it does refuse what is wrong."""

from __future__ import annotations

import copy
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import pytest
import requests

from tests import intuit
from tests.shop import Shop
from tests.target.failures import EIGHT_TICKETS, edit, of_kind

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

pytestmark = pytest.mark.skipif(not intuit.XSD.is_dir(), reason="Intuit's schema is not beside this checkout")

LINE = {
    "DetailType": "SalesItemLineDetail",
    "Amount": Decimal("12.50"),
    "Description": "Tea, SKU 4711",
    "SalesItemLineDetail": {
        "ItemRef": {"value": "1", "name": "Product"},
        "Qty": Decimal("2.5"),
        "UnitPrice": 5,
        "TaxCodeRef": {"value": "NON"},
    },
}
INVOICE = {
    "Id": "7",
    "SyncToken": "0",
    "sparse": False,
    "CustomerRef": {"value": "1"},
    "TxnDate": "2026-03-04",
    "DocNumber": "A-1",
    "Line": [LINE, {**LINE}],
}
ITEM = {"Name": "Product", "Type": "Inventory", "TrackQtyOnHand": True, "QtyOnHand": 0, "InvStartDate": "2015-01-01"}
PAYMENT = {"TotalAmt": Decimal("12.50"), "Line": [{"Amount": 1, "LinkedTxn": [{"TxnId": "7", "TxnType": "Invoice"}]}]}
VALID: dict[str, dict[str, Any]] = {
    "Invoice": INVOICE,
    "Item": ITEM,
    "Payment": PAYMENT,
    "Account": {"Name": "Discounts given", "AccountType": "Income", "AccountSubType": "DiscountsRefundsGiven"},
    "PaymentMethod": {"Name": "Cash", "Type": "NON_CREDIT_CARD"},
}


def _against(entity: str, body: Mapping[str, Any]) -> list[str]:
    return intuit.violations([{"entity": entity, "operation": "create", "body": body}])


@pytest.mark.parametrize("entity", VALID)
def test_what_is_right_passes(entity: str) -> None:
    assert _against(entity, VALID[entity]) == []


@pytest.mark.parametrize(
    ("at", "value", "reason"),
    [
        ("Invoice.Discount", Decimal(1), "Invoice.Discount: Element 'Discount': This element is not expected"),
        ("Invoice.Line.1.Qty", 1, "Invoice.Line[2].Qty: Element 'Qty': This element is not expected"),
        ("Invoice.Line.1.ItemRef", {"value": "1"}, "Invoice.Line[2].ItemRef: Element 'ItemRef': This element is not"),
        ("Invoice.Line.0.DiscountLineDetail", {"PercentBased": True}, "This element is not expected"),
        ("Invoice.Line.0.Amount", {"value": 1}, "Invoice.Line[1].Amount: Element 'Amount': Element content is not"),
        ("Invoice.Line.0.Amount", "12.50", "'\"12.50\"' is not a valid value of the atomic type 'xs:decimal'"),
        ("Invoice.Line.0.Amount", True, "'true' is not a valid value of the atomic type 'xs:decimal'"),
        ("Payment.TotalAmt", Decimal("1E+2"), "'1E+2' is not a valid value of the atomic type 'xs:decimal'"),
        ("Invoice.Line", LINE, "Invoice.Line: an array is wanted"),
        ("Invoice.Line", [1], "Invoice.Line: Element 'Line': Character content other than whitespace is not allowed"),
        ("Invoice.CustomerRef", [{"value": "1"}], "Invoice.CustomerRef: no array is wanted"),
        ("Invoice.CustomerRef", "1", "Invoice.CustomerRef: an object is wanted"),
        ("Invoice.CustomerRef", {"Id": "1"}, "Invoice.CustomerRef: Element 'CustomerRef': Element content is not"),
        ("Invoice.CustomerRef", {"value": 1}, "Invoice.CustomerRef: 1 is not a text"),
        ("Invoice.DocNumber", 1, "Invoice.DocNumber: 1 is not a text"),
        ("Invoice.DocNumber", None, "Invoice.DocNumber: None is not a text"),
        ("Invoice.DocNumber", "\x0b", "Invoice: All strings must be XML compatible"),
        ("Invoice.sparse", "false", "attribute 'sparse': '\"false\"' is not a valid value"),
        ("Invoice.TxnDate", "2026-02-30", "Invoice.TxnDate: Element 'TxnDate': '2026-02-30' is not a valid value"),
        ("Invoice.TxnDate", "03/04/2026", "is not a valid value of the atomic type 'xs:date'"),
        ("Invoice.Line.0.DetailType", "SaleLine", "[facet 'enumeration'] The value 'SaleLine' is not an element"),
        ("Item.Type", "inventory", "[facet 'enumeration'] The value 'inventory'"),
        ("Item.TrackQtyOnHand", "true", "is not a valid value of the atomic type 'xs:boolean'"),
        ("Account.AccountType", "Revenue", "[facet 'enumeration'] The value 'Revenue'"),
        ("Payment.Line.0.LinkedTxn.0.TxnId", 7, "Payment.Line.LinkedTxn.TxnId: 7 is not a text"),
        ("Invoice.DocNumber", "x" * 22, "[facet 'maxLength'] The value has a length of '22'"),
        ("Invoice.Line.0.Description", "x" * 4001, "exceeds the allowed maximum length of '4000'"),
        ("Item.Name", "x" * 101, "exceeds the allowed maximum length of '100'"),
        ("Account.Name", "x" * 101, "exceeds the allowed maximum length of '100'"),
    ],
)
def test_what_is_wrong_is_named(at: str, value: object, reason: str) -> None:
    entity, *steps, last = at.split(".")
    body = copy.deepcopy(VALID[entity])
    inner: Any = body
    for step in steps:
        inner = inner[int(step) if step.isdigit() else step]
    inner[last] = value
    found = _against(entity, body)
    assert found
    assert reason in found[0]


def test_texts_of_the_greatest_length_pass() -> None:
    line = LINE | {"Description": "x" * 4000}
    assert _against("Invoice", INVOICE | {"DocNumber": "x" * 21, "Line": [line]}) == []
    assert _against("Item", ITEM | {"Name": "x" * 100}) == []


def test_a_shop_ends_with_the_check(tmp_path: Path) -> None:
    """What the sandbox lets pass, Intuit's schema does not."""
    with pytest.raises(AssertionError, match=r"create Customer\.JobInfo\.Order: Element 'Order'"):  # noqa: SIM117
        with Shop(tmp_path, *EIGHT_TICKETS) as shop:
            _post(shop, "Customer", {"DisplayName": "Somebody", "JobInfo": {"Order": "1"}})


def _post(shop: Shop, entity: str, body: Mapping[str, Any]) -> None:
    qbo = shop.target_settings
    form = {"grant_type": "refresh_token", "refresh_token": qbo["refresh_token"]}
    signed_in = requests.post(qbo["token_url"], form, auth=(qbo["client_id"], qbo["client_secret"]), timeout=30)
    requests.post(
        f"{qbo['api_url']}/v3/company/{qbo['realm_id']}/{entity.lower()}",
        json=body,
        headers={"Authorization": f"Bearer {signed_in.json()['access_token']}", "Accept": "application/json"},
        timeout=30,
    ).raise_for_status()


@pytest.fixture
def changed(small_shop: Shop) -> Shop:
    """A shop whose tickets were posted, changed and voided at the till, and posted again."""
    assert small_shop.sync().returncode == 0
    clean = [ticket["ticket_id"] for ticket in small_shop.get("tickets") if ticket["dirt"] is None]
    sales = [ticket for ticket in of_kind(small_shop, "invoice") if ticket["ticket_id"] in clean]
    refunds = [ticket for ticket in of_kind(small_shop, "refund_receipt") if ticket["ticket_id"] in clean]
    split = [ticket for ticket in sales if len(ticket["expected"]["payments"]) > 1]
    once = [ticket for ticket in sales if len(ticket["expected"]["payments"]) == 1]
    edit(small_shop, once[0], "set", tips="7.25", settle=True)
    edit(small_shop, once[1], "void")
    edit(small_shop, split[0], "set", order_discount="0.50", settle=True)
    edit(small_shop, split[1], "void")
    edit(small_shop, refunds[0], "void")
    edit(small_shop, refunds[1], "set", tax="-1.11", settle=True)
    assert small_shop.sync().returncode == 0
    assert small_shop.differences() == []
    return small_shop


def test_every_kind_of_write_passes(changed: Shop) -> None:
    payloads = changed.payloads()
    assert intuit.violations(payloads) == []
    assert len(payloads) == changed.calls()["writes"]
    assert {(one["entity"], one["operation"]) for one in payloads} >= {
        ("Customer", "create"),
        ("Item", "create"),
        ("PaymentMethod", "create"),
        ("Account", "create"),
        ("Invoice", "create"),
        ("Invoice", "update"),
        ("Invoice", "void"),
        ("Payment", "create"),
        ("Payment", "update-void"),
        ("RefundReceipt", "create"),
        ("RefundReceipt", "update"),
        ("RefundReceipt", "delete"),
    }
