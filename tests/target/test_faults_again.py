"""Throttled, unanswered, answered with nonsense: nothing was refused, so one run gets everything into the books."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any

import pytest

from tests.shop import run
from tests.target.failures import (
    assert_all_fired,
    assert_only_skipped,
    assert_right,
    edit,
    fail,
    mark,
    of_kind,
    ring_up_split,
)

if TYPE_CHECKING:
    from tests.shop import Shop

NAMES = "/(item|account|customer|paymentmethod)"
# Answers are given up after a second: the minute or more that they are waited for is too long for a test.
IMPATIENT = """
import requests
patient = requests.Session.request
def impatient(session, method, url, *, timeout, **options):
    return patient(session, method, url, timeout=(timeout[0], 1), **options)
requests.Session.request = impatient
from target_qbo.target import main
main()
"""
LONG_AGO = "Fri, 31 Dec 1999 23:59:59 GMT"
DOCUMENTS = "/(batch|invoice)"
THROTTLED = [
    {"do": "429", "match": {"path": DOCUMENTS}},
    {"do": "429", "match": {"path": "/query"}, "retry_after": 1},
    {"do": "429", "match": {"path": NAMES}, "retry_after": LONG_AGO},
]
ITEMS_THROTTLED = [
    {"do": "refuse", "code": "3001", "match": {"entity": "Invoice", "every": 3}, "times": 3},
    {"do": "refuse", "code": "3001", "match": {"entity": "Payment"}, "times": 2},
    {"do": "refuse", "code": "3001", "match": {"entity": "RefundReceipt"}},
]
OF_UNKNOWN_FATE = [
    {"do": "refuse", "code": "10000", "match": {"entity": "Invoice"}},
    {"do": "refuse_after", "code": "10000", "match": {"entity": "Invoice"}, "times": 2},
    {"do": "refuse_after", "code": "10000", "match": {"entity": "Payment"}, "times": 2},
    {"do": "refuse_after", "code": "10000", "match": {"entity": "RefundReceipt"}},
]
ANSWERED_WITH_HTML = [
    {"do": "html", "status": 200, "match": {"path": DOCUMENTS}},
    {"do": "html_after", "status": 200, "match": {"path": DOCUMENTS}},
    {"do": "html", "match": {"path": "/query"}},
    {"do": "503", "match": {"path": "/query"}},
]


@pytest.mark.parametrize(
    ("batch_size", "orders"),
    [
        (1, THROTTLED),
        (30, THROTTLED),
        (30, ITEMS_THROTTLED),
        (1, OF_UNKNOWN_FATE),
        (30, OF_UNKNOWN_FATE),
        (30, ANSWERED_WITH_HTML),
    ],
    ids=["throttled", "batches throttled", "items throttled", "of unknown fate", "items of unknown fate", "html"],
)
def test_one_run_is_enough(shop: Shop, orders: list[dict[str, Any]], batch_size: int) -> None:
    shop.configure_target(batch_size=batch_size)
    shop.post("qbo", {"options": {"requestid": "ignored"}})
    fail(shop, *orders)
    assert_right(shop, shop.sync())
    assert_all_fired(shop)


@pytest.mark.parametrize("do", ["429", "expire_token"])
def test_a_change_waits_as_long_as_it_must(shop: Shop, do: str) -> None:
    shop.configure_target(batch_size=1)
    assert shop.sync().returncode == 0
    voided, changed, *_ = of_kind(shop, "invoice")
    edit(shop, voided, "void")
    edit(shop, changed, "set", tips="7.25", settle=True)
    edit(shop, of_kind(shop, "refund_receipt")[0], "void")
    paths = ("/payment.*include=void", "/invoice.*operation=void", "/refundreceipt.*operation=delete", "/invoice.*")
    fail(shop, *({"do": do, "match": {"path": path, "method": "POST"}} for path in paths))
    assert_right(shop, shop.sync())
    assert_all_fired(shop)


@pytest.mark.parametrize("do", ["429", "expire_token"])
def test_taking_back_waits_as_long_as_it_must(shop: Shop, do: str) -> None:
    ticket = ring_up_split(shop)
    fail(
        shop,
        {"do": "refuse", "code": "6000", "match": {"entity": "Payment", "body": mark(ticket)}},
        {"do": do, "match": {"path": "/payment.*include=void"}},
        {"do": do, "match": {"path": "/invoice.*operation=void"}},
    )
    result = shop.sync()
    assert_all_fired(shop)
    assert_only_skipped(shop, result, "qbo_6000", ticket)


@pytest.mark.parametrize(
    ("do", "entity"),
    [("500_after", "Account"), ("drop_after", "Customer"), ("500_after", "Item"), ("drop_after", "PaymentMethod")],
)
def test_a_name_that_was_made_without_an_answer_is_found(shop: Shop, do: str, entity: str) -> None:
    shop.post("qbo", {"options": {"requestid": "ignored"}})
    fail(shop, {"do": do, "match": {"path": f"/{entity.lower()}"}})
    assert_right(shop, shop.sync())
    assert_all_fired(shop)
    assert shop.calls()["faults"] == {"6240": 1}


@pytest.mark.parametrize(
    ("do", "path", "batch_size"),
    [
        ("hang", "/batch", 30),
        ("slow", "/batch", 30),
        ("slow", "/invoice", 1),
        ("hang_after", "/payment", 1),
        ("hang", "/query", 30),
    ],
)
def test_a_request_that_hangs_is_given_up_and_looked_up(shop: Shop, do: str, path: str, batch_size: int) -> None:
    """Looked up only when it can't be executing any more: what is slow is done when nobody waits for it."""
    shop.configure_target(batch_size=batch_size, settle_seconds=3)
    shop.post("qbo", {"options": {"requestid": "ignored"}})
    fail(shop, {"do": do, "seconds": 2.5, "match": {"path": path, "nth": 2}})
    command = [sys.executable, "-c", IMPATIENT, "--config", str(shop.target_config)]
    assert_right(shop, run(command, shop.tap().stdout))
    assert_all_fired(shop)


def test_the_quantity_is_always_sent(shop: Shop) -> None:
    """A line on an inventory item without it would be fault 6520; one without an item is booked somewhere."""
    assert_right(shop, shop.sync())
    written = [one["body"] for one in shop.get("payloads")["payloads"]]
    lines = [line["SalesItemLineDetail"] for body in written for line in body.get("Line", []) if "DetailType" in line]
    assert lines
    assert all("Qty" in line and "ItemRef" in line for line in lines)
