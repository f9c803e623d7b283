"""How amounts, times, kinds and texts are written on the pages."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING

from django import template
from django.utils.formats import date_format
from django.utils.html import format_html

from target_qbo.desk import watching
from target_qbo.web import wording

if TYPE_CHECKING:
    from collections.abc import Sequence
    from decimal import Decimal

register = template.Library()
register.filter("lasting", watching.lasting)
register.filter("words", wording.words)
register.filter("said", wording.said)
register.filter("told", wording.told)


@register.filter
def money(amount: Decimal | int | None) -> str:
    """Write an amount to the cent, as the browser's language has it; nothing where there is none."""
    return "" if amount is None else wording.amount(amount)


@register.filter
def day(date: dt.date | str | None) -> str:
    """Write a day, given as one or as ISO has it; with that for programs."""
    if not date:
        return ""
    known = dt.date.fromisoformat(date) if isinstance(date, str) else date
    return _time(known, wording.day(known))


@register.filter
def utc(moment: dt.datetime | str | None) -> str:
    """Write a moment in UTC, and say so."""
    if not moment:
        return ""
    known = _known(moment).astimezone(dt.UTC)
    return _time(known, f"{wording.moment(known)} UTC")


@register.filter
def wall(moment: dt.datetime | str | None) -> str:
    """Write a moment by the clock of its place, with its day of the week."""
    if not moment:
        return ""
    known = _known(moment)
    return _time(
        known, f"{date_format(known, 'l')}, {wording.day(known)}, {date_format(known, 'TIME_FORMAT')} {known.tzinfo}"
    )


@register.filter
def listed(numbers: Sequence[int]) -> str:
    """Write ids one after the other."""
    return ", ".join(map(str, numbers))


@register.filter
def plain(number: int) -> str:
    """Write a number as programs read it."""
    return str(number)


def _known(moment: dt.datetime | str) -> dt.datetime:
    return dt.datetime.fromisoformat(moment) if isinstance(moment, str) else moment


def _time(known: dt.date, written: str) -> str:
    return format_html('<time datetime="{}">{}</time>', known.isoformat(), written)
