"""Every kind of clean ticket the accounting rules speak of, one small function each."""

from __future__ import annotations

from dataclasses import replace
from datetime import time, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING

from sandbox.tickets import catalogue
from sandbox.tickets.model import to_cents

if TYPE_CHECKING:
    from collections.abc import Callable

    from sandbox.tickets.draft import Draft

ONE = Decimal(1)
TENTH = Decimal("0.1")


def ordinary(draft: Draft) -> None:
    """Sell a few things, sometimes with a discount or a tip."""
    draft.sell()
    if draft.random.random() < 0.15:
        draft.discount_line(0, TENTH, draft.random.choice(catalogue.DISCOUNTS))
    draft.add_tax()
    if draft.random.random() < 0.1:
        draft.tips = Decimal(draft.random.randint(1, 12))
    draft.pay_usual()


def line_discount(draft: Draft) -> None:
    """Discount two lines under one name."""
    draft.sell(3)
    name = draft.random.choice(catalogue.DISCOUNTS)
    draft.discount_line(0, TENTH, name)
    draft.discount_line(2, Decimal("0.25"), name)
    draft.add_tax()
    draft.pay_usual()


def unnamed_discount(draft: Draft) -> None:
    """Discount a line without saying why."""
    draft.sell(2)
    draft.discount_line(1, Decimal("0.15"), None)
    draft.add_tax()
    draft.pay_usual()


def odd_discount(draft: Draft) -> None:
    """Discount lines under names that can't be item names as they are."""
    draft.sell(2)
    for index in range(2):
        draft.discount_line(index, TENTH, draft.random.choice(catalogue.ODD_DISCOUNTS))
    draft.pay_usual()


def order_discount(draft: Draft) -> None:
    """Discount the whole ticket."""
    draft.sell(2)
    draft.order_discount = to_cents(draft.total / 20)
    draft.add_tax()
    draft.pay_usual()


def both_discounts(draft: Draft) -> None:
    """Discount a line and the whole ticket."""
    draft.sell(3)
    draft.discount_line(0, TENTH, draft.random.choice(catalogue.DISCOUNTS))
    draft.order_discount = Decimal("1.50")
    draft.add_tax()
    draft.pay_usual()


def whole_discount(draft: Draft) -> None:
    """Give everything away: a total of zero."""
    draft.sell(2)
    draft.discount_line(0, ONE, "Employee")
    draft.discount_line(1, ONE, "Employee")


def parts_of_cents(draft: Draft) -> None:
    """Discount and tax with parts of a cent."""
    draft.sell(3)
    draft.lines = [
        replace(line, discount=Decimal("0.3333") * index, discount_name="Loyalty")
        for index, line in enumerate(draft.lines)
    ]
    draft.tax = Decimal(draft.random.randint(1, 40_000)) / 10_000
    draft.pay_usual()


def weighed(draft: Draft) -> None:
    """Sell by weight: three decimals of quantity, prices with parts of a cent."""
    for article in catalogue.WEIGHED:
        draft.add(article, Decimal(draft.random.randint(150, 4_500)) / 1_000)
    draft.add_tax()
    draft.pay_usual()


def odd_names(draft: Draft) -> None:
    """Sell what has a long or foreign name."""
    for article in catalogue.ODD:
        draft.add(article, ONE)
    draft.add_tax()
    draft.pay_usual()


def services_with_tip(draft: Draft) -> None:
    """Services, tipped on the card."""
    for article in draft.random.sample(catalogue.SERVICES, 2):
        draft.add(article, ONE)
    draft.tips = to_cents(draft.total * Decimal("0.18"))
    draft.pay("Credit Card")


def split_two(draft: Draft) -> None:
    """Pay partly by card, the rest in cash."""
    draft.sell()
    draft.add_tax()
    draft.pay("Credit Card", draft.part())
    draft.pay("Cash")


def split_equal(draft: Draft) -> None:
    """Pay with two equal tenders of one kind: two payments, not one."""
    draft.add(catalogue.SERVICES[2], Decimal(2))
    for _ in range(2):
        draft.pay("Visa", Decimal("38.00"))


def split_three(draft: Draft) -> None:
    """Pay by gift card, check and a tender nobody knows."""
    draft.sell(3)
    draft.add_tax()
    draft.pay("Gift Card", to_cents(draft.total / 4))
    draft.pay("Check", to_cents(draft.total / 4))
    draft.pay(draft.random.choice(catalogue.UNKNOWN_METHODS))


