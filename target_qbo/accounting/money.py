"""Rounding to the cent. All amounts are :class:`~decimal.Decimal` in the company's currency (dollars, not cents)."""

from __future__ import annotations

from decimal import ROUND_FLOOR, ROUND_HALF_UP, Context, Decimal
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

CENT = Decimal("0.01")
ZERO = Decimal("0.00")

# Products of two long decimals must not be rounded on the way to the cent.
_EXACT = Context(prec=80)
_QUANTA = [Decimal(1).scaleb(-decimals) for decimals in range(31)]


def cents(amount: Decimal) -> Decimal:
    """Round to the cent, half away from zero, so that a return mirrors its sale (accounting rules, rounding)."""
    return amount.quantize(CENT, rounding=ROUND_HALF_UP, context=_EXACT) + ZERO


def fits_decimals(number: Decimal, most: int) -> bool:
    """Tell whether a number has no more than so many decimals, trailing zeros left out."""
    return number == number.quantize(_QUANTA[most], context=_EXACT)


def multiply(price: Decimal, quantity: Decimal) -> Decimal:
    """Multiply without losing a digit."""
    return _EXACT.multiply(price, quantity)


def total(amounts: Iterable[Decimal]) -> Decimal:
    """Add without losing a digit; ``0.00`` for nothing."""
    result = ZERO
    for amount in amounts:
        result = _EXACT.add(result, amount)
    return result


def apportion(amounts: Sequence[Decimal]) -> list[Decimal]:
    """Round amounts to the cent so that they add up to their rounded sum (largest remainder; the first of equals).

    Args:
        amounts: Amounts that may have parts of a cent.

    Returns:
        As many amounts in whole cents, in the same order; their sum is ``cents(sum(amounts))``. Amounts with all signs
        turned give the same result with all signs turned.
    """
    if len(amounts) <= 1:
        return [cents(amount) for amount in amounts]
    exact = total(amounts)
    if next((amount for amount in (exact, *amounts) if amount != 0), ZERO) < 0:
        return [-amount + ZERO for amount in apportion([amount.copy_negate() for amount in amounts])]
    floors = [amount.quantize(CENT, rounding=ROUND_FLOOR, context=_EXACT) for amount in amounts]
    missing = int((cents(exact) - total(floors)) / CENT)
    by_remainder = sorted(range(len(amounts)), key=lambda i: (floors[i] - amounts[i], i))
    for i in by_remainder[:missing]:
        floors[i] += CENT
    return [amount + ZERO for amount in floors]
