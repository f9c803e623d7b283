"""A shop to test with: the sandbox as a process, and the real plugins as processes against it."""

from __future__ import annotations

import atexit
import contextlib
import functools
import json
import os
import shutil
import sqlite3
import subprocess
import sys
import time
from decimal import Decimal
from pathlib import Path
from tempfile import TemporaryFile, mkdtemp
from typing import TYPE_CHECKING, Any, Self

import requests
import simplejson

from sandbox.comparison import compare
from sandbox.qbo.calls import KEPT_PAYLOADS
from target_qbo.ledger import listing
from target_qbo.ledger.database import open_ledger
from target_qbo.ledger.reading import open_to_read
from tests import forks, intuit
from tests.forks import start

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

ROOT = forks.ROOT
BIN = forks.BIN
RETAIL = ROOT.parent / "shared" / "data" / "retail"
START_SECONDS = 30
RUN_SECONDS = 240
MINUTE_SECONDS = 3  # limits and waits of a minute pass in so many


class Shop:
    """A running sandbox with a folder for settings, ledger and state.

    Args:
        folder: Where files of this shop go.
        options: Options of ``python -m sandbox``.
    """

    def __init__(self, folder: Path, *options: str) -> None:
        self.folder = folder
        self._options = options
        self._http = requests.Session()
        self._given: dict[str, str] = {}  # by the tap's settings
        self._fails = False

    def __enter__(self) -> Self:
        """Start the sandbox and write both plugins' settings."""
        ready = self.folder / "ready.json"
        options = ("--ready-file", str(ready), "--time-scale", str(60 // MINUTE_SECONDS), *self._options)
        command = [sys.executable, "-m", "sandbox", *options]
        self._process = start(command, stdout=subprocess.DEVNULL)
        deadline = time.monotonic() + START_SECONDS
        while not (ready.exists() and ready.read_text().endswith("\n")):
            assert self._process.poll() is None, "the sandbox ended at once"
            assert time.monotonic() < deadline, "the sandbox did not start"
            time.sleep(0.01)
        self.ready: dict[str, Any] = json.loads(ready.read_text())
        self.url: str = self.ready["control_url"]
        self.tap_config = self._write("tap.json", self.ready["franpos"])
        self.target_settings = {
            **self.ready["qbo"],
            "environment": "sandbox",
            "ledger_url": f"sqlite:///{self.folder}/ledger.db",
            "settle_seconds": 0.5,
            "minute_seconds": MINUTE_SECONDS,
        }
        self.target_config = self._write("target.json", self.target_settings)
        return self

    def __exit__(self, kind: type[BaseException] | None, *_error: object) -> None:
        """Hold what was posted against Intuit's schema, and stop the sandbox."""
        try:
            if kind is None:
                self._check_payloads()
        finally:
            self._http.close()
            self._process.terminate()
            self._process.wait(10)

    def configure_target(self, **changes: Any) -> None:
        """Change settings of the target; None takes one away."""
        self.target_settings |= changes
        settings = {name: value for name, value in self.target_settings.items() if value is not None}
        self.target_config = self._write("target.json", settings)

    def lay_ledger(self) -> Self:
        """Put an empty ledger there, as the first run would make it: making its tables is most of a short run."""
        shutil.copy(_empty_ledger(), self.folder / "ledger.db")
        return self

    def _write(self, name: str, settings: Mapping[str, Any]) -> Path:
        path = self.folder / name
        path.write_text(json.dumps(settings))
        return path

    def cpu_seconds(self) -> float:
        """Return the CPU time that the sandbox has taken so far (Linux)."""
        fields = Path(f"/proc/{self._process.pid}/stat").read_text().rpartition(") ")[2].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    # The sandbox's back door

    def get(self, what: str) -> Any:
        """Ask the sandbox."""
        answer = self._http.get(f"{self.url}/{what}", timeout=30)
        answer.raise_for_status()
        return answer.json()

    def post(self, what: str, body: Any = None) -> Any:
        """Tell the sandbox."""
        if what.startswith(("franpos", "tickets")):
            self._given.clear()
        self._fails |= what == "faults" and '"franpos"' in json.dumps(body)
        answer = self._http.post(f"{self.url}/{what}", json=body, timeout=30)
        answer.raise_for_status()
        return answer.json() if answer.content else None

    def save(self, path: Path) -> None:
        """Write down how the sandbox stands, for its option ``--state``: as text, so that amounts stay exact."""
        answer = self._http.get(f"{self.url}/state", timeout=30)
        answer.raise_for_status()
        path.write_text(answer.text, "utf-8")

    def forget_faults(self) -> None:
        """Let nothing fail any more."""
        self._http.delete(f"{self.url}/faults", timeout=30).raise_for_status()

    def differences(self) -> list[str]:
        """Hold the books against the till; also, the trial balance must balance."""
        books = self.get("books")
        debit = sum(Decimal(row["debit"]) - Decimal(row["credit"]) for row in books["trial_balance"])
        assert debit == 0, "the sandbox's ledger does not balance"
        return compare(self.get("tickets"), books)

    def calls(self) -> dict[str, Any]:
        """Return QuickBooks' counts since the last reset, and reset them."""
        counts: dict[str, Any] = self.get("qbo-calls")
        self._check_payloads()  # a reset forgets them
        self.post("qbo-calls/reset")
        return counts

    def payloads(self) -> list[dict[str, Any]]:
        """Return what QuickBooks accepted since the last reset: entity, operation and body, amounts exact."""
        payloads = self._latest_payloads()
        assert len(payloads) < KEPT_PAYLOADS, "the sandbox may have forgotten payloads"
        return payloads

    def _latest_payloads(self) -> list[dict[str, Any]]:
        answer = self._http.get(f"{self.url}/payloads", timeout=30)
        answer.raise_for_status()
        payloads: list[dict[str, Any]] = simplejson.loads(answer.text, use_decimal=True)["payloads"]
        return payloads

    def _check_payloads(self) -> None:
        if intuit.XSD.is_dir():
            found = intuit.violations(self._latest_payloads())
            assert not found, "\n".join(found)

    # The ledger

    def rows(self) -> list[dict[str, Any]]:
        """Return what ``franpos-qbo tickets --format json`` prints, without starting it."""
        of = {name: self.target_settings[name] for name in ("environment", "realm_id")}
        ledger = open_to_read(self.target_settings["ledger_url"], **of)
        if ledger is None:
            return []
        try:
            text = simplejson.dumps(list(listing.rows(ledger, listing.Filter())), use_decimal=True)
        finally:
            ledger.engine.dispose()
        rows: list[dict[str, Any]] = json.loads(text)
        return rows

    # The plugins

    def tap(self, *arguments: str, env: Mapping[str, str] | None = None) -> subprocess.CompletedProcess[str]:
        """Run tap-franpos."""
        return run([str(BIN / "tap-franpos"), "--config", str(self.tap_config), *arguments], env=env)

    def target(self, messages: str, env: Mapping[str, str] | None = None) -> subprocess.CompletedProcess[str]:
        """Run target-qbo on messages."""
        return run([str(BIN / "target-qbo"), "--config", str(self.target_config)], messages, env=env)

    def sync(self, env: Mapping[str, str] | None = None) -> subprocess.CompletedProcess[str]:
        """Run the tap into the target, as a shell's pipe would."""
        return self.target(self.messages(env), env=env)

    def messages(self, env: Mapping[str, str] | None = None) -> str:
        """Return what the tap gives; it runs again where the till, its settings or its environment may be others."""
        settings = self.tap_config.read_text()
        if env or self._fails or settings not in self._given:
            tap = self.tap(env=env)
            assert tap.returncode == 0, tap.stderr
            self._given[settings] = tap.stdout
        return self._given[settings]

    def console(self, *arguments: str, env: Mapping[str, str] | None = None) -> subprocess.CompletedProcess[str]:
        """Run franpos-qbo."""
        configs = ["--tap-config", str(self.tap_config), "--target-config", str(self.target_config)]
        return run([str(BIN / "franpos-qbo"), *configs, *arguments], env=env)


def run(
    command: Sequence[str],
    text: str | None = None,
    *,
    env: Mapping[str, str] | None = None,
    folder: Path = ROOT,
) -> subprocess.CompletedProcess[str]:
    """Run a command to its end and keep what it prints."""
    with TemporaryFile("w+") as stdout, TemporaryFile("w+") as stderr:
        stdin = subprocess.DEVNULL if text is None else subprocess.PIPE
        environment = {**os.environ, **(env or {})}
        process = start(command, stdin=stdin, stdout=stdout, stderr=stderr, env=environment, folder=folder)
        try:
            if process.stdin is not None:
                with contextlib.suppress(BrokenPipeError), process.stdin:
                    process.stdin.write(text or "")
            code = process.wait(RUN_SECONDS)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
            raise
        for printed in (stdout, stderr):
            printed.seek(0)
        return subprocess.CompletedProcess(list(command), code, stdout.read(), stderr.read())


def problem_lines(process: subprocess.CompletedProcess[str]) -> list[str]:
    """Return the lines of stderr that are no notes: problems, and whatever a stack trace would bring."""
    notes = (" | INFO ", " | DEBUG ", " | WARNING ")
    return [line for line in process.stderr.splitlines() if line.strip() and not any(note in line for note in notes)]


@functools.cache
def _empty_ledger() -> Path:
    """Make a ledger that knows no company yet."""
    path = Path(mkdtemp(prefix="ledger-")) / "ledger.db"
    atexit.register(shutil.rmtree, path.parent)
    open_ledger(f"sqlite:///{path}", environment="sandbox", realm_id="0").engine.dispose()
    with contextlib.closing(sqlite3.connect(path, isolation_level=None)) as ledger:
        ledger.execute("DELETE FROM companies")
        ledger.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    return path
