"""The proof: whatever differs between till, ledger and books is named, and the figures are put side by side.

Pure: tickets, ledger entries and QuickBooks' documents in, problems and figures out.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING

from target_qbo.accounting import DocumentKind
from target_qbo.ledger.status import DocumentState
from target_qbo.reconcile.documents import of_books, of_entries, of_lines, of_strangers, of_unread
from target_qbo.reconcile.figures import Row, Sums, total
from target_qbo.reconcile.model import Problem, received, signed
from target_qbo.reconcile.tickets import left_out, of_ticket

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping, Sequence

    from target_qbo.reconcile.model import Booked, Due, Entry, LeftOut, Period, Stranger, TicketKey, TillTicket, Unread

Identity = tuple[DocumentKind, str]
"""Kind and id of a document in QuickBooks."""


@dataclass(frozen=True, slots=True)
class Proof:
    """What a comparison came to.

    Attributes:
        days: Sums by day and location: invoices less refund receipts.
        methods: Sums by day, location and method: payments less refund receipts; of the till, clean tickets' only.
        problems: All that is not as it must be.
        left_out: Tickets that the books lack for a reason that the ledger knows.
        tickets: How many tickets of the period the ledger has.
    """

    days: list[Row]
    methods: list[Row]
    problems: list[Problem]
    left_out: list[LeftOut]
    tickets: int

    @property
    def totals(self) -> Row:
        """The days added up."""
        return total(self.days)

    @property
    def agrees(self) -> bool:
        """Whether there is no problem and every figure agrees."""
        return not self.problems and all(row.agrees for row in (*self.days, *self.methods))


def prove(
    period: Period,
    tickets: Sequence[TillTicket],
    entries: Sequence[Entry],
    booked: Sequence[Booked],
    elsewhere: Sequence[Booked],
    customers: Collection[str],
    strangers: Sequence[Stranger] = (),
    unread: Sequence[Unread] = (),
) -> Proof:
    """Compare a period.

    Args:
        period: The days, and the location if only one is to be looked at.
        tickets: Its tickets.
        entries: Documents that the ledger has: those of these tickets, those dated in the period, and those that have
            the id of a document of ``booked``.
        booked: The guest customer's documents in QuickBooks that are dated in the period.
        elsewhere: Documents that the ledger dates in the period and that are not among ``booked``, as far as QuickBooks
            still has them.
        customers: Ids of the guest customer; none where there is none.
        strangers: The guest customer's documents of kinds that are never made here.
        unread: Such kinds that QuickBooks refused to show.
    """
    standing = [entry for entry in entries if entry.state is DocumentState.POSTED]
    by_id: dict[Identity, Entry] = {(one.kind, one.qbo_id): one for one in standing if one.qbo_id is not None}
    ours = [one for one in booked if _looked_at(period, one, by_id)]
    found: dict[Identity, Booked] = {(one.kind, one.qbo_id): one for one in (*elsewhere, *booked)}
    problems = [
        *of_entries(period, entries, found, customers),
        *of_books([one for one in ours if not one.voided], entries, by_id, found),
    ]
    by_ticket: defaultdict[TicketKey, list[Entry]] = defaultdict(list)
    for entry in standing:
        by_ticket[entry.ticket].append(entry)
    known = {ticket.key for ticket in tickets}
    out = []
    for ticket in tickets:
        own = by_ticket.get(ticket.key, [])
        problems += of_ticket(ticket, own)
        if (one := left_out(ticket, own)) is not None:
            out.append(one)
    problems += of_lines(tickets, by_ticket, found)
    problems += of_strangers(strangers)
    problems += of_unread(period, unread)
    problems += _of_other_days(period, by_ticket, known)
    problems.sort(key=lambda one: (one.date, one.ticket or ("", ""), one.code))
    days, methods = _sums(period, tickets, standing, ours, by_id, by_ticket, out, strangers)
    return Proof(days, methods, problems, out, len(tickets))


def location_of(one: Booked, by_id: Mapping[Identity, Entry]) -> str | None:
    """Return the location of a document in QuickBooks: its note's, else the one under which the ledger has its id."""
    if one.ticket is not None:
        return one.ticket[0]
    entry = by_id.get((one.kind, one.qbo_id))
    return entry.ticket[0] if entry is not None else None


def _looked_at(period: Period, one: Booked, by_id: Mapping[Identity, Entry]) -> bool:
    return period.holds(one.date, location_of(one, by_id))


def _of_other_days(
    period: Period, by_ticket: Mapping[TicketKey, Sequence[Entry]], known: set[TicketKey]
) -> Iterable[Problem]:
    """Name documents in the period whose tickets the till has on another day: their date was changed there since."""
    for key, own in by_ticket.items():
        if key in known:
            continue
        for entry in own:
            if entry.kind is not DocumentKind.PAYMENT and period.holds(entry.date, key[0]):
                yield Problem(
                    "other_day",
                    entry.date,
                    key,
                    None,
                    entry.kind,
                    entry.qbo_id,
                    entry.number,
                    entry.amount,
                    "the till now has its ticket on a day outside of the period",
                    "the next sync moves it, if the ticket is pending; else resync it",
                )


def _sums(
    period: Period,
    tickets: Sequence[TillTicket],
    standing: Sequence[Entry],
    ours: Sequence[Booked],
    by_id: Mapping[Identity, Entry],
    by_ticket: Mapping[TicketKey, Sequence[Entry]],
    out: Sequence[LeftOut],
    others: Sequence[Stranger],
) -> tuple[list[Row], list[Row]]:
    days, methods = Sums(), Sums()
    for ticket in tickets:
        if ticket.amount:
            days.add("till", ticket.date, ticket.key[0], None, ticket.amount)
        for due in ticket.due:
            _add_money(methods, "till", ticket, due, 1)
    for one in out:
        days.add("left_out", one.ticket.date, one.ticket.key[0], None, one.amount)
        _add_lacking(methods, one.ticket, by_ticket.get(one.ticket.key, ()))
    for entry in standing:
        if period.holds(entry.date, entry.ticket[0]):
            _add(days, methods, "ledger", entry.ticket[0], entry)
    for booked in ours:
        if not booked.voided:
            _add(days, methods, "books", location_of(booked, by_id), booked)
    _add_strangers(days, methods, others)
    return days.rows(), methods.rows()


def _add_strangers(days: Sums, methods: Sums, others: Iterable[Stranger]) -> None:
    for one in others:
        days.add("books", one.date, None, None, one.amount)
        if one.received:
            methods.add("books", one.date, None, one.method, one.received)


def _add_lacking(methods: Sums, ticket: TillTicket, own: Iterable[Entry]) -> None:
    """Add what the books lack of a ticket that is left out: what is due less what stands for it."""
    for due in ticket.due:
        _add_money(methods, "left_out", ticket, due, 1)
    for entry in own:
        if entry.date == ticket.date:
            _add_money(methods, "left_out", ticket, entry, -1)


def _add_money(methods: Sums, column: str, ticket: TillTicket, one: Due | Entry, sign: int) -> None:
    if money := received(one.kind, one.amount):
        methods.add(column, ticket.date, ticket.key[0], one.method, sign * money)


def _add(days: Sums, methods: Sums, column: str, location_id: str | None, one: Entry | Booked) -> None:
    if one.kind is not DocumentKind.PAYMENT:
        days.add(column, one.date, location_id, None, signed(one.kind, one.amount))
    if money := received(one.kind, one.amount):
        methods.add(column, one.date, location_id, one.method, money)
