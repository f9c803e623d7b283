"""The plugins' settings as ``meltano.yml`` declares them, and what is wrong with a value that somebody gives one."""

from __future__ import annotations

import datetime as dt
import json
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import yaml

_PROJECT_FILE = Path(__file__).resolve().parent.parent / "meltano.yml"
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
        kind: As in ``meltano.yml``.
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
    content = yaml.safe_load(_PROJECT_FILE.read_text("utf-8"))["plugins"]
    return {
        (plugin["name"], one["name"]): PluginSetting(
            plugin=plugin["name"],
            name=one["name"],
            kind=one["kind"],
            secret=bool(one.get("sensitive")),
            options=tuple(option["value"] for option in one.get("options", ())),
        )
        for plugin in (*content["extractors"], *content["loaders"])
        for one in plugin["settings"]
    }


def as_text(value: Any) -> str:  # noqa: ANN401 (any YAML or JSON)
    """Return a value as an environment variable holds it: text as it is, anything else as JSON."""
    if isinstance(value, dt.date):  # a datetime too
        return value.isoformat()
    return value if isinstance(value, str) else json.dumps(value)
