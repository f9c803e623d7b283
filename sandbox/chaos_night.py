"""A night of many stores as a process of `sandbox.chaos_stores`: what is to go wrong in it is laid into it before."""

from __future__ import annotations

import contextlib
import faulthandler
import json
import os
import signal
import sys
import threading
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from franpos_night import bookmarks as night_bookmarks
from franpos_night import fleet, logs, night, outcome
from franpos_qbo.logs import marks
from sandbox.chaos_processes import fork
from target_qbo.console import main as console
from target_qbo.console import night as night_command
from target_qbo.qbo import client

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from pathlib import Path

PATIENCE_SECONDS = 0.6  # of the target, for answers
ENDS_WITHIN_SECONDS = 150.0
LOADED = (fleet, logs, night, night_command, outcome)
"""What the command loads on its way, here once for all nights."""
_TICK_SECONDS = 0.01
_FOR_EVER_SECONDS = 100_000


class FileBookmarks:
    """Bookmarks in a folder, as :class:`franpos_night.bookmarks.Bookmarks` asks for them.

    Args:
        folder: The folder.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        folder.mkdir(exist_ok=True)

    def read(self, store: str) -> dict[str, Any]:
        """Return a store's Singer state; empty: there is none yet."""
        path = self._folder / f"{store}.json"
        state: dict[str, Any] = json.loads(path.read_text()) if path.exists() else {}
        return state

    def write(self, store: str, state: str) -> None:
        """Keep a store's Singer state, whole or not at all."""
        new = self._folder / f"{store}.{os.getpid()}.new"
        new.write_text(state)
        new.replace(self._folder / f"{store}.json")

    def close(self) -> None:
        """Do nothing."""


@dataclass(frozen=True, slots=True)
class At:
    """A call of a method in the threads of one store, or of any, at which something is to go wrong.

    Attributes:
        owner: The class, or module, whose method or function it is.
        name: Of the method.
        store: Whose threads; empty: all.
        nth: Which of the calls.
        calls: How many from that one on.
    """

    owner: Any
    name: str
    store: str = ""
    nth: int = 1
    calls: int = 1

    def do(self, act: Callable[..., None], fired: Path) -> None:
        """Have something done before these calls; each that it is done for is noted in a file."""
        method = getattr(self.owner, self.name)
        lock, met = threading.Lock(), [0]

        def met_with(*arguments: Any, **options: Any) -> Any:  # noqa: ANN401 (whatever the method takes)
            if not self.store or marks().get("store") == self.store:
                with lock:
                    met[0] += 1
                    due = self.nth <= met[0] < self.nth + self.calls
                if due:
                    with fired.open("a") as file:
                        file.write(f"{self.store} {self.name}\n")
                    act(*arguments)
            return method(*arguments, **options)

        setattr(self.owner, self.name, met_with)


def raise_(error: BaseException) -> Callable[..., None]:
    """Return what raises an error."""

    def act(*_arguments: object) -> None:
        raise error

    return act


def hang(*_arguments: object) -> None:
    """Come to no end."""
    time.sleep(_FOR_EVER_SECONDS)


@dataclass(slots=True)
class NightProcess:
    """A night under way, or over.

    Attributes:
        pid: Its process.
        out: What it prints.
        told: What it says on standard error.
        code: How it ended; negative: by that signal.
        peak_mb: The most memory that it had.
    """

    pid: int
    out: Path
    told: Path
    begun: float = field(default_factory=time.monotonic)
    code: int | None = None
    peak_mb: float = 0.0

    def outcomes(self) -> dict[str, dict[str, Any]]:
        """Return what each store came to, by its name; empty where the night was killed."""
        text = self.out.read_text()
        return {one["store"]: one for one in json.loads(text)["stores"]} if text else {}

    def look(self) -> bool:
        """Look whether it has ended."""
        if self.code is None:
            pid, status, usage = os.wait4(self.pid, os.WNOHANG)
            if pid:
                self.code, self.peak_mb = os.waitstatus_to_exitcode(status), usage.ru_maxrss / 1024
        return self.code is not None

    def signal(self, number: int) -> None:
        """Send it a signal, unless it has ended."""
        if not self.look():
            os.kill(self.pid, number)


def start(
    folder: Path,
    name: str,
    options: Sequence[str],
    environment: Mapping[str, str],
    prepare: Sequence[Callable[[Path], None]],
    *,
    patient: bool,
) -> NightProcess:
    """Start a night.

    Args:
        folder: Where what it prints goes, in files of this name.
        name: The name.
        options: Of the command.
        environment: Variables to add to the process's.
        prepare: What is laid into it; each is given the file in which what comes of it is noted.
        patient: Whether it waits as long for QuickBooks' answers as it does outside of tests.
    """
    process = NightProcess(0, folder / f"{name}.json", folder / f"{name}.log")
    fired = folder / f"{name}.fired"

    def run() -> int:
        sys.argv = ["franpos-qbo", "night", *options]
        os.environ.update(environment)
        if not patient:
            client._READ_SECONDS = client._BATCH_READ_SECONDS = PATIENCE_SECONDS  # noqa: SLF001 (a minute is too long)
        if "MELTANO" not in environment:
            night_bookmarks.MeltanoBookmarks = lambda *_: FileBookmarks(folder / "bookmarks")  # type: ignore[assignment, misc]
        with process.out.open("w") as sys.stdout, process.told.open("w") as sys.stderr:
            faulthandler.register(signal.SIGUSR1, sys.stderr, all_threads=True)
            for one in prepare:
                one(fired)
            console.main()
        return 0

    process.pid = fork(run)
    return process


def wait(nights: Sequence[NightProcess], schedule: Sequence[tuple[float, Callable[[], None]]]) -> list[str]:
    """Wait for nights to end, and do meanwhile what is due so many seconds after now.

    Returns:
        One line for each that did not end in time.
    """
    begun, due = time.monotonic(), sorted(schedule, key=lambda one: one[0])
    while sum(night.look() for night in nights) != len(nights):  # each is looked at
        passed = time.monotonic() - begun
        while due and due[0][0] <= passed:
            due.pop(0)[1]()
        if passed > ENDS_WITHIN_SECONDS:
            return [_ended(night) for night in nights if not night.look()]
        time.sleep(_TICK_SECONDS)
    for _, act in due:  # what was taken away is given back
        act()
    return []


def _ended(night: NightProcess) -> str:
    """End a night that does not end by itself; its threads stand in its log."""
    night.signal(signal.SIGUSR1)
    time.sleep(1)
    night.signal(signal.SIGKILL)
    with contextlib.suppress(ChildProcessError):
        os.waitpid(night.pid, 0)
    night.code = -signal.SIGKILL
    return f"a night did not end in {ENDS_WITHIN_SECONDS:.0f} s"
