"""Two implementations of the rules that share no code come to the same verdict and the same totals."""

from __future__ import annotations

import datetime as dt
import re

from hypothesis import assume, event, given, settings
from hypothesis import strategies as st

from target_qbo.accounting import Decision, Document, DocumentKind, ItemRole, Rules, Voided, Waiting
from tests.accounting.identities import LARGEST
from tests.accounting.oracle import Verdict, expect
from tests.accounting.strategies import EXAMPLES, clean, few, hundred_ways, lengthened, moderate, plain
from tests.accounting.till import LATER, NOON, SOON, Case


def seen(decision: Decision) -> Verdict:
    """Put what the code under test decides in the words of the second implementation."""
    if isinstance(decision, Voided):
        return Verdict("voided")
    if isinstance(decision, Waiting):
        return Verdict("waiting")
    if not isinstance(decision, Document):
        return Verdict(decision.code)
    discounts = sum(int(line.amount * 100) for line in decision.lines if line.item.role is ItemRole.DISCOUNT)
    refund = decision.kind is DocumentKind.REFUND_RECEIPT
    return Verdict(
        decision.kind.value,
        int(decision.total * 100),
        discounts if refund else -discounts,
        tuple((_id_in(one.note), one.method.value, int(one.amount * 100)) for one in decision.payments),
        decision.method.value if decision.method else None,
    )


def _id_in(note: str) -> str:
    found = re.search(r"; payment (\d+): ", note)
    assert found, note
    return found[1]


def agree(case: Case, now: dt.datetime, wait_days: int = 3) -> None:
    """Assert that both implementations say the same."""
    expected = expect(case, now, wait_days)
    event(expected.verdict)
    assert seen(case.decided(Rules(wait_days=wait_days), now)) == expected


@settings(moderate, max_examples=3 * EXAMPLES)
@given(plain, st.sampled_from([SOON, LATER]))
def test_both_implementations_agree(case: Case, now: dt.datetime) -> None:
    agree(case, now)


@moderate
@given(plain, st.integers(0, 5), st.integers(-1, 8))
def test_both_implementations_wait_alike(case: Case, wait_days: int, days_later: int) -> None:
    agree(case, NOON + dt.timedelta(days=days_later), wait_days)


@few
@given(clean())
def test_both_implementations_agree_on_long_tickets(case: Case) -> None:
    longer = lengthened(case, 1200 // len(case.ticket.lines))
    assume(longer.ticket.total.copy_abs() < LARGEST)
    agree(longer, SOON)


@few
@given(hundred_ways())
def test_both_implementations_agree_on_a_hundred_tenders(case: Case) -> None:
    agree(case, SOON)
