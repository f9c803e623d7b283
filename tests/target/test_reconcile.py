"""`franpos-qbo reconcile` over real processes: right books agree, and whatever a person did to them is named."""

from __future__ import annotations

import csv
import io
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import pytest
import simplejson
from lxml import etree

from tests.shop import Shop
from tests.target.companies import by_hand, invoice_by_hand, named
from tests.target.failures import edit, mark, ring_up

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

Row = dict[str, Any]
FIRST, LAST = "2026-03-04", "2026-03-05"


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shop]:
    """Two shops of one company, two days, some tickets dirty; synced."""
    options = ("--locations", "2", "--days", "2", "--tickets-per-day", "16", "--dirty", "0.1")
    with Shop(tmp_path_factory.mktemp("reconcile"), *options) as shop:
        result = shop.sync()
        assert result.returncode == 0, result.stderr
        yield shop


def reconcile(shop: Shop, *options: str, code: int) -> Row:
    """Run the command and return its document; amounts are decimals."""
    result = shop.console("reconcile", "--from", FIRST, "--to", LAST, "--format", "json", *options)
    assert result.returncode == code, result.stdout + result.stderr
    told: Row = simplejson.loads(result.stdout, use_decimal=True)
    assert told["agrees"] is (code == 0)
    return told


def test_right_books_agree_and_what_is_left_out_is_told(shop: Shop) -> None:
    shop.calls()
    told = reconcile(shop, code=0)
    calls = shop.calls()
    assert (told["problems"], told["reads"], calls["reads"], calls["writes"]) == ([], 5, 5, 0)
    books = shop.get("books")["totals"]
    sales = Decimal(books["invoices"]) - Decimal(books["refund_receipts"])
    totals = told["totals"]
    assert totals["ledger"] == totals["books"] == totals["till"] - totals["left_out"] == sales
    paid = Decimal(books["payments"]) - Decimal(books["refund_receipts"])
    assert sum(row["books"] for row in told["methods"]) == paid
    dirty = {(t["location_id"], t["ticket_id"]) for t in shop.get("tickets") if t["dirt"] and not t["voided"]}
    assert dirty
    assert {(row["location_id"], row["ticket_id"]) for row in told["left_out"]} == dirty
    assert all(row["reason"] for row in told["left_out"])
    assert totals["left_out"] == sum(row["amount"] for row in told["left_out"])
    one = reconcile(shop, "--location", "101", code=0)
    assert [row for row in told["days"] if row["location_id"] == "101"] == one["days"]
    listed = shop.console("reconcile", "--from", FIRST, "--to", LAST, "--format", "csv")
    rows = list(csv.DictReader(io.StringIO(listed.stdout)))
    assert [(row["method"], row["books"]) for row in rows] == [
        (row["method"], str(row["books"])) for row in told["methods"]
    ]


def test_a_period_of_which_nothing_was_received_is_not_said_to_agree(shop: Shop, tmp_path: Path) -> None:
    path = tmp_path / "page.html"
    result = shop.console("reconcile", "--from", "2019-01-01", "--to", "2019-01-31", "--html", str(path))
    assert result.returncode == 0, result.stderr
    assert "nothing of this period was received from the till" in result.stdout
    for text in (result.stdout, path.read_text("utf-8")):
        assert "agrees" not in text.casefold()


def test_the_page_is_well_formed_and_stands_alone(shop: Shop) -> None:
    path = shop.folder / "page.html"
    result = shop.console("reconcile", "--from", FIRST, "--to", LAST, "--html", str(path))
    assert result.returncode == 0, result.stderr
    assert "all agrees" in result.stdout
    text = path.read_text("utf-8")
    page = etree.fromstring(text.replace("<!DOCTYPE html>", "").encode())
    assert page.xpath("//script | //link | //img | //@href | //@src") == []
    assert "url(" not in text
    assert "@import" not in text
    svg = "{http://www.w3.org/2000/svg}"
    chart = page.find(f".//{svg}svg")
    assert chart.find(f"{svg}title").text
    bars = [bar.findtext(f"{svg}title") for bar in chart.iter(f"{svg}rect") if bar.find(f"{svg}title") is not None]
    assert [bar.split(":")[0] for bar in bars] == [
        f"{day} {name}" for day in (FIRST, LAST) for name in ("till", "books")
    ]


