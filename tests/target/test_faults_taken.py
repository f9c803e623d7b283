"""Taken: numbers (6140), names (6240), and payments that a bank deposit holds (6540)."""

from __future__ import annotations

import contextlib
import sqlite3
from typing import TYPE_CHECKING, Any

import pytest

from tests.shop import Shop
from tests.target.failures import (
    EIGHT_TICKETS,
    Ticket,
    assert_right,
    assert_stopped_then_right,
    documents_of,
    edit,
    lose_the_ledger,
    mark,
    of_kind,
    refuse,
    ring_up,
    ring_up_split,
    told,
    without,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

SOMEBODY = "Somebody"


@pytest.fixture
def numbers(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shop]:
    """Run a company that checks numbers, eight tickets in it."""
    with Shop(tmp_path_factory.mktemp("numbers"), *EIGHT_TICKETS, "--company", "custom_numbers") as shop:
        assert shop.sync().returncode == 0
        yield shop


@pytest.fixture
def names(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shop]:
    """Run a company with names of its own that the ledger knows by one ticket: what is new is created first."""
    options = ("--locations", "1", "--days", "1", "--tickets-per-day", "1", "--company", "existing")
    with Shop(tmp_path_factory.mktemp("names"), *options) as shop:
        for ticket in shop.get("tickets"):
            edit(shop, ticket, "void")
        ring_up(shop, lines=[{"price": "5.00"}])
        assert_right(shop, shop.sync())
        shop.calls()
        yield shop


def _by_hand(shop: Shop, op: str, entity: str, **what: Any) -> dict[str, Any]:
    row: dict[str, Any] = shop.post("qbo/entity", {"op": op, "entity": entity, **what})[entity]
    return row


def _forget(shop: Shop, ticket: Ticket) -> dict[str, Any]:
    """Have a ticket's documents deleted by hand and the ledger lost; returns the invoice as it had been sent."""
    (invoice,) = documents_of(shop, ticket)
    for payment in invoice["linked_payments"]:
        _by_hand(shop, "delete", "Payment", id=payment["id"])
    _by_hand(shop, "delete", "Invoice", id=invoice["id"])
    lose_the_ledger(shop)
    sent = [one["body"] for one in shop.get("payloads")["payloads"] if one["entity"] == "Invoice"]
    body: dict[str, Any] = next(one for one in sent if mark(ticket) in one["PrivateNote"])
    return body


def _sell_to_somebody(shop: Shop, body: dict[str, Any], number: str) -> None:
    """Have a bookkeeper use a number for a sale of the shop's own."""
    rows = shop.get("qbo-entities?entity=Customer")["Customer"]
    found = [row for row in rows if row["DisplayName"] == SOMEBODY]
    customer = found[0] if found else _by_hand(shop, "create", "Customer", body={"DisplayName": SOMEBODY})
    changes = {"PrivateNote": SOMEBODY, "CustomerRef": {"value": customer["Id"]}, "DocNumber": number}
    _by_hand(shop, "create", "Invoice", body=body | changes)


def _differences(shop: Shop) -> list[str]:
    """Return the differences, those of the bookkeeper's own sales aside."""
    return [one for one in shop.differences() if not one.startswith((SOMEBODY, "open_balance"))]


def test_a_number_of_anothers_document_gets_a_suffix_always_the_same(numbers: Shop) -> None:
    ticket = of_kind(numbers, "invoice")[0]
    body = _forget(numbers, ticket)
    _sell_to_somebody(numbers, body, body["DocNumber"])
    further = []
    for _ in range(2):
        result = numbers.sync()
        assert result.returncode == 0, result.stderr
        assert _differences(numbers) == []
        (document,) = documents_of(numbers, ticket)
        assert document["balance"] == "0.00"
        further.append(document["doc_number"])
        _forget(numbers, ticket)
    assert further[0] == further[1] != body["DocNumber"]


def test_a_document_with_a_suffix_is_found_again(numbers: Shop) -> None:
    ticket = of_kind(numbers, "invoice")[0]
    body = _forget(numbers, ticket)
    _sell_to_somebody(numbers, body, body["DocNumber"])
    refuse(numbers, "10000", entity="Payment", operation="create", times=1)
    assert numbers.sync().returncode == 0
    lose_the_ledger(numbers)
    numbers.calls()
    result = numbers.sync()
    assert result.returncode == 0, result.stderr
    assert numbers.calls()["writes"] == 0
    assert _differences(numbers) == []


def test_our_own_document_is_adopted_and_paid(numbers: Shop) -> None:
    """The ledger knows nothing of it: its request was carried out when nobody waited for it any more."""
    ticket = of_kind(numbers, "invoice")[0]
    body = _forget(numbers, ticket)
    messages = numbers.tap().stdout
    key = f'"ticket_id":"{ticket["ticket_id"]}"'
    others = "".join(line for line in messages.splitlines(keepends=True) if key not in line)
    assert numbers.target(others).returncode == 0
    late = _by_hand(numbers, "create", "Invoice", body=body)
    result = numbers.target(messages)
    assert [document["id"] for document in documents_of(numbers, ticket)] == [late["Id"]]
    assert_right(numbers, result)


def test_a_ledger_from_a_backup_adopts_the_payments_with_their_invoice(numbers: Shop) -> None:
    ledger = numbers.folder / "ledger.db"
    with contextlib.closing(sqlite3.connect(ledger)) as connection:
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    backup = ledger.read_bytes()
    ring_up_split(numbers)
    assert_right(numbers, numbers.sync())
    for path in numbers.folder.glob("ledger.db*"):
        path.unlink()
    ledger.write_bytes(backup)
    assert_right(numbers, numbers.sync())


def test_a_payment_that_is_refused_for_its_number_takes_its_invoice_back(numbers: Shop) -> None:
    ticket = ring_up(numbers, lines=[{"price": "10.00"}], payments=[{"amount": "10.00", "method": "Cash"}])
    refuse(numbers, "6140", entity="Payment", operation="create", body=mark(ticket))
    assert numbers.sync().returncode == 0
    row = told(numbers)[ticket["ticket_id"]]
    assert (row["status"], row["code"], row["documents"]) == ("skipped", "qbo_6140", [])
    assert _differences(numbers) == without(ticket)


def test_where_the_further_number_is_taken_too_the_ticket_is_skipped(numbers: Shop) -> None:
    ticket = of_kind(numbers, "invoice")[0]
    body = _forget(numbers, ticket)
    _sell_to_somebody(numbers, body, body["DocNumber"])
    assert numbers.sync().returncode == 0
    (document,) = documents_of(numbers, ticket)
    _forget(numbers, ticket)
    _sell_to_somebody(numbers, body, document["doc_number"])
    result = numbers.sync()
    assert result.returncode == 0, result.stderr
    row = told(numbers)[ticket["ticket_id"]]
    assert (row["status"], row["code"], row["documents"]) == ("skipped", "qbo_6140", [])
    assert _differences(numbers) == without(ticket)


def _rows(shop: Shop, entity: str) -> dict[str, dict[str, Any]]:
    return {row["Name"].casefold(): row for row in shop.get(f"qbo-entities?entity={entity}")[entity]}


def test_names_that_inactive_rows_have_are_theirs_again(names: Shop) -> None:
    assert _rows(names, "PaymentMethod")["other"]["Active"] is False
    assert _rows(names, "Item")["tax"]["Active"] is False
    ring_up(names, lines=[{"price": "5.00"}], tax="1.00", payments=[{"amount": "6.00", "method": "Voucher"}])
    assert_right(names, names.sync())
    assert names.calls()["faults"] == {"6240": 2}
    assert _rows(names, "PaymentMethod")["other"]["Active"] is True
    assert _rows(names, "Item")["tax"]["Active"] is True


def test_a_name_on_another_account_is_passed_by(names: Shop) -> None:
    account = _rows(names, "Account")["sales"]
    lamp = {"Name": "Lamp", "Type": "Service", "IncomeAccountRef": {"value": account["Id"]}}
    _by_hand(names, "create", "Item", body=lamp)
    ticket = ring_up(names, lines=[{"price": "5.00", "discount": "1.00", "discount_name": "lamp"}])
    assert_right(names, names.sync())
    assert names.calls()["faults"] == {"6240": 1}
    (document,) = documents_of(names, ticket)
    assert document["lines"][-1]["item"] == "lamp (discount)"


def test_a_payment_deposited_meanwhile_leaves_everything_as_it_is(shop: Shop) -> None:
    assert shop.sync().returncode == 0
    ticket = of_kind(shop, "invoice")[0]
    before = documents_of(shop, ticket)
    edit(shop, ticket, "void")
    refuse(shop, "6540", entity="Payment", operation="void", times=99)
    result = shop.sync()
    assert result.returncode == 0, result.stderr
    row = told(shop)[ticket["ticket_id"]]
    assert (row["status"], row["code"]) == ("skipped", "qbo_6540")
    assert "take it off the deposit" in row["reason"]
    assert documents_of(shop, ticket) == before


def test_a_deposited_payment_that_was_to_be_taken_back_leaves_its_ticket_open(shop: Shop) -> None:
    ticket = ring_up_split(shop)
    refuse(shop, "6000", entity="Payment", operation="create", body=mark(ticket))
    refuse(shop, "6540", entity="Payment", operation="void", times=99)
    stopped = shop.sync()
    row = told(shop)[ticket["ticket_id"]]
    assert row["status"] == "posting"
    assert "6000" in row["reason"]
    assert "6540" in row["reason"]
    assert [one["kind"] for one in row["documents"]].count("payment") == 1
    assert_stopped_then_right(shop, stopped, 3, "half done")
