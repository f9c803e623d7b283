"""From an empty machine to books, by the page alone; and what the page keeps, the plugins use."""

from __future__ import annotations

import datetime as dt
import sqlite3
import stat
from typing import TYPE_CHECKING

import pytest

from target_qbo.desk import rehearsing
from target_qbo.desk.known_settings import as_text, from_text
from target_qbo.settings import SETTINGS
from tests.shop import BIN, Shop, run
from tests.target.inboxes import webhook
from tests.web.conftest import Page, Visitor

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    import requests

FIRST, LAST = "2026-03-04", "2026-03-05"


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shop]:
    options = ("--locations", "1", "--days", "2", "--tickets-per-day", "12", "--dirty", "0")
    with Shop(tmp_path_factory.mktemp("setup"), *options) as shop:
        yield shop


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("empty")


@pytest.fixture(scope="module")
def page(shop: Shop, folder: Path) -> Iterator[Page]:
    page = Page.of_nothing(shop, folder)
    yield page
    page.stop()


def test_a_shop_owner_sets_all_up(shop: Shop, page: Page, folder: Path) -> None:
    visitor = page.visitor()
    assert visitor.get("/tickets/").url.endswith("/set-up/"), "there is nothing else yet"
    token, location = shop.ready["franpos"]["auth_token"], shop.ready["franpos"]["location_ids"][0]
    typed = {"auth_token": "wrong", "location_ids": str(location), "time_zone": "America/Denver", "start_date": FIRST}
    refused = visitor.send("/set-up/franpos/", **typed)
    assert refused.status_code == 400
    assert f"Shop {location}: " in refused.text
    assert visitor.send("/set-up/franpos/", **typed | {"auth_token": token}).url.endswith("/set-up/")
    app = {name: shop.ready["qbo"][name] for name in ("client_id", "client_secret")}
    visitor.send("/set-up/quickbooks/", **app, environment="sandbox")
    shop.post("qbo", {"sign_in": {"consent": "other_company"}})
    assert "QuickBooks forbids this app the company" in agree(visitor).text, "the wrong one, of which nothing is known"
    assert visitor.send("/set-up/disconnect/").ok
    shop.post("qbo", {"sign_in": {"consent": "agree"}})
    way = visitor.send("/set-up/quickbooks/")
    (link,) = Visitor.read(way).xpath("//main//a[@class='button']/@href")
    back = visitor.http.get(link, timeout=30, allow_redirects=False).headers["Location"]
    assert "/set-up/connected/?" in back
    connected = Visitor(page.url).http.get(back, timeout=30)  # from another site: without a cookie
    assert "QuickBooks has agreed" in connected.text
    assert Visitor(page.url).http.get(back, timeout=30).status_code == 400, "once"
    accounts = visitor.look("/set-up/accounts/")
    assert "will be created" in accounts.text_content()
    made = visitor.send("/set-up/accounts/", gift_card_account="Gift cards and deposits")
    assert "All is there." in made.text
    assert visitor.send("/set-up/rehearsal/", first=FIRST, last=LAST).ok
    assert "tickets looked at" in visitor.through()
    assert "24 tickets" in visitor.look("/set-up/rehearsal/").text_content()
    assert not [one for one in shop.payloads() if one["entity"] == "Invoice"]
    assert "Nothing was received yet" in visitor.look("/").text_content()
    tenders = visitor.look("/set-up/tenders/")
    assert tenders.xpath("//tbody//select")
    assert visitor.send("/set-up/tenders/", tender_0="Other").ok
    visitor.send("/set-up/nights/", on="on", at="00:00", zone="America/Denver")
    done = visitor.look("/set-up/")
    assert "All is set up." in done.text_content()
    visitor.send("/sync/", first=f"{FIRST}T00:00", last="2026-03-06T00:00")
    assert "24 posted" in visitor.through()
    assert shop.differences() == []
    told = (folder / "page.log").read_text()
    everything = "".join(visitor.get(path).text for path in ("/settings/", "/set-up/quickbooks/", "/set-up/franpos/"))
    for secret in (token, *app.values()):
        assert secret not in everything
        assert secret not in told
        for path in folder.glob("target_qbo.db*"):  # its WAL too
            assert secret.encode() not in path.read_bytes()


