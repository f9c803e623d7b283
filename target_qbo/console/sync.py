"""``franpos-qbo sync``: fetch a period, or what is new, from the till and post it at once."""

from __future__ import annotations

import datetime as dt
import time
from collections import defaultdict
from typing import TYPE_CHECKING, Any

import click

from target_qbo.accounting import DocumentKind
from target_qbo.console.output import format_option, show, show_document
from target_qbo.console.periods import beginning, day_or_moment, end_after
from target_qbo.console.progress import Progress
from target_qbo.console.pulling import configured_locations, pull, tap_settings
from target_qbo.console.running import post
from target_qbo.errors import TargetError
from target_qbo.ledger import again
from target_qbo.ledger import tickets as stored
from target_qbo.ledger.status import TicketStatus
from target_qbo.posting.summary import RunSummary

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from target_qbo.company import Company
    from target_qbo.console.settings import ConsoleConfig

_COLUMNS = ("business_date", "location_id", "ticket_id", "number", "total", "status", "code", "reason")
_LOOKBACK_DAYS = 3
_SHOWN = 50
_EVER = dt.date(2000, 1, 1)  # no till is older

Bound = dt.date | dt.datetime


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
    config: ConsoleConfig,
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
    _check_order(first, last)
    begun = time.monotonic()
    company = config.company()
    watch, summary = Progress(), RunSummary()
    end = end_after(last) if last is not None else None
    wanted = list(dict.fromkeys(locations))
    period = [(first, wanted)] if first is not None else _since_newest(config, company, wanted)
    problem = None
    try:
        for start, some in period:
            pull(config, company.ledger, start=start, end=end, locations=some, watch=watch)
    except TargetError as error:
        problem = error  # told at the end: what was received is posted first
    until = beginning(end) if end is not None else None
    if first is not None:
        now = dt.datetime.now(dt.UTC)
        asked = (TicketStatus.UNDONE, TicketStatus.SKIPPED)
        rung_up = again.rung_up(company.ledger, asked, start=beginning(first), end=until, locations=wanted)
        again.mark(company.ledger, [row.id for row in rung_up], insist=False, now=now)
    try:
        post(company, watch, summary)
    except TargetError as error:
        problem = problem or error
    shown_from = min((beginning(start or _EVER) for start, _ in period), default=beginning(_EVER))
    unposted = (TicketStatus.SKIPPED, TicketStatus.WAITING, TicketStatus.POSTING)
    left = again.rung_up(company.ledger, unposted, start=shown_from, end=until, locations=wanted)
    rows = [_row(ticket) for ticket in left]
    _show(watch.received, summary, rows, time.monotonic() - begun, form)
    if problem is not None:
        raise problem
    if any(row["status"] == TicketStatus.SKIPPED for row in rows):
        context.exit(1)


def _check_order(first: Bound | None, last: Bound | None) -> None:
    if first is None or last is None:
        return
    start, end = beginning(first), beginning(end_after(last))
    if (start.tzinfo is None) == (end.tzinfo is None) and end <= start:
        raise click.UsageError(f"--to {last} is before --from {first}")


def _since_newest(
    config: ConsoleConfig, company: Company, wanted: Sequence[str]
) -> list[tuple[dt.date | None, Sequence[str]]]:
    """Return from which day on to fetch which locations; None: from the tap's start date."""
    settings = tap_settings(config)
    lookback = settings.get("lookback_days", _LOOKBACK_DAYS)
    newest = stored.newest_days(company.ledger)
    by_day: dict[dt.date | None, list[str]] = defaultdict(list)
    for location in wanted or configured_locations(settings):
        day = newest.get(location)
        by_day[day - dt.timedelta(days=int(lookback)) if day is not None else None].append(location)
    return list(by_day.items())


# Output


def _row(ticket: Any) -> dict[str, Any]:  # noqa: ANN401 (a row of the ledger)
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


def _show(received: int, summary: RunSummary, rows: Sequence[Mapping[str, Any]], seconds: float, form: str) -> None:
    documents = [
        {"kind": kind.value, "count": summary.documents[kind], "amount": summary.amounts[kind]}
        for kind in DocumentKind
        if summary.documents[kind]
    ]
    if form == "json":
        show_document(
            {
                "received": received,
                "posted": summary.posted,
                "skipped": summary.skipped,
                "waiting": summary.waiting,
                "taken_back": summary.taken_back,
                "documents": documents,
                "seconds": round(seconds, 1),
                "tickets": list(rows),
            }
        )
    elif form == "csv":
        show(rows, _COLUMNS, form)
    else:
        _tell(received, summary, documents, seconds)
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
