"""The plugins' settings, read where they already are (design, Commands), and where each comes from."""

from __future__ import annotations

import os
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Any

import simplejson

from franpos_qbo.kept import Kept, Place, in_force, lost, says_nothing, with_kept
from target_qbo.errors import ConfigurationError
from target_qbo.ledger import open_ledger
from target_qbo.ledger.kept import told
from target_qbo.settings import LEDGER_URL, SETTINGS, Settings
from target_qbo.settings_schema import defaults

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from target_qbo.company import Company
    from target_qbo.ledger import CompanyLedger

TAP, TARGET = "tap-franpos", "target-qbo"
_OF_MELTANO = "MELTANO_"


class Source(StrEnum):
    """Where a setting comes from."""

    FILE = "settings file"
    ENVIRONMENT = "environment"
    STORES = "stores.yml, or the shop's secrets"
    MELTANO = "meltano.yml"
    PAGE = "this page"
    DEFAULT = "default"


@dataclass(frozen=True, slots=True)
class DeskConfig:
    """Where to read the settings: files if named, else the environment, else the Meltano project around.

    What none of them says counts as the back-office page keeps it, in the ledger's database.

    Attributes:
        tap_config: The tap's settings file.
        target_config: The target's.
        variables: Gives the variables of one shop of several, in the place of the environment's and of files; raises
            ConfigurationError. What the Meltano project says for all of them counts below, as in its runs.
        project: The Meltano project's folder.
    """

    tap_config: str | None
    target_config: str | None
    variables: Callable[[], Mapping[str, str]] | None = field(default=None, repr=False)
    project: Path = Path()

    def target(self) -> Settings:
        """Return the target's settings.

        Raises:
            ConfigurationError: They are missing or wrong, or a secret among them can't be unsealed.
        """
        return _typed_settings(self._whole(TARGET, SETTINGS))

    def target_once_set_up(self) -> Settings | None:
        """Return the target's settings; None: some that it can't do without are not there yet, or can't be unsealed.

        Raises:
            ConfigurationError: They are wrong, or can't be read.
        """
        given, kept = self.given(TARGET, SETTINGS), self._kept(TARGET)
        return None if _lacking(given, kept) else _typed_settings(in_force(given, kept, SETTINGS))

    def tap(self, schema: Mapping[str, Any]) -> dict[str, Any]:
        """Return the tap's settings as they are given or kept; the tap checks them.

        Raises:
            ConfigurationError: They can't be read, or a secret among them can't be unsealed.
        """
        return self._whole(TAP, schema)

    def lacking(self) -> list[str]:
        """Return which settings the target can't do without, and has not, and which of its secrets can't be unsealed.

        Raises:
            ConfigurationError: They can't be read.
        """
        return _lacking(self.given(TARGET, SETTINGS), self._kept(TARGET))

    def company(self) -> Company:
        """Open the company of the target's settings."""
        from target_qbo.company import Company  # noqa: PLC0415 (loads all that posts, which who only looks does not need)

        return Company.open(self.target())

    def ledger(self) -> CompanyLedger:
        """Open the ledger of the target's settings, for who has nothing to do with QuickBooks."""
        settings = self.target()
        return open_ledger(settings.ledger_url, environment=settings.environment, realm_id=settings.realm_id)

    def in_force(self, plugin: str, schema: Mapping[str, Any]) -> dict[str, Any]:
        """Return the settings of a plugin that are given or kept, without the defaults and what can't be unsealed.

        Args:
            plugin: Its name.
            schema: The settings' JSON Schema.

        Raises:
            ConfigurationError: They can't be read.
        """
        return in_force(self.given(plugin, schema), self._kept(plugin), schema)

    def lost(self, plugin: str, schema: Mapping[str, Any]) -> dict[str, str]:
        """Return which kept secrets of a plugin would count and can't be unsealed, and why.

        Raises:
            ConfigurationError: The settings can't be read.
        """
        return lost(self.given(plugin, schema), self._kept(plugin), schema)

    def sources(self, plugin: str, schema: Mapping[str, Any]) -> dict[str, Source]:
        """Return where each setting of a plugin comes from.

        Raises:
            ConfigurationError: They can't be read.
        """
        kept, found = self._kept(plugin), {}
        layers = self._layers(plugin, schema)
        given = self.given(plugin, schema)
        for name in schema["properties"]:
            if not says_nothing(given, name, schema):
                found[name] = next(source for source, layer in reversed(layers) if name in layer)
            else:
                found[name] = Source.PAGE if name in kept.values or name in kept.lost else Source.DEFAULT
        return found

    def place(self) -> Place:
        """Return where settings are kept."""
        given = self.given(TARGET, SETTINGS)
        return Place(given.get("ledger_url") or LEDGER_URL, given.get("ledger_key"))

    def named_realm(self) -> str | None:
        """Return the company that the settings name themselves; None: the page is to know it."""
        realm = self.given(TARGET, SETTINGS).get("realm_id")
        return str(realm).strip() or None if realm else None

    def keeps(self, plugin: str) -> bool:
        """Tell whether the page keeps settings of a plugin: it does so by company, which several shops may share."""
        return self.variables is None or plugin != TAP

    def _whole(self, plugin: str, schema: Mapping[str, Any]) -> dict[str, Any]:
        with told(self.place().url):
            return with_kept(self.given(plugin, schema), self._kept(plugin), schema)

    def _kept(self, plugin: str) -> Kept:
        if not self.keeps(plugin):
            return Kept()
        place = self.place()
        with told(place.url):
            return place.read(plugin, self.named_realm())

    def given(self, plugin: str, schema: Mapping[str, Any]) -> dict[str, Any]:
        """Return the settings of a plugin that are given, without those kept: no database is asked.

        Raises:
            ConfigurationError: They can't be read.
        """
        found: dict[str, Any] = {}
        for _, layer in self._layers(plugin, schema):
            found |= layer
        return found

    def _layers(self, plugin: str, schema: Mapping[str, Any]) -> list[tuple[Source, dict[str, Any]]]:
        """Return what each place gives, a later one before an earlier one."""
        path = self.tap_config if plugin == TAP else self.target_config
        if path is not None and self.variables is None:
            return [(Source.FILE, _of_file(path))]
        # What reads YAML and .env is loaded where no file is named.
        from dotenv import dotenv_values  # noqa: PLC0415

        from target_qbo.desk.meltano_project import settings_of  # noqa: PLC0415

        kind = "extractors" if plugin == TAP else "loaders"
        if self.variables is not None:
            own = self.variables()
            of_meltano = {name: value for name, value in os.environ.items() if name.startswith(_OF_MELTANO)}
            return [
                (Source.MELTANO, settings_of(kind, plugin, of_meltano | dict(own), self.project)),
                (Source.STORES, _of_environment(plugin, own, schema)),
            ]
        variables = {**dotenv_values(".env"), **os.environ}
        return [
            (Source.MELTANO, settings_of(kind, plugin, variables, self.project)),
            (Source.ENVIRONMENT, _of_environment(plugin, variables, schema)),
        ]


