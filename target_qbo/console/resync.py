"""``franpos-qbo resync``: chosen tickets are tried again, and what was changed by hand in QuickBooks is put right."""

from __future__ import annotations

import datetime as dt
import sys
from collections import defaultdict
from typing import TYPE_CHECKING, Any

import click

from target_qbo.console.output import format_option
from target_qbo.console.running import post
from target_qbo.console.ticket_rows import keys_named, show_rows
from target_qbo.errors import ConfigurationError, TargetError
from target_qbo.ledger import again, listing
from target_qbo.ledger.listing import Filter
from target_qbo.ledger.status import TicketStatus
from target_qbo.posting.resync import mark_again
from target_qbo.qbo import QboFaultError

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from target_qbo.company import Company
    from target_qbo.console.settings import ConsoleConfig
    from target_qbo.ledger import CompanyLedger

_DONE = frozenset({TicketStatus.POSTED.value, TicketStatus.VOIDED.value})
_GAP = dt.timedelta(days=3)  # days so near to each other are fetched in one go
_DAY = dt.timedelta(days=1)
_NEVER_RECEIVED = "found in QuickBooks, its record was never received from the till: resync it with --refetch"


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
    config: ConsoleConfig,
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
    company = config.company()
    keys = keys_named(company.ledger, ticket, location) if ticket else listing.keys_of(company.ledger, chosen)
    if refetch:
        _refetch(config, company.ledger, keys, chosen)
        if not ticket:
            # What the till has beyond what was known of the period; and what was fetched is chosen as it stood before.
            keys = sorted({*keys, *listing.keys_of(company.ledger, chosen)})
    problem = None
    try:
        if keys:
            keys += _verify(company, keys, insist=bool(ticket))
            post(company)
    except TargetError as error:
        problem = error
    keys = listing.in_order(company.ledger, keys)
    unreceived = set(again.unreceived(company.ledger, keys))
    still_open = _Open()
    show_rows(still_open.watch(company.ledger, keys, unreceived), form)
    if problem is not None:
        raise problem
    sys.exit(1 if still_open.found else 0)


def _check_choice(names: Sequence[str], *, skipped: bool, period: bool, status: bool) -> None:
    if not (names or skipped or period):
        raise click.UsageError("choose tickets: name them, or use --skipped, or --from and --to")
    if names and (skipped or period or status):
        raise click.UsageError("name tickets, or choose them with --skipped, --from, --to and --status: not both")


def _verify(company: Company, keys: Sequence[int], *, insist: bool) -> list[int]:
    try:
        return mark_again(company.ledger, company.client, company.settings, keys, insist=insist)
    except QboFaultError as error:
        raise ConfigurationError(f"QuickBooks refuses to show the documents: {error}") from None


def _refetch(config: ConsoleConfig, ledger: CompanyLedger, keys: Sequence[int], chosen: Filter) -> None:
    """Fetch the period that was chosen, else the days of the tickets."""
    from target_qbo.console.pulling import pull  # noqa: PLC0415 (it takes a while to load)

    if chosen.first is not None and chosen.last is not None:
        locations = [chosen.location_id] if chosen.location_id is not None else []
        pull(config, ledger, start=chosen.first, end=chosen.last + _DAY, locations=locations)
        return
    days: dict[str, set[dt.date]] = defaultdict(set)
    for row in listing.rows_of(ledger, keys):
        days[row["location_id"]].add(dt.date.fromisoformat(row["business_date"]))
    spans: dict[tuple[dt.date, dt.date], list[str]] = defaultdict(list)
    for location_id, some in days.items():
        for span in _spans(sorted(some)):
            spans[span].append(location_id)
    for (first, last), locations in spans.items():
        pull(config, ledger, start=first, end=last + _DAY, locations=locations)


def _spans(days: Sequence[dt.date]) -> Iterator[tuple[dt.date, dt.date]]:
    """Yield first and last day of days that are near to each other."""
    begun = previous = days[0]
    for day in days[1:]:
        if day - previous > _GAP:
            yield begun, previous
            begun = day
        previous = day
    yield begun, previous


class _Open:
    """Looks out for tickets that are not done with while they are shown."""

    def __init__(self) -> None:
        self.found = False

    def watch(self, ledger: CompanyLedger, keys: Sequence[int], unreceived: set[int]) -> Iterator[dict[str, Any]]:
        """Yield the rows of tickets; of one that could not be decided with what to do."""
        for key, row in zip(keys, listing.rows_of(ledger, keys), strict=True):
            if key in unreceived:
                row["reason"] = _NEVER_RECEIVED
            self.found = self.found or key in unreceived or row["status"] not in _DONE
            yield row
