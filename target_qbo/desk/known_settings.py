"""Settings as people read and write them: text by text, where each comes from, and back into values."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import simplejson

from target_qbo.desk.config import TARGET, Source
from target_qbo.desk.keeping import NOT_KEPT, schema_of
from target_qbo.errors import ConfigurationError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from target_qbo.desk.config import DeskConfig

_RULE_PARTS = 3


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
    found = []
    for name, spec in schema["properties"].items():
        value = in_force.get(name, spec.get("default"))
        is_secret = bool(spec.get("secret"))
        text = "" if is_secret or value is None else as_text(value)
        is_set = value not in (None, "", {}, [])
        kept = config.keeps(plugin)
        found.append(Shown(plugin, name, spec["description"], text, is_secret, is_set, sources[name], spec, kept))
    return found


def as_text(value: Any) -> str:  # noqa: ANN401 (of any setting)
    """Write a value as a person types it: a map or a list a line for each entry."""
    if isinstance(value, dict):
        return "\n".join(f"{name} = {entry}" for name, entry in value.items())
    if isinstance(value, list):
        return "\n".join(_rule_text(entry) if isinstance(entry, dict) else str(entry) for entry in value)
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
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    if not lines:
        return None
    kinds = spec["type"] if isinstance(spec["type"], list) else [spec["type"]]
    if "object" in kinds:
        return dict(_pair(name, number, line) for number, line in enumerate(lines, 1))
    if "array" in kinds:
        if "object" in str(spec["items"].get("type")):
            return [_rule(name, number, line) for number, line in enumerate(lines, 1)]
        return [_whole(name, one) for one in text.replace(",", " ").split()]
    if "string" in kinds:
        return text.strip()
    try:
        return simplejson.loads(text)
    except simplejson.JSONDecodeError:
        raise ConfigurationError(f"{name}: this is no number") from None


def _pair(name: str, number: int, line: str) -> tuple[str, str]:
    key, sign, value = line.rpartition("=")
    if not sign or not value.strip():
        raise ConfigurationError(f"{name}, line {number}: write it as NAME = VALUE")
    return key.strip(), value.strip()


def _whole(name: str, text: str) -> int:
    if not (text.isascii() and text.isdigit()):
        raise ConfigurationError(f"{name}: these are no whole numbers")
    return int(text)


def _rule(name: str, number: int, line: str) -> dict[str, str]:
    """Read a rule of items: ``Gift card* = Gift cards sold = Gift cards``, or ``sku: GC-* = …``."""
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
    return " = ".join(part for part in (pattern, rule["item"], rule.get("account")) if part)


def gift_cards_on(config: DeskConfig, account: str) -> dict[str, Any]:
    """Return the settings of the target that book gift cards on a liability account, sold and redeemed."""
    known = config.in_force(TARGET, schema_of(TARGET))
    rules = [rule for rule in known.get("item_rules") or [] if rule.get("name") != _GIFT_CARD_NAMES]
    rule = {"name": _GIFT_CARD_NAMES, "item": "Gift cards sold", "account": account}
    return {
        "deposit_accounts": {**(known.get("deposit_accounts") or {}), "Gift Card": account},
        "item_rules": [*rules, rule],
    }


_GIFT_CARD_NAMES = "Gift card*"
