"""The set-up pages: a shop's first steps, one page each."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING, Any

from django.shortcuts import redirect, render
from django.utils.html import format_html
from django.utils.translation import gettext
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from target_qbo.desk import connecting, keeping, rehearsing, setting_up
from target_qbo.desk.checking import Check, unopened
from target_qbo.desk.config import TAP, TARGET
from target_qbo.desk.connection import last_known
from target_qbo.desk.rights import Right
from target_qbo.errors import ConfigurationError, TargetError
from target_qbo.said import Said
from target_qbo.web.acting import begin, of_these_books
from target_qbo.web.noting import name_of_person, noted
from target_qbo.web.opened import company, company_or_none
from target_qbo.web.places import at_root, here
from target_qbo.web.rights import for_anybody, needs
from target_qbo.web.setup_forms import (
    AccountsForm,
    AddressForm,
    AppForm,
    DaysForm,
    FranposForm,
    NightsForm,
    TendersForm,
)
from target_qbo.web.wording import told

if TYPE_CHECKING:
    from django import forms
    from django.http import HttpRequest, HttpResponse

_REFUSED = 400
_NIGHTS = 5
_ZONE = "America/Denver"


@require_safe
@needs(to_look=Right.SET_UP)
def steps(request: HttpRequest) -> HttpResponse:
    """Show which steps are done, and which is next."""
    found = _steps()
    lost = [name for plugin in (TAP, TARGET) for name in here().desk.lost(plugin, keeping.schema_of(plugin))]
    return render(request, "web/setup.html", {"steps": found, "following": setting_up.following(found), "lost": lost})


@require_http_methods(["GET", "HEAD", "POST"])
@needs(to_look=Right.SET_UP, to_change=Right.SET_UP)
@of_these_books
def franpos(request: HttpRequest) -> HttpResponse:
    """Ask for the shops at Franpos, and see at once whether the token opens them."""
    if not here().desk.keeps(TAP):
        return render(request, "web/setup_franpos.html", {"elsewhere": True})
    known = here().desk.in_force(TAP, keeping.schema_of(TAP))
    initial = {
        "location_ids": ", ".join(map(str, known.get("location_ids") or [])),
        "time_zone": known.get("time_zone") or _ZONE,
        "start_date": str(known.get("start_date") or "")[:10],
    }
    has_token = bool(known.get("auth_token") or known.get("location_tokens"))
    form = FranposForm(request.POST or None, has_token=has_token, initial=initial)
    if form.is_valid():
        values = form.values()
        for location, problem in unopened(here().desk, values):
            shop = gettext("Shop %(location)s:") % {"location": location}
            form.add_error("location_ids", format_html("{} {}", shop, told(problem)))
        if form.is_valid() and _kept(request, form, TAP, values):
            return redirect("setup")
    return _page(request, "web/setup_franpos.html", form)


@require_http_methods(["GET", "HEAD", "POST"])
@needs(to_look=Right.SET_UP, to_change=Right.SET_UP)
@of_these_books
def quickbooks(request: HttpRequest) -> HttpResponse:
    """Ask for the Intuit app, and show how the company is connected."""
    known = here().desk.in_force(TARGET, keeping.schema_of(TARGET))
    has_app = bool(known.get("client_id") and known.get("client_secret"))
    initial = {
        "environment": known.get("environment") or "production",
        "redirect_uri": keeping.own(here().desk).get("redirect_uri"),
    }
    form = AppForm(request.POST or None, has_app=has_app, initial=initial)
    if form.is_valid() and _kept(request, form, TARGET, form.values()):
        address = form.cleaned_data["redirect_uri"] or None
        if address != initial["redirect_uri"]:
            keeping.keep_own(here().desk, {"redirect_uri": address})
            noted(request, "set redirect_uri of the page")
        return redirect("setup-quickbooks")
    found = company_or_none()
    state = None if found is None else last_known(found)
    return _page(
        request, "web/setup_quickbooks.html", form, has_app=has_app, state=state, comes_back=_comes_back(request)
    )


@require_POST
@needs(to_look=Right.SET_UP, to_change=Right.SET_UP)
def connect(request: HttpRequest) -> HttpResponse:
    """Begin to connect: show the way to QuickBooks, and ask for the address at which it ends."""
    elsewhere = keeping.own(here().desk).get("redirect_uri")
    address = here().connecting.begin(elsewhere or _comes_back(request), name_of_person())
    noted(request, "began to connect QuickBooks")
    shown = {"address": address, "elsewhere": elsewhere, "form": AddressForm()}
    return render(request, "web/setup_connect.html", shown)


@require_safe
@for_anybody
def connected(request: HttpRequest) -> HttpResponse:
    """Take what the browser brings back from QuickBooks.

    The session's cookie does not come along from another site; the attempt's own secret in the address tells who it is.
    """
    return _finish(request, request.get_full_path())


@require_POST
@needs(to_look=Right.SET_UP, to_change=Right.SET_UP)
def pasted(request: HttpRequest) -> HttpResponse:
    """Take the address at which the browser ended, where that was not here."""
    form = AddressForm(request.POST)
    return _finish(request, form.cleaned_data["address"] if form.is_valid() else "")


@require_http_methods(["GET", "HEAD", "POST"])
@needs(to_look=Right.SET_UP, to_change=Right.SET_UP)
@of_these_books
def disconnect(request: HttpRequest) -> HttpResponse:
    """Ask whether the connection is to end, and end it."""
    if request.method == "POST":
        connecting.disconnect(company(), dt.datetime.now(dt.UTC))
        noted(request, "ended the connection to QuickBooks")
        return redirect("setup-quickbooks")
    return render(request, "web/setup_disconnect.html", {"company": company().settings})


@require_http_methods(["GET", "HEAD", "POST"])
@needs(to_look=Right.SET_UP, to_change=Right.SET_UP)
@of_these_books
def accounts(request: HttpRequest) -> HttpResponse:
    """Show what QuickBooks has and lacks, and make what it lacks once that was shown."""
    form = AccountsForm(request.POST or None)
    found = Check(here().desk, company())
    shown = "; ".join(found.to_be_made)
    is_done = False
    if form.is_valid() and request.POST.get("shown") == shown:
        account = form.cleaned_data["gift_card_account"].strip() or None
        found.initialize(account)
        noted(request, f"had made in QuickBooks what it lacked: {shown or 'nothing'}")
        is_done = account is None or found.stops
        if account is not None and not is_done:
            is_done = _kept(request, form, TARGET, keeping.gift_cards_on(here().desk, account))
    return _page(request, "web/setup_accounts.html", form, found=found, shown=shown, is_done=is_done)


@require_http_methods(["GET", "HEAD", "POST"])
@needs(to_look=Right.SET_UP, to_change=Right.SET_UP)
@of_these_books
def rehearsal(request: HttpRequest) -> HttpResponse:
    """Ask which days are rehearsed, have them fetched, and show what they would become."""
    zone = here().desk.in_force(TAP, keeping.schema_of(TAP)).get("time_zone") or _ZONE
    yesterday = rehearsing.yesterday(zone, dt.datetime.now(dt.UTC))
    form = DaysForm(request.POST or None, initial={"first": yesterday, "last": yesterday})
    if form.is_valid():
        first, last = form.cleaned_data["first"], form.cleaned_data["last"]
        what = Said("Dry run of {first} to {last}", first=first, last=last)
        return begin(request, what, here().rehearsals.to_rehearse(first, last), "setup-rehearsal")
    latest = here().works.latest
    under_way = latest if latest is not None and latest.ended is None else None
    found = here().rehearsals.latest(company())
    totals = found.totals.as_record() if found is not None else None
    return _page(
        request,
        "web/setup_rehearsal.html",
        form,
        found=found,
        totals=totals,
        under_way=under_way,
        latest=latest,
        still="still" in request.GET,
    )


@require_http_methods(["GET", "HEAD", "POST"])
@needs(to_look=Right.SET_UP, to_change=Right.SET_UP)
@of_these_books
def tenders(request: HttpRequest) -> HttpResponse:
    """Show what the rehearsed days were paid with, and ask what the unknown is."""
    rehearsed = here().rehearsals.latest(company())
    known = company().settings.rules.tender_map
    found = rehearsed.tenders(known) if rehearsed is not None else []
    before = here().desk.in_force(TARGET, keeping.schema_of(TARGET)).get("tender_map") or {}
    form = TendersForm(found, before, request.POST if request.method == "POST" else None)
    wanted = rehearsing.mapped(before, form.chosen()) if form.is_valid() else {}
    if form.is_valid() and _kept(request, form, TARGET, {"tender_map": wanted}):
        return redirect("setup-tenders")
    rows = [(one, form.own(one.name)) for one in found]
    return _page(request, "web/setup_tenders.html", form, rows=rows, rehearsed=rehearsed)


@require_http_methods(["GET", "HEAD", "POST"])
@needs(to_look=Right.SET_UP, to_change=Right.SET_UP)
@of_these_books
def nights(request: HttpRequest) -> HttpResponse:
    """Ask when the nights begin, or whether they do at all."""
    begins = here().nights
    if begins is None:
        return render(request, "web/setup_nights.html", {"elsewhere": True})
    schedule = begins.schedule()
    initial = {
        "on": schedule is not None,
        "at": schedule.at if schedule is not None else dt.time(0, 0),
        "zone": schedule.zone.key if schedule is not None else _ZONE,
    }
    form = NightsForm(request.POST or None, initial=initial)
    if form.is_valid() and not begins.is_fixed:
        asked = form.cleaned_data
        keeping.keep_own(here().desk, {"on": asked["on"], "at": f"{asked['at']:%H:%M}", "zone": asked["zone"]})
        noted(request, f"set the nights {'on' if asked['on'] else 'off'}, at {asked['at']:%H:%M} {asked['zone']}")
        return redirect("setup-nights")
    upcoming = begins.upcoming(_NIGHTS)
    return _page(request, "web/setup_nights.html", form, upcoming=upcoming, is_fixed=begins.is_fixed)


def _steps() -> list[setting_up.Step]:
    shop = here()
    has_nights = shop.nights is None or shop.nights.schedule() is not None
    return setting_up.steps(shop.desk, company_or_none(), shop.rehearsals, has_nights=has_nights)


def _finish(request: HttpRequest, address: str) -> HttpResponse:
    try:
        state, problem = here().connecting.finish(address), None
        noted(request, "connected QuickBooks", who=here().connecting.begun_by)
    except TargetError as error:
        state, problem = None, error
    shown = {"state": state, "problem": problem or (state.problem if state is not None else None)}
    return render(request, "web/setup_connected.html", shown, status=_REFUSED if problem else 200)


def _comes_back(request: HttpRequest) -> str:
    """Return where the browser comes back to; Intuit's apps list localhost by its name alone."""
    address = request.build_absolute_uri(at_root("setup-connected"))
    return address.replace("://127.0.0.1", "://localhost", 1)


def _kept(request: HttpRequest, form: forms.Form, plugin: str, values: dict[str, Any]) -> bool:
    """Keep settings; what is wrong with them is told by their form."""
    try:
        keeping.keep(here().desk, plugin, values)
    except ConfigurationError as error:
        form.add_error(None, told(error))
        return False
    noted(request, f"set {', '.join(values)} of {plugin}")
    return True


def _page(request: HttpRequest, template: str, form: forms.Form, **shown: Any) -> HttpResponse:  # noqa: ANN401 (what a template shows)
    status = _REFUSED if form.is_bound and not form.is_valid() else 200
    return render(request, template, {"form": form, **shown}, status=status)
