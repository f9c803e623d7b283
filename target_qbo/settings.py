"""The target's settings as typed values, validated at start; :mod:`target_qbo.settings_schema` lists them."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, field, fields
from typing import TYPE_CHECKING, Any
from urllib.parse import urljoin, urlsplit

from target_qbo.accounting.items import OWN_ITEMS, setting_of
from target_qbo.accounting.rules import ItemRule, Rules
from target_qbo.accounting.tender_names import TENDERS, PaymentMethod, Tender, normalise_tender
from target_qbo.addresses import web_address
from target_qbo.errors import ConfigurationError
from target_qbo.notices.settings import NoticeSettings
from target_qbo.settings_schema import ENVIRONMENTS, LEDGER_URL, LONGEST_PREFIX, SECRETS, SETTINGS

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

_API_URLS = {
    "production": "https://quickbooks.api.intuit.com",
    "sandbox": "https://sandbox-quickbooks.api.intuit.com",
}
_TOKEN_URL = "https://oauth.platform.intuit.com/oauth2/v1/tokens/bearer"  # noqa: S105 (an address)
_AUTHORIZE_URL = "https://appcenter.intuit.com/connect/oauth2"
_REVOKE_URL = "https://developer.api.intuit.com/v2/oauth2/tokens/revoke"
# Intuit's own sandbox companies are throttled harder (QuickBooks API notes, Seen live).
_INTUIT_SANDBOX_REQUESTS = 90

__all__ = ["LEDGER_URL", "SECRETS", "SETTINGS", "Names", "Settings"]


@dataclass(frozen=True, slots=True)
class Names:
    """Names of the accounts and the customer in QuickBooks."""

    guest_customer: str
    services_account: str
    product_income_account: str
    inventory_asset_account: str
    cost_of_goods_sold_account: str
    discounts_account: str
    undeposited_funds_account: str


@dataclass(frozen=True, slots=True)
class Settings:
    """All settings as typed values."""

    realm_id: str
    client_id: str = field(repr=False)
    client_secret: str = field(repr=False)
    refresh_token: str | None = field(repr=False)
    ledger_key: str | None = field(repr=False)
    environment: str
    api_url: str
    token_url: str
    authorize_url: str
    revoke_url: str
    ledger_url: str = field(repr=False)
    max_concurrency: int
    batch_size: int
    requests_per_minute: int
    batches_per_minute: int
    minute_seconds: float
    settle_seconds: float
    on_change: str
    accept_existing: bool
    currency: str | None
    currencies: Mapping[str, str]
    item_accounts: Mapping[str, str]
    tax_code: str | None
    inventory_start_date: dt.date
    deposit_accounts: Mapping[PaymentMethod, str]
    departments: Mapping[str, str]
    classes: Mapping[str, str]
    names: Names
    rules: Rules
    notices: NoticeSettings

    @classmethod
    def from_config(cls, config: Mapping[str, Any]) -> Settings:
        """Check what the schema can't and convert; ``config`` has the schema's defaults filled in.

        Raises:
            ConfigurationError: A setting is missing or wrong; the text names it.
        """
        for name in ("realm_id", "client_id", "client_secret"):
            if not str(config.get(name) or "").strip():
                raise ConfigurationError(f"setting {name} is missing")
        if config["environment"] not in ENVIRONMENTS:  # whoever reads settings without the schema, as commands do
            raise ConfigurationError(f"setting environment is one of {', '.join(ENVIRONMENTS)}")
        return cls(**{one.name: _value(one.name, config) for one in fields(cls)})


def _value(name: str, config: Mapping[str, Any]) -> Any:  # noqa: ANN401 (of any field)
    """Return the value of a field: made where :data:`_MADE` has a way, else the setting of its name by its kind."""
    if name in _MADE:
        return _MADE[name](config)
    kinds = SETTINGS["properties"][name]["type"]
    if "object" in kinds:
        return dict(config[name])
    if "number" in kinds:
        return float(config[name])
    return config[name] if "default" in SETTINGS["properties"][name] else config.get(name) or None


def _names(config: Mapping[str, Any]) -> Names:
    return Names(**{one.name: _name(one.name, config[one.name]) for one in fields(Names)})


def _api_url(config: Mapping[str, Any]) -> str:
    return web_address("api_url", config.get("api_url") or _API_URLS[config["environment"]])


def _requests_per_minute(config: Mapping[str, Any]) -> int:
    most: int = config["requests_per_minute"]
    intuits_own = config["environment"] == "sandbox" and not config.get("api_url")
    return min(most, _INTUIT_SANDBOX_REQUESTS) if intuits_own else most


def _rules(config: Mapping[str, Any]) -> Rules:
    prefix = config["doc_number_prefix"]
    if len(prefix) > LONGEST_PREFIX or not prefix.isascii() or not prefix.isprintable():
        raise ConfigurationError(f"doc_number_prefix: at most {LONGEST_PREFIX} printable ASCII characters")
    names = {role: _name(setting_of(role), config[setting_of(role)]) for role in OWN_ITEMS}
    if len({name.casefold() for name in names.values()}) < len(names):
        raise ConfigurationError("two of the item names are the same: " + ", ".join(names.values()))
    hours, minutes = config["business_day_start"].split(":")
    return Rules(
        tender_map={normalise_tender(name): _tender(name, kind) for name, kind in config["tender_map"].items()},
        doc_number_prefix=prefix,
        wait_days=config["wait_days"],
        business_day_start=dt.time(int(hours), int(minutes)),
        item_rules=tuple(_item_rule(rule, names.values()) for rule in config["item_rules"]),
        item_names=names,
    )


def _item_rule(rule: Mapping[str, Any], own_names: Iterable[str]) -> ItemRule:
    item = _name("item_rules", rule["item"])
    sku, name = rule.get("sku") or None, rule.get("name") or None
    if sku is None and name is None:
        raise ConfigurationError(f"item_rules: the rule for {item!r} needs a sku or a name, else it takes every line")
    if item.casefold() in {own.casefold() for own in own_names}:
        raise ConfigurationError(f"item_rules: {item!r} is the name of one of the other items")
    return ItemRule(item, sku, name)


def _item_accounts(config: Mapping[str, Any]) -> dict[str, str]:
    """Return the accounts that item rules give, by their items' names without case."""
    accounts: dict[str, str] = {}
    for rule in config["item_rules"]:
        account = rule.get("account")
        if account and accounts.setdefault(rule["item"].strip().casefold(), account) != account:
            raise ConfigurationError(f"item_rules: two accounts for {rule['item']!r}")
    return accounts


