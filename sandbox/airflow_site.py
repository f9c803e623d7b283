"""A real Airflow for the demo: its settings, its processes on this machine, and its REST API."""

from __future__ import annotations

import json
import os
import secrets
import signal
import socket
import subprocess
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

import requests

if TYPE_CHECKING:
    from collections.abc import Mapping
    from types import TracebackType

ROOT = Path(__file__).resolve().parent.parent
AIRFLOW = ROOT / ".venv-airflow" / "bin" / "airflow"
_PROCESSES = ("api-server", "dag-processor", "scheduler")
_START_SECONDS = 120
_REQUEST_SECONDS = 30
_OVER = ("success", "failed")
_NOT_PASSED_ON = ("AIRFLOW", "FRANPOS_QBO", "MELTANO", "TAP_FRANPOS", "TARGET_QBO")
"""What a shell may have of other shops."""


class AirflowSite:
    """Airflow on the LocalExecutor with PostgreSQL, running while it is a context.

    Args:
        folder: Its home, made anew.
        database: URL of an empty PostgreSQL database, for SQLAlchemy with psycopg.
        variables: What its DAGs are to find in their environment.
        at_once: Tasks that run at the same time.
    """

    def __init__(self, folder: Path, database: str, variables: Mapping[str, str], *, at_once: int) -> None:
        self._folder = folder
        self._port = _free_port()
        self._running: list[subprocess.Popen[bytes]] = []
        self._token = ""
        self.url = f"http://127.0.0.1:{self._port}"
        kept = {name: value for name, value in os.environ.items() if not name.startswith(_NOT_PASSED_ON)}
        self._environment = kept | {
            "AIRFLOW_HOME": str(folder),
            "AIRFLOW__API__HOST": "127.0.0.1",
            "AIRFLOW__API__PORT": str(self._port),
            "AIRFLOW__API__SECRET_KEY": secrets.token_hex(),
            "AIRFLOW__API__WORKERS": "1",
            "AIRFLOW__API_AUTH__JWT_SECRET": secrets.token_hex(),
            "AIRFLOW__CORE__DAGS_FOLDER": str(ROOT / "orchestrate" / "airflow" / "dags"),
            "AIRFLOW__CORE__EXECUTION_API_SERVER_URL": f"{self.url}/execution/",
            "AIRFLOW__CORE__EXECUTOR": "LocalExecutor",
            "AIRFLOW__CORE__LOAD_EXAMPLES": "False",
            "AIRFLOW__CORE__PARALLELISM": str(at_once),
            "AIRFLOW__CORE__SIMPLE_AUTH_MANAGER_ALL_ADMINS": "True",
            "AIRFLOW__DATABASE__SQL_ALCHEMY_CONN": database,
            "AIRFLOW__SCHEDULER__SCHEDULER_IDLE_SLEEP_TIME": "0.2",
            "PYTHONPATH": str(ROOT),
            **variables,
        }

    def __enter__(self) -> Self:
        """Make the database's tables, start the processes, and wait until the API answers."""
        self.command("db", "migrate")
        for name in _PROCESSES:
            with (self._folder / f"{name}.log").open("wb") as log:
                command = [str(AIRFLOW), name]
                self._running.append(
                    subprocess.Popen(
                        command,
                        env=self._environment,
                        cwd=self._folder,
                        stdout=log,
                        stderr=subprocess.STDOUT,
                        start_new_session=True,
                    )
                )
        self._wait_for_api()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Stop the processes."""
        for process in self._running:
            process.terminate()
        for process in self._running:
            try:
                process.wait(30)
            except subprocess.TimeoutExpired:
                os.killpg(process.pid, signal.SIGKILL)  # its workers too

    def command(self, *words: str) -> str:
        """Run one of Airflow's commands to its end; returns what it printed.

        Raises:
            SystemExit: It failed.
        """
        result = subprocess.run(
            [str(AIRFLOW), *words],
            env=self._environment,
            cwd=self._folder,
            capture_output=True,
            text=True,
            check=False,
        )
        if result.returncode:
            raise SystemExit(f"airflow {words[0]} failed:\n{result.stdout[-3000:]}{result.stderr[-3000:]}")
        return result.stdout

    def ask(self, method: str, path: str, body: Mapping[str, Any] | None = None) -> Any:  # noqa: ANN401 (any JSON)
        """Ask the REST API.

        Raises:
            requests.HTTPError: It refused.
        """
        headers = {"Authorization": f"Bearer {self._token}"}
        answer = requests.request(
            method, f"{self.url}/api/v2/{path}", json=body, headers=headers, timeout=_REQUEST_SECONDS
        )
        answer.raise_for_status()
        return answer.json()

    def wait_for_dag(self, dag: str) -> None:
        """Wait until a DAG is known, and let it run.

        Raises:
            SystemExit: It does not come.
        """
        for _ in range(_START_SECONDS):
            try:
                self.ask("PATCH", f"dags/{dag}?update_mask=is_paused", {"is_paused": False})
            except requests.HTTPError:
                time.sleep(1)
            else:
                return
        problems = self.ask("GET", "importErrors")["import_errors"]
        raise SystemExit(f"Airflow does not find the DAG {dag}: {problems}")

    def first_run(self, dag: str) -> str:
        """Return the id of a DAG's first run, which its schedule makes.

        Raises:
            SystemExit: None comes.
        """
        for _ in range(_START_SECONDS):
            if runs := self.ask("GET", f"dags/{dag}/dagRuns")["dag_runs"]:
                first: str = runs[0]["dag_run_id"]
                return first
            time.sleep(1)
        raise SystemExit(f"Airflow's schedule starts no run of {dag}")

    def trigger(self, dag: str, params: Mapping[str, Any]) -> str:
        """Start a run by hand; returns its id."""
        run: str = self.ask("POST", f"dags/{dag}/dagRuns", {"logical_date": None, "conf": params})["dag_run_id"]
        return run

    def wait_for_run(self, dag: str, run: str, seconds: float) -> str:
        """Wait until a DAG run is over; returns its state.

        Raises:
            SystemExit: It takes longer.
        """
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            state: str = self.ask("GET", f"dags/{dag}/dagRuns/{run}")["state"]
            if state in _OVER:
                return state
            time.sleep(1)
        raise SystemExit(f"the DAG run {run} is not over after {seconds:.0f} s: see {self._folder}")

    def tasks(self, dag: str, run: str) -> list[dict[str, Any]]:
        """Return the task instances of a run."""
        found: list[dict[str, Any]] = self.ask("GET", f"dags/{dag}/dagRuns/{run}/taskInstances?limit=1000")[
            "task_instances"
        ]
        return found

    def log(self, dag: str, run: str, task: str, *, attempt: int = 1, map_index: int = -1) -> list[str]:
        """Return the lines of one of a task's tries."""
        path = f"dags/{dag}/dagRuns/{run}/taskInstances/{task}/logs/{attempt}?full_content=true&map_index={map_index}"
        return [str(line["event"]) for line in self.ask("GET", path)["content"]]

    def xcom(self, dag: str, run: str, task: str, key: str, *, map_index: int = -1) -> Any:  # noqa: ANN401 (any JSON)
        """Return what a task has left for others under a key."""
        path = f"dags/{dag}/dagRuns/{run}/taskInstances/{task}/xcomEntries/{key}?map_index={map_index}"
        value = self.ask("GET", path)["value"]
        return json.loads(value) if isinstance(value, str) else value

    def _wait_for_api(self) -> None:
        for _ in range(_START_SECONDS * 2):
            try:
                answer = requests.get(f"{self.url}/auth/token", timeout=_REQUEST_SECONDS)
                if answer.ok:
                    self._token = answer.json()["access_token"]
                    return
            except requests.ConnectionError:
                pass
            if any(process.poll() is not None for process in self._running):
                break
            time.sleep(0.5)
        raise SystemExit(f"Airflow did not start: see its logs in {self._folder}")


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
    return port
