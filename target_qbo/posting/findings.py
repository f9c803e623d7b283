"""What is found wrong with documents in QuickBooks, and with what is to be done to them: told for people, and coded.

Pure. Source: accounting rules, Documents and After posting; QuickBooks API notes, Seen live.
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING

from target_qbo.accounting import DocumentKind
from target_qbo.accounting.kinds import facts
from target_qbo.qbo import Fault, faults

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Mapping, Sequence

    from target_qbo.accounting import Payment
    from target_qbo.ledger.changes import Key
    from target_qbo.ledger.documents import StandingDocument
    from target_qbo.posting.plan import Plan
    from target_qbo.posting.standing import Standing

GONE = "gone"
"""Code of a ticket whose document a person voided or deleted in QuickBooks."""
PAID_OTHERWISE = "paid_otherwise"
"""Code of a ticket whose invoice something else pays than the payments that were made for it."""
ALTERED = "altered"
"""Code of a ticket of which a document stands in QuickBooks otherwise than it was sent."""
UNANSWERED = "unanswered"
"""Code of a ticket whose own request gets no answer, run after run."""


@dataclass(frozen=True, slots=True)
class Hindrance:
    """Why nothing of a unit may be touched: a code for programs and a reason for people."""

    code: str
    reason: str


def hindrance(
    standing: Sequence[StandingDocument], seen: Mapping[Key, Standing | None], planned: Plan, *, then: str
) -> Hindrance | None:
    """Tell, before the first step, why a later one would be refused, or would leave open credit.

    Args:
        standing: The unit's documents.
        seen: What each of them looks like now; None: it was voided, or is gone.
        planned: What is to be done.
        then: What a person does after having put it right, such as ``resync the ticket``.
    """
    wanted = planned.document
    own = {document.qbo_id for document in standing if document.kind == DocumentKind.PAYMENT}
    for document in standing:
        row, leaves, kind = seen.get(document.key), document in planned.leaving, facts(document.kind)
        if row is None:
            if not leaves:
                return Hindrance(
                    GONE,
                    f"{kind.word} {document.number} was voided or deleted in QuickBooks"
                    + ("" if planned.update else " before it was paid"),
                )
            continue
        shrinks = leaves or wanted is None or wanted.total < row.total(document.amount)
        if kind.has_payments and shrinks and any(one not in own for one in row.linked("Payment")):
            return Hindrance(
                PAID_OTHERWISE,
                f"{kind.word} {document.number} has a payment that this sync did not make for it, and that would be "
                f"left as open credit: take it off the {kind.word} in QuickBooks, then {then}",
            )
        if leaves and row.deposited:
            return Hindrance(
                f"qbo_{faults.IN_DEPOSIT}",
                f"{kind.word} {document.number} of {document.amount} is in a bank deposit: take it off the deposit in "
                f"QuickBooks, then {then}",
            )
    if planned.main is not None and planned.pay and not planned.update:
        return not_payable(planned.main.number, seen[planned.main.key], planned.pay)
    return None


def in_closed_period(dates: Sequence[dt.date], closed: dt.date | None, then: str) -> Hindrance | None:
    """Tell why documents of these dates can't be changed, where the books are closed up to a date, included."""
    if closed is None or min(dates) > closed:
        return None
    return Hindrance(
        f"qbo_{faults.PERIOD_CLOSED}",
        f"the books are closed up to and including {closed}, and something of {min(dates)} would be changed: open the "
        f"period in QuickBooks, then {then}",
    )


def not_payable(number: str, invoice: Standing | None, due: Sequence[Payment]) -> Hindrance | None:
    """Tell why an invoice can't take the payments that are to be made for it: they would become open credit."""
    owed = sum((payment.amount for payment in due), Decimal(0))
    if invoice is None or invoice.balance is None or invoice.balance >= owed:
        return None
    return Hindrance(
        PAID_OTHERWISE,
        f"of invoice {number} only {invoice.balance} is open in QuickBooks, and payments of {owed} are to be made for "
        "it: it is paid otherwise, or was changed: put that right in QuickBooks, then resync the ticket",
    )


def altered(kind: DocumentKind, number: str, amount: Decimal, date: dt.date, row: Standing) -> Fault:
    """Tell what differs between a document and what stands in its place, and what a person can do."""
    total = row.total(amount)
    differs = [f"is of {total}, not {amount}"] if total != amount else []
    differs += [f"is dated {row.date}, not {date}"] if row.date != date else []
    differs = differs or ["is not on its invoice"]
    return Fault(
        ALTERED,
        f"{facts(kind).word} {number} stands in QuickBooks already, but {' and '.join(differs)}",
        "correct or delete it there, then resync the ticket",
    )


def not_applied(number: str, amount: Decimal, invoice: str) -> Fault:
    """Tell that QuickBooks took a payment and did not put it on its invoice."""
    return Fault(
        PAID_OTHERWISE,
        f"QuickBooks did not put payment {number} of {amount} on invoice {invoice}, so it was voided again",
        "the invoice is paid otherwise, or was voided: put that right in QuickBooks, then resync the ticket",
    )


def total_differs(ours: Decimal, theirs: Decimal) -> Fault:
    """Tell that QuickBooks made another total of a document than ours: such a document is taken back."""
    return Fault(
        "total_differs", "QuickBooks' total differs", f"{theirs}, not {ours}: does it add a tax or a discount?"
    )
