"""The entry point of every timer and of the container: one night of one store, through Meltano.

Only the standard library is needed, so that any Python from 3.11 on runs it: ``python3 -m orchestrate.nightly``.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import uuid
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

PROJECT = Path(__file__).resolve().parent.parent
JOB = "till-to-books"

DONE, FAILED, SETTINGS, UNREACHABLE, SIGN_IN, STILL_GOING = 0, 1, 2, 3, 4, 75
"""Exit codes: those of the plugins, and sysexits' "temporary failure" where another run is still going."""
_MOST_TELLING_FIRST = (SIGN_IN, SETTINGS, UNREACHABLE, FAILED)
_KINDS = {"settings": SETTINGS, "unreachable": UNREACHABLE}
"""What the tap, whose exit code is 1 for every error, says of it in its last line."""
_UNREACHABLE_DATABASE = "OperationalError"
"""SQLAlchemy's name for it, with which Meltano ends where it can't come to its bookmarks."""
_BAD = {"error", "critical"}
_REASON_CHARACTERS = 1000
_SHOWN_SKIPPED = 50
_PLUGINS = ("extractors/tap-franpos", "loaders/target-qbo")
_FOLDER = "franpos-qbo-"
_FORGOTTEN_SECONDS = 2 * 24 * 3600
_KILL_SECONDS = 60

Entry = Mapping[str, Any]
Relay = Callable[[Entry], None]


@dataclass(slots=True)
class Night:
    """What a night came to, as the log tells it.

    Attributes:
        run: The run's id, in every line of both plugins.
        store: The store's name in ``stores.yml``; None: there is only one shop.
        exit_code: One of this module's.
        reason: Why it is not ``DONE``, in one line.
        summary: The target's figures, amounts as texts; empty where it did not come so far.
        skipped: Tickets that stand skipped at its end: ``location``, ``ticket``, ``receipt``, ``code``, ``reason``, and
            ``new``: whether this run skipped it.
    """

    run: str
    store: str | None
    exit_code: int = DONE
    reason: str = ""
    summary: dict[str, Any] = field(default_factory=dict)
    skipped: list[dict[str, Any]] = field(default_factory=list)
    _codes: dict[str, int] = field(default_factory=dict, repr=False)
    _kinds: list[int] = field(default_factory=list, repr=False)
    _said: dict[str, str] = field(default_factory=dict, repr=False)

    def read(self, entry: Entry) -> None:
        """Take from one line of the log what it tells of the night."""
        match entry.get("event_name"):
            case "run_summary":
                self.summary = dict(entry.get("summary") or {})
            case "run_stopped":
                self.reason = self.reason or _line(": ".join(filter(None, (entry.get("name"), entry["event"]))))
                if (kind := entry.get("kind")) in _KINDS:
                    self._kinds.append(_KINDS[kind])
            case "ticket_skipped":
                shown = ("location", "ticket", "receipt", "code", "reason", "new")
                self.skipped.append({name: entry.get(name) for name in shown})
        if isinstance(codes := entry.get("exit_codes"), dict):
            self._codes.update(codes)
        if "pipeline is already running" in (problem := str(entry.get("err") or "")):
            other = problem.partition(" Wait until")[0].rstrip(".")
            self.exit_code, self.reason = STILL_GOING, f"left alone: {other}"
        elif problem:
            self._said["block"] = _line(problem)
        else:
            self._read_problem(entry)

    def _read_problem(self, entry: Entry) -> None:
        """Take from a line what may be the reason, where no plugin says that it stopped: of a bug, or of Meltano."""
        event = _line(str(entry.get("event", "")))
        if entry.get("level") in _BAD or event.startswith("Error: "):
            plugin = entry.get("name")
            self._said["plugin" if plugin else "meltano"] = f"{plugin}: {event}" if plugin else event
        causes = entry.get("exception")
        if isinstance(causes, list) and any(cause.get("exc_type") == _UNREACHABLE_DATABASE for cause in causes):
            self._said["meltano"] = f"the database of the bookmarks can't be used: {event}"
            self._kinds.append(UNREACHABLE)

    def end(self, returned: int) -> None:
        """Settle the exit code, given that of Meltano, which is 1 whatever failed."""
        if self.exit_code == STILL_GOING or returned == 0:
            return
        found = {*self._codes.values(), *self._kinds}
        self.exit_code = next((code for code in _MOST_TELLING_FIRST if code in found), FAILED)
        said = (self.reason, *(self._said.get(who) for who in ("plugin", "block", "meltano")))
        self.reason = next(filter(None, said), f"Meltano ended with exit code {returned}")

    def as_record(self) -> dict[str, Any]:
        """Return it as one JSON object, which names some of the skipped tickets and says how many more there are."""
        record: dict[str, Any] = {"run": self.run, "exit_code": self.exit_code, "summary": self.summary}
        some = {
            "store": self.store,
            "reason": self.reason,
            "skipped": self.skipped[:_SHOWN_SKIPPED],
            "skipped_more": max(0, len(self.skipped) - _SHOWN_SKIPPED),
        }
        return record | {name: value for name, value in some.items() if value}


