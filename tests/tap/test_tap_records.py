"""Rows to records: the field map, exact money, times, kinds of lines, and the contract's schemas."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st
from jsonschema import Draft202012Validator
from singer_sdk.singerlib.json import deserialize_json, serialize_json

from franpos_qbo.contract import SCHEMAS
from tap_franpos import fields
from tap_franpos.clocks import day_start, days_of, moment
from tap_franpos.fields import FieldError
from tap_franpos.records import TicketRecords, exact, ticket_records

D = Decimal
DENVER = ZoneInfo("America/Denver")
NAIVE = datetime(2000, 1, 1)  # noqa: DTZ001 - a clock on the wall of a shop has no offset
ORDER: dict[str, Any] = {
    "OrderId": 1,
    "CompanyOrderNumber": 77,
    "CustomReceiptNumber": None,
    "CustomerId": None,
    "EmployeeId": 5,
    "CreatedOn": "2025-03-01T10:00:00.1230000",
    "SubTotal": "20.0000",
    "DiscountTotal": D("2.0000"),
    "TaxTotal": "1.4400",
    "Tips": None,
    "Total": "19.4400",
    "ShippingOption": " In store ",
}
ITEM: dict[str, Any] = {
    "OrderItemId": 10,
    "OrderId": 1,
    "CreatedOn": "2025-03-01T10:00:00",
    "Name": "Shampoo",
    "Sku": "0123",
    "Price": "10.0000",
    "Quantity": D("2.0000"),
    "Cost": "4.0000",
    "Discount": "2.0000",
    "SalesPerson": "",
}
PAYMENT: dict[str, Any] = {
    "OrderPaymentId": 100,
    "OrderId": 1,
    "CreatedOnUTC": "2025-03-01T17:00:00",
    "PaymentMethod": "Visa",
    "CreditCardType": "VISA",
    "Amount": D("19.4400"),
}


def records(
    order: dict[str, Any] | None = None,
    items: list[dict[str, Any]] | None = None,
    payments: list[dict[str, Any]] | None = None,
) -> TicketRecords:
    return ticket_records(
        "7",
        fields.order(ORDER | (order or {}), DENVER),
        [fields.item(ITEM | row) for row in (items if items is not None else [{}])],
        [fields.payment(PAYMENT | row) for row in (payments if payments is not None else [{}])],
    )


def line(**row: Any) -> dict[str, Any]:
    found: dict[str, Any] = records(items=[row]).ticket["lines"][0]
    return found


def test_a_whole_ticket() -> None:
    made = records()
    assert made.ticket == {
        "location_id": "7",
        "ticket_id": "1",
        "number": "77",
        "created_at": "2025-03-01T10:00:00.123000-07:00",
        "business_date": "2025-03-01",
        "status": "closed",
        "channel": "In store",
        "customer_id": None,
        "employee_id": "5",
        "lines": [
            {
                "line_id": "10",
                "kind": "product",
                "sku": "0123",
                "name": "Shampoo",
                "quantity": D(2),
                "unit_price": D(10),
                "amount": D(20),
                "cost": D(4),
                "sales_person": None,
                "return_reason": None,
            }
        ],
        "subtotal": D(20),
        "discount_total": D(2),
        "tax_total": D("1.44"),
        "tip_total": D(0),
        "total": D("19.44"),
        "payment_ids": ["100"],
        "discount_ids": ["item-10"],
    }
    assert made.payments == [
        {
            "location_id": "7",
            "payment_id": "100",
            "ticket_id": "1",
            "paid_at": "2025-03-01T17:00:00+00:00",
            "method": "Visa",
            "card_type": "VISA",
            "amount": D("19.44"),
        }
    ]
    assert made.discounts == [
        {
            "location_id": "7",
            "discount_id": "item-10",
            "ticket_id": "1",
            "line_id": "10",
            "created_at": "2025-03-01T10:00:00.123000-07:00",
            "name": None,
            "amount": D(2),
        }
    ]


def test_records_fit_the_contract() -> None:
    made = records({"DiscountTotal": "3.5", "Total": "17.94"})
    for stream, rows in {"tickets": [made.ticket], "payments": made.payments, "discounts": made.discounts}.items():
        schema = json.loads((SCHEMAS / f"{stream}.json").read_text("utf-8"))
        assert rows
        for row in rows:
            assert row.keys() == schema["properties"].keys()
            Draft202012Validator(schema).validate(deserialize_json(serialize_json(row)))


def test_no_rows_give_empty_lists() -> None:
    made = records({"DiscountTotal": 0}, items=[], payments=[])
    assert made.ticket["lines"] == made.ticket["payment_ids"] == made.ticket["discount_ids"] == []


def test_a_discount_on_the_whole_ticket_has_no_line() -> None:
    made = records({"DiscountTotal": "5", "Total": "16.44"})
    assert [(row["discount_id"], row["line_id"], row["amount"]) for row in made.discounts] == [
        ("item-10", "10", D(2)),
        ("order-1", None, D(3)),
    ]
    assert made.ticket["discount_ids"] == ["item-10", "order-1"]


def test_lines_come_in_the_order_of_their_numbers() -> None:
    made = records(items=[{"OrderItemId": key} for key in (100, "20", 3, "b", "a")])
    assert [row["line_id"] for row in made.ticket["lines"]] == ["3", "20", "100", "a", "b"]


@pytest.mark.parametrize(
    ("row", "kind"),
    [
        ({"ProductType": "Product", "Cost": 0, "Sku": "cut"}, "product"),
        ({"ProductType": "SERVICE", "Cost": 4, "Sku": "123"}, "service"),
        ({"ProductType": "Package", "Cost": 0, "Sku": "123"}, "service"),
        ({"Cost": "0.0000", "Sku": "123"}, "service"),
        ({"Cost": "0.0100", "Sku": "cut"}, "product"),
        ({"Cost": None, "Sku": "123"}, "product"),
        ({"Cost": None, "Sku": "HAIR-CUT"}, "service"),
        ({"Cost": None, "Sku": None}, "service"),
    ],
    ids=str,
)
def test_kinds(row: dict[str, Any], kind: str) -> None:
    assert line(**row)["kind"] == kind


@pytest.mark.parametrize(
    ("price", "quantity", "amount"),
    [
        ("1.005", "1", "1.01"),
        ("1.005", "-1", "-1.01"),
        ("0.335", "3", "1.01"),
        ("12.9900", "0.333", "4.33"),
        ("-2.50", "1", "-2.5"),
    ],
)
def test_amounts_are_rounded_half_away_from_zero(price: str, quantity: str, amount: str) -> None:
    assert str(line(Price=price, Quantity=quantity)["amount"]) == amount


@pytest.mark.parametrize(
    ("value", "status"),
    [(True, "voided"), ("True", "voided"), (1, "voided"), (False, "closed"), ("0", "closed"), (None, "closed")],
)
def test_voided(value: object, status: str) -> None:
    assert records({"IsVoided": value}).ticket["status"] == status


def test_reasons_and_numbers_have_a_second_choice() -> None:
    assert line(ReturnReason=" ", ReturnDisposition="Damaged")["return_reason"] == "Damaged"
    assert line(ReturnReason="Too small", ReturnDisposition="Damaged")["return_reason"] == "Too small"
    assert records({"CustomReceiptNumber": "A-1"}).ticket["number"] == "A-1"


@given(st.decimals(allow_nan=False, allow_infinity=False, min_value=-(10**12), max_value=10**12, places=6))
def test_numbers_are_the_same_in_every_spelling(number: Decimal) -> None:
    for spelling in (number, f"{number:f}", f" {number:f}000 "):
        read = exact(fields.Row("x", {"Amount": spelling}).number("Amount"))
        assert read == number
        assert str(read) == str(exact(number))
    written = serialize_json({"amount": exact(number)})
    assert deserialize_json(written)["amount"] == number
    assert "E+" not in written
    assert not written.startswith('{"amount":-0}')


@pytest.mark.parametrize(
    "value", ["1,234.50", "$5", "(5.00)", "1e3", "", " ", None, True, 1.5, D("NaN"), "٣", [], "0x1"]
)
def test_what_is_no_plain_number_is_refused(value: object) -> None:
    with pytest.raises(FieldError, match=r"v1/orders has Total = .*a plain decimal number is needed; its keys are"):
        records({"Total": value})


def test_names_are_read_without_case_and_underscores() -> None:
    renamed = {key.upper(): value for key, value in ORDER.items()} | {"order_id": 1}
    del renamed["ORDERID"]
    assert fields.order(renamed, DENVER) == fields.order(ORDER, DENVER)


@pytest.mark.parametrize(
    ("read", "row", "key"),
    [
        *((lambda row: fields.order(row, DENVER), ORDER, key) for key in ("OrderId", "CreatedOn", "Total", "TaxTotal")),
        *((lambda row: fields.order(row, DENVER), ORDER, key) for key in ("Tips", "DiscountTotal")),
        *((fields.item, ITEM, key) for key in ("OrderItemId", "OrderId", "Price", "Quantity", "Discount")),
        *((fields.payment, PAYMENT, key) for key in ("OrderPaymentId", "OrderId", "CreatedOnUTC", "Amount")),
    ],
)
def test_a_missing_field_is_named_with_the_keys_that_were_there(read: Any, row: dict[str, Any], key: str) -> None:
    rest = {name: value for name, value in row.items() if name != key}
    with pytest.raises(FieldError) as raised:
        read(rest)
    text = str(raised.value)
    assert f"has no {key}" in text
    assert text.endswith(f"its keys are: {', '.join(sorted(rest))}")


@pytest.mark.parametrize("row", [{"OrderId": None}, {"OrderId": True}, {"CreatedOn": "3/1/2025"}, {"CreatedOn": None}])
def test_ids_and_times_must_be_readable(row: dict[str, Any]) -> None:
    with pytest.raises(FieldError, match=f"has {next(iter(row))} = "):
        records(row)


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("2025-07-01T12:00:00", "2025-07-01T12:00:00-06:00"),
        ("2025-11-02T01:30:00", "2025-11-02T01:30:00-06:00"),  # the first of the two
        ("2025-03-09T02:30:00", "2025-03-09T03:30:00-06:00"),  # there is no such time: an hour later
        ("2025-07-01", "2025-07-01T00:00:00-06:00"),
        ("2025-07-01T12:00:00Z", "2025-07-01T06:00:00-06:00"),
        ("2025-07-01T12:00:00.1234567", "2025-07-01T12:00:00.123456-06:00"),
    ],
)
def test_clocks(text: str, shown: str) -> None:
    assert moment(text, DENVER).isoformat() == shown


@given(
    st.integers(0, 50 * 366 * 24 * 60).map(lambda minutes: NAIVE + timedelta(minutes=minutes)),
    st.sampled_from(
        ["America/Denver", "Europe/Berlin", "Asia/Kathmandu", "Pacific/Kiritimati", "Pacific/Honolulu", "Africa/Cairo"]
    ),
)
def test_local_order_is_kept(clock: datetime, zone_name: str) -> None:
    zone = ZoneInfo(zone_name)
    at = moment(clock.isoformat(), zone)
    later = moment((clock + timedelta(hours=2)).isoformat(), zone)
    assert at < later
    assert at.replace(tzinfo=None) - clock in {timedelta(0), timedelta(hours=1)}
    early, late = days_of(at, zone)
    assert {early, late} == {at.date(), at.astimezone(UTC).date()}
    assert early <= late
    assert day_start(at.date(), zone) <= at < day_start(at.date() + timedelta(days=1), zone)
