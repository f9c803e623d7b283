"""The monthly quota of calls of a location, and what of it a backfill may use.

Franpos allows 1,000 successful calls a month for each location (Franpos API notes, Access). A night costs three, so a
backfill leaves three for each night that is left in the month.
"""

from __future__ import annotations

import calendar
import re
from typing import TYPE_CHECKING, cast

from singer_sdk import metrics

from franpos_qbo.metrics import RunMetric, keep

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import date

MONTHLY_CALLS = 1000
CALLS_PER_NIGHT = 3


class ReserveReached(Exception):  # noqa: N818 - a signal to stop cleanly, not an error
    """The next call would take from what is kept for the month's nightly runs."""


class Quota:
    """Counts the successful calls of one location and holds a backfill back from the reserve.

    Args:
        location_id: Id of the location, for the metric.
    """

    def __init__(self, location_id: str) -> None:
        self.made = 0
        self._location_id = location_id
        self._allowed: int | None = None
        self.counter = metrics.Counter(
            cast("metrics.Metric", RunMetric.CALLS), {metrics.Tag.CONTEXT: {"location_id": location_id}}
        )

    def count(self) -> None:
        """Note a successful call."""
        self.made += 1
        self.counter.increment()
        keep(RunMetric.CALLS, self.made, location_id=self._location_id)

    def allow(self, calls: int) -> None:
        """Allow that many more calls; without this there is no bound."""
        self._allowed = self.made + max(calls, 0)

    def check(self, calls: int = 1) -> None:
        """See that so many more calls are allowed.

        Raises:
            ReserveReached: If they are not.
        """
        if self._allowed is not None and self.made + calls > self._allowed:
            raise ReserveReached


def reserve(today: date) -> int:
    """Calls to keep for the nights left in the month.

    Args:
        today: The date at the location. Its own run is the one that asks, so the nights begin with the next.
    """
    return CALLS_PER_NIGHT * (calendar.monthrange(today.year, today.month)[1] - today.day)


def calls_left(texts: Iterable[str], location_id: str) -> int | None:
    """Calls that a location has left this month, read from the texts of ``checkUsageLimit``; null: can't be read.

    The texts' form isn't known, so figures are told by the words around them. Where some name the location, only
    they count; where they may mean two things, the smaller number does.
    """
    every = list(texts)
    own = [text for text in every if re.search(rf"\b{re.escape(location_id)}\b", text)]
    found = [left for text in own or every if (left := _left(text)) is not None]
    return min(found, default=None)


def _left(text: str) -> int | None:
    plain = re.sub(r"(?<=\d)[,\u00a0 ](?=\d{3}\b)", "", text.lower())
    left = _figure(plain, r"remain\w*|left|available")
    if pair := re.search(r"(\d+)\s*(?:calls?|requests?)?\s*(?:/|(?:out )?of)\s*(?:the |your )?(\d+)", plain):
        part, whole = int(pair[1]), int(pair[2])
        return max(whole - part, 0) if left is None else min(part, left)
    if left is not None:
        return left
    used = _figure(plain, r"used|made|consumed|usage|count")
    return None if used is None else max(MONTHLY_CALLS - used, 0)


def _figure(text: str, words: str) -> int | None:
    """The number next to one of the words: after it (``left: 12``), else before it (``12 calls left``)."""
    found = re.search(rf"\b(?:{words})\b[^\d.;,]{{0,12}}?(\d+)", text) or re.search(
        rf"(\d+)[^\d.;,]{{0,20}}?\b(?:{words})\b", text
    )
    return int(found[1]) if found else None
