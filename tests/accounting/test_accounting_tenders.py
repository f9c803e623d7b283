"""The accounting rules' table *Tenders*, row by row, each by an example worked out by hand."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

import pytest

from target_qbo.accounting import PaymentMethod, PaymentRow, Rules, Tender
from target_qbo.accounting.rules import classify_tender, normalise_tender
from tests.accounting.till import Case, goods, lines_of, payments_of, sale, tenders, ticket


@pytest.mark.parametrize(
    ("method", "item"), [("Reward points", "Reward points"), ("House Balance", "Customer balance")]
)
def test_points_or_balance_spent_are_a_negative_line_and_no_payment(method: str, item: str) -> None:
    document = sale("30.00", (method, "12.50"), ("Cash", "17.50")).posted()
    assert lines_of(document) == [("Product", "1", "30", "30.00"), (item, "1", "-12.5", "-12.50")]
    assert payments_of(document) == [("Cash", "17.50")]
    assert str(document.total) == "17.50"


def test_points_pay_all_of_it() -> None:
    document = sale("30.00", ("Reward Points", "30.00")).posted()
    assert lines_of(document)[1:] == [("Reward points", "1", "-30", "-30.00")]
    assert document.payments == ()
    assert str(document.total) == "0.00"


def test_several_tenders_of_points_are_one_line() -> None:
    document = sale("30.00", ("Reward Points", "10.00"), ("Loyalty", "5.00"), ("Cash", "15.00")).posted()
    assert lines_of(document)[1:] == [("Reward points", "1", "-15", "-15.00")]


def test_balance_loaded_is_a_positive_line() -> None:
    document = sale("30.00", ("Cash", "50.00"), ("Customer balance", "-20.00")).posted()
    assert lines_of(document) == [("Product", "1", "30", "30.00"), ("Customer balance", "1", "20", "20.00")]
    assert payments_of(document) == [("Cash", "50.00")]
    assert str(document.total) == "50.00"


def test_balance_loaded_and_nothing_bought() -> None:
    document = Case(ticket(total="0"), tenders(("Visa", "75.00"), ("Customer balance", "-75.00"))).posted()
    assert lines_of(document) == [("Customer balance", "1", "75", "75.00")]
    assert payments_of(document) == [("Credit Card", "75.00")]


def test_gift_card_redeemed_is_a_payment() -> None:
    document = sale("30.00", ("gift card", "30.00")).posted()
    assert lines_of(document) == [("Product", "1", "30", "30.00")]
    assert payments_of(document) == [("Gift Card", "30.00")]


@pytest.mark.parametrize(
    ("method", "tender"),
    [
        *((name, Tender.CREDIT_CARD) for name in ("visa", "MASTERCARD", "Amex", "Discover", "debit", "Debit Card")),
        *((name, Tender.CREDIT_CARD) for name in ("Credit Card", "credit", "American Express", "Visa *1234")),
        *((name, Tender.CREDIT_CARD) for name in ("Check Card", "Visa check card", "CREDIT_CARD")),
        *((name, Tender.CASH) for name in ("Cash", " cash ", "CASH")),
        *((name, Tender.CHECK) for name in ("Check", "cheque", "Personal check")),
        *((name, Tender.GIFT_CARD) for name in ("Gift Card", "GiftCard", "gift-card", "e-gift")),
        *((name, Tender.REWARD_POINTS) for name in ("Reward points", "Rewards", "Loyalty points")),
        *((name, Tender.CUSTOMER_BALANCE) for name in ("Customer balance", "House balance", "House account")),
        *((name, Tender.OTHER) for name in ("Zelle", "Bitcoin", "Cash App", "ünbekannt", "", "$", None)),
    ],
)
def test_tender_names(method: str | None, tender: Tender) -> None:
    assert classify_tender(method, None, Rules()) is tender


@pytest.mark.parametrize(
    ("method", "card_type", "tender"),
    [
        (None, "Visa", Tender.CREDIT_CARD),
        ("EZPay", "MasterCard", Tender.CREDIT_CARD),
        ("Cash", "Visa", Tender.CASH),
        ("Gift Card", "Visa", Tender.GIFT_CARD),
        ("EZPay", "Gift Card", Tender.OTHER),
        ("EZPay", "", Tender.OTHER),
    ],
)
def test_a_card_type_tells_what_the_method_does_not(method: str | None, card_type: str, tender: Tender) -> None:
    assert classify_tender(method, card_type, Rules()) is tender


@pytest.mark.parametrize(
    ("name", "method", "card_type", "tender"),
    [
        ("Zelle", "zelle", None, Tender.CHECK),
        ("Visa", "VISA", None, Tender.OTHER),  # the map wins over the built-in names
        ("amex", "Credit Card", "Amex", Tender.OTHER),
        ("House Account", "house_account", None, Tender.OTHER),
        ("$", "$", None, Tender.CASH),
        ("", None, None, Tender.CASH),
        ("", " ", None, Tender.CASH),
    ],
)
def test_the_map_can_be_set(name: str, method: str | None, card_type: str | None, tender: Tender) -> None:
    assert classify_tender(method, card_type, Rules(tender_map={normalise_tender(name): tender})) is tender


@pytest.mark.parametrize("name", ["", "$", "***"])
def test_a_name_without_words_in_the_map_is_not_every_tender(name: str) -> None:
    rules = Rules(tender_map={normalise_tender(name): Tender.GIFT_CARD})
    document = sale("30.00", ("Cash", "30.00")).posted(rules)
    assert payments_of(document) == [("Cash", "30.00")]


@pytest.mark.parametrize("method", [None, "", "***", "Zelle"])
def test_a_sign_in_the_map_is_that_sign_alone(method: str | None) -> None:
    rules = Rules(tender_map={normalise_tender("$"): Tender.CASH})
    assert classify_tender("$", None, rules) is Tender.CASH
    assert classify_tender(method, None, rules) is Tender.OTHER


def test_an_unknown_tender_is_other_with_its_own_name_in_the_memo() -> None:
    (payment,) = sale("30.00", ("Zelle", "30.00")).posted().payments
    assert payment.method is PaymentMethod.OTHER
    assert payment.note == "Franpos location 7 order 555; payment 1: Zelle"


def test_split_tender_is_one_payment_each() -> None:
    document = sale("30.00", ("Visa", "10.00"), ("Visa", "10.00"), ("Cash", "9.99"), ("Check", "0.01")).posted()
    assert payments_of(document) == [
        ("Credit Card", "10.00"),
        ("Credit Card", "10.00"),
        ("Cash", "9.99"),
        ("Check", "0.01"),
    ]
    keys = {payment.key for payment in document.payments}
    assert len(keys) == 4
    assert all(len(key) <= 21 and key.startswith("1001-") for key in keys)


def test_the_key_of_a_payment_stays_the_same_for_ever() -> None:
    """Whoever changes these doubles the books of every company that has them; worked out with ``sha256sum``."""
    keys = ["000000004711-MXLMMB2F", "000000004711-6564TYZJ"]
    sold = ticket(goods("1", "5", "5"), total="5", number="STORE/REGISTER-02/000000004711")
    document = Case(sold, tenders(("Cash", "2"), ("Visa", "3"))).posted()
    assert [payment.key for payment in document.payments] == keys
    assert document.number == "-02/000000004711-LYNG"
    corrected = (PaymentRow("1", "Check", None, Decimal(1)), PaymentRow("2", "Cash", None, Decimal(4)))
    again = replace(Case(sold), payments=corrected).posted()
    assert [payment.key for payment in again.payments] == keys


@pytest.mark.parametrize("paid", ["30.01", "35.00", "50.00"])
def test_change_is_not_ours_to_give_an_excess_is_an_inconsistency(paid: str) -> None:
    skipped = sale("30.00", ("Cash", paid)).skipped()
    assert skipped.code == "payments_mismatch"
    assert paid in skipped.reason
    assert "30.00" in skipped.reason


def test_cash_back_is_netted_with_the_cash() -> None:
    document = sale("9.00", ("Visa", "8.00"), ("Cash", "20.00"), ("Cash", "-19.00")).posted()
    assert payments_of(document) == [("Credit Card", "8.00"), ("Cash", "1.00")]


def test_cash_back_that_takes_all_the_cash_leaves_no_payment_of_it() -> None:
    document = sale("8.00", ("Visa", "8.00"), ("Cash", "20.00"), ("Cash", "-20.00")).posted()
    assert payments_of(document) == [("Credit Card", "8.00")]


def test_cash_back_over_several_cash_tenders() -> None:
    document = sale("12.00", ("Cash", "5.00"), ("Cash", "20.00"), ("Cash", "-13.00")).posted()
    assert payments_of(document) == [("Cash", "5.00"), ("Cash", "7.00")]


@pytest.mark.parametrize(
    "rows",
    [
        (("Visa", "30.00"), ("MasterCard", "-10.00")),
        (("Debit", "40.00"), ("Cash", "-20.00")),  # no cash to net it with
        (("Visa", "20.00"), ("Cash", "5.00"), ("Cash", "-5.01"), ("Check", "0.01")),
        (("Cash", "30.00"), ("Check", "-10.00")),
        (("Cash", "30.00"), ("Gift Card", "-10.00")),
    ],
)
def test_what_stays_negative_on_a_sale_is_skipped(rows: tuple[tuple[str, str], ...]) -> None:
    skipped = sale("20.00", *rows).skipped()
    assert skipped.code == "negative_tender"
    assert "(payment " in skipped.reason


def test_tenders_with_parts_of_a_cent_add_up() -> None:
    document = sale("10.01", ("Visa", "5.005"), ("Cash", "5.005")).posted()
    assert payments_of(document) == [("Credit Card", "5.01"), ("Cash", "5.00")]


def test_a_tender_of_zero_is_no_payment() -> None:
    document = sale("10.00", ("Visa", "10.00"), ("Cash", "0.00")).posted()
    assert payments_of(document) == [("Credit Card", "10.00")]
