"""``franpos-qbo resync``: what a person did by hand in QuickBooks is put right, and what is right is not touched."""

from __future__ import annotations

import json
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import pytest

from tests.shop import Shop
from tests.target.companies import by_hand, named
from tests.target.failures import EIGHT_TICKETS, edit, fail, mark, of_kind, ring_up, ring_up_split, told, without

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.target.failures import Ticket

Row = dict[str, Any]


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shop]:
    """Eight clean tickets and what :func:`split` gives, posted; every test leaves the books right."""
    with Shop(tmp_path_factory.mktemp("resync"), *EIGHT_TICKETS) as shop:
        yield shop


@pytest.fixture(scope="module")
def splits(shop: Shop) -> Iterator[Ticket]:
    """As many sales of 4.00 in cash and 6.00 by check as there are tests that want one."""
    tickets = [ring_up_split(shop) for _ in range(15)]
    assert shop.sync().returncode == 0
    rows = told(shop)
    return iter([rows[ticket["ticket_id"]] for ticket in tickets])


@pytest.fixture
def split(shop: Shop, splits: Iterator[Ticket]) -> Ticket:
    """What is told of a sale of 4.00 in cash and 6.00 by check, posted, that no other test touches."""
    shop.calls()
    return next(splits)


def _resync(shop: Shop, *arguments: str, code: int = 0) -> dict[str, Row]:
    result = shop.console("resync", *arguments, "--format", "json")
    assert result.returncode == code, result.stdout + result.stderr
    return {row["ticket_id"]: row for row in json.loads(result.stdout)}


def _hand(shop: Shop, op: str, document: Row) -> None:
    entity = {"invoice": "Invoice", "payment": "Payment", "refund_receipt": "RefundReceipt"}[document["kind"]]
    shop.post("qbo/entity", {"op": op, "entity": entity, "id": document["id"]})


def _change(shop: Shop, document: Row, **fields: Any) -> None:
    """Change a document by hand; a payment with its whole object."""
    entity = {"invoice": "Invoice", "payment": "Payment", "refund_receipt": "RefundReceipt"}[document["kind"]]
    (row,) = [one for one in shop.get(f"qbo-entities?entity={entity}")[entity] if one["Id"] == document["id"]]
    whole = row | fields if entity == "Payment" else {"Id": row["Id"], "sparse": True, **fields}
    shop.post("qbo/entity", {"op": "update", "entity": entity, "body": whole})


def _by_method(ticket: Ticket) -> tuple[Row, Row, Row]:
    """Return the invoice, the payment in cash and the payment by check."""
    invoice, *payments = ticket["documents"]
    cash, check = sorted(payments, key=lambda payment: float(payment["amount"]))
    return invoice, cash, check


def _assert_right(shop: Shop) -> None:
    """Assert that the books agree with the till to the cent, and that nothing is unapplied."""
    assert shop.differences() == []


@pytest.mark.usefixtures("split")
def test_what_is_right_is_read_and_not_touched(shop: Shop) -> None:
    day = shop.ready["franpos"]["start_date"][:10]
    shop.calls()
    before = shop.get("books")
    rows = _resync(shop, "--from", day)
    assert {row["status"] for row in rows.values()} == {"posted"}
    assert len(rows) == len(shop.get("tickets"))
    calls = shop.calls()
    assert (calls["writes"], calls["reads"]) == (0, 3)
    assert shop.get("books") == before


@pytest.mark.parametrize("op", ["delete", "void"])
def test_an_invoice_taken_away_comes_back_with_its_payments(shop: Shop, split: Ticket, op: str) -> None:
    invoice, *payments = split["documents"]
    assert len(payments) == 2
    _hand(shop, op, invoice)
    assert shop.get("books")["totals"]["unapplied"] == "10.00"
    (row,) = _resync(shop, split["ticket_id"]).values()
    assert (row["status"], row["code"], len(row["documents"])) == ("posted", None, 3)
    assert {one["id"] for one in row["documents"]}.isdisjoint(one["id"] for one in (invoice, *payments))
    _assert_right(shop)


@pytest.mark.parametrize("op", ["delete", "void"])
def test_a_payment_taken_away_is_made_again_and_no_other(shop: Shop, split: Ticket, op: str) -> None:
    invoice, first, second = split["documents"]
    _hand(shop, op, second)
    (row,) = _resync(shop, split["number"]).values()
    assert [one["id"] for one in row["documents"][:2]] == [invoice["id"], first["id"]]
    assert shop.calls()["by_entity"]["Payment"]["create"] == 1
    _assert_right(shop)


