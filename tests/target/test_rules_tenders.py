"""The accounting rules' table *Tenders*, as it stands in the books."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.shop import Shop
from tests.target.rung_up import FEW_TICKETS, Order, RungUp, lines_of, ring_up_all, synced

if TYPE_CHECKING:
    from collections.abc import Iterator

REF_LENGTH = 21


def _sale(price: str, *tenders: tuple[str | None, str]) -> Order:
    """Return a ticket of one product, below 0 brought back, with these tenders."""
    line = {"price": price.removeprefix("-"), "quantity": "-1" if price.startswith("-") else "1"}
    return {"lines": [line], "payments": [{"method": method, "amount": amount} for method, amount in tenders]}


CARDS = ("visa", "MASTERCARD", "Amex", "Discover", "debit", "Debit Card", "Credit Card")
ORDERS: dict[str, Order] = {
    "points": _sale("30.00", ("Reward Points", "12.50"), ("Cash", "17.50")),
    "points alone": _sale("30.00", ("Reward Points", "30.00")),
    "points back": _sale("-30.00", ("Reward Points", "-12.50"), ("Cash", "-17.50")),
    "balance": _sale("30.00", ("Account Balance", "12.50"), ("Cash", "17.50")),
    "loaded": _sale("30.00", ("Cash", "50.00"), ("Customer Balance", "-20.00")),
    "gift card": _sale("30.00", ("Gift Card", "30.00")),
    "gift card back": _sale("-30.00", ("Gift Card", "-30.00")),
    "cards": _sale("70.00", *((name, "10.00") for name in CARDS)),
    "card type": {
        "lines": [{"price": "5.00"}],
        "payments": [{"method": "EZPay", "card_type": "Visa", "amount": "5.00"}],
    },
    "check": _sale("30.00", ("Check", "30.00")),
    "check back": _sale("-30.00", ("Check", "-30.00")),
    "house account": _sale("30.00", ("House Account", "18.00"), ("Store Credit", "4.00"), ("Points card", "8.00")),
    "card with words": _sale("30.00", ("Visa Rewards", "18.00"), ("Store House Visa", "12.00")),
    "unknown": _sale("30.00", ("Voucher №7", "20.00"), (None, "10.00")),
    "mapped": _sale("30.00", ("Zelle", "30.00")),
    "equal": _sale("20.00", ("Visa", "10.00"), ("Visa", "10.00")),
    "change": _sale("9.00", ("Cash", "20.00")),
    "cash back": _sale("9.00", ("Visa", "8.00"), ("Cash", "20.00"), ("Cash", "-19.00")),
    "all cash back": _sale("8.00", ("Visa", "8.00"), ("Cash", "20.00"), ("Cash", "-20.00")),
    "card back": _sale("23.60", ("Visa", "23.80"), ("Visa", "-23.80"), ("MasterCard", "23.60")),
    "gift card in part back": _sale("23.60", ("Gift Card", "10.00"), ("Cash", "20.00"), ("Gift Card", "-6.40")),
    "negative": _sale("20.00", ("Visa", "5.00"), ("Cash", "25.00"), ("MasterCard", "-10.00")),
    "cash back on a card": _sale("20.00", ("Debit", "40.00"), ("Cash", "-20.00")),
    "two shops": {"location_id": 102, "ticket_id": 777, "receipt_number": "SAME", **_sale("5.00", ("Cash", "5.00"))},
    "two shops too": {"ticket_id": 777, "receipt_number": "SAME", **_sale("5.00", ("Cash", "5.00"))},
}
SKIPPED = {"change", "negative", "cash back on a card"}


@pytest.fixture(scope="module")
def rung(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RungUp]:
    with Shop(tmp_path_factory.mktemp("tenders"), "--locations", "2", *FEW_TICKETS) as shop:
        shop.configure_target(tender_map={"zelle": "Check"}, deposit_accounts={"Check": "Checking"})
        tickets = ring_up_all(shop, ORDERS)
        yield synced(shop, tickets)


def test_all_that_is_sound_is_posted(rung: RungUp) -> None:
    skipped = {name for name in ORDERS if rung.row(name)["status"] != "posted"}
    assert skipped == SKIPPED
    assert (rung.books["totals"]["open_balance"], rung.books["totals"]["unapplied"]) == ("0.00", "0.00")


@pytest.mark.parametrize(("name", "item"), [("points", "Reward points"), ("balance", "Customer balance")])
def test_what_is_spent_is_a_negative_line_and_no_payment(rung: RungUp, name: str, item: str) -> None:
    document = rung.document(name)
    assert lines_of(document) == [("Product", "1", "30", "30.00"), (item, "1", "-12.5", "-12.50")]
    assert document["lines"][1]["account"] == "Services"
    assert rung.paid(name) == [("Cash", "17.50")]


def test_points_that_pay_everything_leave_an_invoice_of_zero(rung: RungUp) -> None:
    document = rung.document("points alone")
    assert (document["entity"], document["total"], rung.paid("points alone")) == ("Invoice", "0.00", [])
    assert lines_of(document)[1:] == [("Reward points", "1", "-30", "-30.00")]


def test_points_given_back_lower_the_refund(rung: RungUp) -> None:
    document = rung.document("points back")
    assert lines_of(document) == [("Product", "1", "30", "30.00"), ("Reward points", "1", "-12.5", "-12.50")]
    assert (document["entity"], document["payment_method"]) == ("RefundReceipt", "Cash")


def test_what_is_loaded_onto_the_balance_is_a_positive_line(rung: RungUp) -> None:
    document = rung.document("loaded")
    assert lines_of(document) == [("Product", "1", "30", "30.00"), ("Customer balance", "1", "20", "20.00")]
    assert (document["total"], rung.paid("loaded")) == ("50.00", [("Cash", "50.00")])


def test_a_gift_card_redeemed_is_a_payment(rung: RungUp) -> None:
    assert lines_of(rung.document("gift card")) == [("Product", "1", "30", "30.00")]
    assert rung.paid("gift card") == [("Gift Card", "30.00")]
    assert rung.document("gift card back")["payment_method"] == "Gift Card"


def test_the_tills_names_of_cards_are_credit_card(rung: RungUp) -> None:
    assert rung.paid("cards") == [("Credit Card", "10.00")] * len(CARDS)
    assert rung.paid("card type") == [("Credit Card", "5.00")]


def test_an_unknown_tender_is_other_with_its_own_name_in_the_memo(rung: RungUp) -> None:
    assert rung.paid("unknown") == [("Other", "20.00"), ("Other", "10.00")]
    notes = [payment["private_note"] for payment in rung.payments("unknown")]
    assert [note.rsplit(": ", 1)[1] for note in notes] == ["Voucher №7", "unnamed tender"]


def test_what_lowers_the_sale_is_never_guessed(rung: RungUp) -> None:
    assert rung.paid("house account") == [("Other", "18.00"), ("Other", "4.00"), ("Other", "8.00")]
    assert rung.document("house account")["total"] == "30.00"
    assert rung.paid("card with words") == [("Credit Card", "18.00"), ("Credit Card", "12.00")]


def test_the_map_of_tenders_can_be_set(rung: RungUp) -> None:
    assert rung.paid("mapped") == [("Check", "30.00")]


def test_a_split_tender_is_a_payment_each_linked_to_the_invoice_with_a_key_of_its_own(rung: RungUp) -> None:
    for name in ("equal", "cards", "unknown"):
        document, payments = rung.document(name), rung.payments(name)
        invoices = [payment["invoices"] for payment in payments]
        assert invoices == [[{"id": document["id"], "amount": payment["amount"]}] for payment in payments]
        assert {payment["ref"] for payment in payments} == {one["ref"] for one in document["linked_payments"]}
    keys = [payment["ref"] for payment in rung.books["payments"]]
    assert len(set(keys)) == len(keys)
    assert all(0 < len(key) <= REF_LENGTH for key in keys)


def test_two_shops_that_share_order_id_and_receipt_number(rung: RungUp) -> None:
    one, other = rung.document("two shops"), rung.document("two shops too")
    assert one["doc_number"] != other["doc_number"]
    assert {one["doc_number"][:5], other["doc_number"][:5]} == {"SAME-"}
    assert (rung.paid("two shops"), rung.paid("two shops too")) == ([("Cash", "5.00")], [("Cash", "5.00")])


def test_change_is_the_tills_an_excess_is_skipped_with_the_figures(rung: RungUp) -> None:
    code, reason = rung.why_not("change")
    assert code == "payments_mismatch"
    assert "payments come to 20.00, the ticket to 9.00 (difference 11.00)" in reason


def test_cash_back_is_netted_with_the_cash(rung: RungUp) -> None:
    assert rung.paid("cash back") == [("Credit Card", "8.00"), ("Cash", "1.00")]
    assert rung.paid("all cash back") == [("Credit Card", "8.00")]


def test_what_is_taken_back_is_netted_with_its_method(rung: RungUp) -> None:
    assert rung.paid("card back") == [("Credit Card", "23.60")]
    assert rung.paid("gift card in part back") == [("Gift Card", "3.60"), ("Cash", "20.00")]


@pytest.mark.parametrize(
    ("name", "tender"), [("negative", "MasterCard -10.00"), ("cash back on a card", "Cash -20.00")]
)
def test_what_stays_negative_is_skipped(rung: RungUp, name: str, tender: str) -> None:
    code, reason = rung.why_not(name)
    assert code == "negative_tender"
    assert tender in reason


def test_the_deposit_account_is_set_by_method(rung: RungUp) -> None:
    for name in ("check", "mapped"):
        assert [payment["deposit_account"] for payment in rung.payments(name)] == ["Checking"]
    assert rung.document("check back")["deposit_account"] == "Checking"
    assert [payment["deposit_account"] for payment in rung.payments("gift card")] == ["Undeposited Funds"]
    assert rung.document("gift card back")["deposit_account"] == "Undeposited Funds"


def test_the_methods_are_the_five_of_the_rules(rung: RungUp) -> None:
    """Those that were there are used, the others made."""
    rows = rung.shop.get("qbo-entities?entity=PaymentMethod")["PaymentMethod"]
    kinds = {row["Name"]: row["Type"] for row in rows}
    assert [row["Name"] for row in rows].count("Cash") == 1
    assert {payment["method"] for payment in rung.books["payments"]} == {
        *("Cash", "Check", "Credit Card", "Gift Card", "Other")
    }
    assert kinds["Credit Card"] == "CREDIT_CARD"
    assert {kinds[name] for name in ("Cash", "Check", "Gift Card", "Other")} == {"NON_CREDIT_CARD"}
