"""Signing in by the code, and out."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django import forms
from django.conf import settings
from django.shortcuts import redirect, render
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from target_qbo.web.guards import SIGNED_IN

if TYPE_CHECKING:
    from django.http import HttpRequest, HttpResponse

_TOO_MANY = 429


class _Code(forms.Form):
    code = forms.CharField(max_length=40, strip=True)


@require_http_methods(["GET", "HEAD", "POST"])
def sign_in(request: HttpRequest) -> HttpResponse:
    """Let in whoever knows the code, and go on to what was asked for: never to another site."""
    form, was_shut = _Code(request.POST or None), settings.DOOR.shut
    if request.method == "POST" and form.is_valid() and not was_shut:
        if settings.DOOR.opens(form.cleaned_data["code"]):
            request.session.flush()
            request.session[SIGNED_IN] = True
            return redirect(_within(request))
        form.add_error("code", _("That is not the code. It was printed where the page was started."))
    shut = was_shut or settings.DOOR.shut
    shown = {"form": form, "shut": shut, "next": _within(request)}
    return render(request, "web/sign_in.html", shown, status=_TOO_MANY if shut else 200)


@require_POST
def sign_out(request: HttpRequest) -> HttpResponse:
    """End the session."""
    request.session.flush()
    return redirect("sign-in")


def _within(request: HttpRequest) -> str:
    asked = request.POST.get("next") or request.GET.get("next") or "/"
    is_ours = url_has_allowed_host_and_scheme(asked, allowed_hosts=None)
    return asked if is_ours and asked.startswith("/") else "/"
