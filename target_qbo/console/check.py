"""``franpos-qbo check``: what both APIs say of the settings, what will be created, what is missing; and creating it."""

from __future__ import annotations

import datetime as dt
import sys
from typing import TYPE_CHECKING, Any

import click

from tap_franpos.access import check_access
from tap_franpos.settings import CONFIG_SCHEMA
from target_qbo.console.output import format_option, show
from target_qbo.survey import DISCOUNT_ITEMS, Finding, Survey, Verdict

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from target_qbo.console.settings import ConsoleConfig

_COLUMNS = ("side", "what", "name", "verdict", "detail")


@click.command()
@click.option("--initialize", is_flag=True, help="Create, or make active again, all that is lacking in QuickBooks.")
@click.option("--yes", is_flag=True, help="With --initialize: don't ask.")
@click.option("--gift-card-account", metavar="NAME", help="With --initialize: a liability account for gift cards, too.")
@format_option
@click.pass_obj
def check(config: ConsoleConfig, form: str, gift_card_account: str | None, *, initialize: bool, yes: bool) -> None:
    """Tell what stands in the way of a sync: found, to be created, missing. Writes nothing.

    Ends with 1 where something is missing or in the way, so that nothing would be posted.
    """
    if (yes or gift_card_account) and not initialize:
        raise click.UsageError("--yes and --gift-card-account go with --initialize.")
    tap_config = config.tap(CONFIG_SCHEMA)
    rows = [_row("Franpos", finding) for finding in _locations(tap_config)]
    look = Survey(config.company(), _start(tap_config))
    findings = list(look.findings())
    if initialize:
        _ask(findings, gift_card_account, yes=yes)
        done = {(finding.what, finding.name): finding for finding in look.initialize(gift_card_account)}
        findings = [done.pop((finding.what, finding.name), finding) for finding in findings] + list(done.values())
    rows += [_row("QuickBooks", finding) for finding in findings]
    show(rows, _COLUMNS, form)
    if any(Verdict(row["verdict"]).stops for row in rows):
        sys.exit(1)


def _ask(findings: Sequence[Finding], gift_card_account: str | None, *, yes: bool) -> None:
    coming = [finding for finding in findings if finding.verdict in {Verdict.CREATE, Verdict.REACTIVATE}]
    names = [finding.name for finding in coming if finding.what != DISCOUNT_ITEMS]
    names += [gift_card_account] if gift_card_account else []
    if names and not yes and sys.stdin.isatty():
        click.confirm(f"Create or make active again in QuickBooks: {', '.join(names)}?", abort=True, err=True)


def _locations(tap_config: Mapping[str, Any]) -> list[Finding]:
    return [
        Finding("location", location, Verdict.FOUND if problem is None else Verdict.MISSING, problem or text)
        for location, text, problem in check_access(tap_config)
    ]


def _start(tap_config: Mapping[str, Any]) -> dt.date | None:
    """Return the day of the tap's start date; None where there is none, or none that the tap would take either."""
    try:
        return dt.date.fromisoformat(str(tap_config.get("start_date") or "")[:10])
    except ValueError:
        return None


def _row(side: str, finding: Finding) -> dict[str, Any]:
    return {
        "side": side,
        "what": finding.what,
        "name": finding.name,
        "verdict": finding.verdict.value,
        "detail": finding.detail,
        "in_quickbooks": finding.in_quickbooks,
    }
