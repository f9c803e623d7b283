"""The settings in force, where each comes from, and changing those that the page keeps."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.http import Http404
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods, require_safe

from target_qbo.desk import keeping
from target_qbo.desk.config import TAP, TARGET
from target_qbo.desk.known_settings import shown
from target_qbo.desk.rights import Right
from target_qbo.errors import ConfigurationError
from target_qbo.web.acting import of_these_books
from target_qbo.web.noting import noted
from target_qbo.web.places import here
from target_qbo.web.rights import needs
from target_qbo.web.setup_forms import SettingForm
from target_qbo.web.wording import told

if TYPE_CHECKING:
    from django.http import HttpRequest, HttpResponse

_REFUSED = 400


@require_safe
@needs(to_look=Right.SET_UP)
def settings_in_force(request: HttpRequest) -> HttpResponse:
    """Show every setting in force; of a secret, whether it is set."""
    found = [(plugin, shown(here().desk, plugin)) for plugin in (TAP, TARGET)]
    return render(request, "web/settings.html", {"plugins": found})


@require_http_methods(["GET", "HEAD", "POST"])
@needs(to_look=Right.SET_UP, to_change=Right.SET_UP)
@of_these_books
def setting(request: HttpRequest, plugin: str, name: str) -> HttpResponse:
    """Ask for a setting, and keep it."""
    if plugin not in {TAP, TARGET}:
        raise Http404
    found = next((one for one in shown(here().desk, plugin) if one.name == name and one.changes_here), None)
    if found is None:
        raise Http404
    form = SettingForm(found, request.POST if request.method == "POST" else None)
    if form.is_valid():
        try:
            keeping.keep(here().desk, plugin, {name: form.cleaned_data["text"]})
        except ConfigurationError as error:
            form.add_error("text", told(error))
        else:
            noted(request, f"set {name} of {plugin}")
            return redirect("settings")
    return render(
        request, "web/setting.html", {"form": form, "setting": found}, status=_REFUSED if form.errors else 200
    )
