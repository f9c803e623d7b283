"""Who may use the page: added, changed and removed, here for the page and the command alike."""

from __future__ import annotations

import datetime as dt
import re
import unicodedata
from typing import TYPE_CHECKING

from target_qbo.desk import passwords
from target_qbo.errors import ConfigurationError
from target_qbo.ledger import users
from target_qbo.ledger.database import open_for_long

if TYPE_CHECKING:
    from sqlalchemy.engine import Engine

    from target_qbo.desk.config import DeskConfig
    from target_qbo.ledger.users import Role, User

CODE = "code"
NOBODY = "nobody"
LONGEST_NAME = 100
_NAME = re.compile(r"[\w.@+-]+( [\w.@+-]+)*")


def kept_in(config: DeskConfig) -> Engine:
    """Open the ledger that has the page's users and its audit trail.

    Raises:
        TargetError: It can't be opened.
    """
    return open_for_long(config.place().url)


def plain_name(text: str) -> str:
    """Return a name as it is kept and compared: capitals and ways of writing the same letters make no difference."""
    return unicodedata.normalize("NFKC", text).strip().casefold()


def proven(engine: Engine, name: str, password: str) -> User | None:
    """Return the user whose name and password these are; None: there is none, and it took as long to say so."""
    found = users.named(engine, plain_name(name))
    return found if passwords.fits(found.password if found else None, password) else None


def add(engine: Engine, name: str, role: Role, password: str) -> str:
    """Enter a user; returns the name as it is kept.

    Raises:
        ConfigurationError: The name or the password is not taken.
    """
    known = plain_name(name)
    if len(known) > LONGEST_NAME or not _NAME.fullmatch(known) or known in {CODE, NOBODY}:
        raise ConfigurationError("this name is not taken: use letters, digits, spaces and . @ + - _")
    users.add(engine, known, role, _taken(password, known), dt.datetime.now(dt.UTC))
    return known


def give_password(engine: Engine, user: User, password: str) -> None:
    """Give a user another password: whoever was signed in by the old one is so no more.

    Raises:
        ConfigurationError: The password is not taken.
    """
    users.set_password(engine, user.number, _taken(password, user.name), dt.datetime.now(dt.UTC))


def change_password(engine: Engine, user: User, old: str, new: str) -> None:
    """Have a user change the own password.

    Raises:
        ConfigurationError: The old one is wrong, or the new one is not taken.
    """
    taken = _taken(new, user.name)
    if not passwords.fits(user.password, old):
        raise ConfigurationError("the old password is wrong")
    users.set_password(engine, user.number, taken, dt.datetime.now(dt.UTC))


def make(engine: Engine, user: User, role: Role) -> None:
    """Make a user something else.

    Raises:
        ConfigurationError: They are the last owner.
    """
    users.set_role(engine, user.number, role, dt.datetime.now(dt.UTC))


def has_owner(engine: Engine) -> bool:
    """Tell whether an owner signs in by name."""
    return any(user.role == users.Role.OWNER for user in users.everyone(engine))


def _taken(password: str, name: str) -> str:
    fault = passwords.fault(password, name)
    if fault is not None:
        raise ConfigurationError(fault)
    return passwords.hashed(password)
