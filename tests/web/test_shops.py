"""All shops of ``stores.yml`` on one page, and each behind its own address, with its own settings and secrets."""

from __future__ import annotations

import datetime as dt
import json
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import parse_qs, urlencode, urlsplit

import pytest
from axe_playwright_python.sync_playwright import Axe

from sandbox.stores_file import SHARED_SECRETS, connections, write_stores_file
from target_qbo.ledger import open_ledger
from target_qbo.ledger.daily import latest_days
from target_qbo.ledger.database import open_database
from target_qbo.ledger.standings import standings
from tests.fleet import ask, running_fleet
from tests.web.conftest import Page, Visitor, sign_in_with_keyboard

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from lxml import html
    from playwright.sync_api import Browser

    from sandbox.stores_file import Store

ALONE, BROKEN, FIRST, SECOND = "store-03", "store-04", "store-01", "store-02"
_PATIENCE = 120


@dataclass
class Fleet:
    """Two shops of one company, one of its own, and one of which others may read the secrets."""

    stores: dict[str, Store]
    folder: Path
    page: Page
    somebody: Visitor

    @property
    def ledger(self) -> str:
        """Address of the ledger that all have together."""
        return f"sqlite:///{self.folder}/ledger.db"


@pytest.fixture(scope="module")
def fleet(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Fleet]:
    folder = tmp_path_factory.mktemp("shops")
    size = ("--stores", "4", "--shared", "2", "--days", "1", "--tickets-per-day", "12", "--dirty", "0.3")
    with running_fleet(folder, *size) as stores:
        write_stores_file(folder / "stores.yml", stores)
        found = connections(stores, {"TARGET_QBO_LEDGER_URL": f"sqlite:///{folder}/ledger.db"}, refresh_tokens={})
        secrets = folder / "secrets"
        secrets.mkdir()
        for name, connection in found.items():
            (secrets / f"{name}.json").write_text(json.dumps(connection["extra"]))
            (secrets / f"{name}.json").chmod(0o640 if name.endswith(BROKEN) else 0o600)
        # One of them as Airflow would have it.
        own = f"{SHARED_SECRETS}_{ALONE}"
        (secrets / f"{own}.json").unlink()
        environment = {f"AIRFLOW_CONN_{own.upper()}": json.dumps(found[own])}
        page = Page.of_stores(folder, environment, "--secrets", str(secrets))
        try:
            yield Fleet({store["name"]: store for store in stores}, folder, page, page.visitor())
        finally:
            page.stop()


def _rows(page: html.HtmlElement) -> dict[str, str]:
    """Return each shop's row as text, in its order."""
    return {row.xpath("string(th)"): " ".join(row.text_content().split()) for row in page.xpath("//tbody/tr")}


def _through(visitor: Visitor, name: str) -> str:
    """Wait for the work of a shop; returns what its page says of it."""
    deadline = time.monotonic() + _PATIENCE
    while "Under way since" in (text := visitor.look(f"/shops/{name}/work/").text_content()):
        assert time.monotonic() < deadline, text
        time.sleep(0.1)
    return " ".join(text.split())


@pytest.fixture(scope="module")
def synced(fleet: Fleet) -> dict[str, str]:
    """Two of the shops, synced at the same time by their pages; what all shops' page said before."""
    visitor = fleet.somebody
    before = visitor.look("/")
    assert "4 need attention" in before.text_content()
    for name in (ALONE, FIRST):
        answer = visitor.send(f"/shops/{name}/sync/")
        assert answer.url == f"{visitor.url}/shops/{name}/work/", answer.text
    for name in (ALONE, FIRST):
        assert "Through at" in _through(visitor, name)
    assert f"{len(ask(fleet.stores[ALONE], 'tickets'))} tickets received" in _through(visitor, ALONE)
    return _rows(before)


def test_a_sync_of_one_is_seen_among_all(fleet: Fleet, synced: dict[str, str]) -> None:
    assert list(synced) == [BROKEN, FIRST, SECOND, ALONE], "what can't be read comes first"
    assert "can be read by others: chmod 600" in synced[BROKEN]
    assert all("never" in synced[name] and "none yet" in synced[name] for name in (FIRST, SECOND, ALONE))
    assert "(shared)" in synced[FIRST]
    assert "(shared)" not in synced[ALONE]
    assert "Nothing is under way" in fleet.somebody.look(f"/shops/{SECOND}/work/").text_content()
    rows = _rows(fleet.somebody.look("/shops/"))
    assert [*rows][:: len(rows) - 1] == [BROKEN, SECOND], "nothing is skipped at its own location"
    for name in (FIRST, SECOND, ALONE):
        assert "never" not in rows[name]
        assert "done" in rows[name]
    assert "skipped at" not in rows[SECOND]
    for name in (FIRST, ALONE):
        skipped = fleet.somebody.look(f"/shops/{name}/tickets/?status=skipped").xpath("//tbody/tr")
        assert f"{len(skipped)} skipped at {name}" in rows[name]


@pytest.mark.usefixtures("synced")
def test_differences_are_those_of_each_company_s_chart(fleet: Fleet) -> None:
    engine = open_database(fleet.ledger)
    found = standings(engine, 30, dt.datetime.now(dt.UTC))
    engine.dispose()
    assert {realm for _, realm in found} == {fleet.stores[name]["realm_id"] for name in (FIRST, ALONE)}
    for (environment, realm), standing in found.items():
        ledger = open_ledger(fleet.ledger, environment=environment, realm_id=realm)
        chart = {day.date: day.till - day.books for day in latest_days(ledger, 30) if day.till != day.books}
        ledger.engine.dispose()
        assert chart, "skipped tickets make a difference"
        assert {day: amount for (_, day), amount in standing.differences.items() if amount} == chart


