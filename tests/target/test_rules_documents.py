"""The accounting rules' table *Documents*, as it stands in the books."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from tests.shop import Shop
from tests.target.rung_up import FEW_TICKETS, Order, RungUp, lines_of, ring_up_all, synced

if TYPE_CHECKING:
    from collections.abc import Iterator

# The night in which summer time ends: 01:30 comes twice on the 2nd.
FIRST_DAY = ("--from", "2025-11-01")
NUMBER_LENGTH = 21


def _at(clock: str) -> Order:
    return {"created_at": clock, "lines": [{"price": "5.00"}]}


def _back(*tenders: tuple[str, str]) -> Order:
    payments = [{"method": method, "amount": amount} for method, amount in tenders]
    return {"lines": [{"price": "20.00", "quantity": "-1"}], "payments": payments}


ORDERS: dict[str, Order] = {
    "dearer": {"lines": [{"price": "10.00", "quantity": "-1"}, {"price": "25.00"}]},
    "cheaper": {"lines": [{"price": "25.00", "quantity": "-1"}, {"price": "10.00"}]},
    "even": {"lines": [{"price": "10.00", "quantity": "-1"}, {"price": "10.00"}]},
    "sample": {"lines": [{"price": "0.00", "quantity": "3"}]},
    "back": {
        "lines": [
            {"price": "10.00", "quantity": "-2", "discount": "2.00", "discount_name": "Loyalty"},
            {"price": "5.00", "quantity": "-1", "kind": "Service"},
        ],
        "tax": "-1.40",
        "tips": "-1.00",
    },
    "back, fees kept": {"lines": [{"price": "10.00", "quantity": "-1"}], "tax": "0.50", "tips": "2.00"},
    "largest": _back(("Cash", "-5.00"), ("Visa", "-15.00")),
    "tie": _back(("Gift Card", "-10.00"), ("Cash", "-10.00")),
    "onto the balance": _back(("Customer Balance", "-20.00")),
    "below zero": {
        "lines": [{"price": "10.00"}],
        "payments": [{"method": "Reward Points", "amount": "15.00"}, {"method": "Cash", "amount": "-5.00"}],
    },
    "before the day begins": _at("2025-11-02T00:45:00-06:00"),
    "repeated hour": _at("2025-11-02T01:30:00-06:00"),
    "repeated hour again": _at("2025-11-02T01:30:00-07:00"),
    "when the day begins": _at("2025-11-02T02:00:00-07:00"),
    "paid the next day": {
        "lines": [{"price": "5.00"}],
        "payments": [{"method": "Cash", "amount": "5.00", "paid_at": "2025-11-02T18:00:00-07:00"}],
    },
    "long number": {"receipt_number": "STORE/REGISTER-02/000000004711", "lines": [{"price": "5.00"}]},
    "no number": {"receipt_number": None, "lines": [{"price": "5.00"}]},
    "other shop": {"location_id": 102, "lines": [{"price": "5.00"}]},
    "other shop, back": {"location_id": 102, "lines": [{"price": "5.00", "quantity": "-1"}]},
    "unpaid": {"lines": [{"price": "30.00"}], "payments": [{"amount": "29.99"}]},
    "overpaid": {"lines": [{"price": "30.00"}], "payments": [{"amount": "30.01"}]},
    "refund too small": _back(("Cash", "-19.00")),
    "refund too large": _back(("Cash", "-21.00")),
    "lines": {"lines": [{"price": "30.00"}], "total": "31.50"},
    "nothing": {"lines": [], "total": "0.00"},
}
SKIPPED = {
    "below zero": ("negative_document", "-5.00"),
    "unpaid": ("unpaid", "payments come to 29.99, the ticket to 30.00 (difference -0.01)"),
    "overpaid": ("payments_mismatch", "payments come to 30.01, the ticket to 30.00 (difference 0.01)"),
    "refund too small": ("unpaid", "payments come to -19.00, the ticket to -20.00 (difference 1.00)"),
    "refund too large": ("payments_mismatch", "payments come to -21.00, the ticket to -20.00 (difference -1.00)"),
    "lines": ("lines_mismatch", "add up to 30.00, but the till's total is 31.50 (difference -1.50)"),
    "nothing": ("no_lines", "nothing to post"),
}


@pytest.fixture(scope="module")
def rung(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RungUp]:
    options = ("--locations", "2", *FIRST_DAY, *FEW_TICKETS, "--days", "2")
    with Shop(tmp_path_factory.mktemp("documents"), *options) as shop:
        for entity, name in (("Department", "Downtown"), ("Department", "Airport"), ("Class", "Retail")):
            shop.post("qbo/entity", {"op": "create", "entity": entity, "body": {"Name": name}})
        shop.configure_target(
            doc_number_prefix="DEN-",
            business_day_start="02:00",
            departments={"101": "downtown", "102": "Airport"},
            classes={"102": "Retail"},
        )
        tickets = ring_up_all(shop, ORDERS)
        yield synced(shop, tickets)


def test_all_that_is_sound_is_posted(rung: RungUp) -> None:
    assert {name for name in ORDERS if rung.row(name)["status"] != "posted"} == set(SKIPPED)
    assert (rung.books["totals"]["open_balance"], rung.books["totals"]["unapplied"]) == ("0.00", "0.00")


@pytest.mark.parametrize(("name", "why"), SKIPPED.items())
def test_what_does_not_add_up_is_skipped_with_the_figures(rung: RungUp, name: str, why: tuple[str, str]) -> None:
    code, reason = rung.why_not(name)
    assert code == why[0]
    assert why[1] in reason


def test_the_sign_of_the_total_decides_the_kind_of_an_exchange(rung: RungUp) -> None:
    dearer, cheaper = rung.document("dearer"), rung.document("cheaper")
    assert (dearer["entity"], dearer["total"]) == ("Invoice", "15.00")
    assert lines_of(dearer) == [("Product", "-1", "10", "-10.00"), ("Product", "1", "25", "25.00")]
    assert (cheaper["entity"], cheaper["total"]) == ("RefundReceipt", "15.00")
    assert lines_of(cheaper) == [("Product", "1", "25", "25.00"), ("Product", "-1", "10", "-10.00")]


def test_a_total_of_zero_is_an_invoice_without_a_payment(rung: RungUp) -> None:
    for name in ("even", "sample"):
        document = rung.document(name)
        assert (document["entity"], document["total"], rung.payments(name)) == ("Invoice", "0.00", [])
    assert lines_of(rung.document("sample")) == [("Product", "3", "0", "0.00")]


def test_the_signs_of_a_refund_are_turned(rung: RungUp) -> None:
    document = rung.document("back")
    assert (document["entity"], document["total"]) == ("RefundReceipt", "25.40")
    assert lines_of(document) == [
        ("Product", "2", "10", "20.00"),
        ("Loyalty", "1", "-2", "-2.00"),
        ("Service", "1", "5", "5.00"),
        ("Tips", "1", "1", "1.00"),
        ("Tax", "1", "1.4", "1.40"),
    ]
    kept = rung.document("back, fees kept")
    assert lines_of(kept)[1:] == [("Tips", "1", "-2", "-2.00"), ("Tax", "1", "-0.5", "-0.50")]
    assert kept["total"] == "7.50"


@pytest.mark.parametrize(
    ("name", "method", "memo"),
    [
        ("largest", "Credit Card", "Refunded by Cash 5.00, Visa 15.00"),
        ("tie", "Gift Card", "Refunded by Gift Card 10.00, Cash 10.00"),
        ("onto the balance", None, ""),
    ],
)
def test_a_refund_has_the_method_of_its_largest_tender_and_all_in_its_memo(
    rung: RungUp, name: str, method: str | None, memo: str
) -> None:
    document = rung.document(name)
    assert (document["entity"], document["payment_method"]) == ("RefundReceipt", method)
    assert document["private_note"].endswith(memo or f"receipt {rung.tickets[name]['number']}")
    assert document["deposit_account"] == "Undeposited Funds"
    assert document["linked_payments"] == []
    assert rung.payments(name) == []


@pytest.mark.parametrize(
    ("name", "day"),
    [
        ("before the day begins", "2025-11-01"),
        ("repeated hour", "2025-11-01"),
        ("repeated hour again", "2025-11-01"),
        ("when the day begins", "2025-11-02"),
        ("paid the next day", "2025-11-01"),
    ],
)
def test_document_and_payments_carry_the_business_date_of_the_ticket(rung: RungUp, name: str, day: str) -> None:
    assert rung.document(name)["txn_date"] == day
    assert [payment["date"] for payment in rung.payments(name)] == [day]


def test_numbers(rung: RungUp) -> None:
    """Prefix, receipt number (its end, where it is long), dash, four characters of a hash."""
    order = rung.tickets["no number"]["ticket_id"]
    shown = rung.tickets["dearer"]["number"]
    assert rung.document("dearer")["doc_number"].rsplit("-", 1)[0] == f"DEN-{shown}"[: NUMBER_LENGTH - 5]
    assert rung.document("long number")["doc_number"].rsplit("-", 1)[0] == "DEN-000000004711"
    assert order[-12:] in rung.document("no number")["doc_number"]
    numbers = [document["doc_number"] for document in rung.books["documents"]]
    assert len(set(numbers)) == len(numbers)
    assert {len(number.rsplit("-", 1)[1]) for number in numbers} == {4}
    assert max(map(len, numbers)) <= NUMBER_LENGTH


def test_the_note_names_franpos_location_and_order(rung: RungUp) -> None:
    for name, ticket in rung.tickets.items():
        for document in rung.documents(name):
            place = f"Franpos location {ticket['location_id']} order {ticket['ticket_id']}; "
            assert document["private_note"].startswith(f"{place}receipt {ticket['number']}")


def _classes(rung: RungUp, name: str) -> set[Any]:
    document = rung.document(name)
    entities = rung.shop.get(f"qbo-entities?entity={document['entity']}")[document["entity"]]
    (row,) = [row for row in entities if row["Id"] == document["id"]]
    details = [line["SalesItemLineDetail"] for line in row["Line"] if "SalesItemLineDetail" in line]
    return {detail.get("ClassRef", {}).get("name") for detail in details}


def test_departments_and_classes_by_location(rung: RungUp) -> None:
    for name, department, line_class in (
        ("dearer", "Downtown", None),
        ("back", "Downtown", None),
        ("other shop", "Airport", "Retail"),
        ("other shop, back", "Airport", "Retail"),
    ):
        assert rung.document(name)["department"] == department
        assert _classes(rung, name) == {line_class}


def test_the_guest_customer_is_on_everything(rung: RungUp) -> None:
    for kind in ("documents", "payments"):
        assert {one["customer"] for one in rung.books[kind]} == {"Guest Customer"}