def _lacking(given: Mapping[str, Any], kept: Kept) -> list[str]:
    known = in_force(given, kept, SETTINGS)
    missing = [name for name in SETTINGS["required"] if not str(known.get(name) or "").strip()]
    return list(dict.fromkeys([*missing, *lost(given, kept, SETTINGS)]))


def _typed_settings(known: Mapping[str, Any]) -> Settings:
    try:
        return Settings.from_config(defaults(SETTINGS) | dict(known))
    except (AttributeError, KeyError, TypeError, ValueError):
        if wrong := _of_another_kind(known):
            raise ConfigurationError(f"{', '.join(wrong)}: of another kind than the setting is") from None
        raise


def _of_another_kind(known: Mapping[str, Any]) -> list[str]:
    """Return which settings don't satisfy their schema; without their values, which may be secrets."""
    import jsonschema  # noqa: PLC0415 (takes a while to load, and is hardly ever wanted)

    properties = SETTINGS["properties"]
    checks = ((name, jsonschema.Draft202012Validator(properties[name])) for name in known if name in properties)
    return [name for name, validator in checks if not validator.is_valid(known[name])]


def _of_file(path: str) -> dict[str, Any]:
    try:
        config = simplejson.loads(Path(path).read_text("utf-8"))
    except (OSError, simplejson.JSONDecodeError) as error:
        raise ConfigurationError(f"{path} can't be read as JSON: {error}") from None
    if not isinstance(config, dict):
        raise ConfigurationError(f"{path} holds no settings")
    return config


def _of_environment(
    plugin: str, variables: Mapping[str, str] | Mapping[str, str | None], schema: Mapping[str, Any]
) -> dict[str, Any]:
    prefix = plugin.upper().replace("-", "_") + "_"
    found = {}
    for name, spec in schema["properties"].items():
        text = variables.get(prefix + name.upper())
        if text:
            found[name] = _typed(prefix + name.upper(), text, spec)
    return found


def _typed(variable: str, text: str, spec: Mapping[str, Any]) -> Any:  # noqa: ANN401 (any JSON value)
    kinds = spec.get("type", "string")
    if "string" in kinds:
        return text
    try:
        return simplejson.loads(text.lower() if "boolean" in kinds else text)
    except simplejson.JSONDecodeError:
        raise ConfigurationError(f"{variable} is no {' or '.join(kind for kind in kinds if kind != 'null')}") from None
