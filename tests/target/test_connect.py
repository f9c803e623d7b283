"""``connect`` and ``disconnect``: a person agrees in the browser, the tokens serve from then on, no secret is seen."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
from contextlib import contextmanager
from typing import TYPE_CHECKING
from urllib.parse import parse_qs, urlsplit

import pytest
import requests

from tests.forks import start
from tests.shop import BIN, Shop, problem_lines
from tests.target.failures import EIGHT_TICKETS, ring_up

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.forks import Program

SECONDS = 60


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shop]:
    with Shop(tmp_path_factory.mktemp("connect"), *EIGHT_TICKETS) as made:
        yield made


class Connecting:
    """A running ``connect``: the address that it printed, and in the end what it said."""

    def __init__(self, process: Program | subprocess.Popen[str]) -> None:
        self._process = process
        assert process.stderr is not None
        self.said = ""
        while "\nhttp" not in self.said:
            line = process.stderr.readline()
            assert line, self.said
            self.said += line
        self.address = self.said.splitlines()[-1]
        self.asked = {name: values[0] for name, values in parse_qs(urlsplit(self.address).query).items()}

    def come_back(self, **answer: str) -> requests.Response:
        """Come back from the browser with an answer that QuickBooks never gave."""
        return requests.get(self.asked["redirect_uri"], params=answer, timeout=SECONDS)

    def end(self, text: str | None = None) -> tuple[int, str, str]:
        """Wait for its end; returns exit code, stdout and stderr."""
        out, rest = self._process.communicate(text, timeout=SECONDS)
        return self._process.wait(), out, self.said + rest


@contextmanager
def connecting(shop: Shop, *options: str, browser: str | None = None) -> Iterator[Connecting]:
    """Run ``connect`` until it waits for the person; more options than the port may be given."""
    command = [str(BIN / "franpos-qbo"), "--verbose", "--target-config", str(shop.target_config), "connect"]
    command += ["--format", "json", *(options or ("--port", "0"))]
    command += [] if browser or "--redirect-uri" in options else ["--no-browser"]
    environment = {**os.environ, "BROWSER": browser or "false"}
    pipe = subprocess.PIPE
    process = start(command, stdin=pipe, stdout=pipe, stderr=pipe, env=environment)
    try:
        yield Connecting(process)
    finally:
        process.kill()
        process.communicate()


def agree(shop: Shop) -> str:
    """Connect the company, as a person does; returns all that was printed, the address aside."""
    with connecting(shop) as attempt:
        page = requests.get(attempt.address, timeout=SECONDS)
        assert "QuickBooks has agreed" in page.text
        code, out, err = attempt.end()
    assert code == 0, err
    (row,) = json.loads(out)
    assert row["connected"] is True
    assert row["name"]
    shown = out + err.replace(attempt.address, "") + page.text
    assert attempt.asked["state"] not in shown
    return shown


def consent(shop: Shop, how: str) -> None:
    """Tell what the person does on QuickBooks' page."""
    shop.post("qbo", {"sign_in": {"consent": how}})


def status(shop: Shop) -> tuple[int, dict[str, object], str]:
    """Return what ``connect --status`` ends with, tells and prints."""
    result = shop.console("connect", "--status", "--format", "json")
    (row,) = json.loads(result.stdout)
    return result.returncode, row, result.stdout + result.stderr


