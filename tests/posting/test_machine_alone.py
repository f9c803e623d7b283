"""Thousands of random histories through the plan, the way of a unit and the tables of states, without a database.

After every run that is not killed, what is settled stands as a whole or not at all, and the ledger knows it (but for
what a person did, or an answer that lied). Whatever the history: after clean runs every document stands once and as the
till has it, nothing is unapplied, and what was planned is what the run did. Nothing happens that the tables don't know.
"""

from __future__ import annotations

import contextlib
import itertools
import os
from typing import Any

from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from target_qbo.errors import TargetError
from target_qbo.posting.plan import Outcome
from target_qbo.posting.unit import GIVEN_UP_AFTER
from tests.posting.test_machine import AMOUNTS, METHODS, SETTLED
from tests.posting.tiny_books import FATES, KilledError
from tests.posting.tiny_posting import TinyPosting

HISTORIES = int(os.environ.get("HISTORIES_ALONE", "300"))
NAMES = st.integers(1, 3)
SPOILT = st.sampled_from([[6666], [6000, 666], [7777], [7000, 777]])  # in sum what QuickBooks never takes
STEPS = st.one_of(
    st.tuples(st.just("ring up"), NAMES, AMOUNTS, METHODS, st.booleans()),
    st.tuples(st.just("ring up"), NAMES, SPOILT, METHODS, st.booleans()),
    st.tuples(st.just("void at the till"), NAMES),
    st.tuples(st.just("run"), st.lists(st.sampled_from(FATES), max_size=10)),
    st.tuples(st.just("undo"), st.lists(st.sampled_from(FATES), max_size=6)),
    st.tuples(st.just("hand"), st.booleans(), st.integers(0, 30)),
    st.tuples(st.just("resync")),
    st.tuples(st.just("lose the ledger")),
)


@example(
    history=[
        ("ring up", 1, [1], ["Cash"] * 3, False),
        ("run", []),
        ("hand", True, 1),
        ("undo", ["refused"]),
    ],
)
@example(
    history=[
        ("ring up", 1, [1, 1], ["Cash"] * 3, False),
        ("run", []),
        ("undo", ["refused", "failed after"]),
    ],
)
@example(  # an update that fails again and again, then what stands of it taken back: tries are counted for each
    history=[
        ("ring up", 1, [1], ["Cash"] * 3, False),
        ("run", ["refused after"]),
        ("ring up", 1, [6666], ["Cash"] * 3, False),
    ],
)
# The same ones each time, unless it is run to hunt: what it finds then is a new example.
@settings(
    max_examples=HISTORIES,
    derandomize="HISTORIES_ALONE" not in os.environ,
    deadline=None,
    suppress_health_check=list(HealthCheck),
)
@given(history=st.lists(STEPS, min_size=2, max_size=9))
def test_whatever_happens_the_machine_ends_right(history: list[Any]) -> None:
    shop = TinyPosting()
    trusted = True
    for step in history:
        completed = _do(shop, *step)
        trusted = trusted and step[0] != "hand" and not shop.books.lies
        assert not (trusted and completed and shop.unsettled())
    shop.run()
    shop.resync()
    foretold = shop.foretold()
    for _ in range(GIVEN_UP_AFTER):  # what gets no answer is tried so often
        shop.run()
        assert not shop.half_done
        assert shop.pending() <= shop.spoilt()
    assert not shop.pending()
    for key in foretold.keys() - shop.spoilt():
        outcome = foretold[key]
        assert outcome is Outcome.OPEN or shop.ledger.tickets[key].status is SETTLED[outcome], (key, outcome)
    assert shop.wrong() == []
    before = shop.books.writes
    shop.run()
    assert shop.books.writes == before


def _do(shop: TinyPosting, what: str, *rest: Any) -> bool:
    """Do a step; returns whether it was a run that was not cut short."""
    if what == "ring up":
        key, amounts, methods, refund = rest
        shop.ring_up(key, amounts, methods, refund=refund)
    elif what == "void at the till":
        shop.void(*rest)
    elif what == "hand":
        _hand(shop, *rest)
    elif what in {"resync", "lose the ledger"}:
        getattr(shop, what.replace(" ", "_"))()
    else:
        fates = itertools.chain(rest[0], itertools.repeat("done"))
        shop.books.fails = lambda _entity, _body: next(fates)
        completed = False
        with contextlib.suppress(KilledError, TargetError):
            getattr(shop, what)()
            completed = True
        shop.books.fails = lambda _entity, _body: "done"
        return completed
    return False


def _hand(shop: TinyPosting, deletes: bool, place: int) -> None:  # noqa: FBT001 (drawn)
    """Delete or void a document in QuickBooks, as a person does."""
    documents = [(kind, row) for kind in ("Invoice", "RefundReceipt", "Payment") for row in shop.books.standing(kind)]
    if documents:
        kind, row = documents[place % len(documents)]
        does = shop.books.delete if deletes or kind == "RefundReceipt" else shop.books.void
        does(kind, row["Id"])
