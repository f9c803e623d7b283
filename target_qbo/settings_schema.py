"""The target's settings as a JSON Schema: names, kinds, defaults, and what each is for, in words for shop owners.

Names are fixed (design, Configuration); defaults are the accounting rules'. Written without the SDK's helpers, which
take a third of a second to load: every command reads this.
"""

from __future__ import annotations

from typing import Any

from target_qbo.accounting.items import ITEMS, OWN_ITEMS, setting_of
from target_qbo.accounting.naming import NUMBER_LENGTH
from target_qbo.accounting.tender_names import TENDERS, PaymentMethod

ENVIRONMENTS = ("production", "sandbox")
LONGEST_PREFIX = NUMBER_LENGTH - 11
"""Of a document's number, in characters: what is left beside its receipt number and its mark."""

LEDGER_URL = "sqlite:///target_qbo.db"
"""Where the ledger is that no setting names."""

Schema = dict[str, Any]


def _text(description: str, default: str | None = None, **more: Any) -> Schema:  # noqa: ANN401 (of JSON Schema)
    kind: Schema = {"type": ["string", "null"], **more}
    return kind | ({} if default is None else {"default": default}) | {"description": description}


def _secret(description: str, default: str | None = None) -> Schema:
    return _text(description, default) | {"secret": True, "writeOnly": True}


def _whole(default: int, description: str, *, least: int = 1, most: int | None = None) -> Schema:
    limits = {"minimum": least} | ({} if most is None else {"maximum": most})
    return {"type": ["integer", "null"], **limits, "default": default, "description": description}


def _number(default: int, description: str, **limits: int) -> Schema:
    return {"type": ["number", "null"], **limits, "default": default, "description": description}


def _map(description: str) -> Schema:
    texts = {"type": ["string"]}
    return {
        "type": ["object", "null"],
        "properties": {},
        "additionalProperties": texts,
        "default": {},
        "description": description,
    }


def _required(setting: Schema) -> Schema:
    return setting | {"type": ["string"]}


