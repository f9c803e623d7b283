"""The decision: a ticket with its tenders and discounts becomes documents, or a reason why not.

The source of every rule is the accounting rules' table that its function names.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING, Any, TypeVar

from target_qbo.accounting import naming
from target_qbo.accounting.documents import (
    Decision,
    Document,
    DocumentKind,
    DocumentLine,
    Skipped,
    Voided,
    Waiting,
)
from target_qbo.accounting.items import ITEMS, ItemKey, ItemRole
from target_qbo.accounting.money import ZERO, apportion, cents, fits_decimals, multiply, total
from target_qbo.accounting.tenders import Settlement, settle
from target_qbo.accounting.ticket import Ticket, discount_from_record, payment_from_record

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

    from target_qbo.accounting.rules import Rules
    from target_qbo.accounting.ticket import Discount, Line, PaymentRow

# QuickBooks refuses amounts of 100 billion and more; quantities and prices keep at most seven decimals there.
_LARGEST = Decimal("99999999999.99")
_DECIMALS = 7
_MOST_DECIMALS = 20
_SHOWN = 5
_SHOWN_CHARACTERS = 40

_Row = TypeVar("_Row", "PaymentRow", "Discount")


def decide(
    ticket: Ticket,
    payments: Sequence[PaymentRow],
    discounts: Sequence[Discount],
    rules: Rules,
    now: dt.datetime,
) -> Decision:
    """Decide how a ticket stands in the books.

    Args:
        ticket: The ticket.
        payments: All its tenders received, also those it does not name any more.
        discounts: All its discounts received, likewise.
        rules: The company's choices.
        now: The present moment, with a time zone; it ends the wait for late tenders.

    Returns:
        A document whose lines add up to the ticket's total less points and balance spent (sign turned for a refund),
        with payments that add up to the document's total; or why there is none.
    """
    if ticket.voided:
        return Voided()
    missing = _missing(ticket, payments, discounts)
    payments = _counted(payments, ticket.payment_ids, lambda row: row.payment_id)
    discounts = _counted(discounts, ticket.discount_ids, lambda row: row.discount_id)
    refusal = _unreasonable(ticket, payments, discounts)
    if refusal is not None:
        return refusal
    try:
        date = business_date(ticket, rules)
        until = ticket.created_at.astimezone(dt.UTC) + dt.timedelta(days=rules.wait_days)
    except OverflowError:
        return Skipped("date_out_of_range", f"{ticket.created_at} is no time of a sale: correct the ticket at the till")
    if missing:
        return _wait(missing, "incomplete", until, now)
    ticket_total = cents(ticket.total)
    extras = _extras(ticket, discounts, ticket_total)
    document_lines = list(_goods(ticket, discounts, extras, rules))
    lines_total = total(line.amount for line in document_lines)
    if lines_total != ticket_total:
        return Skipped(
            "lines_mismatch",
            f"the lines, discounts, tax and tips add up to {lines_total}, but the till's total is {ticket_total} "
            f"(difference {lines_total - ticket_total}): correct the ticket at the till",
        )
    settlement = settle(ticket, payments, rules)
    if settlement.received != ticket_total:
        return _payments_differ(settlement, ticket_total, until, now)
    document_lines += _spent(settlement, rules)
    return _document(ticket, document_lines, settlement, date, rules)


def decide_records(
    record: Mapping[str, Any],
    payments: Iterable[Mapping[str, Any]],
    discounts: Iterable[Mapping[str, Any]],
    rules: Rules,
    now: dt.datetime,
) -> Decision:
    """Decide by records as they were received, as :func:`decide` does; one that can't be read is skipped."""
    try:
        ticket = Ticket.from_record(record)
    except ValueError as error:
        return Skipped("unreadable", f"its record can't be read ({error}): correct the ticket at the till")
    paid = [payment_from_record(one) for one in payments]
    return decide(ticket, paid, [discount_from_record(one) for one in discounts], rules, now)


def business_date(ticket: Ticket, rules: Rules) -> dt.date:
    """Return the day the ticket belongs to, in the shop's zone (accounting rules, ``TxnDate``)."""
    if rules.business_day_start == dt.time(0):
        return ticket.business_date
    local = ticket.created_at
    before = local.time() < rules.business_day_start
    return local.date() - dt.timedelta(days=1) if before else local.date()


