"""The accounting rules' *Given* and *Identities* over days of tickets, and rows that need a company of their own."""

from __future__ import annotations

import datetime as dt
import time
from collections import defaultdict
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import pytest
import simplejson

from tests.shop import Shop, problem_lines
from tests.target.failures import edit
from tests.target.rung_up import FEW_TICKETS, RungUp, key_of, ring_up_all, synced

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.target.rung_up import Row

WAIT = dt.timedelta(days=3)
SPENT = ("Reward Points", "Reward points", "Customer Balance", "Account Balance")
SALE: Row = {"lines": [{"price": "10.00"}], "payments": [{"amount": "10.00", "method": "Cash"}]}
BACK: Row = {
    "lines": [{"price": "10.00", "quantity": "-1"}],
    "payments": [{"amount": "-10.00", "method": "Cash"}],
}


@pytest.fixture(scope="module")
def days(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[RungUp, list[Row]]]:
    """Run two shops of three days with every kind of ticket; also the tap's records."""
    options = ("--locations", "2", "--days", "3", "--dirty", "0.1")
    with Shop(tmp_path_factory.mktemp("days"), *options) as shop:
        messages = shop.tap().stdout
        rung = synced(shop, {}, messages)
        yield rung, [simplejson.loads(line, use_decimal=True) for line in messages.splitlines()]


def _rows(rung: RungUp, entity: str) -> dict[str, Row]:
    name = "DisplayName" if entity == "Customer" else "Name"
    return {row[name]: row for row in rung.shop.get(f"qbo-entities?entity={entity}")[entity]}


def test_given_2_two_items_carry_every_sold_line(days: tuple[RungUp, list[Row]]) -> None:
    rung, _ = days
    items, accounts = _rows(rung, "Item"), _rows(rung, "Account")
    refs = ("IncomeAccountRef", "AssetAccountRef", "ExpenseAccountRef")
    names = {row["Id"]: name for name, row in accounts.items()}
    product, service = items["Product"], items["Service"]
    assert (product["Type"], product["TrackQtyOnHand"], product["InvStartDate"]) == ("Inventory", True, "2015-01-01")
    assert [names[product[ref]["value"]] for ref in refs] == [
        *("Sales of Product Income", "Inventory Asset", "Cost of Goods Sold")
    ]
    assert (service["Type"], names[service["IncomeAccountRef"]["value"]]) == ("Service", "Services")


def test_given_3_service_items_of_the_rest_are_on_services(days: tuple[RungUp, list[Row]]) -> None:
    rung, _ = days
    items, services = _rows(rung, "Item"), _rows(rung, "Account")["Services"]
    assert services["AccountType"] == "Income"
    for name in ("Tips", "Reward points", "Customer balance", "Tax"):
        assert (items[name]["Type"], items[name]["IncomeAccountRef"]["value"]) == ("Service", services["Id"])


def test_given_4_one_guest_customer_and_no_other(days: tuple[RungUp, list[Row]]) -> None:
    rung, _ = days
    assert list(_rows(rung, "Customer")) == ["Guest Customer"]
    assert {one["customer"] for kind in ("documents", "payments") for one in rung.books[kind]} == {"Guest Customer"}


def test_given_5_every_discount_is_an_item_named_as_in_the_shop(days: tuple[RungUp, list[Row]]) -> None:
    rung, _ = days
    lines = [line for one in rung.books["documents"] for line in one["lines"] if line["account"] == "Discounts given"]
    assert {"Loyalty", "Senior 10%", "Discount"} <= {line["item"] for line in lines}


def test_given_6_and_7_invoices_are_paid_and_refund_receipts_have_no_payments(days: tuple[RungUp, list[Row]]) -> None:
    rung, _ = days
    assert rung.shop.differences() == []
    kinds = {"invoice": "Invoice", "refund_receipt": "RefundReceipt"}
    for ticket in rung.shop.get("tickets"):
        found = RungUp(rung.shop, {"one": ticket}, rung.books, rung.rows)
        entities = [document["entity"] for document in found.documents("one")]
        assert entities == [kinds[kind] for kind in [ticket["expected"]["kind"]] if kind in kinds]
        if entities == ["RefundReceipt"]:
            assert found.payments("one") == []


