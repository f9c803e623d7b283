"""Tickets held against the documents that the ledger wrote down for them. Pure."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from target_qbo.accounting import DocumentKind
from target_qbo.accounting.money import ZERO
from target_qbo.ledger.status import TicketStatus
from target_qbo.reconcile.model import LeftOut, Problem, Verdict, signed

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from decimal import Decimal

    from target_qbo.reconcile.model import Entry, TillTicket

_NEXT_SYNC = "the next sync carries it into the books"
_RESYNC = "resync it"
_KEPT_OUT = frozenset((TicketStatus.SKIPPED, TicketStatus.WAITING, TicketStatus.UNDONE))


def of_ticket(ticket: TillTicket, own: Sequence[Entry]) -> Iterator[Problem]:
    """Name what is wrong between a ticket and its documents that the ledger has as posted."""
    match ticket.verdict:
        case Verdict.CLEAN if not own:
            yield _not_posted(ticket)
        case Verdict.CLEAN if not _right(ticket, own):
            yield _differs(ticket, own)
        case Verdict.UNKNOWN if own:
            yield _problem(
                ticket, own, "not_received", "its documents stand, but its record was never received", "use --refetch"
            )
        case Verdict.VOIDED if own:
            advice = _NEXT_SYNC if ticket.pending else _RESYNC
            yield _problem(ticket, own, "voided_at_till", "was voided at the till after it was posted", advice)
        case Verdict.DIRTY | Verdict.WAITING if own:
            yield _problem(
                ticket,
                own,
                "inconsistent",
                f"is not consistent at the till, but documents stand: {ticket.reason}",
                "correct it at the till, then sync its day",
            )
        case _:
            pass


def left_out(ticket: TillTicket, own: Sequence[Entry]) -> LeftOut | None:
    """Return a ticket that the books lack, or lack a change of, for a reason that the ledger knows; else None."""
    if own and ticket.pending:
        return None
    if ticket.verdict is Verdict.CLEAN and (ticket.pending or ticket.status not in _KEPT_OUT or _right(ticket, own)):
        return None
    if ticket.verdict in {Verdict.VOIDED, Verdict.UNKNOWN} and not (own and ticket.status is TicketStatus.SKIPPED):
        return None
    if ticket.status is TicketStatus.UNDONE or ticket.verdict is Verdict.CLEAN:
        status = ticket.status.value
    else:
        status = (TicketStatus.WAITING if ticket.verdict is Verdict.WAITING else TicketStatus.SKIPPED).value
    amount = ticket.amount - _stands(ticket, own)
    return LeftOut(ticket, status, amount, ticket.code, ticket.reason or "undone: it stays so until it is synced again")


def _right(ticket: TillTicket, own: Sequence[Entry]) -> bool:
    """Tell whether the documents are what the rules want today; a document keeps the number it was posted with."""
    wanted = [(one.kind, one.number, ticket.date, one.amount, one.method) for one in ticket.due]
    stands = [
        (
            one.kind,
            one.number if one.kind is DocumentKind.PAYMENT else None,
            one.date,
            one.amount,
            None if one.kind is DocumentKind.INVOICE else one.method,
        )
        for one in own
    ]
    return wanted == stands or Counter(wanted) == Counter(stands)


def _stands(ticket: TillTicket, own: Sequence[Entry]) -> Decimal:
    return sum((signed(one.kind, one.amount) for one in own if one.date == ticket.date), ZERO)


def _not_posted(ticket: TillTicket) -> Problem:
    reason = f": {ticket.reason}" if ticket.reason else ""
    if ticket.status is TicketStatus.UNDONE:
        return _problem(ticket, (), "undone", f"is clean and was undone{reason}", "sync its day to post it again")
    if ticket.status is TicketStatus.SKIPPED and not ticket.pending:
        return _problem(ticket, (), "skipped", f"is clean and was skipped{reason}", "put right what it says, resync it")
    return _problem(ticket, (), "not_posted", "is clean and not posted yet", "the next sync posts it")


def _differs(ticket: TillTicket, own: Sequence[Entry]) -> Problem:
    stands = sum((signed(one.kind, one.amount) for one in own), ZERO)
    figures = f" ({stands:,.2f} stands, {ticket.amount:,.2f} is right)" if stands != ticket.amount else ""
    if ticket.pending:
        text = f"was changed at the till after it was posted, or is half posted{figures}"
        return _problem(ticket, own, "changed_at_till", text, _NEXT_SYNC)
    if ticket.status is TicketStatus.SKIPPED:
        text = f"was changed at the till after it was posted, and skipped: {ticket.reason}{figures}"
        return _problem(ticket, own, "changed_at_till", text, _RESYNC)
    text = f"would be posted otherwise by today's settings{figures}"
    return _problem(ticket, own, "settings_differ", text, _RESYNC)


def _problem(ticket: TillTicket, own: Sequence[Entry], code: str, text: str, advice: str) -> Problem:
    document = next((one for one in own if one.kind is not DocumentKind.PAYMENT), None)
    return Problem(
        code,
        ticket.date,
        ticket.key,
        ticket.number,
        document.kind if document else None,
        document.qbo_id if document else None,
        document.number if document else None,
        ticket.amount,
        text,
        advice,
    )
