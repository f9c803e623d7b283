"""Settings as people read and write them: text by text, where each comes from, and back into values."""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any

import simplejson

from target_qbo.desk.config import Source
from target_qbo.desk.keeping import NOT_KEPT, schema_of
from target_qbo.errors import ConfigurationError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from target_qbo.desk.config import DeskConfig

_RULE_PARTS = 3
_DIGITS = 12
_BY_ANY_NAME = "tender_map"
"""The map whose names are the till's."""


@dataclass(frozen=True, slots=True)
class Shown:
    """A setting in force.

    Attributes:
        plugin: Whose.
        name: Its name.
        description: What it is for.
        text: Its value as text; of a secret nothing.
        is_secret: Whether its value is never shown.
        is_set: Whether it has a value.
        is_lost: Whether it has one that can't be unsealed any more.
        source: Where that comes from.
        spec: Its JSON Schema.
        is_kept_here: Whether the page keeps settings of the plugin.
    """

    plugin: str
    name: str
    description: str
    text: str
    is_secret: bool
    is_set: bool
    is_lost: bool
    source: Source
    spec: Mapping[str, Any]
    is_kept_here: bool

    @property
    def changes_here(self) -> bool:
        """Whether the page can set it: not what the settings say elsewhere."""
        return self.is_kept_here and self.source in {Source.PAGE, Source.DEFAULT} and self.name not in NOT_KEPT


def shown(config: DeskConfig, plugin: str) -> list[Shown]:
    """Return a plugin's settings in force, and where each comes from.

    Raises:
        ConfigurationError: They can't be read.
    """
    schema = schema_of(plugin)
    in_force, sources = config.in_force(plugin, schema), config.sources(plugin, schema)
    lost = config.lost(plugin, schema)
    found = []
    for name, spec in schema["properties"].items():
        value = in_force.get(name, spec.get("default"))
        is_secret = bool(spec.get("secret"))
        text = "" if is_secret or value is None else as_text(name, value)
        is_set = value not in (None, "", {}, [])
        is_lost, kept = name in lost, config.keeps(plugin)
        found.append(
            Shown(plugin, name, spec["description"], text, is_secret, is_set, is_lost, sources[name], spec, kept)
        )
    return found


def as_text(name: str, value: Any) -> str:  # noqa: ANN401 (of any setting)
    """Write a value of a setting as a person types it: a map or a list a line for each entry.

    What would not be read back the same is written as JSON.
    """
    if isinstance(value, dict):
        pairs = [(key, str(entry)) for key, entry in value.items()]
        return "\n".join(_line(f"{key} = {entry}", {key: entry}, partial(_pair, name)) for key, entry in pairs)
    if isinstance(value, list):
        return "\n".join(
            _line(_rule_text(entry), entry, partial(_rule, name)) if isinstance(entry, dict) else str(entry)
            for entry in value
        )
    return value if isinstance(value, str) else simplejson.dumps(value)


def from_text(name: str, text: str, spec: Mapping[str, Any]) -> Any:  # noqa: ANN401 (of any setting)
    """Read a value that a person typed; None where that is nothing.

    Args:
        name: The setting's name.
        text: What was typed.
        spec: Its JSON Schema.

    Raises:
        ConfigurationError: It can't be read; the text names the line by its number alone, for it may hold a secret.
    """
    lines = [line.strip() for line in text.split("\n") if line.strip()]
    if not lines:
        return None
    kinds = spec["type"] if isinstance(spec["type"], list) else [spec["type"]]
    if "object" in kinds:
        return _map(name, [_pair(name, number, line) for number, line in enumerate(lines, 1)])
    if "array" in kinds:
        if "object" in str(spec["items"].get("type")):
            return [_rule(name, number, line) for number, line in enumerate(lines, 1)]
        return [_whole(name, one) for one in text.replace(",", " ").split()]
    if "string" in kinds:
        return text.strip()
    if "integer" in kinds:
        return _whole(name, text.strip())
    return _number_or_switch(name, text)


def _number_or_switch(name: str, text: str) -> float | bool | None:
    try:
        found = simplejson.loads(text)
    except (ValueError, RecursionError):
        found = ""
    if found is None or (isinstance(found, (int, float)) and math.isfinite(found)):
        return found
    raise ConfigurationError(f"{name}: this is no number")


def _line(text: str, entry: dict[str, Any], read: Callable[[int, str], dict[str, Any]]) -> str:
    try:
        is_read_back = "\n" not in text and read(1, text) == entry
    except ConfigurationError:
        is_read_back = False
    return text if is_read_back else simplejson.dumps(entry)


def _map(name: str, pairs: Sequence[dict[str, str]]) -> dict[str, str]:
    found: dict[str, str] = {}
    for number, pair in enumerate(pairs, 1):
        if found.keys() & pair.keys():
            raise ConfigurationError(f"{name}, line {number}: this is there twice")
        found |= pair
    return found


def _pair(name: str, number: int, line: str) -> dict[str, str]:
    given = _json(line)
    if given is not None and all(isinstance(value, str) for value in given.values()):
        return given
    # The till's names may hold any sign, and what they are none; elsewhere it is the other way round.
    key, sign, value = line.rpartition("=") if name == _BY_ANY_NAME else line.partition("=")
    if not sign or not value.strip():
        raise ConfigurationError(f"{name}, line {number}: write it as NAME = VALUE")
    return {key.strip(): value.strip()}


def _whole(name: str, text: str) -> int:
    if not (text.isascii() and text.isdigit() and len(text) <= _DIGITS):
        raise ConfigurationError(f"{name}: only whole numbers, of {_DIGITS} digits at most")
    return int(text)


def _rule(name: str, number: int, line: str) -> dict[str, str]:
    """Read a rule of items: ``Gift card* = Gift cards sold = Gift cards``, or ``sku: GC-* = …``."""
    given = _json(line)
    if given is not None:
        return given
    parts = [part.strip() for part in line.split("=")]
    if not 1 < len(parts) <= _RULE_PARTS or not all(parts):
        raise ConfigurationError(
            f"{name}, line {number}: write it as NAME = ITEM = ACCOUNT, or sku: SKU = ITEM = ACCOUNT"
        )
    pattern, item, *account = parts
    by_sku = pattern.casefold().startswith("sku:")
    key = "sku" if by_sku else "name"
    return {key: pattern[len("sku:") :].strip() if by_sku else pattern, "item": item} | (
        {"account": account[0]} if account else {}
    )


def _rule_text(rule: Mapping[str, Any]) -> str:
    pattern = rule.get("name") or f"sku: {rule.get('sku')}"
    return " = ".join(str(part) for part in (pattern, rule["item"], rule.get("account")) if part)


def _json(line: str) -> dict[str, Any] | None:
    """Return the JSON object that a line is; None: it is none."""
    if not line.startswith("{"):
        return None
    try:
        found = simplejson.loads(line)
    except (ValueError, RecursionError):
        return None
    return found if isinstance(found, dict) else None