class Nightly:
    """One run of the job, which may be told to stop.

    Args:
        store: The store's name, which keeps its bookmarks apart from the others'.
        environment: The process's variables, the store's settings and secrets among them.
        project: Folder of ``meltano.yml``.
    """

    def __init__(self, store: str | None, environment: Mapping[str, str], project: Path = PROJECT) -> None:
        self._project = project
        self._environment = dict(environment)
        self._environment.setdefault("MELTANO_RUN_ID", str(uuid.uuid4()))
        self._night = Night(run=self._environment["MELTANO_RUN_ID"], store=store)
        self._process: subprocess.Popen[str] | None = None
        self._stopping = False

    def run(self, relay: Relay) -> Night:
        """Run the night to its end.

        Args:
            relay: Gets each line of the log as it comes.

        Returns:
            What it came to; a failure is told by its exit code.
        """
        if missing := self._missing():
            self._night.exit_code, self._night.reason = SETTINGS, missing
            return self._night
        # What is not installed is not fetched at midnight: it would be another release than the one that was tried.
        command = [meltano(self._environment, self._project), "--log-format", "json", "run", "--no-install"]
        if self._night.store:
            command.append(f"--state-id-suffix={self._night.store}")
            self._environment["FRANPOS_QBO_STORE"] = self._night.store
        _sweep()
        with tempfile.TemporaryDirectory(prefix=_FOLDER) as folder:
            self._keep_apart(Path(folder))
            self._process = subprocess.Popen(  # noqa: S603 (our own words)
                [*command, JOB],
                cwd=self._project,
                env=self._environment,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                text=True,
                errors="replace",
                start_new_session=True,
            )
            if self._stopping:
                self.stop()
            try:
                for line in self._process.stdout or ():
                    entry = _entry(line)
                    self._night.read(entry)
                    relay(entry)
                self._night.end(self._process.wait())
            except BaseException:  # a time limit of whoever runs it: the run must not outlive its task
                self._end(self._process)
                raise
        return self._night

    def stop(self) -> None:
        """Ask the run to end; what is not done waits in the ledger for the next one."""
        self._stopping = True
        if self._process is not None and self._process.poll() is None:
            self._process.terminate()

    def _end(self, process: subprocess.Popen[str]) -> None:
        """End the run: by asking, and where that does not help, by force."""
        self.stop()
        try:
            process.communicate(timeout=_KILL_SECONDS)  # reads on: who writes its last words must not wait for us
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()

    def _missing(self) -> str:
        """Return what is not there and how to get it; empty: all is there."""
        if shutil.which(meltano(self._environment, self._project)) is None:
            return "meltano is not installed: make setup meltano"
        if not (self._project / "meltano.yml").is_file():
            return f"no meltano.yml in {self._project}: name its folder with --project"
        if absent := [plugin for plugin in _PLUGINS if not (self._own_folder() / plugin / "venv").exists()]:
            return f"{' and '.join(absent)} not installed in {self._own_folder()}: make setup meltano"
        return ""

    def _own_folder(self) -> Path:
        return self._project / self._environment.get("MELTANO_SYS_DIR_ROOT", ".meltano")

    def _keep_apart(self, folder: Path) -> None:
        """Give this run a system folder of its own, with the project's installed plugins and its default database.

        Meltano hands state and catalog to a plugin in files named after the plugin alone: of two stores at once one
        could be given the other's bookmarks.
        """
        own = self._own_folder()
        # A link to the database, and no variable that names it: that would go before the project's .env.
        for shared in ("extractors", "loaders", "meltano.db"):
            (folder / shared).symlink_to(own / shared)
        self._environment["MELTANO_SYS_DIR_ROOT"] = str(folder)


def meltano(environment: Mapping[str, str], project: Path = PROJECT) -> str:
    """Return Meltano's command: the one that ``MELTANO`` names, else the project's own, else that of the path."""
    own = project / ".venv-meltano" / "bin" / "meltano"
    return environment.get("MELTANO") or (str(own) if own.exists() else "meltano")


def _sweep() -> None:
    """Remove the folders of runs that were killed: settings with secrets are in them."""
    for folder in Path(tempfile.gettempdir()).glob(f"{_FOLDER}*"):
        with suppress(OSError):
            if folder.stat().st_uid == os.getuid() and time.time() - folder.stat().st_mtime > _FORGOTTEN_SECONDS:
                shutil.rmtree(folder)


def _line(text: str) -> str:
    return " ".join(text.split())[:_REASON_CHARACTERS]


def _entry(line: str) -> Entry:
    try:
        entry = json.loads(line)
    except ValueError:
        entry = None
    return entry if isinstance(entry, dict) else {"event": line.rstrip("\n"), "level": "info"}


def _print(entry: Entry) -> None:
    print(json.dumps(entry), flush=True)


def main(arguments: list[str] | None = None) -> int:
    """Run one night and tell what it came to in a last line; returns the exit code."""
    parser = argparse.ArgumentParser(prog="python3 -m orchestrate.nightly", description=__doc__)
    parser.add_argument("--store", help="its name in stores.yml, where there are several")
    parser.add_argument("--project", type=Path, default=PROJECT, help="folder of meltano.yml [this one]")
    options = parser.parse_args(arguments)
    project: Path = options.project.resolve()
    nightly = Nightly(options.store, os.environ, project)
    signal.signal(signal.SIGTERM, lambda *_: nightly.stop())
    night = nightly.run(_print)
    told = "done" if night.exit_code == DONE else night.reason
    level = "info" if night.exit_code in {DONE, STILL_GOING} else "error"
    _print({"event": f"night ended: {told}", "event_name": "night_ended", "level": level, **night.as_record()})
    return night.exit_code


if __name__ == "__main__":
    sys.exit(main())
