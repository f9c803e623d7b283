"""The target's settings: their JSON Schema for the SDK, and the same as typed values, validated at start.

Names are fixed by the design; defaults are the accounting rules'.
"""

from __future__ import annotations

import datetime as dt
import ipaddress
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from singer_sdk import typing as th

from target_qbo.accounting.naming import NUMBER_LENGTH
from target_qbo.accounting.rules import ItemRule, PaymentMethod, Rules, Tender, normalise_tender
from target_qbo.errors import ConfigurationError

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

_API_URLS = {
    "production": "https://quickbooks.api.intuit.com",
    "sandbox": "https://sandbox-quickbooks.api.intuit.com",
}
_TOKEN_URL = "https://oauth.platform.intuit.com/oauth2/v1/tokens/bearer"  # noqa: S105 (an address)
# Intuit's own sandbox companies are throttled harder (QuickBooks API notes, Seen live).
_INTUIT_SANDBOX_REQUESTS = 90
_LONGEST_PREFIX = NUMBER_LENGTH - 11


def _text(name: str, default: str, description: str) -> th.Property[str]:
    return th.Property(name, th.StringType, default=default, description=description)


def _whole(name: str, default: int, description: str, *, least: int = 1, most: int | None = None) -> th.Property[int]:
    return th.Property(name, th.IntegerType(minimum=least, maximum=most), default=default, description=description)


def _map(name: str, description: str) -> th.Property[Any]:
    return th.Property(name, th.ObjectType(additional_properties=th.StringType), default={}, description=description)


def _secret(name: str, description: str, *, required: bool = True) -> th.Property[str]:
    return th.Property(name, th.StringType, required=required, secret=True, description=description)