def test_what_a_person_did_in_quickbooks_is_named(shop: Shop) -> None:
    books = shop.get("books")
    invoices = [one for one in books["documents"] if one["entity"] == "Invoice" and len(one["linked_payments"]) == 1]
    deleted, voided, raised, moved, unpaid, copied = invoices[:6]
    refund = next(one for one in books["documents"] if one["entity"] == "RefundReceipt")
    rows = {row["Id"]: row for row in shop.get("qbo-entities?entity=Invoice")["Invoice"]}
    payment = next(
        row for row in shop.get("qbo-entities?entity=Payment")["Payment"] if row["Id"] == _paid_by(invoices[6])
    )

    def do(op: str, entity: str, identity: str, **body: Any) -> None:
        shop.post("qbo/entity", {"op": op, "entity": entity, "id": identity, "body": body})

    shop.post("qbo", {"options": {"auto_apply_credit": False}})
    do("delete", "Invoice", deleted["id"])
    do("void", "Invoice", voided["id"])
    do("delete", "Payment", _paid_by(unpaid))
    do("delete", "RefundReceipt", refund["id"])
    do("update", "Invoice", moved["id"], sparse=True, TxnDate="2026-04-01")
    line = next(line for line in rows[raised["id"]]["Line"] if "SalesItemLineDetail" in line)
    detail = {name: line["SalesItemLineDetail"][name] for name in ("ItemRef", "TaxCodeRef")}
    detail |= {"Qty": 1, "UnitPrice": 1000}
    do(
        "update",
        "Invoice",
        raised["id"],
        sparse=True,
        Line=[{"DetailType": "SalesItemLineDetail", "Amount": 1000, "SalesItemLineDetail": detail}],
    )
    other = next(
        row for row in shop.get("qbo-entities?entity=PaymentMethod")["PaymentMethod"] if row["Name"] == "Other"
    )
    kept = ("CustomerRef", "TotalAmt", "PaymentRefNum", "PrivateNote", "TxnDate", "Line")
    do(
        "update",
        "Payment",
        payment["Id"],
        **{name: payment[name] for name in kept},
        PaymentMethodRef={"value": other["Id"]},
    )
    twin = by_hand(
        shop,
        "Invoice",
        **{name: rows[copied["id"]][name] for name in ("CustomerRef", "TxnDate", "PrivateNote")},
        DocNumber="COPY",
        Line=[{"DetailType": "SalesItemLineDetail", "Amount": 1000, "SalesItemLineDetail": detail}],
    )
    foreign = invoice_by_hand(shop, FIRST, 33)

    told = reconcile(shop, code=1)
    named = {(row["code"], row["kind"], row["id"]): row for row in told["problems"]}
    assert set(named) >= {
        ("deleted", "invoice", deleted["id"]),
        ("voided", "invoice", voided["id"]),
        ("deleted", "payment", _paid_by(unpaid)),
        ("open_invoice", "invoice", unpaid["id"]),
        ("deleted", "refund_receipt", refund["id"]),
        ("changed", "invoice", moved["id"]),
        ("changed", "invoice", raised["id"]),
        ("open_invoice", "invoice", raised["id"]),
        ("changed", "payment", payment["Id"]),
        ("duplicate", "invoice", twin["Id"]),
        ("not_ours", "invoice", foreign["Id"]),
        ("unapplied", "payment", _paid_by(deleted)),
        ("unapplied", "payment", _paid_by(voided)),
    }
    touched = {deleted["id"], voided["id"], raised["id"], moved["id"], unpaid["id"], twin["Id"], foreign["Id"]}
    touched |= {refund["id"], payment["Id"], *(_paid_by(one) for one in (deleted, voided, unpaid, raised))}
    assert {row["id"] for row in told["problems"]} <= touched, "nothing else is named"
    assert f"to {moved['txn_date']}" not in named["changed", "invoice", moved["id"]]["text"]
    assert f"date from {moved['txn_date']} to 2026-04-01" in named["changed", "invoice", moved["id"]]["text"]
    assert (
        f"amount from {Decimal(raised['total']):,.2f} to 1,000.00" in named["changed", "invoice", raised["id"]]["text"]
    )
    assert "payment method from" in named["changed", "payment", payment["Id"]]["text"]
    assert mark({"ticket_id": named["voided", "invoice", voided["id"]]["ticket_id"]}) in voided["private_note"]
    difference = told["totals"]["books"] - told["totals"]["ledger"]
    assert difference == (
        1000 - Decimal(raised["total"]) + 1000 + 33 + Decimal(refund["total"])
        - sum(Decimal(one["total"]) for one in (deleted, voided, moved))
    )  # fmt: skip
    table = shop.console("reconcile", "--from", FIRST, "--to", LAST)
    assert table.returncode == 1
    assert all(row["line"] in table.stdout for row in told["problems"])
    assert "differs" in table.stdout


