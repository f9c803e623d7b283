"""``franpos-qbo sync``: fetch a period, or what is new, from the till and post it at once."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from target_qbo.accounting import DocumentKind
from target_qbo.console.output import format_option, show, show_document
from target_qbo.console.periods import day_or_moment
from target_qbo.console.progress import Progress
from target_qbo.desk.periods import in_order
from target_qbo.desk.syncing import Wanted
from target_qbo.desk.syncing import sync as sync_now

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from target_qbo.desk.config import DeskConfig
    from target_qbo.desk.periods import Bound
    from target_qbo.desk.syncing import Synced
    from target_qbo.ledger.tickets import TicketRow
    from target_qbo.posting.summary import RunSummary

_COLUMNS = ("business_date", "location_id", "ticket_id", "number", "total", "status", "code", "reason")
_SHOWN = 50


@click.command("sync")
@click.option(
    "--from",
    "first",
    type=day_or_moment,
    metavar="DAY",
    help="First day, or the minute (2026-03-04T17:30) to begin with.",
)
@click.option(
    "--to", "last", type=day_or_moment, metavar="DAY", help="Last day, included; or the minute to end before."
)
@click.option("--location", "locations", multiple=True, help="Only this Franpos location; may be repeated.")
@format_option
@click.pass_obj
@click.pass_context
def sync(
    context: click.Context,
    config: DeskConfig,
    first: Bound | None,
    last: Bound | None,
    locations: tuple[str, ...],
    form: str,
) -> None:
    """Fetch tickets from the till and post them into QuickBooks now.

    With --from (and --to, else up to now) just the tickets that were rung up in that period are fetched, however long
    ago that was; those of them that were undone or skipped are tried again. Days and minutes are by the clock of each
    location. Without a period, what is new is fetched: from the day of each location's newest ticket, less the tap's
    lookback_days, on. What stands in QuickBooks already is not posted twice, and the bookmarks of the nightly run stay
    where they are.

    Everything that is pending is posted, tickets of other days too. Shown are the run's figures, and the tickets of
    the period that are not posted, with the reason. Exit code 1: some of the period are skipped; 3: Franpos or
    QuickBooks can't be reached (what was received is posted as far as it goes, the rest waits for the next run); 4:
    QuickBooks asks to be connected again.
    """
    if last is not None and first is None:
        raise click.UsageError("--to needs --from")
    if first is not None and last is not None and not in_order(first, last):
        raise click.UsageError(f"--to {last} is before --from {first}")
    done = sync_now(config, config.company(), Wanted(first, last, locations), Progress())
    _show(done, form)
    if done.problem is not None:
        raise done.problem
    if done.any_skipped:
        context.exit(1)


# Output


def _row(ticket: TicketRow) -> dict[str, Any]:
    return {
        "business_date": ticket.business_date.isoformat(),
        "location_id": ticket.location_id,
        "ticket_id": ticket.ticket_id,
        "number": ticket.number,
        "total": ticket.total,
        "status": ticket.status,
        "code": ticket.code,
        "reason": ticket.reason,
    }


def _show(done: Synced, form: str) -> None:
    summary, rows = done.summary, [_row(ticket) for ticket in done.left]
    documents = [
        {"kind": kind.value, "count": summary.documents[kind], "amount": summary.amounts[kind]}
        for kind in DocumentKind
        if summary.documents[kind]
    ]
    if form == "json":
        show_document(
            {
                "received": done.received,
                "posted": summary.posted,
                "skipped": summary.skipped,
                "waiting": summary.waiting,
                "taken_back": summary.taken_back,
                "documents": documents,
                "seconds": round(done.seconds, 1),
                "tickets": rows,
            }
        )
    elif form == "csv":
        show(rows, _COLUMNS, form)
    else:
        _tell(done.received, summary, documents, done.seconds)
        _tell_rows(rows)


def _tell(received: int, summary: RunSummary, documents: Iterable[Mapping[str, Any]], seconds: float) -> None:
    click.echo(
        f"{received:,} tickets received, {summary.posted:,} posted, {summary.skipped:,} skipped, "
        f"{summary.waiting:,} wait for payments, in {seconds:.0f} s"
    )
    for one in documents:
        click.echo(f"  {one['count']:>7,} {one['kind'].replace('_', ' '):<16} {one['amount']:>14,.2f}")
    for _, warning in summary.warnings():
        click.echo(warning)


def _tell_rows(rows: Sequence[Mapping[str, Any]]) -> None:
    if not rows:
        return
    click.echo("not posted:")
    show(rows[:_SHOWN], _COLUMNS, "table")
    if len(rows) > _SHOWN:
        click.echo(f"… and {len(rows) - _SHOWN:,} more: franpos-qbo tickets --status skipped")