SETTINGS = th.PropertiesList(
    th.Property("realm_id", th.StringType, required=True, description="Id of the company in QuickBooks Online."),
    _secret("client_id", "Client id of the Intuit app."),
    _secret("client_secret", "Client secret of the Intuit app."),
    _secret(
        "refresh_token",
        "The first OAuth refresh token of the company; QuickBooks rotates it, and the ledger keeps the one in force.",
    ),
    th.Property(
        "environment",
        th.StringType(allowed_values=list(_API_URLS)),
        default="production",
        description="Which QuickBooks: production or sandbox. A ledger never mixes the two.",
    ),
    th.Property(
        "api_url", th.StringType, description="Overrides the environment's API address; plain http only to loopback."
    ),
    th.Property(
        "token_url", th.StringType, description="Overrides the OAuth token endpoint; plain http only to loopback."
    ),
    th.Property(
        "ledger_url",
        th.StringType,
        default="sqlite:///target_qbo.db",
        secret=True,
        description="The ledger's database: sqlite:///FILE, or postgresql://… with its password.",
    ),
    _secret(
        "ledger_key",
        "Passphrase that encrypts the tokens in the ledger; keyring: one that the OS keyring keeps (extra keyring); "
        "default: derived from client_secret.",
        required=False,
    ),
    _whole("max_concurrency", 8, "Requests to QuickBooks at once (its limit is 10).", most=10),
    _whole("batch_size", 30, "Documents in one batch request (QuickBooks' limit is 30).", most=30),
    _whole("requests_per_minute", 480, "Requests a minute, batches among them (QuickBooks' limit is 500)."),
    _whole("batches_per_minute", 39, "Batch requests a minute (QuickBooks' limit is 40)."),
    th.Property(
        "minute_seconds",
        th.NumberType(exclusive_minimum=0, maximum=60),
        default=60,
        description="Length of a minute of these limits in seconds; below 60 only for a stand-in that compresses time.",
    ),
    th.Property(
        "settle_seconds",
        th.NumberType(minimum=0),
        default=30,
        description="Seconds after which a request that was never answered is no longer being executed, so that what "
        "it left can be looked up.",
    ),
    th.Property(
        "on_change",
        th.StringType(allowed_values=["update", "skip"]),
        default="update",
        description="What to do with a ticket that changed at the till after it was posted.",
    ),
    _whole("wait_days", 3, "Days from the sale that an underpaid ticket waits for a late tender.", least=0, most=366),
    th.Property(
        "business_day_start",
        th.StringType(pattern=r"^([01]\d|2[0-3]):[0-5]\d$"),
        default="00:00",
        description="Local time (HH:MM) at which a business day begins; earlier tickets are the day before's.",
    ),
    th.Property(
        "accept_existing",
        th.BooleanType,
        default=False,
        description="Post into a period in which the guest customer already has documents that are not ours.",
    ),
    th.Property(
        "item_rules",
        th.ArrayType(
            th.ObjectType(
                th.Property("item", th.StringType, required=True),
                th.Property("sku", th.StringType),
                th.Property("name", th.StringType),
                th.Property("account", th.StringType),
                additional_properties=False,
            )
        ),
        default=[],
        description="Sold lines that go to an item of their own, by patterns (*, ?) of their sku, their name or both: "
        "[{name: Gift card*, item: Gift cards sold, account: Gift cards}]. The first that fits counts. The item is "
        "made on that account (default: services_account) where it is absent.",
    ),
    _map("currencies", "ISO code of the currency by Franpos location id, where it is not that of currency."),
    th.Property("currency", th.StringType, description="ISO code of the till's currency; default: the home currency."),
    th.Property(
        "tax_code",
        th.StringType,
        description="Outside the US: name of a tax code of rate 0, put on every line. In the US every line says NON.",
    ),
    th.Property(
        "inventory_start_date",
        th.DateType,
        default="2015-01-01",
        description="Start of inventory (YYYY-MM-DD) of the product item, unless a ticket is older.",
    ),
    _text("doc_number_prefix", "", f"Put before every document number; at most {_LONGEST_PREFIX} characters."),
    _text("guest_customer", "Guest Customer", "The customer on every document."),
    _text("product_item", "Product", "Item of sold products."),
    _text("service_item", "Service", "Item of sold services."),
    _text("tips_item", "Tips", "Item of tips."),
    _text("reward_points_item", "Reward points", "Item of reward points spent."),
    _text("customer_balance_item", "Customer balance", "Item of customer balance spent or loaded."),
    _text("tax_item", "Tax", "Item of the till's tax."),
    _text("services_account", "Services", "Income account of services, tips, points, balance and tax."),
    _text("product_income_account", "Sales of Product Income", "Income account of products."),
    _text("inventory_asset_account", "Inventory Asset", "Asset account of products."),
    _text("cost_of_goods_sold_account", "Cost of Goods Sold", "Expense account of products."),
    _text("discounts_account", "Discounts given", "Income account of discounts."),
    _text("undeposited_funds_account", "Undeposited Funds", "Where payments go and refunds come from by default."),
    _map("deposit_accounts", "Account by payment method (Cash, Check, Credit Card, Gift Card, Other) instead of that."),
    _map(
        "tender_map",
        "What a tender of the till is, by its name: Cash, Check, Credit Card, Gift Card, Other, Reward points or "
        "Customer balance.",
    ),
    _map("departments", "QuickBooks location (department) by Franpos location id, where the plan has them."),
    _map("classes", "QuickBooks class by Franpos location id, where the plan has them."),
)


SECRETS = ("client_id", "client_secret", "refresh_token", "ledger_key", "ledger_url")


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
    refresh_token: str = field(repr=False)
    ledger_key: str | None = field(repr=False)
    environment: str
    api_url: str
    token_url: str
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

    @classmethod
    def from_config(cls, config: Mapping[str, Any]) -> Settings:
        """Check what the schema can't and convert; ``config`` has the schema's defaults filled in.

        Raises:
            ConfigurationError: A setting is missing or wrong; the text names it.
        """
        for name in ("realm_id", "client_id", "client_secret", "refresh_token"):
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
            refresh_token=config["refresh_token"],
            ledger_key=config.get("ledger_key") or None,
            environment=environment,
            api_url=_address("api_url", config.get("api_url") or _API_URLS[environment]),
            token_url=_address("token_url", config.get("token_url") or _TOKEN_URL),
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
        )


def _rules(config: Mapping[str, Any]) -> Rules:
    prefix = config["doc_number_prefix"]
    if len(prefix) > _LONGEST_PREFIX or not prefix.isascii() or not prefix.isprintable():
        raise ConfigurationError(f"doc_number_prefix: at most {_LONGEST_PREFIX} printable ASCII characters")
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


def _address(setting: str, url: str) -> str:
    parts = urlsplit(url)
    if parts.scheme == "https" and parts.hostname:
        return url
    if parts.scheme == "http" and parts.hostname and _is_loopback(parts.hostname):
        return url
    raise ConfigurationError(f"{setting}: https:// is needed (plain http only to this machine)")


def _is_loopback(host: str) -> bool:
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
