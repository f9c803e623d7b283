"""``stores.yml``: what is wrong with it is said at once, and a store's night gets its settings and secrets."""

from __future__ import annotations

import json
import sys
from typing import TYPE_CHECKING, Any

import pytest
import yaml

from orchestrate.stores import StoresError, load_stores
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


@pytest.mark.parametrize("text", ["stores: [", "- a\n", "", "stores: !!python/object:os.system {}"])
def test_a_file_that_is_none(tmp_path: Path, text: str) -> None:
    path = tmp_path / "stores.yml"
    path.write_text(text)
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


def test_the_example_is_right_and_has_a_pool_for_the_company_that_two_stores_share() -> None:
    checked = run([sys.executable, "-m", "orchestrate.stores", "check", str(EXAMPLE)])
    assert (checked.returncode, checked.stdout) == (0, "3 stores, 4 locations, 2 companies, 1 of them shared\n")
    pools = json.loads(run([sys.executable, "-m", "orchestrate.stores", "pools", str(EXAMPLE)]).stdout)
    assert {name: pool["slots"] for name, pool in pools.items()} == {"qbo_realm_9130350000000022": 1}
