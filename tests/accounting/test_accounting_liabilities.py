"""Lines that go to items of their own, and what is owed to customers while no rule says so."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from typing import TYPE_CHECKING

import pytest
from hypothesis import given

from target_qbo.accounting import ItemRole, PaymentMethod, Rules
from target_qbo.accounting.liabilities import Owed, booked_as_income
from target_qbo.accounting.rules import ItemRule
from tests.accounting.strategies import any_rules, clean, moderate
from tests.accounting.till import Case, goods, sale

if TYPE_CHECKING:
    from target_qbo.accounting.ticket import Line

GIFT = replace(goods("1", "50", "50"), name="Gift Card $50", sku="GC-50")


def sold(*lines: Line) -> Case:
    """Return a sale of these lines, paid in cash."""
    case = sale("50", ("Cash", "50"))
    return replace(case, ticket=replace(case.ticket, lines=lines))


@pytest.mark.parametrize(
    ("rule", "covers"),
    [
        (ItemRule("G", name="gift card*"), True),
        (ItemRule("G", name="gift"), False),
        (ItemRule("G", sku="gc-*"), True),
        (ItemRule("G", sku="GC-5?"), True),
        (ItemRule("G", sku="gc-*", name="*voucher*"), False),
        (ItemRule("G", sku="GC-[0-9]0"), True),
    ],
)
def test_patterns_of_sku_and_name(rule: ItemRule, *, covers: bool) -> None:
    document = sold(GIFT).posted(Rules(item_rules=(rule,)))
    assert [line.item.role for line in document.lines] == [ItemRole.RULED if covers else ItemRole.PRODUCT]


def test_the_first_rule_that_covers_a_line_counts() -> None:
    rules = Rules(item_rules=(ItemRule("First", sku="GC*"), ItemRule("Second", name="*")))
    assert [line.item.name for line in sold(GIFT).posted(rules).lines] == ["First"]


@moderate
@given(clean(), any_rules)
def test_rules_change_items_and_nothing_else(case: Case, rules: Rules) -> None:
    with_rules, without = case.posted(rules), case.posted(replace(rules, item_rules=()))
    assert [(line.quantity, line.unit_price, line.amount) for line in with_rules.lines] == [
        (line.quantity, line.unit_price, line.amount) for line in without.lines
    ]
    assert with_rules.payments == without.payments


def test_what_looks_like_a_gift_card_is_named_until_there_is_a_rule() -> None:
    case = sold(GIFT)
    paid = replace(case, payments=tuple(replace(row, method="Gift Card") for row in case.payments))
    owed = booked_as_income(paid.posted(), gift_cards_have_an_account=False)
    assert owed == Owed(sold=Decimal(50), redeemed=Decimal(50))
    back = booked_as_income(paid.mirrored().posted(), gift_cards_have_an_account=False)
    assert owed + back == Owed()
    ruled = paid.posted(Rules(item_rules=(ItemRule("Gift cards", sku="GC-*"),)))
    assert booked_as_income(ruled, gift_cards_have_an_account=True) == Owed()
    assert {payment.method for payment in ruled.payments} == {PaymentMethod.GIFT_CARD}
