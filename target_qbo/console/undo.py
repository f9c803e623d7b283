"""``franpos-qbo undo``: take what a period or a run posted out of QuickBooks again."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any

import click

from target_qbo.console.output import format_option, show, show_document
from target_qbo.console.progress import Progress
from target_qbo.desk.undoing import of_run
from target_qbo.desk.undoing import undo as take_out
from target_qbo.ledger import undoing
from target_qbo.ledger.undoing import Choice
from target_qbo.posting.undo import Undone

if TYPE_CHECKING:
    import datetime as dt

    from target_qbo.desk.config import DeskConfig
    from target_qbo.ledger import CompanyLedger
    from target_qbo.ledger.undoing import Figures
    from target_qbo.posting.undo import Left

_COLUMNS = ("business_date", "location_id", "ticket_id", "number", "total", "code", "reason")


@click.command("undo")
@click.option("--run", "number", type=int, help="What this run posted (see runs), as far as it still stands.")
@click.option("--from", "first", type=click.DateTime(["%Y-%m-%d"]), help="First date of the documents in QuickBooks.")
@click.option("--to", "last", type=click.DateTime(["%Y-%m-%d"]), help="Last date of the documents, included.")
@click.option("--location", help="Only of this Franpos location.")
@click.option("--yes", is_flag=True, help="Don't ask.")
@format_option
@click.pass_obj
@click.pass_context
def undo(
    context: click.Context,
    config: DeskConfig,
    number: int | None,
    first: dt.datetime | None,
    last: dt.datetime | None,
    location: str | None,
    form: str,
    *,
    yes: bool,
) -> None:
    """Take what a run or a period posted out of QuickBooks again.

    First it shows what that is, and asks. Then payments and invoices are voided, refund receipts (which QuickBooks
    can't void) deleted. The tickets are undone from then on: the nightly run leaves them so, until they change at the
    till, or until you sync or resync them.

    A ticket with a payment in a bank deposit, or with a payment that was made by hand, is left whole, with the
    reason. Exit code 1: some tickets were left.
    """
    company = config.company()
    choice = _choice(company.ledger, number, first, last, location)
    found = undoing.figures(company.ledger, choice)
    _announce(found)
    if not found.tickets:
        _show(Undone(), found, form)
        return
    if not yes:
        if not sys.stdin.isatty():
            raise click.UsageError("nobody is there to ask: add --yes to take this back")
        click.confirm("Take this out of QuickBooks?", abort=True, err=True)
    result = Undone()
    try:
        take_out(company, choice, found, result, Progress())
    finally:
        _show(result, found, form)
    if result.left:
        context.exit(1)


def _choice(
    ledger: CompanyLedger, number: int | None, first: dt.datetime | None, last: dt.datetime | None, location: str | None
) -> Choice:
    if number is not None:
        if first is not None or last is not None:
            raise click.UsageError("either --run, or --from and --to")
        return of_run(ledger, number, location)
    if first is None or last is None:
        raise click.UsageError("say what to undo: --run, or --from and --to")
    if last < first:
        raise click.UsageError(f"--to {last.date()} is before --from {first.date()}")
    return Choice(first.date(), last.date(), location)


# Output


def _announce(found: Figures) -> None:
    """Say what is about to be taken back: on stderr, with the question."""
    click.echo(f"to take back: {found.tickets:,} tickets", err=True)
    for kind, (count, amount) in found.documents.items():
        click.echo(f"  {count:>7,} {kind.replace('_', ' '):<16} {amount:>14,.2f}", err=True)


def _show(result: Undone, found: Figures, form: str) -> None:
    left = [_row(one) for one in result.left]
    taken = [
        {"kind": kind.value, "count": -count, "amount": -result.summary.amounts[kind]}
        for kind, count in sorted(result.summary.documents.items())
    ]
    if form == "json":
        planned = [
            {"kind": kind, "count": count, "amount": amount} for kind, (count, amount) in found.documents.items()
        ]
        show_document(
            {
                "tickets": found.tickets,
                "planned": planned,
                "undone": result.undone,
                "documents": taken,
                "left": left,
            }
        )
        return
    if form == "csv":
        show(left, _COLUMNS, form)
        return
    click.echo(f"{result.undone:,} tickets undone")
    for one in taken:
        click.echo(f"  {one['count']:>7,} {str(one['kind']).replace('_', ' '):<16} {one['amount']:>14,.2f}")
    if left:
        click.echo("left in QuickBooks:")
        show(left, _COLUMNS, "table")


def _row(one: Left) -> dict[str, Any]:
    ticket = one.ticket
    return {
        "location_id": ticket.location_id,
        "ticket_id": ticket.ticket_id,
        "number": ticket.number,
        "business_date": ticket.business_date.isoformat(),
        "total": ticket.total,
        "code": one.code,
        "reason": one.reason,
        "half_done": one.touched,
    }