def test_what_was_edited_by_hand_is_set_right(shop: Shop, split: Ticket) -> None:
    invoice, cash, check = _by_method(split)
    refund = told(shop)[of_kind(shop, "refund_receipt")[0]["ticket_id"]]
    line = {"ItemRef": named(shop, "Item", "Product"), "Qty": 1, "UnitPrice": 7}
    detail = {"DetailType": "SalesItemLineDetail", "Amount": 7, "SalesItemLineDetail": line}
    _change(shop, invoice, Line=[detail])
    assert shop.get("books")["totals"]["unapplied"] == "3.00"
    _change(shop, refund["documents"][0], TxnDate="2026-03-01")
    rows = _resync(shop, split["ticket_id"], refund["ticket_id"])
    _assert_right(shop)
    again, *paid = _by_method(rows[split["ticket_id"]])
    assert again == invoice
    assert len([one for one in paid if one in (cash, check)]) == 1, "only the payment that was cut is made anew"
    cash = paid[0]
    credit_card = named(shop, "PaymentMethod", "Check")
    _change(shop, cash, PaymentMethodRef=credit_card)
    row = _resync(shop, split["ticket_id"])[split["ticket_id"]]
    assert row["documents"][0]["id"] == invoice["id"]
    _assert_right(shop)
    unlinked = row["documents"][1]
    shop.post("qbo", {"options": {"auto_apply_credit": False}})
    _change(shop, unlinked, Line=[])
    assert shop.get("books")["totals"]["unapplied"] == str(Decimal(str(unlinked["amount"])).quantize(Decimal("0.01")))
    row = _resync(shop, split["ticket_id"])[split["ticket_id"]]
    shop.post("qbo", {"options": {"auto_apply_credit": True}})
    _assert_right(shop)
    assert unlinked not in row["documents"]


def test_credit_that_went_to_another_invoice_is_untangled(shop: Shop, split: Ticket) -> None:
    _hand(shop, "delete", split["documents"][0])
    other = ring_up(shop, lines=[{"price": "10.00"}])
    assert shop.sync().returncode == 0, "it does not know of the credit, and nobody asked it to look"
    assert told(shop)[other["ticket_id"]]["code"] == "paid_otherwise", "QuickBooks put the open credit on its invoice"
    assert shop.get("books")["totals"]["unapplied"] == "0.00"
    rows = _resync(shop, split["ticket_id"])
    assert {row["status"] for row in rows.values()} == {"posted"}
    assert rows.keys() == {split["ticket_id"], other["ticket_id"]}
    _assert_right(shop)


def test_many_invoices_gone_at_once_leave_no_credit(shop: Shop) -> None:
    rows = told(shop)
    sales = [rows[ticket["ticket_id"]] for ticket in of_kind(shop, "invoice")[:4]]
    for sale in sales:
        _hand(shop, "delete", sale["documents"][0])
    _resync(shop, *[sale["ticket_id"] for sale in sales])
    _assert_right(shop)


def test_a_payment_in_a_deposit_leaves_all_as_it_is(shop: Shop, split: Ticket) -> None:
    invoice, cash, _ = _by_method(split)
    _hand(shop, "deposit_payment", cash)
    _hand(shop, "delete", invoice)
    before = shop.get("books")
    (row,) = _resync(shop, split["ticket_id"], code=1).values()
    assert (row["status"], row["code"]) == ("skipped", "qbo_6540")
    assert "take it off the deposit" in row["reason"]
    assert shop.calls()["writes"] == 0
    assert shop.get("books") == before
    _hand(shop, "undeposit_payment", cash)
    rows = _resync(shop, "--skipped")
    assert rows[split["ticket_id"]]["status"] == "posted"
    _assert_right(shop)


def test_a_payment_that_is_not_ours_is_not_paid_over(shop: Shop, split: Ticket) -> None:
    invoice, cash, _ = _by_method(split)
    _hand(shop, "delete", cash)
    link = {"Amount": 4, "LinkedTxn": [{"TxnId": invoice["id"], "TxnType": "Invoice"}]}
    own = by_hand(shop, "Payment", CustomerRef=named(shop, "Customer", "Guest Customer"), TotalAmt=4, Line=[link])
    (row,) = _resync(shop, split["ticket_id"], code=1).values()
    assert row["code"] == "paid_otherwise"
    assert own["Id"] in row["reason"]
    shop.post("qbo/entity", {"op": "delete", "entity": "Payment", "id": own["Id"]})
    _resync(shop, split["ticket_id"])
    _assert_right(shop)


