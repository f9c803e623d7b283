"""The gateway's limits, and how long answers take."""

from __future__ import annotations

import time
from concurrent.futures import ThreadPoolExecutor

import pytest
import requests

from sandbox.qbo.throttle import Limits
from tests.sandbox.qbo_server import TIMEOUT, Qbo, line, qbo


def _get(client: Qbo) -> requests.Response:
    headers = {"Accept": "application/json", "Authorization": client.session.headers["Authorization"]}
    return requests.get(f"{client.base}/preferences", headers=headers, timeout=TIMEOUT)


def _batch(client: Qbo) -> int:
    body = {"BatchItemRequest": [{"bId": "1", "Query": "select * from Item"}]}
    return client.send("POST", "batch", body).status_code


def test_the_limits_are_those_of_the_real_one() -> None:
    assert Limits() == Limits(500, 40, 10, 30, None, 1, 0, 0)


def test_a_request_too_many_is_refused_in_the_gateways_words() -> None:
    with qbo(limits=Limits(requests_per_minute=3)) as client:
        for _ in range(3):
            assert client.send("GET", "preferences").ok
        refused = client.send("GET", "preferences")
        assert refused.status_code == 429
        assert "Retry-After" not in refused.headers
        fault = refused.json()["fault"]
        assert fault["type"] == "SERVICE"
        assert fault["error"][0]["code"] == "3001"
        assert fault["error"][0]["message"] == "message=ThrottleExceeded; errorCode=003001; statusCode=429"
        assert client.control("qbo-calls")["throttled"] == 1


def test_the_minute_slides() -> None:
    with qbo(limits=Limits(requests_per_minute=2)) as client:
        assert client.send("GET", "preferences").ok
        client.clock.push(40)
        assert client.send("GET", "preferences").ok
        assert not client.send("GET", "preferences").ok
        client.clock.push(21)
        assert client.send("GET", "preferences").ok
        assert not client.send("GET", "preferences").ok


def test_batches_have_a_limit_of_their_own() -> None:
    with qbo(limits=Limits(batches_per_minute=2)) as client:
        assert [_batch(client) for _ in range(3)] == [200, 200, 429]
        assert client.send("GET", "preferences").ok


def test_batches_count_as_requests_too() -> None:
    with qbo(limits=Limits(requests_per_minute=2)) as client:
        assert [_batch(client) for _ in range(3)] == [200, 200, 429]


def test_a_retry_after_can_be_named() -> None:
    with qbo(limits=Limits(requests_per_minute=0, retry_after=7)) as client:
        assert client.send("GET", "preferences").headers["Retry-After"] == "7"


def test_time_can_be_compressed() -> None:
    with qbo(limits=Limits(requests_per_minute=1, time_scale=60)) as client:
        assert client.send("GET", "preferences").ok
        assert not client.send("GET", "preferences").ok
        client.clock.push(1)
        assert client.send("GET", "preferences").ok


def test_so_many_at_once_and_no_more() -> None:
    with qbo(limits=Limits(max_concurrent=3, latency_ms=400)) as client, ThreadPoolExecutor(5) as pool:
        statuses = [answer.status_code for answer in pool.map(lambda _: _get(client), range(5))]
        assert sorted(statuses) == [200, 200, 200, 429, 429]
        assert client.control("qbo-calls")["max_concurrent"] == 3
        assert _get(client).ok


def test_limits_can_be_changed_while_it_runs(us: Qbo) -> None:
    us.control("qbo", {"limits": {"requests_per_minute": 0}})
    assert us.send("GET", "preferences").status_code == 429


def test_an_answer_takes_its_time(us: Qbo) -> None:
    us.control("qbo", {"limits": {"latency_ms": 100, "latency_item_ms": 50}})
    begin = time.monotonic()
    assert us.send("GET", "preferences").ok
    assert time.monotonic() - begin >= 0.1
    begin = time.monotonic()
    us.batch([{"bId": str(number), "Query": "select * from Item"} for number in range(4)])
    assert time.monotonic() - begin >= 0.3


def test_what_a_caller_gives_up_on_is_done_all_the_same(us: Qbo) -> None:
    customer, item = us.customer(), us.service()
    us.control("qbo", {"limits": {"latency_ms": 400}})
    headers = {"Accept": "application/json", "Authorization": us.session.headers["Authorization"]}
    body = {"CustomerRef": customer, "Line": [line(item, 5)]}
    with pytest.raises(requests.Timeout):
        requests.post(f"{us.base}/invoice", json=body, headers=headers, timeout=0.05)
    assert us.books()["documents"] == []
    time.sleep(0.6)
    assert len(us.books()["documents"]) == 1
