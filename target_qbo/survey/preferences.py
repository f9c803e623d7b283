"""What a company is set to: country and tax code, currency, closed books, and the preferences that matter to documents.

Source: accounting rules, Lines and cents and Documents; QuickBooks API notes, Seen live.
"""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING

from target_qbo.names.lists import EVERY, pick
from target_qbo.names.preferences import preferences_in
from target_qbo.said import Said
from target_qbo.survey.findings import Finding, Verdict

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Iterator

    from target_qbo.names.lists import Row
    from target_qbo.names.preferences import Preferences
    from target_qbo.settings import Settings
    from target_qbo.survey.rehearsal import Carrying

_US = frozenset(("US", "USA"))


def company_itself(lists: Carrying, settings: Settings, earliest: dt.date | None) -> Iterator[Finding]:
    """Yield what the company says of itself.

    Args:
        lists: The company.
        settings: Names and choices.
        earliest: The first business date to be posted; None: not known.
    """
    row = next(lists.query("CompanyInfo"), {})
    country = str(row.get("Country") or "US")
    yield Finding(
        "company",
        str(row.get("CompanyName", settings.realm_id)),
        Verdict.FOUND,
        Said("country {country}", country=country),
    )
    yield _tax_code(lists, settings, country)
    preferences = preferences_in(next(lists.query("Preferences"), {}))
    yield from _currency(preferences, settings)
    yield _closed_books(preferences, earliest)
    yield Finding(
        "document numbers",
        Said("your own") if preferences.own_numbers else Said("given by QuickBooks"),
        Verdict.FOUND,
        Said("a number may not repeat: where it would, ours gets a further letter")
        if preferences.own_numbers
        else Said("ours are kept all the same"),
    )
    yield Finding(
        "open credit",
        Said("applied by itself") if preferences.applies_credit else Said("not applied by itself"),
        Verdict.FOUND,
        Said("credit of the guest customer would go to the next ticket's invoice: leave none on it")
        if preferences.applies_credit
        else "",
    )
    yield Finding(
        "sales tax",
        Said("automated") if preferences.sales_tax else Said("not automated"),
        Verdict.FOUND,
        Said("adds nothing to our documents: every line says that it is not taxable") if preferences.sales_tax else "",
    )


def _closed_books(preferences: Preferences, earliest: dt.date | None) -> Finding:
    closed = preferences.closed_until
    if closed is None:
        return Finding("closed books", Said("none"), Verdict.FOUND)
    if earliest is not None and closed < earliest:
        told = Said("nothing is to be posted before {earliest}", earliest=earliest)
        return Finding("closed books", closed.isoformat(), Verdict.FOUND, told)
    detail = Said("tickets up to this date will be skipped: move QuickBooks' closing date back to have them posted")
    return Finding("closed books", closed.isoformat(), Verdict.WARNING, detail)


def _currency(preferences: Preferences, settings: Settings) -> Iterator[Finding]:
    home = preferences.home_currency
    wanted = {code.upper() for code in (settings.currency, *settings.currencies.values()) if code}
    for code in sorted(wanted - {home.upper()} if home else ()):
        detail = Said(
            "the company's home currency is {home}: use a company that keeps its books in {code}", home=home, code=code
        )
        yield Finding("currency", code, Verdict.MISSING, detail)
    several = Said("several currencies are in use: every document names this one")
    every = several if preferences.several_currencies else ""
    yield Finding("currency", home or Said("not told"), Verdict.FOUND, every, home or None)


def _tax_code(lists: Carrying, settings: Settings, country: str) -> Finding:
    if country.upper() in _US:
        return Finding("tax code", "NON", Verdict.FOUND, Said("on every line: tax is a line of its own"), "NON")
    codes = [code for code in lists.query("TaxCode", EVERY) if code.get("Active", True)]
    rates = {str(rate["Id"]): Decimal(str(rate.get("RateValue") or 0)) for rate in lists.query("TaxRate", EVERY)}
    free = ", ".join(str(code["Name"]) for code in codes if _rate(code, rates) == 0) or "none yet: make one"
    advice = f"set tax_code to one of rate 0 ({free})"
    if settings.tax_code is None:
        return Finding("tax code", "-", Verdict.MISSING, f"in {country} every line needs one: {advice}")
    code = pick(codes, "Name", settings.tax_code)
    if code is None:
        return Finding("tax code", settings.tax_code, Verdict.MISSING, f"QuickBooks has none of that name: {advice}")
    rate = _rate(code, rates)
    if rate != 0:
        detail = f"its rate is {rate.normalize():f} %, so QuickBooks would add tax to every document: {advice}"
        return Finding("tax code", settings.tax_code, Verdict.MISSING, detail, code["Name"])
    return Finding("tax code", settings.tax_code, Verdict.FOUND, Said("of rate 0, on every line"), code["Name"])


def _rate(code: Row, rates: dict[str, Decimal]) -> Decimal:
    """Return the percentage that a tax code adds to a sale."""
    details = (code.get("SalesTaxRateList") or {}).get("TaxRateDetail") or []
    return sum((rates.get(str(detail["TaxRateRef"]["value"]), Decimal(0)) for detail in details), Decimal(0))
