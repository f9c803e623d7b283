"""Sums by day and location, and by day, location and payment method: till, left out, ledger, books."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING, NamedTuple

from target_qbo.accounting.money import ZERO

if TYPE_CHECKING:
    import datetime as dt
    from decimal import Decimal

MethodKey = tuple["dt.date", str, str]
"""Date, location, payment method; the last empty in a sum by location, both empty where nobody knows."""


class Row(NamedTuple):
    """The figures of a day and location, or of a payment method there.

    ``location_id`` is None for what is not ours, ``method`` for a sum of all and for what was paid by none.
    """

    date: dt.date | None
    location_id: str | None
    method: str | None
    till: Decimal
    left_out: Decimal
    ledger: Decimal
    books: Decimal

    @property
    def difference(self) -> Decimal:
        """What the books have more than they should have by the till."""
        return self.books - (self.till - self.left_out)

    @property
    def agrees(self) -> bool:
        """Whether till − left out = ledger = books."""
        return self.till - self.left_out == self.ledger == self.books


class Sums:
    """Adds amounts up under a day, a location and a method."""

    def __init__(self) -> None:
        self._sums: defaultdict[MethodKey, dict[str, Decimal]] = defaultdict(lambda: dict.fromkeys(_COLUMNS, ZERO))

    def add(self, column: str, date: dt.date, location_id: str | None, method: str | None, amount: Decimal) -> None:
        """Add an amount to one of the columns ``till``, ``left_out``, ``ledger``, ``books``."""
        self._sums[date, location_id or "", method or ""][column] += amount

    def rows(self) -> list[Row]:
        """Return what was added, by day, location and method."""
        return [
            Row(date, location or None, method or None, **sums)
            for (date, location, method), sums in sorted(self._sums.items())
        ]


def total(rows: list[Row]) -> Row:
    """Add rows up."""
    sums = dict.fromkeys(_COLUMNS, ZERO)
    for row in rows:
        for column in _COLUMNS:
            sums[column] += getattr(row, column)
    return Row(None, None, None, **sums)


_COLUMNS = ("till", "left_out", "ledger", "books")
