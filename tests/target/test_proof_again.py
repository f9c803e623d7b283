"""A proof that is made again by a process that stays up decides only the days of which something has changed."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from target_qbo.accounting import decide_records
from target_qbo.desk.config import DeskConfig
from target_qbo.desk.proving import prove
from target_qbo.reconcile import till
from target_qbo.reconcile.model import Period, Verdict
from target_qbo.reconcile.remembered import DecidedDays
from tests.target.failures import edit, of_kind, ring_up

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from target_qbo.company import Company
    from tests.shop import Shop

PERIOD = Period(dt.date(2026, 1, 1), dt.date(2026, 12, 31))
READS = "reads"  # the payment methods' list may be read once only


@pytest.fixture
def company(small_shop: Shop) -> Iterator[Company]:
    assert small_shop.sync().returncode == 0
    opened = DeskConfig(str(small_shop.tap_config), str(small_shop.target_config)).company()
    yield opened
    opened.ledger.engine.dispose()


@pytest.fixture
def decisions(monkeypatch: pytest.MonkeyPatch) -> Callable[[], int]:
    """How many tickets were decided since this was asked last."""
    made: list[None] = []
    decide = decide_records

    def counted(*given: Any) -> Any:
        made.append(None)
        return decide(*given)

    def since() -> int:
        number = len(made)
        made.clear()
        return number

    monkeypatch.setattr(till, "decide_records", counted)
    return since


def _told(company: Company, known: DecidedDays | None) -> dict[str, Any]:
    return {name: value for name, value in prove(company, PERIOD, known).items() if name != READS}


def test_only_days_that_changed_are_decided_anew(
    small_shop: Shop, company: Company, decisions: Callable[[], int]
) -> None:
    known = DecidedDays()
    first = _told(company, known)
    of_all = decisions()
    assert of_all == len(small_shop.get("tickets"))
    assert _told(company, known) == first
    assert decisions() == 0

    # At the till, and received: a ticket with other tips, one voided, one with another payment, a new one.
    of_first_day = sorted(of_kind(small_shop, "invoice"), key=lambda ticket: int(ticket["ticket_id"]))
    edit(small_shop, of_first_day[0], "set", tips="7.25", settle=True)
    edit(small_shop, of_first_day[1], "void")
    ring_up(small_shop, lines=[{"price": "10.00"}])
    assert small_shop.sync().returncode == 0
    again = _told(company, known)
    assert 0 < decisions() < of_all
    assert again == _told(company, None)
    assert again != first
    decisions()

    # A person takes the run back: nothing of the content changes, and what the proof says does.
    day = small_shop.ready["franpos"]["start_date"]
    assert small_shop.console("undo", "--from", day, "--to", day, "--yes").returncode == 0
    undone = _told(company, known)
    assert undone == _told(company, None)
    assert undone["left_out"] != again["left_out"]
    decisions()

    # Other rules are other decisions.
    rules = replace(company.settings.rules, doc_number_prefix="X")
    other = replace(company, settings=replace(company.settings, rules=rules))
    assert _told(other, known) == _told(other, None)


def test_what_waits_is_decided_each_time(small_shop: Shop, company: Company) -> None:
    unpaid = ring_up(small_shop, lines=[{"price": "10.00"}], payments=[])
    assert small_shop.sync().returncode == 0
    known, key = DecidedDays(), (str(unpaid["location_id"]), unpaid["ticket_id"])
    first_day = dt.datetime.fromisoformat(small_shop.ready["franpos"]["start_date"]).astimezone(dt.UTC)
    for days, verdict in ((1, Verdict.WAITING), (9, Verdict.DIRTY)):
        now = first_day + dt.timedelta(days=days)
        found = till.decided(company.ledger, PERIOD, company.settings.rules, now, known)
        assert {one.key: one.verdict for one in found}[key] is verdict
