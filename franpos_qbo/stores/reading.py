"""``stores.yml``: read and checked as a whole, so that what is wrong with one shop leaves the others alone."""

from __future__ import annotations

import json
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import jsonschema

from franpos_qbo.stores.files import StoresError, read_yaml
from franpos_qbo.stores.settings import as_text, plugin_settings, variables_of_settings

_SCHEMA = Path(__file__).resolve().parent / "stores.schema.json"
_PLUGINS = ("tap-franpos", "target-qbo")
_LOCATIONS, _REALM = ("tap-franpos", "location_ids"), ("target-qbo", "realm_id")
_BY_LOCATION = {"classes", "currencies", "departments"}
"""Settings of the target that are maps from a location: a company's stores add theirs up."""
# Variables beside the plugins' settings that a secret may hold: where Meltano keeps bookmarks.
_STATE = ("MELTANO_DATABASE_URI", "MELTANO_STATE_BACKEND_")

Settings = Mapping[str, Mapping[str, Any]]


@dataclass(frozen=True, slots=True)
class Store:
    """One shop.

    Attributes:
        name: Names it for ever.
        locations: Ids of its Franpos locations.
        realm: Id of its company in QuickBooks.
        secrets: Names of what holds its secrets, as Airflow's connections; a later one goes before an earlier one.
        settings: By plugin, the settings that are not secret.
        problems: What is wrong with its entry; such a store is not synced, the others are.
    """

    name: str
    locations: tuple[int, ...]
    realm: str
    secrets: tuple[str, ...]
    settings: Settings
    problems: tuple[str, ...] = ()

    def environment(self, secrets: Mapping[str, Any]) -> dict[str, str]:
        """Return the variables of its night.

        Args:
            secrets: Variables with what the connections hold.

        Raises:
            StoresError: Its entry is wrong; or they hold something else than settings of the plugins and the place of
                Meltano's state, or another store's locations or company.
        """
        if self.problems:
            raise StoresError("; ".join(self.problems))
        known = plugin_settings()
        if strange := [name for name in secrets if name not in variables_of_settings() and not name.startswith(_STATE)]:
            raise StoresError(
                f"{', '.join(sorted(strange))} in its secrets is no setting: use the plugins' "
                "variables, TAP_FRANPOS_… and TARGET_QBO_…"
            )
        variables = {
            known[plugin, name].variable: as_text(value)
            for plugin, settings in self.settings.items()
            for name, value in settings.items()
        }
        variables |= {name: as_text(value) for name, value in secrets.items()}
        own = {known[_LOCATIONS].variable: as_text(self.locations), known[_REALM].variable: self.realm}
        if other := [name for name, value in own.items() if secrets.get(name, value) not in (value, _loaded(value))]:
            raise StoresError(
                f"{', '.join(other)} in its secrets is not what its entry says: are they another store's?"
            )
        return variables | own


def load_stores(path: Path) -> tuple[Store, ...]:
    """Read and check a file of stores.

    Returns:
        All stores; what is wrong with one of them is its ``problems``, and leaves the others alone.

    Raises:
        StoresError: The file can't be read, has no stores, or is wrong in what all of them share or are named by.
    """
    content = read_yaml(path)
    of_file, of_entry = _violations(content)
    if not of_file:
        of_file = _unfit("settings", content.get("settings", {})) + _same_names(content["stores"])
    if of_file:
        raise StoresError(f"{path}: " + "; ".join(of_file))
    common = content.get("settings", {})
    stores = [
        _store(entry, common, content.get("secrets"), of_entry[number])
        for number, entry in enumerate(content["stores"])
    ]
    return tuple(_of_one_mind(_without_shared_locations(stores)))


def by_realm(stores: Sequence[Store]) -> tuple[list[Store], dict[str, list[Store]]]:
    """Return the stores that have a realm of their own, and the others by realm, in the order of the file."""
    realms: dict[str, list[Store]] = defaultdict(list)
    for store in stores:
        realms[store.realm or store.name].append(store)
    alone = [store for store in stores if len(realms[store.realm or store.name]) == 1]
    return alone, {realm: sharing for realm, sharing in realms.items() if len(sharing) > 1}


def _violations(content: Any) -> tuple[list[str], Mapping[int, list[str]]]:  # noqa: ANN401 (any YAML)
    """Return what violates the schema: of the file as a whole, and by number of the entry, where its name is right."""
    schema = json.loads(_SCHEMA.read_text("utf-8"))
    of_file: list[str] = []
    of_entry: dict[int, list[str]] = defaultdict(list)
    found = jsonschema.Draft202012Validator(schema).iter_errors(content)
    for error in sorted(found, key=lambda one: [str(part) for part in one.absolute_path]):
        place = list(error.absolute_path)
        text = f"{'.'.join(str(part) for part in place) or 'the file'}: {_told(error)}"
        match place:
            case ["stores", int(number), *rest] if rest[:1] != ["name"] and _is_named(content["stores"][number]):
                of_entry[number].append(text)
            case _:
                of_file.append(text)
    return of_file, of_entry


