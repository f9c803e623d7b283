"""What a company is set to, as far as it matters to the documents (QuickBooks API notes, Seen live)."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping


@dataclass(frozen=True, slots=True)
class Preferences:
    """A company's preferences. What an answer leaves out is taken to be as documents need it.

    Attributes:
        home_currency: ISO code of the books' currency; empty where not told.
        several_currencies: Whether documents name their currency.
        departments: Whether documents may have a department ("location").
        classes: Whether lines may have a class.
        closed_until: Documents up to and including this date are refused (6210).
        own_numbers: Whether a ``DocNumber`` may not repeat (6140).
        applies_credit: Whether open credit of a customer goes to the next invoice by itself.
        inventory: Whether there are inventory items.
        sales_tax: Whether automated sales tax is on.
    """

    home_currency: str
    several_currencies: bool
    departments: bool
    classes: bool
    closed_until: dt.date | None
    own_numbers: bool
    applies_credit: bool
    inventory: bool
    sales_tax: bool


def preferences_in(row: Mapping[str, Any]) -> Preferences:
    """Read QuickBooks' ``Preferences``."""

    def section(name: str) -> Mapping[str, Any]:
        return row.get(name) or {}

    accounting, sales = section("AccountingInfoPrefs"), section("SalesFormsPrefs")
    currency = section("CurrencyPrefs")
    closed = accounting.get("BookCloseDate")
    classes = (accounting.get("ClassTrackingPerTxnLine", True), accounting.get("ClassTrackingPerTxn", False))
    return Preferences(
        home_currency=str((currency.get("HomeCurrency") or {}).get("value") or ""),
        several_currencies=bool(currency.get("MultiCurrencyEnabled")),
        departments=bool(accounting.get("TrackDepartments", True)),
        classes=any(classes),
        closed_until=dt.date.fromisoformat(str(closed)[:10]) if closed else None,
        own_numbers=bool(sales.get("CustomTxnNumbers")),
        applies_credit=bool(sales.get("AutoApplyCredit", True)),
        inventory=bool(section("ProductAndServicesPrefs").get("QuantityOnHand", True)),
        sales_tax=bool(section("TaxPrefs").get("PartnerTaxEnabled")),
    )
