"""Airflow runs both DAGs for real: nights with stores that fail, their tries, and commands for one store of many."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import threading
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import psycopg
import pytest
import requests
import yaml
from sqlalchemy import make_url

from orchestrate.airflow import commands
from sandbox.comparison import compare
from sandbox.stores_file import connections, write_stores_file
from target_qbo.console.main import COMMANDS
from tests.fleet import ask, running_fleet
from tests.shop import ROOT, RUN_SECONDS

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from sandbox.stores_file import Store

AIRFLOW = ROOT / ".venv-airflow" / "bin" / "python"
COMMANDS_IN_ONE_PROCESS = ROOT / "tests" / "orchestrate" / "airflow_commands.py"
MISTAKEN = "- {name: mistaken, locations: [7], realm: 9130}\n"
ASKING = {"completion", "connect", "disconnect", "night", "serve", "users"}


@pytest.fixture
def stores(tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[list[Store]]:
    number = str(getattr(request, "param", 2))
    with running_fleet(tmp_path, "--stores", number, "--tickets-per-day", "10", "--dirty", "0.2") as stores:
        yield stores


@pytest.fixture(scope="module")
def airflow(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Airflow]:
    """One for all tests: to make its database and to load it is most of a short night."""
    made = Airflow(tmp_path_factory.mktemp("airflow"))
    yield made
    made.end()


class Airflow:
    """An Airflow home; runs DAGs for the stores of a test, one task after the other, all in one process."""

    def __init__(self, folder: Path) -> None:
        self.stores_file = folder / "stores.yml"
        kept = {name: value for name, value in os.environ.items() if not name.startswith(("AIRFLOW", "MELTANO"))}
        environment = kept | {
            "AIRFLOW_HOME": str(folder),
            "AIRFLOW__CORE__DAGS_FOLDER": str(ROOT / "orchestrate" / "airflow" / "dags"),
            "AIRFLOW__CORE__LOAD_EXAMPLES": "False",
            "FRANPOS_QBO_RETRY_MINUTES": "0.01",
            "FRANPOS_QBO_STORES_AT_ONCE": "1",
            "FRANPOS_QBO_STORES": str(self.stores_file),
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
        self._stores: list[Store] = []
        self._shared: Mapping[str, str] = {}
        self._secrets: dict[str, dict[str, Any]] = {}
        self._set: set[str] = set()
        code, log = self._run("db", "migrate")
        assert code == 0, log

    def take(self, stores: list[Store], shared: Mapping[str, str]) -> None:
        """Take the stores of a test, which are not connected yet."""
        self._stores, self._shared, self._secrets = stores, shared, {}
        write_stores_file(self.stores_file, stores)
        with self.stores_file.open("a") as file:
            file.write(MISTAKEN)

    def end(self) -> None:
        """Have it end."""
        self._process.communicate(timeout=RUN_SECONDS)

    def printed(self) -> str:
        """What the command under way has printed so far."""
        return self._output.read_text()

    def night(self) -> int | None:
        """The process of the night under way; None: there is none."""
        for place in Path("/proc").glob("[0-9]*"):
            try:
                parent = (place / "stat").read_text().rpartition(")")[2].split()[1]
                if int(parent) == self._process.pid and b"\0night\0" in (place / "cmdline").read_bytes():
                    return int(place.name)
            except (OSError, ValueError, IndexError):
                continue
        return None

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
        asked = {"words": words, "environment": dict.fromkeys(self._set) | secrets, "output": str(self._output)}
        self._set = set(secrets)
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
    airflow: Airflow, stores: list[Store], postgres_database: str
) -> None:
    well, broken = stores
    meltano = _beside(postgres_database, "meltano")
    shared = {"TARGET_QBO_LEDGER_URL": postgres_database, "MELTANO_DATABASE_URI": meltano}
    airflow.take(stores, shared)
    for name, said in (
        (
            "stores.yml",
            "no store is synced: its secrets are to be in the connection franpos_qbo, which is not there",
        ),
        ("away.yml", "stores.yml can't be read: No such file or directory"),
    ):
        airflow.stores_file.rename(airflow.stores_file.with_name(name))
        green, log = airflow.run("franpos_qbo")
        assert not green
        assert said in log
        assert "no store was synced: see the task plan" in log
    airflow.stores_file.with_name("away.yml").rename(airflow.stores_file)

    airflow.connect(**{broken["name"]: "revoked-by-somebody"})
    green, log = airflow.run("franpos_qbo")
    assert not green
    assert f"{well['name']}: done" in log
    assert f"2 of 3 stores failed: {broken['name']}: target-qbo: QuickBooks no longer accepts the refresh" in log
    assert "; mistaken: stores.2.realm: is not of type 'string'" in log
    assert "another try" not in log, "each of them needs a person"
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


def _until(holds: Callable[[], object]) -> None:
    deadline = time.monotonic() + RUN_SECONDS
    while not holds():
        assert time.monotonic() < deadline
        time.sleep(0.01)


@pytest.mark.parametrize("stores", [4], indirect=True)
def test_another_try_of_a_shard_takes_what_is_left_of_it(
    airflow: Airflow, stores: list[Store], postgres_database: str
) -> None:
    """Also where the process was killed in the middle, and where ``stores.yml`` has changed since the night began."""
    first, refused, revoked, last = (store["name"] for store in stores)
    shared = {
        "TARGET_QBO_LEDGER_URL": postgres_database,
        "MELTANO_DATABASE_URI": _beside(postgres_database, "meltano"),
    }
    requests.post(f"{stores[1]['control_url']}/franpos", json={"token_revoked": True}, timeout=30)
    seen: dict[str, str] = {}

    def interfere() -> None:
        _until(lambda: f"{first}: done" in airflow.printed())
        night = airflow.night()
        assert night is not None
        seen["command"] = Path(f"/proc/{night}/cmdline").read_text()
        seen["environment"] = Path(f"/proc/{night}/environ").read_text()
        os.kill(night, signal.SIGKILL)
        _until(lambda: f"{last}: done" in airflow.printed())
        requests.post(f"{stores[1]['control_url']}/franpos", json={"token_revoked": False}, timeout=30)
        content = yaml.safe_load(airflow.stores_file.read_text())
        content["stores"].insert(0, content["stores"][0] | {"name": "added", "locations": [99], "realm": "99"})
        airflow.stores_file.write_text(yaml.safe_dump(content))

    airflow.take(stores, shared)
    airflow.connect(**{revoked: "revoked-by-somebody"})
    person = threading.Thread(target=interfere)
    person.start()
    green, log = airflow.run("franpos_qbo")
    person.join()
    assert not green
    assert f"{refused}: not through: franpos-qbo night was ended by signal 9" in log
    assert f"another try, of 3 of 5 stores: {refused}, {revoked}, {last}" in log
    assert f"another try, of 1 of 5 stores: {refused}" in log
    assert f"done in an earlier try: {first}, {last}" in log
    assert f"left alone until somebody clears this task: {revoked}, mistaken" in log
    assert log.count(f"{first}: done") == 1
    assert log.count(f"{last}: done") == 1
    assert "added" not in log, "it came after the night had begun"
    assert f"2 of 5 stores failed: {revoked}: target-qbo: QuickBooks no longer accepts the refresh token" in log
    for store in (stores[0], stores[1], stores[3]):
        assert compare(ask(store, "tickets"), ask(store, "books")) == []
    secrets = connections(stores, shared, refresh_tokens={})
    for connection in secrets.values():
        assert not [value for value in connection["extra"].values() if str(value) in seen["command"]]
    assert "AIRFLOW_CONN_STORE_0=" in seen["environment"]
    assert "AIRFLOW_CONN_FRANPOS_QBO" not in seen["environment"], "Airflow's own are not handed on"


@pytest.mark.parametrize(
    ("words", "touches"),
    [
        ("undo --run 4 --yes", True),
        ("undo --location 101 --yes", False),
        ("undo --location=102 --yes", False),
        ("resync --location 103 --from 2026-03-01", True),
        ("resync --location 101 --location 103", True),
        ("reconcile --from 2026-03-01", False),
    ],
)
def test_the_desk_knows_what_would_touch_other_stores_of_the_company(words: str, touches: bool) -> None:  # noqa: FBT001
    assert commands.touches_others(words.split(), ["101", "102"]) is touches


def test_the_desk_runs_every_command_that_asks_nobody() -> None:
    assert set(commands.COMMANDS) == set(COMMANDS) - ASKING
