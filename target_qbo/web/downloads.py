"""Tables of the pages as CSV files, so written that a spreadsheet takes no text of a till for a formula."""

from __future__ import annotations

import csv
import io
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from django.http import HttpResponse
from django.views.decorators.http import require_safe

from target_qbo.ledger import listing
from target_qbo.web.forms import TicketsForm
from target_qbo.web.opened import company

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from django.http import HttpRequest

_TICKETS = ("business_date", "location_id", "ticket_id", "number", "total", "status", "code", "reason")
_DAYS = ("date", "location_id", "till", "left_out", "ledger", "books", "difference", "agrees")
_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n", "\uff1d", "\uff0b", "\uff0d", "\uff20")  # also full-width


@require_safe
def tickets(request: HttpRequest) -> HttpResponse:
    """Give the tickets of a choice, all that match, by day and location."""
    form = TicketsForm(request.GET)
    if not form.is_valid():
        return HttpResponse("this choice can't be read", status=400, content_type="text/plain")
    return as_csv("tickets.csv", _TICKETS, listing.rows(company().ledger, form.chosen()))


def proven_days(told: Mapping[str, Any]) -> HttpResponse:
    """Give the days of a proof."""
    return as_csv("reconcile.csv", _DAYS, told["days"])


def as_csv(name: str, columns: Sequence[str], rows: Iterable[Mapping[str, Any]]) -> HttpResponse:
    """Return rows as a file."""
    text = io.StringIO()
    writer = csv.writer(text)
    writer.writerow(columns)
    writer.writerows([_cell(row[column]) for column in columns] for row in rows)
    headers = {"Content-Disposition": f'attachment; filename="{name}"'}
    # With a mark at its beginning, or a spreadsheet takes it for another encoding.
    return HttpResponse(text.getvalue().encode("utf-8-sig"), content_type="text/csv; charset=utf-8", headers=headers)


def _cell(value: Any) -> Any:  # noqa: ANN401 (what a row has)
    """Return a value as it is written: a text that a spreadsheet would calculate begins with an apostrophe."""
    if isinstance(value, str) and value.startswith(_FORMULA):
        return f"'{value}"
    return f"{value:.2f}" if isinstance(value, Decimal) else value