def _told(error: jsonschema.ValidationError) -> str:
    """Say what is wrong without the value: somebody may have put a secret there."""
    if error.validator in {"type", "pattern"}:
        return f"is not of {error.validator} {error.validator_value!r}"
    return error.message


def _is_named(entry: Any) -> bool:  # noqa: ANN401 (any YAML)
    return isinstance(entry, dict) and "name" in entry


def _same_names(entries: Sequence[Mapping[str, Any]]) -> list[str]:
    names = Counter(entry["name"] for entry in entries)
    return [f"two stores are named {name}" for name, number in names.items() if number > 1]


def _store(entry: Mapping[str, Any], common: Settings, secrets: str | None, problems: list[str]) -> Store:
    """Return a store; of an entry that violates the schema only what can be used."""
    if problems:
        return Store(entry["name"], (), "", (), {}, tuple(problems))
    own = entry.get("overrides", {})
    settings = {plugin: {**common.get(plugin, {}), **own.get(plugin, {})} for plugin in _PLUGINS}
    return Store(
        name=entry["name"],
        locations=tuple(int(location) for location in entry["locations"]),
        realm=entry["realm"],
        secrets=tuple(name for name in (secrets, entry.get("secrets")) if name),
        # null: not set, so that a store can do without what is set for all
        settings={
            plugin: {name: value for name, value in values.items() if value is not None}
            for plugin, values in settings.items()
        },
        problems=tuple(_unfit(f"overrides of {entry['name']}", own)),
    )


def _without_shared_locations(stores: Sequence[Store]) -> list[Store]:
    """Note where a location belongs to two stores: its tickets would come into the books of both."""
    owners: dict[int, list[str]] = defaultdict(list)
    for store in stores:
        for location in store.locations:
            owners[location].append(store.name)
    return [
        _with_problems(
            store,
            [
                f"location {location} belongs to {' and to '.join(owners[location])}"
                for location in store.locations
                if len(owners[location]) > 1
            ],
        )
        for store in stores
    ]


def _of_one_mind(stores: Sequence[Store]) -> list[Store]:
    """Give the stores of a company the same settings of the target, or note that they contradict each other.

    Whichever of them runs posts what waits for any of them, so each has to know the others' departments.
    """
    agreed: dict[str, Store] = {}
    for realm, sharing in by_realm([store for store in stores if not store.problems])[1].items():
        joined, differing = _joined([store.settings["target-qbo"] for store in sharing])
        names = ", ".join(store.name for store in sharing)
        problem = f"{names} share company {realm}: set {', '.join(sorted(differing))} alike for all of them"
        for store in sharing:
            agreed[store.name] = (
                _with_problems(store, [problem])
                if differing
                else replace(store, settings={**store.settings, "target-qbo": joined})
            )
    return [agreed.get(store.name, store) for store in stores]


def _joined(all_settings: Sequence[Mapping[str, Any]]) -> tuple[dict[str, Any], set[str]]:
    """Return what a company's stores set together, and the names of what they contradict each other in."""
    joined: dict[str, Any] = {}
    differing = {
        name
        for settings in all_settings
        for name in {*all_settings[0], *settings} - _BY_LOCATION
        if all_settings[0].get(name) != settings.get(name)
    }
    for settings in all_settings:
        for name, value in settings.items():
            if name in _BY_LOCATION:
                known = joined.setdefault(name, {})
                differing |= {name for location in value if known.get(location, value[location]) != value[location]}
                known.update(value)
            else:
                joined[name] = value
    return joined, differing


def _with_problems(store: Store, problems: list[str]) -> Store:
    return replace(store, problems=(*store.problems, *problems))


def _unfit(place: str, settings: Settings) -> list[str]:
    """Say which settings are unknown, secret, of the wrong type, or stand elsewhere in the entry."""
    problems = []
    for plugin, values in settings.items():
        for name, value in values.items():
            setting = plugin_settings().get((plugin, name))
            if setting is None:
                problems.append(f"{place}: {plugin} has no setting {name}")
            elif setting.secret:
                problems.append(f"{place}: {name} of {plugin} is secret: it belongs where secrets names")
            elif (plugin, name) in {_LOCATIONS, _REALM}:
                problems.append(f"{place}: {name} of {plugin} stands as locations or realm of the store")
            elif value is not None and (problem := setting.problem(value)):
                problems.append(f"{place}: {name} of {plugin} {problem}")
    return problems


def _loaded(text: str) -> Any:  # noqa: ANN401 (any JSON)
    try:
        return json.loads(text)
    except ValueError:
        return text
