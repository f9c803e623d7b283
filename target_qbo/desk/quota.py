"""How many calls of Franpos are left this month, as far as it was ever told: nobody asks for that alone."""

from __future__ import annotations

import calendar
import datetime as dt
from dataclasses import dataclass
from typing import TYPE_CHECKING

from target_qbo.ledger.remembered import What, recall, remember

if TYPE_CHECKING:
    from collections.abc import Mapping

    from target_qbo.ledger import CompanyLedger
    from target_qbo.ledger.remembered import Remembered

_CALLS_A_NIGHT = 3  # Franpos API notes, Access


@dataclass(frozen=True, slots=True)
class CallsLeft:
    """What a location has left of its calls, and when that was told (UTC)."""

    location_id: str
    left: int
    at: dt.datetime

    def few(self, today: dt.date) -> bool:
        """Tell whether they may not last for the nights that are left of the month."""
        nights = calendar.monthrange(today.year, today.month)[1] - today.day
        return self.left < nights * _CALLS_A_NIGHT


def told(ledger: CompanyLedger, left: Mapping[str, int | None], now: dt.datetime) -> None:
    """Remember how many calls locations have left; None: of that one it was not to be learnt."""
    every = {one.location_id: one for one in known(recall(ledger), now)}
    every |= {name: CallsLeft(name, number, now) for name, number in left.items() if number is not None}
    if every:
        kept = {name: {"left": one.left, "at": one.at.isoformat()} for name, one in every.items()}
        remember(ledger, What.CALLS, kept, now)


def known(remembered: Mapping[What, Remembered], now: dt.datetime) -> list[CallsLeft]:
    """Return what is known of this month; with the next one the quota is whole again."""
    kept = remembered[What.CALLS].content if What.CALLS in remembered else {}
    every = [CallsLeft(name, one["left"], dt.datetime.fromisoformat(one["at"])) for name, one in sorted(kept.items())]
    return [one for one in every if (one.at.year, one.at.month) == (now.year, now.month)]
