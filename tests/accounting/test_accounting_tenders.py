"""The accounting rules' table *Tenders*, row by row, each by an example worked out by hand."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

import pytest

from target_qbo.accounting import ItemRole, PaymentMethod, PaymentRow, Rules, Tender
from target_qbo.accounting.tender_names import known_tender, normalise_tender
from target_qbo.accounting.unmapped import FURTHER, Unmapped
from tests.accounting.till import Case, goods, lines_of, payments_of, sale, tenders, ticket


@pytest.mark.parametrize(
    ("method", "item"), [("Reward points", "Reward points"), ("Account Balance", "Customer balance")]
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
    document = sale("30.00", ("Reward Points", "10.00"), ("Loyalty points", "5.00"), ("Cash", "15.00")).posted()
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


CARD, GIFT_CARD = PaymentMethod.CREDIT_CARD, PaymentMethod.GIFT_CARD


@pytest.mark.parametrize(
    ("method", "tender"),
    [
        *((name, CARD) for name in ("visa", "MASTERCARD", "Amex", "Discover", "debit", "Debit Card")),
        *((name, CARD) for name in ("Credit Card", "credit", "American Express", "Visa *1234", "Card")),
        *((name, CARD) for name in ("Check Card", "Visa check card", "CREDIT_CARD", "Bank card")),
        *((name, CARD) for name in ("Visa Rewards", "Store House Visa", "Visa gift card", "House credit card")),
        *((name, PaymentMethod.CASH) for name in ("Cash", " cash ", "CASH")),
        *((name, PaymentMethod.CHECK) for name in ("Check", "cheque", "Personal check")),
        *((name, GIFT_CARD) for name in ("Gift Card", "GiftCard", "gift-card", "e-gift", "Store gift cards", "Gift")),
        *((name, ItemRole.REWARD_POINTS) for name in ("Reward points", "Rewards", "Loyalty_Points", "POINTS")),
        *((name, ItemRole.CUSTOMER_BALANCE) for name in ("Customer balance", "account  BALANCE")),
        *((name, PaymentMethod.OTHER) for name in ("Other", "OTHER")),
    ],
)
def test_tender_names(method: str | None, tender: Tender) -> None:
    assert known_tender(method, None, {}) is tender


@pytest.mark.parametrize(
    "method",
    [
        *("House Account", "House balance", "Balance due", "Balance", "Customer balance due", "Customer Balances"),
        *("Store Credit", "Gift balance", "Points card", "Rewards card", "Reward", "Loyalty", "My points"),
        *("Zelle", "Bitcoin", "Cash App", "ünbekannt", "", "$", None),
    ],
)
def test_a_name_that_no_rule_has_is_other_and_lowers_nothing(method: str | None) -> None:
    assert known_tender(method, None, {}) is None
    document = sale("30.00", (method, "30.00")).posted()
    assert payments_of(document) == [("Other", "30.00")]
    assert document.unmapped == ((method or "unnamed tender", Decimal(30)),)


@pytest.mark.parametrize(
    ("method", "card_type", "tender"),
    [
        (None, "Visa", CARD),
        ("EZPay", "MasterCard", CARD),
        ("Cash", "Visa", PaymentMethod.CASH),
        ("Gift Card", "Visa", GIFT_CARD),
        ("EZPay", "Gift Card", None),
        ("EZPay", "Rewards", None),
        ("EZPay", "", None),
    ],
)
def test_a_card_type_tells_what_the_method_does_not(method: str | None, card_type: str, tender: Tender | None) -> None:
    assert known_tender(method, card_type, {}) is tender


@pytest.mark.parametrize(
    ("name", "method", "card_type", "tender"),
    [
        ("Zelle", "zelle", None, PaymentMethod.CHECK),
        ("Visa", "VISA", None, PaymentMethod.OTHER),  # the map wins over the built-in names
        ("amex", "Credit Card", "Amex", PaymentMethod.OTHER),
        ("House Account", "house_account", None, ItemRole.CUSTOMER_BALANCE),
        ("Points", "points", None, PaymentMethod.OTHER),
        ("$", "$", None, PaymentMethod.CASH),
        ("", None, None, PaymentMethod.CASH),
        ("", " ", None, PaymentMethod.CASH),
    ],
)
def test_the_map_can_be_set(name: str, method: str | None, card_type: str | None, tender: Tender) -> None:
    assert known_tender(method, card_type, {normalise_tender(name): tender}) is tender


def test_what_is_mapped_is_named_no_more() -> None:
    rules = Rules(tender_map={"house account": PaymentMethod.OTHER, "store credit": ItemRole.CUSTOMER_BALANCE})
    case = sale("30.00", ("House Account", "10.00"), ("Store Credit", "5.00"), ("Zelle", "15.00"))
    assert case.posted().unmapped == (
        ("House Account", Decimal(10)),
        ("Store Credit", Decimal(5)),
        ("Zelle", Decimal(15)),
    )
    mapped = case.posted(rules)
    assert mapped.unmapped == (("Zelle", Decimal(15)),)
    assert payments_of(mapped) == [("Other", "10.00"), ("Other", "15.00")]
    assert str(mapped.total) == "25.00"
    assert case.mirrored().posted().unmapped[0] == ("House Account", Decimal(-10))


def test_unmapped_names_are_added_up_whatever_their_spelling() -> None:
    some = Unmapped([("Zelle", Decimal("1.50")), ("House Account", Decimal(1700))])
    some.add([("ZELLE", Decimal(1)), ("unnamed tender", Decimal("-0.25"))])
    assert some.told() == "House Account 1,700.00, Zelle 2.50, unnamed tender -0.25"
    assert some.still({"zelle": CARD, "": CARD}).amounts() == {"House Account": Decimal(1700)}
    assert not Unmapped()


def test_a_till_that_writes_anything_as_a_tenders_name_does_not_fill_the_memory() -> None:
    some = Unmapped((f"Voucher {number}", Decimal(1)) for number in range(1000))
    assert sum(some.amounts().values()) == 1000
    assert len(some.amounts()) < 300
    assert next(iter(some.amounts())) == FURTHER


@pytest.mark.parametrize("name", ["", "$", "***"])
def test_a_name_without_words_in_the_map_is_not_every_tender(name: str) -> None:
    rules = Rules(tender_map={normalise_tender(name): GIFT_CARD})
    document = sale("30.00", ("Cash", "30.00")).posted(rules)
    assert payments_of(document) == [("Cash", "30.00")]


@pytest.mark.parametrize("method", [None, "", "***", "Zelle"])
def test_a_sign_in_the_map_is_that_sign_alone(method: str | None) -> None:
    tender_map = {normalise_tender("$"): PaymentMethod.CASH}
    assert known_tender("$", None, tender_map) is PaymentMethod.CASH
    assert known_tender(method, None, tender_map) is None


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


def test_a_card_taken_back_is_netted_with_the_cards() -> None:
    case = sale("23.60", ("Visa", "23.80"), ("Visa", "-23.80"), ("MasterCard", "23.60"))
    (payment,) = case.posted().payments
    assert (payment.method, str(payment.amount)) == (CARD, "23.60")
    # The later one gave way: what was posted before the card was taken back is that payment still.
    (before,) = sale("23.80", ("Visa", "23.80")).posted().payments
    assert payment.key == before.key


def test_a_gift_card_taken_back_is_netted_with_the_gift_cards() -> None:
    document = sale("23.60", ("Gift Card", "10.00"), ("Cash", "20.00"), ("Gift Card", "-6.40")).posted()
    assert payments_of(document) == [("Gift Card", "3.60"), ("Cash", "20.00")]
    assert document.total == Decimal("23.60")


def test_the_later_payments_of_a_method_give_way_first() -> None:
    rows = (("Cash", "20.00"), ("Visa", "1.00"), ("Cash", "5.00"), ("Cash", "3.00"), ("Cash", "-7.00"))
    assert payments_of(sale("22.00", *rows).posted()) == [("Cash", "20.00"), ("Credit Card", "1.00"), ("Cash", "1.00")]
    first = sale("22.00", ("Cash", "-7.00"), *rows[:-1]).posted()  # wherever it stands
    assert payments_of(first) == [("Cash", "20.00"), ("Credit Card", "1.00"), ("Cash", "1.00")]


def test_unknown_tenders_are_one_method_where_one_is_taken_back() -> None:
    document = sale("20.00", ("House Account", "30.00"), ("Zelle", "-10.00")).posted()
    assert payments_of(document) == [("Other", "20.00")]
    assert document.unmapped == (("House Account", Decimal(30)), ("Zelle", Decimal(-10)))


@pytest.mark.parametrize(
    ("rows", "told"),
    [
        ((("Debit", "40.00"), ("Cash", "-20.00")), "Cash -20.00 (payment 2)"),  # no cash to net it with
        ((("Visa", "20.00"), ("Cash", "5.00"), ("Cash", "-5.01"), ("Check", "0.01")), "by Cash it comes to -0.01"),
        ((("Cash", "30.00"), ("Check", "-10.00")), "Check -10.00 (payment 2); by Check it comes to -10.00"),
        ((("Cash", "30.00"), ("Gift Card", "-10.00")), "Gift Card -10.00 (payment 2)"),
        ((("Cash", "30.00"), ("Visa", "-4.00"), ("Amex", "-6.00")), "Visa -4.00 (payment 2), Amex -6.00 (payment 3)"),
    ],
)
def test_a_method_that_stays_negative_on_a_sale_is_skipped(rows: tuple[tuple[str, str], ...], told: str) -> None:
    skipped = sale("20.00", *rows).skipped()
    assert skipped.code == "negative_tender"
    assert told in skipped.reason


def test_tenders_with_parts_of_a_cent_add_up() -> None:
    document = sale("10.01", ("Visa", "5.005"), ("Cash", "5.005")).posted()
    assert payments_of(document) == [("Credit Card", "5.01"), ("Cash", "5.00")]


def test_a_tender_of_zero_is_no_payment() -> None:
    document = sale("10.00", ("Visa", "10.00"), ("Cash", "0.00")).posted()
    assert payments_of(document) == [("Credit Card", "10.00")]
