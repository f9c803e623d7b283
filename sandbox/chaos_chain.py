"""The chain of stores of `sandbox.chaos_stores`: its stand-ins as a process, its files, its ledgers and its tills."""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import signal
import time
from typing import TYPE_CHECKING, Any

import psycopg
import requests
import yaml
from psycopg import sql
from sqlalchemy import make_url

from sandbox.chaos_processes import fork, silent
from sandbox.comparison import compare
from sandbox.fleet import main as fleet_main
from sandbox.stores_file import SHARED_SECRETS, connections, write_stores_file
from target_qbo.ledger.database import open_database

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path
    from random import Random

    from sandbox.stores_file import Store

SETTLE_SECONDS = 0.6
_TIME_SCALE = 20
_WAIT_SECONDS = 60
_HTTP_SECONDS = 30
_ALL = "all"
_PASSWORD = "the-ledgers-own-password"  # looked for in what is printed; the server takes any
_TEMPLATE = "chaos_stores_empty"


class Ledgers:
    """The ledgers of a chain: one database for all companies, or one for each.

    Args:
        folder: Where they are, if they are files.
        server: URL of the PostgreSQL server that has them; None: they are files.
        seed: Names them there.
        shared: Whether there is one for all.
        laid: Whether their tables are there before the first night: to make them is most of a short one.
    """

    def __init__(self, folder: Path, server: str | None, seed: int, *, shared: bool, laid: bool) -> None:
        self.shared = shared
        self._folder = folder
        self._server = server
        self._seed = seed
        self._laid = laid
        self._made: dict[str, str] = {}

    @staticmethod
    def template(server: str | None, folder: Path) -> None:
        """Make the empty ledger that others are copies of."""
        if server is None:
            open_database(f"sqlite:///{folder}/empty.db").dispose()
            return
        with psycopg.connect(server, autocommit=True) as connection:
            connection.execute(f"DROP DATABASE IF EXISTS {_TEMPLATE} WITH (FORCE)")
            connection.execute(f"CREATE DATABASE {_TEMPLATE}")
        open_database(make_url(server).set(database=_TEMPLATE).render_as_string(hide_password=False)).dispose()

    @property
    def on_server(self) -> bool:
        """Whether they are PostgreSQL's."""
        return self._server is not None

    def url(self, realm: str) -> str:
        """Return the URL of a company's ledger, which is made where there is none yet."""
        name = _ALL if self.shared else realm
        if name not in self._made:
            self._made[name] = self._make(name)
        return self._made[name]

    def path(self, realm: str) -> Path:
        """Return the file of a company's ledger."""
        return self._folder / f"{_ALL if self.shared else realm}.db"

    def open_to(self, realm: str, *, allowed: bool) -> None:
        """Let nobody connect to a company's ledger, and end who is connected; or let all do so again."""
        with psycopg.connect(self._server or "", autocommit=True) as connection:
            name = sql.Identifier(self._name(_ALL if self.shared else realm))
            connection.execute(sql.SQL("ALTER DATABASE {} ALLOW_CONNECTIONS {}").format(name, sql.Literal(allowed)))
        if not allowed:
            self.end_connections(realm)

    def end_connections(self, realm: str) -> None:
        """End who is connected to a company's ledger."""
        with psycopg.connect(self._server or "", autocommit=True) as connection:
            query = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = %s"
            connection.execute(query, (self._name(_ALL if self.shared else realm),))

    def drop(self) -> None:
        """Take them off the server."""
        if self._server is None:
            return
        with psycopg.connect(self._server, autocommit=True) as connection:
            for name in self._made:
                statement = sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)")
                connection.execute(statement.format(sql.Identifier(self._name(name))))

    def _name(self, name: str) -> str:
        return f"chaos_stores_{self._seed}_{name}"

    def _make(self, name: str) -> str:
        if self._server is None:
            if self._laid:
                shutil.copy(self._folder.parent / "empty.db", self._folder / f"{name}.db")
            return f"sqlite:///{self._folder}/{name}.db"
        with psycopg.connect(self._server, autocommit=True) as connection:
            own = sql.Identifier(self._name(name))
            connection.execute(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(own))
            template = sql.Identifier(_TEMPLATE if self._laid else "template0")
            connection.execute(sql.SQL("CREATE DATABASE {} TEMPLATE {}").format(own, template))
        url = make_url(self._server).set(database=self._name(name), password=_PASSWORD)
        return url.render_as_string(hide_password=False)


