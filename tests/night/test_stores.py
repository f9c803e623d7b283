"""Many stores in one process, for real: each into its own books, what is wrong with one hurts no other."""

from __future__ import annotations

import datetime as dt
import json
import os
import signal
import subprocess
import sys
import time
from typing import TYPE_CHECKING, Any

import pytest
import requests

from franpos_night.bookmarks import MeltanoBookmarks
from sandbox.comparison import compare
from sandbox.environment import variables
from sandbox.stores_file import connections, write_stores_file
from tests.fleet import ask, running_fleet
from tests.forks import start
from tests.shop import BIN, ROOT, RUN_SECONDS

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    from sandbox.stores_file import Store

MISTAKEN = "- {name: mistaken, locations: [7], realm: 9130}\n"
SHARED = ("store-01", "store-02")  # they have one company


class Chain:
    """The stores of a chain with their file and secrets, and the nights of all of them.

    Args:
        folder: Where they are.
        stores: The stand-ins' entries.
        database: Of the ledger of all.
    """

    def __init__(self, folder: Path, stores: list[Store], database: str) -> None:
        self.folder, self.stores, self.database = folder, {store["name"]: store for store in stores}, database
        write_stores_file(folder / "stores.yml", stores)
        self.state = f"sqlite:///{folder}/meltano.db"
        self.secrets()

    def secrets(self, **refresh_tokens: str) -> None:
        """Write the secrets; given refresh tokens go before the right ones."""
        folder = self.folder / "secrets"
        folder.mkdir(exist_ok=True)
        shared = {"TARGET_QBO_LEDGER_URL": self.database, "MELTANO_DATABASE_URI": self.state}
        named = {name.replace("_", "-"): token for name, token in refresh_tokens.items()}
        found = connections(list(self.stores.values()), shared, refresh_tokens=named)
        for name, connection in found.items():
            path = folder / f"{name}.json"
            path.touch(0o600)
            path.write_text(json.dumps(connection["extra"]))

    def secret_of(self, store: str, name: str) -> str:
        """Return a secret."""
        kept = json.loads((self.folder / "secrets" / f"franpos_qbo_{store}.json").read_text())
        return str(kept[name])

    def command(self, *options: str) -> list[str]:
        """Return the command of a night."""
        places = ("--stores", self.folder / "stores.yml", "--secrets", self.folder / "secrets", "--project", ROOT)
        return [str(BIN / "franpos-qbo"), "night", *map(str, places), *options]

    def environment(self) -> dict[str, str]:
        """Return its variables."""
        return {**os.environ, "MELTANO_ENVIRONMENT": "demo", "MELTANO": str(ROOT / ".venv-meltano/bin/meltano")}

    def night(self, *options: str) -> subprocess.CompletedProcess[str]:
        """Run a night to its end."""
        command = self.command(*options)
        with start(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=self.environment()) as process:
            out, told = process.communicate(timeout=RUN_SECONDS)
        return subprocess.CompletedProcess(command, process.wait(), _text(out), _text(told))

    def differing(self) -> dict[str, list[str]]:
        """Hold each company's books against its tills; returns those that differ."""
        companies = {store["realm_id"]: store for store in self.stores.values()}
        found = {realm: compare(ask(store, "tickets"), ask(store, "books")) for realm, store in companies.items()}
        return {realm: differences for realm, differences in found.items() if differences}

    def fail(self, store: str, *rules: Mapping[str, Any]) -> None:
        """Have a store's stand-ins fail; none: no more."""
        address = f"{self.stores[store]['control_url']}/faults"
        answer = requests.post(address, json=list(rules), timeout=30) if rules else requests.delete(address, timeout=30)
        answer.raise_for_status()

    def by_hand(self, name: str) -> subprocess.CompletedProcess[str]:
        """Run one store's night through Meltano."""
        store = self.stores[name]
        given = variables({"franpos": store["franpos"], "qbo": store["qbo"]})
        own = {"TARGET_QBO_LEDGER_URL": self.database, "MELTANO_DATABASE_URI": self.state}
        command = [sys.executable, "-m", "orchestrate.nightly", "--store", name]
        environment = self.environment() | given | own
        return subprocess.run(
            command, cwd=ROOT, env=environment, capture_output=True, text=True, timeout=RUN_SECONDS, check=False
        )

    def states(self) -> set[str]:
        """Return the ids of all states, as Meltano lists them."""
        command = [str(ROOT / ".venv-meltano/bin/meltano"), "state", "list"]
        environment = self.environment() | {"MELTANO_DATABASE_URI": self.state}
        done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=True)
        return set(done.stdout.split())


def _text(out: str | bytes) -> str:
    return out if isinstance(out, str) else out.decode()


@pytest.fixture
def chain(tmp_path: Path, postgres_database: str) -> Iterator[Chain]:
    """Five stores, of which the first two share a company."""
    options = ("--stores", "5", "--shared", "2", "--days", "2", "--tickets-per-day", "12", "--dirty", "0.2")
    with running_fleet(tmp_path, *options, "--time-scale", "20") as stores:
        yield Chain(tmp_path, stores, postgres_database)


def _outcomes(done: subprocess.CompletedProcess[str]) -> dict[str, dict[str, Any]]:
    return {one["store"]: one for one in json.loads(done.stdout)["stores"]}


