"""Name lists: required fields, lengths, characters, unique names, inactive rows, items by type."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from sandbox.qbo.presets import KINDS
from tests.sandbox.qbo_server import Qbo, Refused, line, qbo

INCOME = {"AccountType": "Income", "AccountSubType": "ServiceFeeIncome"}


def _code(us: Qbo, entity: str, body: dict[str, Any]) -> str:
    with pytest.raises(Refused) as refused:
        us.write(entity, body)
    return str(refused.value.code)


def test_an_unknown_field_is_refused_by_its_name(us: Qbo) -> None:
    with pytest.raises(Refused) as refused:
        us.write("Customer", {"DisplayName": "A", "Nickname": "B"})
    assert refused.value.status == 400
    assert refused.value.code == "2010"
    assert refused.value.body["Fault"]["type"] == "ValidationFault"
    assert "Nickname" in refused.value.error["Detail"]


@pytest.mark.parametrize(
    ("entity", "body", "code"),
    [
        ("Account", {"Name": "A"}, "2020"),
        ("Account", {"AccountType": "Income"}, "2020"),
        ("Account", {"Name": "A:B", **INCOME}, "2040"),
        ("Account", {"Name": 'A"B', **INCOME}, "2040"),
        ("Account", {"Name": "A" * 101, **INCOME}, "2050"),
        ("Account", {"Name": "A", "AccountType": "Revenue"}, "2170"),
        ("Account", {"Name": "A", "AccountSubType": "Discounts"}, "2170"),
        ("Account", {"Name": "A", "AccountType": "Bank", "AccountSubType": "DiscountsRefundsGiven"}, "6000"),
        ("Account", {"Name": "A", **INCOME, "Classification": "Asset"}, "6000"),
        ("Account", {"Name": 5, **INCOME}, "2010"),
        ("Account", {"Name": "A", **INCOME, "Active": "true"}, "2010"),
        ("PaymentMethod", {"Name": "A" * 32}, "2050"),
        ("PaymentMethod", {"Name": "A", "Type": "CASH"}, "2170"),
        ("PaymentMethod", {"Type": "CREDIT_CARD"}, "2020"),
        ("Customer", {"DisplayName": "  "}, "2020"),
        ("Customer", {"DisplayName": "A" * 501}, "2050"),
        ("Customer", {"DisplayName": "A:B"}, "2040"),
        ("Customer", {"DisplayName": "A\tB"}, "2040"),
        ("Customer", {"DisplayName": "A\nB"}, "2040"),
        ("Customer", {"DisplayName": "A", "CurrencyRef": {"value": "EUR"}}, "6000"),
        ("Customer", {"DisplayName": "A", "BillAddr": "Main Street"}, "2010"),
        ("Customer", {"DisplayName": "A", "BillAddr": {"Street": "Main Street"}}, "2010"),
        ("Customer", {"DisplayName": "A", "Active": False}, "6000"),
        ("Customer", {"DisplayName": "A", "Id": "77"}, "2020"),
        ("Department", {"Name": "A:B"}, "2040"),
        ("TaxCode", {"Name": "A"}, "500"),
    ],
)
def test_what_a_name_list_refuses(us: Qbo, entity: str, body: dict[str, Any], code: str) -> None:
    assert _code(us, entity, body) == code


def test_an_account_of_discounts_can_be_made(us: Qbo) -> None:
    sent = {"Name": "Discounts given", "AccountType": "Income", "AccountSubType": "DiscountsRefundsGiven"}
    made = us.write("Account", sent | {"Classification": "Revenue"})
    assert made["Classification"] == "Revenue"
    assert made["FullyQualifiedName"] == "Discounts given"
    assert (made["SyncToken"], made["domain"], made["sparse"]) == ("0", "QBO", False)
    assert made["CurrentBalance"] == 0


def test_an_account_stays_on_its_side_of_the_books(us: Qbo) -> None:
    made = us.write("Account", {"Name": "A", "AccountSubType": "Checking"})
    moved = {"Name": "A", "Id": made["Id"], "SyncToken": "0"}
    assert _code(us, "Account", moved | INCOME) == "6000"
    assert us.write("Account", moved | {"AccountSubType": "OtherCurrentAssets"})["AccountType"] == "Other Current Asset"


def test_a_subtype_says_the_type(us: Qbo) -> None:
    assert us.write("Account", {"Name": "A", "AccountSubType": "Checking"})["AccountType"] == "Bank"


@pytest.mark.parametrize("entity", ["Account", "Item", "PaymentMethod", "Department", "Class"])
def test_a_name_is_unique_ignoring_case_and_spaces_around_it(us: Qbo, entity: str) -> None:
    extras: dict[str, dict[str, Any]] = {
        "Account": {**INCOME},
        "Item": {"Type": "Service", "IncomeAccountRef": us.account("Sales")},
    }
    extra = extras.get(entity, {})
    us.write(entity, {"Name": "Straße", **extra})
    assert _code(us, entity, {"Name": " STRASSE ", **extra}) == "6240"


def test_the_fault_for_a_taken_name_does_not_say_whose_it_is(us: Qbo) -> None:
    with pytest.raises(Refused) as refused:
        us.write("PaymentMethod", {"Name": "CASH"})
    assert refused.value.error["Detail"] == "The name supplied already exists. : null"


@pytest.mark.parametrize("other", ["Vendor", "Employee"])
def test_people_share_their_names(us: Qbo, other: str) -> None:
    us.write(other, {"DisplayName": "Guest Customer"})
    assert _code(us, "Customer", {"DisplayName": "guest customer"}) == "6240"


def test_items_of_all_types_share_their_names(us: Qbo) -> None:
    us.service("Product")
    assert _code(us, "Item", us.inventory_body("product")) == "6240"


def test_an_entity_made_inactive_shows_as_deleted_and_frees_its_name(us: Qbo) -> None:
    made = us.write("PaymentMethod", {"Name": "Gift Card"})
    gone = us.write("PaymentMethod", made | {"Active": False})
    assert gone["Name"] == "Gift Card (deleted)"
    assert gone["SyncToken"] == "1"
    assert us.query("select * from PaymentMethod where Name = 'Gift Card'") == {}
    hidden = "select * from PaymentMethod where Name like 'Gift%'"
    assert us.query(hidden) == {}
    found = us.query(f"{hidden} and Active in (true,false)")["PaymentMethod"]
    assert [row["Id"] for row in found] == [made["Id"]]
    again = us.write("PaymentMethod", {"Name": "Gift Card"})
    twice = us.write("PaymentMethod", again | {"Active": False})
    assert twice["Name"] == "Gift Card (deleted 2)"


def test_an_inactive_entity_is_made_active_again_under_its_own_name(us: Qbo) -> None:
    made = us.write("PaymentMethod", {"Name": "Gift Card"})
    gone = us.write("PaymentMethod", made | {"Active": False})
    sparse = {"Id": gone["Id"], "SyncToken": "1", "sparse": True, "Active": True}
    assert us.write("PaymentMethod", sparse)["Name"] == "Gift Card (deleted)"
    named = us.write("PaymentMethod", sparse | {"SyncToken": "2", "Name": "Gift Card"})
    assert named["Name"] == "Gift Card"


def test_an_older_inactive_row_still_holds_its_name() -> None:
    with qbo("existing") as client:
        assert _code(client, "PaymentMethod", {"Name": "Other"}) == "6240"
        assert client.query("select * from PaymentMethod where Name = 'Other'") == {}
        held = client.one("PaymentMethod", "Name = 'other' and Active = false")
        sparse = {"Id": held["Id"], "SyncToken": held["SyncToken"], "sparse": True, "Active": True}
        assert client.write("PaymentMethod", sparse)["Active"] is True


def test_an_update_needs_the_current_token(us: Qbo) -> None:
    made = us.write("Customer", {"DisplayName": "A", "CompanyName": "Co"})
    renamed = us.write("Customer", made | {"DisplayName": "B"})
    assert (renamed["DisplayName"], renamed["SyncToken"]) == ("B", "1")
    assert _code(us, "Customer", made | {"DisplayName": "C"}) == "5010"
    assert _code(us, "Customer", {"Id": made["Id"], "DisplayName": "C"}) == "2020"
    assert _code(us, "Customer", {"Id": "999", "SyncToken": "0", "DisplayName": "C"}) == "610"


def test_a_sparse_update_keeps_what_a_full_one_clears(us: Qbo) -> None:
    made = us.write("Customer", {"DisplayName": "A", "CompanyName": "Co"})
    head = {"Id": made["Id"], "SyncToken": "0"}
    sparse = us.write("Customer", head | {"sparse": True, "Notes": "n"})
    assert (sparse["CompanyName"], sparse["Notes"]) == ("Co", "n")
    full = us.write("Customer", head | {"SyncToken": "1", "DisplayName": "A"})
    assert "CompanyName" not in full
    assert "Notes" not in full


def test_a_name_can_not_be_taken_by_an_update(us: Qbo) -> None:
    made = us.write("PaymentMethod", {"Name": "Gift Card"})
    assert _code(us, "PaymentMethod", made | {"Name": "cash"}) == "6240"
    assert us.write("PaymentMethod", made | {"Name": "GIFT card"})["Name"] == "GIFT card"


def test_a_name_list_has_no_delete(us: Qbo) -> None:
    made = us.write("PaymentMethod", {"Name": "Gift Card"})
    refused = us.send("POST", "paymentmethod", made, operation="delete")
    assert refused.json()["Fault"]["Error"][0]["code"] == "500"


# Items by their types.


def test_item_a_service_needs_its_income_account(us: Qbo) -> None:
    assert _code(us, "Item", {"Name": "A", "Type": "Service"}) == "2020"
    assert _code(us, "Item", {"Name": "A", "IncomeAccountRef": us.account("Sales")}) == "2020"
    bank = {"Name": "A", "Type": "Service", "IncomeAccountRef": us.account("Checking")}
    assert _code(us, "Item", bank) == "6000"
    nowhere = {"Name": "A", "Type": "Service", "IncomeAccountRef": {"value": "999"}}
    assert _code(us, "Item", nowhere) == "2500"


@pytest.mark.parametrize("name", ["A:B", "A\tB", "A\nB"])
def test_item_forbidden_characters(us: Qbo, name: str) -> None:
    body = {"Name": name, "Type": "Service", "IncomeAccountRef": us.account("Sales")}
    assert _code(us, "Item", body) == "2040"


def test_item_a_name_has_at_most_100_characters(us: Qbo) -> None:
    us.service("A" * 100)
    body = {"Name": "B" * 101, "Type": "Service", "IncomeAccountRef": us.account("Sales")}
    assert _code(us, "Item", body) == "2050"


def test_item_an_unknown_type_is_refused(us: Qbo) -> None:
    body = {"Name": "A", "IncomeAccountRef": us.account("Sales")}
    assert _code(us, "Item", body | {"Type": "Thing"}) == "2170"
    assert _code(us, "Item", body | {"Type": "Payment"}) == "2030"


@pytest.mark.parametrize(
    "field",
    [
        *("TrackQtyOnHand", "QtyOnHand", "InvStartDate"),
        *("IncomeAccountRef", "AssetAccountRef", "ExpenseAccountRef"),
    ],
)
def test_item_an_inventory_item_needs_each_of_its_fields(us: Qbo, field: str) -> None:
    body = us.inventory_body()
    del body[field]
    assert _code(us, "Item", body) == "2020"


@pytest.mark.parametrize(
    ("field", "account"),
    [
        ("IncomeAccountRef", "Sales"),
        ("AssetAccountRef", "Undeposited Funds"),
        ("ExpenseAccountRef", "Sales"),
    ],
)
def test_item_an_inventory_item_needs_accounts_of_the_right_kind(us: Qbo, field: str, account: str) -> None:
    assert _code(us, "Item", us.inventory_body() | {field: us.account(account)}) == "6000"


def test_item_an_inventory_item_tracks_its_quantity(us: Qbo) -> None:
    assert _code(us, "Item", us.inventory_body() | {"TrackQtyOnHand": False}) == "6000"
    assert us.write("Item", us.inventory_body())["QtyOnHand"] == 0


def test_item_a_plan_without_inventory() -> None:
    with qbo("no_inventory") as client:
        income, cogs = client.account("Sales of Product Income"), client.account("Cost of Goods Sold")
        body: dict[str, Any] = {"Name": "P", "Type": "Inventory", "IncomeAccountRef": income, "ExpenseAccountRef": cogs}
        body |= {"TrackQtyOnHand": True, "QtyOnHand": 0, "InvStartDate": "2015-01-01"}
        assert _code(client, "Item", body | {"AssetAccountRef": cogs}) == "5020"
        plain = {"Name": "P", "Type": "NonInventory", "IncomeAccountRef": income, "ExpenseAccountRef": cogs}
        assert client.write("Item", plain)["Type"] == "NonInventory"


def test_item_an_item_keeps_its_type(us: Qbo) -> None:
    made = us.write("Item", us.inventory_body())
    assert _code(us, "Item", made | {"Type": "Service"}) == "6000"
    service = us.read("Item", us.service()["value"])
    assert _code(us, "Item", service | {"Type": "NonInventory"}) == "6000"


def test_item_only_an_inventory_item_tracks_its_quantity(us: Qbo) -> None:
    body = {"Name": "A", "Type": "Service", "IncomeAccountRef": us.account("Sales"), "TrackQtyOnHand": True}
    assert _code(us, "Item", body) == "6000"


def test_item_an_expense_account_is_one_of_expenses(us: Qbo) -> None:
    body = {"Name": "A", "Type": "NonInventory", "IncomeAccountRef": us.account("Sales")}
    assert _code(us, "Item", body | {"ExpenseAccountRef": us.account("Checking")}) == "6000"


def test_item_an_opening_stock_has_no_value_here(us: Qbo) -> None:
    body = us.inventory_body() | {"QtyOnHand": 4}
    assert _code(us, "Item", body | {"PurchaseCost": 2}) == "2030"
    assert us.write("Item", body)["QtyOnHand"] == 4


@pytest.mark.parametrize(("mode", "becomes"), [("accepted", "Discount"), ("retyped", "Service"), ("refused", None)])
def test_item_discount_items_as_the_company_has_it(us: Qbo, mode: str, becomes: str | None) -> None:
    us.options(discount_items=mode)
    body = {"Name": "Loyal", "Type": "Discount", "IncomeAccountRef": us.account("Sales")}
    if becomes is None:
        assert _code(us, "Item", body) == "2030"
    else:
        assert us.write("Item", body)["Type"] == becomes


def test_item_quantity_on_hand_goes_below_zero_with_sales(us: Qbo) -> None:
    item = us.inventory()
    customer = us.customer()
    sold = {"CustomerRef": customer, "Line": [line(item, 30, Qty=3, UnitPrice=10)]}
    invoice = us.write("Invoice", sold)
    assert us.read("Item", item["value"])["QtyOnHand"] == -3
    us.write("Invoice", invoice, operation="void")
    assert us.read("Item", item["value"])["QtyOnHand"] == 0


def test_item_a_cost_is_booked_with_the_sale(us: Qbo) -> None:
    item = us.inventory(PurchaseCost=Decimal("2.50"))
    us.write("Invoice", {"CustomerRef": us.customer(), "Line": [line(item, 30, Qty=3, UnitPrice=10)]})
    balances = {row["account"]: row for row in us.books()["trial_balance"]}
    assert balances["Cost of Goods Sold"]["debit"] == "7.50"
    assert balances["Inventory Asset"]["credit"] == "7.50"


@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_of_company_can_be_used(kind: str) -> None:
    with qbo(kind) as client:
        assert client.query("select * from Account")["Account"]
        assert client.query("select * from CompanyInfo")["CompanyInfo"][0]["CompanyName"]
        assert client.books()["trial_balance"] == []


def test_a_plan_without_departments_has_none() -> None:
    with qbo("no_departments") as client:
        assert _code(client, "Department", {"Name": "Shop"}) == "5020"
        assert _code(client, "Class", {"Name": "Shop"}) == "5020"


def test_newer_companies_name_their_system_accounts_otherwise() -> None:
    with qbo("us_new_names") as client:
        found = client.query("select * from Account where AccountSubType = 'UndepositedFunds'")["Account"]
        assert [row["Name"] for row in found] == ["Payments to deposit"]


def test_the_accounts_of_the_rules_are_not_there_at_first(us: Qbo) -> None:
    names = {row["Name"] for row in us.query("select * from Account where Active in (true, false)")["Account"]}
    assert "Sales of Product Income" in names
    assert not names & {"Services", "Discounts given"}


def test_preferences_say_what_the_company_is_set_to() -> None:
    with qbo("closed_books", departments=False, auto_apply_credit=False) as client:
        preferences = client.call("GET", "preferences")["Preferences"]
        assert preferences["AccountingInfoPrefs"]["BookCloseDate"] == "2024-12-31"
        assert preferences["AccountingInfoPrefs"]["TrackDepartments"] is False
        assert preferences["SalesFormsPrefs"]["AutoApplyCredit"] is False
        assert preferences["SalesFormsPrefs"]["CustomTxnNumbers"] is False
        assert preferences["ProductAndServicesPrefs"]["QuantityOnHand"] is True
        assert preferences["TaxPrefs"]["PartnerTaxEnabled"] is False
        assert preferences["CurrencyPrefs"] == {"MultiCurrencyEnabled": False, "HomeCurrency": {"value": "USD"}}
