"""Processes of the chaos: forks of one that has the plugins loaded, and how they are cut short from within."""

from __future__ import annotations

import os
import resource
import signal
import sys
import threading
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence


def fork(work: Callable[[], int | None]) -> int:
    """Do something in a process of its own; returns its id."""
    pid = os.fork()
    if pid:
        return pid
    code = 1
    try:
        code = work() or 0
    except SystemExit as end:
        code = end.code if isinstance(end.code, int) else 1
    finally:
        os._exit(code)


def silent(main: Callable[[Sequence[str]], int], options: Sequence[str]) -> int:
    """Run a program in this process, what it prints nowhere; returns its exit code."""
    with Path(os.devnull).open("w") as sys.stdout:
        return main(options)


def die_at(owner: type, name: str, count: int) -> None:
    """Kill this process at the nth call of a method, before it does anything."""
    method = getattr(owner, name)
    lock = threading.Lock()
    left = [count]

    def counted(*arguments: Any, **options: Any) -> Any:  # noqa: ANN401 (whatever the method takes)
        with lock:
            left[0] -= 1
            if left[0] == 0:
                os.kill(os.getpid(), signal.SIGKILL)
        return method(*arguments, **options)

    setattr(owner, name, counted)


def fill_disk(room: int) -> None:
    """Let no file of this process grow beyond so many bytes."""
    signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (room, room))
