"""Keeping settings in the ledger's database, where somebody sets them by the page: checked first, secrets sealed."""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING, Any

import jsonschema

from franpos_qbo.kept import connected_realm
from target_qbo.desk.config import TAP, TARGET, Source
from target_qbo.errors import ConfigurationError
from target_qbo.ledger import kept
from target_qbo.ledger.database import open_database
from target_qbo.settings import SETTINGS, Settings
from target_qbo.settings_schema import defaults

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from sqlalchemy.engine import Engine

    from target_qbo.desk.config import DeskConfig

PAGE = "page"
"""Under which name the page's own settings are kept."""

_GIFT_CARD_NAMES = "Gift card*"

NOT_KEPT = frozenset({"ledger_url", "ledger_key", "settings_url", "settings_key", "realm_id"})
"""What has to be known before what is kept can be read, and the company, which connecting tells."""


def schema_of(plugin: str) -> dict[str, Any]:
    """Return the JSON Schema of a plugin's settings."""
    if plugin == TARGET:
        return SETTINGS
    from tap_franpos.settings import CONFIG_SCHEMA  # noqa: PLC0415 (takes long to load)

    return CONFIG_SCHEMA


def keep(config: DeskConfig, plugin: str, values: Mapping[str, Any]) -> None:
    """Keep settings of a plugin, in the place of those kept before.

    Args:
        config: Where the settings are.
        plugin: Whose.
        values: The settings; None: no longer kept.

    Raises:
        ConfigurationError: A value is none that the plugin takes, or there is no key for a secret.
    """
    check(config, plugin, values)
    _write(config, plugin, values, schema_of(plugin)["properties"])


def keep_own(config: DeskConfig, values: Mapping[str, Any]) -> None:
    """Keep settings of the page itself, such as when its nights begin."""
    _write(config, PAGE, values, {})


def own(config: DeskConfig) -> dict[str, Any]:
    """Return the settings of the page itself.

    Raises:
        ConfigurationError: They can't be read.
    """
    place = config.place()
    with kept.told(place.url):
        return dict(place.read(PAGE, config.named_realm()).values)


def keep_realm(config: DeskConfig, realm_id: str) -> None:
    """Keep which company was connected; all that the page keeps is of this one from now on.

    Where the settings name the company, what is kept is its own from the first.
    """
    if config.named_realm() is None:
        with _database(config) as engine:
            kept.belong_to(engine, realm_id)


def gift_cards_on(config: DeskConfig, account: str) -> dict[str, Any]:
    """Return the settings of the target that book gift cards on a liability account, sold and redeemed."""
    known = config.in_force(TARGET, schema_of(TARGET))
    rules = [rule for rule in known.get("item_rules") or [] if rule.get("name") != _GIFT_CARD_NAMES or rule.get("sku")]
    rule = {"name": _GIFT_CARD_NAMES, "item": "Gift cards sold", "account": account}
    return {
        "deposit_accounts": {**(known.get("deposit_accounts") or {}), "Gift Card": account},
        "item_rules": [*rules, rule],
    }


def check(config: DeskConfig, plugin: str, values: Mapping[str, Any]) -> None:
    """Check settings before they are kept, together with those in force.

    Raises:
        ConfigurationError: A value is none that the plugin takes.
    """
    if not config.keeps(plugin):
        raise ConfigurationError(f"of one shop of several, settings of {plugin} stand in stores.yml: change them there")
    schema = schema_of(plugin)
    unknown = [name for name in values if name not in schema["properties"] or name in NOT_KEPT]
    if unknown:
        raise ConfigurationError(f"{', '.join(unknown)} can't be kept by the page")
    known, sources = config.in_force(plugin, schema), config.sources(plugin, schema)
    for name, value in values.items():
        if sources[name] not in {Source.PAGE, Source.DEFAULT} and value != known[name]:
            raise ConfigurationError(f"{name} is set elsewhere ({sources[name]}): change it there")
    for name, value in values.items():
        if value is not None and not jsonschema.Draft202012Validator(schema["properties"][name]).is_valid(value):
            raise ConfigurationError(f"{name}: this is no value of it")  # without the value: it may be a secret
    together = known | {name: value for name, value in values.items() if value is not None}
    if plugin == TARGET:
        placeholders = dict.fromkeys(SETTINGS["required"], "-")  # not known yet, when the first ones are set
        Settings.from_config(placeholders | defaults(schema) | together)
    elif plugin == TAP and together.get("location_ids"):
        from tap_franpos.settings import problems  # noqa: PLC0415 (takes long to load)

        if found := problems(defaults(schema) | together):
            raise ConfigurationError("; ".join(found))


def _write(config: DeskConfig, plugin: str, values: Mapping[str, Any], properties: Mapping[str, Any]) -> None:
    secret = [name for name, spec in properties.items() if spec.get("secret")]
    needs_seal = any(name in secret and value is not None for name, value in values.items())
    with kept.told(config.place().url), _database(config) as engine:
        realm = config.named_realm() or _realm(engine)
        seal = config.place().seal(make=True) if needs_seal else None
        kept.keep(engine, realm, plugin, values, secret=secret, seal=seal)


def _realm(engine: Engine) -> str:
    with engine.connect() as connection:
        return connected_realm(connection)


@contextlib.contextmanager
def _database(config: DeskConfig) -> Iterator[Engine]:
    engine = open_database(config.place().url)
    try:
        yield engine
    finally:
        engine.dispose()
