"""What holds for every answer: nothing of it is kept or framed, no script runs, and only who signed in sees figures."""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import urlencode

from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse

from target_qbo.endings import ending_of
from target_qbo.web.persons import PERSON, person_of
from target_qbo.web.wording import told

if TYPE_CHECKING:
    from collections.abc import Callable

    from django.http import HttpRequest

    Answer = Callable[[HttpRequest], HttpResponse]

_FORBIDDEN = 403
_UNAVAILABLE = 503
_ENCRYPTED_ONLY = "This page is shown by https, by way of its proxy, and not otherwise.\n"
_POLICY = (
    "default-src 'none'; style-src 'self'; img-src 'self'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'"
)


def headers(answer: Answer) -> Answer:
    """Have nothing kept by the browser, framed by another page or loaded from elsewhere; refuse other hosts' names."""

    def answered(request: HttpRequest) -> HttpResponse:
        request.get_host()  # raises for another one, also where a style sheet is asked for
        response = answer(request)
        response.headers["Content-Security-Policy"] = _POLICY
        response.headers["X-Frame-Options"] = "DENY"
        response.headers["Cache-Control"] = "no-store"
        if request.method == "HEAD" and not response.streaming:
            response.content = b""  # nobody else leaves it out
            response.headers.pop("Content-Length", None)
        return response

    return answered


def over_tls(answer: Answer) -> Answer:
    """Refuse what did not come over TLS by way of the trusted proxy: anybody on the way could read or change it."""

    def answered(request: HttpRequest) -> HttpResponse:
        if request.is_secure():
            return answer(request)
        return HttpResponse(_ENCRYPTED_ONLY, status=_FORBIDDEN, content_type="text/plain; charset=utf-8")

    return answered


def problem(request: HttpRequest, error: Exception) -> HttpResponse | None:
    """Return the page that tells an expected error in its one line; None: it is none."""
    ending = ending_of(error)
    if ending is None:
        return None
    return render(request, "web/refused.html", {"why": told(ending.line)}, status=_UNAVAILABLE)


def signed_in(answer: Answer) -> Answer:
    """Send whoever is not signed in to do so, and back to what was asked for then."""

    def answered(request: HttpRequest) -> HttpResponse:
        door = reverse("sign-in")
        # What comes back from QuickBooks brings a secret of its own, and no cookie: it comes from another site.
        free = {door, reverse("setup-connected")}
        try:
            person = person_of(request)
        except Exception as error:
            told = problem(request, error)
            if told is None:
                raise
            return told
        if request.path not in free and person is None:
            asked = request.get_full_path() if request.method == "GET" else "/"
            return redirect(f"{door}?{urlencode({'next': asked})}")
        token = PERSON.set(person)
        try:
            return answer(request)
        finally:
            PERSON.reset(token)

    return answered
