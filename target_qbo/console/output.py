"""Tables for people, JSON and CSV for programs, from the same rows."""

from __future__ import annotations

import csv
import sys
from typing import TYPE_CHECKING, Any, TypeVar

import click
import simplejson

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

Command = TypeVar("Command", bound="Callable[..., Any]")
FORMATS = ("table", "json", "csv")
_WIDE = 160


def format_option(command: Command) -> Command:
    """Add ``--format`` to a command."""
    return click.option(
        "--format",
        "form",
        type=click.Choice(FORMATS),
        default="table",
        show_default=True,
        help="json prints one JSON document and nothing else.",
    )(command)


def show(rows: Iterable[Mapping[str, Any]], columns: Sequence[str], form: str) -> None:
    """Print rows.

    Args:
        rows: What to print; amounts are decimals.
        columns: The columns of a table or of CSV; JSON has everything.
        form: One of :data:`FORMATS`.
    """
    if form == "json":
        click.echo(simplejson.dumps(list(rows), use_decimal=True, default=str, indent=2))
    elif form == "csv":
        writer = csv.DictWriter(sys.stdout, columns, extrasaction="ignore")
        writer.writeheader()
        writer.writerows(rows)
    else:
        _table(rows, columns)


def show_document(document: Mapping[str, Any]) -> None:
    """Print one JSON document; amounts are decimals."""
    click.echo(simplejson.dumps(document, use_decimal=True, default=str, indent=2))


def _table(rows: Iterable[Mapping[str, Any]], columns: Sequence[str]) -> None:
    from rich.console import Console  # noqa: PLC0415 (takes long to load, and programs want no table)
    from rich.table import Table  # noqa: PLC0415
    from rich.text import Text  # noqa: PLC0415

    table = Table(*[column.replace("_", " ") for column in columns])
    for column in table.columns:
        if column.header in {"total", "amount"}:
            column.justify = "right"
    for row in rows:
        table.add_row(*[Text("" if row.get(column) is None else str(row[column])) for column in columns])
    console = Console(file=sys.stdout, highlight=False)
    if not console.is_terminal:
        console.width = _WIDE
    console.print(table if table.row_count else "none")
