"""Which stores share a task, which of them another try takes, and what a task hands to its night."""

from __future__ import annotations

import errno
import json
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as some

from franpos_night.outcome import Code
from franpos_qbo.stores import Store, StoresAwayError, StoresError, load_stores
from orchestrate.airflow.entries import fingerprint, own_file, planned_entry, stores_as_they_are
from orchestrate.airflow.hiding import hiding
from orchestrate.airflow.outcomes import asked_for, outcome, table, to_take, told_failures
from orchestrate.airflow.shards import shards, title

DONE, FAILED, SIGN_IN = (outcome("any", code, "why") for code in (Code.DONE, Code.FAILED, Code.SIGN_IN))


def _stores(sizes: list[int]) -> list[Store]:
    """Stores of companies of some sizes, those of one not beside each other."""
    places = [(number, company) for company, size in enumerate(sizes) for number in range(size)]
    return [Store(f"c{company}-{number}", (), str(company), (), {}) for number, company in sorted(places)]


@given(some.lists(some.integers(1, 9), min_size=1, max_size=40), some.integers(1, 12), some.integers(1, 12))
def test_each_store_is_in_one_shard_with_all_of_its_company(sizes: list[int], most: int, most_shards: int) -> None:
    stores = _stores(sizes)
    made = shards(stores, most, most_shards)
    assert sorted(store.name for shard in made for store in shard) == sorted(store.name for store in stores)
    assert all(made)
    assert len({(number, store.realm) for number, shard in enumerate(made) for store in shard}) == len(sizes)
    assert len(made) <= most_shards
    if len(shards(stores, most, len(stores))) <= most_shards:
        assert max(map(len, made)) <= max(most, *sizes)


def test_fifty_thousand_stores_fit_into_the_tasks_that_airflow_maps() -> None:
    made = shards(_stores([3] * 1_000 + [1] * 47_000), 50, 1024)
    assert (len(made), {len(shard) for shard in made}) == (1000, {50})
    assert len(shards(_stores([3] * 16_666 + [2]), 50, 1024)) <= 1024, "48 to a task would be too many tasks"


def test_a_task_can_be_a_store_s_own() -> None:
    made = shards(_stores([1, 2, 1]), 1, 1024)
    assert [title(shard) for shard in made] == ["c0-0", "c1-0 … c1-1 (2)", "c2-0"]


def test_another_try_takes_what_is_neither_done_nor_needs_a_person() -> None:
    planned = ["done", "failed", "person", "not-begun"]
    first = {"done": DONE, "failed": FAILED, "person": SIGN_IN}
    assert asked_for(planned, {}) == planned
    assert to_take(planned, first) == ["failed", "not-begun"], "by itself"
    cleared = asked_for(planned, first)
    assert cleared == ["failed", "person", "not-begun"], "a person has asked"
    assert to_take(cleared, {}) == cleared
    assert to_take(cleared, {"failed": DONE, "person": SIGN_IN}) == ["not-begun"]
    assert asked_for(["done"], {"done": DONE}) == ["done"], "who clears what is green wants it anew"
    assert to_take(["done"], {"done": DONE}) == [], "but Airflow by itself does not"


def test_another_try_takes_those_that_were_over_their_limit_last() -> None:
    """The others of their company were not begun for them."""
    over, again = outcome("over", Code.TOO_LONG, "not through"), outcome("again", Code.AGAIN, "not begun")
    assert to_take(["over", "again", "new"], {"over": over, "again": again}) == ["again", "new", "over"]


@pytest.mark.parametrize(
    ("error", "kind"),
    [(FileNotFoundError(errno.ENOENT, "not there"), StoresError), (OSError(errno.ESTALE, "stale"), StoresAwayError)],
)
def test_a_file_system_that_does_not_answer_is_no_mistake_of_the_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, error: OSError, kind: type[StoresError]
) -> None:
    def fail(_path: Path) -> bytes:
        raise error

    monkeypatch.setattr(Path, "read_bytes", fail)
    for read in (fingerprint, load_stores):
        with pytest.raises(StoresError, match=f"stores.yml can't be read: {error.strerror}") as found:
            read(tmp_path / "stores.yml")
        assert type(found.value) is kind


