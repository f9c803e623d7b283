"""What a shop chooses: items of its own for gift cards, other names later on, departments where the plan has them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from tests.shop import Shop

KIND = {"AccountType": "Other Current Liability", "AccountSubType": "OtherCurrentLiabilities"}


def _items(shop: Shop) -> dict[str, dict[str, Any]]:
    return {item["Name"]: item for item in shop.get("qbo-entities?entity=Item")["Item"]}


def _sale(shop: Shop) -> dict[str, str]:
    """Return the key of a ticket that is an invoice."""
    ticket = next(t for t in shop.get("tickets") if t["dirt"] is None and t["expected"]["kind"] == "invoice")
    return {"location_id": ticket["location_id"], "ticket_id": ticket["ticket_id"]}


def _sell_a_gift_card(shop: Shop) -> None:
    edit = {"op": "add_line", "name": "Gift card $50", "sku": "GIFTCARD", "price": "50.00", "settle": True}
    shop.post("tickets/edit", edit | _sale(shop))


def test_gift_cards_are_named_until_a_rule_says_where_they_go(small_shop: Shop) -> None:
    _sell_a_gift_card(small_shop)
    warned = small_shop.sync()
    assert warned.returncode == 0, warned.stderr
    assert "gift cards and deposits: " in warned.stderr
    assert "set item_rules" in warned.stderr


def test_gift_cards_go_to_the_liability_account_that_the_settings_name(small_shop: Shop) -> None:
    _sell_a_gift_card(small_shop)
    rule = {"item": "Gift cards sold", "account": "Gift cards"}
    rules = [rule | {"sku": "giftcard*"}, rule | {"name": "*deposit*"}]
    small_shop.configure_target(item_rules=rules, deposit_accounts={"Gift Card": "Gift cards"})
    without = small_shop.sync()
    assert without.returncode == 2
    assert "QuickBooks has no account 'Gift cards'" in without.stderr.splitlines()[-1]
    small_shop.post("qbo/entity", {"op": "create", "entity": "Account", "body": {"Name": "Gift cards", **KIND}})
    result = small_shop.sync()
    assert result.returncode == 0, result.stderr
    assert "gift cards and deposits: " not in result.stderr
    assert small_shop.differences() == []
    accounts = {account["Id"]: account["Name"] for account in small_shop.get("qbo-entities?entity=Account")["Account"]}
    assert accounts[_items(small_shop)["Gift cards sold"]["IncomeAccountRef"]["value"]] == "Gift cards"
    balance = {row["account"]: row for row in small_shop.get("books")["trial_balance"]}
    assert "Gift cards" in balance


def test_names_that_are_changed_later_count_from_then_on(small_shop: Shop) -> None:
    assert small_shop.sync().returncode == 0
    small_shop.configure_target(service_item="Grooming", tips_item="Gratuities", services_account="Grooming income")
    edit = {"op": "set", "tips": "3.21", "settle": True}
    small_shop.post("tickets/edit", edit | _sale(small_shop))
    result = small_shop.sync()
    assert result.returncode == 0, result.stderr
    assert small_shop.differences() == []
    accounts = {account["Id"]: account["Name"] for account in small_shop.get("qbo-entities?entity=Account")["Account"]}
    assert accounts[_items(small_shop)["Gratuities"]["IncomeAccountRef"]["value"]] == "Grooming income"


def test_a_department_is_left_out_where_the_plan_has_none(small_shop: Shop) -> None:
    small_shop.post("qbo", {"options": {"departments": False}})
    small_shop.configure_target(departments={"101": "Downtown"})
    result = small_shop.sync()
    assert result.returncode == 0, result.stderr
    assert "does not use departments" in result.stderr
    assert small_shop.differences() == []
