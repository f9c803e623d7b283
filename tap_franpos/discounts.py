"""The signs of a ticket's discounts: which reading of the till's figures makes the ticket add up.

Franpos shows discounts as positive figures. How it shows one on a returned line isn't known, so the reading that
makes the ticket's identity hold is taken (Franpos API notes, What the numbers mean)::

    total = Σ gross − discounts of lines − discount of the order + tax + tips

Pure: no I/O, no rows of the API.
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

CENT = Decimal("0.01")
ZERO = Decimal(0)


@dataclass(frozen=True, slots=True)
class Line:
    """What a line brings to the identity, in the shop's currency.

    Args:
        gross: Amount before discounts, signed: negative on a return.
        discount: What the till shows as off the whole line.
        returned: Whether the line takes something back (its quantity is negative).
    """

    gross: Decimal
    discount: Decimal
    returned: bool


@dataclass(frozen=True, slots=True)
class Discounts:
    """The signed discounts of a ticket: positive lowers its total, negative raises it (a discount given back).

    Args:
        lines: One for each line, in the order of the lines; 0 where it has none.
        order: The one on the whole ticket; 0 where it has none.
    """

    lines: tuple[Decimal, ...]
    order: Decimal


def resolve(lines: Sequence[Line], discount_total: Decimal, extras: Decimal, total: Decimal) -> Discounts:
    """The reading of a ticket's discounts under which it adds up to the cent.

    Of several that do, one without a discount on the whole ticket goes first, then one that gives discounts of
    returned lines back. Where none does, the till's total of discounts stands as it is, and the ticket stays
    inconsistent for the target to see.

    Args:
        lines: The ticket's lines.
        discount_total: All discounts of the ticket as the till shows them.
        extras: Tax and tips.
        total: What the ticket came to.
    """
    gross = sum((line.gross for line in lines), ZERO)
    readings = list(_readings(lines, discount_total))
    holding = [
        reading for reading in readings if abs(gross - sum(reading.lines, ZERO) - reading.order + extras - total) < CENT
    ]
    return next((reading for reading in holding if reading.order == 0), (holding or readings)[0])


def _readings(lines: Sequence[Line], discount_total: Decimal) -> Iterator[Discounts]:
    """All readings; discounts of returned lines given back first, the till's own total of discounts first."""
    for sign in (-1, 1):
        signed = tuple(sign * abs(line.discount) if line.returned else line.discount for line in lines)
        by_lines = sum(signed, ZERO)
        totals = [discount_total]
        if any(line.returned for line in lines):
            totals.append(-discount_total)
            if abs(discount_total) == sum((abs(line.discount) for line in lines), ZERO):
                totals.append(by_lines)
        for total in totals:
            yield Discounts(signed, total - by_lines)
