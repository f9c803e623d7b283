"""The lines of an invoice or a refund receipt: their rules, their taxes, and what they book."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal
from typing import TYPE_CHECKING

from sandbox.qbo import errors
from sandbox.qbo.ledger import ZERO, Posting
from sandbox.qbo.presets import DEFAULT_ITEM
from sandbox.qbo.wire import cents

if TYPE_CHECKING:
    from sandbox.qbo.company import Company
    from sandbox.qbo.store import Row

_DETAIL = "SalesItemLineDetail"


@dataclass(slots=True)
class Totals:
    """What the lines of a document come to.

    Attributes:
        lines: The lines as the API shows them, the repeated sum at the end.
        subtotal: The sum of the lines, before tax.
        tax: The tax QuickBooks adds.
    """

    lines: list[Row]
    subtotal: Decimal
    tax: Decimal

    @property
    def total(self) -> Decimal:
        """The document's total."""
        return self.subtotal + self.tax


def half_away(amount: Decimal) -> Decimal:
    """Round to the cent, half away from zero."""
    return amount.quantize(Decimal("0.01"), ROUND_HALF_UP)


def complete(company: Company, sent: list[Row], date: str, *, kept: bool = False) -> Totals:
    """Check a document's lines and return them as the API shows them.

    Args:
        company: The company.
        sent: The lines; a `SubTotalLineDetail` among them is made anew.
        date: The document's date, YYYY-MM-DD.
        kept: The lines stood on the document before, so what has become inactive since is accepted.

    Raises:
        QboError: A line breaks a rule.
    """
    lines: list[Row] = []
    subtotal = tax = ZERO
    used = {line["Id"] for line in sent if line.get("Id")}
    spare = (number for number in map(str, range(1, len(sent) + len(used) + 2)) if number not in used)
    for line in sent:
        kind = line.get("DetailType")
        if kind is None:
            raise errors.missing("Line.DetailType")
        if kind == "SubTotalLineDetail":
            continue
        shown = {"Id": line.get("Id") or next(spare), "LineNum": len(lines) + 1}
        if kind == "DescriptionOnly":
            lines.append(line | shown)
            continue
        if kind != _DETAIL:
            raise errors.unsupported(f"Lines of type {kind} aren't kept here.", "Line.DetailType")
        if _DETAIL not in line:
            raise errors.missing(f"Line.{_DETAIL}")
        if "Amount" not in line:
            raise errors.missing("Line.Amount")
        amount = cents(line["Amount"])
        detail = _detail(company, line[_DETAIL], amount, date, kept=kept)
        lines.append(line | shown | {"Amount": amount, _DETAIL: detail})
        subtotal += amount
        tax += half_away(amount * _tax_percent(company, detail["TaxCodeRef"]["value"]) / 100)
    if not lines:
        raise errors.missing("Line")
    lines.append({"Amount": subtotal, "DetailType": "SubTotalLineDetail", "SubTotalLineDetail": {}})
    return Totals(lines, subtotal, tax)


def voided(lines: list[Row]) -> list[Row]:
    """Return the lines of a voided document: amounts and quantities 0."""
    emptied = []
    for line in lines:
        empty = line | {"Amount": ZERO} if "Amount" in line else dict(line)
        if _DETAIL in line:
            empty[_DETAIL] = line[_DETAIL] | ({"Qty": Decimal(0)} if "Qty" in line[_DETAIL] else {})
        emptied.append(empty)
    return emptied


def book(company: Company, posting: Posting, totals: Totals, sign: int) -> None:
    """Book the lines of a document.

    Args:
        company: The company.
        posting: Where to; the other side of it is the caller's.
        totals: The lines.
        sign: 1 for a sale, -1 for a refund.
    """
    for line in totals.lines:
        detail = line.get(_DETAIL)
        if detail is None:
            continue
        posting.credit(detail["ItemAccountRef"]["value"], sign * line["Amount"])
        item = company.refer("Item", detail["ItemRef"], even_inactive=True)
        if item["Type"] == "Inventory":
            quantity = sign * detail["Qty"]
            posting.quantities[item["Id"]] -= quantity
            cost = half_away(quantity * item["PurchaseCost"])
            posting.debit(item["ExpenseAccountRef"]["value"], cost)
            posting.credit(item["AssetAccountRef"]["value"], cost)
    if totals.tax:
        payable = company.account_of("Other Current Liability", "SalesTaxPayable")
        posting.credit(payable["Id"], sign * totals.tax)


def _detail(company: Company, sent: Row, amount: Decimal, date: str, *, kept: bool) -> Row:
    item = _item(company, sent, kept=kept)
    if "Qty" in sent and "UnitPrice" in sent and half_away(sent["Qty"] * sent["UnitPrice"]) != amount:
        raise errors.wrong_product(amount)
    if item["Type"] == "Inventory":
        if "Qty" not in sent:
            raise errors.needs_quantity()
        if date < item["InvStartDate"]:
            raise errors.business(
                f"Transaction date is prior to start date for inventory item {item['Name']}: {item['InvStartDate']}.",
                "TxnDate",
            )
    account = company.refer("Account", item["IncomeAccountRef"], even_inactive=kept)
    detail = sent | {
        "ItemRef": {"value": item["Id"], "name": item["Name"]},
        "ItemAccountRef": {"value": account["Id"], "name": account["Name"]},
        "TaxCodeRef": _tax_code(company, sent, item),
    }
    if "ClassRef" in sent:
        if not company.options.classes:
            raise errors.lacks_feature("Class tracking")
        category = company.refer("Class", sent["ClassRef"], even_inactive=kept)
        detail["ClassRef"] = {"value": category["Id"], "name": category["Name"]}
    return detail


def _item(company: Company, sent: Row, *, kept: bool) -> Row:
    if "ItemRef" in sent:
        return company.refer("Item", sent["ItemRef"], even_inactive=kept)
    items = company.store["Item"].find("Name", [DEFAULT_ITEM])
    if not items:
        raise errors.missing("Line.SalesItemLineDetail.ItemRef")
    return items[0]


def _tax_code(company: Company, sent: Row, item: Row) -> Row:
    code = sent.get("TaxCodeRef", {}).get("value")
    if company.options.is_us:
        if code not in {None, "TAX", "NON"}:
            raise errors.wrong_tax_code(code)
        taxed = company.options.automated_sales_tax and item["Taxable"]
        return {"value": code or ("TAX" if taxed else "NON")}
    if code is None:
        raise errors.business("Make sure all your transactions have a tax rate before you save.", "TaxCodeRef")
    row = company.refer("TaxCode", {"value": code})
    return {"value": row["Id"], "name": row["Name"]}


def _tax_percent(company: Company, code: str) -> Decimal:
    if company.options.is_us:
        taxed = company.options.automated_sales_tax and code == "TAX"
        return company.options.sales_tax_rate if taxed else Decimal(0)
    row = company.row("TaxCode", code)
    details = row["SalesTaxRateList"]["TaxRateDetail"]
    rates = (company.row("TaxRate", detail["TaxRateRef"]["value"])["RateValue"] for detail in details)
    return sum(rates, Decimal(0))
