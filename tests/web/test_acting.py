"""What is done from the page: begun once, watched by anybody, right in the books, and nothing without its own form."""

from __future__ import annotations

import signal
import time
from typing import TYPE_CHECKING, Any

import pytest
from lxml import html

from tests.shop import Shop
from tests.target.failures import edit, ring_up
from tests.web.conftest import Page

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.web.conftest import Visitor

DAY = "2026-03-04"
ACTS = ("/sync/", "/resync/", "/runs/1/undo/")
ENTITIES = {"invoice": "Invoice", "refund_receipt": "RefundReceipt"}
_PATIENCE = 120


@pytest.fixture(scope="module")
def own_shop(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shop]:
    """A shop of which nothing was synced yet; a tenth of the tickets dirty."""
    options = ("--locations", "2", "--days", "1", "--tickets-per-day", "12", "--dirty", "0.15")
    with Shop(tmp_path_factory.mktemp("acting"), *options) as shop:
        yield shop


@pytest.fixture(scope="module")
def own_page(own_shop: Shop) -> Iterator[Page]:
    page = Page(own_shop, own_shop.folder / "page.log")
    yield page
    page.stop()


@pytest.fixture(scope="module")
def owner(own_page: Page) -> Visitor:
    return own_page.visitor()


def _key(visitor: Visitor, row: dict[str, Any]) -> str:
    found = visitor.look(f"/tickets/?search={row['ticket_id']}&location={row['location_id']}")
    (key,) = found.xpath("//input[@name='key']/@value")
    return str(key)


def test_a_sync_is_watched_from_two_places_and_the_books_are_right(
    own_shop: Shop, own_page: Page, owner: Visitor
) -> None:
    own_shop.post("qbo", {"limits": {"latency_ms": 150}})
    answer = owner.send("/sync/", first=f"{DAY}T00:00", last="2026-03-05T00:00")
    assert answer.url.endswith("/work/")
    page = html.fromstring(answer.text)
    assert page.xpath("//meta[@http-equiv='refresh']"), answer.text
    another = own_page.visitor()
    assert "Sync from Mar 4, 2026" in another.look("/work/").text_content()
    assert "is still under way" in another.send("/sync/").text, "one at a time"
    said = another.through()
    own_shop.post("qbo", {"limits": {"latency_ms": 0}})
    assert "Through at" in said
    assert f"{len(own_shop.get('tickets'))} tickets received" in said
    assert own_shop.differences() == []
    assert not another.look("/work/").xpath("//meta[@http-equiv='refresh']")
    another.http.headers["Accept-Language"] = "es"
    told = another.look("/work/").text_content()
    assert "Sincronización desde 4 mar 2026" in told
    assert f"tickets recibidos: {len(own_shop.get('tickets'))}, registrados:" in told


def test_ticked_tickets_are_put_right_and_others_are_left(own_shop: Shop, owner: Visitor) -> None:
    posted = [row for row in own_shop.rows() if row["status"] == "posted" and row["documents"]]
    chosen = [next(row for row in posted if row["documents"][0]["kind"] == kind) for kind in ENTITIES]
    for row in chosen:
        document = row["documents"][0]
        entity = ENTITIES[document["kind"]]
        own_shop.post("qbo/entity", {"op": "delete", "entity": entity, "id": document["id"]})
    ticked, other = (_key(owner, row) for row in chosen)
    owner.send("/tickets/", selected="on", key=[ticked])
    assert "the chosen tickets now: 1 posted" in owner.through()
    assert len(own_shop.differences()) == 1, "the other is still deleted"
    assert "as far as the ledger knows: unchanged" in owner.look(f"/tickets/{other}/").text_content()
    owner.send(f"/tickets/{other}/")
    assert "the chosen tickets now: 1 posted" in owner.through()
    assert own_shop.differences() == []


def test_all_that_match_are_asked_for_twice(own_shop: Shop, owner: Visitor) -> None:
    own_shop.calls()
    skipped = [row for row in own_shop.rows() if row["status"] == "skipped"]
    asked = owner.send("/errors/")
    assert asked.url.endswith("/resync/")
    (code,) = {row["code"] for row in skipped} & set(html.fromstring(asked.text).xpath("//input[@name='code']/@value"))
    number = sum(row["code"] == code for row in skipped)
    assert f"{number} tickets match" in asked.text
    fields = dict(html.fromstring(asked.text).xpath("//main//form")[0].form_values())
    assert fields["status"] == "skipped"
    assert own_shop.calls()["requests"] == 0, "nothing was done yet"
    sent = owner.http.post(f"{owner.url}/resync/", data=fields, timeout=30)
    assert sent.url.endswith("/work/")
    assert f"the chosen tickets now: {number} skipped" in owner.through()
    assert own_shop.calls()["writes"] == 0