@pytest.mark.usefixtures("synced")
def test_all_shops_can_be_read_by_everybody(fleet: Fleet, browser: Browser) -> None:
    context = browser.new_context(color_scheme="dark", viewport={"width": 360, "height": 740})
    tab = context.new_page()
    sign_in_with_keyboard(tab, fleet.page, lands_on="All shops")
    for path in ("/shops/", f"/shops/{ALONE}/", f"/shops/{FIRST}/set-up/nights/"):
        tab.goto(fleet.page.url + path)
        assert Axe().run(tab).response["violations"] == []
        assert not tab.evaluate("document.documentElement.scrollWidth > window.innerWidth"), path
    context.close()


def test_pages_and_secrets_of_a_shop_stay_its_own(fleet: Fleet) -> None:
    visitor = fleet.somebody
    page = visitor.look(f"/shops/{ALONE}/")
    assert ALONE in page.xpath("string(//header/p)")
    addresses = [*page.xpath("//nav//a/@href"), *page.xpath("//main//a/@href")]
    assert addresses
    assert all(address.startswith((f"/shops/{ALONE}/", "?")) for address in addresses)
    other = visitor.look(f"/shops/{FIRST}/sync/").xpath("string(//input[@name='of_books']/@value)")
    refused = visitor.send(f"/shops/{ALONE}/sync/", of_books=other)
    assert refused.status_code == 409, "a form of other books"
    locations = visitor.look(f"/shops/{FIRST}/sync/").xpath("//select[@name='location']/option/@value")
    assert locations == ["", str(fleet.stores[FIRST]["location"])]
    in_force = visitor.get(f"/shops/{ALONE}/settings/").text
    assert "stores.yml" in in_force
    assert not any(secret in in_force for secret in _secrets(fleet))
    broken = visitor.get(f"/shops/{BROKEN}/")
    assert broken.status_code == 503
    assert "chmod 600" in broken.text
    for answer in (broken, visitor.get("/shops/"), visitor.get(f"/shops/{ALONE}/set-up/quickbooks/")):
        assert not any(secret in answer.text for secret in _secrets(fleet))
    assert not any(secret in fleet.page.said.read_text() for secret in _secrets(fleet))


def _secrets(fleet: Fleet) -> set[str]:
    own = [(store["franpos"]["auth_token"], store["qbo"]["refresh_token"]) for store in fleet.stores.values()]
    return {secret for pair in own for secret in pair}


@pytest.mark.parametrize("path", ["/shops/nobody/", "/shops/nobody/tickets/", "/tickets/", "/shops/store-03/nothing/"])
def test_what_is_of_no_shop_is_not_there(fleet: Fleet, path: str) -> None:
    assert fleet.somebody.get(path).status_code == 404
    stranger = fleet.page.visitor(signed_in=False).get(path, allow_redirects=False)
    assert stranger.headers["Location"].startswith("/sign-in/?next="), "a stranger learns no name"


def test_connecting_comes_back_to_the_shop_that_asked(fleet: Fleet) -> None:
    visitor = fleet.somebody
    shown = visitor.look(f"/shops/{ALONE}/set-up/quickbooks/")
    assert "/set-up/connected/" in shown.text_content()
    assert "/shops/" not in shown.xpath("string(//code)"), "one address for all: an app lists few"
    answer = visitor.send(f"/shops/{ALONE}/set-up/quickbooks/")
    way = Visitor.read(answer).xpath("//a[@rel='noreferrer']/@href")[0]
    query = parse_qs(urlsplit(way).query)
    assert query["redirect_uri"][0].endswith("/set-up/connected/")
    back = {"state": query["state"][0], "error": "access_denied"}
    stranger = fleet.page.visitor(signed_in=False)
    unknown = stranger.get(f"/set-up/connected/?{urlencode(back | {'state': 'x'})}")
    assert "answers no sign-in" in unknown.text
    denied = stranger.get(f"/set-up/connected/?{urlencode(back)}")
    assert "access was denied" in denied.text
    assert f"/shops/{ALONE}/set-up/" in denied.text
    assert f"{ALONE}: began to connect QuickBooks" in visitor.look("/audit/").text_content()


def test_the_file_is_followed_and_who_signs_out_is_out(fleet: Fleet) -> None:
    path = fleet.folder / "stores.yml"
    before = path.read_text()
    visitor = fleet.page.visitor()
    try:
        path.write_text(before.replace(f"name: {SECOND}", "name: moved"))
        assert "moved" in _rows(visitor.look("/shops/?name=mov"))
        assert visitor.get(f"/shops/{SECOND}/").status_code == 404
        path.write_text("stores: [")
        assert "be read" in visitor.get("/shops/").text
    finally:
        path.write_text(before)
    assert visitor.get(f"/shops/{ALONE}/users/").url == f"{visitor.url}/users/", "they are of no shop"
    out = visitor.http.post(
        f"{visitor.url}/shops/{ALONE}/sign-out/",
        data=dict(visitor.look(f"/shops/{ALONE}/").xpath("//header//form")[0].form_values()),
        timeout=30,
    )
    assert out.url == f"{visitor.url}/sign-in/"
    assert visitor.get("/shops/").url.startswith(f"{visitor.url}/sign-in/")
