"""Documents held against each other: what the ledger wrote down, and what QuickBooks holds. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING

from target_qbo.accounting import DocumentKind
from target_qbo.accounting.money import ZERO
from target_qbo.ledger.status import DocumentState, TicketStatus
from target_qbo.posting.lines import other_lines, strange_lines
from target_qbo.reconcile.model import Problem

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
    from decimal import Decimal

    from target_qbo.reconcile.model import Booked, Entry, Period, Stranger, TicketKey, TillTicket, Unread

_ANEW = "resync the ticket to make it anew, or undo it"
_RESYNC = "resync the ticket to put it right, or correct it in QuickBooks"
_CORRECT = "correct it in QuickBooks"


def of_entries(
    period: Period,
    entries: Sequence[Entry],
    found: Mapping[tuple[DocumentKind, str], Booked],
    customers: Collection[str],
) -> Iterator[Problem]:
    """Name what the ledger wrote down and QuickBooks has no longer, or has otherwise.

    Args:
        period: The days that are looked at.
        entries: The ledger's documents.
        found: QuickBooks' documents by kind and id.
        customers: Ids of the guest customer.
    """
    for entry in entries:
        booked = found.get((entry.kind, entry.qbo_id or ""))
        if entry.state is DocumentState.SENDING and period.holds(entry.date, entry.ticket[0]):
            yield _entry(entry, "open", "was sent and never answered", "the next sync looks up whether it stands")
        if entry.state is not DocumentState.POSTED:
            continue
        if booked is None:
            if period.holds(entry.date, entry.ticket[0]):
                yield _entry(entry, "deleted", "was deleted in QuickBooks", _ANEW)
        elif booked.voided:
            yield _entry(entry, "voided", "was voided in QuickBooks", _ANEW)
        elif changes := list(_changes(entry, booked, customers)):
            yield _entry(entry, "changed", f"was changed in QuickBooks: {'; '.join(changes)}", _RESYNC)


def of_books(
    booked: Sequence[Booked],
    entries: Sequence[Entry],
    by_id: Mapping[tuple[DocumentKind, str], Entry],
    found: Mapping[tuple[DocumentKind, str], Booked],
) -> Iterator[Problem]:
    """Name what is wrong with documents that stand in QuickBooks, whoever made them.

    Args:
        booked: The guest customer's documents in the period, voided ones left out.
        entries: The ledger's documents.
        by_id: Those of them that stand, by kind and id.
        found: QuickBooks' documents by kind and id, those on other days too.
    """
    strangers = _Strangers(entries, {key for key, one in found.items() if not one.voided})
    invoices = {one.qbo_id: one.ticket for one in by_id.values() if one.kind is DocumentKind.INVOICE}
    invoices |= {one.qbo_id: one.ticket for one in booked if one.kind is DocumentKind.INVOICE and one.ticket}
    for one in sorted(booked, key=lambda row: (row.kind, row.qbo_id)):
        entry = by_id.get((one.kind, one.qbo_id))
        if entry is None:
            yield from strangers.judge(one)
        yield from _open_ends(one, entry.ticket if entry is not None else one.ticket, invoices)


def of_lines(
    tickets: Sequence[TillTicket],
    by_ticket: Mapping[TicketKey, Sequence[Entry]],
    found: Mapping[tuple[DocumentKind, str], Booked],
) -> Iterator[Problem]:
    """Name documents whose lines are not the till's though their total is: income would stand on other accounts.

    What was posted by other rules or settings than today's is looked at only for lines on items that are none of ours.
    """
    for ticket in tickets:
        if ticket.status != TicketStatus.POSTED or ticket.pending or not ticket.due:
            continue
        wanted = ticket.due[0]
        for entry in by_ticket.get(ticket.key, ()):
            booked = found.get((entry.kind, entry.qbo_id or ""))
            if booked is None or booked.voided or (booked.kind, booked.amount) != (wanted.kind, wanted.amount):
                continue
            if not ticket.as_posted:
                if (told := strange_lines(wanted.lines, booked.lines)) is not None:
                    yield _entry(entry, "changed", f"was changed in QuickBooks: lines to {told}", _CORRECT)
            elif (told := other_lines(wanted.lines, booked.lines)) is not None:
                yield _entry(entry, "changed", f"was changed in QuickBooks: lines from {told}", _RESYNC)


def of_strangers(strangers: Iterable[Stranger]) -> Iterator[Problem]:
    """Name documents of the guest customer of kinds that are never made here: the same sales may be in them."""
    for one in strangers:
        yield _stranger(one.facts.kind, one.date, one.qbo_id, one.number, abs(one.amount))


def of_unread(period: Period, unread: Iterable[Unread]) -> Iterator[Problem]:
    """Name kinds of documents that QuickBooks refused to show: what was not read is not proven."""
    for one in unread:
        if not one.lacking:
            text = f"the guest customer's {one.facts.plural} could not be read: {one.reason}"
            advice = "whether sales are in them nobody knows: reconcile again once QuickBooks shows them"
            yield Problem("not_read", period.first, None, None, None, None, None, ZERO, text, advice)


def _stranger(kind: str, date: dt.date, qbo_id: str, number: str | None, amount: Decimal) -> Problem:
    text = f"of {amount:,.2f} is the guest customer's, but not ours"
    advice = "see whether the same sales are in it"
    return Problem("not_ours", date, None, None, kind, qbo_id, number, amount, text, advice)


class _Strangers:
    """Judges documents that the ledger does not have as posted."""

    def __init__(self, entries: Sequence[Entry], standing: Collection[tuple[DocumentKind, str]]) -> None:
        posted = [one for one in entries if one.state is DocumentState.POSTED and (one.kind, one.qbo_id) in standing]
        self._taken = {_place(entry.kind, entry.ticket, entry.number) for entry in posted}
        self._in_doubt = {(one.kind, one.number) for one in entries if one.state is DocumentState.SENDING}
        self._taken_back = {(one.kind, one.qbo_id) for one in entries if one.state is DocumentState.VOIDED}

    def judge(self, one: Booked) -> Iterator[Problem]:
        if one.ticket is None:
            yield _stranger(one.kind, one.date, one.qbo_id, one.number, one.amount)
            return
        place = _place(one.kind, one.ticket, one.number)
        if place in self._taken:
            yield _booked(one, "duplicate", "is a second one beside the one that we posted", "void it in QuickBooks")
        elif (one.kind, one.number) in self._in_doubt:
            pass  # the ledger's own row says so
        elif (one.kind, one.qbo_id) in self._taken_back:
            yield _booked(one, "unknown", "stands, but the ledger has it as taken back", "void it in QuickBooks")
        else:
            yield _booked(
                one,
                "unknown",
                "is ours, but the ledger does not know it",
                "franpos-qbo rebuild enters it in the ledger, where it is right; else void it in QuickBooks",
            )
        self._taken.add(place)


def _place(kind: DocumentKind, ticket: TicketKey, number: str | None) -> tuple[TicketKey, str]:
    """Return what only one document may have: a ticket one invoice or refund receipt, a tender one payment."""
    return ticket, (number or "") if kind is DocumentKind.PAYMENT else ""


def _open_ends(one: Booked, ticket: TicketKey | None, invoices: Mapping[str | None, TicketKey]) -> Iterator[Problem]:
    if one.balance and ticket is not None:
        yield _booked(
            one, "open_invoice", f"is not paid: {one.balance:,.2f} is open", "resync the ticket to pay it", ticket
        )
    if one.unapplied:
        yield _booked(
            one,
            "unapplied",
            f"is open credit: {one.unapplied:,.2f} of it pays no invoice",
            "resync the ticket to put it right" if ticket else "apply or void it in QuickBooks",
            ticket,
        )
    astray = [invoice for invoice in one.invoices if invoices.get(invoice) != ticket]
    if astray and ticket is not None:
        yield _booked(
            one,
            "misapplied",
            f"pays invoice id {', '.join(astray)}, which is not its ticket's",
            "resync the ticket to put it right",
            ticket,
        )


def _changes(entry: Entry, booked: Booked, customers: Collection[str]) -> Iterator[str]:
    if booked.amount != entry.amount:
        yield f"amount from {entry.amount:,.2f} to {booked.amount:,.2f}"
    if booked.date != entry.date:
        yield f"date from {entry.date} to {booked.date}"
    if customers and booked.customer not in customers:
        yield f"customer to {booked.customer_name or booked.customer}"
    if booked.number != entry.number:
        yield f"number from {entry.number} to {booked.number or 'none'}"
    if booked.ticket != entry.ticket:
        said = "no ticket" if booked.ticket is None else f"location {booked.ticket[0]} order {booked.ticket[1]}"
        yield f"note, which now names {said}"
    if entry.kind is not DocumentKind.INVOICE and booked.method != entry.method:
        yield f"payment method from {entry.method or 'none'} to {booked.method or 'none'}"


def _entry(entry: Entry, code: str, what: str, advice: str) -> Problem:
    return Problem(
        code, entry.date, entry.ticket, None, entry.kind, entry.qbo_id, entry.number, entry.amount, what, advice
    )


def _booked(one: Booked, code: str, what: str, advice: str, ticket: TicketKey | None = None) -> Problem:
    key = ticket or one.ticket
    return Problem(code, one.date, key, None, one.kind, one.qbo_id, one.number, one.amount, what, advice)
