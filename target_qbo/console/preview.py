"""``franpos-qbo preview``: what a sync would post now, without posting it and without leaving a trace."""

from __future__ import annotations

import contextlib
import csv
import datetime as dt
import sys
import tempfile
from itertools import islice
from typing import TYPE_CHECKING, Any, TextIO

import click
import simplejson

from target_qbo.accounting import DocumentKind
from target_qbo.accounting.naming import clean_text, plain
from target_qbo.console.output import format_option
from target_qbo.console.receiving import receive
from target_qbo.ledger import open_ledger
from target_qbo.ledger.reading import Choice, known, open_to_read, to_decide
from target_qbo.posting.plan import Outcome
from target_qbo.posting.preview import Preview, Totals, merged, preview

if TYPE_CHECKING:
    from collections.abc import Iterator

    from target_qbo.console.settings import ConsoleConfig
    from target_qbo.ledger import CompanyLedger
    from target_qbo.ledger.units import UnitView
    from target_qbo.settings import Settings

_AT_ONCE = 200
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
    config: ConsoleConfig,
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
    settings = config.target()
    choice = Choice(first.date() if first else None, last.date() if last else None, location, named)
    ledger = open_to_read(settings.ledger_url, environment=settings.environment, realm_id=settings.realm_id)
    with contextlib.ExitStack() as stack:
        if source is not None:
            chosen = _from_file(stack.enter_context(_received(source)), ledger, choice)
        else:
            chosen = to_decide(ledger, choice) if ledger is not None else iter(())
        totals = Totals()
        _PRINT[form](_previews(chosen, settings, totals), totals)


def _previews(chosen: Iterator[UnitView], settings: Settings, totals: Totals) -> Iterator[Preview]:
    for ticket in chosen:
        one = preview(ticket, settings.rules, on_change=settings.on_change, now=dt.datetime.now(dt.UTC))
        totals.add(one)
        yield one


# Singer messages, into nothing


@contextlib.contextmanager
def _received(messages: TextIO) -> Iterator[CompanyLedger]:
    """Receive messages into a ledger that is gone afterwards: the same checks, in the same bounded memory.

    Raises:
        InputError: The file does not satisfy the record contract.
    """
    with tempfile.TemporaryDirectory(prefix="franpos-qbo-") as folder:
        ledger = open_ledger(f"sqlite:///{folder}/preview.db", environment="preview", realm_id="preview")
        receive(messages, ledger, source=messages.name)
        try:
            yield ledger
        finally:
            ledger.engine.dispose()


def _from_file(received: CompanyLedger, ledger: CompanyLedger | None, choice: Choice) -> Iterator[UnitView]:
    """Yield the received tickets with what the company's own ledger knows of them."""
    tickets = to_decide(received, choice)
    while some := list(islice(tickets, _AT_ONCE)):
        keys = [_key(ticket) for ticket in some]
        before = known(ledger, keys) if ledger is not None else {}
        for key, ticket in zip(keys, some, strict=True):
            yield merged(ticket, before.get(key))


def _key(ticket: UnitView) -> tuple[str, str]:
    return ticket.record["location_id"], ticket.record["ticket_id"]


# Output


def _as_record(one: Preview) -> dict[str, Any]:
    record, document = one.view.record, one.document
    return {
        "location_id": record["location_id"],
        "ticket_id": record["ticket_id"],
        "number": record.get("number"),
        "business_date": record["business_date"],
        "total": record["total"],
        "status": one.view.status.value,
        "outcome": one.outcome.value,
        "code": one.planned.code,
        "reason": one.planned.reason,
        "until": one.planned.until.isoformat() if one.planned.until else None,
        "documents": []
        if document is None
        else [
            {
                "kind": document.kind.value,
                "id": one.posted_id(document.kind, one.number),
                "number": one.number,
                "date": document.date.isoformat(),
                "amount": document.total,
                "method": document.method,
                "note": document.note,
                "lines": [
                    {
                        "item": line.item.name,
                        "quantity": line.quantity,
                        "unit_price": line.unit_price,
                        "amount": line.amount,
                        "description": line.description,
                    }
                    for line in document.lines
                ],
                "payments": [
                    {
                        "id": one.posted_id(DocumentKind.PAYMENT, payment.key),
                        "key": payment.key,
                        "method": payment.method,
                        "amount": payment.amount,
                        "note": payment.note,
                    }
                    for payment in document.payments
                ],
            }
        ],
    }


def _json(previews: Iterator[Preview], totals: Totals) -> None:
    click.echo('{"tickets": [')
    for place, one in enumerate(previews):
        click.echo((",\n" if place else "") + _dumped(_as_record(one)), nl=False)
    click.echo(f'\n], "totals": {_dumped(totals.as_record())}}}')


def _dumped(record: dict[str, Any]) -> str:
    return simplejson.dumps(record, use_decimal=True, indent=2)


def _csv(previews: Iterator[Preview], _totals: Totals) -> None:
    writer = csv.DictWriter(sys.stdout, _CSV, extrasaction="ignore")
    writer.writeheader()
    for one in previews:
        record = _as_record(one)
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
