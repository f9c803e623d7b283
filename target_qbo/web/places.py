"""The shop of a request: the only one, or the one that its address names, as in ``/shops/boise/tickets/``.

A shop's pages are the same views wherever they stand: what stands before their addresses is Django's script prefix, so
that every link and redirection stays within the shop.
"""

from __future__ import annotations

import contextlib
import re
from contextvars import ContextVar
from typing import TYPE_CHECKING, Any

from django.conf import settings
from django.http import Http404
from django.shortcuts import redirect, render
from django.urls import get_script_prefix, resolve, reverse, set_script_prefix
from django.utils.translation import gettext_lazy

from target_qbo.desk.shops import Shops
from target_qbo.errors import TargetError
from target_qbo.web.guards import problem

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from django.http import HttpRequest, HttpResponse

    from target_qbo.desk.shops import Shop

_OF_A_SHOP = re.compile(r"/shops/(?P<name>[a-z0-9][a-z0-9_-]{0,62})(?P<rest>/.*)?", re.DOTALL)
_OF_ALL = frozenset(
    {
        *("shops", "sign-in", "sign-out", "own-password", "audit"),
        *("users", "user", "user-role", "user-password", "user-remove"),
    }
)
"""The pages that are of no shop, where there are several."""
_BACK = "setup-connected"
_UNKNOWN = gettext_lazy("That answers no sign-in that is under way: begin again on the shop's set-up page.")
_REFUSED = 400

_HERE: ContextVar[Shop] = ContextVar("shop")


def here() -> Shop:
    """Return the shop of the request that is being answered."""
    return _HERE.get()


def here_or_none() -> Shop | None:
    """Return the shop of the request; None: it is of no shop."""
    return _HERE.get(None)


def all_of_them() -> Shops:
    """Return all shops.

    Raises:
        Http404: There is one alone, without a name.
    """
    if isinstance(settings.SHOPS, Shops):
        return settings.SHOPS
    raise Http404


def at_root(name: str) -> str:
    """Return the address of a page without the shop's name."""
    shop = here_or_none()
    address = reverse(name)
    return address.replace(f"/shops/{shop.name}/", "/", 1) if shop is not None and shop.name else address


def shown(_request: HttpRequest) -> dict[str, Any]:
    """Return for templates: the shop, and, if there are several, where all are and how many others have its company."""
    shops = settings.SHOPS
    if not isinstance(shops, Shops):
        return {"shop": shops}
    shop = here_or_none()
    return {"shop": shop, "all_shops": at_root("shops"), "sharing": shops.sharing(shop.name) if shop else 0}


class Places:
    """Finds the shop of a request.

    Args:
        answer: What answers.
    """

    def __init__(self, answer: Callable[[HttpRequest], HttpResponse]) -> None:
        self._answer = answer

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Answer a request."""
        if not isinstance(settings.SHOPS, Shops):
            with _within(settings.SHOPS):
                return self._answer(request)
        found = _OF_A_SHOP.fullmatch(request.path_info)
        if found is None:
            return self._at_root(request, settings.SHOPS)
        try:
            shop = settings.SHOPS.shop(found["name"])
        except TargetError as error:
            return _told(request, error)
        if shop is None:
            raise Http404
        if not found["rest"]:
            return redirect(f"{request.path}/")
        return self._of(request, shop, found["rest"])

    def _at_root(self, request: HttpRequest, shops: Shops) -> HttpResponse:
        name = resolve(request.path_info).url_name
        if name == "overview":
            return redirect("shops")
        if name == _BACK:
            shop = shops.awaiting(request.get_full_path())
            if shop is None:
                return render(request, "web/refused.html", {"why": _UNKNOWN}, status=_REFUSED)
            return self._of(request, shop, request.path_info)
        if name not in _OF_ALL:
            raise Http404
        return self._answer(request)

    def _of(self, request: HttpRequest, shop: Shop, rest: str) -> HttpResponse:
        with contextlib.suppress(Http404):
            if resolve(rest).url_name in _OF_ALL:
                return self._of_all(request, rest)
        before = get_script_prefix()
        set_script_prefix(f"{before}shops/{shop.name}/")
        request.path_info = rest
        try:
            with _within(shop):
                return self._answer(request)
        finally:
            set_script_prefix(before)

    def _of_all(self, request: HttpRequest, rest: str) -> HttpResponse:
        """Answer where a shop's page led to one that is of no shop."""
        if request.method in {"GET", "HEAD"}:
            return redirect(f"{get_script_prefix()}{rest[1:]}")
        request.path_info = rest
        return self._answer(request)


@contextlib.contextmanager
def _within(shop: Shop) -> Iterator[None]:
    token = _HERE.set(shop)
    try:
        yield
    finally:
        _HERE.reset(token)


def _told(request: HttpRequest, error: Exception) -> HttpResponse:
    told = problem(request, error)
    if told is None:
        raise error
    return told
