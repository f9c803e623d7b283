"""Who may do what on the page, by hand-made requests too; sessions that end; slow guesses; the proxy; the trail."""

from __future__ import annotations

import contextlib
import re
import sqlite3
import subprocess
import time
from typing import TYPE_CHECKING, Any

import pytest
import requests
from lxml import html

from target_qbo.web.addresses import urlpatterns
from tests.forks import start
from tests.shop import BIN, START_SECONDS, Shop, run
from tests.web.conftest import Page, Visitor

if TYPE_CHECKING:
    from collections.abc import Iterator

OWN = {"sign-in", "sign-out", "own-password"}  # whoever is signed in may
BOOKS = {"sync", "resync", "undo", "undo-days"}  # a bookkeeper may
OPEN = {"sign-in", "setup-connected"}  # to anybody: the latter by a secret of its own
PASSWORD = "four words will do"
NAMES = {"olga": "owner", "bob": "bookkeeper", "vic": "viewer"}
REFUSED = "Your role does not allow this"
WORDS = {"csrfmiddlewaretoken", "next"}


def command(shop: Shop, *words: str, password: str = PASSWORD) -> subprocess.CompletedProcess[str]:
    """Run ``franpos-qbo users``, a password on its stdin."""
    program = [str(BIN / "franpos-qbo"), "--target-config", str(shop.target_config), "users"]
    return run([*program, *words], f"{password}\n")


@pytest.fixture(scope="module")
def own_shop(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shop]:
    options = ("--locations", "1", "--days", "1", "--tickets-per-day", "8", "--dirty", "0.3")
    with Shop(tmp_path_factory.mktemp("users"), *options) as shop:
        assert shop.lay_ledger().sync().returncode == 0
        for name, role in NAMES.items():
            assert command(shop, "add", name, "--role", role).returncode == 0
        yield shop


@pytest.fixture(scope="module")
def own_page(own_shop: Shop) -> Iterator[Page]:
    page = Page(own_shop, own_shop.folder / "page.log")
    yield page
    page.stop()


def signed_in(page: Page, name: str, password: str = PASSWORD) -> Visitor:
    visitor = page.visitor(signed_in=False)
    assert by_name(visitor, name, password).url.endswith("/tickets/"), "back to what was asked for"
    return visitor


def by_name(visitor: Visitor, name: str, password: str) -> requests.Response:
    form = visitor.look("/sign-in/?next=/tickets/").xpath("//form[.//input[@name='password']]")[0]
    fields = dict(form.form_values()) | {"name": name, "password": password}
    return visitor.http.post(f"{visitor.url}/sign-in/", data=fields, timeout=30)


def number_of(owner: Visitor, name: str) -> str:
    (address,) = owner.look("/users/").xpath(f"//tr[th='{name}']//a/@href")
    return str(address).split("/")[2]


def addresses() -> dict[str, str]:
    shown = {"int:number": "1", "int:key": "1", "slug:plugin": "target-qbo", "slug:name": "wait_days"}
    return {str(one.name): "/" + re.sub(r"<(.*?)>", lambda at: shown[at[1]], str(one.pattern)) for one in urlpatterns}


def trail(shop: Shop) -> list[str]:
    """Return the trail as the ledger has it."""
    with sqlite3.connect(shop.folder / "ledger.db") as ledger:
        return [f"{who}: {what}" for who, what in ledger.execute("SELECT who, what FROM audit ORDER BY id")]


def is_in(visitor: Visitor) -> bool:
    return "/sign-in/" not in visitor.get("/tickets/").url


# Roles


@pytest.mark.parametrize(("name", "may"), [("vic", OWN), ("bob", OWN | BOOKS)])
def test_a_role_changes_only_what_it_may_by_hand_made_requests_too(
    own_shop: Shop, own_page: Page, name: str, may: set[str]
) -> None:
    visitor = signed_in(own_page, name)
    token = visitor.look("/").xpath("//input[@name='csrfmiddlewaretoken']/@value")[0]
    own_shop.calls()
    before = command(own_shop, "list", "--format", "json").stdout
    found = {}
    for address, path in addresses().items():
        for method in ("POST", "PUT", "PATCH", "DELETE", "OPTIONS"):
            if address in OPEN | {"sign-out"}:
                continue
            sent = {"headers": {"X-CSRFToken": token}, "data": {"role": "owner", "password": PASSWORD}}
            answer = visitor.http.request(method, own_page.url + path, timeout=30, **sent)  # type: ignore[arg-type]
            found[address, method] = (answer.status_code, REFUSED in answer.text)
    refused = {address for (address, _), seen in found.items() if seen == (403, True)}
    assert refused == set(addresses()) - may - OPEN
    assert {seen[0] for (address, _), seen in found.items() if address in may} <= {400, 405, 409}
    assert command(own_shop, "list", "--format", "json").stdout == before
    assert own_shop.calls()["requests"] == 0
    assert "Nothing is under way" in visitor.get("/work/").text
    assert f"{name}: was refused POST /" in trail(own_shop)


