"""What is asked of the page to be done: each is begun as a work of the desk, and shown on the page of works."""

from __future__ import annotations

from functools import wraps
from typing import TYPE_CHECKING

from django.http import Http404
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from target_qbo.desk import deeds, resyncing, undoing
from target_qbo.desk.pulling import configured_locations, tap_settings
from target_qbo.desk.rights import Right
from target_qbo.errors import NotThereError
from target_qbo.ledger import listing
from target_qbo.ledger.listing import Filter
from target_qbo.ledger.undoing import Choice, figures
from target_qbo.said import Said
from target_qbo.web.forms import LARGEST_KEY, PeriodForm, ResyncForm, SyncForm, TicketsForm
from target_qbo.web.noting import noted
from target_qbo.web.opened import books, company
from target_qbo.web.places import here
from target_qbo.web.rights import needs
from target_qbo.web.wording import words

if TYPE_CHECKING:
    from collections.abc import Callable

    from django.forms import Form
    from django.http import HttpRequest, HttpResponse

    from target_qbo.desk.deeds import Do

    Answer = Callable[..., HttpResponse]

_BUSY = 409
_REFUSED = 400
_OTHER_BOOKS = gettext_lazy(
    "The settings changed since this page was shown, and lead to other books: load it anew, then ask again."
)
_NIGHTS = 5
_CHOOSING = frozenset(TicketsForm.base_fields)


@require_safe
def work(request: HttpRequest) -> HttpResponse:
    """Show the work that goes on, or the latest one."""
    return render(request, "web/work.html", {"work": here().works.latest, "still": "still" in request.GET})


def of_these_books(answer: Answer) -> Answer:
    """Refuse a form that was shown of other books than those that are open now."""

    @wraps(answer)
    def answered(request: HttpRequest, *given: object, **named: object) -> HttpResponse:
        if request.method == "POST" and request.POST.get("of_books", "") != books().get("of_books", ""):
            return render(request, "web/refused.html", {"why": _OTHER_BOOKS}, status=_BUSY)
        return answer(request, *given, **named)

    return answered


@require_http_methods(["GET", "HEAD", "POST"])
@needs(to_look=Right.POST, to_change=Right.POST)
@of_these_books
def sync(request: HttpRequest) -> HttpResponse:
    """Ask what to fetch, and fetch and post it."""
    locations = configured_locations(tap_settings(here().desk))
    form = SyncForm(locations, request.POST if request.method == "POST" else None)
    if form.is_valid():
        wanted = form.wanted()
        what = (
            Said("Sync from {first}", first=wanted.first) if wanted.first is not None else Said("Sync of what is new")
        )
        return begin(request, what, deeds.to_sync(here().desk, wanted), details=_filled_in(form))
    shown = {"form": form, "upcoming": here().upcoming_nights(_NIGHTS)}
    return render(request, "web/sync.html", shown, status=400 if form.is_bound else 200)


@require_POST
@needs(to_change=Right.POST)
@of_these_books
def resync(request: HttpRequest) -> HttpResponse:
    """Try tickets again: those that were ticked, or, once that was said again, all that match."""
    form = ResyncForm(request.POST)
    if not form.is_valid():
        return render(request, "web/refused.html", {"why": _("This choice of tickets can't be read.")}, status=400)
    asked = form.cleaned_data
    if "selected" in request.POST or (asked["key"] and "all" not in request.POST):
        if not asked["key"]:
            return render(request, "web/refused.html", {"why": _("No ticket was ticked.")}, status=400)
        wanted = resyncing.Wanted((), Filter(), asked["refetch"], asked["key"])
        what = Said("Resync of {number} tickets", number=len(asked["key"]))
        keys = " ".join(map(str, asked["key"]))
        return begin(request, what, deeds.to_resync(here().desk, wanted), details=f"number {keys}")
    number = listing.count(company().ledger, form.chosen())
    if asked["sure"] != str(number):
        given = [field for field in form.visible_fields() if field.name in _CHOOSING and field.value()]
        named = asked | {"status": words(asked["status"])}
        shown = {"form": form, "number": number, "chosen": [(one.label, named[one.name]) for one in given]}
        return render(request, "web/resync.html", shown)
    wanted = resyncing.Wanted((), form.chosen(), asked["refetch"])
    what = Said("Resync of all {number} tickets that match", number=number)
    return begin(request, what, deeds.to_resync(here().desk, wanted), details=_filled_in(form))


@require_http_methods(["GET", "HEAD", "POST"])
@needs(to_look=Right.POST, to_change=Right.POST)
@of_these_books
def undo(request: HttpRequest, number: int) -> HttpResponse:
    """Show what undoing a run takes out of QuickBooks, and take it out where that was said again."""
    try:
        if number > LARGEST_KEY:
            raise Http404
        choice = undoing.of_run(company().ledger, number, None)
    except NotThereError:
        raise Http404 from None
    return _undo(request, Said("run {number}", number=str(number)), choice)


@require_http_methods(["GET", "HEAD", "POST"])
@needs(to_look=Right.POST, to_change=Right.POST)
@of_these_books
def undo_days(request: HttpRequest) -> HttpResponse:
    """Ask which days are undone, then as :func:`undo`."""
    form = PeriodForm(request.GET or None)
    if not form.is_valid():
        status = _REFUSED if form.is_bound else 200
        return render(request, "web/undo_days.html", {"form": form}, status=status)
    first, last = form.cleaned_data["first"], form.cleaned_data["last"]
    location = form.cleaned_data["location"].strip() or None
    return _undo(request, Said("days {first} to {last}", first=first, last=last), Choice(first, last, location))


def _undo(request: HttpRequest, name: str, choice: Choice) -> HttpResponse:
    found = figures(company().ledger, choice)
    shown = " ".join(
        [str(found.tickets), *(f"{kind} {count} {amount}" for kind, (count, amount) in found.documents.items())]
    )
    if request.method == "POST" and request.POST.get("shown") == shown:
        return begin(request, Said("Undo of {what}", what=name), deeds.to_undo(choice))
    return render(request, "web/undo.html", {"name": words(name), "found": found, "shown": shown})


def _filled_in(form: Form) -> str:
    """Return what a form was filled in with, for the audit trail."""
    return ", ".join(f"{field.name} {field.value()}" for field in form.visible_fields() if field.value())


def begin(request: HttpRequest, name: str, do: Do, shown_at: str = "work", *, details: str = "") -> HttpResponse:
    """Have a work done, and go on to the page that shows it; refused while another one is under way."""
    works = here().works
    if works.begin(name, do):
        noted(request, f"{name} ({details})" if details else name)
        return redirect(shown_at)
    under_way = words(works.latest.name) if works.latest is not None else ""
    why = _("%(work)s is still under way: wait until it is through, then ask again.") % {"work": under_way}
    return render(request, "web/refused.html", {"why": why}, status=_BUSY)
