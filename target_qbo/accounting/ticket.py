"""A ticket as the rules see it, read from the records of the contract (``schemas/``)."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping


@dataclass(frozen=True, slots=True)
class Line:
    """A sold or returned line; ``amount`` is gross, signed, before discounts."""

    line_id: str
    is_product: bool
    sku: str | None
    name: str | None
    quantity: Decimal
    unit_price: Decimal
    amount: Decimal
    sales_person: str | None = None
    return_reason: str | None = None


@dataclass(frozen=True, slots=True)
class PaymentRow:
    """A tender of a ticket as the till recorded it; ``amount`` is signed and net of change."""

    payment_id: str
    method: str | None
    card_type: str | None
    amount: Decimal


@dataclass(frozen=True, slots=True)
class Discount:
    """A discount; positive lowers the ticket's total. ``line_id`` is None where it is on the whole ticket."""

    discount_id: str
    line_id: str | None
    name: str | None
    amount: Decimal


@dataclass(frozen=True, slots=True)
class Ticket:
    """A ticket of a shop.

    ``created_at`` carries the shop's offset from UTC, ``business_date`` is the day in the shop's zone. ``payment_ids``
    and ``discount_ids`` name the rows that count; None: every row received counts.
    """

    location_id: str
    ticket_id: str
    number: str | None
    created_at: dt.datetime
    business_date: dt.date
    voided: bool
    lines: tuple[Line, ...]
    tax_total: Decimal
    tip_total: Decimal
    total: Decimal
    payment_ids: frozenset[str] | None
    discount_ids: frozenset[str] | None

    @classmethod
    def from_record(cls, record: Mapping[str, Any]) -> Ticket:
        """Read a record of the ``tickets`` stream that satisfies its schema."""
        return cls(
            location_id=record["location_id"],
            ticket_id=record["ticket_id"],
            number=record.get("number"),
            created_at=dt.datetime.fromisoformat(record["created_at"]),
            business_date=dt.date.fromisoformat(record["business_date"]),
            voided=record["status"] == "voided",
            lines=tuple(_line(line) for line in record["lines"]),
            tax_total=Decimal(record["tax_total"]),
            tip_total=Decimal(record["tip_total"]),
            total=Decimal(record["total"]),
            payment_ids=_id_set(record.get("payment_ids")),
            discount_ids=_id_set(record.get("discount_ids")),
        )


def payment_from_record(record: Mapping[str, Any]) -> PaymentRow:
    """Read a record of the ``payments`` stream that satisfies its schema."""
    return PaymentRow(
        payment_id=record["payment_id"],
        method=record.get("method"),
        card_type=record.get("card_type"),
        amount=Decimal(record["amount"]),
    )


def discount_from_record(record: Mapping[str, Any]) -> Discount:
    """Read a record of the ``discounts`` stream that satisfies its schema."""
    return Discount(
        discount_id=record["discount_id"],
        line_id=record.get("line_id"),
        name=record.get("name"),
        amount=Decimal(record["amount"]),
    )


def _line(record: Mapping[str, Any]) -> Line:
    return Line(
        line_id=record["line_id"],
        is_product=record["kind"] == "product",
        sku=record.get("sku"),
        name=record.get("name"),
        quantity=Decimal(record["quantity"]),
        unit_price=Decimal(record["unit_price"]),
        amount=Decimal(record["amount"]),
        sales_person=record.get("sales_person"),
        return_reason=record.get("return_reason"),
    )


def _id_set(ids: list[str] | None) -> frozenset[str] | None:
    return None if ids is None else frozenset(ids)
