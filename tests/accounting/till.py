"""Tickets, tenders and discounts written short, and documents read back as plain figures."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import TYPE_CHECKING

from target_qbo.accounting import Discount, Document, PaymentRow, Rules, Skipped, Ticket, Waiting, decide
from target_qbo.accounting.ticket import Line

if TYPE_CHECKING:
    from target_qbo.accounting import Decision

DENVER = dt.timezone(dt.timedelta(hours=-6))
NOON = dt.datetime(2025, 3, 14, 12, 0, tzinfo=DENVER)
SOON = NOON + dt.timedelta(hours=12)
LATER = NOON + dt.timedelta(days=30)
RULES = Rules()


@dataclass(frozen=True, slots=True)
class Case:
    """A ticket with all the rows received for it."""

    ticket: Ticket
    payments: tuple[PaymentRow, ...] = ()
    discounts: tuple[Discount, ...] = ()

    def decided(self, rules: Rules = RULES, now: dt.datetime = SOON) -> Decision:
        """Return what the code under test decides; by default twelve hours after the sale."""
        return decide(self.ticket, self.payments, self.discounts, rules, now)

    def posted(self, rules: Rules = RULES, now: dt.datetime = SOON) -> Document:
        """Return the document, which there must be."""
        decision = self.decided(rules, now)
        assert isinstance(decision, Document), decision
        return decision

    def skipped(self, rules: Rules = RULES, now: dt.datetime = SOON) -> Skipped:
        """Return why it is skipped, which it must be."""
        decision = self.decided(rules, now)
        assert isinstance(decision, Skipped), decision
        return decision

    def waiting(self, rules: Rules = RULES, now: dt.datetime = SOON) -> Waiting:
        """Return what it waits for, which it must."""
        decision = self.decided(rules, now)
        assert isinstance(decision, Waiting), decision
        return decision

    def mirrored(self) -> Case:
        """Return the exact negative: everything brought back, and all the money with it."""
        lines = tuple(
            replace(line, quantity=line.quantity.copy_negate(), amount=line.amount.copy_negate())
            for line in self.ticket.lines
        )
        ticket = replace(
            self.ticket,
            lines=lines,
            tax_total=self.ticket.tax_total.copy_negate(),
            tip_total=self.ticket.tip_total.copy_negate(),
            total=self.ticket.total.copy_negate(),
        )
        return Case(
            ticket,
            tuple(replace(row, amount=row.amount.copy_negate()) for row in self.payments),
            tuple(replace(row, amount=row.amount.copy_negate()) for row in self.discounts),
        )


def goods(
    quantity: str,
    price: str,
    amount: str,
    *,
    line_id: str = "1",
    name: str | None = "Brush",
    sku: str | None = None,
    sales_person: str | None = None,
    return_reason: str | None = None,
) -> Line:
    """Return a line of a product; ``amount`` is the till's own figure."""
    return Line(
        line_id=line_id,
        is_product=True,
        sku=sku,
        name=name,
        quantity=Decimal(quantity),
        unit_price=Decimal(price),
        amount=Decimal(amount),
        sales_person=sales_person,
        return_reason=return_reason,
    )


def service(quantity: str, price: str, amount: str, *, line_id: str = "1", name: str | None = "Groom") -> Line:
    """Return a line of a service."""
    return replace(goods(quantity, price, amount, line_id=line_id, name=name), is_product=False)


def ticket(
    *lines: Line,
    total: str,
    tax: str = "0",
    tip: str = "0",
    number: str | None = "1001",
    location_id: str = "7",
    ticket_id: str = "555",
    created_at: dt.datetime = NOON,
    voided: bool = False,
    payment_ids: frozenset[str] | None = None,
    discount_ids: frozenset[str] | None = None,
) -> Ticket:
    """Return a ticket, by default of location 7 at noon of 14 March 2025."""
    return Ticket(
        location_id=location_id,
        ticket_id=ticket_id,
        number=number,
        created_at=created_at,
        business_date=created_at.date(),
        voided=voided,
        lines=lines,
        tax_total=Decimal(tax),
        tip_total=Decimal(tip),
        total=Decimal(total),
        payment_ids=payment_ids,
        discount_ids=discount_ids,
    )


def tenders(*rows: tuple[str | None, str]) -> tuple[PaymentRow, ...]:
    """Return tenders by method and amount, with ids from 1 on."""
    return tuple(
        PaymentRow(str(place), method, None, Decimal(amount)) for place, (method, amount) in enumerate(rows, 1)
    )


def off(amount: str, name: str | None = "Loyalty", *, line_id: str | None = None, discount_id: str = "1") -> Discount:
    """Return a discount, by default on the whole ticket."""
    return Discount(discount_id, line_id, name, Decimal(amount))


def lines_of(document: Document) -> list[tuple[str, str, str, str]]:
    """Return a document's lines as item, quantity, price and amount, the figures as people write them."""
    return [
        (line.item.name, f"{line.quantity.normalize():f}", f"{line.unit_price.normalize():f}", f"{line.amount:f}")
        for line in document.lines
    ]


def payments_of(document: Document) -> list[tuple[str, str]]:
    """Return a document's payments as method and amount."""
    return [(str(payment.method), f"{payment.amount:f}") for payment in document.payments]


def sale(total: str, *rows: tuple[str | None, str]) -> Case:
    """Return a ticket of one product at this price (negative: brought back), with these tenders."""
    back = total.startswith("-")
    sold = goods("-1" if back else "1", total.removeprefix("-"), total)
    return Case(ticket(sold, total=total), tenders(*rows))
