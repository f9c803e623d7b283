"""A page of a shop with tickets of all kinds, started as a person starts it."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import time
from typing import TYPE_CHECKING

import pytest
import requests
from lxml import html
from playwright.sync_api import expect, sync_playwright

from tests.forks import Program, start
from tests.shop import BIN, START_SECONDS, Shop

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from playwright.sync_api import Browser
    from playwright.sync_api import Page as Tab

_OF_THE_SANDBOX = ("api_url", "token_url", "minute_seconds", "settle_seconds")
_QUIET = (
    *("--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run"),
    *("--disable-background-networking", "--disable-component-update", "--disable-sync"),
)
_PATIENCE = 60  # seconds
_READY = re.compile(r"open (?P<url>http://\S+)/ and sign in with the code (?P<code>\w+)")


class Page:
    """A running page, and a browser's worth of it: cookies kept, redirections followed.

    Attributes:
        url: Where it is.
        code: What signs in.
        said: What it printed.
        command: What started it.
        process: It.
    """

    def __init__(self, shop: Shop, said: Path, *options: str, anew: bool = False) -> None:
        settings = ["--tap-config", str(shop.tap_config), "--target-config", str(shop.target_config)]
        self.command = [str(BIN / "franpos-qbo"), *settings, "serve", "--port", "0", *options]
        with said.open("w") as file:
            begin = subprocess.Popen if anew else start  # how a fork ends is not how Python does
            self._wait(begin(self.command, stdin=subprocess.DEVNULL, stdout=file, stderr=file), said)

    @classmethod
    def of_nothing(cls, shop: Shop, folder: Path, *options: str) -> Page:
        """Start the page in a folder without settings; where the sandbox is stands in the environment."""
        page = cls.__new__(cls)
        page.command = [str(BIN / "franpos-qbo"), "serve", "--port", "0", *options]
        plain = {name: text for name, text in os.environ.items() if not name.startswith(("TAP_", "TARGET_"))}
        known = {
            "TAP_FRANPOS_API_URL": shop.ready["franpos"]["api_url"],
            **{f"TARGET_QBO_{name.upper()}": str(shop.target_settings[name]) for name in _OF_THE_SANDBOX},
        }
        said = folder / "page.log"
        with said.open("w") as file:
            process = start(
                page.command, stdin=subprocess.DEVNULL, stdout=file, stderr=file, env=plain | known, folder=folder
            )
            page._wait(process, said)
        return page

    @classmethod
    def of_stores(cls, folder: Path, environment: dict[str, str], *options: str) -> Page:
        """Start the page in a folder with a ``stores.yml``."""
        page = cls.__new__(cls)
        page.command = [str(BIN / "franpos-qbo"), "serve", "--port", "0", *options]
        plain = {name: text for name, text in os.environ.items() if not name.startswith(("TAP_", "TARGET_"))}
        said = folder / "page.log"
        with said.open("w") as file:
            env = plain | environment
            process = start(page.command, stdin=subprocess.DEVNULL, stdout=file, stderr=file, env=env, folder=folder)
            page._wait(process, said)
        return page

    def _wait(self, process: Program | subprocess.Popen[str] | subprocess.Popen[bytes], said: Path) -> None:
        self.process, self.said = process, said
        deadline = time.monotonic() + START_SECONDS
        while (ready := _READY.search(said.read_text())) is None:
            assert self.process.poll() is None, said.read_text()
            assert time.monotonic() < deadline, "the page did not start"
            time.sleep(0.02)
        self.url, self.code = ready["url"], ready["code"]

    def visitor(self, *, signed_in: bool = True) -> Visitor:
        """Return somebody who looks at it."""
        visitor = Visitor(self.url)
        if signed_in:
            answer = visitor.sign_in(self.code)
            assert answer.status_code == 200, answer.text
        return visitor

    def stop(self) -> None:
        """End it."""
        self.process.terminate()
        self.process.wait(10)


class Visitor:
    """Somebody who looks at the page."""

    def __init__(self, url: str) -> None:
        self.url = url
        self.http = requests.Session()

    def get(self, path: str, **options: object) -> requests.Response:
        """Ask for a page."""
        return self.http.get(self.url + path, timeout=30, **options)  # type: ignore[arg-type]

    def look(self, path: str) -> html.HtmlElement:
        """Ask for a page that is there, and read it."""
        answer = self.get(path)
        assert answer.status_code == 200, answer.text
        return self.read(answer)

    @staticmethod
    def read(answer: requests.Response) -> html.HtmlElement:
        """Read a page."""
        return html.fromstring(answer.text)

    def send(self, path: str, which: int | str = 0, /, **fields: str | list[str]) -> requests.Response:
        """Fill in a form of a page and send it: of those of its content the first or another, or that of an address."""
        tree = self.look(path)
        if isinstance(which, str):
            form = tree.xpath(f"//form[@action='{which}']")[0]
        else:
            form = tree.xpath("//main//form[@method='post']")[which]
        given = {name: value for name, value in form.form_values() if name} | fields
        return self.http.post(self.url + (form.get("action") or path), data=given, timeout=60)

    def through(self) -> str:
        """Wait until the work under way is through; returns what the page says of it."""
        deadline = time.monotonic() + _PATIENCE
        while "Under way since" in (text := str(self.look("/work/?still=1").text_content())):
            assert time.monotonic() < deadline, text
            time.sleep(0.1)
        return " ".join(text.split())

    def sign_in(self, code: str, path: str = "/sign-in/") -> requests.Response:
        """Type a code."""
        (form,) = self.look(path).xpath("//form[@method='post'][.//input[@name='code']]")
        fields = dict(form.form_values()) | {"code": code}
        return self.http.post(f"{self.url}/sign-in/", data=fields, timeout=30)


@pytest.fixture(scope="session")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shop]:
    """Two shops of one company; a tenth of the tickets dirty; synced."""
    options = ("--locations", "2", "--days", "2", "--tickets-per-day", "36", "--dirty", "0.1")
    with Shop(tmp_path_factory.mktemp("page"), *options) as shop:
        assert shop.sync().returncode == 0
        yield shop


@pytest.fixture(scope="session")
def page(shop: Shop) -> Iterator[Page]:
    """The shop's page."""
    page = Page(shop, shop.folder / "page.log")
    yield page
    page.stop()


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """A real browser; closed with the module, for its event loop lets no other one run in this process."""
    chromium = shutil.which("chromium")
    assert chromium, "run `make chromium` first; `make test` does"
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=list(_QUIET))
        yield browser
        browser.close()


def sign_in_with_keyboard(tab: Tab, page: Page, lands_on: str = "Overview") -> None:
    """Sign in with the keyboard alone."""
    tab.goto(page.url)
    tab.get_by_label("Code").focus()
    tab.keyboard.type(page.code)
    tab.keyboard.press("Enter")
    expect(tab.get_by_role("heading", name=lands_on, level=1)).to_be_visible()
