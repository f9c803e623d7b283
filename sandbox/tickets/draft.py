"""A ticket while it is being rung up: lines, discounts, tax, tips and tenders are added, then it becomes a `Ticket`."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import timedelta
from decimal import Decimal
from typing import TYPE_CHECKING

from sandbox.tickets import catalogue
from sandbox.tickets.model import ZERO, Line, Location, Tender, Ticket, to_cents

if TYPE_CHECKING:
    from datetime import datetime
    from random import Random

    from sandbox.tickets.catalogue import Article

IDS_PER_TICKET = 1_000
"""How many line ids, and how many payment ids, a ticket has for itself."""


@dataclass(slots=True)
class Draft:
    """A ticket being rung up. `opened` is in UTC; `paid_after` is how long after it the tenders are taken."""

    random: Random
    location: Location
    ticket_id: int
    opened: datetime
    usual_lines: int
    tax_rate: Decimal
    lines: list[Line] = field(default_factory=list)
    tenders: list[Tender] = field(default_factory=list)
    order_discount: Decimal = ZERO
    tax: Decimal = ZERO
    tips: Decimal = ZERO
    voided: bool = False
    receipt_number: str | None = None
    paid_after: timedelta = timedelta(seconds=90)
    line_gap: timedelta = timedelta()

    def add(
        self,
        article: Article,
        quantity: Decimal,
        *,
        discount: Decimal = ZERO,
        discount_name: str | None = None,
        return_reason: str | None = None,
    ) -> None:
        """Ring up a line; a quantity below 0 returns it. `discount` is positive, for the whole line."""
        place = len(self.lines) + 1
        self.lines.append(
            Line(
                line_id=self.ticket_id * IDS_PER_TICKET + place,
                created_at=self.opened + self.line_gap * (place - 1),
                name=article.name,
                sku=article.sku,
                kind=article.kind,
                quantity=quantity,
                price=article.price,
                cost=article.cost,
                discount=discount,
                discount_name=discount_name,
                sales_person=self.random.choice(catalogue.PEOPLE),
                return_reason=return_reason,
            )
        )

    def sell(self, count: int | None = None) -> None:
        """Ring up ordinary lines, as many as usual where no count is given; one in four is a service."""
        for _ in range(count or self.random.randint(1, 2 * self.usual_lines - 1)):
            shelf = catalogue.SERVICES if self.random.random() < 0.25 else catalogue.PRODUCTS
            self.add(self.random.choice(shelf), Decimal(self.random.choice((1, 1, 1, 2, 3))))

    def give_back(self, count: int = 1) -> None:
        """Ring up goods that come back."""
        for _ in range(count):
            reason = self.random.choice(catalogue.RETURN_REASONS)
            self.add(
                self.random.choice(catalogue.PRODUCTS), Decimal(-self.random.choice((1, 1, 2))), return_reason=reason
            )

    def discount_line(self, index: int, share: Decimal, name: str | None) -> None:
        """Take a share off a line, to the cent."""
        line = self.lines[index]
        self.lines[index] = replace(line, discount=to_cents(abs(line.gross) * share), discount_name=name)

    def add_tax(self) -> None:
        """Tax the goods at the shop's rate, to the cent; below 0 on what comes back."""
        goods = sum((line.gross - line.signed_discount for line in self.lines if line.kind == "Product"), ZERO)
        self.tax = to_cents(goods * self.tax_rate)

    @property
    def total(self) -> Decimal:
        """What is to be paid, each kind of row rounded as a whole."""
        return self._ticket().lines_total

    def pay(self, method: str | None, amount: Decimal | None = None, *, card_type: str | None = None) -> None:
        """Take (below 0: pay out) an amount; all that is still open where none is given."""
        if not self.tenders:
            self._settle_cents()
        if amount is None:
            amount = self.total - sum((tender.amount for tender in self.tenders), ZERO)
        if method in catalogue.CARD_METHODS and card_type is None:
            card_type = method if method in catalogue.CARDS else self.random.choice(catalogue.CARDS)
        place = len(self.tenders) + 1
        paid_at = self.opened + self.paid_after + timedelta(seconds=7 * (place - 1))
        payment_id = self.ticket_id * IDS_PER_TICKET + place
        self.tenders.append(Tender(payment_id, paid_at, method, amount, card_type))

    def pay_usual(self) -> None:
        """Take (pay out) what is open in the way most people pay; nothing where nothing is open."""
        if self.total:
            self.pay(self.random.choices(("Credit Card", "Cash", "Debit", "Visa", "Check"), (50, 28, 10, 8, 4))[0])

    def part(self) -> Decimal:
        """Return some part of the total, to the cent, at least one cent where the total has two."""
        return to_cents(self.total * Decimal(self.random.randint(20, 80)) / 100)

    def _disagrees(self) -> bool:
        exact = sum((line.gross for line in self.lines), self.tax + self.tips) - self._ticket().discounts
        return to_cents(exact) != self.total

    def _settle_cents(self) -> None:
        """Drop parts of a cent where rounding by kinds and rounding at the end would disagree.

        A till has one total; which of the two it meant is not ours to decide in a ticket that is to be clean.
        """
        if self._disagrees():
            self.tax = to_cents(self.tax)
        if self._disagrees():
            self.lines = [replace(line, discount=to_cents(line.discount)) for line in self.lines]

    def finish(self, order_number: int) -> Ticket:
        """Return the ticket."""
        self._settle_cents()
        return replace(
            self._ticket(),
            order_number=order_number,
            total=self.total,
            customer_id=self.random.choice((None, self.random.randint(5_000, 5_900))),
            employee_id=self.random.randint(701, 709),
            channel=self.random.choice(catalogue.CHANNELS),
        )

    def _ticket(self) -> Ticket:
        return Ticket(
            location=self.location,
            ticket_id=self.ticket_id,
            order_number=0,
            receipt_number=self.receipt_number,
            created_at=self.opened,
            lines=tuple(self.lines),
            tenders=tuple(self.tenders),
            total=ZERO,
            order_discount=self.order_discount,
            tax=self.tax,
            tips=self.tips,
            voided=self.voided,
        )
