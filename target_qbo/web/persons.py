"""Who asks: the person of a session, looked up anew at each request, so that who is removed or changed is out at once.

A session ends an hour after its latest request, twelve hours after signing in, and with the password or the role that
its user had.
"""

from __future__ import annotations

import time
from contextvars import ContextVar
from dataclasses import dataclass
from typing import TYPE_CHECKING

from django.conf import settings
from django.middleware.csrf import rotate_token
from django.utils.crypto import constant_time_compare, salted_hmac

from target_qbo.desk.people import CODE
from target_qbo.desk.rights import RIGHTS
from target_qbo.ledger import users
from target_qbo.ledger.users import Role

if TYPE_CHECKING:
    from collections.abc import Iterator

    from django.contrib.sessions.backends.base import SessionBase
    from django.http import HttpRequest

    from target_qbo.desk.rights import Right
    from target_qbo.ledger.users import User

SIGNED_IN = "signed_in"
IDLE_SECONDS = 60 * 60
_LONGEST_SECONDS = 12 * 60 * 60
_SEEN_SECONDS = 60  # so often at most it is written down that somebody is still there
_MARK, _SINCE, _SEEN = "mark", "since", "seen"


@dataclass(frozen=True, slots=True)
class Person:
    """Whoever asks.

    Attributes:
        name: What they are called.
        rights: What they may do.
        user: Who they are; None: whoever typed the code.
    """

    name: str
    rights: frozenset[Right]
    user: User | None = None


PERSON: ContextVar[Person | None] = ContextVar("person", default=None)


def begin(request: HttpRequest, user: User) -> None:
    """Begin the session of a user: under a name that nobody knew before."""
    _begin(request, {SIGNED_IN: user.number, _MARK: _mark(user)})


def begin_by_code(request: HttpRequest) -> None:
    """Begin the session of whoever typed the code, who is an owner."""
    _begin(request, {SIGNED_IN: CODE})


def person_of(request: HttpRequest) -> Person | None:
    """Return whose session a request is of; None: of none that goes on."""
    session, now = request.session, int(time.time())
    signed_in = session.get(SIGNED_IN)
    found = _person(session, signed_in) if signed_in and now < session[_SINCE] + _LONGEST_SECONDS else None
    if signed_in and found is None:
        session.flush()
    elif signed_in and now >= session[_SEEN] + _SEEN_SECONDS:
        session[_SEEN] = now  # which puts off its end
    return found


def shown(_request: HttpRequest | None = None) -> dict[str, object]:
    """Return what templates know of whoever asks: ``person``, and ``may`` with what they may do."""
    person = PERSON.get()
    return {"person": person, "may": {} if person is None else dict(_said(person.rights))}


def _begin(request: HttpRequest, of: dict[str, object]) -> None:
    request.session.flush()
    rotate_token(request)
    now = int(time.time())
    request.session.update({**of, _SINCE: now, _SEEN: now})


def _said(rights: frozenset[Right]) -> Iterator[tuple[str, bool]]:
    return ((right.value, True) for right in rights)


def _person(session: SessionBase, signed_in: int | str) -> Person | None:
    if signed_in == CODE:
        return Person(CODE, RIGHTS[Role.OWNER])
    user = users.numbered(settings.KEPT, int(signed_in))
    if user is None or not constant_time_compare(session[_MARK], _mark(user)):
        return None
    return Person(user.name, RIGHTS[user.role], user)


def _mark(user: User) -> str:
    """Return by what a session tells that its user is as it was, without being of use to guess the password."""
    return salted_hmac("session", f"{user.number} {user.role} {user.password}", algorithm="sha256").hexdigest()
