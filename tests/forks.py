"""The project's programs as forks of one process that has loaded them: starting Python anew is most of a short run.

Each is a process of its own all the same: with its own pid, which signals reach, its arguments, environment, folder,
standard streams and exit code. The process they are forked from, one for all pytest workers, has loaded modules and
done nothing else: it has one thread, no connection and no file open but those to the workers. What is asked for by
other than its plain name, or differs in what Python itself reads when it starts, is started anew, as everything is
where there is no Linux. That each program starts by itself too is shown by `test_package.py` and `test_meltano.py`.
"""

from __future__ import annotations

import atexit
import contextlib
import functools
import gc
import importlib
import json
import os
import pkgutil
import re
import runpy
import selectors
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any, Self

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

ROOT = Path(__file__).resolve().parent.parent
BIN = Path(sys.executable).parent
SCRIPTS = {
    "tap-franpos": "tap_franpos.tap",
    "target-qbo": "target_qbo.target",
    "franpos-qbo": "target_qbo.console.main",
}
MODULES = {"orchestrate.stores", "sandbox", "sandbox.fleet"}
# What the programs load on their way, beside all of target_qbo and what is imported with it.
_LOADED = (
    "alembic.config",
    "importlib_metadata._text",
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
    "sqlite3",
)
_PASSED_OVER = re.compile(r"\.(migrations|web)\b")  # run by Alembic; loaded by one command, with all of Django
_READ_BY_PYTHON = re.compile(r"PYTHON(?!_KEYRING)|LC_|LANG|LD_")
_MESSAGE_BYTES = 1 << 20
_CONNECT_SECONDS = 30
_WORKER = "worker"
_RUN_NAME = "PYTEST_XDIST_TESTRUNUID"
_RUN = os.environ.get(_RUN_NAME, str(os.getpid()))
_Popen = subprocess.Popen


class Program:
    """A program under way, started by the process that has loaded it: as much of ``subprocess.Popen`` as tests use.

    Attributes:
        pid: Its own.
        stdin: Where to write to it, if that was asked for; stdout and stderr: where to read what it writes.
        returncode: None until it is known to have ended; negative: the signal that ended it.
    """

    def __init__(self, connection: socket.socket, pipes: Mapping[int, IO[str]]) -> None:
        self._connection = connection
        self.stdin, self.stdout, self.stderr = (pipes.get(number) for number in range(3))
        self.returncode: int | None = None
        self.pid = self._told()

    def _told(self) -> int:
        told = self._connection.recv(64)
        assert told, "the process that programs are forked from has ended"
        return int(told)

    def wait(self, timeout: float | None = None) -> int:
        """Wait for the end; returns the exit code.

        Raises:
            subprocess.TimeoutExpired: It has not ended in so many seconds.
        """
        if self.returncode is None:
            self._connection.settimeout(timeout)
            try:
                self.returncode = self._told()
            except (TimeoutError, BlockingIOError) as error:
                raise subprocess.TimeoutExpired(str(self.pid), timeout or 0) from error
            self._connection.close()
        return self.returncode

    def poll(self) -> int | None:
        """Return the exit code, None while it runs."""
        with contextlib.suppress(subprocess.TimeoutExpired):
            self.wait(0)
        return self.returncode

    def communicate(self, text: str | None = None, timeout: float | None = None) -> tuple[str, str]:
        """Write the rest, read the rest, which a pipe must hold, and wait for the end."""
        if self.stdin and not self.stdin.closed:
            with contextlib.suppress(BrokenPipeError), self.stdin:
                self.stdin.write(text or "")
        self.wait(timeout)
        out, error = (stream.read() if stream else "" for stream in (self.stdout, self.stderr))
        return out, error

    def send_signal(self, number: int) -> None:
        """Send a signal, unless it has ended."""
        if self.poll() is None:
            with contextlib.suppress(ProcessLookupError):
                os.kill(self.pid, number)

    def terminate(self) -> None:
        """Ask it to end."""
        self.send_signal(signal.SIGTERM)

    def kill(self) -> None:
        """End it."""
        self.send_signal(signal.SIGKILL)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_error: object) -> None:
        """Close its streams and wait for its end."""
        for stream in (self.stdin, self.stdout, self.stderr):
            if stream:
                stream.close()
        self.wait()


