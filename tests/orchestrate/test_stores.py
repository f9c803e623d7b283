"""``stores.yml``: what is wrong with it is said at once, and a store's night gets its settings and secrets."""

from __future__ import annotations

import json
import subprocess
import sys
from typing import TYPE_CHECKING, Any

import pytest
import yaml

from franpos_qbo.stores import StoresError, load_stores
from franpos_qbo.stores.secrets import secrets_of
from tests.shop import ROOT, run

if TYPE_CHECKING:
    from pathlib import Path

EXAMPLE = ROOT / "orchestrate" / "stores.example.yml"


def _store(name: str = "a", locations: tuple[int, ...] = (1,), **more: Any) -> dict[str, Any]:
    return {"name": name, "locations": list(locations), "realm": "9130", **more}


def _file(folder: Path, *stores: dict[str, Any], **more: Any) -> Path:
    path = folder / "stores.yml"
    path.write_text(yaml.safe_dump({"stores": list(stores), **more}))
    return path


@pytest.mark.parametrize(
    ("stores", "more", "said"),
    [
        ([], {}, "stores: "),
        ([_store(), _store(locations=(2,))], {}, "two stores are named a"),
        ([_store(), _store("b")], {}, "location 1 belongs to a and to b"),
        ([_store() | {"realm": 9130}], {}, "stores.0.realm"),
        ([_store("Boise ID")], {}, "stores.0.name"),
        ([_store(colour="red")], {}, "colour"),
        ([_store(overrides={"target-qbo": {"tips_itm": "Tips"}})], {}, "target-qbo has no setting tips_itm"),
        ([_store(overrides={"target-qbo": {"client_secret": "x"}})], {}, "client_secret of target-qbo is secret"),
        ([_store(overrides={"tap-franpos": {"location_ids": [3]}})], {}, "location_ids of tap-franpos stands as"),
        ([_store()], {"settings": {"tap-github": {}}}, "tap-github"),
        ([_store() | {"locations": ["x"]}], {}, "stores.0.locations.0"),
        ([_store(overrides={"target-qbo": {"wait_days": "3"}})], {}, "wait_days of target-qbo is to be a whole"),
        (
            [_store(overrides={"target-qbo": {"wait_days": True}})],
            {},
            "wait_days of target-qbo is to be a whole",
        ),
        (
            [_store(overrides={"target-qbo": {"on_change": "ask"}})],
            {},
            "on_change of target-qbo is one of update",
        ),
        ([_store()], {"settings": {"tap-franpos": {"time_zone": 7}}}, "time_zone of tap-franpos is to be text"),
        (
            [_store(overrides={"target-qbo": {"on_change": "skip"}}), _store("b", (2,))],
            {},
            "a, b share company 9130: set on_change alike",
        ),
        (
            [
                _store(overrides={"target-qbo": {"classes": {"1": "East"}}}),
                _store("b", (2,), overrides={"target-qbo": {"classes": {"1": "West"}}}),
            ],
            {},
            "a, b share company 9130: set classes alike",
        ),
    ],
)
def test_what_is_wrong_is_said_with_its_place(
    tmp_path: Path, stores: list[dict[str, Any]], more: dict[str, Any], said: str
) -> None:
    path = _file(tmp_path, *stores, **more)
    checked = run([sys.executable, "-m", "orchestrate.stores", "check", str(path)])
    assert checked.returncode == 2
    assert said in checked.stderr
    assert "Traceback" not in checked.stderr
    assert len(checked.stderr.splitlines()) == 1


def test_what_is_wrong_with_one_store_leaves_the_others_alone(tmp_path: Path) -> None:
    wrong = [_store("b", (2,), colour="red"), _store("c", (3,)), _store("d", (3,))]
    a, b, c, d, e = load_stores(_file(tmp_path, _store(), *wrong, _store("e", (5,))))
    assert not a.problems
    assert not e.problems
    assert "colour" in b.problems[0]
    assert c.problems == d.problems == ("location 3 belongs to c and to d",)
    with pytest.raises(StoresError, match="colour"):
        b.environment({})


def test_stores_of_a_company_know_each_other_s_departments(tmp_path: Path) -> None:
    """Whichever runs first posts what waits for any of them."""
    own = [{"target-qbo": {"departments": {str(location): f"Shop {location}"}}} for location in (1, 2)]
    stores = load_stores(
        _file(tmp_path, _store(overrides=own[0]), _store("b", (2,), overrides=own[1]), _store("c", (3,)))
    )
    for store in stores:
        assert json.loads(store.environment({})["TARGET_QBO_DEPARTMENTS"]) == {"1": "Shop 1", "2": "Shop 2"}


def test_null_unsets_and_a_date_needs_no_quotes(tmp_path: Path) -> None:
    path = tmp_path / "stores.yml"
    path.write_text(
        """
        settings: {tap-franpos: {start_date: 2026-11-01, end_date: 2026-12-01}, target-qbo: {doc_number_prefix: X-}}
        stores: [{name: a, locations: [1], realm: '9', overrides: {
            tap-franpos: {end_date: null}, target-qbo: {doc_number_prefix: null}}}]
        """
    )
    (store,) = load_stores(path)
    environment = store.environment({})
    assert environment["TAP_FRANPOS_START_DATE"] == "2026-11-01"
    assert not {"TAP_FRANPOS_END_DATE", "TARGET_QBO_DOC_NUMBER_PREFIX"} & set(environment)


@pytest.mark.parametrize("secrets", [{"TARGET_QBO_CLIENT_SECRET": "hush hush"}, "hush hush"])
def test_a_secret_that_stands_in_the_file_is_not_repeated(tmp_path: Path, secrets: Any) -> None:
    (store,) = load_stores(_file(tmp_path, _store(secrets=secrets)))
    assert "stores.0.secrets" in store.problems[0]
    assert "hush" not in store.problems[0]


