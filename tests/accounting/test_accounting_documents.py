"""The accounting rules' table *Documents*, row by row, each by an example worked out by hand."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest

from target_qbo.accounting import Document, DocumentKind, PaymentMethod, PaymentRow, Rules, Ticket, Voided, decide
from target_qbo.accounting.ticket import discount_from_record, payment_from_record
from tests.accounting.till import DENVER, NOON, Case, goods, lines_of, off, payments_of, sale, service, tenders, ticket


def test_an_exchange_for_something_dearer_is_an_invoice() -> None:
    swap = ticket(goods("-1", "10.00", "-10.00"), goods("1", "25.00", "25.00", line_id="2"), total="15.00")
    document = Case(swap, tenders(("Cash", "15.00"))).posted()
    assert document.kind is DocumentKind.INVOICE
    assert lines_of(document) == [("Product", "-1", "10", "-10.00"), ("Product", "1", "25", "25.00")]


def test_an_exchange_for_something_cheaper_is_a_refund_receipt() -> None:
    swap = ticket(goods("-1", "25.00", "-25.00"), goods("1", "10.00", "10.00", line_id="2"), total="-15.00")
    document = Case(swap, tenders(("Cash", "-15.00"))).posted()
    assert document.kind is DocumentKind.REFUND_RECEIPT
    assert lines_of(document) == [("Product", "1", "25", "25.00"), ("Product", "-1", "10", "-10.00")]
    assert str(document.total) == "15.00"


@pytest.mark.parametrize("lines", [("-1", "1"), ("1", "-1")])
def test_a_total_of_zero_is_an_invoice_of_zero_without_a_payment(lines: tuple[str, str]) -> None:
    swap = [goods(sign, "10.00", f"{sign}0.00", line_id=sign) for sign in lines]
    document = Case(ticket(*swap, total="0.00")).posted()
    assert document.kind is DocumentKind.INVOICE
    assert document.payments == ()
    assert str(document.total) == "0.00"


def test_a_total_of_less_than_half_a_cent_is_zero() -> None:
    nothing = ticket(goods("1", "-0.004", "-0.004"), total="-0.004")
    assert Case(nothing).posted().kind is DocumentKind.INVOICE


def test_a_sample_given_away_is_an_invoice_of_zero() -> None:
    document = Case(ticket(goods("3", "0", "0"), total="0")).posted()
    assert lines_of(document) == [("Product", "3", "0", "0.00")]


def test_a_discount_of_everything_is_an_invoice_of_zero() -> None:
    document = Case(ticket(goods("1", "10", "10"), total="0"), (), (off("10", line_id="1"),)).posted()
    assert lines_of(document) == [("Product", "1", "10", "10.00"), ("Loyalty", "1", "-10", "-10.00")]


@pytest.mark.parametrize(
    ("total", "rows"),
    [
        ("10.00", (("Reward points", "15.00"), ("Cash", "-5.00"))),
        ("10.00", (("Customer balance", "10.01"), ("Cash", "-0.01"))),
        ("-10.00", (("Customer balance", "-15.00"), ("Cash", "5.00"))),
    ],
)
def test_a_document_that_would_be_negative_is_skipped(total: str, rows: tuple[tuple[str, str], ...]) -> None:
    skipped = sale(total, *rows).skipped()
    assert skipped.code == "negative_document"


def test_a_ticket_with_nothing_on_it_is_skipped() -> None:
    assert Case(ticket(total="0")).skipped().code == "no_lines"


def test_refund_lines_have_their_signs_turned() -> None:
    back = ticket(
        goods("-2", "10.00", "-20.00"),
        service("-1", "5.00", "-5.00", line_id="2"),
        total="-25.40",
        tax="-1.40",
        tip="-1.00",
    )
    document = Case(back, tenders(("Visa", "-25.40")), (off("-2.00", line_id="1"),)).posted()
    assert lines_of(document) == [
        ("Product", "2", "10", "20.00"),
        ("Loyalty", "1", "-2", "-2.00"),
        ("Service", "1", "5", "5.00"),
        ("Tips", "1", "1", "1.00"),
        ("Tax", "1", "1.4", "1.40"),
    ]
    assert str(document.total) == "25.40"


def test_tax_and_tip_of_a_refund_as_they_fall() -> None:
    back = ticket(goods("-1", "10.00", "-10.00"), total="-7.50", tax="0.50", tip="2.00")
    document = Case(back, tenders(("Cash", "-7.50"))).posted()
    assert lines_of(document)[1:] == [("Tips", "1", "-2", "-2.00"), ("Tax", "1", "-0.5", "-0.50")]


def test_a_refund_partly_onto_the_balance() -> None:
    document = sale("-20.00", ("Customer balance", "-12.00"), ("Cash", "-8.00")).posted()
    assert lines_of(document) == [("Product", "1", "20", "20.00"), ("Customer balance", "1", "-12", "-12.00")]
    assert str(document.total) == "8.00"
    assert document.method is PaymentMethod.CASH


def test_a_refund_wholly_onto_the_balance_has_no_method() -> None:
    document = sale("-20.00", ("Customer balance", "-20.00")).posted()
    assert (document.kind, str(document.total), document.method) == (DocumentKind.REFUND_RECEIPT, "0.00", None)


@pytest.mark.parametrize(
    ("rows", "method"),
    [
        ((("1", "Cash", "-5.00"), ("2", "Visa", "-15.00")), PaymentMethod.CREDIT_CARD),
        ((("1", "Cash", "-15.00"), ("2", "Visa", "-5.00")), PaymentMethod.CASH),
        ((("10", "Cash", "-10.00"), ("9", "Visa", "-10.00")), PaymentMethod.CREDIT_CARD),  # 9 is lower than 10
        ((("9", "Cash", "-10.00"), ("10", "Visa", "-10.00")), PaymentMethod.CASH),
    ],
)
def test_a_refund_over_several_tenders(rows: tuple[tuple[str, str, str], ...], method: PaymentMethod) -> None:
    payments = tuple(PaymentRow(row_id, name, None, Decimal(amount)) for row_id, name, amount in rows)
    document = replace(sale("-20.00"), payments=payments).posted()
    assert document.method is method
    for _, name, amount in rows:
        assert f"{name} {amount.removeprefix('-')}" in document.note


def test_the_memo_of_a_refund_names_all_tenders() -> None:
    document = sale("-20.00", ("Visa", "-15.00"), ("Zelle", "-5.00")).posted()
    assert document.note == "Franpos location 7 order 555; receipt 1001. Refunded by Visa 15.00, Zelle 5.00"


@pytest.mark.parametrize(
    ("clock", "offset", "start", "day"),
    [
        ("2025-03-14T12:00", -6, "00:00", "2025-03-14"),
        ("2025-03-15T00:30", -6, "00:00", "2025-03-15"),
        ("2025-03-15T03:59", -6, "04:00", "2025-03-14"),
        ("2025-03-15T04:00", -6, "04:00", "2025-03-15"),
        ("2025-03-01T00:00", -7, "04:00", "2025-02-28"),
        ("2025-11-02T01:30", -6, "02:00", "2025-11-01"),  # the hour that comes twice
        ("2025-11-02T01:30", -7, "02:00", "2025-11-01"),
        ("2025-03-14T23:30", 13, "04:00", "2025-03-14"),
    ],
)
def test_txn_date_is_the_business_date(clock: str, offset: int, start: str, day: str) -> None:
    zone = dt.timezone(dt.timedelta(hours=offset))
    sold = ticket(goods("1", "5", "5"), total="5", created_at=dt.datetime.fromisoformat(clock).replace(tzinfo=zone))
    rules = Rules(business_day_start=dt.time.fromisoformat(start))
    document = Case(sold, tenders(("Cash", "5"))).posted(rules)
    assert document.date.isoformat() == day


def test_txn_date_is_the_tills_where_the_day_begins_at_midnight() -> None:
    sold = replace(ticket(goods("1", "5", "5"), total="5"), business_date=dt.date(2025, 3, 13))
    assert Case(sold, tenders(("Cash", "5"))).posted().date == dt.date(2025, 3, 13)


@pytest.mark.parametrize(
    ("number", "prefix", "starts"),
    [
        ("1001", "", "1001-"),
        ("1001", "DEN-", "DEN-1001-"),
        ("STORE/REGISTER-02/000000004711", "", "000000004711"),
        ("STORE/REGISTER-02/000000004711", "FRANCHISE-", "FRANCHISE-004711-"),
        ("R №1001 'x'", "", "R1001x-"),
        (None, "", "555-"),
        ("", "", "555-"),
        ("№", "", "555-"),
    ],
)
def test_doc_number(number: str | None, prefix: str, starts: str) -> None:
    sold = ticket(goods("1", "5", "5"), total="5", number=number)
    document = Case(sold, tenders(("Cash", "5"))).posted(Rules(doc_number_prefix=prefix))
    assert starts in document.number
    assert document.number.startswith(starts) or len(document.number) == 21
    assert len(document.number) <= 21
    assert document.number[-5] == "-"


def test_private_note_names_franpos_location_and_order() -> None:
    document = sale("5.00", ("Cash", "5.00")).posted()
    assert document.note == "Franpos location 7 order 555; receipt 1001"


def test_two_shops_with_one_receipt_number_and_order_id() -> None:
    numbers = {
        replace(
            sale("5", ("Cash", "5")),
            ticket=ticket(goods("1", "5", "5"), total="5", location_id=location, ticket_id=order),
        )
        .posted()
        .number
        for location in ("7", "8", "71")
        for order in ("555", "1555")
    }
    assert len(numbers) == 6


@pytest.mark.parametrize(
    ("total", "figures"), [("30.01", ("30.00", "30.01", "-0.01")), ("29.50", ("30.00", "29.50", "0.50"))]
)
def test_lines_that_are_not_the_total_are_skipped_with_the_figures(total: str, figures: tuple[str, ...]) -> None:
    skipped = Case(ticket(goods("3", "10", "30.00"), total=total), tenders(("Cash", total))).skipped()
    assert skipped.code == "lines_mismatch"
    for figure in figures:
        assert figure in skipped.reason


@pytest.mark.parametrize("total", ["30.00", "-30.00"])
@pytest.mark.parametrize("paid", ["0.00", "10.00", "29.99"])
def test_too_little_paid_waits_and_is_then_unpaid(total: str, paid: str) -> None:
    paid = f"-{paid}" if total.startswith("-") else paid
    case = sale(total, ("Cash", paid))
    waiting = case.waiting(now=NOON + dt.timedelta(days=3, seconds=-1))
    assert waiting.until == dt.datetime(2025, 3, 17, 18, 0, tzinfo=dt.UTC)
    skipped = case.skipped(now=NOON + dt.timedelta(days=3))
    assert skipped.code == "unpaid"
    for figure in (total, paid):
        assert figure.removeprefix("-") in skipped.reason


@pytest.mark.parametrize(("total", "paid"), [("30.00", "-5.00"), ("-30.00", "5.00"), ("30.00", "-99.00")])
def test_less_than_nothing_is_too_little_too(total: str, paid: str) -> None:
    assert paid in sale(total, ("Cash", paid)).waiting().reason


def test_nobody_paid() -> None:
    assert "0.00" in sale("30.00").waiting().reason
    assert sale("30.00").skipped(Rules(wait_days=0)).code == "unpaid"


@pytest.mark.parametrize(
    ("total", "paid"), [("30.00", "30.01"), ("-30.00", "-30.01"), ("0.00", "5.00"), ("0.00", "-5.00")]
)
def test_too_much_paid_is_skipped_with_the_figures(total: str, paid: str) -> None:
    case = Case(ticket(goods("1" if total[0] != "-" else "-1", total.removeprefix("-"), total), total=total))
    skipped = replace(case, payments=tenders(("Cash", paid))).skipped()
    assert skipped.code == "payments_mismatch"
    assert paid in skipped.reason


def test_rows_not_named_any_more_do_not_count() -> None:
    sold = ticket(
        goods("1", "10", "10.00"), total="9.00", payment_ids=frozenset("2"), discount_ids=frozenset(["item-1"])
    )
    corrected = tenders(("Cash", "9.00"), ("Visa", "9.00"))
    discounts = (off("1.00", line_id="1", discount_id="item-1"), off("4.00", "Off", discount_id="order-1"))
    document = Case(sold, corrected, discounts).posted()
    assert payments_of(document) == [("Credit Card", "9.00")]
    assert lines_of(document)[1:] == [("Loyalty", "1", "-1", "-1.00")]


def test_no_names_at_all_means_that_no_row_counts() -> None:
    given_away = ticket(goods("1", "0", "0"), total="0", payment_ids=frozenset(), discount_ids=frozenset())
    assert Case(given_away, tenders(("Cash", "9.00")), (off("1.00"),)).posted().payments == ()


def test_named_rows_that_have_not_arrived_are_waited_for() -> None:
    names = frozenset(["10", "9", "8", "7", "6", "5"])
    sold = ticket(goods("1", "10", "10.00"), total="10.00", payment_ids=names, discount_ids=frozenset(["item-3"]))
    waiting = Case(sold, tenders(("Cash", "10.00"))).waiting()
    assert "payment 5, payment 6, payment 7, payment 8, payment 9 and 2 more" in waiting.reason
    assert waiting.until == dt.datetime(2025, 3, 17, 18, 0, tzinfo=dt.UTC)
    skipped = Case(sold, tenders(("Cash", "10.00"))).skipped(now=NOON + dt.timedelta(days=4))
    assert skipped.code == "incomplete"


def test_voided_at_the_till() -> None:
    case = sale("30.00", ("Cash", "29.00"))
    assert replace(case, ticket=replace(case.ticket, voided=True)).decided() == Voided()


@pytest.mark.parametrize(
    ("quantity", "price", "total"),
    [
        ("1", "99999999999.99", "100000000000.00"),
        ("1", "99999999999.995", "99999999999.995"),
        ("1E-30", "1", "0"),
        ("1", "1", "1E+99999999"),
        ("1E+9", "1E+9", "1"),
        ("1", "1", "Infinity"),
        ("1", "1", "9" * 5000),
    ],
)
def test_numbers_that_quickbooks_can_not_hold(quantity: str, price: str, total: str) -> None:
    sold = ticket(goods(quantity, price, "1"), total=total)
    skipped = Case(sold, tenders(("Cash", "1"))).skipped()
    assert skipped.code == "number_out_of_range"
    assert len(skipped.reason) < 200


def test_the_largest_amount() -> None:
    document = sale("99999999999.99", ("Cash", "99999999999.99")).posted()
    assert str(document.total) == "99999999999.99"
    loaded = sale("99999999999.99", ("Visa", "99999999999.99"), ("Check", "1.00"), ("Customer balance", "-1.00"))
    assert loaded.skipped().code == "number_out_of_range"


@pytest.mark.parametrize(
    "created_at",
    [
        dt.datetime(1, 1, 1, tzinfo=dt.timezone(dt.timedelta(hours=10))),
        dt.datetime(1, 1, 1, tzinfo=DENVER),
        dt.datetime(9999, 12, 31, 23, tzinfo=DENVER),
    ],
)
def test_dates_at_the_ends_of_the_calendar(created_at: dt.datetime) -> None:
    sold = ticket(goods("1", "5", "5"), total="5", created_at=created_at)
    skipped = Case(sold, tenders(("Cash", "5"))).skipped(Rules(business_day_start=dt.time(4)))
    assert skipped.code == "date_out_of_range"


def test_records_of_the_contract() -> None:
    record: dict[str, Any] = {
        "location_id": "7",
        "ticket_id": "555",
        "created_at": "2025-03-14T21:30:00-06:00",
        "business_date": "2025-03-14",
        "status": "closed",
        "lines": [
            {"line_id": "1", "kind": "product", "quantity": 2, "unit_price": Decimal("4.5"), "amount": 9},
            {"line_id": "2", "kind": "service", "quantity": 1, "unit_price": 1, "amount": 1, "name": "Nails"},
        ],
        "tax_total": Decimal("0.7"),
        "tip_total": 0,
        "total": Decimal("9.7"),
        "payment_ids": ["1"],
    }
    payment = {"payment_id": "1", "method": "Visa", "amount": Decimal("9.7")}
    discount = {"discount_id": "item-1", "line_id": "1", "amount": 1}
    document = decide(
        Ticket.from_record(record), [payment_from_record(payment)], [discount_from_record(discount)], Rules(), NOON
    )
    assert isinstance(document, Document)
    assert lines_of(document) == [
        ("Product", "2", "4.5", "9.00"),
        ("Discount", "1", "-1", "-1.00"),
        ("Service", "1", "1", "1.00"),
        ("Tax", "1", "0.7", "0.70"),
    ]
    assert payments_of(document) == [("Credit Card", "9.70")]
    voided = Ticket.from_record({**record, "status": "voided"})
    assert decide(voided, [], [], Rules(), NOON) == Voided()
