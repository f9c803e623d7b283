"""Every fault of QuickBooks, against the real plugins: what becomes of its ticket, of the others, and of the books.

| fault | shown by |
|---|---|
| 3200, 401 | `test_recovery` (renewed, sent again); here: a fresh token refused; `test_secrets` (the sign-in) |
| 3001, 429 | `test_faults_again`: with and without Retry-After, a batch's item, a change; `test_recovery`: a wall |
| 5xx, HTML, answers lost | `test_recovery` (documents), `test_changes`; `test_faults_again`: names, HTML with 200 |
| 10000 | `test_faults_again`: a batch's item of unknown fate |
| requests that hang | `test_faults_again` |
| 610, 2500 | `test_recovery`, `test_changes` (made inactive); `test_faults_stale`: once, and for ever |
| 2010, 2020, 2030, 6070, 6100 | here; 2010 of a batch as a whole, too |
| 5010 | `test_faults_stale` |
| 5020 | `test_pipeline` (plans without inventory, without departments); here |
| 6000 | here; `test_recovery`: a payment's account that can't be one |
| 6140 | `test_faults_taken` |
| 6190 | here: it stops the run |
| 6210 | `test_recovery` (a period that is closed); here |
| 6240 | `test_pipeline` (a company with names of its own); `test_faults_taken`: names that come later |
| 6520 | here; `test_faults_again`: the quantity is always sent |
| 6540 | `test_changes` (in a deposit before the run); `test_faults_taken`: put into one meanwhile |
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pytest

from tests.shop import Shop
from tests.target.failures import (
    Ticket,
    assert_all_fired,
    assert_stopped_then_right,
    edit,
    fail,
    mark,
    of_kind,
    refuse,
    ring_up_split,
    told,
    without,
)

if TYPE_CHECKING:
    import subprocess
    from collections.abc import Iterator

REFUSED = (
    *(("Invoice", code) for code in ("2010", "2020", "2030", "5020", "6000", "6070", "6100", "6210", "6520")),
    *(("Payment", code) for code in ("2010", "2020", "2030", "5020", "6000", "6210")),
    *(("RefundReceipt", code) for code in ("2030", "6000", "6520")),
)


@dataclass(frozen=True)
class Refusals:
    """A shop some of whose writes were refused for good, each with a fault of its own."""

    shop: Shop
    result: subprocess.CompletedProcess[str]
    hit: dict[tuple[str, str], Ticket]
    spoilt: Ticket
    rows: dict[str, Ticket]


@pytest.fixture(scope="module", params=[30, 1], ids=["batches", "single"])
def refusals(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Refusals]:
    """Post a day of which each fault refuses one write, and one batch is refused as a whole."""
    options = ("--locations", "1", "--days", "1", "--tickets-per-day", "40", "--dirty", "0")
    with Shop(tmp_path_factory.mktemp("refusals"), *options) as shop:
        shop.configure_target(batch_size=request.param)
        sales, refunds = iter(of_kind(shop, "invoice")), iter(of_kind(shop, "refund_receipt"))
        hit = {(entity, code): next(refunds if entity == "RefundReceipt" else sales) for entity, code in REFUSED}
        for (entity, code), ticket in hit.items():
            refuse(shop, code, entity=entity, body=mark(ticket))
        spoilt = next(sales)
        if request.param > 1:
            refuse(shop, "2010", entity="Batch", body=mark(spoilt))
        result = shop.sync()
        assert_all_fired(shop)
        yield Refusals(shop, result, hit, spoilt, told(shop))


@pytest.mark.parametrize(("entity", "code"), REFUSED)
def test_what_is_refused_for_good_is_skipped_and_says_why(refusals: Refusals, entity: str, code: str) -> None:
    row = refusals.rows[refusals.hit[entity, code]["ticket_id"]]
    assert (row["status"], row["code"], row["documents"]) == ("skipped", f"qbo_{code}", [])
    assert f"QuickBooks fault {code}: " in row["reason"]
    assert f"ticket {row['ticket_id']} " in refusals.result.stderr


def test_the_others_are_in_the_books(refusals: Refusals) -> None:
    assert refusals.result.returncode == 0, refusals.result.stderr
    assert sorted(refusals.shop.differences()) == sorted(without(*refusals.hit.values()))
    skipped = {ticket["ticket_id"] for ticket in refusals.hit.values()}
    assert {row["status"] for key, row in refusals.rows.items() if key not in skipped} == {"posted"}


def test_a_batch_that_is_refused_as_a_whole_skips_nobody(refusals: Refusals) -> None:
    assert refusals.rows[refusals.spoilt["ticket_id"]]["status"] == "posted"


def test_of_what_was_refused_no_payment_is_left(refusals: Refusals) -> None:
    marks = [mark(ticket) for ticket in refusals.hit.values()]
    payments = [one for one in refusals.shop.get("books")["payments"] if not one["voided"]]
    assert not [one for one in payments if any(some in one["private_note"] for some in marks)]


def test_the_next_run_leaves_what_was_refused_alone(refusals: Refusals) -> None:
    refusals.shop.calls()
    assert refusals.shop.sync().returncode == 0
    counts = refusals.shop.calls()
    assert (counts["writes"], counts["reads"]) == (0, 0)


@pytest.mark.parametrize(
    ("order", "code", "says"),
    [
        ({"do": "refuse", "code": "6190", "match": {"every": 1}}, 2, "subscription has ended"),
        ({"do": "refuse", "code": "6190", "match": {"entity": "Invoice", "every": 3}}, 2, "subscription has ended"),
        ({"do": "refuse", "code": "6190", "match": {"entity": "Payment", "every": 2}}, 2, "subscription has ended"),
        ({"do": "expire_token", "match": {"path": "/query", "every": 1}}, 4, "connect the company again"),
        ({"do": "expire_token", "match": {"path": "/batch", "every": 1}}, 4, "connect the company again"),
        ({"do": "html", "status": 403, "match": {"path": "/v3/", "every": 1}}, 2, "403"),
        ({"do": "html", "status": 404, "match": {"path": "/v3/", "every": 1}}, 2, "404"),
    ],
)
def test_what_no_ticket_can_be_blamed_for_stops_the_run(
    shop: Shop, order: dict[str, Any], code: int, says: str
) -> None:
    """Everything waits in the ledger, nobody is skipped, and the next run goes on."""
    fail(shop, order)
    stopped = shop.sync()
    assert json.loads(stopped.stdout.splitlines()[-1])["bookmarks"], "what was received has its STATE"
    assert {row["status"] for row in told(shop).values()} <= {"received", "posting", "posted"}
    assert_stopped_then_right(shop, stopped, code, says)


def test_a_subscription_that_ends_within_a_change(shop: Shop) -> None:
    assert shop.sync().returncode == 0
    edit(shop, of_kind(shop, "invoice")[0], "set", tips="7.25", settle=True)
    refuse(shop, "6190", entity="Payment", operation="void")
    assert_stopped_then_right(shop, shop.sync(), 2, "subscription has ended")


def test_a_subscription_that_ends_while_a_ticket_is_taken_back(shop: Shop) -> None:
    ticket = ring_up_split(shop)
    refuse(shop, "6000", entity="Payment", operation="create", body=mark(ticket))
    refuse(shop, "6190", entity="Payment", operation="void")
    assert_stopped_then_right(shop, shop.sync(), 2, "subscription has ended")
