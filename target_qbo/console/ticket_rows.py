"""Tickets as every command shows them: one row each."""

from __future__ import annotations

import sys
from itertools import islice
from typing import TYPE_CHECKING, Any

import simplejson

from target_qbo.console.output import show

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

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