class Chain:
    """A few stores, some of one company.

    Args:
        folder: Where their files are.
        ledgers: Theirs.
        random: What their settings are drawn from.
    """

    def __init__(self, folder: Path, ledgers: Ledgers, random: Random) -> None:
        self.folder = folder
        self.ledgers = ledgers
        self._random = random
        self._http = requests.Session()
        self._drawn: dict[str, dict[str, str]] = {}  # by realm: variables of its stores
        self._tokens: dict[str, str] = {}  # by realm: of companies that were connected again
        self.stores: dict[str, Store] = {}

    @contextlib.contextmanager
    def open(self, seed: int) -> Iterator[None]:
        """Have the stand-ins run."""
        stores = self._random.randint(3, 5)
        shared = self._random.choice(("", "2", "2", "3"))
        size = ["--days", "1", "--tickets-per-day", str(self._random.randint(3, 10)), "--dirty", "0.1"]
        ready = self.folder / "ready.json"
        options = ["--stores", str(stores), "--seed", str(seed), "--time-scale", str(_TIME_SCALE), *size]
        options += [*(["--shared", shared] if shared else []), "--ready-file", str(ready)]
        pid = fork(lambda: silent(fleet_main, options))
        try:
            deadline = time.monotonic() + _WAIT_SECONDS
            while not (ready.exists() and ready.read_text().endswith("\n")):
                if time.monotonic() > deadline:
                    raise RuntimeError("the stand-ins did not start")
                time.sleep(0.02)
            self.stores = {store["name"]: store for store in json.loads(ready.read_text())["stores"]}
            for realm in self.companies():
                self._settings_of(realm)
            yield
        finally:
            os.kill(pid, signal.SIGKILL)
            os.waitpid(pid, 0)
            self._http.close()

    def companies(self) -> dict[str, list[str]]:
        """Return the names of the stores of each company, by its realm."""
        found: dict[str, list[str]] = {}
        for name, store in self.stores.items():
            found.setdefault(store["realm_id"], []).append(name)
        return found

    def company_of(self, name: str) -> set[str]:
        """Return the stores of a store's company, it among them."""
        return set(self.companies()[self.realm(name)])

    def realm(self, name: str) -> str:
        """Return the company of a store."""
        return str(self.stores[name]["realm_id"])

    # Files

    @property
    def stores_file(self) -> Path:
        """The file of the stores."""
        return self.folder / "stores.yml"

    @property
    def secrets(self) -> Path:
        """The folder of secrets."""
        return self.folder / "secrets"

    def secret_file(self, name: str) -> Path:
        """Return the file of a store's secrets."""
        return self.secrets / f"{SHARED_SECRETS}_{name}.json"

    def write_files(self, shared: dict[str, str], wrong_tokens: dict[str, str] | None = None) -> None:
        """Write the stores' file and their secrets as they are to be.

        Args:
            shared: What is the same for all.
            wrong_tokens: By store: the refresh token that it is given in the place of its own.
        """
        write_stores_file(self.stores_file, list(self.stores.values()))
        self.secrets.mkdir(exist_ok=True)
        tokens = {name: self._tokens[realm] for name in self.stores if (realm := self.realm(name)) in self._tokens}
        found = connections(list(self.stores.values()), shared, refresh_tokens=tokens | (wrong_tokens or {}))
        for store in self.stores:
            extra = found[f"{SHARED_SECRETS}_{store}"]["extra"]
            extra |= self._drawn[self.realm(store)]
            extra["TARGET_QBO_LEDGER_URL"] = self.ledgers.url(self.realm(store))
        for name, connection in found.items():
            path = self.secrets / f"{name}.json"
            path.touch(0o600)
            path.chmod(0o600)
            path.write_text(json.dumps(connection["extra"]))

    def override(self, name: str, plugin: str, setting: str, value: object) -> None:
        """Change a setting in a store's entry."""
        content = yaml.safe_load(self.stores_file.read_text())
        entry = next(entry for entry in content["stores"] if entry["name"] == name)
        entry["overrides"][plugin][setting] = value
        self.stores_file.write_text(yaml.safe_dump(content, sort_keys=False))

    def known_secrets(self) -> set[str]:
        """Return all that may be printed nowhere."""
        found = {_PASSWORD} if self.ledgers.on_server else set()
        for name, store in self.stores.items():
            found |= {store["franpos"]["auth_token"], store["qbo"]["client_secret"]}
            found |= set(json.loads(json.dumps(self.call(name, "GET", "tokens"))))
        return found

    # Stand-ins

    def call(self, name: str, method: str, what: str, body: Any = None) -> Any:  # noqa: ANN401 (any JSON)
        """Ask the stand-ins of a store's company, or tell them something."""
        url = f"{self.stores[name]['control_url']}/{what}"
        answer = self._http.request(method, url, json=body, timeout=_HTTP_SECONDS)
        answer.raise_for_status()
        return answer.json() if answer.content else None

    def forget_faults(self) -> None:
        """Let nothing fail any more."""
        for first, *_ in self.companies().values():
            self.call(first, "DELETE", "faults")

    def fired(self, name: str) -> int:
        """Return how often requests of a store's company were made to fail."""
        return len(self.call(name, "GET", "faults")["fired"])

    def connect_again(self, name: str) -> None:
        """Connect a company again, as a person does; its stores' files are to be written then."""
        self._tokens[self.realm(name)] = self.call(name, "POST", "qbo", {"reconnect": True})["refresh_token"]

    def trade(self) -> str:
        """Have something happen at a till; returns what."""
        name = self._random.choice(list(self.stores))
        store = self.stores[name]
        key: dict[str, Any] = {"location_id": store["location"]}
        if self._random.random() < 0.6:
            prices = [{"price": f"{self._random.randint(100, 9_999) / 100:.2f}"}]
            key["created_at"] = f"{store['franpos']['start_date']}T12:00:00-07:00"
            truth = self.call(name, "POST", "tickets/edit", {"op": "add", "lines": prices, **key})
            return f"{name} sells {truth['ticket_id']}"
        sound = [one for one in self._tickets_of(name) if not one["dirt"] and not one["voided"]]
        if not sound:
            return f"{name} sells nothing"
        key["ticket_id"] = self._random.choice(sound)["ticket_id"]
        edits: Sequence[dict[str, Any]] = (
            {"op": "void"},
            {"op": "set", "tips": "3.21", "settle": True},
            {"op": "add_line", "price": "4.75", "settle": True},
        )
        edit = self._random.choice(edits)
        truth = self.call(name, "POST", "tickets/edit", edit | key)
        if truth["dirt"]:  # what stood before would have to stay: no case for a comparison with the till
            self.call(name, "POST", "tickets/edit", {"op": "void"} | key)
        return f"{name}: {edit['op']} {key['ticket_id']}"

    def differences(self) -> list[str]:
        """Hold each company's books against its tills."""
        found = []
        for realm, (first, *_) in self.companies().items():
            differing = compare(self.call(first, "GET", "tickets"), self.call(first, "GET", "books"))
            found += [f"company {realm}: {difference}" for difference in differing]
        return found

    def _tickets_of(self, name: str) -> list[dict[str, Any]]:
        location = self.stores[name]["location"]
        tickets: list[dict[str, Any]] = self.call(name, "GET", f"tickets?location_id={location}")
        return tickets

    def _settings_of(self, realm: str) -> None:
        """Draw how a company's requests are made, and what it makes of a requestid."""
        first, *_ = self.companies()[realm]
        self._drawn[realm] = {
            "TARGET_QBO_ENVIRONMENT": "sandbox",
            "TARGET_QBO_SETTLE_SECONDS": str(SETTLE_SECONDS),
            "TARGET_QBO_MINUTE_SECONDS": str(60 / _TIME_SCALE),
            "TARGET_QBO_MAX_CONCURRENCY": str(self._random.choice((1, 2, 8))),
            "TARGET_QBO_BATCH_SIZE": str(self._random.choice((1, 3, 30))),
        }
        honoured = self._random.choice(("honoured", "batch_creates_twice", "batch_answers_6000", "ignored"))
        self.call(first, "POST", "qbo", {"options": {"requestid": honoured}})
