"""Tickets by the names that people know, and in full: from the till, in QuickBooks, what happened, what to do."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from target_qbo.accounting.kinds import facts
from target_qbo.errors import NotThereError
from target_qbo.ledger import listing, units
from target_qbo.ledger.status import DocumentState, TicketStatus
from target_qbo.ledger.tables import documents, tickets
from target_qbo.said import Said

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Iterator, Sequence

    from target_qbo.company import Company
    from target_qbo.ledger import CompanyLedger

Row = dict[str, Any]

_SITES = {"production": "https://app.qbo.intuit.com/app", "sandbox": "https://app.sandbox.qbo.intuit.com/app"}
_PAGES = {"invoice": "invoice", "payment": "recvpayment", "refund_receipt": "refundreceipt"}
_AT_ONCE = 200
_PAST = (DocumentState.VOIDED, DocumentState.LIFTED)
_RESYNC = "then: franpos-qbo resync"
ADVICE = {
    "unpaid": "Complete the payment at the till; the next sync posts it. The till keeps it open until then.",
    "overpaid": "Correct the payments at the till: they are more than the total. The next sync posts it.",
    "lines_mismatch": "The lines do not add up to the total: correct the ticket at the till; the next sync posts it.",
    "negative_document": "More points or balance were spent than was sold: correct the ticket at the till.",
    "negative_tender": "Money was given back on a sale by something else than cash: correct it at the till, or enter "
    "it by hand in QuickBooks.",
    "changed": "The settings leave later changes alone (on_change). To carry this one into the books: franpos-qbo "
    "resync, with its order id.",
    "changed_inconsistent": "It was changed at the till and does not add up any more: correct it there; the next sync "
    "brings the books up to date.",
    "altered": f"Correct the document in QuickBooks, or delete it there to have it made again, {_RESYNC}.",
    "gone": "Its document was voided or deleted in QuickBooks. To have it made again: franpos-qbo resync.",
    "paid_otherwise": f"Delete the payment that is not ours in QuickBooks, or take it off the invoice, {_RESYNC}.",
    "unanswered": f"What is sent for it gets no answer though others do: correct what the reason names, {_RESYNC}.",
    "qbo_http_413": "It has too many lines for QuickBooks in one document: divide it at the till, or enter it by hand.",
    "qbo_6210": f"The period is closed in QuickBooks: open it (Settings, Account and settings, Advanced), {_RESYNC}.",
    "qbo_6540": f"Take the payment off its bank deposit in QuickBooks, {_RESYNC}.",
    "qbo_5020": f"The QuickBooks plan lacks a feature: see franpos-qbo check, {_RESYNC}.",
    "before_inventory_start": f"Set the start date of the inventory item back in QuickBooks, {_RESYNC}.",
    "unavailable": f"Something the document needs can't be had in QuickBooks: see franpos-qbo check, {_RESYNC}.",
    "total_differs": f"QuickBooks adds a tax or a discount of its own: see franpos-qbo check, {_RESYNC}.",
}
BY_STATUS = {
    TicketStatus.RECEIVED: "It was received and is posted by the next sync.",
    TicketStatus.WAITING: "It waits for its payments; nothing is to be done yet.",
    TicketStatus.POSTING: "It is half done in QuickBooks; the next sync goes on with it.",
    TicketStatus.UNDONE: "It was taken back. To post it again: franpos-qbo resync.",
    TicketStatus.SKIPPED: "Put right what the reason says, then: franpos-qbo resync.",
}


def keys_named(ledger: CompanyLedger, names: Sequence[str], location_id: str | None) -> list[int]:
    """Return the keys of tickets by order ids or receipt numbers; where shops share one, all that have it.

    Raises:
        NotThereError: There is no such ticket.
    """
    found = listing.named(ledger, names, location_id)
    unknown = [name for name, keys in found.items() if not keys]
    if unknown:
        where = f" of location {location_id}" if location_id is not None else ""
        raise NotThereError(f"no ticket{where} with order id or receipt number {', '.join(unknown)} was received")
    return listing.in_order(ledger, (key for keys in found.values() for key in keys))


def in_full(company: Company, keys: Sequence[int]) -> Iterator[Row]:
    """Yield tickets in full, a few hundred in a read.

    Args:
        company: The company.
        keys: The tickets, in order.

    Yields:
        What :func:`target_qbo.ledger.listing.rows` tells, and ``voided_documents``, ``what_to_do``, ``record``,
        ``payments``, ``discounts`` and ``history``; each document with a ``link`` to QuickBooks.
    """
    for start in range(0, len(keys), _AT_ONCE):
        yield from _in_full(company.ledger, keys[start : start + _AT_ONCE], company.settings.environment)


def _in_full(ledger: CompanyLedger, keys: Sequence[int], environment: str) -> list[Row]:
    rows = dict(zip(keys, listing.rows_of(ledger, keys), strict=True))
    records = units.whole(ledger, keys)
    every = documents.c.unit.in_([view.key for view in records.values()])
    with ledger.read() as connection:
        kept = connection.execute(sa.select(documents).where(every).order_by(documents.c.id)).all()
        updated = dict(
            connection.execute(sa.select(tickets.c.id, tickets.c.updated_at).where(tickets.c.id.in_(keys))).all()
        )
    for key, row in rows.items():
        own = [document for document in kept if document.unit == records[key].key]
        standing = [document for document in own if document.state not in _PAST]
        row["documents"] = [_document(document, environment) for document in standing]
        row["voided_documents"] = [_document(one, environment) for one in own if one.state in _PAST]
        row["what_to_do"] = advice(row["status"], row["code"])
        row["record"] = records[key].record or None
        row["payments"] = records[key].payments
        row["discounts"] = records[key].discounts
        row["history"] = _history(own, updated[key], row["status"])
    return list(rows.values())


def _document(document: sa.Row[Any], environment: str) -> Row:
    link = None
    if document.qbo_id is not None:
        link = f"{_SITES[environment]}/{_PAGES[document.kind]}?txnId={document.qbo_id}"
    return {
        "kind": document.kind,
        "id": document.qbo_id,
        "number": document.number,
        "amount": document.amount,
        "date": document.date.isoformat(),
        "method": document.method,
        "state": document.state,
        "link": link,
    }


def advice(status: str, code: str | None) -> str | None:
    """Tell what to do about a ticket, given its status and why it is skipped; None: nothing is."""
    if status == TicketStatus.SKIPPED and code in ADVICE:
        return ADVICE[code]
    return BY_STATUS.get(TicketStatus(status))


def _history(own: Sequence[sa.Row[Any]], updated: dt.datetime, status: str) -> list[Row]:
    events: list[tuple[dt.datetime, str]] = [(updated, Said("ticket {status}", status=Said(status)))]
    for document in own:
        kind, number = Said(facts(document.kind).word), document.number
        if document.sent_at is not None:
            events.append((document.sent_at, Said("{kind} {number} sent", kind=kind, number=number)))
        if document.posted_at is not None:
            events.append((document.posted_at, Said("{kind} {number} posted", kind=kind, number=number)))
    return [{"at": at.isoformat(timespec="seconds"), "what": what} for at, what in sorted(events)]
