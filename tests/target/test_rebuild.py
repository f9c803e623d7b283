"""A lost ledger made again from QuickBooks: nothing is posted twice, nothing voided comes back by surprise."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from tests.shop import Shop
from tests.target.failures import documents_of, edit, lose_the_ledger, mark, of_kind, told

if TYPE_CHECKING:
    from collections.abc import Iterator


ONE_SHOP = ("--locations", "1", "--days", "2", "--tickets-per-day", "15", "--dirty", "0")


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shop]:
    with Shop(tmp_path_factory.mktemp("shop"), *ONE_SHOP) as shop:
        assert shop.sync().returncode == 0
        assert shop.differences() == []
        yield shop


def by_hand(shop: Shop, op: str, entity: str, **what: object) -> None:
    shop.post("qbo/entity", {"op": op, "entity": entity, **what})


def test_a_lost_ledger_is_made_again_and_nothing_is_posted_twice(shop: Shop) -> None:
    books = shop.get("books")
    lose_the_ledger(shop)
    shop.calls()
    rebuilt = shop.console("rebuild", "--format", "json")
    assert rebuilt.returncode == 0, rebuilt.stderr
    calls = shop.calls()
    assert calls["writes"] == 0
    assert calls["reads"] <= 6
    found = json.loads(rebuilt.stdout)
    assert {row["kind"]: row["documents"] for row in found["documents"]} == {
        "invoice": sum(1 for one in books["documents"] if one["entity"] == "Invoice"),
        "refund_receipt": sum(1 for one in books["documents"] if one["entity"] == "RefundReceipt"),
        "payment": len(books["payments"]),
    }
    assert {row["status"] for row in told(shop).values()} <= {"posted", "voided"}
    assert shop.sync().returncode == 0
    assert shop.calls()["writes"] == 0
    assert shop.differences() == []


def test_a_second_time_it_finds_nothing_new(shop: Shop) -> None:
    again = json.loads(shop.console("rebuild", "--format", "json").stdout)
    assert [row["documents"] for row in again["documents"]] == [0, 0, 0]
    assert again["known"] > 0
    assert again["doubled"] == []


def test_where_changes_are_skipped_what_was_found_is_no_change(shop: Shop) -> None:
    lose_the_ledger(shop)
    shop.configure_target(on_change="skip")
    try:
        assert shop.console("rebuild").returncode == 0
        edited = of_kind(shop, "invoice")[0]
        assert shop.sync().returncode == 0
        assert {row["status"] for row in told(shop).values()} <= {"posted", "voided"}
        edit(shop, edited, "add_line", price="3.00", settle=True)
        assert shop.sync().returncode == 0
        assert told(shop)[edited["ticket_id"]]["code"] == "changed"
    finally:
        shop.configure_target(on_change=None)


def test_what_was_voided_stays_undone(shop: Shop) -> None:
    ticket = of_kind(shop, "invoice")[1]
    (invoice,) = documents_of(shop, ticket)
    for payment in shop.get("books")["payments"]:
        if mark(ticket) in payment["private_note"]:
            by_hand(shop, "void", "Payment", id=payment["id"])
    by_hand(shop, "void", "Invoice", id=invoice["id"])
    lose_the_ledger(shop)
    assert json.loads(shop.console("rebuild", "--format", "json").stdout)["undone"] == 1
    assert shop.sync().returncode == 0
    row = told(shop)[ticket["ticket_id"]]
    assert (row["status"], row["code"], row["documents"]) == ("undone", "found_voided", [])
    assert documents_of(shop, ticket) == []


def test_what_was_voided_stays_undone_without_a_rebuild_too(shop: Shop) -> None:
    """A plain run on an empty ledger keeps to what a person took out; the till's own voids stay voids."""
    ticket = of_kind(shop, "invoice")[1]
    at_the_till = of_kind(shop, "invoice")[3]
    edit(shop, at_the_till, "void")
    assert shop.sync().returncode == 0
    lose_the_ledger(shop)
    shop.calls()
    assert shop.sync().returncode == 0
    assert shop.calls()["writes"] == 0
    row = told(shop)[ticket["ticket_id"]]
    assert (row["status"], row["code"]) == ("undone", "found_voided")
    assert told(shop)[at_the_till["ticket_id"]]["status"] == "voided"
    assert shop.sync().returncode == 0
    assert shop.calls()["writes"] == 0
    assert shop.console("resync", ticket["ticket_id"]).returncode == 0
    assert shop.differences() == []


def test_what_stands_twice_is_named(shop: Shop) -> None:
    ticket = of_kind(shop, "invoice")[2]
    (invoice,) = documents_of(shop, ticket)
    rows = shop.get("qbo-entities?entity=Invoice")["Invoice"]
    body = next(row for row in rows if row["Id"] == invoice["id"])
    made_by_server = ("Id", "SyncToken", "MetaData", "LinkedTxn", "Balance", "TotalAmt", "domain", "sparse")
    copy = {name: value for name, value in body.items() if name not in made_by_server}
    copy["Line"] = [line for line in copy["Line"] if line["DetailType"] != "SubTotalLineDetail"]
    by_hand(shop, "create", "Invoice", body=copy)
    lose_the_ledger(shop)
    rebuilt = shop.console("rebuild", "--format", "json")
    assert rebuilt.returncode == 1, rebuilt.stderr
    (doubled,) = json.loads(rebuilt.stdout)["doubled"]
    assert (doubled["ticket_id"], doubled["number"]) == (ticket["ticket_id"], invoice["doc_number"])
    named = shop.console("rebuild")
    assert named.returncode == 1
    assert f"ticket {ticket['ticket_id']}" in named.stderr