def test_what_is_kept_is_sealed_and_the_plugins_use_it(shop: Shop, page: Page, folder: Path) -> None:
    key = folder / "target_qbo.db.key"
    assert stat.S_IMODE(key.stat().st_mode) == 0o600
    with sqlite3.connect(folder / "target_qbo.db") as ledger:
        kept = dict(ledger.execute("SELECT name, sealed FROM kept_settings WHERE plugin != 'page'"))
    assert {name for name, sealed in kept.items() if sealed} == {"auth_token", "client_id", "client_secret"}
    assert page.process.poll() is None
    known = {
        "TAP_FRANPOS_API_URL": shop.ready["franpos"]["api_url"],
        "TAP_FRANPOS_SETTINGS_URL": f"sqlite:///{folder}/target_qbo.db",
        "TARGET_QBO_API_URL": shop.target_settings["api_url"],
        "TARGET_QBO_TOKEN_URL": shop.target_settings["token_url"],
    }
    (folder / "empty.json").write_text('{"environment": "production"}')  # the default, which says nothing
    tap = run([str(BIN / "tap-franpos"), "--config", "ENV"], env=known, folder=folder)
    assert tap.returncode == 0, tap.stderr
    command = [str(BIN / "target-qbo"), "--config", "ENV", "--config", "empty.json"]
    target = run(command, tap.stdout, env=known, folder=folder)
    assert target.returncode == 0, target.stderr
    assert shop.differences() == []
    kept_away = folder / "away"
    key.rename(kept_away)
    with webhook() as hook:
        told = run(command, "", env=known | {"TARGET_QBO_NOTICE_WEBHOOK_URL": hook.url}, folder=folder)
    kept_away.rename(key)
    assert told.returncode == 2
    assert "put target_qbo.db.key back" in told.stderr
    assert "put target_qbo.db.key back" in hook.messages[0]["text"], "whoever is to be told is told"


def test_a_setting_is_changed_where_nothing_else_says_it(page: Page) -> None:
    visitor = page.visitor()
    assert visitor.send("/settings/target-qbo/wait_days/", text="5").url.endswith("/settings/")
    (row,) = visitor.look("/settings/").xpath("//tr[th[normalize-space()='wait_days']]")
    assert [cell.text_content() for cell in row.xpath("td")][:2] == ["5", "this page"]
    assert visitor.send("/settings/target-qbo/wait_days/", text="6", of_books="another's").status_code == 409
    assert visitor.send("/settings/target-qbo/wait_days/", text="ten").status_code == 400
    assert visitor.send("/settings/target-qbo/wait_days/", text="1000").status_code == 400
    for elsewhere in ("api_url", "ledger_url", "realm_id"):
        assert visitor.get(f"/settings/target-qbo/{elsewhere}/").status_code == 404, elsewhere
    visitor.send("/settings/target-qbo/departments/", text="101 = Downtown = North\n102 = Airport")
    (row,) = visitor.look("/settings/").xpath("//tr[th[normalize-space()='departments']]")
    assert "102 = Airport" in row.text_content()
    for odd in ("NaN", "3.0", "9" * 5000, "[" * 9000, "1\0"):
        assert visitor.send("/settings/target-qbo/wait_days/", text=odd).status_code == 400, odd[:9]
    tokens = visitor.send("/settings/tap-franpos/location_tokens/", text="101 = abc==\n102")
    assert tokens.status_code == 400
    assert "abc" not in tokens.text


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("departments", {"101": "Downtown = North"}),
        ("tender_map", {"A=B": "Cash", "": "Other", "two\nlines": "Check"}),
        ("item_rules", [{"sku": "GC-*", "name": "Gift*", "item": "Cards"}, {"name": "A=B", "item": "C"}]),
        ("item_rules", [{"sku": "GC-*", "item": "Cards", "account": "Owed"}, {"name": "sku: 1", "item": "C"}]),
    ],
)
def test_what_is_read_as_text_is_written_the_same(name: str, value: object) -> None:
    assert from_text(name, as_text(name, value), SETTINGS["properties"][name]) == value


