"""Batches, and the requestid that replays a first answer."""

from __future__ import annotations

from typing import Any

import pytest

from tests.sandbox.qbo_server import Qbo, Refused, line, linked, qbo


class Desk:
    """A company with a customer and an item, and shorthands for a batch's items."""

    def __init__(self, client: Qbo) -> None:
        self.qbo = client
        self.customer = client.customer()
        self.item = client.service()

    def body(self, number: str = "X", amount: object = 5) -> dict[str, Any]:
        """Return an invoice."""
        return {"CustomerRef": self.customer, "DocNumber": number, "Line": [line(self.item, amount)]}

    def create(self, identity: str, amount: object = 5) -> dict[str, Any]:
        """Return a batch's item that makes an invoice of that number."""
        return {"bId": identity, "operation": "create", "Invoice": self.body(identity, amount)}

    def count(self) -> int:
        """Return how many invoices there are."""
        return int(self.qbo.query("select count(*) from Invoice")["totalCount"])


@pytest.fixture
def desk(us: Qbo) -> Desk:
    return Desk(us)


def _code(item: dict[str, Any]) -> str:
    return str(item["Fault"]["Error"][0]["code"])


def test_items_stand_for_themselves(desk: Desk) -> None:
    results = desk.qbo.batch([desk.create("a"), desk.create("b", -5), desk.create("c")])
    assert results["a"]["Invoice"]["DocNumber"] == "a"
    assert _code(results["b"]) == "6000"
    assert results["b"]["Fault"]["type"] == "ValidationFault"
    assert desk.count() == 2


def test_items_are_done_and_answered_in_orders_of_their_own(desk: Desk) -> None:
    sent = [f"n{number}" for number in range(30)]
    answer = desk.qbo.call("POST", "batch", {"BatchItemRequest": [desk.create(one) for one in sent]})
    answered = [item["bId"] for item in answer["BatchItemResponse"]]
    done = sorted(answer["BatchItemResponse"], key=lambda item: int(item["Invoice"]["Id"]))
    orders = [sent, answered, [item["bId"] for item in done]]
    assert sorted(answered) == sorted(sent)
    assert len({tuple(order) for order in orders}) == 3


def test_a_batch_is_nothing_but_its_items(us: Qbo) -> None:
    items = [{"bId": "1", "Query": "select * from Item"}]
    with pytest.raises(Refused) as refused:
        us.call("POST", "batch", {"BatchItemRequest": items, "Atomic": True})
    assert refused.value.code == "2010"


def test_a_batch_has_at_most_30_items(desk: Desk) -> None:
    with pytest.raises(Refused) as refused:
        desk.qbo.batch([desk.create(f"n{number}") for number in range(31)])
    assert refused.value.status == 400
    assert desk.count() == 0


@pytest.mark.parametrize(
    ("items", "code"),
    [
        ([], "2020"),
        ([{"operation": "create", "Customer": {"DisplayName": "A"}}], "2020"),
        ([{"bId": 1, "operation": "create", "Customer": {"DisplayName": "A"}}], "2020"),
        ([{"bId": "1", "Query": "select * from Item"}, {"bId": "1", "Query": "select * from Item"}], "2010"),
    ],
)
def test_a_malformed_batch_is_refused_as_a_whole(us: Qbo, items: list[dict[str, Any]], code: str) -> None:
    with pytest.raises(Refused) as refused:
        us.batch(items)
    assert refused.value.code == code


@pytest.mark.parametrize(
    ("item", "code"),
    [
        ({"Customer": {"DisplayName": "A"}}, "2020"),
        ({"operation": "create"}, "2010"),
        ({"operation": "create", "Customer": {}, "Vendor": {}}, "2010"),
        ({"operation": "create", "Customer": []}, "2010"),
        ({"operation": "create", "Customer": {"DisplayName": "A"}, "extra": 1}, "2010"),
        ({"operation": "make", "Customer": {"DisplayName": "A"}}, "500"),
        ({"operation": "create", "optionsData": "void", "Customer": {"DisplayName": "A"}}, "500"),
        ({"Query": "select"}, "4000"),
        ({"Query": 5}, "2010"),
    ],
)
def test_a_malformed_item_is_a_fault_of_its_own(us: Qbo, item: dict[str, Any], code: str) -> None:
    results = us.batch([item | {"bId": "1"}, {"bId": "2", "Query": "select * from PaymentMethod"}])
    assert _code(results["1"]) == code
    assert results["2"]["QueryResponse"]["PaymentMethod"]


