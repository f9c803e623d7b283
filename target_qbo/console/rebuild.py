"""``franpos-qbo rebuild``: a lost ledger is made again from QuickBooks."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any

import click

from target_qbo.console.output import format_option, show, show_document
from target_qbo.posting.takeover import rebuild as rebuild_ledger

if TYPE_CHECKING:
    from target_qbo.desk.config import DeskConfig
    from target_qbo.posting.takeover import Existing

_COLUMNS = ("kind", "documents", "amount")


@click.command()
@format_option
@click.pass_obj
def rebuild(config: DeskConfig, form: str) -> None:
    """Make a lost ledger again from what stands in QuickBooks, so that nothing is posted twice. Changes no books.

    The settings must name the company and be able to sign in (see connect): the tokens were lost with the ledger.
    Tickets whose documents were voided stay undone. What the ledger knows already stays as it is, so it can be run
    at any time. The tickets' own records come with the next sync of their period, which then posts only what is
    missing.

    Ends with 1 where documents stand twice: they are named, and one of each must be voided by hand.
    """
    found, undone = rebuild_ledger(config.company())
    rows = [
        {"kind": kind.value, "documents": number, "amount": found.found_amounts[kind]}
        for kind, number in sorted(found.found.items())
    ]
    doubled: list[dict[str, Any]] = [
        {
            "kind": document.kind,
            "id": document.qbo_id,
            "number": document.number,
            "date": document.date.isoformat(),
            "amount": document.amount,
            "location_id": document.location_id,
            "ticket_id": document.name,
        }
        for document in found.doubled
    ]
    if form == "json":
        foreign = dict(found.foreign)
        show_document(
            {"documents": rows, "known": found.known, "undone": undone, "doubled": doubled, "not_ours": foreign}
        )
    else:
        show(rows, _COLUMNS, form)
        for line in _told(found, undone):
            click.echo(line, err=True)
    if doubled:
        sys.exit(1)


def _told(found: Existing, undone: int) -> list[str]:
    lines = [f"{sum(found.found.values())} documents of ours entered in the ledger, {found.known} known already"]
    if undone:
        lines.append(f"{undone} tickets have voided documents only: they stay undone until they are resynced")
    lines += [
        f"stands twice: {document.kind} {document.number} (id {document.qbo_id}) of location {document.location_id} "
        f"ticket {document.name}: void one of the two by hand"
        for document in found.doubled
    ]
    if found.foreign:
        lines.append(f"not ours, left alone: {found.told()}")
    return lines