def test_failures_of_one_reason_are_told_together() -> None:
    failed = [outcome(f"s{number}", Code.SETTINGS, "no database") for number in range(198)]
    failed.append(outcome("b", Code.SIGN_IN, "revoked"))
    told = "199 of 200 stores failed: s0, s1, s2, s3, s4 and 193 more: no database; b: revoked"
    assert told_failures(failed, 200) == told
    heading, line = table([{**outcome("boise", Code.TOO_LONG, "not through"), "try": 2}])
    assert heading.split() == ["store", "ended", "posted", "skipped", "waiting", "open", "seconds", "try", "reason"]
    assert line.split() == ["boise", "too", "long", "0.0", "2", "not", "through"]


def _file(folder: Path, *stores: dict[str, Any]) -> Path:
    path = folder / "stores.yml"
    common = {"tap-franpos": {"start_date": "2026-11-01"}, "target-qbo": {"doc_number_prefix": "X-"}}
    path.write_text(yaml.safe_dump({"secrets": "all", "settings": common, "stores": list(stores)}))
    return path


def test_a_task_hands_its_stores_on_as_they_come_to(tmp_path: Path) -> None:
    """A night of some stores alone has the settings of all of the file's, and its company's departments."""
    sharing = [
        {
            "name": name,
            "locations": [location],
            "realm": "9130",
            "secrets": name,
            "overrides": {"target-qbo": {"departments": {str(location): name}, "doc_number_prefix": None}},
        }
        for location, name in enumerate(("a", "b"), 1)
    ]
    path = _file(tmp_path, *sharing, {"name": "c", "locations": [3], "realm": "1"})
    a, _, c = load_stores(path)
    own = tmp_path / "own.yml"
    own.write_text(own_file([c, a]))
    again = load_stores(own)
    assert [store.name for store in again] == ["c", "a"]
    assert [store.secrets for store in again] == [("store_0",), ("store_1",)]
    assert [store.environment({}) for store in again] == [c.environment({}), a.environment({})]
    assert json.loads(again[1].environment({})["TARGET_QBO_DEPARTMENTS"]) == {"1": "a", "2": "b"}


def test_the_plan_s_entries_count_while_the_file_is_the_same(tmp_path: Path) -> None:
    path = _file(tmp_path, {"name": "a", "locations": [1], "realm": "1"})
    plan = {"fingerprint": fingerprint(path), "stores": [planned_entry(store) for store in load_stores(path)]}
    plan = json.loads(json.dumps(plan))
    (planned,) = stores_as_they_are(plan, path).values()
    assert planned.environment({}) == load_stores(path)[0].environment({})
    plan["stores"][0]["settings"] = {}
    assert stores_as_they_are(plan, path)["a"].settings == {}, "the file is not read"
    path.write_text(path.read_text().replace("X-", "Y-"))
    assert stores_as_they_are(plan, path)["a"].settings["target-qbo"] == {"doc_number_prefix": "Y-"}


def test_a_secret_that_stands_in_the_file_comes_into_no_plan(tmp_path: Path) -> None:
    wrong = {"target-qbo": {"client_secret": "hush hush"}}
    path = _file(tmp_path, {"name": "a", "locations": [1], "realm": "1", "overrides": wrong})
    (store,) = load_stores(path)
    assert "hush" not in json.dumps(planned_entry(store))
    assert planned_entry(store)["problems"]


@pytest.mark.parametrize(
    ("secrets", "line"),
    [
        ({"TARGET_QBO_CLIENT_SECRET": 'hush "hush"'}, json.dumps({"message": 'it is hush "hush"!'})),
        ({"TARGET_QBO_CLIENT_SECRET": 'hush "hush"'}, 'it is hush "hush"!'),
        ({"TAP_FRANPOS_LOCATION_TOKENS": {"7": "hush-hush"}}, "with hush-hush"),
        ({"TAP_FRANPOS_LOCATION_TOKENS": '{"7": "hush-hush"}'}, "with hush-hush"),
        ({"MELTANO_DATABASE_URI": "postgresql://hush@db/meltano"}, "at postgresql://hush@db/meltano"),
    ],
)
def test_secrets_are_hidden(secrets: dict[str, Any], line: str) -> None:
    assert "hush" in line
    assert "hush" not in hiding([secrets, {}])(line)
    assert hiding([{"TARGET_QBO_REALM_ID": "9130000"}])("of 9130000") == "of 9130000", "that is none"
