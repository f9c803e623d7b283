"""Failures on demand: each kind does to the work and to the answer what it says."""

from __future__ import annotations

from typing import Any

import pytest
import requests

from sandbox.qbo.errors import CODES
from tests.sandbox.qbo_server import TIMEOUT, Qbo, Refused

STATUSES = {"120": 500, "3001": 429, "10000": 500}
TEXT = "Mother\u2019s Day"


def _order(us: Qbo, *rules: dict[str, Any]) -> None:
    us.control("faults", list(rules))


def _item(name: str, **fields: Any) -> dict[str, Any]:
    return {"bId": name, "operation": "create", "Customer": {"DisplayName": name, **fields}}


def _create(us: Qbo, name: str = "A") -> requests.Response:
    return us.send("POST", "customer", {"DisplayName": name})


def _customers(us: Qbo) -> list[str]:
    return [row["DisplayName"] for row in us.control("qbo-entities?entity=Customer")["Customer"]]


@pytest.mark.parametrize(
    ("do", "status", "done"),
    [
        ("500", 500, False),
        ("503", 503, False),
        ("429", 429, False),
        ("html", 502, False),
        ("500_after", 500, True),
        ("503_after", 503, True),
        ("html_after", 502, True),
    ],
)
def test_a_wrong_answer(us: Qbo, do: str, status: int, *, done: bool) -> None:
    _order(us, {"where": "qbo", "do": do, "retry_after": 3})
    answer = _create(us)
    assert answer.status_code == status
    assert answer.headers["Retry-After"] == "3"
    assert _customers(us) == (["A"] if done else [])
    assert answer.headers["Content-Type"].startswith("text/html" if status == 502 else "application/json")
    assert _create(us, "B").ok


def test_a_429_has_the_gateways_words(us: Qbo) -> None:
    _order(us, {"do": "429"})
    assert _create(us).json()["fault"]["error"][0]["code"] == "3001"


@pytest.mark.parametrize(("do", "done"), [("drop_before", False), ("drop_after", True)])
def test_a_lost_answer(us: Qbo, do: str, *, done: bool) -> None:
    _order(us, {"do": do, "match": {"entity": "Customer"}})
    with pytest.raises(requests.ConnectionError):
        _create(us)
    assert _customers(us) == (["A"] if done else [])
    assert _create(us, "B").ok


@pytest.mark.parametrize(("do", "done"), [("hang", False), ("hang_after", True)])
def test_a_hung_request(us: Qbo, do: str, *, done: bool) -> None:
    _order(us, {"do": do, "seconds": 0.3})
    with pytest.raises(requests.Timeout):
        us.session.post(f"{us.base}/customer", json={"DisplayName": "A"}, timeout=0.1)
    assert _customers(us) == (["A"] if done else [])


def test_a_slow_request_is_done_though_nobody_waits(us: Qbo) -> None:
    _order(us, {"do": "slow", "seconds": 0.3})
    with pytest.raises(requests.Timeout):
        us.session.post(f"{us.base}/customer", json={"DisplayName": "A"}, timeout=0.1)
    assert _customers(us) == []
    _order(us, {"do": "slow", "seconds": 0.4})
    assert _create(us, "B").ok
    assert _customers(us) == ["A", "B"]


def test_an_expired_token(us: Qbo) -> None:
    _order(us, {"do": "expire_token"})
    assert _create(us).status_code == 401
    assert us.sign_in().ok
    assert _create(us).ok


def test_the_token_endpoint_fails_too(us: Qbo) -> None:
    _order(us, {"where": "token", "do": "drop_after"})
    assert us.send("GET", "preferences").ok
    before = us.server.sign_in.refresh_token
    with pytest.raises(requests.ConnectionError):
        us.sign_in()
    assert us.server.sign_in.refresh_token != before
    assert us.sign_in(before).ok


def test_which_request_fails(us: Qbo) -> None:
    _order(us, {"do": "500", "match": {"path": "customer", "method": "POST", "nth": 2}})
    us.send("GET", "customer/1")
    assert [_create(us, name).status_code for name in "ABC"] == [200, 500, 200]