def _tender(name: str, kind: str) -> Tender:
    for known, tender in TENDERS.items():
        if known.casefold() == kind.casefold():
            return tender
    raise ConfigurationError(f"tender_map: {name!r} is {kind!r}, must be one of {', '.join(TENDERS)}")


def _deposit_accounts(config: Mapping[str, Any]) -> dict[PaymentMethod, str]:
    accounts: Mapping[str, str] = config["deposit_accounts"]
    known = {method.casefold(): method for method in PaymentMethod}
    for name in accounts:
        if name.casefold() not in known:
            raise ConfigurationError(f"deposit_accounts: {name!r} is none of {', '.join(PaymentMethod)}")
    return {known[name.casefold()]: account for name, account in accounts.items()}


def _name(setting: str, name: str) -> str:
    if not name.strip() or any(character in name for character in ':"\t\n') or len(name) > 100:  # noqa: PLR2004
        raise ConfigurationError(f"{setting}: a name of 1 to 100 characters without colon, quote or tab")
    return name.strip()


def _date(setting: str, text: str) -> dt.date:
    try:
        return dt.date.fromisoformat(text[:10])
    except ValueError:
        raise ConfigurationError(f"{setting}: {text!r} is no date (YYYY-MM-DD)") from None


def _beside_token_url(setting: str, config: Mapping[str, Any], default: str) -> str:
    """Return an address of the sign-in: as set, or Intuit's path on the host that ``token_url`` names."""
    token_url = config.get("token_url") or _TOKEN_URL
    derived = default if token_url == _TOKEN_URL else urljoin(token_url, urlsplit(default).path)
    return web_address(setting, config.get(setting) or derived)


# What is not simply the setting of the field's name.
_MADE: Mapping[str, Callable[[Mapping[str, Any]], Any]] = {
    "realm_id": lambda config: config["realm_id"].strip(),
    "api_url": _api_url,
    "token_url": lambda config: web_address("token_url", config.get("token_url") or _TOKEN_URL),
    "authorize_url": lambda config: _beside_token_url("authorize_url", config, _AUTHORIZE_URL),
    "revoke_url": lambda config: _beside_token_url("revoke_url", config, _REVOKE_URL),
    "requests_per_minute": _requests_per_minute,
    "batches_per_minute": lambda config: min(config["batches_per_minute"], _requests_per_minute(config)),
    "item_accounts": _item_accounts,
    "inventory_start_date": lambda config: _date("inventory_start_date", config["inventory_start_date"]),
    "deposit_accounts": _deposit_accounts,
    "names": _names,
    "rules": _rules,
    "notices": NoticeSettings.from_config,
}
