"""What a sync would post now, without posting it and without leaving a trace."""

from __future__ import annotations

import contextlib
import datetime as dt
import tempfile
from dataclasses import replace
from itertools import islice
from typing import TYPE_CHECKING, Any, TextIO

from target_qbo.accounting import DocumentKind
from target_qbo.desk.receiving import receive
from target_qbo.ledger import again, open_ledger, units
from target_qbo.ledger.lifecycle import UNITS, UnitEvent
from target_qbo.ledger.reading import Choice, known, open_to_read, to_decide
from target_qbo.ledger.status import TicketStatus
from target_qbo.posting.preview import Preview, Totals, merged, preview

if TYPE_CHECKING:
    from collections.abc import Iterator

    from target_qbo.company import Company
    from target_qbo.ledger import CompanyLedger
    from target_qbo.ledger.units import UnitView
    from target_qbo.settings import Settings

_AT_ONCE = 200


@contextlib.contextmanager
def previews(
    settings: Settings, choice: Choice, totals: Totals, messages: TextIO | None = None
) -> Iterator[Iterator[Preview]]:
    """Preview tickets, one after the other as they are asked for.

    Args:
        settings: The target's.
        choice: Which tickets.
        totals: Gathers what they come to.
        messages: A tap's messages, to be looked at instead of what is pending in the ledger.

    Raises:
        InputError: The messages do not satisfy the record contract.
        TargetError: The ledger can't be read.
    """
    ledger = open_to_read(settings.ledger_url, environment=settings.environment, realm_id=settings.realm_id)
    with contextlib.ExitStack() as stack:
        if messages is not None:
            chosen = _from_messages(stack.enter_context(_received(messages)), ledger, choice)
        else:
            chosen = to_decide(ledger, choice) if ledger is not None else iter(())
        yield _previews(chosen, settings, totals)


def of_received(received: CompanyLedger, company: Company, totals: Totals) -> Iterator[Preview]:
    """Preview the tickets of another ledger as if this company received them.

    Args:
        received: Where they were received.
        company: The company.
        totals: Gathers what they come to.
    """
    return _previews(_from_messages(received, company.ledger, Choice()), company.settings, totals)


def _previews(chosen: Iterator[UnitView], settings: Settings, totals: Totals) -> Iterator[Preview]:
    for ticket in chosen:
        one = preview(ticket, settings.rules, on_change=settings.on_change, now=dt.datetime.now(dt.UTC))
        totals.add(one)
        yield one


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


def _from_messages(received: CompanyLedger, ledger: CompanyLedger | None, choice: Choice) -> Iterator[UnitView]:
    """Yield the received tickets with what the company's own ledger knows of them."""
    tickets = to_decide(received, choice)
    while some := list(islice(tickets, _AT_ONCE)):
        keys = [_key(ticket) for ticket in some]
        before = known(ledger, keys) if ledger is not None else {}
        for key, ticket in zip(keys, some, strict=True):
            yield merged(ticket, before.get(key))


def _key(ticket: UnitView) -> tuple[str, str]:
    return ticket.record["location_id"], ticket.record["ticket_id"]


def of_resync(company: Company, key: int) -> Preview | None:
    """Return what a resync would do with a ticket, as far as the ledger knows; None where its record never came."""
    view = units.whole(company.ledger, [key])[key]
    if not view.record:
        return None
    stands = UNITS[UnitEvent.INSISTED][view.stands] if view.code == again.CHANGED else view.stands
    status = TicketStatus.RECEIVED if view.status is TicketStatus.UNDONE else view.status
    asked = replace(view, pending=True, status=status, stands=stands)
    settings = company.settings
    return preview(asked, settings.rules, on_change=settings.on_change, now=dt.datetime.now(dt.UTC))


def as_record(one: Preview) -> dict[str, Any]:
    """Return a preview as plain values; amounts are decimals, dates are texts."""
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