def test_every_nth_fails_without_end(us: Qbo) -> None:
    _order(us, {"do": "500", "match": {"every": 2}})
    assert [_create(us, name).status_code for name in "ABCD"] == [200, 500, 200, 500]


def test_so_many_times(us: Qbo) -> None:
    _order(us, {"do": "500", "times": 2})
    assert [_create(us, name).status_code for name in "ABC"] == [500, 500, 200]


def test_a_share_fails(us: Qbo) -> None:
    _order(us, {"do": "500", "match": {"share": 0.5}})
    statuses = {us.send("GET", "preferences").status_code for _ in range(40)}
    assert statuses == {200, 500}


def test_an_entity_in_a_batch_is_found(us: Qbo) -> None:
    _order(us, {"do": "500", "match": {"entity": "Vendor"}})
    items = [{"bId": "1", "operation": "create", "Customer": {"DisplayName": "A"}}]
    assert us.batch(items)
    body = {"BatchItemRequest": [{"bId": "1", "operation": "create", "Vendor": {"DisplayName": "B"}}]}
    assert us.send("POST", "batch", body).status_code == 500


def test_a_place_is_left_alone_by_the_rules_of_another(us: Qbo) -> None:
    _order(us, {"where": "franpos", "do": "500"}, {"where": "token", "do": "500"})
    assert _create(us).ok
    assert us.sign_in().status_code == 500


def test_what_fired_is_told_and_all_can_be_forgotten(us: Qbo) -> None:
    _order(us, {"do": "500"}, {"do": "503", "times": 5})
    _create(us)
    report = us.control("faults")
    assert [(rule["do"], rule["fired"]) for rule in report["rules"]] == [("500", 1), ("503", 0)]
    path = f"/v3/company/{us.server.company.realm_id}/customer"
    assert report["fired"] == [{"where": "qbo", "do": "500", "method": "POST", "path": path}]
    cleared = requests.delete(f"{us.url}/control/faults", timeout=TIMEOUT).json()
    assert cleared == {"rules": [], "fired": []}
    assert _create(us).ok


@pytest.mark.parametrize("code", CODES)
def test_a_write_is_refused_with_a_chosen_fault_alone_and_in_a_batch(us: Qbo, code: str) -> None:
    _order(us, {"do": "refuse", "code": code, "times": 2, "match": {"entity": "Customer", "body": "A"}})
    with pytest.raises(Refused) as refused:
        us.write("Customer", {"DisplayName": "A"})
    assert (refused.value.code, refused.value.status) == (code.split(maxsplit=1)[0], STATUSES.get(code, 400))
    results = us.batch([_item("A"), _item("B")])
    assert results["A"]["Fault"]["Error"][0] == refused.value.error
    assert _customers(us) == ["B"]
    assert us.batch([_item("A")])["A"]["Customer"]["DisplayName"] == "A"


def test_which_write_is_refused(us: Qbo) -> None:
    _order(us, {"where": "qbo", "do": "refuse", "code": "6000", "match": {"entity": "Customer", "nth": 3}})
    us.write("Vendor", {"DisplayName": "no customer"})
    us.write("Customer", {"DisplayName": "A"})
    results = us.batch([_item("B"), _item("C"), _item("D")])
    assert sum("Fault" in result for result in results.values()) == 1
    _order(us, {"do": "refuse", "code": "6000", "match": {"operation": "update", "every": 2}})
    row = us.write("Customer", {"DisplayName": "E"})
    row = us.write("Customer", {"sparse": True, "Id": row["Id"], "SyncToken": "0", "DisplayName": "F"})
    with pytest.raises(Refused, match="6000"):
        us.write("Customer", {"sparse": True, "Id": row["Id"], "SyncToken": "1", "DisplayName": "G"})
    assert us.control("qbo-calls")["faults"] == {"6000": 2}
    assert us.control("faults")["fired"][-1] == {
        "where": "qbo",
        "do": "refuse",
        "code": "6000",
        "entity": "Customer",
        "operation": "update",
    }


