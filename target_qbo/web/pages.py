"""The pages: each asks the desk and shows what it answers; nothing is decided here."""

from __future__ import annotations

import datetime as dt
import threading
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

from django.http import Http404
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from target_qbo.desk import overview as desk
from target_qbo.desk import previewing, proving
from target_qbo.desk import runs as desk_runs
from target_qbo.desk.pulling import shop_zone
from target_qbo.desk.tickets import advice, in_full
from target_qbo.ledger import attention, listing
from target_qbo.ledger.status import TicketStatus
from target_qbo.reconcile.model import Period
from target_qbo.web.chart import chart
from target_qbo.web.downloads import proven_days
from target_qbo.web.forms import LARGEST_KEY, PeriodForm, TicketsForm
from target_qbo.web.matters import told
from target_qbo.web.opened import company
from target_qbo.web.places import here

if TYPE_CHECKING:
    from django.http import HttpRequest, HttpResponse

_PAGE = 50
_RUNS = 50
_BUSY = 503
_PROVING = threading.Lock()  # a proof takes metered reads, and much of the machine: one at a time


@require_safe
def overview(request: HttpRequest) -> HttpResponse:
    """Show how the company stands."""
    found = desk.overview(company(), shop_zone(here().desk))
    shown = {"found": found, "matters": [told(matter) for matter in found.matters], "chart": chart(found.days)}
    return render(request, "web/overview.html", shown)


@require_safe
def tickets(request: HttpRequest) -> HttpResponse:
    """Show the tickets of a choice, the newest first, a page at a time."""
    form = TicketsForm(request.GET)
    shown: dict[str, Any] = {"form": form, "rows": [], "number": 0, "older": None, "asked": ""}
    if form.is_valid():
        ledger, chosen = company().ledger, form.chosen()
        page = listing.page(ledger, chosen, _PAGE, form.cleaned_data["before"])
        asked = {name: value for name, value in request.GET.items() if value and name != "before"}
        older = None
        if page.end is not None:
            day, location, key = page.end
            older = urlencode(asked | {"before": f"{day.isoformat()},{key},{location}"})
        shown |= {"rows": page.rows, "number": page.number, "older": older, "asked": urlencode(asked)}
    return render(request, "web/tickets.html", shown, status=200 if form.is_valid() else 400)


@require_safe
def ticket(request: HttpRequest, key: int) -> HttpResponse:
    """Show a ticket in full."""
    if key > LARGEST_KEY or not listing.in_order(company().ledger, [key]):
        raise Http404
    (row,) = in_full(company(), [key])
    foretold = previewing.of_resync(company(), key)
    shown = {"key": key, "row": row, "record": row["record"] or {}, "foretold": foretold}
    return render(request, "web/ticket.html", shown)


@require_safe
def errors(request: HttpRequest) -> HttpResponse:
    """Show the skipped tickets by reason, with what to do."""
    found = attention.skipped_by_code(company().ledger)
    groups = [(group, advice(TicketStatus.SKIPPED, group.code)) for group in found]
    return render(request, "web/errors.html", {"groups": groups})


@require_safe
def runs(request: HttpRequest) -> HttpResponse:
    """Show the latest runs."""
    rows = desk_runs.latest(company().ledger, _RUNS)
    for row in rows:
        for name in ("started_at", "finished_at"):
            row[name] = dt.datetime.fromisoformat(row[name]) if row[name] else None
    return render(request, "web/runs.html", {"rows": rows})


@require_safe
def reconcile(request: HttpRequest) -> HttpResponse:
    """Prove a period, where one was asked for."""
    form = PeriodForm(request.GET or None)
    proof, problem = None, None
    if form.is_valid():
        asked = form.cleaned_data
        period = Period(asked["first"], asked["last"], asked["location"].strip() or None)
        if not _PROVING.acquire(blocking=False):
            problem = _("Another proof is being made: ask again when it is through.")
        else:
            try:
                proof = proving.prove(company(), period, here().decided)
            finally:
                _PROVING.release()
    if proof is not None and "csv" in request.GET:
        return proven_days(proof)
    status = _BUSY if problem else 400 if form.is_bound and not form.is_valid() else 200
    return render(request, "web/reconcile.html", {"form": form, "told": proof, "problem": problem}, status=status)


def not_taken(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:  # noqa: ARG001 (Django's)
    """Say that a request is not taken."""
    return _refused(request, _("This request was not taken: go back, and try again."), 400)


def forbidden(request: HttpRequest, exception: Exception | None = None, reason: str = "") -> HttpResponse:  # noqa: ARG001 (Django's)
    """Say that a form did not come from its page."""
    return _refused(request, _("This form is too old, or is not of this page: load the page anew, and try again."), 403)


def not_there(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:  # noqa: ARG001 (Django's)
    """Say that there is no such page."""
    return _refused(request, _("There is no such page, or no such ticket."), 404)


def broken(request: HttpRequest) -> HttpResponse:
    """Say that something went wrong here."""
    return _refused(request, _("Something went wrong here: see where the page was started."), 500)


def _refused(request: HttpRequest, why: str, status: int) -> HttpResponse:
    return render(request, "web/refused.html", {"why": why}, status=status)
