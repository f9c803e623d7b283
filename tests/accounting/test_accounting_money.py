"""Rounding to the cent and dividing cents up."""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from target_qbo.accounting.money import apportion, cents, multiply, total
from tests.accounting.oracle import share
from tests.accounting.strategies import decimals, moderate, sub_cents

D = Decimal
amounts = st.lists(st.one_of(sub_cents, decimals(-(10**10), 10**10, 9)), max_size=8)


@pytest.mark.parametrize(
    ("exact", "rounded"),
    [
        ("1.005", "1.01"),
        ("-1.005", "-1.01"),
        ("1.00499999999999999999", "1.00"),
        ("2.675", "2.68"),
        ("-0.005", "-0.01"),
        ("-0.0049", "0.00"),
        ("0.015", "0.02"),
        ("99999999999.99", "99999999999.99"),
        ("1E+3", "1000.00"),
    ],
)
def test_cents_are_rounded_half_away_from_zero(exact: str, rounded: str) -> None:
    assert str(cents(D(exact))) == rounded


@pytest.mark.parametrize(
    ("rows", "shares"),
    [
        ([], []),
        (["0.3333", "0.3333", "0.3333"], ["0.34", "0.33", "0.33"]),
        (["0.005", "0.005"], ["0.01", "0.00"]),
        (["0.004", "0.004", "0.004"], ["0.01", "0.00", "0.00"]),
        (["1.00", "0.006"], ["1.00", "0.01"]),
        (["10.001", "0.009"], ["10.00", "0.01"]),
        (["-0.3333", "-0.3333", "-0.3333"], ["-0.34", "-0.33", "-0.33"]),
        (["0.005", "-0.005"], ["0.01", "-0.01"]),
        (["-0.005", "0.005"], ["-0.01", "0.01"]),
        (["2.50", "-1.254"], ["2.50", "-1.25"]),
        (["99999999999.00499999999999999999"], ["99999999999.00"]),
        (["-99999999999.00499999999999999999"], ["-99999999999.00"]),
    ],
)
def test_largest_remainder(rows: list[str], shares: list[str]) -> None:
    assert [str(amount) for amount in apportion([D(row) for row in rows])] == shares


@moderate
@given(amounts)
def test_shares_add_up_to_the_rounded_sum(rows: list[Decimal]) -> None:
    shares = apportion(rows)
    assert sum(shares, D(0)) == cents(sum(rows, D(0)))


@moderate
@given(amounts)
def test_every_share_is_the_amount_or_its_neighbour(rows: list[Decimal]) -> None:
    for row, amount in zip(rows, apportion(rows), strict=True):
        assert abs(amount - row) < D("0.01")
        assert amount.as_tuple().exponent == -2


@moderate
@given(amounts)
def test_a_larger_remainder_is_never_passed_over(rows: list[Decimal]) -> None:
    shares = apportion(rows)
    gains = sorted(amount - row for row, amount in zip(rows, shares, strict=True))
    assert not gains or gains[-1] - gains[0] <= D("0.01")


@moderate
@given(amounts)
def test_shares_mirror(rows: list[Decimal]) -> None:
    assert apportion([row.copy_negate() for row in rows]) == [-amount for amount in apportion(rows)]


@moderate
@given(amounts)
def test_shares_twice(rows: list[Decimal]) -> None:
    assert [int(amount * 100) for amount in apportion(rows)] == share(rows)


@moderate
@given(decimals(-(10**11), 10**11, 20), decimals(-(10**11), 10**11, 20))
def test_products_and_sums_lose_no_digit(one: Decimal, other: Decimal) -> None:
    assert Fraction(multiply(one, other)) == Fraction(one) * Fraction(other)
    assert Fraction(total([one, other])) == Fraction(one) + Fraction(other)
