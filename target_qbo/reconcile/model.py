"""What is compared: tickets as the till has them, documents as the ledger and as QuickBooks have them.

Amounts are decimals in the company's currency; dates are business dates. A month may have 100,000 of each: these are
small tuples.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, NamedTuple

from target_qbo.accounting import DocumentKind, PaymentMethod
from target_qbo.accounting.kinds import facts
from target_qbo.accounting.money import ZERO

if TYPE_CHECKING:
    import datetime as dt
    from decimal import Decimal

    from target_qbo.accounting.kinds import StrangerFacts
    from target_qbo.ledger.status import DocumentState, TicketStatus
    from target_qbo.posting.lines import Line

TicketKey = tuple[str, str]
"""Location and order id."""


class Verdict(StrEnum):
    """What the rules say of a ticket today. ``UNKNOWN``: found in QuickBooks, its record was never received."""

    CLEAN = "clean"
    DIRTY = "dirty"
    WAITING = "waiting"
    VOIDED = "voided"
    UNKNOWN = "unknown"


class Due(NamedTuple):
    """A document or payment that the rules want. ``number`` is a payment's key; documents keep theirs once posted.

    ``lines`` are its lines in order of size.
    """

    kind: DocumentKind
    number: str | None
    amount: Decimal
    method: str | None
    lines: tuple[Line, ...] = ()


class TillTicket(NamedTuple):
    """A ticket as the till has it, and what the ledger says became of it.

    ``date`` is that of its document, ``amount`` the signed total of its document; of a ticket that is not clean the
    till's own total, of a voided one nothing. ``reason`` is the rules' where they have one, else the ledger's.
    ``as_posted``: what stands was posted by today's rules and settings, as far as the ledger knows.
    """

    key: TicketKey
    number: str | None
    date: dt.date
    amount: Decimal
    verdict: Verdict
    due: tuple[Due, ...]
    status: TicketStatus
    pending: bool
    code: str | None
    reason: str | None
    as_posted: bool = True


class Entry(NamedTuple):
    """A document that the ledger wrote down."""

    ticket: TicketKey
    kind: DocumentKind
    number: str
    amount: Decimal
    date: dt.date
    method: str | None
    state: DocumentState
    qbo_id: str | None


class Booked(NamedTuple):
    """A document as QuickBooks has it; ``ticket`` is what its note says, None where it is not ours by its note.

    ``balance`` is what an invoice leaves open, ``unapplied`` what a payment pays nothing with, ``invoices`` the ids of
    the invoices that it pays, ``lines`` its lines in order of size.
    """

    kind: DocumentKind
    qbo_id: str
    number: str | None
    amount: Decimal
    date: dt.date
    method: str | None
    customer: str
    customer_name: str
    ticket: TicketKey | None
    voided: bool
    balance: Decimal = ZERO
    unapplied: Decimal = ZERO
    invoices: tuple[str, ...] = ()
    lines: tuple[Line, ...] = ()


class Stranger(NamedTuple):
    """A document of a kind that is never made here, and that stands on the guest customer.

    ``amount`` is what it adds to the sales of its day, ``received`` what it adds to the money received, by ``method``.
    """

    facts: StrangerFacts
    qbo_id: str
    number: str | None
    amount: Decimal
    received: Decimal
    date: dt.date
    method: str | None


class Unread(NamedTuple):
    """Documents that QuickBooks refused to show: of which kind, and why.

    ``lacking``: the company's plan has none of that kind, so that nothing is hidden.
    """

    facts: StrangerFacts
    reason: str
    lacking: bool


@dataclass(frozen=True, slots=True)
class Period:
    """Days, both included; with a location only what is of it."""

    first: dt.date
    last: dt.date
    location_id: str | None = None

    def holds(self, date: dt.date, location_id: str | None) -> bool:
        """Tell whether a document of that date and location is to be looked at."""
        return self.first <= date <= self.last and self.location_id in {None, location_id}


class Problem(NamedTuple):
    """Something that is not as it must be: one line for a person, a code for programs.

    ``kind``, ``qbo_id`` and ``document`` name the document in QuickBooks where it is about one.
    """

    code: str
    date: dt.date
    ticket: TicketKey | None
    number: str | None
    kind: str | None
    qbo_id: str | None
    document: str | None
    amount: Decimal
    text: str
    advice: str


class LeftOut(NamedTuple):
    """A ticket that is not in the books, or not as the till now has it, and why; ``amount`` is what they lack of it."""

    ticket: TillTicket
    status: str
    amount: Decimal
    code: str | None
    reason: str


def signed(kind: DocumentKind, amount: Decimal) -> Decimal:
    """Return what a document adds to the sales of its day: payments nothing, refund receipts less than nothing."""
    return facts(kind).sign * amount + ZERO if facts(kind).has_lines else ZERO


def received(kind: DocumentKind, amount: Decimal) -> Decimal:
    """Return what a document adds to the money received: a payment its amount, a refund receipt less than nothing."""
    return facts(kind).sign * amount + ZERO if facts(kind).has_method else ZERO


_METHODS = {method.value.casefold(): method.value for method in PaymentMethod}


def method_name(name: str | None) -> str | None:
    """Return a payment method as the rules write it: QuickBooks' own name may differ in case."""
    return None if name is None else _METHODS.get(name.casefold(), name)
