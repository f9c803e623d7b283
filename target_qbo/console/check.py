"""``franpos-qbo check``: what both APIs say of the settings, what will be created, what is missing; writes nothing."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any

import click

from tap_franpos.access import check_access
from tap_franpos.settings import CONFIG_SCHEMA
from target_qbo.console.output import format_option, show
from target_qbo.posting.survey import Finding, Verdict, survey

if TYPE_CHECKING:
    from target_qbo.console.settings import ConsoleConfig

_COLUMNS = ("side", "what", "name", "verdict", "detail")


@click.command()
@format_option
@click.pass_obj
def check(config: ConsoleConfig, form: str) -> None:
    """Tell what stands in the way of a sync: found, to be created, missing. Writes nothing."""
    franpos = [
        Finding("location", location, Verdict.FOUND if problem is None else Verdict.MISSING, problem or text)
        for location, text, problem in check_access(config.tap(CONFIG_SCHEMA))
    ]
    company = config.company()
    rows = [_row("Franpos", finding) for finding in franpos]
    rows += [_row("QuickBooks", finding) for finding in survey(company.client, company.settings)]
    show(rows, _COLUMNS, form)
    if any(row["verdict"] == Verdict.MISSING for row in rows):
        sys.exit(1)


def _row(side: str, finding: Finding) -> dict[str, Any]:
    return {
        "side": side,
        "what": finding.what,
        "name": finding.name,
        "verdict": finding.verdict.value,
        "detail": finding.detail,
    }