def test_given_8_what_failed_is_skipped_with_its_reason(days: tuple[RungUp, list[Row]]) -> None:
    """A dirty ticket has no document and a reason, a clean one has exactly one."""
    rung, _ = days
    tickets = {key_of(ticket): ticket for ticket in rung.shop.get("tickets")}
    codes = {"overpaid": "payments_mismatch"}
    assert set(codes) < {ticket["dirt"] for ticket in tickets.values()}
    for key, row in rung.rows.items():
        dirt = tickets[key]["dirt"]
        assert (row["code"], bool(row["reason"])) == (codes.get(dirt, dirt), dirt is not None)
        assert len([one for one in row["documents"] if one["kind"] != "payment"]) == int(row["status"] == "posted")


def _posted(messages: list[Row], rung: RungUp, stream: str) -> list[Row]:
    records = [one["record"] for one in messages if one["type"] == "RECORD" and one["stream"] == stream]
    return [record for record in records if rung.rows[key_of(record)]["status"] == "posted"]


def test_per_day_and_shop_the_books_come_to_what_the_tills_took(days: tuple[RungUp, list[Row]]) -> None:
    """Invoices less refund receipts are the tickets' totals less points and balance, from the tap's own records."""
    rung, messages = days
    took: dict[tuple[str, str], Decimal] = defaultdict(Decimal)
    where = {}
    for ticket in _posted(messages, rung, "tickets"):
        where[key_of(ticket)] = place = (ticket["location_id"], ticket["business_date"])
        took[place] += ticket["total"]
    for payment in _posted(messages, rung, "payments"):
        if payment["method"] in SPENT:
            took[where[key_of(payment)]] -= payment["amount"]
    stand: dict[tuple[str, str], Decimal] = defaultdict(Decimal)
    for document in rung.books["documents"]:
        location = document["private_note"].split()[2]
        sign = 1 if document["entity"] == "Invoice" else -1
        stand[location, document["txn_date"]] += sign * Decimal(document["total"])
    assert len(took) == 2 * 3
    assert took == stand


def test_per_day_and_method_the_payments_come_to_what_the_tills_took(days: tuple[RungUp, list[Row]]) -> None:
    """A refund counts with its document's one method."""
    rung, _ = days
    took: dict[tuple[str, Any], Decimal] = defaultdict(Decimal)
    for ticket in rung.shop.get("tickets"):
        expected = ticket["expected"]
        for payment in expected["payments"]:
            took[ticket["business_date"], payment["method"]] += Decimal(payment["amount"])
        if expected["kind"] == "refund_receipt":
            took[ticket["business_date"], expected["method"]] -= Decimal(expected["document_total"])
    stand: dict[tuple[str, Any], Decimal] = defaultdict(Decimal)
    for payment in rung.books["payments"]:
        stand[payment["date"], payment["method"]] += Decimal(payment["amount"])
    for document in rung.books["documents"]:
        if document["entity"] == "RefundReceipt":
            stand[document["txn_date"], document["payment_method"]] -= Decimal(document["total"])
    assert {method for _, method in stand} >= {"Cash", "Check", "Credit Card", "Gift Card", "Other"}
    assert took == stand


def test_lines_make_the_total_payments_too_and_nothing_is_open(days: tuple[RungUp, list[Row]]) -> None:
    rung, _ = days
    for document in rung.books["documents"]:
        assert sum(Decimal(line["amount"]) for line in document["lines"]) == Decimal(document["total"])
        if document["entity"] == "Invoice":
            assert sum(Decimal(one["amount"]) for one in document["linked_payments"]) == Decimal(document["total"])
            assert document["balance"] == "0.00"
    assert {payment["unapplied"] for payment in rung.books["payments"]} == {"0.00"}


def _now() -> dt.datetime:
    return dt.datetime.now(dt.UTC).replace(microsecond=0)


