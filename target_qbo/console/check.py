"""``franpos-qbo check``: what both APIs say of the settings, what will be created, what is missing; and creating it."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import click

from target_qbo.console.output import format_option, show
from target_qbo.desk.checking import Check

if TYPE_CHECKING:
    from collections.abc import Sequence

    from target_qbo.desk.config import DeskConfig

_COLUMNS = ("side", "what", "name", "verdict", "detail")


@click.command()
@click.option("--initialize", is_flag=True, help="Create, or make active again, all that is lacking in QuickBooks.")
@click.option("--yes", is_flag=True, help="With --initialize: don't ask.")
@click.option("--gift-card-account", metavar="NAME", help="With --initialize: a liability account for gift cards, too.")
@format_option
@click.pass_obj
def check(config: DeskConfig, form: str, gift_card_account: str | None, *, initialize: bool, yes: bool) -> None:
    """Tell what stands in the way of a sync: found, to be created, missing. Writes nothing.

    Ends with 1 where something is missing or in the way, so that nothing would be posted.
    """
    if (yes or gift_card_account) and not initialize:
        raise click.UsageError("--yes and --gift-card-account go with --initialize.")
    found = Check(config, config.company())
    if initialize:
        _ask(found.to_be_made + ([gift_card_account] if gift_card_account else []), yes=yes)
        found.initialize(gift_card_account)
    show(found.rows(), _COLUMNS, form)
    if found.stops:
        sys.exit(1)


def _ask(names: Sequence[str], *, yes: bool) -> None:
    if names and not yes and sys.stdin.isatty():
        click.confirm(f"Create or make active again in QuickBooks: {', '.join(names)}?", abort=True, err=True)
