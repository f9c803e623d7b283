"""The plan of what to ask Franpos for: which days, in as few requests as the API allows.

Pure: the clock is passed in.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta, tzinfo

from tap_franpos.clocks import day_start, days_of

DAY = timedelta(days=1)
TICK = timedelta(microseconds=1)


@dataclass(frozen=True, slots=True)
class Window:
    """Days that one round of requests covers.

    Args:
        first: First day asked for.
        days: Days asked for of items and payments.
        order_days: Days asked for of orders; 0: none, late rows of earlier tickets only.
        complete_before: Tickets created before it have all their rows once this window is read; null: all have, it
            is the last window.
    """

    first: date
    days: int
    order_days: int
    complete_before: datetime | None


@dataclass(frozen=True, slots=True)
class Period:
    """The tickets wanted: created at ``start`` or later and before ``end``, at a shop in ``zone``."""

    start: datetime
    end: datetime
    zone: tzinfo

    def holds(self, moment: datetime) -> bool:
        """Whether a ticket created then is wanted."""
        return self.start <= moment < self.end


def plan(period: Period, now: datetime, lookback_days: int, window_days: int) -> list[Window]:
    """The windows to read for a period, one after the other without overlap.

    Days begin one before the period: a first ticket's rows can be a little older than it, and the API may count a
    payment's day in UTC. Items and payments go on for ``lookback_days`` after the period, as far as there is a past.
    The last days of a window are complete only once the next one is read, because late rows can come with it.

    Args:
        period: The tickets wanted.
        now: The time of the run.
        lookback_days: Days after a ticket within which late rows of it are looked for.
        window_days: Longest window, in days.

    Returns:
        The windows; none where the period holds no past.
    """
    end = min(period.end, now)
    if period.start >= end:
        return []
    first = days_of(period.start, period.zone)[0] - DAY
    orders_until = days_of(end - TICK, period.zone)[1] + DAY
    rows_until = days_of(min(end + lookback_days * DAY, now) - TICK, period.zone)[1] + DAY
    late = max(lookback_days, 1) * DAY

    windows = []
    while first < rows_until:
        until = min(first + window_days * DAY, rows_until)
        windows.append(
            Window(
                first=first,
                days=(until - first).days,
                order_days=max((min(until, orders_until) - first).days, 0),
                complete_before=None if until == rows_until else day_start(until - late, period.zone),
            )
        )
        first = until
    return windows