@pytest.mark.parametrize(("name", "may"), [("vic", OWN), ("bob", OWN | BOOKS)])
def test_a_role_is_shown_no_form_and_no_link_that_it_may_not_use(own_page: Page, name: str, may: set[str]) -> None:
    visitor = signed_in(own_page, name)
    links, actions, refused = set(), set(), set()
    for address, path in addresses().items():
        answer = visitor.get(path)
        if answer.status_code == 403:
            refused.add(address)
        elif answer.status_code == 200 and "html" in answer.headers["Content-Type"] and address not in OPEN:
            tree = html.fromstring(answer.text)
            links |= {one for one in tree.xpath("//a/@href") if one.startswith("/")}
            actions |= {one.get("action") or path for one in tree.xpath("//form[@method='post']")}
    hidden = {one for one in addresses() if one.startswith(("setup", "setting"))} - OPEN | {"users", "user"}
    hidden |= {"audit", "sync", "undo", "undo-days"} if name == "vic" else set()
    assert refused == hidden
    assert {one for one in links if visitor.get(one).status_code != 200} == set()
    allowed = "|".join(re.sub("1", r"\\d+", addresses()[one]) for one in may)
    assert [one for one in actions if not re.fullmatch(allowed, one)] == []
    assert ("/resync/" in actions) == (name == "bob"), "what it may, it is shown"


def test_an_owner_adds_changes_and_removes_and_the_last_one_stays(own_page: Page) -> None:
    owner = signed_in(own_page, "OLGA ")
    short = owner.send("/users/", name="eve", role="viewer", password="short")
    assert (short.status_code, "12 to 128 characters" in short.text) == (400, True)
    for taken in ("code", "bob", "a\tb"):
        assert owner.send("/users/", name=taken, role="viewer", password=PASSWORD).status_code == 400
    assert "eve" in owner.send("/users/", name="Eve", role="bookkeeper", password=PASSWORD).text
    number = number_of(owner, "eve")
    eve, again = signed_in(own_page, "eve"), signed_in(own_page, "eve")
    wrong = eve.send("/password/", old="not this one", new="another few words")
    assert (wrong.status_code, "The old password is wrong" in wrong.text) == (400, True)
    assert eve.send("/password/", old=PASSWORD, new="another few words").url == f"{own_page.url}/"
    assert (is_in(eve), is_in(again)) == (True, False), "the other session ended"
    owner.send(f"/users/{number}/", f"/users/{number}/role/", role="viewer")
    assert not is_in(eve), "changed: ended at once"
    eve = signed_in(own_page, "eve", "another few words")
    assert eve.get("/sync/").status_code == 403
    owner.send(f"/users/{number}/", f"/users/{number}/password/", password="yet another few")
    assert not is_in(eve)
    eve = signed_in(own_page, "eve", "yet another few")
    owner.send(f"/users/{number}/", f"/users/{number}/remove/")
    assert not is_in(eve)
    own = number_of(owner, "olga")
    token = owner.look("/").xpath("//input[@name='csrfmiddlewaretoken']/@value")[0]
    fields = {"csrfmiddlewaretoken": token, "password": "taken over by hand"}
    asked = owner.http.post(f"{owner.url}/users/{own}/password/", data=fields, timeout=30)
    assert asked.url.endswith("/password/"), "the old one is asked for"
    for act, fields in (("role", {"role": "viewer"}), ("remove", {})):
        answer = owner.send(f"/users/{own}/", f"/users/{own}/{act}/", **fields)
        assert (answer.status_code, "last owner" in answer.text) == (400, True)
    assert is_in(owner)


