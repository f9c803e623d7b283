"""What must hold of every document, checked without the code under test."""

from __future__ import annotations

import datetime as dt
import re
from decimal import Decimal
from fractions import Fraction
from typing import TYPE_CHECKING

from target_qbo.accounting import DocumentKind, ItemRole, PaymentMethod
from tests.accounting.oracle import whole_cents

if TYPE_CHECKING:
    from target_qbo.accounting import Document, DocumentLine, Rules
    from tests.accounting.till import Case

_SOLD = {ItemRole.PRODUCT, ItemRole.SERVICE, ItemRole.RULED}
_ON_LINES = {ItemRole.REWARD_POINTS, ItemRole.CUSTOMER_BALANCE}
LARGEST = Decimal("99999999999.99")


def check_document(document: Document, case: Case, rules: Rules) -> None:
    """Assert all identities, lengths and characters of a document."""
    ticket = case.ticket
    due = whole_cents(ticket.total)
    sign = -1 if due < 0 else 1
    assert document.kind is (DocumentKind.REFUND_RECEIPT if due < 0 else DocumentKind.INVOICE)
    assert document.lines
    for line in document.lines:
        check_line(line)
    sold = [line for line in document.lines if line.item.role in _SOLD]
    assert [whole_cents(line.amount) for line in sold] == [sign * whole_cents(line.amount) for line in ticket.lines]
    without_tenders = [line.amount for line in document.lines if line.item.role not in _ON_LINES]
    assert sum(without_tenders, Decimal(0)) == sign * Decimal(due).scaleb(-2)
    assert document.total == sum(line.amount for line in document.lines)
    assert 0 <= document.total <= LARGEST
    _check_payments(document)
    _check_texts(document, case, rules)
    assert document.date == _day(case, rules)
    assert document.location_id == ticket.location_id


def check_line(line: DocumentLine) -> None:
    """Assert what QuickBooks demands of a line."""
    product = Fraction(line.quantity) * Fraction(line.unit_price)
    assert whole_cents(product) == line.amount * 100
    assert _is_to_the_cent(line.amount)
    for number in (line.quantity, line.unit_price):
        assert number == round(number, 7)
    assert 1 <= len(line.item.name) <= 100
    assert not re.search(r"[:\t\n\r]", line.item.name)
    assert line.item.name == line.item.name.strip()
    assert is_clean(line.item.name, 100)
    assert is_clean(line.description, 4000)
    if line.item.role is ItemRole.DISCOUNT:
        assert line.item.name.casefold() not in {
            "product",
            "service",
            "tips",
            "reward points",
            "customer balance",
            "tax",
        }
    if line.item.role not in _SOLD:
        assert line.amount != 0
        assert line.quantity == 1


def is_clean(text: str, length: int) -> bool:
    """Tell whether a text can be sent: no control characters, no halves of characters, not too long."""
    return len(text) <= length and not re.search(r"[\x00-\x1f\x7f\ud800-\udfff]", text) and text == text.strip()


def _check_payments(document: Document) -> None:
    if document.kind is DocumentKind.REFUND_RECEIPT:
        assert document.payments == ()
        assert document.method is None or isinstance(document.method, PaymentMethod)
        return
    assert document.method is None
    assert sum((payment.amount for payment in document.payments), Decimal(0)) == document.total
    keys = [payment.key for payment in document.payments]
    assert len(set(keys)) == len(keys)
    for payment in document.payments:
        assert payment.amount > 0
        assert _is_to_the_cent(payment.amount)
        assert re.fullmatch(r"[!-~]{1,21}", payment.key)
        assert is_clean(payment.note, 4000)
        assert isinstance(payment.method, PaymentMethod)


def _check_texts(document: Document, case: Case, rules: Rules) -> None:
    assert re.fullmatch(r"[!-~]{1,21}", document.number)
    assert document.number.startswith(rules.doc_number_prefix)
    assert is_clean(document.note, 4000)
    assert document.note.startswith("Franpos location ")
    for part in (case.ticket.location_id, case.ticket.ticket_id):
        if re.fullmatch(r"\w{1,20}", part):
            assert f" {part}" in document.note


def _day(case: Case, rules: Rules) -> dt.date:
    start = rules.business_day_start
    if start == dt.time(0):
        return case.ticket.business_date
    local = case.ticket.created_at.replace(tzinfo=None)
    return (local - dt.timedelta(hours=start.hour, minutes=start.minute)).date()


def _is_to_the_cent(amount: Decimal) -> bool:
    return amount.as_tuple().exponent == -2
