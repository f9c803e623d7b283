"""What the API tells of the company itself: its `Preferences` and its `CompanyInfo`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from sandbox.qbo.company import Company


def settings(company: Company) -> dict[str, Any]:
    """Return the company's `Preferences`."""
    options = company.options
    accounting: dict[str, Any] = {
        "UseAccountNumbers": False,
        "TrackDepartments": options.departments,
        "DepartmentTerminology": "Location",
        "ClassTrackingPerTxn": options.classes,
        "ClassTrackingPerTxnLine": options.classes,
        "FirstMonthOfFiscalYear": "January",
        "TaxYearMonth": "January",
        "CustomerTerminology": "Customers",
    }
    if options.book_close_date:
        accounting["BookCloseDate"] = options.book_close_date.isoformat()
    return {
        "AccountingInfoPrefs": accounting,
        "ProductAndServicesPrefs": {
            "ForSales": True,
            "ForPurchase": True,
            "QuantityWithPriceAndRate": True,
            "QuantityOnHand": options.inventory,
        },
        "SalesFormsPrefs": {
            "CustomTxnNumbers": options.custom_txn_numbers,
            "AllowDiscount": True,
            "AllowServiceDate": False,
            "AutoApplyCredit": options.auto_apply_credit,
            "DefaultTerms": {"value": "3"},
        },
        "TaxPrefs": {
            "UsingSalesTax": options.automated_sales_tax or not options.is_us,
            "PartnerTaxEnabled": options.automated_sales_tax,
        },
        "CurrencyPrefs": {
            "MultiCurrencyEnabled": options.multicurrency,
            "HomeCurrency": {"value": options.home_currency},
        },
        **_kept("1", company),
    }


def company_info(company: Company) -> dict[str, Any]:
    """Return the company's `CompanyInfo`."""
    return {
        "CompanyName": company.name,
        "LegalName": company.name,
        "Country": company.options.country,
        "CompanyStartDate": "2015-01-01",
        "FiscalYearStartMonth": "January",
        "SupportedLanguages": "en",
        "DefaultTimeZone": company.options.time_zone,
        "NameValue": [
            {"Name": "NeoEnabled", "Value": "true"},
            {
                "Name": "OfferingSku",
                "Value": f"QuickBooks Online {'Plus' if company.options.inventory else 'Essentials'}",
            },
        ],
        **_kept("1", company),
    }


def _kept(identity: str, company: Company) -> dict[str, Any]:
    stamp = company.stamp()
    return {
        "domain": "QBO",
        "sparse": False,
        "Id": identity,
        "SyncToken": "0",
        "MetaData": {"CreateTime": stamp, "LastUpdatedTime": stamp},
    }
