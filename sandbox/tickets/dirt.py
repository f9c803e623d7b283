"""Ways in which a sound sale goes wrong: what a target must skip (or wait for) and never post."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from typing import TYPE_CHECKING

from sandbox.tickets.model import CENT, Tender, to_cents

if TYPE_CHECKING:
    from collections.abc import Callable

    from sandbox.tickets.model import Ticket


def _retender(ticket: Ticket, *tenders: tuple[str, Decimal]) -> Ticket:
    """Give the ticket these tenders, with the ids and times of those it had."""
    first = ticket.tenders[0]
    made = tuple(
        Tender(first.payment_id + place, first.paid_at, method, amount)
        for place, (method, amount) in enumerate(tenders)
    )
    return replace(ticket, tenders=made)


def _with_first(ticket: Ticket, change: Decimal) -> Ticket:
    first, *others = ticket.tenders
    return replace(ticket, tenders=(replace(first, amount=first.amount + change), *others))


def unpaid(ticket: Ticket) -> Ticket:
    """Nobody paid."""
    return replace(ticket, tenders=())


def half_paid(ticket: Ticket) -> Ticket:
    """A cent more than half is missing."""
    return _retender(ticket, ("Cash", to_cents(ticket.total / 2) - CENT))


def cent_short(ticket: Ticket) -> Ticket:
    """One cent is missing."""
    return _with_first(ticket, -CENT)


def overpaid(ticket: Ticket) -> Ticket:
    """Five dollars too much."""
    return _with_first(ticket, Decimal(5))


def cent_over(ticket: Ticket) -> Ticket:
    """One cent too much."""
    return _with_first(ticket, CENT)


def wrong_price(ticket: Ticket) -> Ticket:
    """A line says another price than the total was made of."""
    first, *others = ticket.lines
    return replace(ticket, lines=(replace(first, price=first.price + 1, quantity=first.quantity + 1), *others))


def unlisted_charge(ticket: Ticket) -> Ticket:
    """The total holds something that no line, tax or tip says."""
    charged = replace(ticket, total=ticket.total + 1)
    return _with_first(charged, Decimal(1))


def no_lines(ticket: Ticket) -> Ticket:
    """The lines are gone, the total is not."""
    return replace(ticket, lines=(), order_discount=Decimal(0))


def card_never_charged(ticket: Ticket) -> Ticket:
    """More was paid back on cards than was charged to them."""
    return _retender(ticket, ("Visa", Decimal(5)), ("Cash", ticket.total + 15), ("MasterCard", Decimal(-20)))


def cash_back_on_card(ticket: Ticket) -> Ticket:
    """Cash back on a card: there is no cash to net it with."""
    return _retender(ticket, ("Debit", ticket.total + 20), ("Cash", Decimal(-20)))


def too_many_points(ticket: Ticket) -> Ticket:
    """More points than the ticket is worth, the rest paid out: the document would be negative."""
    return _retender(ticket, ("Reward Points", ticket.total + 5), ("Cash", Decimal(-5)))


DIRT: tuple[tuple[str, Callable[[Ticket], Ticket]], ...] = (
    ("unpaid", unpaid),
    ("lines_mismatch", wrong_price),
    ("overpaid", overpaid),
    ("negative_tender", card_never_charged),
    ("negative_document", too_many_points),
    ("unpaid", half_paid),
    ("lines_mismatch", unlisted_charge),
    ("overpaid", cent_over),
    ("negative_tender", cash_back_on_card),
    ("lines_mismatch", no_lines),
    ("unpaid", cent_short),
)
"""What is wrong (the code in the truth) and how it is done; each is for a paid sale with a total above zero."""


def spoil(ticket: Ticket, which: int) -> Ticket:
    """Make a paid sale with a total above zero dirty, in the `which`th way."""
    return DIRT[which % len(DIRT)][1](ticket)
