"""Airflow runs both DAGs for real: a night with a store that fails, and commands for one store of many."""

from __future__ import annotations

import json
import os
import subprocess
from typing import TYPE_CHECKING, Self

import psycopg
import pytest
from sqlalchemy import make_url

from orchestrate.airflow import commands
from sandbox.comparison import compare
from sandbox.stores_file import connections, write_stores_file
from target_qbo.console.main import COMMANDS
from tests.fleet import ask, running_fleet
from tests.shop import ROOT, RUN_SECONDS

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    from sandbox.stores_file import Store

AIRFLOW = ROOT / ".venv-airflow" / "bin" / "python"
COMMANDS_IN_ONE_PROCESS = ROOT / "tests" / "orchestrate" / "airflow_commands.py"
MISTAKEN = "- {name: mistaken, locations: [7], realm: 9130}\n"
ASKING = {"completion", "connect", "disconnect", "serve", "users"}


@pytest.fixture
def stores(tmp_path: Path) -> Iterator[list[Store]]:
    with running_fleet(tmp_path, "--stores", "2", "--tickets-per-day", "10", "--dirty", "0.2") as stores:
        yield stores


class Airflow:
    """An Airflow home with its stores; runs DAGs one task after the other, all in one process."""

    def __init__(self, folder: Path, stores: list[Store], shared: Mapping[str, str]) -> None:
        self._stores, self._shared = stores, shared
        write_stores_file(folder / "stores.yml", stores)
        with (folder / "stores.yml").open("a") as file:
            file.write(MISTAKEN)
        kept = {name: value for name, value in os.environ.items() if not name.startswith(("AIRFLOW", "MELTANO"))}
        environment = kept | {
            "AIRFLOW_HOME": str(folder),
            "AIRFLOW__CORE__DAGS_FOLDER": str(ROOT / "orchestrate" / "airflow" / "dags"),
            "AIRFLOW__CORE__LOAD_EXAMPLES": "False",
            "FRANPOS_QBO_STORES": str(folder / "stores.yml"),
            "MELTANO_ENVIRONMENT": "demo",
            "PYTHONPATH": str(ROOT),
        }
        self._output = folder / "printed.txt"
        self._process = subprocess.Popen(
            [AIRFLOW, COMMANDS_IN_ONE_PROCESS],
            env=environment,
            cwd=folder,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        self.connect()
        code, log = self._run("db", "migrate")
        assert code == 0, log

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_error: object) -> None:
        """Have it end."""
        self._process.communicate(timeout=RUN_SECONDS)

    def connect(self, **refresh_tokens: str) -> None:
        """Set the connections; given refresh tokens go before the right ones."""
        self._secrets = connections(self._stores, self._shared, refresh_tokens=refresh_tokens)

    def run(self, dag: str, params: Mapping[str, str] | None = None) -> tuple[bool, str]:
        """Run a DAG; returns whether it was green, and the log."""
        code, log = self._run("dags", "test", dag, *(["--conf", json.dumps(params)] if params else []))
        for connection in self._secrets.values():
            for secret in ("TAP_FRANPOS_AUTH_TOKEN", "TARGET_QBO_CLIENT_SECRET", "TARGET_QBO_REFRESH_TOKEN"):
                assert connection["extra"].get(secret, "\0") not in log
        return code == 0, log

    def _run(self, *words: str) -> tuple[int, str]:
        """Run a command; returns its exit code, and what it printed."""
        secrets = {f"AIRFLOW_CONN_{name.upper()}": json.dumps(value) for name, value in self._secrets.items()}
        asked = {"words": words, "environment": secrets, "output": str(self._output)}
        asking, answering = self._process.stdin, self._process.stdout
        assert asking is not None
        assert answering is not None
        asking.write(json.dumps(asked) + "\n")
        asking.flush()
        code = answering.readline()
        log = self._output.read_text()
        assert code, log
        return int(code), log


def _beside(database: str, name: str) -> str:
    """Make another database on a server; returns its URL as Meltano takes it."""
    with psycopg.connect(database, autocommit=True) as connection:
        connection.execute(f"DROP DATABASE IF EXISTS {name} WITH (FORCE)")
        connection.execute(f"CREATE DATABASE {name}")
    url = make_url(database).set(drivername="postgresql+psycopg", database=name)
    return url.render_as_string(hide_password=False)


def test_a_night_with_a_store_that_fails_and_its_repair_from_the_desk(
    stores: list[Store], tmp_path: Path, postgres_database: str
) -> None:
    well, broken = stores
    meltano = _beside(postgres_database, "meltano")
    shared = {"TARGET_QBO_LEDGER_URL": postgres_database, "MELTANO_DATABASE_URI": meltano}
    with Airflow(tmp_path, stores, shared) as airflow:
        airflow.connect(**{broken["name"]: "revoked-by-somebody"})

        green, log = airflow.run("franpos_qbo")
        assert not green
        assert f"{well['name']}: done" in log
        assert "2 of 3 stores failed: mistaken: stores.2.realm: is not of type 'string'; " in log
        assert f"{broken['name']}: target-qbo: QuickBooks no longer accepts the refresh token" in log
        assert compare(ask(well, "tickets"), ask(well, "books")) == []
        assert ask(broken, "books")["documents"] == []

        airflow.connect()
        green, log = airflow.run("franpos_qbo_desk", {"store": broken["name"], "command": "sync"})
        assert not green, "some tickets are skipped, which whoever syncs by hand is to see"
        assert "sync ended with exit code 1: there are differences or skipped tickets" in log
        assert compare(ask(broken, "tickets"), ask(broken, "books")) == []
        skipped = next(ticket for ticket in ask(broken, "tickets") if ticket["expected"]["kind"] == "none")
        green, log = airflow.run("franpos_qbo_desk", {"store": broken["name"], "command": "tickets --format csv"})
        assert green, log
        assert f"{skipped['ticket_id']},{skipped['number']}" in log
    with psycopg.connect(meltano.replace("+psycopg", "")) as connection:
        states = {row[0] for row in connection.execute("SELECT state_id FROM state")}
    assert states == {f"demo:tap-franpos-to-target-qbo:{store['name']}" for store in stores}


def test_the_desk_runs_every_command_that_asks_nobody() -> None:
    assert set(commands.COMMANDS) == set(COMMANDS) - ASKING
