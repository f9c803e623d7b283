"""``franpos-qbo night`` for some stores, in a process with their secrets alone.

They are in its environment, which only the same user and root can read: not on the command line, in no file.
"""

from __future__ import annotations

import errno
import json
import subprocess
import tempfile
import threading
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from franpos_night.outcome import Code
from orchestrate.airflow.entries import own_file, secrets_name
from orchestrate.airflow.hiding import hiding
from orchestrate.airflow.outcomes import outcome

if TYPE_CHECKING:
    from franpos_qbo.stores import Store

Entry = Mapping[str, Any]
Told = Callable[[dict[str, Any]], None]
Relay = Callable[[Entry], None]

_NIGHT_ENDED = "night_ended"
_STORE = "store"
_KILL_SECONDS = 60
_REASON_CHARACTERS = 1000


class NightProcess:
    """One run of ``franpos-qbo night``, which may be told to stop.

    Args:
        program: The program ``franpos-qbo``.
        project: Folder of ``meltano.yml``.
        environment: The process's variables; no secret is in them.
        at_once: How many stores at once.
        minutes: How long each may take.
    """

    def __init__(
        self, program: str, project: Path, environment: Mapping[str, str], *, at_once: int, minutes: int
    ) -> None:
        self._command = [program, "night", "--project", str(project), "--log", "json", "--format", "json"]
        self._command += ["--at-once", str(at_once), "--limit", str(minutes), "--turn", "0"]
        self._environment = dict(environment)
        self._process: subprocess.Popen[str] | None = None
        self._is_stopping = False
        self._last_words = ""

    def run(self, stores: Sequence[tuple[Store, Mapping[str, Any]]], tell: Told, relay: Relay) -> None:
        """Run the night of some stores to its end.

        Args:
            stores: Each with its secrets.
            tell: Gets the outcome of each as it comes; of each that the night tells nothing of, at the end.
            relay: Gets each line of the log as it comes.
        """
        missing = {store.name for store, _ in stores}

        def heard(record: dict[str, Any]) -> None:
            missing.discard(record["store"])
            tell(record)

        returned: int | None = None
        with tempfile.TemporaryDirectory(prefix="franpos-qbo-shard-") as folder:
            path = Path(folder) / "stores.yml"
            path.write_text(own_file([store for store, _ in stores]), "utf-8")
            try:
                returned = self._run(path, [secrets for _, secrets in stores], heard, relay)
            finally:
                code, reason = self._told_end(returned)
                for store in [store.name for store, _ in stores if store.name in missing]:
                    tell(outcome(store, code, reason))

    def stop(self) -> None:
        """Ask the night to end; what is not done waits in the ledger for the next one."""
        self._is_stopping = True
        if self._process is not None and self._process.poll() is None:
            self._process.terminate()

    def _run(self, path: Path, secrets: Sequence[Mapping[str, Any]], heard: Told, relay: Relay) -> int:
        hide = hiding(secrets)
        try:
            self._process = subprocess.Popen(  # noqa: S603 (no shell; our own words)
                [*self._command, "--stores", str(path)],
                cwd=path.parent,  # where no .env lies
                env=self._environment | _connections(secrets),
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.PIPE,
                text=True,
                errors="replace",
            )
        except OSError as error:
            self._last_words = f"franpos-qbo can't be started: {error.strerror}"
            if error.errno == errno.E2BIG:
                self._last_words += ": the secrets of so many stores don't fit, set FRANPOS_QBO_STORES_A_TASK lower"
            return Code.SETTINGS
        if self._is_stopping:
            self.stop()
        try:
            self._follow(self._process, hide, heard, relay)
            return self._process.wait()
        except BaseException:  # the task's time limit: the night must not outlive it, and may tell what it has done
            self.stop()
            killing = threading.Timer(_KILL_SECONDS, self._process.kill)
            killing.start()
            try:
                self._follow(self._process, hide, heard, relay)
                self._process.wait()
            finally:
                killing.cancel()
            raise

    def _follow(self, process: subprocess.Popen[str], hide: Callable[[str], str], heard: Told, relay: Relay) -> None:
        for line in process.stderr or ():
            entry = _hidden(_entry(line), hide)
            extra = entry.get("extra", {})
            if extra.get("event_name") == _NIGHT_ENDED and isinstance(extra.get("night"), dict):
                heard(extra["night"])
                continue
            if "level" not in entry:
                self._last_words = str(entry["message"]).strip() or self._last_words
            relay(entry)

    def _told_end(self, returned: int | None) -> tuple[Code, str]:
        """Return what stores came to that the night has told nothing of."""
        said = f": {self._last_words[:_REASON_CHARACTERS]}" if self._last_words else ""
        if returned in {Code.SETTINGS, Code.UNREACHABLE, Code.SIGN_IN, Code.FAILED} and said:
            return Code(returned), said.removeprefix(": ")
        if returned is None:
            return Code.AGAIN, "not through: the task was ended"
        if returned < 0:
            return Code.AGAIN, f"not through: franpos-qbo night was ended by signal {-returned}"
        return Code.AGAIN, f"not through: franpos-qbo night ended with exit code {returned}{said}"


def _connections(secrets: Sequence[Mapping[str, Any]]) -> dict[str, str]:
    """Return the variables in which a night looks for the secrets that its own ``stores.yml`` names."""
    return {
        f"AIRFLOW_CONN_{secrets_name(number).upper()}": json.dumps({"conn_type": "generic", "extra": dict(own)})
        for number, own in enumerate(secrets)
    }


def _hidden(value: Any, hide: Callable[[str], str]) -> Any:
    """Return an entry without secrets; the names of stores are none, whatever a secret is."""
    match value:
        case str():
            return hide(value)
        case list():
            return [_hidden(one, hide) for one in value]
        case dict():
            return {name: one if name == _STORE else _hidden(one, hide) for name, one in value.items()}
    return value


def _entry(line: str) -> Entry:
    try:
        entry = json.loads(line)
    except ValueError:
        entry = None
    return entry if isinstance(entry, dict) else {"message": line.rstrip("\n")}
