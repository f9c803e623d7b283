"""What the rules decide: documents to post, or why there are none."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import datetime as dt
    from decimal import Decimal

    from target_qbo.accounting.items import ItemKey
    from target_qbo.accounting.tender_names import PaymentMethod


@dataclass(frozen=True, slots=True)
class DocumentLine:
    """A line of an invoice or refund receipt: ``amount`` is ``quantity`` × ``unit_price`` to the cent."""

    item: ItemKey
    quantity: Decimal
    unit_price: Decimal
    amount: Decimal
    description: str


@dataclass(frozen=True, slots=True)
class Payment:
    """A Payment on an invoice. ``key`` is its ``PaymentRefNum``: ours alone, the same for ever."""

    key: str
    method: PaymentMethod
    amount: Decimal
    note: str


class DocumentKind(StrEnum):
    """The documents of a ticket (accounting rules, Given 6 and 7)."""

    INVOICE = "invoice"
    REFUND_RECEIPT = "refund_receipt"
    PAYMENT = "payment"


@dataclass(frozen=True, slots=True)
class Document:
    """An invoice with its payments, or a refund receipt.

    Attributes:
        kind: ``INVOICE`` or ``REFUND_RECEIPT``.
        number: The ``DocNumber``: unique over shops and tills, the same for ever.
        date: The ticket's business date, also for its payments.
        lines: At least one.
        total: Sum of the lines, never negative.
        note: The ``PrivateNote`` by which the document is known as this ticket's.
        payments: Of an invoice; they add up to ``total``.
        method: Of a refund receipt: the method of its largest tender; None where nothing was paid out.
        unmapped: Tenders whose name no map and no rule knows: the till's name, and the signed amount. For people; it
            changes nothing of what is posted.
    """

    kind: DocumentKind
    number: str
    location_id: str
    date: dt.date
    lines: tuple[DocumentLine, ...]
    total: Decimal
    note: str
    payments: tuple[Payment, ...] = ()
    method: PaymentMethod | None = None
    unmapped: tuple[tuple[str, Decimal], ...] = ()


@dataclass(frozen=True, slots=True)
class Skipped:
    """Not to be posted: a code for programs and a reason for the bookkeeper."""

    code: str
    reason: str


@dataclass(frozen=True, slots=True)
class Waiting:
    """Not yet complete: to be looked at again when rows come in, at the latest at ``until`` (UTC)."""

    reason: str
    until: dt.datetime


@dataclass(frozen=True, slots=True)
class Voided:
    """Cancelled at the till: nothing of it stands in the books."""


Decision = Document | Skipped | Waiting | Voided
