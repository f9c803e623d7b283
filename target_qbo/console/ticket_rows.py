"""Tickets as every command shows them: one row each, and how people name them."""

from __future__ import annotations

import sys
from itertools import islice
from typing import TYPE_CHECKING, Any

import click
import simplejson

from target_qbo.console.output import show
from target_qbo.ledger import listing

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from target_qbo.ledger import CompanyLedger

COLUMNS = ("business_date", "location_id", "ticket_id", "number", "total", "status", "code", "reason")
_AT_ONCE = 500


def show_rows(rows: Iterable[Mapping[str, Any]], form: str) -> None:
    """Print tickets as they are read, however many.

    Args:
        rows: Rows of :mod:`target_qbo.ledger.listing`, or with more in them; amounts are decimals.
        form: One of :data:`target_qbo.console.output.FORMATS`.
    """
    if form != "json":
        show(rows, COLUMNS, form)
        return
    encode = simplejson.JSONEncoder(use_decimal=True, separators=(",\n", ": ")).encode
    write = sys.stdout.write
    rest = iter(rows)
    between = "["
    while some := list(islice(rest, _AT_ONCE)):
        write(between)
        write(encode(some)[1:-1])
        between = ",\n"
    write("[]\n" if between == "[" else "]\n")


def keys_named(ledger: CompanyLedger, names: Sequence[str], location_id: str | None) -> list[int]:
    """Return the keys of tickets by order ids or receipt numbers; where shops share one, all that have it.

    Raises:
        click.UsageError: There is no such ticket.
    """
    found = listing.named(ledger, names, location_id)
    unknown = [name for name, keys in found.items() if not keys]
    if unknown:
        where = f" of location {location_id}" if location_id is not None else ""
        raise click.UsageError(f"no ticket{where} with order id or receipt number {', '.join(unknown)} was received")
    return listing.in_order(ledger, (key for keys in found.values() for key in keys))
