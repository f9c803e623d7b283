"""The target's settings as typed values, validated at start; :mod:`target_qbo.settings_schema` lists them."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any
from urllib.parse import urljoin, urlsplit

from target_qbo.accounting.rules import ItemRule, PaymentMethod, Rules, Tender, normalise_tender
from target_qbo.addresses import web_address
from target_qbo.errors import ConfigurationError
from target_qbo.notices.settings import NoticeSettings
from target_qbo.settings_schema import LONGEST_PREFIX, SECRETS, SETTINGS

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

_API_URLS = {
    "production": "https://quickbooks.api.intuit.com",
    "sandbox": "https://sandbox-quickbooks.api.intuit.com",
}
_TOKEN_URL = "https://oauth.platform.intuit.com/oauth2/v1/tokens/bearer"  # noqa: S105 (an address)
_AUTHORIZE_URL = "https://appcenter.intuit.com/connect/oauth2"
_REVOKE_URL = "https://developer.api.intuit.com/v2/oauth2/tokens/revoke"
# Intuit's own sandbox companies are throttled harder (QuickBooks API notes, Seen live).
_INTUIT_SANDBOX_REQUESTS = 90

__all__ = ["SECRETS", "SETTINGS", "Names", "Settings"]


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
        environment = config["environment"]
        requests_per_minute = config["requests_per_minute"]
        if environment == "sandbox" and not config.get("api_url"):
            requests_per_minute = min(requests_per_minute, _INTUIT_SANDBOX_REQUESTS)
        return cls(
            realm_id=config["realm_id"].strip(),
            client_id=config["client_id"],
            client_secret=config["client_secret"],
            refresh_token=config.get("refresh_token") or None,
            ledger_key=config.get("ledger_key") or None,
            environment=environment,
            api_url=web_address("api_url", config.get("api_url") or _API_URLS[environment]),
            token_url=web_address("token_url", config.get("token_url") or _TOKEN_URL),
            authorize_url=_beside_token_url("authorize_url", config, _AUTHORIZE_URL),
            revoke_url=_beside_token_url("revoke_url", config, _REVOKE_URL),
            ledger_url=config["ledger_url"],
            max_concurrency=config["max_concurrency"],
            batch_size=config["batch_size"],
            requests_per_minute=requests_per_minute,
            batches_per_minute=min(config["batches_per_minute"], requests_per_minute),
            minute_seconds=float(config["minute_seconds"]),
            settle_seconds=float(config["settle_seconds"]),
            on_change=config["on_change"],
            accept_existing=config["accept_existing"],
            currency=config.get("currency") or None,
            currencies=dict(config["currencies"]),
            item_accounts=_item_accounts(config["item_rules"]),
            tax_code=config.get("tax_code") or None,
            inventory_start_date=_date("inventory_start_date", config["inventory_start_date"]),
            deposit_accounts=_deposit_accounts(config["deposit_accounts"]),
            departments=dict(config["departments"]),
            classes=dict(config["classes"]),
            names=Names(**{name: _name(name, config[name]) for name in Names.__dataclass_fields__}),
            rules=_rules(config),
            notices=NoticeSettings.from_config(config),
        )


def _rules(config: Mapping[str, Any]) -> Rules:
    prefix = config["doc_number_prefix"]
    if len(prefix) > LONGEST_PREFIX or not prefix.isascii() or not prefix.isprintable():
        raise ConfigurationError(f"doc_number_prefix: at most {LONGEST_PREFIX} printable ASCII characters")
    items = (
        "product_item",
        "service_item",
        "tips_item",
        "reward_points_item",
        "customer_balance_item",
        "tax_item",
    )
    names = {item: _name(item, config[item]) for item in items}
    if len({name.casefold() for name in names.values()}) < len(names):
        raise ConfigurationError("two of the item names are the same: " + ", ".join(names.values()))
    hours, minutes = config["business_day_start"].split(":")
    return Rules(
        tender_map={normalise_tender(name): _tender(name, kind) for name, kind in config["tender_map"].items()},
        doc_number_prefix=prefix,
        wait_days=config["wait_days"],
        business_day_start=dt.time(int(hours), int(minutes)),
        item_rules=tuple(_item_rule(rule, names.values()) for rule in config["item_rules"]),
        **names,
    )


def _item_rule(rule: Mapping[str, Any], own_names: Iterable[str]) -> ItemRule:
    item = _name("item_rules", rule["item"])
    sku, name = rule.get("sku") or None, rule.get("name") or None
    if sku is None and name is None:
        raise ConfigurationError(f"item_rules: the rule for {item!r} needs a sku or a name, else it takes every line")
    if item.casefold() in {own.casefold() for own in own_names}:
        raise ConfigurationError(f"item_rules: {item!r} is the name of one of the other items")
    return ItemRule(item, sku, name)


def _item_accounts(rules: Iterable[Mapping[str, Any]]) -> dict[str, str]:
    """Return the accounts that rules give, by their items' names without case."""
    accounts: dict[str, str] = {}
    for rule in rules:
        account = rule.get("account")
        if account and accounts.setdefault(rule["item"].strip().casefold(), account) != account:
            raise ConfigurationError(f"item_rules: two accounts for {rule['item']!r}")
    return accounts


def _tender(name: str, kind: str) -> Tender:
    for tender in Tender:
        if tender.value.casefold() == kind.casefold():
            return tender
    raise ConfigurationError(f"tender_map: {name!r} is {kind!r}, must be one of {', '.join(Tender)}")


def _deposit_accounts(accounts: Mapping[str, str]) -> dict[PaymentMethod, str]:
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
