"""The shops of ``stores.yml``: read, checked, and each as the environment in which its night runs.

``python3 -m orchestrate.stores check FILE`` tells what is wrong with a file; ``pools FILE`` writes Airflow's pools, one
for each realm that several stores share, as ``airflow pools import`` reads them.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import jsonschema
import yaml

_FOLDER = Path(__file__).resolve().parent
_PREFIXES = {"tap-franpos": "TAP_FRANPOS", "target-qbo": "TARGET_QBO"}
_OF_THE_STORE = {("tap-franpos", "location_ids"), ("target-qbo", "realm_id")}
# Variables beside the plugins' settings that a secret may hold: where Meltano keeps bookmarks.
_STATE = ("MELTANO_DATABASE_URI", "MELTANO_STATE_BACKEND_")

Settings = Mapping[str, Mapping[str, Any]]


class StoresError(ValueError):
    """``stores.yml``, or a store's secrets, can't be used; the text says what to change."""


@dataclass(frozen=True, slots=True)
class Store:
    """One shop.

    Attributes:
        name: Names it for ever.
        locations: Ids of its Franpos locations.
        realm: Id of its company in QuickBooks.
        secrets: Ids of the Airflow connections that hold its secrets; a later one goes before an earlier one.
        settings: By plugin, the settings that are not secret.
    """

    name: str
    locations: tuple[int, ...]
    realm: str
    secrets: tuple[str, ...]
    settings: Settings

    def environment(self, secrets: Mapping[str, Any]) -> dict[str, str]:
        """Return the variables of its night.

        Args:
            secrets: Variables with what the connections hold.

        Raises:
            StoresError: They hold something else than settings of the plugins and the place of Meltano's state.
        """
        known = {_variable(plugin, name) for plugin, names in _known_settings().items() for name in names}
        if strange := [name for name in secrets if name not in known and not name.startswith(_STATE)]:
            raise StoresError(
                f"{', '.join(sorted(strange))} in its secrets is no setting: use the plugins' "
                "variables, TAP_FRANPOS_… and TARGET_QBO_…"
            )
        variables = {
            _variable(plugin, name): _text(value)
            for plugin, settings in self.settings.items()
            for name, value in settings.items()
        }
        variables |= {name: _text(value) for name, value in secrets.items()}
        return variables | {
            "TAP_FRANPOS_LOCATION_IDS": _text(self.locations),
            "TARGET_QBO_REALM_ID": self.realm,
        }


def load_stores(path: Path) -> tuple[Store, ...]:
    """Read and check a file of stores.

    Raises:
        StoresError: It can't be read, violates its schema, names a store or a location twice, or has settings that the
            plugins don't know, or secret ones.
    """
    try:
        content = yaml.load(path.read_text("utf-8"), Loader=getattr(yaml, "CSafeLoader", yaml.SafeLoader))  # noqa: S506
    except (OSError, yaml.YAMLError) as error:
        raise StoresError(f"{path} can't be read: {' '.join(str(error).split())}") from None
    schema = json.loads((_FOLDER / "stores.schema.json").read_text("utf-8"))
    errors = sorted(jsonschema.Draft202012Validator(schema).iter_errors(content), key=lambda found: list(found.path))
    problems = [f"{_place(error)}: {error.message}" for error in errors]
    if not problems:
        problems = [*_twice(content["stores"]), *_unfit_settings(content)]
    if problems:
        raise StoresError(f"{path}: " + "; ".join(problems))
    common = content.get("settings", {})
    return tuple(_store(entry, common, content.get("secrets")) for entry in content["stores"])


def by_realm(stores: tuple[Store, ...]) -> tuple[list[Store], dict[str, list[Store]]]:
    """Return the stores that have a realm of their own, and the others by realm, in the order of the file."""
    realms: dict[str, list[Store]] = defaultdict(list)
    for store in stores:
        realms[store.realm].append(store)
    alone = [store for store in stores if len(realms[store.realm]) == 1]
    return alone, {realm: sharing for realm, sharing in realms.items() if len(sharing) > 1}


def pool_of(realm: str) -> str:
    """Return the name of the Airflow pool of a realm that several stores share."""
    return f"qbo_realm_{realm}"


def pools(stores: tuple[Store, ...]) -> dict[str, Any]:
    """Return Airflow's pools: a realm's stores take turns, since one process at a time posts for a company."""
    return {
        pool_of(realm): {
            "slots": 1,
            "description": f"QuickBooks company {realm}: {', '.join(store.name for store in sharing)}"[:250],
            "include_deferred": False,
        }
        for realm, sharing in by_realm(stores)[1].items()
    }


def _store(entry: Mapping[str, Any], common: Settings, secrets: str | None) -> Store:
    own = entry.get("overrides", {})
    return Store(
        name=entry["name"],
        locations=tuple(entry["locations"]),
        realm=entry["realm"],
        secrets=tuple(name for name in (secrets, entry.get("secrets")) if name),
        settings={plugin: {**common.get(plugin, {}), **own.get(plugin, {})} for plugin in _PREFIXES},
    )


def _twice(entries: list[dict[str, Any]]) -> list[str]:
    """Say which name or location stands twice: its tickets would come into the books of two stores."""
    problems = []
    names: set[str] = set()
    owner: dict[int, str] = {}
    for entry in entries:
        name = entry["name"]
        if name in names:
            problems.append(f"two stores are named {name}")
        names.add(name)
        for location in entry["locations"]:
            if location in owner:
                problems.append(f"location {location} belongs to {owner[location]} and to {name}")
            owner[location] = name
    return problems


def _unfit_settings(content: Mapping[str, Any]) -> list[str]:
    known = _known_settings()
    places = [("settings", content.get("settings", {}))]
    places += [(f"overrides of {entry['name']}", entry.get("overrides", {})) for entry in content["stores"]]
    problems = []
    for place, settings in places:
        for plugin, values in settings.items():
            for name in values:
                if name not in known[plugin]:
                    problems.append(f"{place}: {plugin} has no setting {name}")
                elif known[plugin][name]:
                    problems.append(f"{place}: {name} of {plugin} is secret: it belongs where secrets names")
                elif (plugin, name) in _OF_THE_STORE:
                    problems.append(f"{place}: {name} of {plugin} stands as locations or realm of the store")
    return problems


def _known_settings() -> dict[str, dict[str, bool]]:
    """Return whether each setting is secret, by plugin, as ``meltano.yml`` lists them."""
    content = yaml.safe_load((_FOLDER.parent / "meltano.yml").read_text("utf-8"))["plugins"]
    return {
        plugin["name"]: {one["name"]: bool(one.get("sensitive")) for one in plugin["settings"]}
        for plugin in (*content["extractors"], *content["loaders"])
    }


def _variable(plugin: str, name: str) -> str:
    return f"{_PREFIXES[plugin]}_{name.upper()}"


def _text(value: Any) -> str:  # noqa: ANN401 (any YAML or JSON)
    return value if isinstance(value, str) else json.dumps(value)


def _place(error: jsonschema.ValidationError) -> str:
    return ".".join(str(part) for part in error.absolute_path) or "the file"


def main(arguments: list[str] | None = None) -> int:
    """Check a file of stores, or write its pools; returns 2 where it can't be used."""
    parser = argparse.ArgumentParser(prog="python3 -m orchestrate.stores", description=__doc__)
    parser.add_argument("what", choices=("check", "pools"))
    parser.add_argument("file", type=Path)
    options = parser.parse_args(arguments)
    try:
        stores = load_stores(options.file)
    except StoresError as error:
        print(error, file=sys.stderr)
        return 2
    if options.what == "pools":
        print(json.dumps(pools(stores), indent=2))
    else:
        shared = by_realm(stores)[1]
        print(
            f"{len(stores)} stores, {sum(len(store.locations) for store in stores)} locations, "
            f"{len({store.realm for store in stores})} companies, {len(shared)} of them shared"
        )
    return 0


if __name__ == "__main__":
    sys.exit(main())
