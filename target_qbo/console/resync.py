"""``franpos-qbo resync``: chosen tickets are tried again, and what was changed by hand in QuickBooks is put right."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import click

from target_qbo.console.output import format_option
from target_qbo.console.progress import Progress
from target_qbo.console.ticket_rows import show_rows
from target_qbo.desk.resyncing import Wanted
from target_qbo.desk.resyncing import resync as try_again
from target_qbo.ledger.listing import Filter
from target_qbo.ledger.status import TicketStatus

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Sequence

    from target_qbo.desk.config import DeskConfig


@click.command()
@click.argument("ticket", nargs=-1)
@click.option("--skipped", is_flag=True, help="All tickets that are skipped.")
@click.option("--from", "first", type=click.DateTime(["%Y-%m-%d"]), help="All tickets from this business day on.")
@click.option("--to", "last", type=click.DateTime(["%Y-%m-%d"]), help="All tickets up to this business day, included.")
@click.option("--location", help="Only of this Franpos location.")
@click.option(
    "--status",
    multiple=True,
    type=click.Choice([status.value for status in TicketStatus]),
    help="Of the business days chosen, only tickets that stand so; may be repeated.",
)
@click.option("--refetch", is_flag=True, help="First fetch the days of these tickets anew from the till.")
@format_option
@click.pass_obj
def resync(
    config: DeskConfig,
    ticket: tuple[str, ...],
    *,
    skipped: bool,
    first: dt.datetime | None,
    last: dt.datetime | None,
    location: str | None,
    status: tuple[str, ...],
    refetch: bool,
    form: str,
) -> None:
    """Try tickets again: after a period was opened, a deposit undone, or a document changed or deleted by hand.

    Name tickets by their order ids or receipt numbers, or choose them with --skipped, or with --from and --to.

    The documents of these tickets are looked up in QuickBooks and brought back to what the till says: what was voided
    or deleted there is made again, what was edited is set right, and payments that no longer pay their invoice are
    voided first. What is right already is not touched. Tickets that were undone are posted again.

    A ticket that changed at the till after it was posted, where the settings leave such changes alone, is brought up
    to date only when you name it.

    Exit code: 0 all chosen tickets are right now, 1 at least one is still skipped or waits.
    """
    _check_choice(ticket, skipped=skipped, period=bool(first or last), status=bool(status))
    statuses = {TicketStatus(name) for name in status} | ({TicketStatus.SKIPPED} if skipped else set())
    chosen = Filter(
        status=sorted(statuses),
        first=first.date() if first else None,
        last=last.date() if last else None,
        location_id=location,
    )
    done = try_again(config, config.company(), Wanted(ticket, chosen, refetch), Progress())
    show_rows(done.rows(), form)
    if done.problem is not None:
        raise done.problem
    sys.exit(1 if done.open else 0)


def _check_choice(names: Sequence[str], *, skipped: bool, period: bool, status: bool) -> None:
    if not (names or skipped or period):
        raise click.UsageError("choose tickets: name them, or use --skipped, or --from and --to")
    if names and (skipped or period or status):
        raise click.UsageError("name tickets, or choose them with --skipped, --from, --to and --status: not both")
