"""A process that has loaded programs, and forks one for each that a pytest worker, or a forked program, asks for.

It has loaded modules, and done nothing else: it has one thread, no connection and no file open but those to the
workers. The project's own Python forks the project's programs, Meltano's Python forks Meltano.
"""

from __future__ import annotations

import atexit
import contextlib
import functools
import gc
import importlib
import importlib.metadata
import json
import os
import pkgutil
import re
import runpy
import selectors
import socket
import subprocess
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tests import forks

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

# What the programs load on their way, beside all of target_qbo and what is imported with it.
_LOADED = (
    "alembic.config",
    "filelock",
    "importlib_metadata._text",
    "franpos_qbo.sealing",
    "franpos_qbo.stores",
    "rich._emoji_codes",
    "rich.console",
    "rich.table",
    "sandbox.app",
    "sandbox.arguments",
    "sandbox.environment",
    "sandbox.qbo.presets",
    "sandbox.qbo.server",
    "sandbox.tickets.generate",
    "sandbox.tickets.retail",
    "sqlalchemy.dialects.sqlite",
    "sqlite3",
    "tap_franpos.tap",
)
_LOADED_BY_MELTANO = (
    "alembic.command",
    "meltano.core.block.extract_load",
    "meltano.core.migration_service",
    "meltano.core.state_service",
    "meltano.core.state_store",
    "sqlalchemy.dialects.postgresql",
    "sqlalchemy.dialects.sqlite",
)
_PASSED_OVER = re.compile(r"\.(migrations|web)\b")  # run by Alembic; loaded by one command, with all of Django
_MESSAGE_BYTES = 1 << 20
_WORKER = "worker"
_Popen = subprocess.Popen


def serve(listening: socket.socket) -> Callable[[], Any]:
    """Fork a process for each program that a worker asks for; in it, and only there, returns what it is to do.

    Returning, rather than doing it here, has the process end as any other does: with its traceback, its threads and
    what is to be done at exit.
    """
    _load()
    assert len(list(Path("/proc/self/task").iterdir())) == 1, "a fork of a process of many threads may hang"
    gc.collect()
    gc.freeze()  # else the first collection of each would copy all of this one's memory
    selector = selectors.DefaultSelector()
    selector.register(listening, selectors.EVENT_READ)
    while True:
        for key, _ in selector.select():
            if key.fileobj is listening:
                selector.register(listening.accept()[0], selectors.EVENT_READ, _WORKER)
            elif key.data is not _WORKER:
                _ended(selector, key)
            elif (program := _fork(selector, key.fileobj)) is not None:
                return program


def _fork(selector: selectors.BaseSelector, worker: Any) -> Callable[[], Any] | None:
    """Fork a process for what a worker asks; in it, and only there, returns what it is to do."""
    message, passed, _, _ = socket.recv_fds(worker, _MESSAGE_BYTES, 4)
    if not message:  # it has ended
        selector.unregister(worker)
        worker.close()
        if all(key.data is not _WORKER for key in selector.get_map().values()):
            os._exit(0)
        return None
    connection, streams = socket.socket(fileno=passed[0]), passed[1:]
    pid = os.fork()
    if pid == 0:
        connection.close()
        _leave(selector)
        return _become(json.loads(message), streams)
    for stream in streams:
        os.close(stream)
    with contextlib.suppress(OSError):  # who asked may have been killed
        connection.send(str(pid).encode())
    selector.register(os.pidfd_open(pid), selectors.EVENT_READ, (pid, connection))
    return None


def _load() -> None:
    if Path(sys.executable).parent == forks.MELTANO:
        for name in (forks.SCRIPTS[forks.MELTANO / "meltano"], *_LOADED_BY_MELTANO):
            importlib.import_module(name)
        return
    sinks, package = importlib.import_module("target_qbo.sinks"), importlib.import_module("target_qbo").__path__
    own = [one.name for one in pkgutil.walk_packages(package, "target_qbo.") if not _PASSED_OVER.search(one.name)]
    scripts = [module for program, module in forks.SCRIPTS.items() if program.parent == forks.BIN]
    for name in (*scripts, *own, *_LOADED):
        importlib.import_module(name)
    for stream in sinks.SINKS:
        sinks.contract(stream)  # compiled once for all
    importlib.metadata.version("franpos-qbo")  # what is installed is listed once for all