def test_from_the_first_connection_to_the_last(shop: Shop) -> None:
    printed = []
    shop.configure_target(refresh_token=None)
    unconnected = shop.sync()
    assert unconnected.returncode == 4
    (line,) = problem_lines(unconnected)
    assert "franpos-qbo connect" in line
    code, row, text = status(shop)
    assert (code, row["connected"]) == (4, False)
    printed += [unconnected.stderr, text]

    shop.calls()
    printed.append(agree(shop))
    assert shop.calls()["code_exchanges"] == 1
    synced = shop.sync()
    assert synced.returncode == 0, synced.stderr
    assert shop.differences() == []
    code, row, text = status(shop)
    assert (code, row["company"]) == (0, shop.ready["qbo"]["realm_id"])
    assert row["lasts_until"]
    printed += [synced.stderr, text]

    # An old token in the settings does not come in the way of a newer connection; tokens go on rotating.
    shop.configure_target(refresh_token=shop.ready["qbo"]["refresh_token"])
    old = shop.console("connect", "--status")
    assert old.returncode == 4
    printed += [old.stdout, old.stderr, agree(shop)]
    shop.post("qbo", {"expire_tokens": True, "sign_in": {"grace": "none"}})
    for _ in range(2):
        ring_up(shop, lines=[{"price": "10.00"}])
        synced = shop.sync()
        assert synced.returncode == 0, synced.stderr
        shop.post("qbo", {"expire_tokens": True})
        printed.append(synced.stderr)
    assert shop.differences() == []

    asked = shop.console("disconnect")
    assert asked.returncode == 2
    assert "--yes" in asked.stderr
    shop.post("faults", [{"where": "token", "do": "503", "match": {"path": "revoke"}}])
    unreachable = shop.console("disconnect", "--yes")
    assert unreachable.returncode == 3
    assert status(shop)[0] == 0, "nothing is forgotten that still stands"
    done = shop.console("disconnect", "--yes")
    assert done.returncode == 0
    ended = shop.sync()
    assert ended.returncode == 4
    (line,) = problem_lines(ended)
    assert "franpos-qbo connect" in line
    again = shop.console("disconnect", "--yes")
    assert (again.returncode, "was not connected" in again.stderr) == (0, True)
    printed += [asked.stderr, unreachable.stderr, done.stderr, ended.stderr, again.stderr]

    given_out = [*shop.get("tokens"), shop.ready["qbo"]["refresh_token"], shop.ready["qbo"]["client_secret"]]
    assert any(secret.startswith("AB1") for secret in given_out), "codes are looked for, too"
    for secret in given_out:
        assert all(secret not in text for text in printed)
        assert all(secret.encode() not in path.read_bytes() for path in shop.folder.glob("ledger.db*"))


def test_answers_that_store_nothing(shop: Shop) -> None:
    before = shop.calls()["code_exchanges"]
    with connecting(shop) as attempt:
        stray = attempt.come_back(code="c", state="guessed", realmId=shop.ready["qbo"]["realm_id"])
        assert (stray.status_code, "guessed" in stray.text) == (400, False)
        assert attempt.come_back(error="access_denied").status_code == 400, "nobody without the state can end it"
        consent(shop, "deny")
        assert "denied" in requests.get(attempt.address, timeout=SECONDS).text
        code, _, err = attempt.end()
    assert (code, "access_denied" in err.splitlines()[-1]) == (4, True)

    consent(shop, "other_company")
    with connecting(shop) as attempt:
        requests.get(attempt.address, timeout=SECONDS)
        code, _, err = attempt.end()
    realm_id = shop.ready["qbo"]["realm_id"]
    assert code == 2
    assert f"company {realm_id}0 " in err.splitlines()[-1]
    assert f"realm_id is {realm_id}:" in err.splitlines()[-1]
    consent(shop, "agree")
    assert shop.calls()["code_exchanges"] == before

    with connecting(shop) as attempt:
        shop.post("faults", [{"where": "token", "do": "503_after"}])
        requests.get(attempt.address, timeout=SECONDS)
        code, _, err = attempt.end()
    assert (code, "connect again" in err.splitlines()[-1]) == (3, True)
    assert shop.calls()["code_exchanges"] == before + 1, "a code is good once: it is not sent again"
    assert status(shop)[0] == 4
    with connecting(shop, "--port", "0", "--timeout", "1") as attempt:
        assert attempt.end()[0] == 4


def test_a_person_elsewhere_pastes_the_address(shop: Shop) -> None:
    form = ("--redirect-uri", "https://books.example/callback")
    for pasted in ("", "https://books.example/callback?code=c&state=guessed"):
        with connecting(shop, *form) as attempt:
            code, _, err = attempt.end(f"{pasted}\n")
        assert (code, "guessed" in err) == (4, False)
    with connecting(shop, *form) as attempt:
        ended = requests.get(attempt.address, allow_redirects=False, timeout=SECONDS).headers["Location"]
        assert ended.startswith("https://books.example/callback?")
        code, out, err = attempt.end(f"  {ended}\n")
    assert code == 0, err
    assert json.loads(out)[0]["connected"] is True


def test_the_browser_is_opened(shop: Shop) -> None:
    script = shop.folder / "browser"
    script.write_text(f'#!{sys.executable}\nimport sys, requests\nprint("opened")\nrequests.get(sys.argv[1])\n')
    script.chmod(0o755)
    with connecting(shop, "--port", "0", browser=f"{script} %s") as attempt:
        code, out, err = attempt.end()
    assert code == 0, err
    assert json.loads(out)[0]["connected"] is True, "stdout is one JSON document, whatever a browser prints"


def test_a_port_in_use_says_what_to_do(shop: Shop) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        result = shop.console("connect", "--no-browser", "--port", str(taken.getsockname()[1]))
    assert result.returncode == 2
    assert "--port" in result.stderr.splitlines()[-1]
