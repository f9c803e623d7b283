"""A program's start is most of a usual night: what it does not need is not loaded, and loading is not slowed down.

What counts is what a real process, started anew, has loaded when it ends: each module below was loaded at some time, or
is close at hand, and has a reason not to be. `python -m benchmarks.start` measures what that saves.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING

import pytest

from tests.shop import Shop
from tests.target.failures import ring_up
from tests.target.rung_up import FEW_TICKETS

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

# Python runs a module of this name before any program.
_WITNESS = """
import atexit, gc, json, os, sys

collections = []
gc.callbacks.append(lambda phase, _: collections.append(phase) if phase == "start" else None)


@atexit.register
def tell():
    told = {"modules": sorted(sys.modules), "collections": len(collections), "frozen": gc.get_freeze_count()}
    with open(os.environ["WITNESS"], "w") as file:
        json.dump(told | {"collects": gc.isenabled()}, file)
"""
NO_COMPANY = "it is given its settings and asks Franpos"
NO_PERSON = "nobody looks on"
NOBODY_ASKED = "only where settings or environment ask for it"
ELSEWHERE = "another program's"
UP_TO_DATE = "the ledger is of this release"
LOOKING = "who looks at the ledger asks nobody, and posts nothing"
NOT_LOADED: Mapping[str, Mapping[str, str]] = {
    "tap-franpos": {
        "sqlalchemy": NO_COMPANY,
        "cryptography": NO_COMPANY,
        "franpos_qbo.kept": NO_COMPANY,
        "target_qbo": ELSEWHERE,
        "franpos_night": ELSEWHERE,
        "django": ELSEWHERE,
        "singer_sdk.sql": ELSEWHERE,
        "singer_sdk.testing": ELSEWHERE,
        "rich": NO_PERSON,
        "keyring": NOBODY_ASKED,
        "opentelemetry": NOBODY_ASKED,
        "yaml": NOBODY_ASKED,
    },
    "target-qbo": {
        "alembic": UP_TO_DATE,
        "mako": UP_TO_DATE,
        "target_qbo.ledger.schema": UP_TO_DATE,
        "sqlalchemy.dialects.postgresql": "the ledger is in SQLite",
        "psycopg": "the ledger is in SQLite",
        "sqlalchemy.orm": "the ledger is tables",
        "greenlet": "the ledger is not asked by coroutines",
        "tap_franpos": ELSEWHERE,
        "franpos_night": ELSEWHERE,
        "django": ELSEWHERE,
        "target_qbo.console": ELSEWHERE,
        "target_qbo.desk": ELSEWHERE,
        "target_qbo.reconcile": ELSEWHERE,
        "target_qbo.survey": ELSEWHERE,
        "target_qbo.web": ELSEWHERE,
        "singer_sdk.sql": ELSEWHERE,
        "singer_sdk.testing": ELSEWHERE,
        "rich": NO_PERSON,
        "franpos_qbo.sealing": "the page keeps no secret",
        "keyring": NOBODY_ASKED,
        "opentelemetry": NOBODY_ASKED,
        "smtplib": NOBODY_ASKED,
        "target_qbo.notices.delivery": NOBODY_ASKED,
        "yaml": NOBODY_ASKED,
    },
    "franpos-qbo tickets": {
        "singer_sdk": LOOKING,
        "requests": LOOKING,
        "urllib3": LOOKING,
        "cryptography": LOOKING,
        "filelock": LOOKING,
        "target_qbo.company": LOOKING,
        "target_qbo.posting": LOOKING,
        "target_qbo.qbo": LOOKING,
        "target_qbo.names": LOOKING,
        "target_qbo.reconcile": LOOKING,
        "target_qbo.survey": LOOKING,
        "target_qbo.web": LOOKING,
        "tap_franpos": LOOKING,
        "franpos_night": LOOKING,
        "django": LOOKING,
        "rich": "JSON is no table",
        "dotenv": "a file of settings is named",
        "yaml": "a file of settings is named",
        "jsonschema": "the settings are right",
        "alembic": UP_TO_DATE,
        "target_qbo.ledger.schema": UP_TO_DATE,
        "sqlalchemy.dialects.postgresql": "the ledger is in SQLite",
        "sqlalchemy.orm": "the ledger is tables",
    },
}


@dataclass(frozen=True, slots=True)
class Witness:
    """What a process had loaded at its end, and what Python's garbage collector did in it."""

    modules: frozenset[str]
    collections: int
    frozen: int
    collects: bool

    def loaded(self, names: Mapping[str, str]) -> dict[str, str]:
        """Return those of these modules that were loaded, and why none of them was to be."""
        return {name: why for name, why in names.items() if name in self.modules}


@pytest.fixture(scope="module")
def night(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, Witness]]:
    """The programs of a usual night, and of the look at it, each in a process started anew."""
    with Shop(tmp_path_factory.mktemp("start"), *FEW_TICKETS) as shop:
        yield _watched(shop.lay_ledger())


@pytest.mark.parametrize("program", NOT_LOADED)
def test_a_usual_night_loads_nothing_that_it_does_not_need(night: dict[str, Witness], program: str) -> None:
    assert night[program].loaded(NOT_LOADED[program]) == {}


def test_a_ledger_in_postgresql_is_reached_without_what_sqlite_needs(tmp_path: Path, postgres_database: str) -> None:
    with Shop(tmp_path, *FEW_TICKETS) as shop:
        shop.configure_target(ledger_url=postgres_database)
        seen = _watched(shop)
    for program in ("target-qbo", "franpos-qbo tickets"):
        assert "psycopg" in seen[program].modules
        assert seen[program].loaded(dict.fromkeys(("sqlalchemy.dialects.sqlite", "filelock"), "of SQLite alone")) == {}


@pytest.mark.parametrize("program", NOT_LOADED)
def test_a_program_is_loaded_without_looking_for_garbage(night: dict[str, Witness], program: str) -> None:
    seen = night[program]
    assert seen.frozen > 30_000  # nearly all that was loaded
    assert seen.collections < 50  # of a hundred and more that loading alone would come to
    assert seen.collects


def _watched(shop: Shop) -> dict[str, Witness]:
    """Run a night after the first one, and see what its programs loaded."""
    assert shop.sync().returncode == 0
    ring_up(shop, lines=[{"price": "10.00"}])
    (shop.folder / "sitecustomize.py").write_text(_WITNESS)
    told = shop.folder / "witness.json"
    env = {"PYTHONPATH": str(shop.folder), "WITNESS": str(told)}  # tests fork what they run, but where Python's differ

    def witness() -> Witness:
        found = json.loads(told.read_text())
        told.unlink()
        return Witness(**found | {"modules": frozenset(found["modules"])})

    messages = shop.messages(env)
    seen = {"tap-franpos": witness()}
    posted = shop.target(messages, env)
    assert posted.returncode == 0, posted.stderr
    assert "posted in this run: 1 tickets" in posted.stderr, posted.stderr
    seen["target-qbo"] = witness()
    listed = shop.console("tickets", "--format", "json", env=env)
    assert listed.returncode == 0, listed.stderr
    seen["franpos-qbo tickets"] = witness()
    return seen
