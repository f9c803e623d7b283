"""``franpos-qbo reconcile``: the books proven against the till, day by day, and everything that differs named."""

from __future__ import annotations

import csv
import datetime as dt
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from target_qbo.accounting.kinds import plural_of
from target_qbo.console.output import format_option, show_document
from target_qbo.console.progress import Progress
from target_qbo.desk import proving
from target_qbo.errors import ConfigurationError
from target_qbo.reconcile.model import Period

if TYPE_CHECKING:
    from collections.abc import Mapping

    from target_qbo.desk.config import DeskConfig

_FIGURES = ("till", "left_out", "ledger", "books", "difference")
_CSV = ("date", "location_id", "method", *_FIGURES, "agrees")


@click.command("reconcile")
@click.option("--from", "first", type=click.DateTime(["%Y-%m-%d"]), required=True, help="First business day.")
@click.option("--to", "last", type=click.DateTime(["%Y-%m-%d"]), required=True, help="Last business day, included.")
@click.option(
    "--location", help="Only of this Franpos location; documents that are not ours have none and are left out then."
)
@click.option("--refetch", is_flag=True, help="First fetch the period anew from the till, to see what changed there.")
@click.option(
    "--html",
    "page_path",
    type=click.Path(dir_okay=False, writable=True, path_type=Path),
    help="Also write a page to print and to keep.",
)
@format_option
@click.pass_obj
def reconcile(
    config: DeskConfig,
    first: dt.datetime,
    last: dt.datetime,
    location: str | None,
    page_path: Path | None,
    form: str,
    *,
    refetch: bool,
) -> None:
    """Prove that till, ledger and QuickBooks agree in a period. Writes nothing in QuickBooks.

    QuickBooks is read back (about one metered read for 1,000 documents) and held against what was written down as
    posted, and against the tickets themselves, by day and location, and by payment method. For every day and method
    must hold: till − left out = ledger = books. Left out are tickets that are skipped, wait or were undone; they are
    listed with their reason. The sums by method have consistent tickets only: of others nobody knows how they were
    paid.

    Named, each with what to do: documents that someone changed, moved, voided or deleted in QuickBooks; documents
    that stand twice, that the ledger does not know or that are not ours; unpaid invoices and open credit; consistent
    tickets that are not in the books, also where QuickBooks refused them or a person undid them; tickets that changed
    at the till since; and kinds of documents that QuickBooks refused to show, unless its plan has none of them. With
    --refetch also those that changed long ago: the next sync then carries them into the books.

    Ends with 1 where anything is named or any figure differs, else with 0. A ticket that is left out because it is
    not consistent at the till, and of which nothing stands, is no difference. Of a period of which nothing was received
    it says so.
    """
    period = Period(first.date(), last.date(), location)
    if period.last < period.first:
        raise click.UsageError("--to is before --from.")
    if period.last.year == dt.MAXYEAR:
        raise click.UsageError("--to is after any day of a till.")
    company = config.company()
    if refetch:
        proving.refetch(config, company, period, Progress())
    told = proving.prove(company, period)
    if page_path is not None:
        _write_page(page_path, told)
    _PRINT[form](told)
    if not told["agrees"]:
        sys.exit(1)


def _write_page(path: Path, told: Mapping[str, Any]) -> None:
    from target_qbo.reconcile.page import page  # noqa: PLC0415 (wanted only here)

    try:
        path.write_text(page(told), "utf-8")
    except OSError as error:
        raise ConfigurationError(f"--html {path} can't be written: {error.strerror}") from None


def _csv(told: Mapping[str, Any]) -> None:
    writer = csv.DictWriter(sys.stdout, _CSV, extrasaction="ignore")
    writer.writeheader()
    writer.writerows(told["methods"])


def _table(told: Mapping[str, Any]) -> None:
    _figures([*told["days"], {"date": "total", **told["totals"]}], method=False)
    click.echo()
    _figures(told["methods"], method=True)
    for name, rows in (("problems", told["problems"]), ("left out", told["left_out"])):
        click.echo(f"\n{name}: {len(rows) or 'none'}")
        for row in rows:
            click.echo(f"  {row['date']}  " + (row["line"] if name == "problems" else _left_out(row)))
    for one in told["unread"]:
        click.echo(f"\nnot read: {plural_of(one['kind'])} of the guest customer: {one['reason']}")
    click.echo(f"\n{told['verdict']}; QuickBooks was read with {told['reads']} metered reads")


def _left_out(row: Mapping[str, Any]) -> str:
    receipt = f", receipt {row['number']}" if row["number"] else ""
    place = f"ticket {row['ticket_id']} of location {row['location_id']}{receipt}"
    return f"{place}  {row['amount']:,.2f}  {row['status']}: {row['reason']}"


def _figures(rows: list[Mapping[str, Any]], *, method: bool) -> None:
    heads = "".join(f"{column.replace('_', ' '):>15}" for column in _FIGURES)
    click.echo(f"{'date':<12}{'location':<12}" + (f"{'method':<16}" if method else "") + heads)
    for row in rows:
        place = f"{row['date']:<12}{row.get('location_id') or '':<12}"
        named = f"{row['method'] or 'none':<16}" if method else ""
        click.echo(place + named + "".join(f"{row[column]:>15,.2f}" for column in _FIGURES) + _mark(row))


def _mark(row: Mapping[str, Any]) -> str:
    return "" if row["agrees"] else "  ← differs"


_PRINT = {"json": show_document, "csv": _csv, "table": _table}
