"""Tender names that no map and no rule knows: posted as ``Other``, they are named until somebody says what they are.

Source: accounting rules, Tenders.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from target_qbo.accounting.money import ZERO
from target_qbo.accounting.tender_names import UNNAMED, known_tender, normalise_tender

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from decimal import Decimal

    from target_qbo.accounting.tender_names import Tender

FURTHER = "further names"
"""What names are counted under once there are too many: a till may write anything in that place."""
_MOST = 200
_SHOWN = 10


class Unmapped:
    """Sums by tender name, added up over tickets; signed, refunds negative.

    Args:
        amounts: A name and an amount, as often as it occurs. Spellings of one name are one; the first is shown.
    """

    def __init__(self, amounts: Iterable[tuple[str, Decimal]] = ()) -> None:
        self._amounts: dict[str, Decimal] = {}
        self._spelled: dict[str, str] = {}
        self.add(amounts)

    def __bool__(self) -> bool:
        return bool(self._amounts)

    def add(self, amounts: Iterable[tuple[str, Decimal]]) -> None:
        """Add what a ticket has, or what another run had."""
        for name, amount in amounts:
            key = normalise_tender(name)
            if key not in self._amounts and len(self._amounts) >= _MOST:
                key = FURTHER
            self._spelled.setdefault(key, FURTHER if key == FURTHER else name)
            self._amounts[key] = self._amounts.get(key, ZERO) + amount

    def amounts(self) -> dict[str, Decimal]:
        """Return the sums by name, the largest first, whatever its sign."""
        ordered = sorted(self._amounts, key=lambda key: (-abs(self._amounts[key]), key))
        return {self._spelled[key]: self._amounts[key] for key in ordered}

    def still(self, tender_map: Mapping[str, Tender]) -> Unmapped:
        """Return those of the names that this map does not know either."""
        named = ((None if name == UNNAMED else name, name, amount) for name, amount in self.amounts().items())
        return Unmapped((name, amount) for own, name, amount in named if known_tender(own, None, tender_map) is None)

    def told(self) -> str:
        """Return names and amounts for people, in one line; empty where there are none."""
        amounts = self.amounts()
        shown = [f"{name} {amount:,.2f}" for name, amount in list(amounts.items())[:_SHOWN]]
        more = len(amounts) - _SHOWN
        return ", ".join(shown) + (f" and {more} more" if more > 0 else "")