def test_lines_moved_to_other_items_are_named_and_put_right(small_shop: Shop) -> None:
    """Income would stand on the wrong account, and no sum tells it."""
    lines = [{"name": "Shampoo", "price": "12.00"}, {"name": "Cut", "price": "12.00", "kind": "Service"}]
    ticket = ring_up(small_shop, lines=lines)
    assert small_shop.sync().returncode == 0
    right = _lines_of(small_shop, ticket)
    products, services = (line["SalesItemLineDetail"]["ItemRef"]["value"] for line in right)
    for items in ((services, products), (products, named(small_shop, "Item", "Sales")["value"])):
        _move_lines(small_shop, ticket, items)
        (problem,) = reconcile(small_shop, code=1)["problems"]
        assert (problem["code"], problem["ticket_id"]) == ("changed", ticket["ticket_id"])
        assert small_shop.console("resync", ticket["ticket_id"]).returncode == 0
        assert [line["SalesItemLineDetail"]["ItemRef"] for line in _lines_of(small_shop, ticket)] == [
            line["SalesItemLineDetail"]["ItemRef"] for line in right
        ]
        reconcile(small_shop, code=0)
    # Settings of today that are not those of then are nobody's hand; an item that is none of ours is.
    small_shop.configure_target(product_item="Merchandise")
    reconcile(small_shop, code=0)
    _move_lines(small_shop, ticket, (products, named(small_shop, "Item", "Sales")["value"]))
    (problem,) = reconcile(small_shop, code=1)["problems"]
    assert (problem["code"], problem["advice"]) == ("changed", "correct it in QuickBooks")


def _lines_of(shop: Shop, ticket: Row) -> list[Row]:
    """Return the lines of a ticket's invoice."""
    rows = shop.get("qbo-entities?entity=Invoice")["Invoice"]
    row = next(row for row in rows if f"order {ticket['ticket_id']};" in row["PrivateNote"])
    return [line | {"invoice": row["Id"]} for line in row["Line"] if "SalesItemLineDetail" in line]


def _move_lines(shop: Shop, ticket: Row, items: tuple[str, str]) -> None:
    """Put other items on the lines of a ticket's invoice, by hand."""
    lines = _lines_of(shop, ticket)
    moved = [
        {
            "DetailType": "SalesItemLineDetail",
            "Amount": line["Amount"],
            "Description": line["Description"],
            "SalesItemLineDetail": {"ItemRef": {"value": item}, "Qty": 1, "UnitPrice": line["Amount"]},
        }
        for line, item in zip(lines, items, strict=True)
    ]
    body = {"sparse": True, "Line": moved}
    shop.post("qbo/entity", {"op": "update", "entity": "Invoice", "id": lines[0]["invoice"], "body": body})


def test_sales_receipts_and_credit_memos_of_the_guest_customer_are_named(small_shop: Shop) -> None:
    assert small_shop.sync().returncode == 0
    guest = named(small_shop, "Customer", "Guest Customer")
    detail = {"ItemRef": named(small_shop, "Item", "Sales"), "Qty": 1}
    for entity, amount in (("SalesReceipt", 70), ("CreditMemo", 20)):
        line = {"DetailType": "SalesItemLineDetail", "Amount": amount}
        line["SalesItemLineDetail"] = detail | {"UnitPrice": amount}
        by_hand(small_shop, entity, CustomerRef=guest, TxnDate=FIRST, DocNumber=f"BY-HAND-{amount}", Line=[line])
    told = reconcile(small_shop, code=1)
    assert sorted((one["code"], one["kind"], one["document"], one["amount"]) for one in told["problems"]) == [
        ("not_ours", "credit_memo", "BY-HAND-20", 20),
        ("not_ours", "sales_receipt", "BY-HAND-70", 70),
    ]
    assert any("sales receipt BY-HAND-70 (id " in one["line"] and "of 70.00" in one["line"] for one in told["problems"])
    assert told["totals"]["books"] - told["totals"]["ledger"] == 50
    location = small_shop.ready["franpos"]["location_ids"][0]
    small_shop.calls()
    assert reconcile(small_shop, "--location", location, code=0)["reads"] == 3  # strangers are of no location


