"""The comparison itself: consistent rows agree, and whatever one change is made to them is named."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from itertools import count
from typing import TYPE_CHECKING, Any, NamedTuple

from hypothesis import assume, given
from hypothesis import strategies as st

from target_qbo.accounting import DocumentKind, PaymentMethod
from target_qbo.accounting.money import ZERO
from target_qbo.ledger.status import DocumentState, TicketStatus
from target_qbo.reconcile.comparison import Proof, prove
from target_qbo.reconcile.model import Booked, Due, Entry, Period, TillTicket, Verdict
from target_qbo.reconcile.page import page
from target_qbo.reconcile.telling import as_document

if TYPE_CHECKING:
    from collections.abc import Callable

PERIOD = Period(dt.date(2026, 3, 1), dt.date(2026, 3, 5))
AMOUNTS = st.decimals(min_value="0.01", max_value="9999.99", places=2)
DAYS = st.dates(PERIOD.first, PERIOD.last)
METHODS = st.sampled_from([method.value for method in PaymentMethod])
KINDS = (DocumentKind.INVOICE, DocumentKind.REFUND_RECEIPT, DocumentKind.PAYMENT)


class Case(NamedTuple):
    """All that is compared."""

    tickets: list[TillTicket]
    entries: list[Entry]
    booked: list[Booked]


def proven(case: Case, elsewhere: list[Booked] | None = None) -> Proof:
    return prove(PERIOD, case.tickets, case.entries, case.booked, elsewhere or [], ["guest"])


@st.composite
def cases(draw: st.DrawFn) -> Case:
    """Make tickets that stand as they must, and some that are left out."""
    case = Case([], [], [])
    ids = (str(number) for number in count(1))
    for place in range(draw(st.integers(1, 5))):
        key = draw(st.sampled_from(["101", "102"])), f"T{place}"
        date = draw(DAYS)
        paid = draw(st.lists(st.tuples(AMOUNTS, METHODS), min_size=1, max_size=3))
        amount = sum((amount for amount, _ in paid), ZERO)
        if draw(st.booleans()):
            due = [Due(DocumentKind.INVOICE, None, amount, None)]
            due += [Due(DocumentKind.PAYMENT, f"{key[1]}-{n}", *one) for n, one in enumerate(paid)]
        else:
            due = [Due(DocumentKind.REFUND_RECEIPT, None, amount, paid[0][1])]
            amount = -amount
        ticket = TillTicket(key, "7", date, amount, Verdict.CLEAN, tuple(due), TicketStatus.POSTED, False, None, None)  # noqa: FBT003 (a tuple's field)
        if draw(st.integers(0, 4)) == 0:
            dirty = ticket._replace(verdict=Verdict.DIRTY, due=(), status=TicketStatus.SKIPPED, code="unpaid")
            case.tickets.append(dirty._replace(reason="too little was paid"))
            continue
        case.tickets.append(ticket)
        identities = [next(ids) for _ in due]
        for one, identity in zip(due, identities, strict=True):
            number = one.number or f"N{identity}"
            case.entries.append(
                Entry(key, one.kind, number, one.amount, date, one.method, DocumentState.POSTED, identity)
            )
            pays = (identities[0],) if one.kind is DocumentKind.PAYMENT else ()
            case.booked.append(
                Booked(
                    one.kind,
                    identity,
                    number,
                    one.amount,
                    date,
                    one.method,
                    "guest",
                    "Guest Customer",
                    key,
                    voided=False,
                    invoices=pays,
                )
            )
    return case


def _changed(booked: list[Booked], place: int, **what: Any) -> None:
    booked[place] = booked[place]._replace(**what)


CHANGES: dict[str, Callable[[list[Booked], int], object]] = {
    "deleted": lambda booked, place: booked.pop(place),
    "voided": lambda booked, place: _changed(booked, place, voided=True, amount=ZERO),
    "amount": lambda booked, place: _changed(booked, place, amount=booked[place].amount + Decimal("0.01")),
    "date": lambda booked, place: _changed(booked, place, date=booked[place].date + dt.timedelta(days=1)),
    "number": lambda booked, place: _changed(booked, place, number="by hand"),
    "note": lambda booked, place: _changed(booked, place, ticket=None),
    "other note": lambda booked, place: _changed(booked, place, ticket=("101", "another")),
    "copied": lambda booked, place: booked.append(booked[place]._replace(qbo_id="copy")),
    "foreign": lambda booked, place: booked.append(booked[place]._replace(qbo_id="foreign", ticket=None)),
    "unknown": lambda booked, place: booked.append(booked[place]._replace(qbo_id="lost", ticket=("101", "lost"))),
}
OF_KIND: dict[str, tuple[DocumentKind, Callable[[list[Booked], int], object]]] = {
    "open": (KINDS[0], lambda booked, place: _changed(booked, place, balance=Decimal("0.01"))),
    "refund method": (KINDS[1], lambda booked, place: _changed(booked, place, method="Wire")),
    "payment method": (KINDS[2], lambda booked, place: _changed(booked, place, method="Wire")),
    "unapplied": (KINDS[2], lambda booked, place: _changed(booked, place, unapplied=Decimal("0.01"), invoices=())),
    "misapplied": (KINDS[2], lambda booked, place: _changed(booked, place, invoices=("another",))),
}


@given(cases())
def test_consistent_rows_agree(case: Case) -> None:
    proof = proven(case)
    assert proof.agrees
    assert proof.totals.books == sum(ticket.amount for ticket in case.tickets if ticket.verdict is Verdict.CLEAN)
    assert len(proof.left_out) == sum(ticket.verdict is Verdict.DIRTY for ticket in case.tickets)


@given(cases(), st.sampled_from([*CHANGES, *OF_KIND]), st.data())
def test_any_one_change_in_quickbooks_is_named(case: Case, name: str, data: st.DataObject) -> None:
    kind, change = OF_KIND.get(name, (None, CHANGES.get(name)))
    places = [place for place, one in enumerate(case.booked) if kind in {None, one.kind}]
    assume(places)
    assert change is not None
    place = data.draw(st.sampled_from(places))
    touched = case.booked[place]
    change(case.booked, place)
    named = {problem.qbo_id for problem in proven(case).problems}
    assert named & {touched.qbo_id, "copy", "foreign", "lost"}, name
    assert not proven(case).agrees


@given(cases(), st.sampled_from(["customer", "date"]), st.data())
def test_what_left_the_period_is_told_from_what_is_gone(case: Case, name: str, data: st.DataObject) -> None:
    assume(case.booked)
    moved = case.booked.pop(data.draw(st.integers(0, len(case.booked) - 1)))
    what = {"customer": "another"} if name == "customer" else {"date": PERIOD.last + dt.timedelta(days=9)}
    codes = {one.code for one in proven(case, [moved._replace(**what)]).problems if one.qbo_id == moved.qbo_id}
    assert codes == {"changed"}


@given(cases(), st.sampled_from(["lost", "pending", "undone", "skipped", "amount", "day", "void", "dirty"]), st.data())
def test_any_one_change_at_the_till_or_in_the_ledger_is_named(case: Case, name: str, data: st.DataObject) -> None:
    clean = [place for place, one in enumerate(case.tickets) if one.verdict is Verdict.CLEAN]
    assume(clean)
    place = data.draw(st.sampled_from(clean))
    ticket = case.tickets[place]
    changes: dict[str, dict[str, Any]] = {
        "lost": {},
        "pending": {"status": TicketStatus.RECEIVED, "pending": True},
        "undone": {"status": TicketStatus.UNDONE},
        "skipped": {"status": TicketStatus.SKIPPED, "reason": "refused"},
        "amount": {
            "amount": ticket.amount + 1,
            "due": (ticket.due[0]._replace(amount=ticket.due[0].amount + 1), *ticket.due[1:]),
        },
        "day": {"date": ticket.date + dt.timedelta(days=1)},
        "void": {"verdict": Verdict.VOIDED, "amount": ZERO, "due": ()},
        "dirty": {"verdict": Verdict.DIRTY, "due": (), "reason": "it does not add up"},
    }
    case.tickets[place] = ticket._replace(**changes[name])
    if name in {"lost", "pending", "undone", "skipped"}:
        case.entries[:] = [entry for entry in case.entries if entry.ticket != ticket.key]
        case.booked[:] = [one for one in case.booked if one.ticket != ticket.key]
    proof = proven(case)
    assert ticket.key in {problem.ticket for problem in proof.problems}
    assert not proof.agrees
    if name in {"undone", "skipped"}:
        assert all(row.agrees for row in (*proof.days, *proof.methods)), "till − left out = ledger = books"


def test_the_page_escapes_everything() -> None:
    key = ("<b>&", '"T"')
    reason = "<script>alert(1)</script>"
    ticket = TillTicket(
        key,
        "<i>",
        PERIOD.first,
        Decimal(1),
        Verdict.DIRTY,
        (),
        TicketStatus.SKIPPED,
        pending=False,
        code="unpaid",
        reason=reason,
    )
    text = page(as_document(proven(Case([ticket], [], [])), PERIOD, 3))
    assert "&lt;script&gt;" in text
    assert not any(raw in text for raw in ("<script", "<b>", "<i>"))