def test_a_ticket_s_day_is_fetched_anew_where_that_is_asked_for(own_shop: Shop, owner: Visitor) -> None:
    row = next(row for row in own_shop.rows() if row["status"] == "posted" and row["documents"])
    edit(own_shop, row, "add_line", price="4.00", settle=True)
    assert own_shop.differences() != []
    owner.send(f"/tickets/{_key(owner, row)}/", refetch="on")
    assert " posted" in owner.through()
    assert own_shop.differences() == []


def test_a_run_is_undone_once_it_was_shown(own_shop: Shop, owner: Visitor) -> None:
    ring_up(own_shop, lines=[{"price": "5.00"}])
    owner.send("/sync/")
    assert " 1 posted" in owner.through()
    (address, *_) = owner.look("/runs/").xpath("//a[contains(@href, '/undo/')]/@href")
    shown = owner.look(address).text_content()
    assert "1 ticket." in shown
    assert "1 invoice: 5.00" in shown
    before = len(own_shop.get("books")["documents"])
    owner.send(address)
    assert "1 tickets undone" in owner.through()
    assert sum(not one["voided"] for one in own_shop.get("books")["documents"]) == before - 1
    assert "Nothing of run" in owner.look(address).text_content()


def test_a_ledger_in_postgresql_is_as_good(tmp_path: Path, postgres_database: str) -> None:
    with Shop(tmp_path, "--locations", "1", "--days", "1", "--tickets-per-day", "12", "--dirty", "0.2") as shop:
        shop.configure_target(ledger_url=postgres_database)
        page = Page(shop, shop.folder / "page.log")
        visitor = page.visitor()
        visitor.send("/sync/")
        assert "Through at" in visitor.through()
        assert shop.differences() == []
        for path in ("/", "/tickets/", "/tickets.csv", "/errors/", "/runs/", "/runs/1/undo/", "/work/"):
            assert visitor.get(path).status_code == 200, path
        visitor.send("/runs/1/undo/", shown=visitor.look("/runs/1/undo/").xpath("//input[@name='shown']/@value"))
        assert "tickets undone" in visitor.through()
        page.stop()


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_page_that_is_ended_lets_its_work_come_to_its_end(tmp_path: Path, number: signal.Signals) -> None:
    options = ("--locations", "1", "--days", "1", "--tickets-per-day", "20", "--dirty", "0", "--latency-ms", "250")
    with Shop(tmp_path, *options) as shop:
        shop.configure_target(max_concurrency=1, batch_size=5)
        page = Page(shop, shop.folder / "page.log", anew=True)
        page.visitor().send("/sync/")
        while not shop.get("books")["documents"]:
            assert page.process.poll() is None, page.said.read_text()
            time.sleep(0.02)
        page.process.send_signal(number)
        assert page.process.wait(_PATIENCE) == 0
        assert shop.differences() == []
        assert {row["status"] for row in shop.rows()} == {"posted"}


def test_a_page_that_is_killed_in_a_sync_is_started_again_and_mends_it(tmp_path: Path) -> None:
    options = ("--locations", "1", "--days", "1", "--tickets-per-day", "20", "--dirty", "0", "--latency-ms", "250")
    with Shop(tmp_path, *options) as shop:
        shop.configure_target(max_concurrency=1, batch_size=5)
        page = Page(shop, shop.folder / "page.log")
        visitor = page.visitor()
        visitor.send("/sync/")
        while not shop.get("books")["documents"]:
            time.sleep(0.02)
        page.process.send_signal(signal.SIGKILL)
        page.process.wait(_PATIENCE)
        again = Page(shop, shop.folder / "again.log", "--port", page.url.rpartition(":")[2])
        # The session ended with the process, in the middle of a form: it leads to signing in, and does nothing.
        answer = visitor.http.post(f"{page.url}/sync/", data={}, headers={"Referer": page.url}, timeout=30)
        assert answer.status_code == 403 or "/sign-in/" in answer.url
        anew = again.visitor()
        assert "Nothing is under way" in anew.look("/work/").text_content()
        anew.send("/sync/")
        assert "Through at" in anew.through()
        assert shop.differences() == []
        again.stop()


