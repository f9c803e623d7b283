"""``franpos-qbo users``: who may use the back-office page, and as what."""

from __future__ import annotations

import datetime as dt
import getpass
import sys
from typing import TYPE_CHECKING

import click

from target_qbo.console.output import format_option, show
from target_qbo.errors import ConfigurationError
from target_qbo.ledger import audit
from target_qbo.ledger import users as ledger
from target_qbo.ledger.users import Role

if TYPE_CHECKING:
    from sqlalchemy.engine import Engine

    from target_qbo.desk.config import DeskConfig
    from target_qbo.ledger.users import User

_role_option = click.option(
    "--role",
    type=click.Choice([role.value for role in Role]),
    required=True,
    help="owner: everything; bookkeeper: all but settings, connection and users; viewer: looks, changes nothing.",
)


@click.group("users")
def users() -> None:
    """Say who may use the back-office page (serve), and as what.

    A password is asked for, or read from the first line of stdin where no terminal is there.
    """
    try:
        import argon2  # noqa: F401, PLC0415 (an extra)
    except ImportError:
        raise ConfigurationError("the page needs the extra: install franpos-qbo[web]") from None


@users.command("list")
@format_option
@click.pass_obj
def listing(config: DeskConfig, form: str) -> None:
    """List the users of the page."""
    from target_qbo.desk import people  # noqa: PLC0415 (an extra)

    rows = [{"name": one.name, "role": one.role.value} for one in ledger.everyone(people.kept_in(config))]
    show(rows, ("name", "role"), form)


@users.command()
@click.argument("name")
@_role_option
@click.pass_obj
def add(config: DeskConfig, name: str, role: str) -> None:
    """Enter a user, with a first password."""
    from target_qbo.desk import people  # noqa: PLC0415 (an extra)

    engine = people.kept_in(config)
    known = people.add(engine, name, Role(role), _password())
    _noted(engine, f"added the user {known} as {role}")
    click.echo(f"{known} is {role}", err=True)


@users.command("role")
@click.argument("name")
@_role_option
@click.pass_obj
def change_role(config: DeskConfig, name: str, role: str) -> None:
    """Make a user something else; the last owner stays one."""
    from target_qbo.desk import people  # noqa: PLC0415

    engine, user = _sought(config, name)
    people.make(engine, user, Role(role))
    _noted(engine, f"made the user {user.name} {role}, before {user.role}")
    click.echo(f"{user.name} is {role}", err=True)


@users.command()
@click.argument("name")
@click.pass_obj
def passwd(config: DeskConfig, name: str) -> None:
    """Give a user another password; wherever they are signed in, that ends."""
    from target_qbo.desk import people  # noqa: PLC0415

    engine, user = _sought(config, name)
    people.give_password(engine, user, _password())
    _noted(engine, f"gave the user {user.name} another password")
    click.echo(f"{user.name} has another password", err=True)


@users.command()
@click.argument("name")
@click.pass_obj
def remove(config: DeskConfig, name: str) -> None:
    """Remove a user; the last owner stays."""
    engine, user = _sought(config, name)
    ledger.remove(engine, user.number)
    _noted(engine, f"removed the user {user.name}, who was {user.role}")
    click.echo(f"{user.name} is removed", err=True)


def _sought(config: DeskConfig, name: str) -> tuple[Engine, User]:
    """Return the ledger that has the users, and the one of a name."""
    from target_qbo.desk import people  # noqa: PLC0415 (an extra)

    engine = people.kept_in(config)
    return engine, ledger.sought(engine, people.plain_name(name))


def _password() -> str:
    if sys.stdin.isatty():
        asked: str = click.prompt("Password", hide_input=True, confirmation_prompt=True, err=True)
        return asked
    return sys.stdin.readline().rstrip("\r\n")


def _noted(engine: Engine, what: str) -> None:
    audit.note(engine, f"terminal: {_account()}"[:100], what, audit.OF_NO_COMPANY, dt.datetime.now(dt.UTC))


def _account() -> str:
    try:
        return getpass.getuser()
    except (OSError, KeyError):  # of a container without a name for it
        return "unknown"