def test_updates_voids_and_deletes_in_a_batch(desk: Desk) -> None:
    made = desk.qbo.batch([desk.create(one) for one in "abc"])
    invoices = {one: made[one]["Invoice"] for one in "abc"}
    payment = desk.qbo.write(
        "Payment", {"CustomerRef": desk.customer, "TotalAmt": 5, "Line": [linked(invoices["a"], 5)]}
    )
    head = {one: {"Id": invoices[one]["Id"], "SyncToken": "0"} for one in "bc"}
    results = desk.qbo.batch(
        [
            {"bId": "void", "operation": "void", "Invoice": head["b"]},
            {"bId": "delete", "operation": "delete", "Invoice": head["c"]},
            {"bId": "payment", "operation": "update", "optionsData": "void", "Payment": payment},
            {"bId": "stale", "operation": "update", "Invoice": invoices["a"]},
        ]
    )
    assert results["void"]["Invoice"]["PrivateNote"] == "Voided"
    assert results["delete"]["Invoice"]["status"] == "Deleted"
    assert results["payment"]["Payment"]["TotalAmt"] == 0
    assert _code(results["stale"]) == "5010"


def test_a_payment_void_in_a_batch_goes_by_way_of_an_update(desk: Desk) -> None:
    payment = desk.qbo.write("Payment", {"CustomerRef": desk.customer, "TotalAmt": 5})
    results = desk.qbo.batch([{"bId": "1", "operation": "void", "Payment": payment}])
    assert _code(results["1"]) == "500"


# The requestid.


def test_a_repeated_requestid_gets_the_first_answer(desk: Desk) -> None:
    first = desk.qbo.call("POST", "invoice", desk.body(), requestid="r1")
    again = desk.qbo.call("POST", "invoice", desk.body(amount=9), requestid="r1")
    assert again == first
    assert desk.count() == 1
    desk.qbo.call("POST", "invoice", desk.body(), requestid="r2")
    assert desk.count() == 2


def test_it_replays_what_has_been_deleted_since(desk: Desk) -> None:
    made = desk.qbo.write("Invoice", desk.body(), requestid="r1")
    desk.qbo.write("Invoice", {"Id": made["Id"], "SyncToken": "0"}, operation="delete")
    assert desk.qbo.write("Invoice", desk.body(), requestid="r1") == made
    assert desk.count() == 0


def test_it_replays_a_fault_too(desk: Desk) -> None:
    with pytest.raises(Refused) as first:
        desk.qbo.write("Invoice", desk.body(amount=-5), requestid="r1")
    with pytest.raises(Refused) as again:
        desk.qbo.write("Invoice", desk.body(), requestid="r1")
    assert again.value.body == first.value.body


def test_it_replays_over_entities_and_batches(desk: Desk) -> None:
    first = desk.qbo.call("POST", "batch", {"BatchItemRequest": [desk.create("a")]}, requestid="r1")
    again = desk.qbo.call("POST", "batch", {"BatchItemRequest": [desk.create("b")]}, requestid="r1")
    assert again == first
    assert desk.qbo.call("POST", "customer", {"DisplayName": "A"}, requestid="r1") == first


def test_its_length(desk: Desk) -> None:
    """On a batch so short that with an item's id it never is longer than 50."""
    assert desk.qbo.write("Invoice", desk.body(), requestid="r" * 50)
    with pytest.raises(Refused):
        desk.qbo.write("Invoice", desk.body(), requestid="r" * 51)
    assert desk.qbo.batch([desk.create("b" * 10)], requestid="r" * 36)
    with pytest.raises(Refused):
        desk.qbo.batch([desk.create("a")], requestid="r" * 37)
    with pytest.raises(Refused):
        desk.qbo.batch([desk.create("b" * 11)], requestid="r2")
    assert desk.count() == 2


def test_a_batch_may_be_done_twice_where_the_company_is_set_so() -> None:
    with qbo(requestid="batch_creates_twice") as client:
        desk = Desk(client)
        for _ in range(2):
            desk.qbo.batch([desk.create("a")], requestid="r1")
            desk.qbo.write("Invoice", desk.body(), requestid="r2")
        assert desk.count() == 3


def test_a_batch_may_be_answered_6000_where_the_company_is_set_so() -> None:
    with qbo(requestid="batch_answers_6000") as client:
        desk = Desk(client)
        desk.qbo.batch([desk.create("a")], requestid="r1")
        with pytest.raises(Refused) as refused:
            desk.qbo.batch([desk.create("a")], requestid="r1")
        assert refused.value.code == "6000"
        assert desk.count() == 1


def test_it_may_be_ignored_where_the_company_is_set_so() -> None:
    with qbo(requestid="ignored") as client:
        desk = Desk(client)
        for _ in range(2):
            desk.qbo.write("Invoice", desk.body(), requestid="r2")
        assert desk.count() == 2