def test_the_command_does_the_same(own_shop: Shop) -> None:
    assert command(own_shop, "add", "Tom", "--role", "viewer", password="qwertyqwerty").returncode == 2
    assert command(own_shop, "add", "Tom", "--role", "viewer").returncode == 0
    assert command(own_shop, "passwd", "tom", password="x" * 12).returncode == 2
    assert command(own_shop, "passwd", "tom", password="some other words").returncode == 0
    assert command(own_shop, "role", "tom", "--role", "bookkeeper").returncode == 0
    assert '"role": "bookkeeper"' in command(own_shop, "list", "--format", "json").stdout
    assert command(own_shop, "remove", "tom").returncode == 0
    said = command(own_shop, "remove", "tom")
    assert (said.returncode, said.stderr) == (2, "franpos-qbo: there is no user tom\n")
    assert "last owner" in command(own_shop, "remove", "olga").stderr


# Signing in


def test_guesses_of_a_password_are_slowed_alike_for_names_that_are_none(own_shop: Shop, own_page: Page) -> None:
    assert command(own_shop, "add", "sam", "--role", "viewer").returncode == 0
    said = {}
    for name in ("sam", "nobody here"):
        one = own_page.visitor(signed_in=False)
        answers = [by_name(one, name, "wrong wrong wrong") for _ in range(6)]
        assert [answer.status_code for answer in answers] == [200] * 5 + [429]
        assert by_name(one, name, PASSWORD).status_code == 429, "not even the right one"
        said[name] = re.sub(r"<input[^>]*>", "", answers[0].text)
    first, second = said.values()
    assert first == second
    assert "belong together" in first
    signed_in(own_page, "vic")  # others are let in


# The trail


def test_the_trail_says_who_did_what_and_no_secret(own_shop: Shop, own_page: Page) -> None:
    bob = signed_in(own_page, "bob")
    bob.send("/sync/")
    code = own_page.visitor()
    secret = "typed in the wrong field"
    by_name(own_page.visitor(signed_in=False), secret, PASSWORD)
    by_name(own_page.visitor(signed_in=False), "bob", "wrong wrong wrong")
    code.send("/", "/sign-out/")
    tree = bob.look("/audit/")
    told = [[" ".join(cell.text_content().split()) for cell in row] for row in tree.xpath("//tbody/tr")]
    assert all(re.fullmatch(r"\w{3} \d+, \d{4}, \d+:\d\d:\d\d [AP]M UTC", row[0].strip()) for row in told)
    realm = own_shop.target_settings["realm_id"]
    failed = "a sign-in by name and password failed (from 127.0.0.1)"
    assert [row[1:] for row in told[:6]] == [
        ["code", "signed out", realm],
        ["bob", failed, ""],
        ["nobody", failed, ""],
        ["code", "signed in by the code (from 127.0.0.1)", ""],
        ["bob", "Sync of what is new", realm],
        ["bob", "signed in by the password (from 127.0.0.1)", ""],
    ]
    assert secret not in own_page.said.read_text()
    with sqlite3.connect(own_shop.folder / "ledger.db") as ledger:
        kept = "\n".join(map(str, [*ledger.execute("SELECT * FROM audit"), *ledger.execute("SELECT * FROM users")]))
        assert secret not in kept
        assert PASSWORD not in kept
        row = ("2026-01-01T00:00:00.000000+00:00", "ann", "<b>old</b>", "")
        ledger.executemany("INSERT INTO audit (at, who, what, realm_id) VALUES (?, ?, ?, ?)", [row] * 120)
        total = ledger.execute("SELECT count(*) FROM audit").fetchone()[0]
    path, seen = "/audit/", 0
    while path:
        tree = bob.look(path)
        seen += len(tree.xpath("//tbody/tr"))
        older = tree.xpath("//a[@rel='next']/@href")
        path = f"/audit/{older[0]}" if older else ""
    assert seen == total
    assert bob.get("/audit/?before=x").status_code == 400


# Behind a proxy

BOOKS_NAME = "books.example.com"


