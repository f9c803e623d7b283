"""The plugins' settings, and what is wrong with a value that somebody gives one.

They are read from ``settings.json`` beside, which ``scripts/generate.py`` writes: the plugins themselves are not there
wherever stores are read, and take long to load.
"""

from __future__ import annotations

import datetime as dt
import json
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

_SETTINGS = Path(__file__).resolve().parent / "settings.json"
_TYPES: dict[str, tuple[str, type | tuple[type, ...]]] = {
    "array": ("a list", list),
    "boolean": ("true or false", bool),
    "date_iso8601": ("a date", (str, dt.date)),
    "integer": ("a whole number", int),
    "object": ("a map", dict),
    "string": ("text (in quotes)", str),
}


@dataclass(frozen=True, slots=True)
class PluginSetting:
    """One setting of a plugin.

    Attributes:
        plugin: The plugin's name.
        name: Its own.
        kind: As Meltano names kinds.
        secret: Whether it may stand in no file.
        options: The values that it knows, where it knows only some.
    """

    plugin: str
    name: str
    kind: str
    secret: bool
    options: tuple[str, ...]

    @property
    def variable(self) -> str:
        """The environment variable that sets it."""
        return f"{self.plugin}_{self.name}".replace("-", "_").upper()

    def problem(self, value: Any) -> str:  # noqa: ANN401 (any YAML)
        """Return what is wrong with a value, in a few words; empty: nothing."""
        if self.options:
            return "" if value in self.options else f"is one of {', '.join(self.options)}"
        words, types = _TYPES[self.kind]
        fits = isinstance(value, types) and (self.kind == "boolean" or not isinstance(value, bool))
        return "" if fits else f"is to be {words}"


@cache
def plugin_settings() -> dict[tuple[str, str], PluginSetting]:
    """Return the settings of both plugins, by plugin and name."""
    return {
        (plugin, name): PluginSetting(
            plugin, name, one["kind"], secret=one.get("secret", False), options=tuple(one.get("options", ()))
        )
        for plugin, settings in json.loads(_SETTINGS.read_text("utf-8")).items()
        for name, one in settings.items()
    }


@cache
def variables_of_settings() -> frozenset[str]:
    """Return the environment variables that set them."""
    return frozenset(setting.variable for setting in plugin_settings().values())


def as_text(value: Any) -> str:  # noqa: ANN401 (any YAML or JSON)
    """Return a value as an environment variable holds it: text as it is, anything else as JSON."""
    if isinstance(value, dt.date):  # a datetime too
        return value.isoformat()
    return value if isinstance(value, str) else json.dumps(value)
