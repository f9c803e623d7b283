"""Rows of the API turned into records of the contract (``schemas/``). Pure: no I/O, no clock."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal
from typing import TYPE_CHECKING, Any

from tap_franpos.discounts import CENT, Line, resolve

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime

    from tap_franpos.fields import Item, Order, Payment

Record = dict[str, Any]


@dataclass(frozen=True, slots=True)
class TicketRecords:
    """A ticket with the payments and discounts it names."""

    created_at: datetime
    ticket: Record
    payments: list[Record]
    discounts: list[Record]


def ticket_records(location_id: str, order: Order, items: Iterable[Item], payments: Iterable[Payment]) -> TicketRecords:
    """The records of one ticket.

    Args:
        location_id: Id of the shop.
        order: The ticket's row.
        items: Its lines, in any order.
        payments: Its payments, in any order.
    """
    items = sorted(items, key=lambda row: _in_number_order(row.item_id))
    payment_rows = [_payment(location_id, order, row) for row in payments]
    discount_rows = _discounts(location_id, order, items)
    ticket = {
        "location_id": location_id,
        "ticket_id": order.order_id,
        "number": order.number,
        "created_at": order.created_at.isoformat(),
        "business_date": order.created_at.date().isoformat(),
        "status": "voided" if order.voided else "closed",
        "channel": order.channel,
        "customer_id": order.customer_id,
        "employee_id": order.employee_id,
        "lines": [_line(row) for row in items],
        "subtotal": None if order.subtotal is None else exact(order.subtotal),
        "discount_total": exact(order.discount_total),
        "tax_total": exact(order.tax_total),
        "tip_total": exact(order.tip_total),
        "total": exact(order.total),
        "payment_ids": sorted(row["payment_id"] for row in payment_rows),
        "discount_ids": sorted(row["discount_id"] for row in discount_rows),
    }
    return TicketRecords(order.created_at, ticket, payment_rows, discount_rows)


def exact(number: Decimal) -> Decimal:
    """The same number in its shortest form, without an exponent: 12.3400 and 12.34 must give the same record."""
    short = number.normalize() + 0
    return short.quantize(Decimal(1)) if int(short.as_tuple().exponent) > 0 else short


def gross(item: Item) -> Decimal:
    """Amount of a line before discounts: price × quantity, half a cent away from zero (accounting rules, Rounding)."""
    return (item.price * item.quantity).quantize(CENT, ROUND_HALF_UP)


def kind(item: Item) -> str:
    """``product`` or ``service``: by ``ProductType``; where it is absent by ``Cost``; where that is too by ``Sku``.

    The fallback is known from live use (Franpos API notes, What the numbers mean): a product has a cost and a numeric
    SKU.
    """
    match (item.product_type or "").lower():
        case "product" | "service" as known:
            return known
    if item.cost is not None:
        return "product" if item.cost else "service"
    return "product" if (item.sku or "").isdecimal() else "service"


def _line(item: Item) -> Record:
    return {
        "line_id": item.item_id,
        "kind": kind(item),
        "sku": item.sku,
        "name": item.name,
        "quantity": exact(item.quantity),
        "unit_price": exact(item.price),
        "amount": exact(gross(item)),
        "cost": None if item.cost is None else exact(item.cost),
        "sales_person": item.sales_person,
        "return_reason": item.return_reason,
    }


def _payment(location_id: str, order: Order, payment: Payment) -> Record:
    return {
        "location_id": location_id,
        "payment_id": payment.payment_id,
        "ticket_id": order.order_id,
        "paid_at": payment.paid_at.isoformat(),
        "method": payment.method,
        "card_type": payment.card_type,
        "amount": exact(payment.amount),
    }


def _discounts(location_id: str, order: Order, items: list[Item]) -> list[Record]:
    signed = resolve(
        [Line(gross(item), item.discount, returned=item.quantity < 0) for item in items],
        order.discount_total,
        order.tax_total + order.tip_total,
        order.total,
    )
    found: list[tuple[str, str | None, str | None, Decimal]] = [
        (f"item-{item.item_id}", item.item_id, item.discount_name, amount)
        for item, amount in zip(items, signed.lines, strict=True)
    ]
    found.append((f"order-{order.order_id}", None, None, signed.order))
    return [
        {
            "location_id": location_id,
            "discount_id": discount_id,
            "ticket_id": order.order_id,
            "line_id": line_id,
            "created_at": order.created_at.isoformat(),
            "name": name,
            "amount": exact(amount),
        }
        for discount_id, line_id, name, amount in found
        if amount
    ]


def _in_number_order(identifier: str) -> tuple[int, int, str]:
    """Ids of digits by their number, before all others."""
    return (0, int(identifier), "") if identifier.isdecimal() else (1, 0, identifier)
