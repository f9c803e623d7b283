"""Who may ask for what: each view names the right that it needs, and one that names none changes nothing."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, TypeVar

from django.conf import settings
from django.shortcuts import render
from django.utils.translation import gettext as _

from target_qbo.desk.rights import Right
from target_qbo.web.noting import noted
from target_qbo.web.persons import PERSON

if TYPE_CHECKING:
    from collections.abc import Callable

    from django.http import HttpRequest, HttpResponse

    View = TypeVar("View", bound=Callable[..., HttpResponse])

_LOOKING = frozenset({"GET", "HEAD"})
_FORBIDDEN = 403


@dataclass(frozen=True, slots=True)
class _Needs:
    to_look: Right = Right.LOOK
    to_change: Right | None = None


_ANYBODY: Final = object()


def needs(*, to_look: Right = Right.LOOK, to_change: Right | None = None) -> Callable[[View], View]:
    """Name what a view needs.

    Args:
        to_look: For GET and HEAD.
        to_change: For every other method; None: nobody may.
    """

    def named(view: View) -> View:
        view.needs = _Needs(to_look, to_change)  # type: ignore[attr-defined]
        return view

    return named


def for_anybody(view: View) -> View:
    """Let a view answer also who is not signed in."""
    view.needs = _ANYBODY  # type: ignore[attr-defined]
    return view


class Rights:
    """Refuses what somebody may not ask for.

    Args:
        answer: What answers.
    """

    def __init__(self, answer: Callable[[HttpRequest], HttpResponse]) -> None:
        self._answer = answer

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Answer a request."""
        return self._answer(request)

    def process_view(
        self,
        request: HttpRequest,
        view: Callable[..., HttpResponse],
        *_given: Any,  # noqa: ANN401 (Django's)
    ) -> HttpResponse | None:
        """Refuse, before a view is asked, what it needs and whoever asks may not."""
        wanted = getattr(view, "needs", _Needs())
        if wanted is _ANYBODY:
            return None
        right = wanted.to_look if request.method in _LOOKING else wanted.to_change
        person = PERSON.get()
        if person is not None and right in person.rights:
            return None
        if person is not None and settings.SELDOM.lets(f"refusal {person.name}"):
            noted(request, f"was refused {request.method} {request.path}")
        why = _("Your role does not allow this: ask an owner of the page.")
        return render(request, "web/refused.html", {"why": why}, status=_FORBIDDEN)