def test_a_void_is_refused_by_that_name(us: Qbo) -> None:
    paid = us.write("Payment", {"CustomerRef": us.customer(), "TotalAmt": 5})
    _order(us, {"do": "refuse", "code": "6540", "match": {"entity": "Payment", "operation": "void"}})
    with pytest.raises(Refused, match="6540"):
        us.write("Payment", paid, operation="update", include="void")
    assert us.write("Payment", paid, operation="update", include="void")["TotalAmt"] == 0


def test_a_write_is_done_and_called_refused(us: Qbo) -> None:
    _order(us, {"do": "refuse_after", "code": "10000", "match": {"entity": "Customer"}})
    results = us.batch([_item("A")])
    assert results["A"]["Fault"]["Error"][0]["code"] == "10000"
    assert _customers(us) == ["A"]


def test_a_batch_is_refused_as_a_whole(us: Qbo) -> None:
    _order(us, {"do": "refuse", "code": "2010", "match": {"entity": "Batch", "body": '"B"'}})
    assert us.batch([_item("A")])["A"]["Customer"]
    with pytest.raises(Refused, match="2010"):
        us.batch([_item("B"), _item("C")])
    assert _customers(us) == ["A"]


def test_the_bookkeeper_is_not_refused(us: Qbo) -> None:
    _order(us, {"do": "refuse", "code": "6000", "match": {"every": 1}})
    us.control("qbo/entity", {"op": "create", "entity": "Customer", "body": {"DisplayName": "A"}})
    assert _customers(us) == ["A"]


@pytest.mark.parametrize("do", ["500", "html", "empty", "xml", "refuse"])
def test_a_content_fails_each_time_alone_in_a_batch_and_in_an_update(us: Qbo, do: str) -> None:
    """However its letters were written; what stands beside it in a batch fails with it, but where items are refused."""
    order = {"do": do, "match": {"body": TEXT, "every": 1}}
    _order(us, order | ({"code": "10000"} if do in {"xml", "refuse"} else {}))
    row = us.write("Customer", {"DisplayName": "A"})
    for _ in range(3):
        assert not _create(us, TEXT).ok
        change = {"sparse": True, "Id": row["Id"], "SyncToken": "0", "DisplayName": TEXT}
        assert not us.send("POST", "customer", change).ok
    answer = us.send("POST", "batch", {"BatchItemRequest": [_item("B"), _item("C", Notes=TEXT)]})
    assert answer.ok == (do == "refuse")
    assert _customers(us) == (["A", "B"] if do == "refuse" else ["A"])
    if do == "refuse":
        faults = [item["Fault"] for item in answer.json()["BatchItemResponse"] if "Fault" in item]
        assert [(fault["type"], fault["Error"][0]["code"]) for fault in faults] == [("SystemFault", "10000")]


def test_a_gateway_takes_no_body_above_its_size(us: Qbo) -> None:
    _order(us, {"do": "html", "status": 413, "match": {"larger_than": 200, "every": 1}})
    answer = us.send("POST", "batch", {"BatchItemRequest": [_item(name) for name in "ABCD"]})
    assert (answer.status_code, answer.headers["Content-Type"]) == (413, "text/html; charset=utf-8")
    assert "413 Request Entity Too Large" in answer.text
    assert _customers(us) == []
    assert us.batch([_item("A"), _item("B")])


@pytest.mark.parametrize(("do", "closed"), [("xml", 1), ("broken_xml", 0)])
def test_a_fault_in_xml_though_json_was_asked_for(us: Qbo, do: str, closed: int) -> None:
    _order(us, {"do": do, "code": "6000", "match": {"body": "A"}})
    answer = _create(us)
    assert (answer.status_code, answer.headers["Content-Type"]) == (400, "application/xml; charset=utf-8")
    assert '<Fault type="ValidationFault"><Error code="6000" element="">' in answer.text
    assert "<Detail>Business Validation Error: Refused on order.</Detail>" in answer.text
    assert (answer.text.count("<Error"), answer.text.count("</Error>")) == (1, closed)
    assert _customers(us) == []


