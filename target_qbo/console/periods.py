"""Periods as people give them to a command: days, or moments by the clock of the shop."""

from __future__ import annotations

import datetime as dt
import re

import click

_DAY = re.compile(r"\d{4}-\d{2}-\d{2}")
_MINUTE = re.compile(r"\d{4}-\d{2}-\d{2}[T ]\d{2}:\d{2}(:\d{2})?(Z|[+-]\d{2}:\d{2})?")


def day_or_moment(text: str) -> dt.date | dt.datetime:
    """Read ``2026-03-04``, or ``2026-03-04T17:30``; without an offset that is the clock of each location.

    Raises:
        click.BadParameter: It is neither.
    """
    try:
        if _DAY.fullmatch(text):
            return dt.date.fromisoformat(text)
        if _MINUTE.fullmatch(text):
            return dt.datetime.fromisoformat(text)
    except ValueError:
        raise click.BadParameter(f"there is no such day or minute: {text}") from None
    raise click.BadParameter(f"{text!r} is neither a day like 2026-03-04 nor a minute like 2026-03-04T17:30.")


def beginning(given: dt.date | dt.datetime) -> dt.datetime:
    """Return the moment at which a period begins; a day begins at midnight of the shop, which has no zone here."""
    return given if isinstance(given, dt.datetime) else dt.datetime.combine(given, dt.time())


def end_after(given: dt.date | dt.datetime) -> dt.datetime | dt.date:
    """Return the end, exclusive, of a period up to this: a day is included, a minute is not."""
    return given if isinstance(given, dt.datetime) else given + dt.timedelta(days=1)
