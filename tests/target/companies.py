"""What stands in a company's lists, what ``franpos-qbo check`` foretold of it, and whether that came true."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable

    from tests.shop import Shop

Row = dict[str, Any]
ENTITIES = {"account": "Account", "item": "Item", "payment method": "PaymentMethod", "customer": "Customer"}


def check(shop: Shop, *options: str, code: int = 0) -> dict[tuple[str, str], Row]:
    """Run ``franpos-qbo check`` and return its rows by what and name."""
    result = shop.console("check", "--format", "json", *options)
    assert result.returncode == code, result.stdout + result.stderr
    return {(row["what"], row["name"]): row for row in json.loads(result.stdout)}


def verdicts(rows: dict[tuple[str, str], Row], verdict: str) -> set[tuple[str, str]]:
    """Return which rows have a verdict, discount items aside: they are made when they are first given."""
    return {key for key, row in rows.items() if row["verdict"] == verdict and row["what"] != "discount items"}


def lists(shop: Shop) -> dict[str, dict[str, Row]]:
    """Return the company's lists as they stand: rows by id."""
    return {
        entity: {row["Id"]: row for row in shop.get(f"qbo-entities?entity={entity}")[entity]}
        for entity in ENTITIES.values()
    }


def assert_foretold(shop: Shop, foretold: dict[tuple[str, str], Row], before: dict[str, dict[str, Row]]) -> None:
    """Assert that nothing was created or made active again but what `check` had foretold, and as it had said.

    Discount items are foretold as a kind, not by name.
    """
    after = lists(shop)
    for what, entity in ENTITIES.items():
        rows = [row for row in foretold.values() if row["what"] == what]
        created = [row for key, row in after[entity].items() if key not in before[entity]]
        if entity == "Item":
            created = list(_without_discounts(shop, created))
        told = {row["in_quickbooks"]: row for row in rows if row["verdict"] == "will be created"}
        assert {_name(row) for row in created} <= set(told)
        for row in created:
            assert told[_name(row)]["detail"].startswith(row.get("Type", "") if entity == "Item" else "")
        reactivated = {
            _name(row) for key, row in after[entity].items() if row["Active"] > before[entity].get(key, row)["Active"]
        }
        assert reactivated <= {row["in_quickbooks"] for row in rows if row["verdict"] == "will be reactivated"}


def by_hand(shop: Shop, entity: str, **body: Any) -> Row:
    """Enter something in QuickBooks as a bookkeeper would."""
    made: Row = shop.post("qbo/entity", {"op": "create", "entity": entity, "body": body})[entity]
    return made


def named(shop: Shop, entity: str, name: str) -> dict[str, str]:
    """Return the reference to a row of a list."""
    rows = shop.get(f"qbo-entities?entity={entity}")[entity]
    return next({"value": row["Id"]} for row in rows if _name(row) == name)


def invoice_by_hand(shop: Shop, day: str, amount: int) -> Row:
    """Enter an invoice of the guest customer that is not ours."""
    line = {"ItemRef": named(shop, "Item", "Sales"), "Qty": 1, "UnitPrice": amount}
    return by_hand(
        shop,
        "Invoice",
        CustomerRef=named(shop, "Customer", "Guest Customer"),
        TxnDate=day,
        DocNumber="OLD-1",
        PrivateNote="an older sync",
        Line=[{"DetailType": "SalesItemLineDetail", "Amount": amount, "SalesItemLineDetail": line}],
    )


def _without_discounts(shop: Shop, items: Iterable[Row]) -> Iterable[Row]:
    accounts = {row["Id"]: row for row in shop.get("qbo-entities?entity=Account")["Account"]}
    return (
        item
        for item in items
        if accounts[item["IncomeAccountRef"]["value"]]["AccountSubType"] != "DiscountsRefundsGiven"
    )


def _name(row: Row) -> str:
    return str(row.get("DisplayName") or row["Name"])
