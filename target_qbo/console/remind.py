"""``franpos-qbo remind``: tell whoever is to be told what no run tells."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING

import click

from target_qbo.desk.pulling import shop_zone
from target_qbo.desk.reminding import tell_late, tell_week

if TYPE_CHECKING:
    from target_qbo.desk.config import DeskConfig


@click.command("remind")
@click.pass_obj
@click.pass_context
def remind(context: click.Context, config: DeskConfig) -> None:
    """Send a notice where nothing has synced for two nights, and each Monday what is still open.

    For a line of cron, every morning. A page that begins the nights (serve) does the same by itself. To whom notices
    go, the settings say (notice_webhook_url, notice_email_to). Nothing is sent twice: that nothing has synced is told
    once until something does, the week's digest (skipped tickets that are still open, what waits, syncs that failed)
    once a week, by the clock of the tap's time_zone, and not where there is nothing to tell. Exit code 1: nothing has
    synced for two nights.
    """
    company, now = config.company(), dt.datetime.now(dt.UTC)
    late = tell_late(company, now)
    tell_week(company, now, shop_zone(config))
    if late is not None:
        click.echo(f"nothing has synced for {late.nights} nights: since {late.since:%Y-%m-%d %H:%M} UTC")
        context.exit(1)
