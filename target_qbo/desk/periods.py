"""Periods as people give them: days, or moments by the clock of the shop."""

from __future__ import annotations

import datetime as dt

Bound = dt.date | dt.datetime
"""A day, or a moment; a moment without a zone is the clock of each location."""


def beginning(given: Bound) -> dt.datetime:
    """Return the moment at which a period begins; a day begins at midnight of the shop, which has no zone here."""
    return given if isinstance(given, dt.datetime) else dt.datetime.combine(given, dt.time())


def end_after(given: Bound) -> Bound:
    """Return the end, exclusive, of a period up to this: a day is included, a minute is not."""
    return given if isinstance(given, dt.datetime) else given + dt.timedelta(days=1)


def in_order(first: Bound, last: Bound) -> bool:
    """Tell whether a period has anything in it; taken for granted where only one of the two has a zone."""
    start, end = beginning(first), beginning(end_after(last))
    return (start.tzinfo is None) != (end.tzinfo is None) or start < end
