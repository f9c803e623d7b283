"""The signs of discounts: the reading that makes a ticket add up is found, whatever the till's convention is."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from tap_franpos.discounts import CENT, Discounts, Line, resolve

D = Decimal
cents = st.integers(0, 100_00).map(lambda number: D(number) / 100)
signed_cents = st.integers(-50_00, 50_00).map(lambda number: D(number) / 100)


@st.composite
def lines(draw: st.DrawFn) -> Line:
    """A sold or a returned line with a discount that is shown as a positive figure."""
    gross, returned = draw(cents), draw(st.booleans())
    discount = draw(st.one_of(st.just(D(0)), cents)).min(gross)
    return Line(-gross if returned else gross, discount, returned=returned)


def signed(line: Line, sign: int) -> Decimal:
    return sign * line.discount if line.returned else line.discount


def adds_up(sold: list[Line], found: Discounts, extras: Decimal, total: Decimal) -> bool:
    gross = sum((line.gross for line in sold), D(0))
    return abs(gross - sum(found.lines, D(0)) - found.order + extras - total) < CENT


@given(
    st.lists(lines(), max_size=6),
    signed_cents,
    st.sampled_from((-1, 1)),
    st.sampled_from(("net", "turned", "sum of figures")),
)
def test_a_sound_ticket_adds_up_under_every_convention(
    sold: list[Line], extras: Decimal, sign: int, convention: str
) -> None:
    given_back = [signed(line, sign) for line in sold]
    net = sum(given_back, D(0))
    gross = sum((line.gross for line in sold), D(0))
    returns = any(line.returned for line in sold)
    shown = {
        "net": net,
        "turned": -net if returns else net,
        "sum of figures": sum((line.discount for line in sold), D(0)),
    }[convention]
    found = resolve(sold, shown, extras, gross - net + extras)
    assert adds_up(sold, found, extras, gross - net + extras)
    assert found.order == 0
    assert sum(found.lines, D(0)) == net


@given(st.lists(lines(), max_size=6), cents, signed_cents)
def test_what_lines_do_not_explain_is_the_orders(sold: list[Line], whole: Decimal, extras: Decimal) -> None:
    assume(not any(line.returned for line in sold))
    by_lines = sum((line.discount for line in sold), D(0))
    total = sum((line.gross for line in sold), D(0)) - by_lines - whole + extras
    found = resolve(sold, by_lines + whole, extras, total)
    assert found == Discounts(tuple(line.discount for line in sold), whole)


@given(st.lists(lines(), max_size=6), signed_cents, signed_cents, signed_cents)
def test_lines_and_order_always_add_up_to_one_of_the_shown_totals(
    sold: list[Line], shown: Decimal, extras: Decimal, total: Decimal
) -> None:
    found = resolve(sold, shown, extras, total)
    assert len(found.lines) == len(sold)
    assert all(abs(amount) == abs(line.discount) for amount, line in zip(found.lines, sold, strict=True))
    by_lines = {sum((signed(line, sign) for line in sold), D(0)) for sign in (-1, 1)}
    assert sum(found.lines, D(0)) + found.order in {shown, -shown, *by_lines}


@pytest.mark.parametrize(
    ("sold", "shown", "total", "wanted"),
    [
        ([("100", "10", False)], "10", "90", (["10"], "0")),
        ([("100", "10", False)], "15", "85", (["10"], "5")),
        ([("-100", "10", True)], "10", "-90", (["-10"], "0")),
        ([("-100", "10", True)], "-10", "-90", (["-10"], "0")),
        ([("-100", "10", True)], "10", "-110", (["10"], "0")),
        ([("50", "5", False), ("-20", "2", True)], "3", "27", (["5", "-2"], "0")),
        ([("50", "5", False), ("-20", "2", True)], "7", "27", (["5", "-2"], "0")),
        ([("50", "5", False), ("-20", "2", True)], "7", "23", (["5", "2"], "0")),
        # An order discount that was given back, the lines had none.
        ([("-100", "0", True)], "10", "-90", (["0"], "-10")),
        # Nothing adds up: the till's figure stands, for the target to skip the ticket with it.
        ([("100", "10", False)], "15", "50", (["10"], "5")),
        ([("-100", "10", True)], "10", "-50", (["-10"], "20")),
    ],
)
def test_examples(sold: list[tuple[str, str, bool]], shown: str, total: str, wanted: tuple[list[str], str]) -> None:
    found = resolve([Line(D(gross), D(off), returned=back) for gross, off, back in sold], D(shown), D(0), D(total))
    assert found == Discounts(tuple(map(D, wanted[0])), D(wanted[1]))
