"""Pictures of every page of the back office: light and dark, on a desk and on a phone, empty and full.

``make screenshots`` writes them into ``.screenshots``, whole, and in ``seen`` what is seen without scrolling; with
``--docs`` also the few that the docs show into ``docs/images``. The tickets are made up by the sandbox, the page and
the browser are real.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import requests
from playwright.sync_api import sync_playwright

from sandbox.environment import variables

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from playwright.sync_api import Browser, Page

ROOT = Path(__file__).resolve().parent.parent
PLACE = ROOT / ".screenshots"
IMAGES = ROOT / "docs" / "images"
BIN = Path(sys.executable).parent
DAYS = ("2026-03-04", "2026-03-13")
SANDBOX = ("--locations", "2", "--days", "10", "--tickets-per-day", "24", "--dirty", "0.06")
SIZES = {"desk": {"width": 1280, "height": 860}, "phone": {"width": 390, "height": 844}}
QUIET = (
    *("--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run"),
    *("--disable-background-networking", "--disable-component-update", "--disable-sync"),
)
FULL = {
    "overview": "/",
    "tickets": "/tickets/",
    "skipped": "/tickets/?status=skipped",
    "errors": "/errors/",
    "reconcile": f"/reconcile/?first={DAYS[0]}&last={DAYS[1]}",
    "sync": "/sync/",
    "work": "/work/",
    "runs": "/runs/",
    "undo": "/runs/1/undo/",
    "undo-days": "/undo/",
    "setup": "/set-up/",
    "setup-franpos": "/set-up/franpos/",
    "setup-quickbooks": "/set-up/quickbooks/",
    "setup-accounts": "/set-up/accounts/",
    "setup-rehearsal": "/set-up/rehearsal/",
    "setup-tenders": "/set-up/tenders/",
    "setup-nights": "/set-up/nights/",
    "settings": "/settings/",
    "setting": "/settings/target-qbo/tender_map/",
}
EMPTY = {name: FULL[name] for name in ("setup", "setup-franpos", "setup-quickbooks", "settings")}
OF_THE_DOCS = (
    "overview-full-light-desk",
    "ticket-full-light-desk",
    "reconcile-full-dark-desk",
    "setup-full-light-phone",
)
_READY = re.compile(r"open (?P<url>http://\S+)/ and sign in with the code (?P<code>\w+)")
_SECONDS = 60


def main() -> int:
    """Take the pictures."""
    parser = argparse.ArgumentParser(prog="python scripts/screenshots.py", description=__doc__.splitlines()[0])
    parser.add_argument("--docs", action="store_true", help="also write those that the docs show")
    options = parser.parse_args()
    shutil.rmtree(PLACE, ignore_errors=True)
    (PLACE / "seen").mkdir(parents=True)
    with tempfile.TemporaryDirectory(prefix="franpos-qbo-") as name, contextlib.ExitStack() as stack:
        folder = Path(name)
        known = variables(_sandbox(stack, folder)) | {"TARGET_QBO_ENVIRONMENT": "sandbox"}
        chromium = shutil.which("chromium")
        browser = stack.enter_context(sync_playwright()).chromium.launch(executable_path=chromium, args=list(QUIET))
        empty, full = folder / "empty", folder / "full"
        addresses = {name: known[name] for name in known if name.endswith("_URL")}
        _pictures(browser, _page(stack, empty, addresses), "empty", EMPTY)
        desk = _page(stack, full, known)
        subprocess.run([str(BIN / "franpos-qbo"), "sync"], env=_environment(known), cwd=full, check=False)
        _pictures(browser, desk, "full", FULL | _ticket(browser, desk))
        browser.close()
    if options.docs:
        IMAGES.mkdir(exist_ok=True)
        for picture in OF_THE_DOCS:
            shutil.copy(PLACE / "seen" / f"{picture}.png", IMAGES / f"{picture}.png")
    print(f"{len(list(PLACE.glob('*.png')))} pictures in {PLACE.relative_to(ROOT)}")
    return 0


def _sandbox(stack: contextlib.ExitStack, folder: Path) -> dict[str, Any]:
    ready = folder / "ready.json"
    command = [sys.executable, "-m", "sandbox", "--ready-file", str(ready), *SANDBOX]
    process = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.DEVNULL)
    stack.callback(process.terminate)
    _until(lambda: ready.exists() and ready.read_text().endswith("\n"), "the sandbox did not start")
    known: dict[str, Any] = json.loads(ready.read_text())
    requests.get(known["control_url"] + "/books", timeout=_SECONDS).raise_for_status()
    return known


def _page(stack: contextlib.ExitStack, folder: Path, known: Mapping[str, str]) -> tuple[str, str]:
    """Start a page; returns where it is, and the code that signs in."""
    folder.mkdir()
    said = folder / "page.log"
    file = stack.enter_context(said.open("w"))
    command = [str(BIN / "franpos-qbo"), "serve", "--port", "0"]
    process = subprocess.Popen(command, env=_environment(known), cwd=folder, stdout=file, stderr=file)
    stack.callback(process.wait, _SECONDS)
    stack.callback(process.terminate)
    _until(lambda: _READY.search(said.read_text()) is not None, "the page did not start")
    ready = _READY.search(said.read_text())
    assert ready is not None  # noqa: S101 (it was just found)
    return ready["url"], ready["code"]


def _environment(known: Mapping[str, str]) -> dict[str, str]:
    plain = {name: text for name, text in os.environ.items() if not name.startswith(("TAP_", "TARGET_"))}
    return plain | dict(known) | {"TARGET_QBO_SETTLE_SECONDS": "1"}


def _until(holds: Any, problem: str) -> None:  # noqa: ANN401 (a condition)
    deadline = time.monotonic() + _SECONDS
    while not holds():
        if time.monotonic() > deadline:
            raise SystemExit(problem)
        time.sleep(0.1)


def _ticket(browser: Browser, desk: tuple[str, str]) -> dict[str, str]:
    with _signed_in(browser, desk) as tab:
        found = {}
        for name, path in (("ticket", "/tickets/"), ("ticket-skipped", "/tickets/?status=skipped")):
            tab.goto(desk[0] + path)
            found[name] = tab.locator("tbody th a").first.get_attribute("href") or "/"
        tab.goto(f"{desk[0]}/set-up/rehearsal/")
        for field in ("From", "To"):
            tab.get_by_label(field, exact=True).fill(DAYS[0])
        tab.get_by_role("button", name="Rehearse").click()
        tab.get_by_role("heading", level=2).wait_for(timeout=_SECONDS * 1000)
        return found


def _pictures(browser: Browser, desk: tuple[str, str], state: str, pages: Mapping[str, str]) -> None:
    for scheme in ("light", "dark"):
        for size, viewport in SIZES.items():
            with _signed_in(browser, desk, color_scheme=scheme, viewport=viewport) as tab:
                for name, path in pages.items():
                    tab.goto(desk[0] + path)
                    picture = f"{name}-{state}-{scheme}-{size}.png"
                    tab.screenshot(path=PLACE / picture, full_page=True)
                    tab.screenshot(path=PLACE / "seen" / picture)


@contextlib.contextmanager
def _signed_in(browser: Browser, desk: tuple[str, str], **options: Any) -> Iterator[Page]:  # noqa: ANN401 (the browser's)
    context = browser.new_context(locale="en-US", **options)
    tab = context.new_page()
    tab.goto(desk[0])
    tab.get_by_label("Code").fill(desk[1])
    tab.keyboard.press("Enter")
    tab.get_by_role("heading", level=1).wait_for()
    yield tab
    context.close()


if __name__ == "__main__":
    sys.exit(main())
