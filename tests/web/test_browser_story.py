"""The shop owner's story by clicks, in a real browser: from an empty machine to books that are right to the cent."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import expect

from tests.shop import Shop
from tests.target.failures import ring_up
from tests.web.conftest import Page, sign_in_with_keyboard

if TYPE_CHECKING:
    from pathlib import Path

    from playwright.sync_api import Browser
    from playwright.sync_api import Page as Tab

_LONG = 60_000  # milliseconds


def test_from_an_empty_machine_to_books(browser: Browser, tmp_path: Path) -> None:
    options = ("--locations", "1", "--days", "3", "--tickets-per-day", "8", "--dirty", "0")
    empty = tmp_path / "empty"
    empty.mkdir()
    with Shop(tmp_path, *options) as shop:
        first = dt.date.fromisoformat(shop.ready["franpos"]["start_date"])
        days = [(first + dt.timedelta(days=day)).isoformat() for day in range(-1, 3)]
        page = Page.of_nothing(shop, empty)
        context = browser.new_context()
        tab = context.new_page()
        sign_in_with_keyboard(tab, page, "Set-up")
        sets_up(tab, shop, days[0])
        connects(tab, shop)
        rehearses(tab, days)
        syncs_but_for_a_closed_day(tab, context.new_page(), shop, page, days)
        opens_the_day_and_resyncs(tab, shop, page)
        puts_back_what_was_deleted(tab, shop, page, days)
        undoes_a_day_and_syncs_it_again(tab, shop, page, days[2])
        proves(tab, page, days, "agrees")
        context.close()
        page.stop()


def sets_up(tab: Tab, shop: Shop, start: str) -> None:
    tab.get_by_role("link", name="Your shops at Franpos").click()
    tab.get_by_label("Franpos API token").fill(shop.ready["franpos"]["auth_token"])
    tab.get_by_label("Ids of your shops").fill(str(shop.ready["franpos"]["location_ids"][0]))
    tab.get_by_label("First day to be posted").fill(start)
    tab.get_by_role("button", name="Try and keep").click()
    expect(tab.get_by_role("listitem").filter(has_text="Your shops at Franpos")).to_contain_text("done")


def connects(tab: Tab, shop: Shop) -> None:
    tab.get_by_role("link", name="Connect QuickBooks").click()
    tab.get_by_label("Client id of the Intuit app").fill(shop.ready["qbo"]["client_id"])
    tab.get_by_label("Client secret of the Intuit app").fill(shop.ready["qbo"]["client_secret"])
    tab.get_by_label("Which QuickBooks").select_option("sandbox")
    tab.get_by_role("button", name="Keep").click()
    tab.get_by_role("button", name="Connect QuickBooks").click()
    tab.get_by_role("link", name="Go to QuickBooks and agree").click()
    expect(tab.get_by_text("QuickBooks has agreed")).to_be_visible()
    tab.get_by_role("link", name="Go on with the set-up").click()
    tab.get_by_role("link", name="Accounts and items in QuickBooks").click()
    tab.get_by_role("button", name="Initialize").click()
    expect(tab.get_by_text("All is there.")).to_be_visible(timeout=_LONG)


def rehearses(tab: Tab, days: list[str]) -> None:
    tab.get_by_role("link", name="Back to the steps").click()
    tab.get_by_role("link", name="A dry run").click()
    tab.get_by_label("From").fill(days[1])
    tab.get_by_label("To", exact=True).fill(days[2])
    tab.get_by_role("button", name="Rehearse").click()
    expect(tab.get_by_role("heading", name=": 16 tickets")).to_be_visible(timeout=_LONG)
    tab.get_by_role("link", name="What your tenders are").click()
    tab.get_by_role("combobox").first.select_option("Other")
    tab.get_by_role("button", name="Keep").click()
    expect(tab.get_by_role("combobox").first).to_be_visible()
    tab.get_by_role("link", name="Back to the steps").click()
    tab.get_by_role("link", name="Every night").click()
    tab.get_by_label("Sync every night").check()
    tab.get_by_role("button", name="Keep").click()
    expect(tab.get_by_role("heading", name="The next nights")).to_be_visible()


def syncs_but_for_a_closed_day(tab: Tab, other: Tab, shop: Shop, page: Page, days: list[str]) -> None:
    ring_up(shop, created_at=f"{days[0]}T12:00:00-07:00", lines=[{"price": "12.50"}])
    shop.post("qbo", {"options": {"book_close_date": days[0]}})
    tab.get_by_role("link", name="Sync", exact=True).click()
    tab.get_by_role("button", name="Sync now").click()
    other.goto(f"{page.url}/work/?still=1")
    assert Axe().run(other).response["violations"] == []
    other.goto(f"{page.url}/work/")
    for one in (tab, other):  # both go on to its end by themselves
        expect(one.get_by_text("Through at")).to_be_visible(timeout=_LONG)
    other.close()
    tab.get_by_role("link", name="see why").click()
    expect(tab.get_by_role("row", name="qbo_6210")).to_be_visible()


def opens_the_day_and_resyncs(tab: Tab, shop: Shop, page: Page) -> None:
    tab.get_by_role("link", name="qbo_6210").click()
    tab.locator("tbody th a").first.click()
    expect(tab.get_by_text("What to do")).to_be_visible()
    shop.post("qbo", {"options": {"book_close_date": None}})
    tab.goto(f"{page.url}/tickets/?status=skipped")
    tab.get_by_role("checkbox").first.check()
    tab.get_by_role("button", name="Resync selected tickets").click()
    expect(tab.get_by_text("the chosen tickets now: 1 posted")).to_be_visible(timeout=_LONG)
    assert shop.differences() == []


def puts_back_what_was_deleted(tab: Tab, shop: Shop, page: Page, days: list[str]) -> None:
    invoice = next(one for one in shop.get("books")["documents"] if one["entity"] == "Invoice" and not one["voided"])
    shop.post("qbo/entity", {"op": "delete", "entity": "Invoice", "id": invoice["id"]})
    proves(tab, page, days, "differs")
    tab.get_by_role("heading", name="Problems").locator("xpath=following::ul[1]//a").first.click()
    tab.locator("tbody th a").first.click()
    tab.get_by_role("button", name="Resync this ticket").click()
    expect(tab.get_by_text("the chosen tickets now: 1 posted")).to_be_visible(timeout=_LONG)
    assert shop.differences() == []


def undoes_a_day_and_syncs_it_again(tab: Tab, shop: Shop, page: Page, day: str) -> None:
    tab.get_by_role("link", name="Runs").click()
    tab.get_by_role("link", name="Undo days").click()
    tab.get_by_label("From").fill(day)
    tab.get_by_label("To", exact=True).fill(day)
    tab.get_by_role("button", name="Show").click()
    tab.get_by_role("button", name="Take this out of QuickBooks").click()
    expect(tab.get_by_text("8 tickets undone")).to_be_visible(timeout=_LONG)
    assert [one for one in shop.get("books")["documents"] if one["txn_date"] == day and not one["voided"]] == []
    tab.goto(f"{page.url}/sync/")
    tab.get_by_label("From").fill(f"{day}T00:00")
    tab.get_by_label("To, not included").fill(f"{day}T23:59")
    tab.get_by_role("button", name="Sync now").click()
    expect(tab.get_by_text("Through at")).to_be_visible(timeout=_LONG)
    assert shop.differences() == []


def proves(tab: Tab, page: Page, days: list[str], verdict: str) -> None:
    tab.goto(f"{page.url}/reconcile/?first={days[0]}&last={days[-1]}")
    expect(tab.locator(f".verdict.{verdict}")).to_be_visible(timeout=_LONG)