def gift_card_redeemed(draft: Draft) -> None:
    """Pay all of it with a gift card."""
    draft.sell(1)
    draft.add_tax()
    draft.pay("Gift Card")


def gift_card_sold(draft: Draft) -> None:
    """Sell a gift card beside goods."""
    draft.sell(1)
    draft.add(catalogue.GIFT_CARD, ONE)
    draft.add_tax()
    draft.pay_usual()


def deposit_sold(draft: Draft) -> None:
    """Take a deposit."""
    draft.add(catalogue.DEPOSIT, ONE)
    draft.pay("Cash")


def points_part(draft: Draft) -> None:
    """Pay a part with reward points."""
    draft.sell(2)
    draft.add_tax()
    draft.pay("Reward Points", draft.part())
    draft.pay("Credit Card")


def points_whole(draft: Draft) -> None:
    """Pay all of it with reward points: an invoice of zero."""
    draft.sell(1)
    draft.add_tax()
    draft.pay("Reward points")


def balance_spent(draft: Draft) -> None:
    """Pay a part from the customer's balance."""
    draft.sell(2)
    draft.add_tax()
    draft.pay(draft.random.choice(("Customer Balance", "Account Balance")), draft.part())
    draft.pay("Cash")


def balance_loaded(draft: Draft) -> None:
    """Pay more than the total and leave the rest on the balance."""
    draft.sell(1)
    draft.add_tax()
    draft.pay("Cash", draft.total + 20)
    draft.pay("Customer Balance")


def balance_only_loaded(draft: Draft) -> None:
    """Put money on the balance and buy nothing: a ticket of zero whose invoice is not."""
    draft.add(catalogue.TOP_UP, ONE)
    draft.pay("Credit Card", Decimal("75.00"))
    draft.pay("Customer Balance")


def taken_back(draft: Draft) -> None:
    """Pay by two methods and get some of the cash back, some of the gift card, or all of a card and pay by another."""
    draft.add(catalogue.PRODUCTS[4], Decimal(2))
    way = draft.random.choice(("Cash", "Gift Card", "Visa"))
    if way == "Visa":
        draft.pay("Visa", draft.total + 1)
        draft.pay("Visa", -draft.total - 1)
        draft.pay("MasterCard")
        return
    draft.pay("Credit Card", Decimal("8.00"))
    draft.pay(way, Decimal("20.00"))
    draft.pay(way)


def unknown_tender(draft: Draft) -> None:
    """Pay in a way that QuickBooks has no name for."""
    draft.sell(1)
    draft.add_tax()
    draft.pay(draft.random.choice(catalogue.UNKNOWN_METHODS))


def card_names(draft: Draft) -> None:
    """Pay with a card that the till names itself."""
    draft.sell(1)
    draft.pay(draft.random.choice(catalogue.CARD_METHODS))


def returned(draft: Draft) -> None:
    """Take goods back, with their tax."""
    draft.give_back(2)
    draft.add_tax()
    draft.pay_usual()


def returned_discounted(draft: Draft) -> None:
    """Take back what was sold at a discount: the discount comes back too."""
    draft.give_back(2)
    draft.discount_line(0, TENTH, "Loyalty")
    draft.add_tax()
    draft.pay("Credit Card")


def returned_order_discount(draft: Draft) -> None:
    """Take back a ticket that was discounted as a whole."""
    draft.give_back()
    draft.order_discount = Decimal("-0.50")
    draft.pay("Cash")


def returned_with_tip(draft: Draft) -> None:
    """Give a service's price and its tip back."""
    draft.add(catalogue.SERVICES[0], -ONE, return_reason="Groomer was ill")
    draft.tips = Decimal("-9.75")
    draft.pay("Credit Card")


def returned_split(draft: Draft) -> None:
    """Pay a refund out over two tenders."""
    draft.give_back(2)
    draft.add_tax()
    draft.pay("Cash", draft.part())
    draft.pay("Visa")


def returned_tie(draft: Draft) -> None:
    """Pay a refund out over two equal tenders."""
    draft.add(catalogue.SERVICES[2], Decimal(-2), return_reason="Came too late")
    draft.pay("Gift Card", Decimal("-38.00"))
    draft.pay("Cash")