_PROPERTIES: dict[str, Schema] = {
    "realm_id": _required(_text("Id of the company in QuickBooks Online.")),
    "client_id": _required(_secret("Client id of the Intuit app.")),
    "client_secret": _required(_secret("Client secret of the Intuit app.")),
    "refresh_token": _secret(
        "A first OAuth refresh token of the company, where it was not connected with franpos-qbo connect; QuickBooks "
        "rotates it, and the ledger keeps the one in force. A new one set here counts from then on."
    ),
    "environment": _text(
        "Which QuickBooks: production or sandbox. A ledger never mixes the two.",
        "production",
        enum=list(ENVIRONMENTS),
    ),
    "api_url": _text("Overrides the environment's API address; plain http only to loopback."),
    "token_url": _text("Overrides the OAuth token endpoint; plain http only to loopback."),
    "authorize_url": _text(
        "Overrides the page on which a person connects the company; default: Intuit's, or that of the host of "
        "token_url where this is set."
    ),
    "revoke_url": _text(
        "Overrides the address that ends a connection; default: Intuit's, or that of the host of token_url where this "
        "is set."
    ),
    "ledger_url": _secret(
        "The ledger's database, which is its own (Meltano's state goes into another): sqlite:///FILE, or "
        "postgresql://… with its password.",
        LEDGER_URL,
    ),
    "ledger_key": _secret(
        "Passphrase that encrypts the tokens in the ledger; keyring: one that the OS keyring keeps (extra keyring); "
        "default: derived from client_secret."
    ),
    "max_concurrency": _whole(8, "Requests to QuickBooks at once (its limit is 10).", most=10),
    "batch_size": _whole(30, "Documents in one batch request (QuickBooks' limit is 30).", most=30),
    "requests_per_minute": _whole(480, "Requests a minute, batches among them (QuickBooks' limit is 500)."),
    "batches_per_minute": _whole(39, "Batch requests a minute (QuickBooks' limit is 40)."),
    "minute_seconds": _number(
        60,
        "Length of a minute of these limits in seconds; below 60 only for a stand-in that compresses time.",
        exclusiveMinimum=0,
        maximum=60,
    ),
    "settle_seconds": _number(
        30,
        "Seconds after which a request whose answer is no longer waited for is not being executed any more, so that "
        "what it left can be looked up.",
        minimum=0,
    ),
    "on_change": _text(
        "What to do with a ticket that changed at the till after it was posted.", "update", enum=["update", "skip"]
    ),
    "wait_days": _whole(3, "Days from the sale that an underpaid ticket waits for a late tender.", least=0, most=366),
    "business_day_start": _text(
        "Local time (HH:MM) at which a business day begins; earlier tickets are the day before's.",
        "00:00",
        pattern="^([01]\\d|2[0-3]):[0-5]\\d$",
    ),
    "accept_existing": {
        "type": ["boolean", "null"],
        "default": False,
        "description": "Post into a period in which the guest customer already has documents that are not ours.",
    },
    "item_rules": {
        "type": ["array", "null"],
        "items": {
            "type": "object",
            "properties": {
                "item": {"type": ["string"]},
                "sku": {"type": ["string", "null"]},
                "name": {"type": ["string", "null"]},
                "account": {"type": ["string", "null"]},
            },
            "required": ["item"],
            "additionalProperties": False,
        },
        "default": [],
        "description": "Sold lines that go to an item of their own, by patterns (*, ?) of their sku, their name or "
        "both: [{name: Gift card*, item: Gift cards sold, account: Gift cards}]. The first that fits counts. The item "
        "is made on that account (default: services_account) where it is absent.",
    },
    "currencies": _map("ISO code of the currency by Franpos location id, where it is not that of currency."),
    "currency": _text("ISO code of the till's currency; default: the home currency."),
    "tax_code": _text(
        "Outside the US: name of a tax code of rate 0, put on every line. In the US every line says NON."
    ),
    "inventory_start_date": _text(
        "Start of inventory (YYYY-MM-DD) of the product item, unless a ticket is older.", "2015-01-01", format="date"
    ),
    "doc_number_prefix": _text(f"Put before every document number; at most {LONGEST_PREFIX} characters.", ""),
    "guest_customer": _text("The customer on every document.", "Guest Customer"),
    **{setting_of(role): _text(f"Item of {ITEMS[role].purpose}.", name) for role, name in OWN_ITEMS.items()},
    "services_account": _text("Income account of services, tips, points, balance and tax.", "Services"),
    "product_income_account": _text("Income account of products.", "Sales of Product Income"),
    "inventory_asset_account": _text("Asset account of products.", "Inventory Asset"),
    "cost_of_goods_sold_account": _text("Expense account of products.", "Cost of Goods Sold"),
    "discounts_account": _text("Income account of discounts.", "Discounts given"),
    "undeposited_funds_account": _text("Where payments go and refunds come from by default.", "Undeposited Funds"),
    "deposit_accounts": _map(
        f"Account by payment method ({', '.join(PaymentMethod)}) instead of that; one under another as Parent:Name."
    ),
    "tender_map": _map(f"What a tender of the till is, by its name: {', '.join([*TENDERS][:-1])} or {[*TENDERS][-1]}."),
    "departments": _map("QuickBooks location (department) by Franpos location id, where the plan has them."),
    "classes": _map("QuickBooks class by Franpos location id, where the plan has them."),
    "notice_webhook_url": _secret(
        "Where a run that skipped tickets or was stopped sends one message: a web address that takes Slack's JSON. "
        "https only, except to this machine."
    ),
    "notice_email_to": _text(
        "Who gets such a message by e-mail; several addresses with commas between. Needs smtp_url."
    ),
    "notice_email_from": _text("Its sender; default: the first of notice_email_to."),
    "smtp_url": _secret(
        "The mail server that sends it: smtp://USER:PASSWORD@HOST:587 (encrypted where the server offers it, the "
        "password only then) or smtps://USER:PASSWORD@HOST:465. Signs like @ or : in the password as %40, %3A."
    ),
}

SETTINGS: Schema = {
    "type": "object",
    "properties": _PROPERTIES,
    "required": [name for name, setting in _PROPERTIES.items() if "null" not in setting["type"]],
    "$schema": "https://json-schema.org/draft/2020-12/schema",
}


def defaults(schema: Schema) -> dict[str, Any]:
    """Return the values of a plugin's settings where nobody says anything."""
    return {name: setting["default"] for name, setting in schema["properties"].items() if "default" in setting}


SECRETS = tuple(name for name, setting in _PROPERTIES.items() if setting.get("secret"))
