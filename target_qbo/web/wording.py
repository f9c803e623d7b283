"""Texts of the desk and the ledger in the reader's language, as far as they can be; what can't be stays English."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from django.utils.formats import date_format, number_format
from django.utils.html import format_html
from django.utils.translation import get_language, gettext

from target_qbo.accounting.money import cents
from target_qbo.said import Said

if TYPE_CHECKING:
    from django.utils.safestring import SafeString


def words(text: Any) -> str:  # noqa: ANN401 (what a template has)
    """Return a name of the program's, as ``refund_receipt``, or a text of the desk's, in the reader's language."""
    if isinstance(text, Said):
        values = {name: _shown(value) for name, value in text.values.items()}
        return gettext(text.text).format(**values) if values else gettext(text.text)
    return gettext(str(text).replace("_", " ")) if text else ""


def said(text: str) -> str:
    """Return a text of the desk's as :func:`words` does; a name, whoever gave it, as it is."""
    return words(text) if isinstance(text, Said) else text


def told(text: str | Exception | None) -> str | SafeString:
    """Return a text that may be known to nobody but the ledger: as :func:`words` does, else said to be English."""
    if not text or isinstance(text, Said):
        return words(text)
    found = gettext(str(text))
    if found != str(text) or (get_language() or "en").startswith("en"):
        return found
    return format_html('<span lang="en">{}</span>', text)


def amount(value: Decimal | int) -> str:
    """Return an amount to the cent."""
    return number_format(cents(Decimal(value)), 2, use_l10n=True, force_grouping=True)


def day(value: dt.date) -> str:
    """Return a day, its month by name: 03/04 is another day to every second reader."""
    return date_format(value, "DATE_FORMAT")


def moment(value: dt.datetime) -> str:
    """Return a moment by its own zone, to the second; the zone is not said."""
    return date_format(value, "DATETIME_FORMAT")


def _shown(value: object) -> str:
    if isinstance(value, Decimal):
        return amount(value)
    if isinstance(value, dt.datetime):
        return moment(value)
    if isinstance(value, dt.date):
        return day(value)
    if isinstance(value, int):
        return number_format(value, 0, use_l10n=True, force_grouping=True)
    return words(value) if isinstance(value, Said) else str(value)
