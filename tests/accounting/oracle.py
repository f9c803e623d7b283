"""The accounting rules said a second time, in whole cents and fractions, from the rules' text alone.

It shares nothing with the code under test but the records. It knows the tender names of :data:`TENDERS` only.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from fractions import Fraction
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Iterable, Sequence
    from decimal import Decimal

    from target_qbo.accounting import Discount
    from tests.accounting.till import Case

POINTS = "points"
BALANCE = "balance"
TENDERS: dict[str | None, str] = {
    "Cash": "Cash",
    "CASH": "Cash",
    "Check": "Check",
    "Credit Card": "Credit Card",
    "Visa": "Credit Card",
    "MasterCard": "Credit Card",
    "Amex": "Credit Card",
    "Discover": "Credit Card",
    "Debit": "Credit Card",
    "Visa Rewards": "Credit Card",
    "Store House Visa": "Credit Card",
    "Gift Card": "Gift Card",
    "Reward Points": POINTS,
    "Rewards": POINTS,
    "loyalty points": POINTS,
    "Points": POINTS,
    "Customer Balance": BALANCE,
    "ACCOUNT BALANCE": BALANCE,
    "House Account": "Other",
    "House Balance": "Other",
    "Balance due": "Other",
    "Store Credit": "Other",
    "Gift balance": "Other",
    "Points card": "Other",
    "Zelle": "Other",
    "Bitcoin": "Other",
    None: "Other",
}


@dataclass(frozen=True)
class Verdict:
    """What should become of a ticket; all money in whole cents.

    ``verdict`` is ``invoice``, ``refund_receipt``, ``voided``, ``waiting``, or the code of the reason to skip;
    ``payments`` are id, method and amount, by id.
    """

    verdict: str
    total: int = 0
    discounts: int = 0
    payments: tuple[tuple[str, str, int], ...] = ()
    refund_method: str | None = None


def whole_cents(amount: Decimal | Fraction) -> int:
    """Round to the cent, half away from zero."""
    exact = Fraction(amount) * 100
    size = int(abs(exact) + Fraction(1, 2))
    return -size if exact < 0 else size


def sound_totals(case: Case) -> tuple[int, int]:
    """Return what a ticket's lines come to: sold lines each, every other kind as a whole; and all other together."""
    sold = sum(whole_cents(line.amount) for line in case.ticket.lines)
    exact = [-_exact_discount(case), Fraction(case.ticket.tax_total), Fraction(case.ticket.tip_total)]
    return sold + sum(map(whole_cents, exact)), sold + whole_cents(sum(exact, Fraction(0)))


def expect(case: Case, now: dt.datetime, wait_days: int = 3) -> Verdict:
    """Say what should become of a ticket."""
    ticket = case.ticket
    if ticket.voided:
        return Verdict("voided")
    patience = now.timestamp() < ticket.created_at.timestamp() + wait_days * 86400
    named = (ticket.payment_ids or frozenset()) | (ticket.discount_ids or frozenset())
    here = {row.payment_id for row in case.payments} | {row.discount_id for row in case.discounts}
    if named - here:
        return Verdict("waiting" if patience else "incomplete")
    due = whole_cents(ticket.total)
    if due not in sound_totals(case):
        return Verdict("lines_mismatch")
    paid = _paid(case)
    received = sum(amount for _, _, amount in paid)
    if received == due:
        return _settled(case, due, paid)
    too_little = received < due if due > 0 else received > due
    if due != 0 and too_little:
        return Verdict("waiting" if patience else "unpaid")
    return Verdict("payments_mismatch")


def _paid(case: Case) -> list[tuple[str, str, int]]:
    """Return all tenders that count, by id: id, what they are, cents."""
    ids = case.ticket.payment_ids
    rows = [row for row in case.payments if ids is None or row.payment_id in ids]
    rows.sort(key=lambda row: int(row.payment_id))
    cents = share([row.amount for row in rows])
    return [(row.payment_id, TENDERS[row.method], amount) for row, amount in zip(rows, cents, strict=True)]


def _settled(case: Case, due: int, paid: Sequence[tuple[str, str, int]]) -> Verdict:
    """Say what should become of a ticket that adds up."""
    on_lines = sum(amount for _, kind, amount in paid if kind in {POINTS, BALANCE})
    money = [(row_id, kind, amount) for row_id, kind, amount in paid if kind not in {POINTS, BALANCE} and amount]
    document = due - on_lines if due >= 0 else on_lines - due
    if document < 0:
        return Verdict("negative_document")
    if not case.ticket.lines and not _anything_else(case, paid):
        return Verdict("no_lines")
    if due < 0:
        largest = min(money, key=lambda tender: tender[2], default=("", None, 0))[1]
        return Verdict("refund_receipt", document, _discounts(case), refund_method=largest)
    comes_to: Counter[str] = Counter()
    for _, kind, amount in money:
        comes_to[kind] += amount
    if any(amount < 0 for amount in comes_to.values()):
        return Verdict("negative_tender")
    # What a method comes to is filled up from its earliest payment on: so the later ones give way.
    payments = []
    for row_id, kind, amount in money:
        kept = min(max(amount, 0), comes_to[kind])
        comes_to[kind] -= kept
        if kept:
            payments.append((row_id, kind, kept))
    return Verdict("invoice", document, _discounts(case), tuple(payments))


def share(amounts: Sequence[Decimal]) -> list[int]:
    """Round rows so that they add up to their rounded sum: the largest remainders get the cents that are left."""
    exact = [Fraction(amount) * 100 for amount in amounts]
    whole = whole_cents(sum(exact, Fraction(0)) / 100)
    turned = next((amount for amount in (sum(exact, Fraction(0)), *exact) if amount), Fraction(0)) < 0
    if turned:
        exact, whole = [-amount for amount in exact], -whole
    shares = [amount.numerator // amount.denominator for amount in exact]
    order = sorted(range(len(exact)), key=lambda place: (shares[place] - exact[place], place))
    for place in order[: whole - sum(shares)]:
        shares[place] += 1
    return [-amount for amount in shares] if turned else shares


def _counted_discounts(case: Case) -> Iterable[Discount]:
    ids = case.ticket.discount_ids
    return [row for row in case.discounts if ids is None or row.discount_id in ids]


def _exact_discount(case: Case) -> Fraction:
    return sum((Fraction(row.amount) for row in _counted_discounts(case)), Fraction(0))


def _discounts(case: Case) -> int:
    """Return what the discounts come to in the document."""
    ticket = case.ticket
    if sound_totals(case)[0] == whole_cents(ticket.total):
        return whole_cents(_exact_discount(case))
    rows = sorted(_counted_discounts(case), key=lambda row: int(row.discount_id))
    shares = share([*(-row.amount for row in rows), ticket.tip_total, ticket.tax_total])
    return -sum(shares[:-2])


def _anything_else(case: Case, paid: Sequence[tuple[str, str, int]]) -> bool:
    on_lines = Counter[str]()
    for _, kind, amount in paid:
        on_lines[kind] += amount
    rows = sorted(_counted_discounts(case), key=lambda row: int(row.discount_id))
    return (
        any(share([row.amount for row in rows]))
        or whole_cents(case.ticket.tax_total) != 0
        or whole_cents(case.ticket.tip_total) != 0
        or on_lines[POINTS] != 0
        or on_lines[BALANCE] != 0
    )
