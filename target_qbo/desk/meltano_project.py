"""The settings of a plugin that stand in the ``meltano.yml`` of a Meltano project."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import TYPE_CHECKING, Any

import yaml

from target_qbo.errors import ConfigurationError

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

_REFERENCE = re.compile(r"\$(?:\{(\w+)\}|(\w+))")


def settings_of(kind: str, plugin: str, variables: Mapping[str, str | None], folder: Path) -> dict[str, Any]:
    """Return the settings that a project's meltano.yml gives a plugin; none where there is no such file.

    Args:
        kind: ``extractors`` or ``loaders``.
        plugin: Its name.
        variables: What its settings may refer to; they may name the environment of Meltano, too.
        folder: The project's.

    Raises:
        ConfigurationError: The file can't be read.
    """
    project = folder / "meltano.yml"
    if not project.exists():
        return {}
    try:
        document = _document(project, project.stat().st_mtime_ns)
    except (OSError, yaml.YAMLError):
        raise ConfigurationError("meltano.yml can't be read") from None
    name = variables.get("MELTANO_ENVIRONMENT") or document.get("default_environment")
    layers = [document.get("plugins") or {}]
    layers += [
        (environment.get("config") or {}).get("plugins") or {}
        for environment in document.get("environments") or []
        if environment.get("name") == name
    ]
    known = {"MELTANO_PROJECT_ROOT": str(folder.resolve()), **variables}
    config: dict[str, Any] = {}
    for layer in layers:
        for entry in layer.get(kind) or []:
            if entry.get("name") == plugin:
                config |= {key: _expanded(value, known) for key, value in (entry.get("config") or {}).items()}
    return config


@lru_cache(maxsize=4)
def _document(project: Path, _changed: int) -> dict[str, Any]:
    """Return what stands in a file as it was changed last: one of several shops is not to read it for each of them."""
    return yaml.safe_load(project.read_text("utf-8")) or {}


def _expanded(value: Any, variables: Mapping[str, str | None]) -> Any:  # noqa: ANN401 (any YAML value)
    if not isinstance(value, str):
        return value
    return _REFERENCE.sub(lambda match: variables.get(match[1] or match[2]) or "", value)
