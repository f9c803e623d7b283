"""Signing in, by the code or by name and password, and out."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django import forms
from django.conf import settings
from django.shortcuts import redirect, render
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods, require_POST

from target_qbo.desk import people
from target_qbo.desk.passwords import MOST
from target_qbo.desk.rights import Right
from target_qbo.ledger import users
from target_qbo.web.noting import noted
from target_qbo.web.persons import begin, begin_by_code
from target_qbo.web.rights import for_anybody, needs

if TYPE_CHECKING:
    from django.http import HttpRequest, HttpResponse

_TOO_MANY = 429


class _Code(forms.Form):
    code = forms.CharField(max_length=40, strip=True)


class _Named(forms.Form):
    name = forms.CharField(
        label=gettext_lazy("Name"),
        max_length=people.LONGEST_NAME,
        widget=forms.TextInput(attrs={"autocomplete": "username", "autocapitalize": "none", "spellcheck": "false"}),
    )
    password = forms.CharField(
        label=gettext_lazy("Password"),
        max_length=MOST,
        strip=False,
        widget=forms.PasswordInput(attrs={"autocomplete": "current-password"}),
    )


@require_http_methods(["GET", "HEAD", "POST"])
@for_anybody
def sign_in(request: HttpRequest) -> HttpResponse:
    """Let in whoever knows the code or a password, and go on to what was asked for: never to another site."""
    by_name = request.method == "POST" and "name" in request.POST
    named = _Named(request.POST if by_name else None)
    code = _Code(request.POST if request.method == "POST" and not by_name else None)
    was_shut = settings.DOOR is not None and settings.DOOR.shut
    name_shut = False
    if named.is_valid():
        name_shut = not settings.PORTER.looks_at(people.plain_name(named.cleaned_data["name"]))
        if not name_shut and _knows_password(request, named):
            return redirect(_within(request))
    elif code.is_valid() and settings.DOOR is not None and not was_shut and _knows_code(request, code):
        return redirect(_within(request))
    shut = was_shut or (settings.DOOR is not None and settings.DOOR.shut)
    shown = {
        "form": code if settings.DOOR is not None else None,
        "named": named if users.everyone(settings.KEPT) else None,
        "shut": shut,
        "name_shut": name_shut,
        "next": _within(request),
    }
    is_shut = name_shut or (shut and not by_name)
    return render(request, "web/sign_in.html", shown, status=_TOO_MANY if is_shut else 200)


@require_POST
@needs(to_change=Right.LOOK)
def sign_out(request: HttpRequest) -> HttpResponse:
    """End the session."""
    noted(request, "signed out")
    request.session.flush()
    return redirect("sign-in")


def _knows_password(request: HttpRequest, form: _Named) -> bool:
    """Begin the session of whoever it is, or say that it is nobody: in the same words, whichever of both is wrong."""
    name = people.plain_name(form.cleaned_data["name"])
    user = people.proven(settings.KEPT, name, form.cleaned_data["password"])
    if user is not None:
        settings.PORTER.right(name)
        begin(request, user)
        noted(request, f"signed in by the password (from {_address(request)})", who=user.name)
        return True
    settings.PORTER.wrong()
    _note_failure(request, "a sign-in by name and password failed", name)
    form.add_error(None, _("This name and this password don't belong together."))
    return False


def _knows_code(request: HttpRequest, form: _Code) -> bool:
    """Begin the session of whoever knows the code, or say that it is not the code."""
    if settings.DOOR.opens(form.cleaned_data["code"]):
        begin_by_code(request)
        noted(request, f"signed in by the code (from {_address(request)})", who=people.CODE)
        return True
    _note_failure(request, "a sign-in by the code failed", None)
    form.add_error("code", _("That is not the code. It was printed where the page was started."))
    return False


def _note_failure(request: HttpRequest, what: str, name: str | None) -> None:
    """Write down a failure, of a name only where there is one of it: a password may have been typed in its place."""
    known = name is not None and users.named(settings.KEPT, name) is not None
    if settings.SELDOM.lets("failure"):
        noted(request, f"{what} (from {_address(request)})", who=name if known else people.NOBODY)


def _address(request: HttpRequest) -> str:
    return str(request.META.get("REMOTE_ADDR", ""))


def _within(request: HttpRequest) -> str:
    asked = request.POST.get("next") or request.GET.get("next") or "/"
    is_ours = url_has_allowed_host_and_scheme(asked, allowed_hosts=None)
    return asked if is_ours and asked.startswith("/") else "/"