def _ended(selector: selectors.BaseSelector, key: selectors.SelectorKey) -> None:
    pid, connection = key.data
    selector.unregister(key.fileobj)
    os.close(key.fd)
    _, status = os.waitpid(pid, 0)
    with connection, contextlib.suppress(OSError):  # nobody may be waiting
        connection.send(str(os.waitstatus_to_exitcode(status)).encode())


def _leave(selector: selectors.BaseSelector) -> None:
    """Close, in a new process, what is the old one's."""
    for key in list(selector.get_map().values()):
        if isinstance(key.fileobj, socket.socket):
            key.fileobj.close()
        elif key.data:
            os.close(key.fd)
            key.data[1].close()
    selector.close()


def _become(asked: dict[str, Any], streams: Sequence[int]) -> Callable[[], Any]:
    for number, stream in enumerate(streams):
        os.dup2(stream, number)
        os.close(stream)
    os.environ.clear()
    os.environ.update(asked["environment"])
    time.tzset()
    os.chdir(asked["folder"])
    if asked["own_session"]:
        os.setsid()
    elif asked["own_group"]:
        os.setpgid(0, 0)
    if forks.BIN != forks.MELTANO:  # Meltano starts its plugins itself
        subprocess.Popen = _popen  # type: ignore[assignment, misc]
    command = [word for word in asked["command"] if word != "-P"]
    if command[1:2] == ["-m"]:
        sys.argv = command[2:]
        return functools.partial(runpy.run_module, command[2], run_name="__main__", alter_sys=True)
    script = sys.modules["__main__"]  # where click looks for how a program was called
    script.__file__, script.__package__, script.__spec__ = command[0], None, None
    if command[1:2] == ["-c"]:
        sys.argv = ["-c", *command[3:]]
        return functools.partial(exec, command[2], {"__name__": "__main__"})
    if command[1:2] == [str(forks.BOOKMARKS)]:
        sys.argv = command[1:]
        return functools.partial(runpy.run_path, command[1], run_name="__main__")
    sys.argv = command
    sys.path[0] = str(forks.BIN)
    main: Callable[[], Any] = sys.modules[forks.SCRIPTS[Path(command[0])]].main
    return main


def _popen(command: Sequence[str], **options: Any) -> forks.Program | subprocess.Popen[Any]:
    """Start what a forked program starts, as a fork too where that is a sync's tap or a night's part of Meltano."""
    environment = dict(options.get("env") or {})
    if list(command[:3]) == [sys.executable, "-P", "-c"] and environment.get("PYTHONIOENCODING") == "utf-8":
        del environment["PYTHONIOENCODING"]
    elif Path(command[0]).parent != forks.MELTANO:
        return _Popen(command, **options)
    return forks.start(
        command,
        **{name: options.get(name) for name in ("stdin", "stdout", "stderr")},
        env=environment,
        folder=options.get("cwd", Path.cwd()),
        own_group=options.get("process_group") == 0,
        own_session=options.get("start_new_session", False),
    )


class _Leaving:
    """Ends a process once all is done that its program left to be done at exit.

    Python would then take all modules apart, which in a fork copies the memory that it shares: most of a short run.
    """

    def __init__(self) -> None:
        self._code: int | None = None
        atexit.register(self._leave)  # before any module has done so, hence the last

    def run(self, main: Callable[[], Any]) -> None:
        """Run a program; how it ends by anything but a plain exit is left to Python."""
        try:
            sys.exit(main())
        except SystemExit as ended:
            if ended.code is None or isinstance(ended.code, int):
                self._code = (ended.code or 0) & 0xFF
            raise

    def _leave(self) -> None:
        if self._code is not None:
            with contextlib.suppress(OSError):
                sys.stdout.flush()
                sys.stderr.flush()
                os._exit(self._code)


if __name__ == "__main__":
    _LEAVING = _Leaving()
    _LEAVING.run(serve(socket.socket(fileno=int(sys.argv[1]))))