def start(
    command: Sequence[str],
    *,
    stdin: int | IO[Any] | None = None,
    stdout: int | IO[Any] | None = None,
    stderr: int | IO[Any] | None = None,
    env: Mapping[str, str] | None = None,
    folder: Path = ROOT,
    own_group: bool = False,
) -> Program | subprocess.Popen[str]:
    """Start a command, as a fork where it can be one.

    Args:
        command: The program and its arguments.
        stdin: A file, ``subprocess.DEVNULL``, None for that of this process, or ``subprocess.PIPE``.
        stdout: The same.
        stderr: The same.
        env: The whole environment; None for that of this process.
        folder: Where it runs.
        own_group: Whether it leads a process group of its own.
    """
    environment = dict(os.environ if env is None else env)
    if not _can_fork(command, environment, folder):
        return _Popen(list(command), stdin=stdin, stdout=stdout, stderr=stderr, env=environment, cwd=folder, text=True)
    asked = {"command": list(command), "environment": environment, "folder": str(folder), "own_group": own_group}
    pipes = {}
    with contextlib.ExitStack() as closing:
        nothing = closing.enter_context(Path(os.devnull).open("r+b"))
        streams = []
        for number, stream in enumerate((stdin, stdout, stderr)):
            if stream == subprocess.PIPE:
                reading, writing = os.pipe()
                theirs, ours, mode = (reading, writing, "w") if number == 0 else (writing, reading, "r")
                closing.callback(os.close, theirs)
                streams.append(theirs)
                pipes[number] = os.fdopen(ours, mode)
            else:
                streams.append(_descriptor(stream, number, nothing))
        connection, remote = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        closing.callback(remote.close)
        socket.send_fds(_server(), [json.dumps(asked).encode()], [remote.fileno(), *streams])
        return Program(connection, pipes)


def _descriptor(stream: int | IO[Any] | None, own: int, nothing: IO[bytes]) -> int:
    if stream is None:
        return own
    if stream == subprocess.DEVNULL:
        return nothing.fileno()
    return stream if isinstance(stream, int) else stream.fileno()


def _can_fork(command: Sequence[str], environment: Mapping[str, str], folder: Path) -> bool:
    if sys.platform != "linux" or _at_start(environment) != _at_start(os.environ):
        return False
    program = Path(command[0])
    if program.parent == BIN and program.name in SCRIPTS:
        return True
    if command[0] != sys.executable:
        return False
    match command[1:3]:
        case ["-P", "-c"]:
            return True
        case ["-c", _]:
            return folder == ROOT
        case ["-m", module]:
            return folder == ROOT and module in MODULES
    return False


def _at_start(environment: Mapping[str, str]) -> dict[str, str]:
    return {name: value for name, value in environment.items() if _READ_BY_PYTHON.match(name)}


@functools.cache
def _server() -> socket.socket:
    """Return how to ask the process that programs are forked from: the first worker starts it, the last one ends it."""
    address = f"\0franpos-qbo forks {_RUN}"  # of Linux: no file, and only one process can take it
    with socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET) as listening, contextlib.suppress(OSError):
        listening.bind(address)
        listening.listen()
        process = subprocess.Popen(
            [sys.executable, "-m", "tests.forks", str(listening.fileno())],
            cwd=ROOT,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            env={**os.environ, _RUN_NAME: _RUN},
            pass_fds=[listening.fileno()],
        )
        atexit.register(process.wait)
    connection = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    atexit.register(connection.close)
    deadline = time.monotonic() + _CONNECT_SECONDS
    while connection.connect_ex(address):  # who took the address may not listen yet
        assert time.monotonic() < deadline, "the process that programs are forked from can't be reached"
        time.sleep(0.01)
    return connection


# From here on: the process that has loaded the programs.


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
    sinks, package = importlib.import_module("target_qbo.sinks"), importlib.import_module("target_qbo").__path__
    own = [one.name for one in pkgutil.walk_packages(package, "target_qbo.") if not _PASSED_OVER.search(one.name)]
    for name in (*SCRIPTS.values(), *own, *_LOADED):
        importlib.import_module(name)
    for stream in sinks.SINKS:
        sinks.contract(stream)  # compiled once for all


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
    if asked["own_group"]:
        os.setpgid(0, 0)
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
    sys.argv = command
    sys.path[0] = str(BIN)
    main: Callable[[], Any] = sys.modules[SCRIPTS[Path(command[0]).name]].main
    return main


def _popen(command: Sequence[str], **options: Any) -> Program | subprocess.Popen[Any]:
    """Start what a forked program starts: the tap that it calls upon as a fork too."""
    environment = dict(options.get("env") or {})
    if list(command[:3]) != [sys.executable, "-P", "-c"] or environment.pop("PYTHONIOENCODING", None) != "utf-8":
        return _Popen(command, **options)
    streams = {name: options[name] for name in ("stdin", "stdout", "stderr")}
    own_group = options.get("process_group") == 0
    return start(command, **streams, env=environment, folder=Path.cwd(), own_group=own_group)


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
