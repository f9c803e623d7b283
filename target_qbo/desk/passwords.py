"""Passwords: which are taken, and how they are kept and compared (argon2id).

The rules are those of NIST SP 800-63B and OWASP ASVS: length counts, no mixture of characters is asked for, none of
those that everybody tries is taken, and none has to be changed because time went by.
"""

from __future__ import annotations

import secrets
import threading
import unicodedata

import argon2

LEAST = 12  # OWASP's least is 8
MOST = 128
_OF_THE_PLACE = ("franpos", "quickbooks", "intuit", "password", "bookkeeper", "owner", "viewer")
_WORD = 4  # a shorter name is in many a good password
_LEAST_OF_ITS_OWN = 6
# More than OWASP's least (19 MiB, twice), and one at a time: many who try at once don't take the machine's memory.
_HASHER = argon2.PasswordHasher(time_cost=3, memory_cost=19 * 1024, parallelism=1)
_ONE = threading.Lock()
_NOBODYS = _HASHER.hash(secrets.token_urlsafe())


def hashed(password: str) -> str:
    """Return what is kept of a password."""
    with _ONE:
        return _HASHER.hash(_plain(password))


def fits(kept: str | None, password: str) -> bool:
    """Tell whether a password is the one of which something is kept.

    Args:
        kept: What is kept; None: of nobody. It takes as long, so that nobody learns which names there are.
        password: As it was typed.
    """
    try:
        with _ONE:
            _HASHER.verify(_NOBODYS if kept is None else kept, _plain(password))
    except argon2.exceptions.VerifyMismatchError:
        return False
    return kept is not None


def fault(password: str, name: str) -> str | None:
    """Return why a password is not taken; None: it is.

    Args:
        password: As it was typed.
        name: Of its user.
    """
    if not LEAST <= len(password) <= MOST:
        return f"a password has {LEAST} to {MOST} characters: a few words will do"
    known = _plain(password).casefold().strip()
    own = known
    for word in (name, *_OF_THE_PLACE):
        own = own.replace(word, "") if len(word) >= _WORD else own
    if len(own) < _LEAST_OF_ITS_OWN or len(set(known)) == 1 or known in _common():
        return "this password is among the first that anybody would try: choose another one"
    return None


def _common() -> frozenset[str]:
    from django.contrib.auth.password_validation import CommonPasswordValidator  # noqa: PLC0415 (its list is long)

    return frozenset(CommonPasswordValidator().passwords)


def _plain(password: str) -> str:
    return unicodedata.normalize("NFKC", password)