def test_an_answer_that_nobody_asked_for_connects_nothing(page: Page) -> None:
    stranger = Visitor(page.url)
    answer = stranger.get("/set-up/connected/?code=AB1&realmId=77&state=guess")
    assert answer.status_code == 400
    assert "Not connected" in answer.text
    assert "AB1" not in answer.text
    assert stranger.get("/set-up/").url.endswith("?next=%2Fset-up%2F")


def test_the_connection_is_ended_and_made_again(shop: Shop, page: Page) -> None:
    visitor = page.visitor()
    assert visitor.send("/set-up/disconnect/").ok
    assert "Not connected to QuickBooks" in visitor.look("/").text_content()
    for how, told in (("deny", "access was denied"), ("other_company", "was chosen in the browser")):
        shop.post("qbo", {"sign_in": {"consent": how}})
        assert told in agree(visitor).text
    shop.post("qbo", {"sign_in": {"consent": "agree"}})
    assert "QuickBooks has agreed" in agree(visitor).text


def test_yesterday_is_the_shops() -> None:
    evening = dt.datetime(2026, 3, 6, 3, tzinfo=dt.UTC)  # still the 5th in Denver
    assert rehearsing.yesterday("America/Denver", evening) == dt.date(2026, 3, 4)


def test_an_app_that_lists_another_address(page: Page) -> None:
    visitor = page.visitor()
    form = _app_form(visitor)
    assert visitor.send("/set-up/quickbooks/", form, redirect_uri="javascript:alert(1)").status_code == 400
    visitor.send("/set-up/quickbooks/", form, redirect_uri="https://shop.example/back")
    way = visitor.send("/set-up/quickbooks/")
    (link,) = Visitor.read(way).xpath("//main//a[@class='button']/@href")
    back = visitor.http.get(link, timeout=30, allow_redirects=False).headers["Location"]
    assert back.startswith("https://shop.example/back?")
    (paste,) = Visitor.read(way).xpath("//main//details[@open]//form")
    fields = dict(paste.form_values())
    told = [
        visitor.http.post(page.url + paste.get("action"), data=fields | {"address": address}, timeout=30).text
        for address in ("https://shop.example/back", back)
    ]
    assert "Not connected" in told[0], "the answer is still waited for"
    assert "QuickBooks has agreed" in told[1]
    assert visitor.look("/audit/").text_content().count("set redirect_uri of the page") == 1
    visitor.send("/set-up/quickbooks/", _app_form(visitor), redirect_uri="")


def _app_form(visitor: Visitor) -> int:
    """Return the place of the form with the app."""
    forms = visitor.look("/set-up/quickbooks/").xpath("//main//form[@method='post']")
    return next(place for place, form in enumerate(forms) if "environment" in dict(form.form_values()))


def agree(visitor: Visitor) -> requests.Response:
    """Go to QuickBooks and come back."""
    way = visitor.send("/set-up/quickbooks/")
    (link,) = Visitor.read(way).xpath("//main//a[@class='button']/@href")
    return visitor.http.get(link, timeout=30)


def test_without_the_key_secrets_are_typed_anew(shop: Shop, page: Page, folder: Path) -> None:
    (folder / "target_qbo.db.key").rename(folder / "lost")
    app = {name: shop.ready["qbo"][name] for name in ("client_id", "client_secret")}
    assert page.visitor().get("/").url.endswith("/set-up/")
    again = Page.of_nothing(shop, folder)  # it starts all the same
    visitor = again.visitor()
    told = visitor.get("/")
    assert told.url.endswith("/set-up/")
    assert "client_secret" in told.text
    assert "type it anew" in visitor.get("/settings/").text
    visitor.send("/set-up/franpos/", auth_token=shop.ready["franpos"]["auth_token"])
    visitor.send("/set-up/quickbooks/", **app, environment="sandbox")
    assert "Connected to QuickBooks" in visitor.look("/").text_content(), "nothing else is lost"
    again.stop()
