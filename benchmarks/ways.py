"""The ways in which the nights of many stores are run, each measured: `benchmarks.nights` compares them."""

from __future__ import annotations

import datetime as dt
import json
import os
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

from benchmarks.measured import Cost
from sandbox.environment import variables
from sandbox.stores_file import connections, write_stores_file

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

ROOT = Path(__file__).resolve().parent.parent
BIN = Path(sys.executable).parent
MELTANO = ROOT / ".venv-meltano" / "bin" / "meltano"
_KIBIBYTE = 1024

Store = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Place:
    """Where the nights run: a folder, and the databases of the ledger and of Meltano's state."""

    folder: Path
    ledger: str
    state: str


class Way(Protocol):
    """A way to run the nights of all stores."""

    @property
    def name(self) -> str:
        """What it is called in the figures."""

    def prepare(self, place: Place) -> None:
        """Do what is done once, before the first night."""

    def nights(self, stores: Sequence[Store], place: Place, days: int) -> list[Cost]:
        """Run a night of every store, up to the end of so many days; returns what each process took, its own included.

        Raises:
            SystemExit: One failed.
        """


@dataclass(frozen=True, slots=True)
class Pipe:
    """`tap-franpos | target-qbo` for each store, so many stores at once.

    Attributes:
        at_once: How many.
        programs: Folder of the two programs: of this checkout, or of another build.
    """

    at_once: int
    programs: Path = BIN
    name: str = "pipe"

    def prepare(self, place: Place) -> None:
        """Nothing is to be done."""

    def nights(self, stores: Sequence[Store], place: Place, days: int) -> list[Cost]:
        """Run them."""
        with ThreadPoolExecutor(self.at_once) as pool:
            costs = pool.map(lambda store: self._night(store, place, days), stores)
            return [cost for both in costs for cost in both]

    def _night(self, store: Store, place: Place, days: int) -> list[Cost]:
        """Run one, with the state of the night before."""
        folder = place.folder / store["name"]
        folder.mkdir(exist_ok=True)
        state = folder / "state.json"
        tap = ["--config", _written(folder / "tap.json", store["franpos"] | {"end_date": _end(store, days)})]
        if state.exists():
            tap += ["--state", str(state)]
        settings = store["qbo"] | {"environment": "sandbox", "ledger_url": place.ledger}
        target = ["--config", _written(folder / "target.json", settings)]
        with (folder / "log").open("ab") as log, (folder / "states").open("wb") as states:
            first = subprocess.Popen([self.programs / "tap-franpos", *tap], stdout=subprocess.PIPE, stderr=log)
            second = subprocess.Popen(
                [self.programs / "target-qbo", *target], stdin=first.stdout, stdout=states, stderr=log
            )
            if first.stdout is not None:
                first.stdout.close()
            used = [_ended(first, folder / "log"), _ended(second, folder / "log")]
        state.write_text((folder / "states").read_text().splitlines()[-1])
        return used


@dataclass(frozen=True, slots=True)
class Meltano:
    """The timers' entry point for each store, so many stores at once."""

    at_once: int
    project: Path = ROOT
    name: str = "meltano"

    def prepare(self, place: Place) -> None:
        """Make the tables of Meltano's state: two that begin at once would both do so."""
        _prepare_state(place)

    def nights(self, stores: Sequence[Store], place: Place, days: int) -> list[Cost]:
        """Run them."""
        with ThreadPoolExecutor(self.at_once) as pool:
            return list(pool.map(lambda store: self._night(store, place, days), stores))

    def _night(self, store: Store, place: Place, days: int) -> Cost:
        folder = place.folder / store["name"]
        folder.mkdir(exist_ok=True)
        settings = store | {"franpos": store["franpos"] | {"end_date": _end(store, days)}}
        environment = _environment(place) | variables(settings) | {"TARGET_QBO_LEDGER_URL": place.ledger}
        python = self.project / ".venv" / "bin" / "python"
        command = [python, "-m", "orchestrate.nightly", "--store", store["name"]]
        with (folder / "log").open("ab") as log:
            night = subprocess.Popen(command, cwd=self.project, env=environment, stdout=log, stderr=log)
            return _ended(night, folder / "log")


@dataclass(frozen=True, slots=True)
class Together:
    """`franpos-qbo night`: a process for each part of the stores, and so many stores at once in each of them."""

    parts: int
    at_once: int
    name: str = "together"

    def prepare(self, place: Place) -> None:
        """Make the tables of Meltano's state."""
        _prepare_state(place)

    def nights(self, stores: Sequence[Store], place: Place, days: int) -> list[Cost]:
        """Run them."""
        self._write(stores, place, days)
        command = [str(BIN / "franpos-qbo"), "night", "--stores", str(place.folder / "stores.yml")]
        command += ["--secrets", str(place.folder / "secrets"), "--project", str(ROOT), "--format", "json"]
        begun = []
        for part in range(1, self.parts + 1):
            options = ["--shard", f"{part}/{self.parts}", "--at-once", str(self.at_once)]
            with (place.folder / f"log {part}").open("ab") as log:
                environment = _environment(place)
                begun.append(subprocess.Popen([*command, *options], env=environment, stdout=log, stderr=log))
        return [_ended(process, place.folder / f"log {number}") for number, process in enumerate(begun, 1)]

    def _write(self, stores: Sequence[Store], place: Place, days: int) -> None:
        """Write the stores' file and their secrets, up to the end of so many days."""
        until = [store | {"franpos": store["franpos"] | {"end_date": _end(store, days)}} for store in stores]
        write_stores_file(place.folder / "stores.yml", until)
        folder = place.folder / "secrets"
        folder.mkdir(exist_ok=True)
        shared = {"TARGET_QBO_LEDGER_URL": place.ledger, "MELTANO_DATABASE_URI": place.state}
        for name, connection in connections(until, shared, refresh_tokens={}).items():
            path = folder / f"{name}.json"
            path.touch(0o600)
            path.write_text(json.dumps(connection["extra"]))


def _environment(place: Place) -> dict[str, str]:
    of_meltano = {"MELTANO_ENVIRONMENT": "demo", "MELTANO_DATABASE_URI": place.state}
    return {**os.environ, **of_meltano}


def _ended(process: subprocess.Popen[bytes], log: Path) -> Cost:
    begun = time.perf_counter()
    _, status, used = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise SystemExit(f"a night failed:\n{log.read_text()[-3000:]}")
    return Cost(time.perf_counter() - begun, used.ru_utime + used.ru_stime, used.ru_maxrss * _KIBIBYTE)


def _end(store: Store, days: int) -> str:
    return (dt.date.fromisoformat(store["franpos"]["start_date"]) + dt.timedelta(days=days)).isoformat()


def _written(path: Path, settings: Mapping[str, Any]) -> str:
    path.write_text(json.dumps(settings))
    return str(path)


def _prepare_state(place: Place) -> None:
    subprocess.run([MELTANO, "state", "list"], cwd=ROOT, env=_environment(place), check=True, capture_output=True)
