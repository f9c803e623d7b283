"""Tickets as the rows that the Franpos API shows (Franpos API notes, Datadump)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Any, Literal
from zlib import crc32

from sandbox.tickets.model import ZERO

if TYPE_CHECKING:
    from sandbox.tickets.model import Line, Location, Ticket

Row = dict[str, Any]

FOUR = Decimal("0.0001")
ASSUMED = frozenset({"IsVoided", "ModifiedOn", "ProductType", "DiscountName"})
"""Fields that nobody has seen live: a shop may lack them."""

DiscountSigns = Literal["mixed", "positive", "signed"]


@dataclass(frozen=True, slots=True)
class Look:
    """What differs between shops in how the same rows look.

    `hidden` are assumed fields that are not shown. `discount_signs` is how what comes off a returned line is written:
    `positive` as everywhere, `signed` with a minus, `mixed` positive on lines and in totals now so, now so.
    """

    hidden: frozenset[str] = frozenset()
    discount_signs: DiscountSigns = "mixed"


def _toss(*key: object) -> bool:
    """Toss a coin that always falls the same way for the same key."""
    return crc32(repr(key).encode()) % 2 == 0


def _money(amount: Decimal, *key: object) -> Decimal | str:
    """Write an amount with four decimals, sometimes as a string."""
    written = amount.quantize(FOUR)
    return str(written) if _toss(*key) else written


def wall(moment: datetime) -> str:
    """Write a moment as its clock shows it, without an offset."""
    precision = "milliseconds" if moment.microsecond else "seconds"
    return moment.replace(tzinfo=None).isoformat(timespec=precision)


def _discount_total(ticket: Ticket, look: Look) -> Decimal:
    """Return the sum of the ticket's discounts as the till writes it."""
    unsigned = look.discount_signs == "positive" or (
        look.discount_signs == "mixed" and _toss(ticket.ticket_id, "DiscountTotal")
    )
    if unsigned and any(line.quantity < 0 for line in ticket.lines):
        return sum((line.discount for line in ticket.lines), abs(ticket.order_discount))
    return ticket.discounts


def order_row(ticket: Ticket, look: Look) -> Row:
    """Return a ticket's row of `v1/orders`."""
    order = ticket.ticket_id
    local = ticket.location.local
    row: Row = {
        "OrderId": order,
        "CompanyOrderNumber": ticket.order_number,
        "CustomReceiptNumber": ticket.receipt_number,
        "CustomerId": ticket.customer_id,
        "EmployeeId": ticket.employee_id,
        "CreatedOn": wall(local(ticket.created_at)),
        "SubTotal": _money(sum((line.gross for line in ticket.lines), ZERO), order, "SubTotal"),
        "DiscountTotal": _money(_discount_total(ticket, look), order, "DiscountTotal"),
        "TaxTotal": _money(ticket.tax, order, "TaxTotal"),
        "Tips": _money(ticket.tips, order, "Tips"),
        "Total": _money(ticket.total, order, "Total"),
        "ShippingOption": ticket.channel,
        "IsVoided": ticket.voided,
        "ModifiedOn": wall(local(ticket.modified_at or ticket.created_at)),
    }
    return {name: value for name, value in row.items() if name not in look.hidden}


def item_row(ticket: Ticket, line: Line, look: Look) -> Row:
    """Return a line's row of `v2/orderitems`."""
    item = line.line_id
    product = line.kind == "Product"
    row: Row = {
        "OrderItemId": item,
        "OrderId": ticket.ticket_id,
        "CustomerId": ticket.customer_id,
        "CreatedOn": wall(ticket.location.local(line.created_at)),
        "Name": line.name,
        "Sku": line.sku,
        "Price": _money(line.price, item, "Price"),
        "Quantity": _money(line.quantity, item, "Quantity"),
        "Cost": None if line.cost is None else _money(line.cost, item, "Cost"),
        "Discount": _money(
            line.signed_discount if look.discount_signs == "signed" else line.discount, item, "Discount"
        ),
        "SalesPerson": line.sales_person,
        "RevenuAccountCode": "4000" if product else "4100",
        "CogsAccountCode": "5000" if product else None,
        "ShippingOption": ticket.channel,
        "ReturnDisposition": "Restock" if line.quantity < 0 else None,
        "ReturnReason": line.return_reason,
        "DiscountName": line.discount_name,
        "ProductType": line.kind,
    }
    return {name: value for name, value in row.items() if name not in look.hidden}


def payment_rows(ticket: Ticket) -> list[tuple[datetime, Row]]:
    """Return a ticket's rows of `v1/orderPayments`, each with its moment (UTC)."""
    return [
        (
            tender.paid_at,
            {
                "OrderPaymentId": tender.payment_id,
                "OrderId": ticket.ticket_id,
                "PaymentMethod": tender.method,
                "PaymentMethodID": crc32((tender.method or "").casefold().encode()) % 90 + 1,
                "CreditCardType": tender.card_type,
                "Amount": _money(tender.amount, tender.payment_id, "Amount"),
                "CreatedOnUTC": wall(tender.paid_at.astimezone(UTC)),
            },
        )
        for tender in ticket.tenders
    ]


def customer_row(customer_id: int) -> Row:
    """Return a customer's row of `v1/customers`; nobody real."""
    return {
        "CustomerId": customer_id,
        "FirstName": "Customer",
        "LastName": str(customer_id),
        "Email": f"customer{customer_id}@example.com",
        "CellPhone": f"555{customer_id % 10_000_000:07d}",
    }


def report_row(ticket: Ticket) -> Row:
    """Return a ticket's row of `report/v2/tickets`."""
    order = ticket.ticket_id
    first = ticket.tenders[0] if ticket.tenders else None
    return {
        "OrderId": order,
        "DateCreated": wall(ticket.location.local(ticket.created_at)),
        "EZPAY": False,
        "TransactionID": str(first.payment_id) if first else None,
        "SubTotal": _money(sum((line.gross for line in ticket.lines), ZERO), order, "SubTotal"),
        "TaxTotal": _money(ticket.tax, order, "TaxTotal"),
        "OrderTotal": _money(ticket.total, order, "Total"),
        "DiscountTotal": _money(ticket.discounts, order, "DiscountTotal"),
        "CustomerId": ticket.customer_id,
    }


def location_row(location: Location) -> Row:
    """Return a shop's row of `getLocationsInfo`."""
    return {"CompanyName": location.name, "LocationId": location.location_id, "TimeZone": location.zone.key}
