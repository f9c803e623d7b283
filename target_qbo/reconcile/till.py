"""What the ledger has of a period, as the comparison takes it: its tickets decided by the rules of today."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING, Any

from target_qbo.accounting import Document, DocumentKind, Ticket, Voided, Waiting, decide_records
from target_qbo.accounting.decide import business_date
from target_qbo.accounting.money import ZERO
from target_qbo.ledger import proof
from target_qbo.ledger.status import DocumentState, TicketStatus
from target_qbo.posting.lines import wanted_lines
from target_qbo.posting.plan import fingerprint
from target_qbo.reconcile.model import Due, Entry, Period, TillTicket, Verdict, method_name, signed

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from target_qbo.accounting import Rules
    from target_qbo.ledger import CompanyLedger
    from target_qbo.reconcile.remembered import DecidedDays


def decided(
    ledger: CompanyLedger, period: Period, rules: Rules, now: dt.datetime, known: DecidedDays
) -> Iterator[TillTicket]:
    """Yield the tickets whose documents are, or would be, dated in a period.

    Args:
        ledger: The company's ledger.
        period: The days.
        rules: The company's choices.
        now: The present moment, with a time zone; it ends the wait for late tenders.
        known: Keeps the days that were decided before.
    """
    # Where a business day begins late, a ticket's document may be dated the day before.
    spare = dt.timedelta(days=0 if rules.business_day_start == dt.time(0) else 1)
    of_rules = repr(rules).encode()
    for day in proof.days(ledger, period.first, period.last + spare, period.location_id):
        mark = of_rules + day.mark
        tickets = known.get(day.date, period.location_id, mark)
        if tickets is None:
            tickets = [_till_ticket(one, rules, now) for one in day.received()]
            if all(ticket.verdict is not Verdict.WAITING for ticket in tickets):  # what waits changes with time
                known.put(day.date, period.location_id, mark, tickets)
        yield from (ticket for ticket in tickets if period.holds(ticket.date, ticket.key[0]))


def entries(rows: Iterable[Sequence[Any]]) -> list[Entry]:
    """Return documents of the ledger as the comparison takes them."""
    return [
        Entry(
            (location_id, ticket_id),
            DocumentKind(kind),
            number,
            amount,
            date,
            method_name(method),
            DocumentState(state),
            qbo_id,
        )
        for location_id, ticket_id, kind, number, amount, date, method, state, qbo_id in rows
    ]


def _till_ticket(one: proof.Received, rules: Rules, now: dt.datetime) -> TillTicket:
    row = one.row

    def as_ticket(date: dt.date, verdict: Verdict, reason: str | None, code: str | None) -> TillTicket:
        amount = ZERO if verdict in {Verdict.VOIDED, Verdict.UNKNOWN} else row.total
        return TillTicket(
            (row.location_id, row.ticket_id),
            row.number,
            date,
            amount,
            verdict,
            (),
            TicketStatus(row.status),
            row.pending,
            code,
            reason,
        )

    if one.record is None:
        return as_ticket(row.business_date, Verdict.UNKNOWN, row.reason, row.code)
    decision = decide_records(one.record, one.payments, one.discounts, rules, now)
    if isinstance(decision, Document):
        return as_ticket(decision.date, Verdict.CLEAN, row.reason, row.code)._replace(
            amount=signed(decision.kind, decision.total),
            due=_due(decision),
            as_posted=row.fingerprint == fingerprint(decision),
        )
    try:
        date = business_date(Ticket.from_record(one.record), rules)
    except (OverflowError, ValueError):
        date = row.business_date
    undone = row.reason if row.status == TicketStatus.UNDONE else None
    if isinstance(decision, Voided):
        return as_ticket(date, Verdict.VOIDED, row.reason, row.code)
    if isinstance(decision, Waiting):
        return as_ticket(date, Verdict.WAITING, undone or decision.reason, None)
    return as_ticket(date, Verdict.DIRTY, undone or decision.reason, decision.code)


def _due(document: Document) -> tuple[Due, ...]:
    paid = tuple(Due(DocumentKind.PAYMENT, one.key, one.amount, one.method.value) for one in document.payments)
    method = None if document.method is None else document.method.value
    return (Due(document.kind, None, document.total, method, wanted_lines(document)), *paid)
