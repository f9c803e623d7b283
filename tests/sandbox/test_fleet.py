"""Many stores' stand-ins in one process; and two stores of one company, synced at the same time."""

from __future__ import annotations

import json
import os
from typing import TYPE_CHECKING

import pytest
import requests

from sandbox.arguments import DEMO_START
from sandbox.comparison import compare
from sandbox.fleet import companies, main
from tests.fleet import ask, running_fleet
from tests.forks import start
from tests.shop import BIN, RUN_SECONDS

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from sandbox.stores_file import Store


@pytest.fixture
def stores(tmp_path: Path) -> Iterator[list[Store]]:
    """Three stores, of which two share a company that takes its time."""
    with running_fleet(tmp_path, "--stores", "3", "--shared", "2", "--latency-ms", "150") as stores:
        yield stores


def test_two_stores_of_one_company_at_the_same_time(
    stores: list[Store], tmp_path: Path, postgres_database: str
) -> None:
    first, second, other = stores
    assert first["realm_id"] == second["realm_id"] != other["realm_id"]
    assert [store["franpos"]["location_ids"] for store in stores] == [[101], [102], [103]]

    running = []
    for store in (first, second):
        tap, target = (tmp_path / f"{store['name']}-{one}.json" for one in ("tap", "target"))
        tap.write_text(json.dumps(store["franpos"]))
        target.write_text(json.dumps(store["qbo"] | {"environment": "sandbox", "ledger_url": postgres_database}))
        reading, writing = os.pipe()
        with (tmp_path / f"{store['name']}.log").open("w") as log:
            running += [
                start([str(BIN / "tap-franpos"), "--config", str(tap)], stdout=writing, stderr=log),
                start([str(BIN / "target-qbo"), "--config", str(target)], stdin=reading, stderr=log),
            ]
        os.close(reading)
        os.close(writing)
    ended = [process.wait(RUN_SECONDS) for process in running]
    said = [(tmp_path / f"{store['name']}.log").read_text() for store in (first, second)]
    assert ended == [0, 0, 0, 0], "\n".join(said)
    assert sum("waiting for it to end" in text for text in said) == 1, "one posts, the other waits for it"
    assert compare(ask(first, "tickets"), ask(first, "books")) == []
    calls = ask(first, "qbo-calls")
    assert calls["throttled"] == 0
    assert calls["max_concurrent"] <= 8
    assert ask(other, "qbo-calls")["requests"] == 0

    refused = requests.get(
        f"{first['url']}/api/datadump/v1/orders/1/0/{DEMO_START}/102",
        params={"Token": first["franpos"]["auth_token"]},
        timeout=30,
    )
    assert refused.status_code == 403, "a store's token reads its own location only"


def test_companies_are_shared_as_told() -> None:
    assert [len(one) for one in companies(6, (3, 2))] == [3, 2, 1]
    ids = [location.location_id for one in companies(6, (3, 2)) for location in one]
    assert ids == sorted(set(ids))
    assert main(["--stores", "3", "--shared", "2,2"]) == 2
