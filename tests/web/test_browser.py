"""The page in a real browser: what a person can do there, with a keyboard, on a phone, in the dark."""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import expect, sync_playwright

from tests.shop import Shop
from tests.web.conftest import Page

if TYPE_CHECKING:
    from collections.abc import Iterator

    from playwright.sync_api import Browser
    from playwright.sync_api import Page as Tab

CHROMIUM = shutil.which("chromium")
QUIET = (
    *("--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run"),
    *("--disable-background-networking", "--disable-component-update", "--disable-sync"),
)
RECONCILE = "/reconcile/?first=2026-03-04&last=2026-03-05"
PAGES = ("/", "/tickets/", "/tickets/?status=skipped", "/errors/", "/sync/", "/runs/", "/work/", RECONCILE)
NARROW = {"width": 360, "height": 740}


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    assert CHROMIUM, "run `make chromium` first; `make test` does"
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=list(QUIET))
        yield browser
        browser.close()


def sign_in(tab: Tab, page: Page) -> None:
    """Sign in with the keyboard alone."""
    tab.goto(page.url)
    tab.get_by_label("Code").focus()
    tab.keyboard.type(page.code)
    tab.keyboard.press("Enter")
    expect(tab.get_by_role("heading", name="Overview")).to_be_visible()


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_every_page_can_be_read_by_everybody(browser: Browser, page: Page, scheme: str) -> None:
    context = browser.new_context(color_scheme=scheme, viewport=NARROW)  # type: ignore[arg-type]
    tab, problems = context.new_page(), []
    tab.on("console", lambda said: problems.append(said.text) if said.type == "error" else None)
    sign_in(tab, page)
    tab.goto(f"{page.url}/tickets/")
    ticket = tab.locator("tbody th a").first.get_attribute("href")
    assert ticket is not None
    for path in (*PAGES, ticket, "/runs/1/undo/"):
        answer = tab.goto(page.url + path)
        assert answer is not None
        assert answer.status == 200, path
        found = Axe().run(tab)
        problems += [f"{path}: {one['id']} {one['nodes'][0]['html']}" for one in found.response["violations"]]
        if tab.evaluate("document.documentElement.scrollWidth > window.innerWidth"):
            problems.append(f"{path} is wider than the screen")
    context.close()
    assert problems == []


def test_a_shop_owner_syncs_picks_and_undoes(browser: Browser, tmp_path_factory: pytest.TempPathFactory) -> None:
    options = ("--locations", "1", "--days", "1", "--tickets-per-day", "10", "--dirty", "0")
    with Shop(tmp_path_factory.mktemp("browser"), *options) as shop:
        page = Page(shop, shop.folder / "page.log")
        context = browser.new_context()
        tab, other = context.new_page(), context.new_page()
        sign_in(tab, page)
        tab.get_by_role("link", name="Sync", exact=True).click()
        tab.get_by_role("button", name="Sync now").click()
        other.goto(f"{page.url}/work/")
        still = context.new_page()
        still.goto(f"{page.url}/work/?still=1")
        assert Axe().run(still).response["violations"] == []
        for one in (tab, other):  # both go on to its end by themselves
            expect(one.get_by_text("Through at")).to_be_visible(timeout=60_000)
        assert shop.differences() == []

        tab.goto(f"{page.url}/tickets/")
        for place in (0, 1):
            tab.get_by_role("checkbox").nth(place).check()
        tab.get_by_role("button", name="Resync selected tickets").click()
        expect(tab.get_by_text("the chosen tickets now: 2 posted")).to_be_visible(timeout=60_000)

        tab.get_by_role("link", name="Runs").click()
        tab.get_by_role("link", name="Undo run").last.click()
        expect(tab.get_by_role("heading", name="Undo run")).to_be_visible()
        tab.get_by_role("button", name="Take this out of QuickBooks").click()
        expect(tab.get_by_text("10 tickets undone")).to_be_visible(timeout=60_000)
        assert all(one["voided"] for one in shop.get("books")["documents"])
        context.close()
        page.stop()
