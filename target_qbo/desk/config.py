"""The plugins' settings, read where they already are (design, Commands)."""

from __future__ import annotations

import os
import re
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import simplejson
import yaml
from dotenv import dotenv_values

from target_qbo.company import Company
from target_qbo.errors import ConfigurationError
from target_qbo.settings import SETTINGS, Settings

if TYPE_CHECKING:
    from collections.abc import Mapping

_REFERENCE = re.compile(r"\$(?:\{(\w+)\}|(\w+))")


@dataclass(frozen=True, slots=True)
class DeskConfig:
    """Where to read the settings: files if named, else the environment, else the Meltano project around."""

    tap_config: str | None
    target_config: str | None

    def target(self) -> Settings:
        """Return the target's settings.

        Raises:
            ConfigurationError: They are missing or wrong.
        """
        given = _given("target-qbo", "loaders", self.target_config, SETTINGS)
        defaults = {name: spec["default"] for name, spec in SETTINGS["properties"].items() if "default" in spec}
        return Settings.from_config(defaults | given)

    def tap(self, schema: Mapping[str, Any]) -> dict[str, Any]:
        """Return the tap's settings as they are given; the tap checks them."""
        return _given("tap-franpos", "extractors", self.tap_config, schema)

    def company(self) -> Company:
        """Open the company of the target's settings."""
        return Company.open(self.target())


def _given(plugin: str, kind: str, path: str | None, schema: Mapping[str, Any]) -> dict[str, Any]:
    if path is not None:
        try:
            config = simplejson.loads(Path(path).read_text("utf-8"))
        except (OSError, simplejson.JSONDecodeError) as error:
            raise ConfigurationError(f"{path} can't be read as JSON: {error}") from None
        if not isinstance(config, dict):
            raise ConfigurationError(f"{path} holds no settings")
        return config
    variables = {**dotenv_values(".env"), **os.environ}
    config = _from_meltano(plugin, kind, variables)
    prefix = plugin.upper().replace("-", "_") + "_"
    for name, spec in schema["properties"].items():
        text = variables.get(prefix + name.upper())
        if text:
            config[name] = _typed(prefix + name.upper(), text, spec)
    return config


def _from_meltano(plugin: str, kind: str, variables: Mapping[str, str | None]) -> dict[str, Any]:
    project = Path("meltano.yml")
    if not project.exists():
        return {}
    try:
        document = yaml.safe_load(project.read_text("utf-8")) or {}
    except (OSError, yaml.YAMLError):
        raise ConfigurationError("meltano.yml can't be read") from None
    name = variables.get("MELTANO_ENVIRONMENT") or document.get("default_environment")
    layers = [document.get("plugins") or {}]
    layers += [
        (environment.get("config") or {}).get("plugins") or {}
        for environment in document.get("environments") or []
        if environment.get("name") == name
    ]
    known = {"MELTANO_PROJECT_ROOT": str(Path.cwd()), **variables}
    config: dict[str, Any] = {}
    for layer in layers:
        for entry in layer.get(kind) or []:
            if entry.get("name") == plugin:
                config |= {key: _expanded(value, known) for key, value in (entry.get("config") or {}).items()}
    return config


def _expanded(value: Any, variables: Mapping[str, str | None]) -> Any:  # noqa: ANN401 (any YAML value)
    if not isinstance(value, str):
        return value
    return _REFERENCE.sub(lambda match: variables.get(match[1] or match[2]) or "", value)


def _typed(variable: str, text: str, spec: Mapping[str, Any]) -> Any:  # noqa: ANN401 (any JSON value)
    kinds = spec.get("type", "string")
    if "string" in kinds:
        return text
    try:
        return simplejson.loads(text.lower() if "boolean" in kinds else text)
    except simplejson.JSONDecodeError:
        raise ConfigurationError(f"{variable} is no {' or '.join(kind for kind in kinds if kind != 'null')}") from None
