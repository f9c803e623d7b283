"""Sales receipts and credit memos, as other apps and people enter them: made, booked, found, voided, deleted."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from tests.sandbox.qbo_server import Qbo, Refused, line

Json = dict[str, Any]


@pytest.fixture
def body(us: Qbo) -> Json:
    return {"CustomerRef": us.customer(), "DocNumber": "OTHER-1", "Line": [line(us.service(), 12)]}


def _balances(us: Qbo) -> Json:
    rows = us.books()["trial_balance"]
    return {row["account"]: Decimal(row["debit"]) - Decimal(row["credit"]) for row in rows}


def test_a_sales_receipt_is_income_and_money_at_once(us: Qbo, body: Json) -> None:
    made = us.write("SalesReceipt", body)
    assert (made["TotalAmt"], made["Balance"], made["DepositToAccountRef"]["name"]) == (12, 0, "Undeposited Funds")
    assert _balances(us) == {"Undeposited Funds": 12, "Sales": -12}
    (document,) = us.books()["documents"]
    assert (document["entity"], document["total"], document["voided"]) == ("SalesReceipt", "12.00", False)
    assert us.one("SalesReceipt", f"CustomerRef = '{body['CustomerRef']['value']}'")["Id"] == made["Id"]


def test_a_sales_receipt_is_voided_with_the_whole_object(us: Qbo, body: Json) -> None:
    made = us.write("SalesReceipt", body)
    with pytest.raises(Refused, match="2020"):
        us.write(
            "SalesReceipt", {"Id": made["Id"], "SyncToken": "0", "sparse": True}, operation="update", include="void"
        )
    voided = us.write("SalesReceipt", made, operation="update", include="void")
    assert (voided["TotalAmt"], voided["PrivateNote"]) == (0, "Voided")
    assert _balances(us) == {}


def test_a_credit_memo_is_owed_to_its_customer(us: Qbo, body: Json) -> None:
    made = us.write("CreditMemo", body)
    assert (made["TotalAmt"], made["RemainingCredit"]) == (12, 12)
    assert _balances(us) == {"Accounts Receivable (A/R)": -12, "Sales": 12}
    assert us.read("Customer", body["CustomerRef"]["value"])["Balance"] == -12
    assert us.books()["totals"]["unapplied"] == "12.00"
    us.write("CreditMemo", {"Id": made["Id"], "SyncToken": "0"}, operation="void")
    assert us.read("CreditMemo", made["Id"])["TotalAmt"] == 12, (
        "it can't be voided: answered as done, and nothing happens"
    )
    us.write("CreditMemo", {"Id": made["Id"], "SyncToken": "0"}, operation="delete")
    assert us.query("select * from CreditMemo") == {}
    assert _balances(us) == {}


@pytest.mark.parametrize("entity", ["SalesReceipt", "CreditMemo"])
def test_they_keep_the_rules_of_all_documents(us: Qbo, body: Json, entity: str) -> None:
    for change, code in (
        ({"Order": 1}, "2010"),
        ({"DocNumber": "x" * 22}, "2050"),
        ({"Line": []}, "2020"),
        ({"Line": [line(us.service("Less"), -1)]}, "6000"),
        ({"CustomerRef": {"value": "99"}}, "2500"),
    ):
        with pytest.raises(Refused) as refused:
            us.write(entity, body | change)
        assert refused.value.code == code


@pytest.mark.parametrize("entity", ["SalesReceipt", "CreditMemo"])
def test_a_person_enters_them_by_hand(us: Qbo, body: Json, entity: str) -> None:
    made = us.control("qbo/entity", {"op": "create", "entity": entity, "body": body})[entity]
    since = made["MetaData"]["CreateTime"]
    assert (
        us.one(entity, f"TxnDate = '{made['TxnDate']}' and MetaData.CreateTime >= '{since}'")["DocNumber"] == "OTHER-1"
    )
    if entity == "SalesReceipt":
        assert us.control("qbo/entity", {"op": "void", "entity": entity, "id": made["Id"]})[entity]["TotalAmt"] == 0
    us.control("qbo/entity", {"op": "delete", "entity": entity, "id": made["Id"]})
    assert us.books()["documents"] == []
