"""``franpos-qbo tickets``: what became of every ticket, and why."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from target_qbo.console.output import format_option, show
from target_qbo.ledger import documents
from target_qbo.ledger import tickets as stored
from target_qbo.ledger.status import TicketStatus

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Iterator

    from target_qbo.console.settings import ConsoleConfig
    from target_qbo.ledger import CompanyLedger

_COLUMNS = ("business_date", "location_id", "ticket_id", "number", "total", "status", "code", "reason")
_AT_ONCE = 500


@click.command()
@click.option(
    "--status",
    multiple=True,
    type=click.Choice([status.value for status in TicketStatus]),
    help="Only these; may be repeated.",
)
@click.option("--from", "first", type=click.DateTime(["%Y-%m-%d"]), help="First business day.")
@click.option("--to", "last", type=click.DateTime(["%Y-%m-%d"]), help="Last business day, included.")
@click.option("--location", help="Only of this Franpos location.")
@format_option
@click.pass_obj
def tickets(
    config: ConsoleConfig,
    status: tuple[str, ...],
    first: dt.datetime | None,
    last: dt.datetime | None,
    location: str | None,
    form: str,
) -> None:
    """List the tickets received, what was posted for them, and why one was skipped."""
    ledger = config.company().ledger
    chosen = stored.listing(
        ledger,
        status=[TicketStatus(name) for name in status],
        first=first.date() if first else None,
        last=last.date() if last else None,
        location_id=location,
    )
    show(_rows(ledger, chosen), _COLUMNS, form)


def _rows(ledger: CompanyLedger, chosen: Iterator[stored.TicketRow]) -> Iterator[dict[str, Any]]:
    some: list[stored.TicketRow] = []
    for ticket in chosen:
        some.append(ticket)
        if len(some) == _AT_ONCE:
            yield from _with_documents(ledger, some)
            some = []
    yield from _with_documents(ledger, some)


def _with_documents(ledger: CompanyLedger, some: list[stored.TicketRow]) -> Iterator[dict[str, Any]]:
    standing = documents.standing(ledger, [ticket.key for ticket in some])
    for ticket in some:
        yield {
            "location_id": ticket.location_id,
            "ticket_id": ticket.ticket_id,
            "number": ticket.number,
            "business_date": ticket.business_date.isoformat(),
            "total": ticket.total,
            "status": ticket.status.value,
            "code": ticket.code,
            "reason": ticket.reason,
            "documents": [
                {
                    "kind": document.kind,
                    "id": document.qbo_id,
                    "number": document.number,
                    "amount": document.amount,
                }
                for document in standing.get(ticket.key, [])
            ],
        }
