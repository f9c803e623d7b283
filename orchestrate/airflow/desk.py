"""Airflow's operator for one store of many: a command of ``franpos-qbo`` with the settings and secrets of its night."""

from __future__ import annotations

import contextlib
import shlex
import subprocess
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

import structlog
from airflow.sdk import BaseOperator, Context
from airflow.sdk.exceptions import AirflowFailException

from orchestrate.airflow.commands import COMMANDS, MEANINGS, franpos_qbo, touches_others
from orchestrate.airflow.environment import MELTANO_PROJECT, Secrets, SecretsMissing, find_store, store_environment
from orchestrate.airflow.hiding import hiding

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

logger = structlog.get_logger("franpos_qbo")


class StoreDesk(BaseOperator):
    """Run one command for one store; what it prints is the task's log.

    Args:
        store: The store's name.
        command: The command with its options, as one would type them after ``franpos-qbo``.
        stores_file: ``stores.yml``, read by the worker when the task runs.
    """

    template_fields: Sequence[str] = ("store", "command")

    def __init__(self, *, store: str, command: str, stores_file: str, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.store = store
        self.command = command
        self.stores_file = stores_file
        self._process: subprocess.Popen[str] | None = None

    def execute(self, context: Context) -> None:  # noqa: ARG002 (Airflow's)
        """Run the command.

        Raises:
            AirflowFailException: It ended with another exit code than 0, or can't be run; says what that means.
        """
        try:
            words = shlex.split(self.command)
            store, others = find_store(self.store, self.stores_file)
            environment = store_environment(store, Secrets().of(store))
            program = franpos_qbo()
        except (ValueError, SecretsMissing, FileNotFoundError) as error:  # a quote without its end, StoresError
            raise AirflowFailException(f"store {self.store}: {error}") from None
        if not words or words[0] not in COMMANDS:
            raise AirflowFailException(f"a command begins with one of {', '.join(COMMANDS)}")
        if others:
            logger.info(f"its company is {', '.join(others)}'s too")
            own = [str(location) for location in store.locations]
            if touches_others(words, own):
                raise AirflowFailException(
                    f"{words[0]} would touch {', '.join(others)} too: add --location {' or '.join(own)}"
                )
        hide = hiding([environment])
        with (
            _folder() as folder,
            subprocess.Popen(  # noqa: S603 (no shell; a command of ours)
                [program, *words],
                cwd=folder,
                env=environment | {"PYTHONUNBUFFERED": "1", "MELTANO_PROJECT_ROOT": str(MELTANO_PROJECT)},
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                text=True,
                errors="replace",
            ) as self._process,
        ):
            try:
                for line in self._process.stdout or ():
                    logger.info(hide(line.rstrip("\n")))
            except BaseException:  # the task's time limit: the command must not outlive it
                self.on_kill()
                raise
            returned = self._process.wait()
        if returned:
            meaning = MEANINGS.get(returned, "see the log")
            raise AirflowFailException(f"store {self.store}: {words[0]} ended with exit code {returned}: {meaning}")

    def on_kill(self) -> None:
        """End the command with the task; what is not done waits in the ledger."""
        if self._process is not None and self._process.poll() is None:
            self._process.terminate()


@contextlib.contextmanager
def _folder() -> Iterator[Path]:
    """Give a folder to run in: with the project's meltano.yml, as in a store's night, and with no .env."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        if (MELTANO_PROJECT / "meltano.yml").is_file():
            (folder / "meltano.yml").symlink_to((MELTANO_PROJECT / "meltano.yml").resolve())
        yield folder
