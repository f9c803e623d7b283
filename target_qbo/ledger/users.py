"""Who may use the back-office page, and as what: of the whole ledger, not of one company."""

from __future__ import annotations

import enum
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import sqlalchemy as sa

from target_qbo.errors import ConfigurationError, NotThereError
from target_qbo.ledger.database import writing
from target_qbo.ledger.tables import users

if TYPE_CHECKING:
    import datetime as dt

    from sqlalchemy.engine import Connection, Engine


class Role(enum.StrEnum):
    """What somebody is."""

    OWNER = "owner"
    BOOKKEEPER = "bookkeeper"
    VIEWER = "viewer"


@dataclass(frozen=True, slots=True)
class User:
    """Somebody who signs in by name.

    Attributes:
        number: Names them as long as they are there; may be another one's later.
        name: As it is to be typed; no two have the same.
        role: What they are.
        password: Its hash.
    """

    number: int
    name: str
    role: Role
    password: str = field(repr=False)


def everyone(engine: Engine) -> list[User]:
    """Return all users, by name."""
    with engine.connect() as connection:
        return [_user(row) for row in connection.execute(sa.select(users).order_by(users.c.name))]


def numbered(engine: Engine, number: int) -> User | None:
    """Return a user; None where there is none of that number."""
    return _one(engine, users.c.id == number)


def named(engine: Engine, name: str) -> User | None:
    """Return a user; None where there is none of that name."""
    return _one(engine, users.c.name == name)


def add(engine: Engine, name: str, role: Role, password: str, now: dt.datetime) -> None:
    """Enter a user.

    Args:
        engine: The ledger's.
        name: What they are called.
        role: What they are.
        password: Its hash.
        now: The present moment.

    Raises:
        ConfigurationError: There is one of that name.
    """
    try:
        with writing(engine) as connection:
            connection.execute(sa.insert(users).values(name=name, role=role, password=password, changed_at=now))
    except sa.exc.IntegrityError:
        raise ConfigurationError(f"there is a user {name} already") from None


def set_password(engine: Engine, number: int, password: str, now: dt.datetime) -> None:
    """Give a user another password, by its hash."""
    with writing(engine) as connection:
        connection.execute(sa.update(users).where(users.c.id == number).values(password=password, changed_at=now))


def set_role(engine: Engine, number: int, role: Role, now: dt.datetime) -> None:
    """Make a user something else.

    Raises:
        ConfigurationError: They are the last owner.
    """
    with writing(engine) as connection:
        if role != Role.OWNER:
            _not_the_last_owner(connection, number)
        connection.execute(sa.update(users).where(users.c.id == number).values(role=role, changed_at=now))


def remove(engine: Engine, number: int) -> None:
    """Remove a user.

    Raises:
        ConfigurationError: They are the last owner.
    """
    with writing(engine) as connection:
        _not_the_last_owner(connection, number)
        connection.execute(sa.delete(users).where(users.c.id == number))


def sought(engine: Engine, name: str) -> User:
    """Return the user of a name.

    Raises:
        NotThereError: There is none.
    """
    found = named(engine, name)
    if found is None:
        raise NotThereError(f"there is no user {name}")
    return found


def _not_the_last_owner(connection: Connection, number: int) -> None:
    # Locked, or two owners could remove each other in the same moment.
    owners = sa.select(users.c.id).where(users.c.role == Role.OWNER).with_for_update()
    if connection.execute(owners).scalars().all() == [number]:
        raise ConfigurationError("this is the last owner: make somebody else an owner first")


def _one(engine: Engine, condition: sa.ColumnElement[bool]) -> User | None:
    with engine.connect() as connection:
        row = connection.execute(sa.select(users).where(condition)).one_or_none()
    return None if row is None else _user(row)


def _user(row: sa.Row[tuple[object, ...]]) -> User:
    return User(row.id, row.name, Role(row.role), row.password)