@pytest.mark.parametrize(("code", "ends"), [("5020", 0), ("2010", 1)])
def test_what_quickbooks_does_not_show_is_proven_only_where_its_plan_has_none(
    small_shop: Shop, code: str, ends: int
) -> None:
    assert small_shop.sync().returncode == 0
    hidden = {"where": "qbo", "do": "xml", "code": code, "match": {"path": "SalesReceipt", "every": 1}}
    small_shop.post("faults", hidden)
    told = reconcile(small_shop, code=ends)
    assert [one["kind"] for one in told["unread"]] == ["sales_receipt"]
    assert [one["code"] for one in told["problems"]] == ["not_read"] * ends
    assert told["agrees"] is not bool(ends)
    page = small_shop.folder / "proof.html"
    table = small_shop.console("reconcile", "--from", FIRST, "--to", LAST, "--html", str(page))
    assert "not read: sales receipts of the guest customer: " in table.stdout
    assert "Not read" in page.read_text("utf-8")


def test_documents_on_an_earlier_guest_customer_are_found(small_shop: Shop) -> None:
    assert small_shop.sync().returncode == 0
    small_shop.configure_target(guest_customer="Walk-in")
    ring_up(small_shop)
    assert small_shop.sync().returncode == 0
    assert reconcile(small_shop, code=0)["reads"] == 5


def test_changes_at_the_till_are_found_by_fetching_anew(small_shop: Shop) -> None:
    assert small_shop.sync().returncode == 0
    reconcile(small_shop, code=0)
    clean = [t for t in small_shop.get("tickets") if t["dirt"] is None and t["expected"]["kind"] == "invoice"]
    changed, broken, voided = clean[:3]
    edit(small_shop, changed, "set", tips="7.25", settle=True)
    edit(small_shop, broken, "set", total="99999.00")
    edit(small_shop, voided, "void")
    reconcile(small_shop, code=0)
    told = reconcile(small_shop, "--refetch", code=1)
    named = {row["ticket_id"]: row for row in told["problems"]}
    assert {key: row["code"] for key, row in named.items()} == {
        changed["ticket_id"]: "changed_at_till",
        broken["ticket_id"]: "inconsistent",
        voided["ticket_id"]: "voided_at_till",
    }
    assert "next sync" in named[changed["ticket_id"]]["advice"]
    assert told["totals"]["ledger"] == told["totals"]["books"]
    assert small_shop.sync().returncode == 0
    after = reconcile(small_shop, code=1)
    assert [(row["code"], row["ticket_id"]) for row in after["problems"]] == [("inconsistent", broken["ticket_id"])]
    assert all(row["agrees"] for row in (*after["days"], *after["methods"]))


def test_a_clean_ticket_that_quickbooks_refuses_is_a_difference(small_shop: Shop) -> None:
    small_shop.post("qbo", {"options": {"book_close_date": FIRST}})
    small_shop.sync()
    told = reconcile(small_shop, code=1)
    assert {(row["code"], row["date"]) for row in told["problems"]} == {("skipped", FIRST)}
    assert {row["code"] for row in told["left_out"] if row["clean"]} == {"qbo_6210"}
    assert all(row["agrees"] for row in (*told["days"], *told["methods"])), "till − left out = ledger = books"


@pytest.mark.parametrize(
    ("first", "last", "says"), [(LAST, FIRST, "is before"), ("9999-12-31", "9999-12-31", "after any day")]
)
def test_a_period_that_is_none_is_refused(shop: Shop, first: str, last: str, says: str) -> None:
    result = shop.console("reconcile", "--from", first, "--to", last)
    assert (result.returncode, says in result.stderr) == (2, True)


def _paid_by(invoice: Row) -> str:
    return str(invoice["linked_payments"][0]["id"])
