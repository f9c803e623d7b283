"""The kinds of companies to start from: what each is set to, and the names that stand in it already."""

from __future__ import annotations

from dataclasses import dataclass, field
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from sandbox.qbo import lists
from sandbox.qbo.clock import Clock
from sandbox.qbo.company import Company
from sandbox.qbo.options import Options

if TYPE_CHECKING:
    from collections.abc import Callable

    from sandbox.qbo.store import Row

_SYSTEM = {
    "receivable": ("Accounts Receivable (A/R)", "Accounts Receivable", "AccountsReceivable"),
    "undeposited": ("Undeposited Funds", "Other Current Asset", "UndepositedFunds"),
    "inventory": ("Inventory Asset", "Other Current Asset", "Inventory"),
    "cogs": ("Cost of Goods Sold", "Cost of Goods Sold", "SuppliesMaterialsCogs"),
}
_COMMON = (
    ("Checking", "Bank", "Checking"),
    ("Opening Balance Equity", "Equity", "OpeningBalanceEquity"),
    ("Retained Earnings", "Equity", "RetainedEarnings"),
    ("Sales Tax Payable", "Other Current Liability", "SalesTaxPayable"),
    ("Sales", "Income", "OtherPrimaryIncome"),
    ("Sales of Product Income", "Income", "SalesOfProductIncome"),
    ("Uncategorized Income", "Income", "ServiceFeeIncome"),
)
DEFAULT_ITEM = "Sales"
"""The item on which QuickBooks books a line that names none."""


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of company.

    Attributes:
        options: The switches that differ from the default.
        names: Names of the system accounts that differ from the usual ones.
        without: System accounts the company doesn't have.
        rows: Rows it has besides: entity and fields. An account is referred to by its name, in
            `IncomeAccountRef` and the like. The key `state` says `deleted` for a row made inactive in the
            usual way (its name then ends in "(deleted)"), `inactive` for one that still holds its name.
        tax_codes: Names and percentages of its tax codes, for countries other than the US.
    """

    options: dict[str, Any] = field(default_factory=dict)
    names: dict[str, str] = field(default_factory=dict)
    without: tuple[str, ...] = ()
    rows: tuple[tuple[str, Row], ...] = ()
    tax_codes: tuple[tuple[str, str], ...] = ()


_EXISTING: tuple[tuple[str, Row], ...] = (
    ("Account", {"Name": "SERVICES", "AccountType": "Income", "AccountSubType": "ServiceFeeIncome"}),
    ("Account", {"Name": "discounts given", "AccountType": "Income", "AccountSubType": "DiscountsRefundsGiven"}),
    ("PaymentMethod", {"Name": "CREDIT CARD", "Type": "CREDIT_CARD"}),
    ("PaymentMethod", {"Name": "Gift Card", "state": "deleted"}),
    ("PaymentMethod", {"Name": "Other", "state": "inactive"}),
    ("Vendor", {"DisplayName": "Guest customer"}),
    (
        "Item",
        {
            "Name": "PRODUCT",
            "Type": "Inventory",
            "TrackQtyOnHand": True,
            "QtyOnHand": Decimal(0),
            "InvStartDate": "2005-01-01",
            "IncomeAccountRef": "Sales of Product Income",
            "AssetAccountRef": "Inventory Asset",
            "ExpenseAccountRef": "Cost of Goods Sold",
        },
    ),
    ("Item", {"Name": "service", "Type": "NonInventory", "IncomeAccountRef": "SERVICES"}),
    ("Item", {"Name": "TIPS", "Type": "Service", "IncomeAccountRef": "SERVICES", "state": "deleted"}),
    ("Item", {"Name": "tax", "Type": "Service", "IncomeAccountRef": "SERVICES", "state": "inactive"}),
    ("Item", {"Name": "Reward Points", "Type": "Service", "IncomeAccountRef": "Uncategorized Income"}),
    ("Item", {"Name": "customer balance", "Type": "Service", "IncomeAccountRef": "SERVICES"}),
)


def _ours(change: Callable[[str], str], state: str) -> tuple[tuple[str, Row], ...]:
    """Return everything that the accounting rules name, in another spelling or state; items need their account."""
    product = {
        "Type": "Inventory",
        "TrackQtyOnHand": True,
        "QtyOnHand": Decimal(0),
        "InvStartDate": "2005-01-01",
        "IncomeAccountRef": "Sales of Product Income",
        "AssetAccountRef": "Inventory Asset",
        "ExpenseAccountRef": "Cost of Goods Sold",
    }
    service = {"Type": "Service", "IncomeAccountRef": "Services"}
    items = dict.fromkeys(("Service", "Tips", "Reward points", "Customer balance", "Tax"), service)
    return (
        ("Account", {"Name": change("Services"), "AccountType": "Income", "AccountSubType": "ServiceFeeIncome"}),
        (
            "Account",
            {
                "Name": change("Discounts given"),
                "AccountType": "Income",
                "AccountSubType": "DiscountsRefundsGiven",
                "state": state,
            },
        ),
        *(("PaymentMethod", {"Name": change(name), "state": state}) for name in ("Credit Card", "Gift Card", "Other")),
        ("Customer", {"DisplayName": change("Guest Customer"), "state": state}),
        *(("Item", {"Name": change(name), **item, "state": state}) for name, item in items.items()),
        ("Item", {"Name": change("Product"), **product, "state": state}),
    )


KINDS: dict[str, Kind] = {
    "us": Kind(),
    "us_new_names": Kind(
        names={
            "undeposited": "Payments to deposit",
            "inventory": "Inventory",
            "cogs": "Cost of goods sold",
        }
    ),
    "existing": Kind(rows=_EXISTING),
    "other_case": Kind(
        names={"undeposited": "UNDEPOSITED FUNDS", "inventory": "inventory asset", "cogs": "Cost Of Goods Sold"},
        rows=_ours(str.upper, "active"),
    ),
    "inactive": Kind(rows=_ours(str, "deleted")),
    "no_inventory": Kind(options={"inventory": False}, without=("inventory",)),
    "no_discount_items": Kind(options={"discount_items": "refused"}),
    "discount_items_retyped": Kind(options={"discount_items": "retyped"}),
    "closed_books": Kind(options={"book_close_date": "2024-12-31"}),
    "custom_numbers": Kind(options={"custom_txn_numbers": True}),
    "no_departments": Kind(options={"departments": False, "classes": False}),
    "sales_tax": Kind(options={"automated_sales_tax": True}),
    "canada": Kind(
        options={"country": "CA", "home_currency": "CAD", "time_zone": "America/Toronto"},
        tax_codes=(("Exempt", "0"), ("Zero-rated", "0"), ("GST", "5"), ("HST ON", "13")),
    ),
    "multicurrency": Kind(options={"multicurrency": True}),
}
"""The kinds `seed_company` knows, by name."""


def seed_company(
    kind: str = "us",
    realm_id: str = "9130000000000001",
    *,
    clock: Clock | None = None,
    options: dict[str, Any] | None = None,
) -> Company:
    """Make a company of one of the known kinds, as it stands before the first sync.

    Args:
        kind: One of `KINDS`.
        realm_id: Its id in addresses.
        clock: Where its time comes from.
        options: Switches that differ from the kind's own, by name.

    Raises:
        ValueError: An unknown kind or option.
    """
    if kind not in KINDS:
        raise ValueError(f"There is no company kind {kind!r}, only {', '.join(KINDS)}.")
    settings = Options()
    settings.change(KINDS[kind].options | (options or {}))
    company = Company(realm_id, settings, clock or Clock())
    _fill(company, KINDS[kind])
    return company


def _fill(company: Company, kind: Kind) -> None:
    for key, (name, account_type, subtype) in _SYSTEM.items():
        if key not in kind.without:
            _account(company, kind.names.get(key, name), account_type, subtype)
    for name, account_type, subtype in _COMMON:
        _account(company, name, account_type, subtype)
    _put(company, "Item", {"Name": DEFAULT_ITEM, "Type": "Service", "IncomeAccountRef": DEFAULT_ITEM})
    for name, method in (("Cash", "NON"), ("Check", "NON"), ("Visa", ""), ("MasterCard", "")):
        _put(company, "PaymentMethod", {"Name": name, "Type": "_".join(filter(None, (method, "CREDIT_CARD")))})
    for entity, row in kind.rows:
        _put(company, entity, row)
    _tax_codes(company, kind)


def _account(company: Company, name: str, account_type: str, subtype: str) -> None:
    lists.create(company, "Account", {"Name": name, "AccountType": account_type, "AccountSubType": subtype})


def _put(company: Company, entity: str, fields: Row) -> None:
    row = {name: value for name, value in fields.items() if name != "state"}
    for name, value in row.items():
        if name.endswith("AccountRef"):
            (account,) = company.store["Account"].find("Name", [value])
            row[name] = {"value": account["Id"]}
    made = lists.create(company, entity, row)
    match fields.get("state"):
        case "deleted":
            lists.update(company, entity, {"Active": False, "sparse": True}, made)
        case "inactive":
            company.store[entity].put(made | {"Active": False})


def _tax_codes(company: Company, kind: Kind) -> None:
    for name, percent in kind.tax_codes:
        rate = company.stamped("TaxRate", {"Name": name, "Active": True, "RateValue": Decimal(percent)}, None)
        company.store["TaxRate"].put(rate)
        detail = {"TaxRateRef": {"value": rate["Id"], "name": name}, "TaxTypeApplicable": "TaxOnAmount", "TaxOrder": 0}
        code = {
            "Name": name,
            "Description": name,
            "Active": True,
            "Hidden": False,
            "Taxable": name != "Exempt",
            "TaxGroup": True,
            "SalesTaxRateList": {"TaxRateDetail": [detail]},
            "PurchaseTaxRateList": {"TaxRateDetail": []},
        }
        company.store["TaxCode"].put(company.stamped("TaxCode", code, None))
    if company.options.is_us:
        for name in ("TAX", "NON"):
            code = {"Name": name, "Description": name, "Active": True, "Taxable": name == "TAX", "TaxGroup": False}
            company.store["TaxCode"].put(company.stamped("TaxCode", code, None) | {"Id": name})