def test_a_closed_period_is_opened_again(shop: Shop) -> None:
    day = shop.ready["franpos"]["start_date"][:10]
    shop.post("qbo", {"options": {"book_close_date": day}})
    late = ring_up_split(shop)
    assert shop.sync().returncode == 0
    still = _resync(shop, "--skipped", "--from", day, "--to", day, code=1)
    assert [row["code"] for row in still.values()] == ["qbo_6210"]
    shop.post("qbo", {"options": {"book_close_date": None}})
    assert _resync(shop, "--skipped")[late["ticket_id"]]["status"] == "posted"
    _assert_right(shop)


def test_only_a_named_ticket_is_changed_where_changes_are_left_alone(shop: Shop, split: Ticket) -> None:
    shop.configure_target(on_change="skip")
    edit(shop, split, "set", tips="3.00", settle=True)
    assert shop.sync().returncode == 0
    assert _resync(shop, "--skipped", code=1)[split["ticket_id"]]["code"] == "changed"
    assert _resync(shop, split["ticket_id"])[split["ticket_id"]]["status"] == "posted"
    shop.configure_target(on_change="update")
    _assert_right(shop)


def test_a_ticket_skipped_as_gone_goes_through(shop: Shop, split: Ticket) -> None:
    _hand(shop, "delete", split["documents"][0])
    edit(shop, split, "set", tips="3.00", settle=True)
    assert shop.sync().returncode == 0
    assert told(shop)[split["ticket_id"]]["code"] == "gone"
    _resync(shop, split["ticket_id"])
    _assert_right(shop)


def test_cut_short_it_ends_right(shop: Shop, split: Ticket) -> None:
    _hand(shop, "delete", split["documents"][0])
    other = told(shop)[of_kind(shop, "invoice")[0]["ticket_id"]]
    _hand(shop, "void", other["documents"][0])
    fail(shop, {"do": "503", "match": {"path": "/batch", "method": "POST", "every": 1}})
    stopped = shop.console("resync", split["ticket_id"], other["ticket_id"], "--format", "json")
    assert stopped.returncode == 3, stopped.stderr
    json.loads(stopped.stdout)
    assert stopped.stderr.splitlines()[-1].startswith("franpos-qbo: ")
    shop.forget_faults()
    synced = shop.sync()
    assert synced.returncode == 0, synced.stderr
    _assert_right(shop)


def test_a_day_is_fetched_anew_from_the_till(shop: Shop, split: Ticket) -> None:
    edit(shop, split, "set", tips="1.00", settle=True)
    late = ring_up(shop, lines=[{"price": "5.00"}])
    (row,) = _resync(shop, split["ticket_id"], "--refetch").values()
    assert row["total"] == 11
    assert mark(late) in str(shop.get("books")["documents"]), "the whole day is fetched and posted"
    _assert_right(shop)


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["--location", "101"], "choose tickets"),
        (["nobody"], "no ticket with order id or receipt number nobody"),
        (["nobody", "--skipped"], "not both"),
    ],
)
def test_a_choice_is_needed(shop: Shop, arguments: list[str], says: str) -> None:
    result = shop.console("resync", *arguments)
    assert result.returncode == 2
    assert says in result.stderr.splitlines()[-1]
    assert result.stdout == ""


def test_what_was_undone_is_posted_again(shop: Shop) -> None:
    day = shop.ready["franpos"]["start_date"][:10]
    assert shop.console("undo", "--from", day, "--to", day, "--yes").returncode == 0
    assert shop.differences() == without(*shop.get("tickets"))
    rows = _resync(shop, "--from", day, "--to", day)
    assert {row["status"] for row in rows.values()} == {"posted"}
    _assert_right(shop)


def test_in_the_end_a_sync_has_nothing_to_do(shop: Shop) -> None:
    shop.calls()
    assert shop.sync().returncode == 0
    assert shop.calls()["writes"] == 0
    assert {(row["status"], row["code"]) for row in told(shop).values()} == {("posted", None)}
    _assert_right(shop)