class Browser:
    """A browser that comes by way of a proxy; cookies are kept by hand, as Python sends no Secure ones by http."""

    def __init__(self, url: str) -> None:
        self.url = url
        self.cookies: dict[str, str] = {}
        self.set: list[str] = []

    def ask(self, method: str, path: str, data: Any = None, **headers: str) -> requests.Response:
        """Ask for something, with headers in the place of those that the proxy would set."""
        forwarded = {"X-Forwarded-Proto": "https", "X-Forwarded-Host": BOOKS_NAME, "X-Forwarded-For": "203.0.113.9"}
        cookies = "; ".join(f"{name}={value}" for name, value in self.cookies.items())
        sent = {"Cookie": cookies, "Origin": f"https://{BOOKS_NAME}", **forwarded}
        sent |= {name.replace("_", "-"): value for name, value in headers.items()}
        answer = requests.request(method, self.url + path, data=data, headers=sent, timeout=30, allow_redirects=False)
        self.cookies |= answer.cookies.get_dict()
        self.set = [value for name, value in answer.raw.headers.items() if name.lower() == "set-cookie"]
        return answer


@contextlib.contextmanager
def behind(shop: Shop, proxy: str) -> Iterator[str]:
    said = shop.folder / f"proxy-{proxy}.log"
    options = ["--port", "0", "--behind-proxy", proxy, "--name", BOOKS_NAME]
    settings = ["--tap-config", str(shop.tap_config), "--target-config", str(shop.target_config)]
    with said.open("w") as file:
        process = start(
            [str(BIN / "franpos-qbo"), *settings, "serve", *options], stdin=subprocess.DEVNULL, stdout=file, stderr=file
        )
    deadline = time.monotonic() + START_SECONDS
    while (ready := re.search(r"open https://books.example.com/ .* port (\d+)", said.read_text())) is None:
        assert process.poll() is None, said.read_text()
        assert time.monotonic() < deadline
        time.sleep(0.02)
    assert "code" not in said.read_text()
    try:
        yield f"http://127.0.0.1:{ready[1]}"
    finally:
        process.terminate()
        process.wait(10)


def test_behind_a_proxy_its_word_is_taken_and_nobody_else_s(own_shop: Shop) -> None:
    with behind(own_shop, "127.0.0.1") as url:
        browser = Browser(url)
        answer = browser.ask("GET", "/sign-in/")
        assert answer.status_code == 200
        assert answer.headers["Strict-Transport-Security"] == "max-age=31536000; includeSubDomains"
        tree = html.fromstring(answer.text)
        assert tree.xpath("//input[@name='code']") == [], "the code is of no use"
        form = {name: value for name, value in tree.xpath("//form")[0].form_values() if name in WORDS}
        fields = {"name": "olga", "password": PASSWORD}
        assert browser.ask("POST", "/sign-in/", {**form, **fields}, Origin="https://evil.example").status_code == 403
        assert browser.ask("POST", "/sign-in/", {**form, **fields}).status_code == 302
        assert any(one.startswith("__Host-franpos_qbo=") for one in browser.set)
        assert all("Secure" in one and "HttpOnly" in one and "SameSite=Strict" in one for one in browser.set)
        audit = browser.ask("GET", "/audit/")
        assert "olga</td>" in audit.text
        assert "signed in by the password (from 203.0.113.9)" in audit.text
        for odd in ({"X_Forwarded_Proto": "http"}, {"X_Forwarded_Proto": ""}):
            refused = browser.ask("GET", "/audit/", **odd)
            assert (refused.status_code, "signed in" in refused.text) == (403, False)
        for host in ("evil.example", "127.0.0.1", "localhost"):
            assert browser.ask("GET", "/sign-in/", X_Forwarded_Host=host).status_code == 400
    with behind(own_shop, "10.9.8.7") as url:
        assert Browser(url).ask("GET", "/sign-in/", Host=BOOKS_NAME).status_code == 403, (
            "anybody can write these headers"
        )


def test_others_are_not_let_in_without_an_owner_or_without_a_proxy(tmp_path_factory: pytest.TempPathFactory) -> None:
    with Shop(tmp_path_factory.mktemp("none"), "--locations", "1", "--days", "1", "--tickets-per-day", "1") as shop:
        for options, says in (
            (("--host", "0.0.0.0"), "have a proxy end TLS"),  # noqa: S104
            (("--host", "0.0.0.0", "--behind-proxy", "10.0.0.5", "--name", "a.example"), "users add NAME --role owner"),  # noqa: S104
        ):
            said = shop.console("serve", "--port", "0", *options)
            assert said.returncode == 2
            assert says in said.stderr
            assert said.stderr.count("\n") == 1
