"""A chart of days: a bar for the till, and one for the books beside it, from a common zero. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from itertools import dropwhile
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

    from target_qbo.ledger.daily import Day

HEIGHT = 160
_STEP = 24
_BAR = 9
_GAP = 2


@dataclass(frozen=True, slots=True)
class Bar:
    """A bar: where it begins and how large it is, in units of the drawing."""

    x: int
    y: str
    width: int
    height: str
    what: str


@dataclass(frozen=True, slots=True)
class Column:
    """A day, its two bars, and the till less the books."""

    day: Day
    bars: Sequence[Bar]
    x: int
    difference: Decimal

    @property
    def differs(self) -> bool:
        """Whether till and books differ."""
        return self.difference != 0


@dataclass(frozen=True, slots=True)
class Chart:
    """A drawing.

    Attributes:
        columns: The days.
        width: Of the drawing.
        zero: Where zero is, from above.
    """

    columns: Sequence[Column]
    width: int
    zero: str


def chart(days: Sequence[Day]) -> Chart:
    """Draw days, from the first that has something on."""
    days = list(dropwhile(lambda day: not day.tickets and not day.till and not day.books, days))
    amounts = [amount for day in days for amount in (day.till, day.books)]
    most, least = max([*amounts, Decimal(1)]), min([*amounts, Decimal(0)])
    scale = HEIGHT / (most - least)
    zero = most * scale
    columns = []
    for place, day in enumerate(days):
        x = place * _STEP
        bars = [
            _bar(x + offset, amount * scale, zero, what)
            for offset, amount, what in ((0, day.till, "till"), (_BAR + _GAP, day.books, "books"))
        ]
        columns.append(Column(day, bars, x, day.till - day.books))
    return Chart(columns, len(days) * _STEP, _plain(zero))


def _bar(x: int, height: Decimal, zero: Decimal, what: str) -> Bar:
    return Bar(x, _plain(min(zero, zero - height)), _BAR, _plain(abs(height)), what)


def _plain(number: Decimal) -> str:
    return f"{number:.1f}"
