"""The project's programs, and Meltano, as forks of a process that has loaded them: starting Python is most of a run.

Each is a process of its own all the same: with its own pid, which signals reach, its arguments, environment, folder,
standard streams and exit code. What is asked for by other than its plain name, or differs in what Python itself reads
when it starts, is started anew, as everything is where there is no Linux; so are the plugins by Meltano. That each
program starts by itself too is shown by `test_package.py`, `test_meltano.py` and `test_airflow.py`.

The processes that programs are forked from, one for each environment and all pytest workers, are `tests/forking.py`.
"""

from __future__ import annotations

import atexit
import contextlib
import functools
import json
import os
import re
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any, Self

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

ROOT = Path(__file__).resolve().parent.parent
BIN = Path(sys.executable).parent
MELTANO = ROOT / ".venv-meltano" / "bin"
SCRIPTS = {
    BIN / "tap-franpos": "tap_franpos.__main__",
    BIN / "target-qbo": "target_qbo.__main__",
    BIN / "franpos-qbo": "target_qbo.console.__main__",
    MELTANO / "meltano": "meltano.cli",
}
NIGHT = "orchestrate.nightly"
BOOKMARKS = ROOT / "franpos_night" / "meltano_state.py"
MODULES = {NIGHT, "orchestrate.stores", "sandbox", "sandbox.chaos", "sandbox.fleet"}
_READ_BY_PYTHON = re.compile(r"PYTHON(?!_KEYRING)|LC_|LANG|LD_")
_CONNECT_SECONDS = 30
_RUN_NAME = "PYTEST_XDIST_TESTRUNUID"
_RUN = os.environ.get(_RUN_NAME, str(os.getpid()))
_Popen = subprocess.Popen  # a forked program has another one: `tests/forking.py`


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
    own_session: bool = False,
) -> Program | subprocess.Popen[str]:
    """Start a command, as a fork where it can be one.

    Args:
        command: The program and its arguments.
        stdin: A file, ``subprocess.DEVNULL``, None for that of this process, or ``subprocess.PIPE``.
        stdout: The same.
        stderr: The same, or ``subprocess.STDOUT``.
        env: The whole environment; None for that of this process.
        folder: Where it runs.
        own_group: Whether it leads a process group of its own.
        own_session: Whether it leads a session of its own.
    """
    environment = dict(os.environ if env is None else env)
    place = forked_from(command, environment, folder)
    if place is None:
        return _Popen(list(command), stdin=stdin, stdout=stdout, stderr=stderr, env=environment, cwd=folder, text=True)
    if NIGHT in command[1:3] or command[1:2] == ["night"]:
        _connected(MELTANO)  # begun by a worker, which outlives the night that asks for it
    asked = {
        "command": list(command),
        "environment": environment,
        "folder": str(folder),
        "own_group": own_group,
        "own_session": own_session,
    }
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
            elif stream == subprocess.STDOUT:
                streams.append(streams[1])
            else:
                streams.append(_descriptor(stream, number, nothing))
        connection, remote = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        closing.callback(remote.close)
        socket.send_fds(_connected(place), [json.dumps(asked).encode()], [remote.fileno(), *streams])
        return Program(connection, pipes)


def _descriptor(stream: int | IO[Any] | None, own: int, nothing: IO[bytes]) -> int:
    if stream is None:
        return own
    if stream == subprocess.DEVNULL:
        return nothing.fileno()
    return stream if isinstance(stream, int) else stream.fileno()


def forked_from(command: Sequence[str], environment: Mapping[str, str], folder: Path) -> Path | None:
    """Return where the Python is that a command can be forked from; None: it is to be started anew."""
    if sys.platform != "linux" or _at_start(environment) != _at_start(os.environ):
        return None
    program = Path(command[0])
    if program in SCRIPTS or (program.parent == MELTANO and command[1:3] == ["-P", str(BOOKMARKS)]):
        return program.parent
    if command[0] != sys.executable:
        return None
    match command[1:3]:
        case ["-P", "-c"]:
            return BIN
        case ["-c", _] if folder == ROOT:
            return BIN
        case ["-m", module] if folder == ROOT and module in MODULES:
            return BIN
    return None


def _at_start(environment: Mapping[str, str]) -> dict[str, str]:
    return {name: value for name, value in environment.items() if _READ_BY_PYTHON.match(name)}


@functools.cache
def _connected(place: Path) -> socket.socket:
    """Return how to ask the process that programs are forked from: the first worker starts it, the last one ends it."""
    address = f"\0franpos-qbo forks {place} {_RUN}"  # of Linux: no file, and only one process can take it
    with socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET) as listening, contextlib.suppress(OSError):
        listening.bind(address)
        listening.listen()
        process = _Popen(
            [place / "python", "-m", "tests.forking", str(listening.fileno())],
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