def returned_to_balance(draft: Draft) -> None:
    """Pay a refund out partly onto the customer's balance."""
    draft.give_back(2)
    draft.pay("Customer Balance", draft.part())
    draft.pay("Cash")


def exchange_up(draft: Draft) -> None:
    """Swap for something dearer, with a discount on what is new."""
    draft.add(catalogue.PRODUCTS[4], -ONE, return_reason="Wrong size")
    draft.add(catalogue.PRODUCTS[6], ONE)
    draft.discount_line(1, TENTH, "Loyalty")
    draft.add_tax()
    draft.pay_usual()


def exchange_down(draft: Draft) -> None:
    """Swap for something cheaper, discounts on both: a refund with a sold line."""
    draft.add(catalogue.PRODUCTS[6], -ONE, return_reason="Too large")
    draft.add(catalogue.PRODUCTS[4], ONE)
    draft.discount_line(0, TENTH, "Loyalty")
    draft.discount_line(1, Decimal("0.2"), None)
    draft.add_tax()
    draft.pay_usual()


def exchange_even(draft: Draft) -> None:
    """Swap one for one: a total of zero, and nothing paid."""
    draft.add(catalogue.PRODUCTS[3], -ONE, return_reason="Damaged")
    draft.add(catalogue.PRODUCTS[3], ONE)


def free_sample(draft: Draft) -> None:
    """Hand out a sample: a total of zero."""
    draft.add(catalogue.SAMPLE, Decimal(draft.random.randint(1, 3)))


def voided_sale(draft: Draft) -> None:
    """Ring up and take back at the till."""
    ordinary(draft)
    draft.voided = True


def voided_return(draft: Draft) -> None:
    """Ring up a return that is taken back."""
    returned(draft)
    draft.voided = True


def across_midnight(draft: Draft) -> None:
    """Open before midnight, ring up and pay after it."""
    day = draft.location.local(draft.opened).date()
    draft.opened = draft.location.moment(day, time(23, draft.random.randint(51, 59), draft.random.randint(0, 59)))
    draft.line_gap = timedelta(minutes=4)
    draft.paid_after = timedelta(minutes=35)
    draft.sell(3)
    draft.add_tax()
    draft.pay_usual()


def paid_later(draft: Draft) -> None:
    """Open an account in the shop and pay a day or two later."""
    draft.paid_after = timedelta(hours=draft.random.randint(20, 44))
    ordinary(draft)


def many_lines(draft: Draft) -> None:
    """A wholesale ticket."""
    draft.sell(60)
    draft.add_tax()
    draft.pay("Check")


def two_cents(draft: Draft) -> None:
    """The least that can be split."""
    draft.add(catalogue.WEIGHED[1], Decimal("0.016"))
    draft.pay("Cash", Decimal("0.01"))
    draft.pay("Debit")


def no_receipt_number(draft: Draft) -> None:
    """A till that prints no receipt number."""
    draft.receipt_number = None
    ordinary(draft)


def long_receipt_number(draft: Draft) -> None:
    """A till whose receipt numbers are longer than a document number can be."""
    draft.receipt_number = f"STORE/REGISTER-02/{draft.ticket_id:012d}"
    ordinary(draft)


SPECIAL: tuple[Callable[[Draft], None], ...] = (
    line_discount,
    returned,
    services_with_tip,
    split_two,
    exchange_up,
    points_part,
    order_discount,
    across_midnight,
    gift_card_redeemed,
    weighed,
    voided_sale,
    odd_discount,
    free_sample,
    returned_split,
    balance_spent,
    unknown_tender,
    parts_of_cents,
    exchange_down,
    split_equal,
    taken_back,
    odd_names,
    gift_card_sold,
    points_whole,
    returned_discounted,
    unnamed_discount,
    paid_later,
    balance_loaded,
    exchange_even,
    deposit_sold,
    card_names,
    both_discounts,
    returned_to_balance,
    no_receipt_number,
    split_three,
    whole_discount,
    returned_order_discount,
    balance_only_loaded,
    long_receipt_number,
    returned_tie,
    voided_return,
    many_lines,
    returned_with_tip,
    two_cents,
)
"""All kinds but the ordinary one, mixed, so that a few days have each."""
