"""``franpos-qbo preview``: what a sync would post now, without posting it and without leaving a trace."""

from __future__ import annotations

import csv
import sys
from typing import TYPE_CHECKING, Any, TextIO

import click
import simplejson

from target_qbo.accounting import DocumentKind
from target_qbo.accounting.naming import clean_text, plain
from target_qbo.console.output import format_option
from target_qbo.desk.previewing import as_record, previews
from target_qbo.ledger.reading import Choice
from target_qbo.posting.plan import Outcome
from target_qbo.posting.preview import Preview, Totals

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Iterator

    from target_qbo.desk.config import DeskConfig

_CSV = (
    "location_id",
    "ticket_id",
    "number",
    "business_date",
    "outcome",
    "code",
    "reason",
    "kind",
    "document",
    "date",
    "item",
    "method",
    "quantity",
    "unit_price",
    "amount",
    "description",
)


@click.command("preview")
@click.option("--from", "first", type=click.DateTime(["%Y-%m-%d"]), help="First business day.")
@click.option("--to", "last", type=click.DateTime(["%Y-%m-%d"]), help="Last business day, included.")
@click.option("--location", help="Only of this Franpos location.")
@click.option(
    "--ticket",
    "named",
    multiple=True,
    help="Only this receipt number or order id, even where nothing is to be done; may be repeated.",
)
@click.option(
    "--input",
    "source",
    type=click.File(encoding="utf-8"),
    help="Look at the tickets in this file of a tap's messages (-: stdin), instead of those pending in the ledger.",
)
@format_option
@click.pass_obj
def show_preview(
    config: DeskConfig,
    first: dt.datetime | None,
    last: dt.datetime | None,
    location: str | None,
    named: tuple[str, ...],
    source: TextIO | None,
    form: str,
) -> None:
    """Show the documents that a sync would post now. Writes nothing and asks QuickBooks nothing.

    What only QuickBooks can refuse, such as a closed period, is not foretold: see check.
    """
    choice = Choice(first.date() if first else None, last.date() if last else None, location, named)
    totals = Totals()
    with previews(config.target(), choice, totals, source) as found:
        _PRINT[form](found, totals)


# Output


def _json(previews: Iterator[Preview], totals: Totals) -> None:
    click.echo('{"tickets": [')
    for place, one in enumerate(previews):
        click.echo((",\n" if place else "") + _dumped(as_record(one)), nl=False)
    click.echo(f'\n], "totals": {_dumped(totals.as_record())}}}')


def _dumped(record: dict[str, Any]) -> str:
    return simplejson.dumps(record, use_decimal=True, indent=2)


def _csv(previews: Iterator[Preview], _totals: Totals) -> None:
    writer = csv.DictWriter(sys.stdout, _CSV, extrasaction="ignore")
    writer.writeheader()
    for one in previews:
        record = as_record(one)
        if not record["documents"]:
            writer.writerow(record)
        for document in record["documents"]:
            posted = {**record, **document, "document": document["number"], "number": record["number"]}
            lines, payments = document["lines"], document["payments"]
            writer.writerows({**posted, **line} for line in lines)
            writer.writerows(
                {**posted, **payment, "kind": DocumentKind.PAYMENT.value, "document": payment["key"]}
                for payment in payments
            )


def _table(previews: Iterator[Preview], totals: Totals) -> None:
    for one in previews:
        _ticket(one)
    figures = totals.as_record()
    if not figures["tickets"]:
        click.echo("none")
        return
    click.echo(", ".join(f"{count} {outcome}" for outcome, count in figures["tickets"].items()))
    for row in figures["documents"]:
        click.echo(f"  {row['count']:>7} {row['kind'].replace('_', ' '):<16} {row['amount']:>14,.2f}")
    for row in figures["methods"]:
        refunds = f", refunded {row['refunds']:,.2f}" if row["refunds"] else ""
        click.echo(f"          {row['method'] or 'no method':<16} {row['payments']:>14,.2f}{refunds}")


def _ticket(one: Preview) -> None:
    record, document = one.view.record, one.document
    receipt = clean_text(record.get("number")) or "-"
    click.echo(
        f"{record['business_date']}  location {record['location_id']}  receipt {receipt}"
        f"  order {record['ticket_id']}  {record['total']:,.2f}  {one.outcome.value}"
        + (f" until {one.planned.until:%Y-%m-%d %H:%M} UTC" if one.planned.until else "")
        + (f" ({one.planned.code})" if one.planned.code else "")
        + (f": {one.planned.reason}" if one.planned.reason else "")
    )
    if document is None or one.outcome is Outcome.UNCHANGED:
        return
    refund = f" by {document.method}" if document.method else ""
    click.echo(f"  {document.kind.replace('_', ' ')} {one.number} of {document.date}{refund}")
    for line in document.lines:
        figures = f"{plain(line.quantity)} × {plain(line.unit_price)}"
        click.echo(f"    {line.item.name:<24.24} {figures:>20} {line.amount:>14,.2f}  {line.description}".rstrip())
    click.echo(f"    {'total':<24} {'':>20} {document.total:>14,.2f}")
    for payment in document.payments:
        click.echo(f"    {'payment by ' + payment.method:<24} {'':>20} {payment.amount:>14,.2f}  {payment.key}")


_PRINT = {"json": _json, "csv": _csv, "table": _table}
