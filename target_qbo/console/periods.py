"""Reading the bounds of a period that people give to a command."""

from __future__ import annotations

import datetime as dt
import re
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from target_qbo.desk.periods import Bound

_DAY = re.compile(r"\d{4}-\d{2}-\d{2}")
_MINUTE = re.compile(r"\d{4}-\d{2}-\d{2}[T ]\d{2}:\d{2}(:\d{2})?(Z|[+-]\d{2}:\d{2})?")


def day_or_moment(text: str) -> Bound:
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
