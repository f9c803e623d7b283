"""Bookmarks where Meltano has them: its own code reads and writes them, in a process of its own environment.

They stand under the ids of ``meltano run --state-id-suffix=STORE``, so that a run by hand goes on from a night, a night
from a run by hand, and ``meltano state`` shows, sets and clears both. Every backend that the project names will do.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import threading
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

from target_qbo.errors import ConfigurationError, TargetError, UnreachableError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

_HELPER = Path(__file__).resolve().parent / "meltano_state.py"
_OF_MELTANO = "MELTANO_"
_ANSWER_SECONDS = 120.0
_SPARE = 3  # processes that wait beside the one that is asked
_NOT_PASSED_ON = ("AIRFLOW", "TAP_FRANPOS_", "TARGET_QBO_", "PYTHONPATH")  # others' secrets, and our own modules
_ERRORS: Mapping[str, type[TargetError]] = {"settings": ConfigurationError, "unreachable": UnreachableError}


class Bookmarks(Protocol):
    """Keeps the bookmarks of stores; thread-safe."""

    def read(self, store: str) -> dict[str, Any]:
        """Return a store's Singer state; empty: there is none yet.

        Raises:
            TargetError: It can't be read.
        """

    def write(self, store: str, state: str) -> None:
        """Keep a store's Singer state, as JSON.

        Raises:
            TargetError: It can't be written.
        """


class MeltanoBookmarks:
    """The bookmarks of a Meltano project.

    Args:
        project: Its folder.
        variables: Gives the variables of a store, of which those of Meltano's state count here.
        environment: The process's variables.

    Raises:
        ConfigurationError: There is no project, or no Meltano.
    """

    def __init__(
        self, project: Path, variables: Callable[[str], Mapping[str, str]], environment: Mapping[str, str]
    ) -> None:
        self._project = project
        self._variables = variables
        self._environment = environment
        self._python = _python_of_meltano(project, environment)
        self._lock = threading.Lock()
        self._helpers: dict[tuple[tuple[str, str], ...], _Helper] = {}

    def read(self, store: str) -> dict[str, Any]:
        """Return a store's Singer state; empty: there is none yet.

        Raises:
            TargetError: It can't be read.
        """
        state: dict[str, Any] = self._helper(store).ask({"store": store}) or {}
        return state

    def write(self, store: str, state: str) -> None:
        """Keep a store's Singer state, as JSON.

        Raises:
            TargetError: It can't be written.
        """
        self._helper(store).ask({"store": store, "state": json.loads(state)})

    def close(self) -> None:
        """End Meltano's process."""
        with self._lock:
            for helper in self._helpers.values():
                helper.end()

    def _helper(self, store: str) -> _Helper:
        """Return the process for a store: one for all that keep their state in the same place.

        Of those that were asked longest ago the processes are ended, however many places there are.
        """
        own = {name: value for name, value in self._variables(store).items() if name.startswith(_OF_MELTANO)}
        place = tuple(sorted(own.items()))
        with self._lock:
            helper = self._helpers.pop(place, None)
            helper = helper or _Helper(self._python, self._project, {**self._environment, **own})
            for one in [one for one in self._helpers.values() if one.runs][:-_SPARE]:
                one.rest()
            self._helpers[place] = helper  # the last one, for it is asked now
            return helper


class _Helper:
    """A process with Meltano's code: a line of JSON is a question, a line its answer."""

    def __init__(self, python: str, project: Path, environment: Mapping[str, str]) -> None:
        self._command = [python, "-P", str(_HELPER), str(project)]
        self._environment = {name: value for name, value in environment.items() if not name.startswith(_NOT_PASSED_ON)}
        self._project = project
        self._lock = threading.Lock()
        self._process: subprocess.Popen[str] | None = None

    def ask(self, question: Mapping[str, Any]) -> Any:  # noqa: ANN401 (any JSON)
        """Ask; one question at a time.

        Raises:
            TargetError: Meltano can't answer.
        """
        with self._lock:
            line = self._exchange(json.dumps(question))
        try:
            answer = json.loads(line)
        except ValueError:
            raise UnreachableError("the bookmarks can't be reached: Meltano ended without an answer") from None
        if error := answer.get("error"):
            raise _ERRORS[answer["kind"]](f"the bookmarks can't be reached: {error}")
        return answer["state"]

    @property
    def runs(self) -> bool:
        """Whether there is a process."""
        return self._process is not None

    def rest(self) -> None:
        """End the process, unless it is being asked; the next question begins another one."""
        if self._lock.acquire(blocking=False):
            try:
                self._end()
            finally:
                self._lock.release()

    def end(self) -> None:
        """End the process."""
        with self._lock:
            self._end()

    def _end(self) -> None:
        if self._process is not None and self._process.stdin is not None:
            self._process.stdin.close()
            self._process.wait()
            self._process = None

    def _exchange(self, line: str) -> str:
        try:
            process = self._running()
        except OSError as error:  # the system allows no further process
            raise UnreachableError(f"the bookmarks can't be reached: {error.strerror}") from None
        if process.stdin is None or process.stdout is None:
            return ""
        in_time = threading.Timer(_ANSWER_SECONDS, process.kill)  # else one question without end would hold all stores
        in_time.daemon = True
        in_time.start()
        try:
            process.stdin.write(line + "\n")
            process.stdin.flush()
            answer = process.stdout.readline()
        except BrokenPipeError:
            answer = ""
        finally:
            in_time.cancel()
        if not answer:
            process.wait()  # so that the next question finds that it has ended
        return answer

    def _running(self) -> subprocess.Popen[str]:
        if self._process is None or self._process.poll() is not None:
            self._process = subprocess.Popen(  # noqa: S603 (our own words)
                self._command,
                cwd=self._project,
                env=self._environment,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
                text=True,
            )
        return self._process


def _python_of_meltano(project: Path, environment: Mapping[str, str]) -> str:
    """Return the interpreter of Meltano: that of ``MELTANO``, else of the project's own, else of the path's."""
    if not (project / "meltano.yml").is_file():
        raise ConfigurationError(
            f"no meltano.yml in {project}: name its folder, where the bookmarks are, with --project"
        )
    own = project / ".venv-meltano" / "bin" / "meltano"
    named = environment.get("MELTANO") or (str(own) if own.exists() else "meltano")
    found = shutil.which(named)
    python = Path(os.path.realpath(found)).parent / "python" if found else None
    if python is None or not python.exists():
        raise ConfigurationError("meltano, which keeps the bookmarks, is not installed: make setup meltano")
    return str(python)