def test_what_is_not_paid_waits_for_a_late_tender_and_is_then_unpaid(tmp_path: Path) -> None:
    today = _now().date()
    options = ("--from", str(today - dt.timedelta(days=5)), "--locations", "1", *FEW_TICKETS, "--days", "7")
    with Shop(tmp_path, *options) as shop:
        short: Row = {"lines": [{"price": "30.00"}], "payments": [{"amount": "10.00", "method": "Cash"}]}
        ends = _now() - WAIT + dt.timedelta(seconds=20)
        tickets = ring_up_all(
            shop,
            {
                "waits": short | {"created_at": (_now() - dt.timedelta(days=2)).isoformat()},
                "ends": short | {"created_at": ends.isoformat()},
                "over": short | {"created_at": (_now() - dt.timedelta(days=4)).isoformat()},
            },
        )
        first = synced(shop, tickets)
        assert first.why_not("over")[0] == "unpaid"
        for name in ("waits", "ends"):
            assert first.row(name)["status"] == "waiting"
            assert "payments come to 10.00, the ticket to 30.00 (difference -20.00)" in first.row(name)["reason"]
            assert first.documents(name) == []
        late = {"amount": "20.00", "method": "Check", "paid_at": (_now() - dt.timedelta(minutes=1)).isoformat()}
        edit(shop, tickets["waits"], "add_payment", **late)
        second = synced(shop, tickets)
        assert second.paid("waits") == [("Cash", "10.00"), ("Check", "20.00")]
        assert second.document("waits")["txn_date"] == tickets["waits"]["business_date"]
        assert {payment["date"] for payment in second.payments("waits")} == {tickets["waits"]["business_date"]}
        time.sleep(max(0.0, (ends + WAIT - _now()).total_seconds()))
        third = synced(shop, tickets, "")
        assert third.why_not("ends")[0] == "unpaid"


def test_a_total_that_quickbooks_makes_another_is_taken_back(tmp_path: Path) -> None:
    """A tax code of 5 % where one of rate 0 is meant: QuickBooks adds a tax that the till knows nothing of."""
    with Shop(tmp_path, "--company", "canada", "--locations", "1", *FEW_TICKETS) as shop:
        shop.configure_target(tax_code="Exempt")
        right = ring_up_all(shop, {"sale": SALE, "back": BACK})
        before = synced(shop, right)
        assert {line["tax_code"] for one in before.books["documents"] for line in one["lines"]} == {_exempt(shop)}
        assert before.shop.differences() == []
        shop.configure_target(tax_code="GST")
        wrong = ring_up_all(shop, {"sale": SALE, "back": BACK, "nothing": {"lines": [{"price": "0.00"}]}})
        rung = synced(shop, wrong)
        for name in ("sale", "back"):
            code, reason = rung.why_not(name)
            assert code == "total_differs"
            assert "10.50, not 10.00" in reason
        assert rung.document("nothing")["total"] == "0.00"
        totals = rung.books["totals"]
        assert (totals["open_balance"], totals["unapplied"]) == ("0.00", "0.00")
        assert totals["invoices"] == before.books["totals"]["invoices"]
        assert totals["refund_receipts"] == before.books["totals"]["refund_receipts"]
        for ticket in right.values():
            edit(shop, ticket, "edit_line", sales_person="Bo")
        changed = synced(shop, right)
        for name in right:
            assert changed.why_not(name)[0] == "total_differs"


def _exempt(shop: Shop) -> str:
    (row,) = [row for row in shop.get("qbo-entities?entity=TaxCode")["TaxCode"] if row["Name"] == "Exempt"]
    return str(row["Id"])


def test_inventory_starts_before_the_earliest_ticket(tmp_path: Path) -> None:
    with Shop(tmp_path, "--from", "2014-06-01", "--locations", "1", *FEW_TICKETS) as shop:
        rung = synced(shop, ring_up_all(shop, {"sale": SALE}))
        product = _rows(rung, "Item")["Product"]
        assert product["InvStartDate"] <= rung.document("sale")["txn_date"] == "2014-06-01"
        assert rung.shop.differences() == []


def test_a_currency_that_is_not_the_companys_stops_the_run(tmp_path: Path) -> None:
    with Shop(tmp_path, "--locations", "1", *FEW_TICKETS) as shop:
        tickets = ring_up_all(shop, {"sale": SALE})
        shop.configure_target(currency="EUR")
        stopped = shop.sync()
        assert stopped.returncode == 2
        (line,) = problem_lines(stopped)
        assert "the currency of location 101 is EUR, the company's home currency is USD" in line
        assert "use a company that keeps its books in that currency" in line
        assert shop.get("books")["documents"] == []
        shop.configure_target(currencies={"101": "usd"})
        assert synced(shop, tickets).row("sale")["status"] == "posted"
