"""Random histories of till, faults, kills and hands in QuickBooks, through the whole of posting but HTTP.

Whatever the history: after clean runs every document stands once and as the till has it, nothing of the guest customer
is unapplied, and what a preview foretold is what the run did.
"""

from __future__ import annotations

import itertools
import os
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from target_qbo.ledger.status import TicketStatus
from target_qbo.posting.plan import Outcome
from tests.posting.tiny_books import FATES
from tests.posting.tiny_shop import Shop

if TYPE_CHECKING:
    from target_qbo.ledger import CompanyLedger

HISTORIES = int(os.environ.get("HISTORIES", "40"))
SETTLED = {
    Outcome.NEW: TicketStatus.POSTED,
    Outcome.CHANGED: TicketStatus.POSTED,
    Outcome.UNFINISHED: TicketStatus.POSTED,
    Outcome.UNCHANGED: TicketStatus.POSTED,
    Outcome.VOIDED: TicketStatus.VOIDED,
    Outcome.SKIPPED: TicketStatus.SKIPPED,
    Outcome.WAITING: TicketStatus.WAITING,
    Outcome.UNDONE: TicketStatus.UNDONE,
}


AMOUNTS = st.lists(st.integers(1, 5000), min_size=1, max_size=3)
METHODS = st.lists(st.sampled_from(["Cash", "Visa", "Check"]), min_size=3, max_size=3)
NAMES = st.sampled_from(["A", "B", "C", "D", "E"])
STEPS = st.one_of(
    st.tuples(st.just("ring up"), NAMES, AMOUNTS, METHODS, st.booleans()),
    st.tuples(st.just("void at the till"), NAMES),
    st.tuples(st.just("run"), st.lists(st.sampled_from(FATES), max_size=12)),
    st.tuples(st.just("hand"), st.sampled_from(["void", "delete", "deposit", "raise"]), st.integers(0, 30)),
    st.tuples(st.just("undo"), st.lists(st.sampled_from(FATES), max_size=6)),
    st.tuples(st.just("resync")),
)


@example(
    history=[
        ("ring up", "E", [313], ["Cash"] * 3, False),
        ("run", ["done"] * 3),
        ("undo", ["lost before", "done", "lost before", "failed before", "failed before", "again after"]),
    ],
)
@settings(
    max_examples=HISTORIES,
    derandomize="HISTORIES" not in os.environ,
    deadline=None,
    suppress_health_check=list(HealthCheck),
)
@given(history=st.lists(STEPS, min_size=2, max_size=9))
def test_whatever_happens_every_document_stands_once(ledger: CompanyLedger, history: list[Any]) -> None:
    shop = Shop(ledger)
    for step in history:
        _do(shop, *step)
    _end(shop)


def _do(shop: Shop, what: str, *rest: Any) -> None:
    if what == "ring up":
        name, amounts, methods, refund = rest
        shop.ring_up(name, amounts, methods, refund=refund)
    elif what == "void at the till" and rest[0] in shop.tickets:
        shop.tickets[rest[0]] |= {"status": "voided"}
    elif what in {"run", "undo"}:
        shop.receive()
        fates = itertools.chain(rest[0], itertools.repeat("done"))
        shop.books.fails = lambda entity, _body: next(fates) if entity in _FAILING else "done"
        if what == "run":
            shop.run()
        else:
            shop.undo()
        shop.books.fails = lambda _entity, _body: "done"
    elif what == "hand":
        _hand(shop, *rest)
    elif what == "resync":
        shop.resync()


def _hand(shop: Shop, how: str, place: int) -> None:
    """Do something to a document in QuickBooks, as a person does."""
    kinds = ("Payment",) if how == "deposit" else ("Invoice", "RefundReceipt", "Payment")
    documents = [(kind, row) for kind in kinds for row in shop.books.standing(kind)]
    if not documents:
        return
    kind, row = documents[place % len(documents)]
    if how == "deposit":
        row["deposited"] = True
        shop.books.settle()
    elif how == "raise" and kind == "Invoice":
        shop.books.edit(kind, row["Id"], Decimal(7))
    elif not row.get("deposited"):
        getattr(shop.books, "void" if how == "void" and kind != "RefundReceipt" else "delete")(kind, row["Id"])


_FAILING = frozenset(("batch", "Invoice", "Payment", "RefundReceipt"))


def _end(shop: Shop) -> None:
    """Put right what hands did and what was skipped, and look: nothing is wrong, and nothing more is written."""
    for row in shop.books.standing("Payment"):
        row["deposited"] = False
    shop.books.settle()
    shop.receive()
    shop.run()
    shop.resync()
    foretold = shop.foretold()
    shop.run()
    statuses = shop.statuses()
    assert {name: statuses[name] for name in foretold if foretold[name] is not Outcome.OPEN} == {
        name: SETTLED[outcome] for name, outcome in foretold.items() if outcome is not Outcome.OPEN
    }
    assert shop.wrong() == []
    before = shop.books.writes
    shop.run()
    assert shop.books.writes == before