def test_what_goes_wrong_is_said_in_a_line(own_shop: Shop, owner: Visitor) -> None:
    ring_up(own_shop, lines=[{"price": "6.00"}])
    own_shop.post("faults", [{"where": "qbo", "do": "503", "match": {"every": 1}}])
    owner.send("/sync/")
    said = owner.through()
    own_shop.forget_faults()
    assert "It ended early" in said
    assert "QuickBooks" in said
    assert "Traceback" not in said
    owner.send("/sync/")
    assert "Through at" in owner.through()


@pytest.mark.parametrize(
    "fields",
    [
        {"first": "yesterday"},
        {"last": f"{DAY}T00:00"},
        {"first": f"{DAY}T10:00", "last": f"{DAY}T09:00"},
        {"first": "0001-01-01T00:00"},
        {"first": "9999-12-31", "last": "9999-12-31"},
        {"first": f"{DAY}T00:00+02:00"},
        {"location": "999"},
    ],
)
def test_a_period_that_is_none_is_not_synced(own_shop: Shop, owner: Visitor, fields: dict[str, str]) -> None:
    own_shop.calls()
    assert owner.send("/sync/", **fields).status_code == 400
    assert own_shop.calls()["requests"] == 0


@pytest.mark.parametrize("keys", [["x"], ["-1"], ["99999999999"], [str(one) for one in range(501)], []])
def test_tickets_that_can_t_be_meant_are_not_resynced(owner: Visitor, keys: list[str]) -> None:
    assert owner.send("/tickets/", selected="on", key=keys).status_code == 400


def test_a_box_that_was_ticked_does_not_narrow_all_that_match(own_shop: Shop, owner: Visitor) -> None:
    own_shop.calls()
    (key, *_) = owner.look("/tickets/").xpath("//input[@name='key']/@value")
    asked = owner.send("/tickets/", all="on", key=[key])
    assert "every ticket of the company" in asked.text
    asked = owner.send("/tickets/?status=posted&least=1.00", all="on")
    assert "posted" in (text := html.fromstring(asked.text).text_content())
    assert "1.00" in text
    assert own_shop.calls()["requests"] == 0


def test_a_form_changes_no_other_books_and_no_more_than_it_showed(own_shop: Shop, owner: Visitor) -> None:
    (address, *_) = owner.look("/runs/").xpath("//a[contains(@href, '/undo/')]/@href")
    assert "Undo run" in owner.send(address, shown="9 invoice 9 9.00").text, "asked again"
    before = own_shop.target_settings["ledger_url"]
    try:
        own_shop.configure_target(ledger_url=f"sqlite:///{own_shop.folder}/other.db")
        other = owner.look("/sync/").xpath("//input[@name='of_books']/@value")
    finally:
        own_shop.configure_target(ledger_url=before)
    for path in ("/sync/", address):
        answer = owner.send(path, of_books=other)
        assert (answer.status_code, "other books" in answer.text) == (409, True)


def test_where_settings_are_wrong_they_can_be_looked_at(own_shop: Shop, owner: Visitor) -> None:
    own_shop.configure_target(environment="Production")
    try:
        for path, status in (("/", 503), ("/settings/", 200), ("/users/", 200), ("/set-up/quickbooks/", 200)):
            assert owner.get(path).status_code == status, path
    finally:
        own_shop.configure_target(environment="sandbox")
    assert owner.get("/").status_code == 200


def test_a_run_that_never_was_can_t_be_undone(owner: Visitor) -> None:
    assert {owner.get(f"/runs/{number}/undo/").status_code for number in (999, 2**40)} == {404}


@pytest.mark.parametrize("path", ACTS)
def test_nothing_is_done_without_the_page_s_own_form(own_shop: Shop, own_page: Page, owner: Visitor, path: str) -> None:
    own_shop.calls()
    assert owner.http.post(own_page.url + path, timeout=30).status_code == 403
    stranger = own_page.visitor(signed_in=False)
    token = html.fromstring(stranger.get("/sign-in/").text).xpath("//input[@name='csrfmiddlewaretoken']/@value")[0]
    answer = stranger.http.post(own_page.url + path, data={"csrfmiddlewaretoken": token}, timeout=30)
    assert "/sign-in/" in answer.url
    assert own_shop.calls()["requests"] == 0