def test_what_is_wrong_with_one_store_hurts_no_other(chain: Chain) -> None:
    with (chain.folder / "stores.yml").open("a") as file:
        file.write(MISTAKEN)
    chain.secrets(store_03="revoked-by-somebody")
    chain.fail("store-04", {"where": "franpos", "do": "empty", "status": 401, "match": {"every": 1}})

    done = chain.night("--format", "json", "--log", "json")
    outcomes = _outcomes(done)
    codes = {store: one["exit_code"] for store, one in outcomes.items()}
    assert codes == {"store-01": 0, "store-02": 0, "store-03": 4, "store-04": 1, "store-05": 0, "mistaken": 2}
    assert done.returncode == 4, "the one that most needs a person"
    assert "connect the company again" in outcomes["store-03"]["reason"]
    assert "tap-franpos" in outcomes["store-04"]["reason"]
    assert "realm: is not of type" in outcomes["mistaken"]["reason"]
    assert all(outcomes[store]["summary"]["posted"] > 0 for store in ("store-01", "store-02", "store-05"))
    assert outcomes["store-05"]["skipped"], "dirty tickets are named"

    fields = [json.loads(line)["extra"] for line in done.stderr.splitlines()]
    posting = [line for line in fields if line.get("event_name") == "ticket_skipped" and line["new"]]
    assert posting
    own = {ticket["location"]: store for store, one in outcomes.items() for ticket in one["skipped"]}
    runs = {store: one["run"] for store, one in outcomes.items()}
    assert all(own[line["location"]] == line["store"] and runs[line["store"]] == line["run"] for line in posting)
    for store in chain.stores:
        for name in ("TAP_FRANPOS_AUTH_TOKEN", "TARGET_QBO_CLIENT_SECRET", "TARGET_QBO_REFRESH_TOKEN"):
            assert chain.secret_of(store, name) not in done.stdout + done.stderr

    chain.secrets()
    chain.fail("store-04")
    repaired = chain.night("--store", "store-03", "--store", "store-04")
    assert repaired.returncode == 0, repaired.stderr
    assert "2 of 2 stores done" in repaired.stdout
    assert chain.differing() == {}


def test_bookmarks_are_those_of_meltano(chain: Chain) -> None:
    assert chain.night("--store", "store-05").returncode == 0
    assert chain.states() == {"demo:tap-franpos-to-target-qbo:store-05"}

    by_hand = chain.by_hand("store-05")
    assert by_hand.returncode == 0, by_hand.stdout[-2000:]
    assert "No state was found" not in by_hand.stdout, "it goes on from the night"
    assert json.loads(by_hand.stdout.splitlines()[-1])["summary"]["posted"] == 0

    bookmarks = MeltanoBookmarks(ROOT, lambda _: {"MELTANO_DATABASE_URI": chain.state}, chain.environment())
    state = bookmarks.read("store-05")
    (of_tickets,) = state["bookmarks"]["tickets"]["partitions"]
    assert dt.datetime.fromisoformat(of_tickets["replication_key_value"]).year == 2026

    # A night goes on from what another one left: of a bookmark long after its tickets there is nothing to fetch.
    store = chain.stores["store-04"]
    for stream in state["bookmarks"].values():
        for partition in stream["partitions"]:
            partition["context"]["location_id"] = str(store["location"])
            partition["replication_key_value"] = "2026-11-01T00:00:00+00:00"
    bookmarks.write("store-04", json.dumps(state))
    bookmarks.close()
    outcome = _outcomes(chain.night("--store", "store-04", "--format", "json"))["store-04"]
    assert (outcome["exit_code"], outcome["summary"]["posted"]) == (0, 0)
    assert chain.states() == {f"demo:tap-franpos-to-target-qbo:{name}" for name in ("store-04", "store-05")}


def test_a_store_that_hangs_is_left_behind_and_the_night_ends(chain: Chain) -> None:
    chain.fail("store-04", {"where": "franpos", "do": "hang", "match": {"every": 1}})
    begun = time.monotonic()
    done = chain.night("--format", "json", "--limit", "0.4")
    outcomes = _outcomes(done)
    assert {store for store, one in outcomes.items() if one["exit_code"]} == {"store-04"}
    assert "not through after 0.4 minutes" in outcomes["store-04"]["reason"]
    assert done.returncode == 1
    assert time.monotonic() - begun < 90, "it waits for no thread that hangs"

    chain.fail("store-04")
    assert chain.night().returncode == 0
    assert chain.differing() == {}


def test_a_night_that_is_killed_loses_and_doubles_nothing(chain: Chain) -> None:
    for seconds in (2.5, 4.0):
        with start(
            chain.command(), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, env=chain.environment()
        ) as it:
            time.sleep(seconds)
            it.send_signal(signal.SIGKILL)
            it.wait(10)
    assert chain.night().returncode == 0
    assert chain.differing() == {}


def test_parts_of_all_stores_make_up_the_night(chain: Chain) -> None:
    parts = [_outcomes(chain.night("--shard", f"{number}/2", "--format", "json")) for number in (1, 2)]
    assert sorted([*parts[0], *parts[1]]) == sorted(chain.stores)
    assert set(SHARED) <= set(parts[0]) or set(SHARED) <= set(parts[1])
    assert chain.differing() == {}


def test_what_is_wrong_with_the_command_is_said_at_once(chain: Chain) -> None:
    unknown = chain.night("--store", "nobody")
    assert (unknown.returncode, unknown.stderr.count("\n")) == (2, 1)
    assert "no store is named nobody" in unknown.stderr
    assert chain.night("--shard", "3/2").returncode == 2
