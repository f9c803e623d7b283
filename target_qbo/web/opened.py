"""The company of a request: that of the settings of this moment, so that a page that stays up follows them."""

from __future__ import annotations

from contextvars import ContextVar
from typing import TYPE_CHECKING

from django.shortcuts import redirect
from django.urls import resolve
from django.utils.crypto import salted_hmac

from target_qbo.web.guards import problem
from target_qbo.web.persons import PERSON
from target_qbo.web.places import here, here_or_none

if TYPE_CHECKING:
    from collections.abc import Callable

    from django.http import HttpRequest, HttpResponse

    from target_qbo.company import Company

_WITHOUT_COMPANY = frozenset(
    {
        "audit",
        "own-password",
        "settings",
        "setting",
        "setup",
        "setup-connect",
        "setup-connected",
        "setup-franpos",
        "setup-pasted",
        "setup-quickbooks",
        "sign-out",
        "user",
        "user-password",
        "user-remove",
        "user-role",
        "users",
    }
)
"""The pages that there are without a company: before one is set up, or while what is set is wrong."""

_OPENED: ContextVar[Company] = ContextVar("company")


def company() -> Company:
    """Return the company of the request that is being answered."""
    return _OPENED.get()


def company_or_none() -> Company | None:
    """Return the company of the request; None: none is set up yet."""
    return _OPENED.get(None)


def books(_request: HttpRequest | None = None) -> dict[str, str]:
    """Return by what a form tells of which books it is, so that it changes no others; nothing without a company."""
    found = company_or_none()
    if found is None:
        return {}
    named = (found.settings.ledger_url, found.settings.environment, found.settings.realm_id)
    # By this process's own key: the address of a ledger may hold a password, which nobody is to try out.
    return {"of_books": salted_hmac("of_books", "\0".join(named)).hexdigest()}


class Opened:
    """Gives the company to whoever is signed in, lets go of it with the answer, and tells what is wrong in one line.

    Args:
        answer: What answers.
    """

    def __init__(self, answer: Callable[[HttpRequest], HttpResponse]) -> None:
        self._answer = answer

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Answer a request."""
        if here_or_none() is None or PERSON.get() is None:
            return self._answer(request)
        try:
            found = here().opened.company()
        except Exception as error:
            told = problem(request, error)
            if told is None:
                raise
            # Where settings are put right, and where somebody signs out, none is needed.
            return self._answer(request) if self._needs_none(request) else told
        if found is None:
            return self._answer(request) if self._needs_none(request) else redirect("setup")
        token = _OPENED.set(found)
        try:
            return self._answer(request)
        finally:
            _OPENED.reset(token)
            here().opened.let_go(found)

    @staticmethod
    def _needs_none(request: HttpRequest) -> bool:
        return resolve(request.path_info).url_name in _WITHOUT_COMPANY

    def process_exception(self, request: HttpRequest, error: Exception) -> HttpResponse | None:
        """Tell what went wrong on a page, where it is expected."""
        return problem(request, error)
