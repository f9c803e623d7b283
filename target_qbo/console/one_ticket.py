"""A ticket in full, as a command prints it."""

from __future__ import annotations

import datetime as dt
import sys
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import click
import simplejson

from target_qbo.accounting.money import cents
from target_qbo.console.output import show
from target_qbo.console.ticket_rows import show_rows
from target_qbo.desk.tickets import in_full

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from target_qbo.company import Company

Row = dict[str, Any]


def show_tickets(company: Company, keys: Sequence[int], form: str) -> None:
    """Print tickets in full; as CSV only the columns of the list.

    Args:
        company: The company.
        keys: The tickets, in order.
        form: One of :data:`target_qbo.console.output.FORMATS`.
    """
    found = list(in_full(company, keys))
    if form == "json":
        click.echo(simplejson.dumps(found, use_decimal=True, indent=2))
    elif form == "csv":
        show_rows(found, form)
    else:
        for row in found:
            _print(row)


def _print(row: Mapping[str, Any]) -> None:
    record = row["record"] or {}
    zone = _zone(record)
    click.echo(f"Location {row['location_id']}, order {row['ticket_id']}, receipt {row['number'] or '-'}")
    click.echo(f"Business day {row['business_date']}, total {row['total']:,.2f}, {row['status']}")
    for name, value in (("Code", row["code"]), ("Reason", row["reason"]), ("What to do", row["what_to_do"])):
        if value:
            click.echo(f"{name}: {value}")
    if not record:
        click.echo("Its record was never received from the till: resync it with --refetch.")
    for title, some, columns in (
        ("Lines", record.get("lines"), ("name", "sku", "kind", "quantity", "unit_price", "amount")),
        ("Discounts", row["discounts"], ("name", "line_id", "amount")),
        ("Payments at the till", row["payments"], ("paid_at", "method", "card_type", "amount")),
        ("In QuickBooks", row["documents"], ("kind", "number", "amount", "method", "date", "state", "link")),
        ("Voided in QuickBooks", row["voided_documents"], ("kind", "number", "amount", "method", "date", "link")),
    ):
        if some:
            click.echo(f"\n{title}")
            sys.stdout.flush()
            show([_with_cents(one) for one in some], columns, "table")
    if record:
        sums = ("subtotal", "discount_total", "tax_total", "tip_total", "total")
        told = ", ".join(f"{name.replace('_', ' ')} {_shown(record[name])}" for name in sums if name in record)
        click.echo(f"\nAt the till: {told}")
    click.echo("\nWhat happened")
    for event in row["history"]:
        at = dt.datetime.fromisoformat(event["at"]).astimezone(zone)
        click.echo(f"  {at:%Y-%m-%d %H:%M:%S %z}  {event['what']}")
    click.echo()


def _zone(record: Mapping[str, Any]) -> dt.tzinfo | None:
    """Return the shop's zone, as far as the ticket's record tells it."""
    try:
        return dt.datetime.fromisoformat(record["created_at"]).tzinfo
    except (KeyError, ValueError):
        return dt.UTC


def _with_cents(row: Mapping[str, Any]) -> Row:
    return {name: _shown(value) if name == "amount" else value for name, value in row.items()}


def _shown(amount: Decimal | int | None) -> str:
    return "" if amount is None else f"{cents(Decimal(amount)):,.2f}"