def test_secrets_of_another_store_are_found_out(tmp_path: Path) -> None:
    (store,) = load_stores(_file(tmp_path, _store()))
    assert store.environment({"TARGET_QBO_REALM_ID": "9130", "TAP_FRANPOS_LOCATION_IDS": [1]})
    with pytest.raises(StoresError, match="TARGET_QBO_REALM_ID in its secrets"):
        store.environment({"TARGET_QBO_REALM_ID": "9131"})
    with pytest.raises(StoresError, match="TAP_FRANPOS_LOCATION_IDS in its secrets"):
        store.environment({"TAP_FRANPOS_LOCATION_IDS": "[2]"})


@pytest.mark.parametrize("extra", [{"TAP_FRANPOS_AUTH_TOKEN": "t"}, '{"TAP_FRANPOS_AUTH_TOKEN": "t"}'])
def test_secrets_are_read_as_airflow_reads_them_else_in_a_folder(tmp_path: Path, extra: Any) -> None:
    (store,) = load_stores(_file(tmp_path, _store(secrets="own.one"), secrets="all"))
    shared = tmp_path / "all.json"
    shared.write_text('{"TARGET_QBO_CLIENT_ID": "i"}')
    shared.chmod(0o600)
    variables = {"AIRFLOW_CONN_OWN.ONE": json.dumps({"conn_type": "generic", "extra": extra})}
    found = secrets_of(store, variables, tmp_path)
    assert found == {"TARGET_QBO_CLIENT_ID": "i", "TAP_FRANPOS_AUTH_TOKEN": "t"}
    with pytest.raises(StoresError, match=r"connection all: set AIRFLOW_CONN_ALL, or name with --secrets"):
        secrets_of(store, variables, None)
    for mode in (0o640, 0o604, 0o620):
        shared.chmod(mode)
        with pytest.raises(StoresError, match="can be read by others"):
            secrets_of(store, variables, tmp_path)
    shared.chmod(0o600)
    for text in ("generic://:hush@host", '"hush"', '{"conn_type": "generic"}', '{"extra": "hush"}'):
        with pytest.raises(StoresError, match=r"OWN\.ONE is to be JSON with the secrets as its extra") as raised:
            secrets_of(store, {"AIRFLOW_CONN_OWN.ONE": text}, tmp_path)
        assert "hush" not in str(raised.value)
    shared.write_text("hush")
    with pytest.raises(StoresError, match=r"all\.json is to be a JSON object"):
        secrets_of(store, variables, tmp_path)


def test_stores_are_read_without_what_the_plugins_need() -> None:
    """Airflow reads them in an environment of its own."""
    code = "import franpos_qbo.stores.secrets, sys; print([name for name in ('singer_sdk', 'sqlalchemy', 'click') "
    command = [sys.executable, "-c", f"{code}if name in sys.modules])"]  # started anew: a fork has loaded them all
    assert subprocess.run(command, capture_output=True, text=True, check=True).stdout == "[]\n"


TWICE = "stores:\n- {name: a, locations: [1], realm: '1'}\nstores:\n- {name: b, locations: [2], realm: '2'}\n"
FORGOTTEN_DASH = "stores:\n- name: a\n  locations: [1]\n  realm: '1'\n  name: b\n  locations: [2]\n  realm: '2'\n"


@pytest.mark.parametrize(
    "text", ["stores: [", "- a\n", "", "stores: !!python/object:os.system {}", "\ud800", TWICE, FORGOTTEN_DASH]
)
def test_a_file_that_is_none(tmp_path: Path, text: str) -> None:
    path = tmp_path / "stores.yml"
    path.write_bytes(text.encode(errors="surrogatepass"))
    with pytest.raises(StoresError):
        load_stores(path)
    with pytest.raises(StoresError, match=r"none\.yml"):
        load_stores(tmp_path / "none.yml")


def test_a_store_s_environment_is_its_settings_and_its_secrets(tmp_path: Path) -> None:
    common = {"tap-franpos": {"start_date": "2026-11-01", "lookback_days": 3}, "target-qbo": {"accept_existing": False}}
    own = {"tap-franpos": {"lookback_days": 5}, "target-qbo": {"departments": {"7": "Mall"}}}
    path = _file(tmp_path, _store(locations=(7, 8), overrides=own, secrets="b"), settings=common, secrets="a")
    (store,) = load_stores(path)
    assert store.secrets == ("a", "b"), "its own come last, and count"
    secrets = {"TAP_FRANPOS_AUTH_TOKEN": "t", "MELTANO_DATABASE_URI": "postgresql+psycopg://x"}
    environment = store.environment(secrets)
    departments = json.loads(environment.pop("TARGET_QBO_DEPARTMENTS"))
    assert departments == {"7": "Mall"}
    assert environment == {
        **secrets,
        "TAP_FRANPOS_LOCATION_IDS": "[7, 8]",
        "TAP_FRANPOS_LOOKBACK_DAYS": "5",
        "TAP_FRANPOS_START_DATE": "2026-11-01",
        "TARGET_QBO_ACCEPT_EXISTING": "false",
        "TARGET_QBO_REALM_ID": "9130",
    }
    with pytest.raises(StoresError, match="LD_PRELOAD"):
        store.environment({"LD_PRELOAD": "evil.so"})


def test_the_example_is_right() -> None:
    checked = run([sys.executable, "-m", "orchestrate.stores", "check", str(EXAMPLE)])
    assert (checked.returncode, checked.stdout) == (0, "3 stores, 4 locations, 2 companies, 1 of them shared\n")
