"""QuickBooks' own figure of a document held against ours (accounting rules, QuickBooks' own tax)."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, Any

from target_qbo.accounting.money import cents
from target_qbo.qbo import Fault

if TYPE_CHECKING:
    from collections.abc import Mapping


def total_of(entity: Mapping[str, Any], ours: Decimal) -> Decimal:
    """Return the total that an answer tells; ours where it tells none."""
    total = entity.get("TotalAmt")
    return ours if total is None else cents(Decimal(str(total)))


def line_amounts(entity: Mapping[str, Any]) -> tuple[Decimal, ...]:
    """Return the amounts of a document's own lines, in order of size; the line that repeats their sum is left out."""
    lines = entity.get("Line") or ()
    own = (line for line in lines if line.get("DetailType") == "SalesItemLineDetail")
    return tuple(sorted(cents(Decimal(str(line.get("Amount") or 0))) for line in own))


def difference(ours: Decimal, theirs: Decimal) -> Fault | None:
    """Tell where QuickBooks made another total of a document than ours: such a document is taken back."""
    if ours == theirs:
        return None
    return Fault(
        "total_differs", "QuickBooks' total differs", f"{theirs}, not {ours}: does it add a tax or a discount?"
    )