def _counted(rows: Sequence[_Row], named: frozenset[str] | None, row_id: Callable[[_Row], str]) -> list[_Row]:
    counted = rows if named is None else [row for row in rows if row_id(row) in named]
    return sorted(counted, key=lambda row: naming.id_order(row_id(row)))


def _missing(ticket: Ticket, payments: Sequence[PaymentRow], discounts: Sequence[Discount]) -> str | None:
    missing_payments = (ticket.payment_ids or frozenset()) - {row.payment_id for row in payments}
    missing_discounts = (ticket.discount_ids or frozenset()) - {row.discount_id for row in discounts}
    named = [f"payment {naming.shown_id(row_id)}" for row_id in sorted(missing_payments, key=naming.id_order)]
    named += [f"discount {naming.shown_id(row_id)}" for row_id in sorted(missing_discounts, key=naming.id_order)]
    if not named:
        return None
    shown = ", ".join(named[:_SHOWN]) + (f" and {len(named) - _SHOWN} more" if len(named) > _SHOWN else "")
    return f"the till names {shown}, which has not arrived: sync the period again"


def _unreasonable(ticket: Ticket, payments: Sequence[PaymentRow], discounts: Sequence[Discount]) -> Skipped | None:
    numbers = [ticket.tax_total, ticket.tip_total, ticket.total]
    numbers += [number for line in ticket.lines for number in (line.quantity, line.unit_price, line.amount)]
    numbers += [row.amount for row in payments] + [row.amount for row in discounts]
    for number in numbers:
        if not (number.is_finite() and -_LARGEST <= number <= _LARGEST and fits_decimals(number, _MOST_DECIMALS)):
            shown = str(number)[:_SHOWN_CHARACTERS]
            return Skipped("number_out_of_range", f"{shown} is no amount or quantity that QuickBooks can hold")
    if not all(_holds(multiply(line.unit_price, line.quantity)) for line in ticket.lines):
        return Skipped("number_out_of_range", "a line's price × quantity is more than QuickBooks can hold")
    return None


def _holds(number: Decimal) -> bool:
    return number.copy_abs() <= _LARGEST


@dataclass(frozen=True, slots=True)
class _Extras:
    """What is no sold line, in whole cents: each discount by its id (positive lowers the total), tips, tax."""

    discounts: Mapping[str, Decimal]
    tips: Decimal
    tax: Decimal


def _extras(ticket: Ticket, discounts: Sequence[Discount], ticket_total: Decimal) -> _Extras:
    """Round discounts, tips and tax, each kind as a whole (accounting rules, parts of a cent).

    Where the kinds are a cent off the ticket's total so, though the till's own figures come to it, all of them are
    rounded together: the ticket is sound, and only the rounding differs.
    """
    ids = [discount.discount_id for discount in discounts]
    off = [discount.amount for discount in discounts]
    extras = _Extras(dict(zip(ids, apportion(off), strict=True)), cents(ticket.tip_total), cents(ticket.tax_total))
    sold = total(cents(line.amount) for line in ticket.lines)
    together = [*(amount.copy_negate() for amount in off), ticket.tip_total, ticket.tax_total]
    by_kind = total([sold, extras.tips, extras.tax, *(amount.copy_negate() for amount in extras.discounts.values())])
    if by_kind == ticket_total or sold + cents(total(together)) != ticket_total:
        return extras
    *rounded, tips, tax = apportion(together)
    return _Extras(dict(zip(ids, (-amount + ZERO for amount in rounded), strict=True)), tips, tax)


def _goods(ticket: Ticket, discounts: Sequence[Discount], extras: _Extras, rules: Rules) -> Iterator[DocumentLine]:
    """Yield the lines in sale signs: sold lines each with its discounts, whole-ticket discounts, tips, tax."""
    line_ids = {line.line_id for line in ticket.lines}
    for line in ticket.lines:
        yield _sold(line, rules)
        for discount in discounts:
            if discount.line_id == line.line_id:
                yield from _discount(discount, extras.discounts[discount.discount_id], rules)
    for discount in discounts:
        if discount.line_id not in line_ids:
            yield from _discount(discount, extras.discounts[discount.discount_id], rules)
    yield from _single(rules.item(ItemRole.TIPS), extras.tips)
    yield from _single(rules.item(ItemRole.TAX), extras.tax)