def test_a_status_without_a_body(us: Qbo) -> None:
    _order(us, {"do": "empty"}, {"do": "empty", "status": 415})
    assert [(answer.status_code, answer.text) for answer in (_create(us), _create(us))] == [(400, ""), (415, "")]
    assert _customers(us) == []


@pytest.mark.parametrize(
    ("code", "says"),
    [
        ("6000 again", "Please wait a few minutes and try again"),
        ("6000 -30003", "Unexpected Internal Error. (-30003)"),
        ("6000 -30000", "Unexpected Internal Error. (-30000)"),
    ],
)
def test_a_6000_that_says_nothing_of_the_document_for_the_first_sendings_of_each(us: Qbo, code: str, says: str) -> None:
    _order(us, {"do": "refuse", "code": code, "match": {"entity": "Customer", "first": 2}})
    for names in ("AB", "BCA", "C"):
        results = us.batch([_item(name) for name in names])
        refused = [results[name]["Fault"]["Error"][0] for name in names if "Fault" in results[name]]
        assert all(error["code"] == "6000" and says in error["Detail"] for error in refused)
    assert _customers(us) == []
    assert {name for name, result in us.batch([_item(name) for name in "ABC"]).items() if "Fault" not in result} == {
        *"ABC"
    }


def test_a_document_that_was_made_and_is_called_an_error(us: Qbo) -> None:
    _order(us, {"do": "refuse_after", "code": "6000 -30003", "match": {"entity": "Customer", "first": 1}})
    with pytest.raises(Refused, match="-30003"):
        us.write("Customer", {"DisplayName": "A"})
    assert _customers(us) == ["A"]


def test_an_outage_of_writes_alone(us: Qbo) -> None:
    """Alone with HTTP 400, in a batch each item; and a batch as a whole, where that is ordered."""
    _order(us, {"do": "refuse", "code": "500", "match": {"every": 1}})
    with pytest.raises(Refused, match="Could not find resource") as refused:
        us.write("Customer", {"DisplayName": "A"})
    assert (refused.value.status, refused.value.body["Fault"]["type"]) == (400, "ValidationFault")
    assert {result["Fault"]["Error"][0]["code"] for result in us.batch([_item("A"), _item("B")]).values()} == {"500"}
    assert us.query("select count(*) from Customer") == {"totalCount": 0}
    _order(us, {"do": "refuse", "code": "500", "match": {"entity": "Batch", "every": 1}})
    with pytest.raises(Refused, match="Could not find resource"):
        us.batch([_item("A")])


@pytest.mark.parametrize(
    "rule",
    [
        {"do": "explode"},
        {"do": "xml"},
        {"do": "xml", "code": "1"},
        {"do": "xml", "code": "6000", "where": "franpos"},
        {"do": "500", "match": {"body": "("}},
        {"do": "500", "match": {"first": 1}},
        {"do": "500", "match": {"name": "x"}},
        {"do": "500", "where": "bank"},
        {"do": "500", "when": 1},
        {"do": "500", "code": "6000"},
        {"do": "500", "match": {"operation": "void"}},
        {"do": "refuse"},
        {"do": "refuse", "code": "1"},
        {"do": "refuse", "code": 6000},
        {"do": "refuse", "code": "6000", "where": "franpos"},
        {"do": "refuse", "code": "6000", "seconds": 1},
        {"do": "refuse", "code": "6000", "match": {"path": "x"}},
        {"do": "refuse", "code": "6000", "match": {"entity": "Thing"}},
        {"do": "refuse", "code": "6000", "match": {"operation": "burn"}},
        {"do": "refuse", "code": "6000", "match": {"body": "("}},
    ],
)
def test_a_wrong_rule_is_refused(us: Qbo, rule: dict[str, Any]) -> None:
    assert requests.post(f"{us.url}/control/faults", json=rule, timeout=TIMEOUT).status_code == 400
