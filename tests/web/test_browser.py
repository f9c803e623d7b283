"""The page in a real browser: what a person can do there, with a keyboard, on a phone, in the dark."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from axe_playwright_python.sync_playwright import Axe

from tests.web.conftest import sign_in_with_keyboard

if TYPE_CHECKING:
    from playwright.sync_api import Browser

    from tests.web.conftest import Page

SETUP = (
    *("/set-up/", "/set-up/franpos/", "/set-up/quickbooks/", "/set-up/accounts/", "/set-up/rehearsal/"),
    *("/set-up/tenders/", "/set-up/nights/", "/set-up/disconnect/", "/settings/", "/settings/target-qbo/wait_days/"),
)
RECONCILE = "/reconcile/?first=2026-03-04&last=2026-03-05"
PAGES = (
    "/",
    "/tickets/",
    "/tickets/?status=skipped",
    "/errors/",
    "/sync/",
    "/runs/",
    "/work/",
    "/undo/",
    "/users/",
    "/audit/",
    RECONCILE,
    *SETUP,
)
NARROW = {"width": 360, "height": 740}


@pytest.mark.parametrize(("scheme", "language"), [("light", "en-US"), ("dark", "es-MX")])
def test_every_page_can_be_read_by_everybody(browser: Browser, page: Page, scheme: str, language: str) -> None:
    context = browser.new_context(color_scheme=scheme, viewport=NARROW)  # type: ignore[arg-type]
    tab, problems = context.new_page(), []
    tab.on("console", lambda said: problems.append(said.text) if said.type == "error" else None)
    sign_in_with_keyboard(tab, page)
    context.set_extra_http_headers({"Accept-Language": language})
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
