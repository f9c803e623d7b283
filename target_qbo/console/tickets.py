"""``franpos-qbo tickets``: what became of every ticket, and why."""

from __future__ import annotations

from decimal import Decimal, InvalidOperation
from typing import TYPE_CHECKING

import click

from target_qbo.console.output import format_option
from target_qbo.console.ticket_rows import show_rows
from target_qbo.ledger import listing
from target_qbo.ledger.status import TicketStatus

if TYPE_CHECKING:
    import datetime as dt

    from target_qbo.desk.config import DeskConfig

_TABLE_ROWS = 500
_LARGEST = Decimal(10) ** 15


class _Amount(click.ParamType[Decimal]):
    """An amount to the cent."""

    name = "amount"

    def convert(self, value: object, param: click.Parameter | None, ctx: click.Context | None) -> Decimal:
        """Read an amount."""
        try:
            amount = Decimal(str(value))
        except InvalidOperation:
            amount = Decimal("NaN")
        if not amount.is_finite() or abs(amount) > _LARGEST or amount != round(amount, 2):
            self.fail(f"{value!r} is no amount to the cent, as in 12.50", param, ctx)
        return amount


@click.command()
@click.argument("ticket", nargs=-1)
@click.option(
    "--status",
    multiple=True,
    type=click.Choice([status.value for status in TicketStatus]),
    help="Only these; may be repeated.",
)
@click.option("--code", help="Only with this code, as in unpaid or qbo_6210.")
@click.option("--from", "first", type=click.DateTime(["%Y-%m-%d"]), help="First business day.")
@click.option("--to", "last", type=click.DateTime(["%Y-%m-%d"]), help="Last business day, included.")
@click.option("--location", help="Only of this Franpos location.")
@click.option("--min", "least", type=_Amount(), help="Lowest total; refunds are negative.")
@click.option("--max", "most", type=_Amount(), help="Highest total.")
@click.option("--search", metavar="TEXT", help="Only with this in the reason, the receipt number or the order id.")
@click.option(
    "--limit",
    type=click.IntRange(min=1),
    help=f"Only so many, the newest.  [default: {_TABLE_ROWS} in a table, else all]",
)
@format_option
@click.pass_obj
def tickets(
    config: DeskConfig,
    ticket: tuple[str, ...],
    *,
    status: tuple[str, ...],
    code: str | None,
    first: dt.datetime | None,
    last: dt.datetime | None,
    location: str | None,
    least: Decimal | None,
    most: Decimal | None,
    search: str | None,
    limit: int | None,
    form: str,
) -> None:
    """List the tickets received, what was posted for them, and why one was skipped.

    With order ids or receipt numbers: these tickets in full, with what came from the till, what stands in QuickBooks
    and where to see it there, and what to do about one that was skipped.
    """
    chosen = listing.Filter(
        status=[TicketStatus(name) for name in status],
        code=code,
        first=first.date() if first else None,
        last=last.date() if last else None,
        location_id=location,
        least=least,
        most=most,
        search=search,
    )
    if ticket:
        if chosen != listing.Filter(location_id=location, status=[]) or limit is not None:
            raise click.UsageError("tickets that are named are shown in full: only --location narrows them")
        from target_qbo.console.one_ticket import show_tickets  # noqa: PLC0415 (a list needs nothing of it)
        from target_qbo.desk.tickets import keys_named  # noqa: PLC0415

        company = config.company()
        show_tickets(company, keys_named(company.ledger, ticket, location), form)
        return
    ledger = config.ledger()
    shown = limit or (_TABLE_ROWS if form == "table" else None)
    show_rows(listing.rows(ledger, chosen, shown), form)
    if form == "table" and shown is not None:
        number = listing.count(ledger, chosen)
        if number > shown:
            click.echo(
                f"these are the newest {shown:,} of {number:,} tickets; see all with --limit {number}, or with "
                "--format csv",
                err=True,
            )