def _sold(line: Line, rules: Rules) -> DocumentLine:
    item = _item(line, rules)
    product = cents(multiply(line.unit_price, line.quantity))
    amount = cents(line.amount)
    shown = product == amount and fits_decimals(line.quantity, _DECIMALS) and fits_decimals(line.unit_price, _DECIMALS)
    description = naming.line_description(line, shown=shown)
    if shown:
        return DocumentLine(item, line.quantity, line.unit_price, amount, description)
    direction = line.quantity or amount
    quantity = Decimal((direction > 0) - (direction < 0))
    return DocumentLine(item, quantity, amount * quantity + ZERO, amount, description)


def _item(line: Line, rules: Rules) -> ItemKey:
    for rule in rules.item_rules:
        if rule.covers(line):
            return ItemKey(ItemRole.RULED, rule.item)
    return rules.item(ItemRole.PRODUCT if line.is_product else ItemRole.SERVICE)


def _discount(discount: Discount, amount: Decimal, rules: Rules) -> Iterator[DocumentLine]:
    name = naming.discount_name(discount.name, rules.own_item_names())
    yield from _single(ItemKey(ItemRole.DISCOUNT, name), -amount, discount.name)


def _single(item: ItemKey, amount: Decimal, description: str | None = None) -> Iterator[DocumentLine]:
    """Yield one line of quantity 1, or none where there is nothing."""
    if amount != 0:
        text = naming.clean_text(description) or item.name
        yield DocumentLine(item, Decimal(1), amount, amount, text)


def _spent(settlement: Settlement, rules: Rules) -> Iterator[DocumentLine]:
    for role, amount in settlement.spent.items():
        yield from _single(rules.item(role), -amount)


def _document(
    ticket: Ticket, lines: Sequence[DocumentLine], settlement: Settlement, date: dt.date, rules: Rules
) -> Document | Skipped:
    refund = ticket.total < 0 and cents(ticket.total) != 0
    if refund:
        lines = [_turned(line) for line in lines]
    document_total = total(line.amount for line in lines)
    if document_total < 0:
        return Skipped(
            "negative_document",
            f"after reward points and customer balance the document would come to {document_total}, which QuickBooks "
            "refuses: correct the tenders at the till, or enter the ticket by hand",
        )
    if not _holds(document_total):
        return Skipped("number_out_of_range", f"{document_total} is more than QuickBooks can hold")
    if not lines:
        return Skipped("no_lines", "the ticket has no line, tax or tip: there is nothing to post")
    if not refund and settlement.negative is not None:
        return Skipped("negative_tender", settlement.negative)
    return Document(
        kind=DocumentKind.REFUND_RECEIPT if refund else DocumentKind.INVOICE,
        number=naming.document_number(ticket, rules.doc_number_prefix),
        location_id=ticket.location_id,
        date=date,
        lines=tuple(lines),
        total=document_total,
        note=settlement.refund_note(naming.document_note(ticket)) if refund else naming.document_note(ticket),
        payments=() if refund else settlement.payments,
        method=settlement.refund_method if refund else None,
        unmapped=settlement.unmapped,
    )


def _turned(line: DocumentLine) -> DocumentLine:
    """Turn the sign of a line: returned goods come back as positive quantities, the rest by its price."""
    amount = -line.amount + ZERO
    if ITEMS[line.item.role].is_sold:
        return DocumentLine(line.item, -line.quantity, line.unit_price, amount, line.description)
    return DocumentLine(line.item, line.quantity, -line.unit_price, amount, line.description)


def _payments_differ(
    settlement: Settlement, ticket_total: Decimal, until: dt.datetime, now: dt.datetime
) -> Skipped | Waiting:
    difference = settlement.received - ticket_total
    figures = f"payments come to {settlement.received}, the ticket to {ticket_total} (difference {difference})"
    if difference * ticket_total < 0:
        return _wait(f"{figures}: take the missing payment at the till", "unpaid", until, now)
    return Skipped("payments_mismatch", f"{figures}: correct the tenders at the till")


def _wait(reason: str, code: str, until: dt.datetime, now: dt.datetime) -> Skipped | Waiting:
    return Waiting(reason, until) if now < until else Skipped(code, reason)
