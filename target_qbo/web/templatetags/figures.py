"""How amounts, times and kinds are written on the pages."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from typing import Any

from django import template
from django.utils.formats import number_format

from target_qbo.accounting.money import cents
from target_qbo.desk import watching

register = template.Library()


@register.filter
def money(amount: Decimal | int | None) -> str:
    """Write an amount to the cent, as the browser's language has it; nothing where there is none."""
    return "" if amount is None else number_format(cents(Decimal(amount)), 2, use_l10n=True, force_grouping=True)


@register.filter
def utc(moment: dt.datetime | str | None) -> str:
    """Write a moment in UTC, and say so."""
    if not moment:
        return ""
    known = dt.datetime.fromisoformat(moment) if isinstance(moment, str) else moment
    return f"{known.astimezone(dt.UTC):%Y-%m-%d %H:%M:%S} UTC"


@register.filter
def wall(moment: dt.datetime) -> str:
    """Write a moment by the clock of its place."""
    return f"{moment:%A, %Y-%m-%d %H:%M} {moment.tzinfo}"


@register.filter
def words(name: Any) -> str:  # noqa: ANN401 (what a template has)
    """Write a name of the program's as words."""
    return str(name).replace("_", " ")


@register.filter
def plain(number: int) -> str:
    """Write a number as programs read it."""
    return str(number)


register.filter("lasting", watching.lasting)
