"""The field map: every name the tap reads in a Franpos row stands here, and only here.

Some names are known from live use, some are assumed (Franpos API notes, Datadump). So they are read tolerantly: upper
and lower case, underscores and the spellings listed count as the same. A row that lacks what the tap needs is an error
that names the endpoint and the keys that were there, never a silent zero. Money and quantities become exact
`Decimal` values, in the shop's currency (dollars, not cents).
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, datetime, tzinfo
from decimal import Decimal
from functools import lru_cache
from typing import TYPE_CHECKING

from singer_sdk.exceptions import DataError

from tap_franpos.clocks import moment

if TYPE_CHECKING:
    from collections.abc import Mapping

NUMBER = re.compile(r"[+-]?(\d+(\.\d*)?|\.\d+)", re.ASCII)
ZERO = Decimal(0)


class FieldError(DataError):
    """A row of the API that the tap can't read; the text names the endpoint, the field and the keys that were there."""


@dataclass(frozen=True, slots=True)
class Order:
    """A row of ``v1/orders``. ``created_at`` is in the shop's time zone."""

    order_id: str
    number: str | None
    created_at: datetime
    voided: bool
    channel: str | None
    customer_id: str | None
    employee_id: str | None
    subtotal: Decimal | None
    discount_total: Decimal
    tax_total: Decimal
    tip_total: Decimal
    total: Decimal


@dataclass(frozen=True, slots=True)
class Item:
    """A row of ``v2/orderitems``: a line of a ticket. ``discount`` is what is off the whole line."""

    item_id: str
    order_id: str
    product_type: str | None
    sku: str | None
    name: str | None
    quantity: Decimal
    price: Decimal
    cost: Decimal | None
    discount: Decimal
    discount_name: str | None
    sales_person: str | None
    return_reason: str | None


@dataclass(frozen=True, slots=True)
class Payment:
    """A row of ``v1/orderPayments``. ``paid_at`` is in UTC; ``order_id`` null: money taken without a ticket."""

    payment_id: str
    order_id: str | None
    paid_at: datetime
    method: str | None
    card_type: str | None
    amount: Decimal


def order(raw: Mapping[str, object], zone: tzinfo) -> Order:
    """Read a row of ``v1/orders`` of a shop in ``zone``.

    Raises:
        FieldError: If something that is needed is missing or can't be read.
    """
    row = Row("v1/orders", raw)
    return Order(
        order_id=row.identifier("OrderId"),
        number=row.text("CustomReceiptNumber") or row.text("CompanyOrderNumber"),
        created_at=row.time(zone, "CreatedOn", "DateCreated"),
        voided=row.flag("IsVoided", "Voided"),
        channel=row.text("ShippingOption"),
        customer_id=row.text("CustomerId"),
        employee_id=row.text("EmployeeId"),
        subtotal=row.optional_number("SubTotal"),
        discount_total=row.number("DiscountTotal", null_is_zero=True),
        tax_total=row.number("TaxTotal", null_is_zero=True),
        tip_total=row.number("Tips", "Tip", "TipTotal", null_is_zero=True),
        total=row.number("Total", "OrderTotal"),
    )


def item(raw: Mapping[str, object]) -> Item:
    """Read a row of ``v2/orderitems``.

    Raises:
        FieldError: If something that is needed is missing or can't be read.
    """
    row = Row("v2/orderitems", raw)
    return Item(
        item_id=row.identifier("OrderItemId"),
        order_id=row.identifier("OrderId"),
        product_type=row.text("ProductType", "ItemType"),
        sku=row.text("Sku"),
        name=row.text("Name", "ProductName"),
        quantity=row.number("Quantity", "Qty"),
        price=row.number("Price", "UnitPrice"),
        cost=row.optional_number("Cost"),
        discount=row.number("Discount", "DiscountAmount", null_is_zero=True),
        discount_name=row.text("DiscountName"),
        sales_person=row.text("SalesPerson"),
        return_reason=row.text("ReturnReason") or row.text("ReturnDisposition"),
    )


def payment(raw: Mapping[str, object]) -> Payment:
    """Read a row of ``v1/orderPayments``.

    Raises:
        FieldError: If something that is needed is missing or can't be read.
    """
    row = Row("v1/orderPayments", raw)
    row.require("OrderId")
    return Payment(
        payment_id=row.identifier("OrderPaymentId", "PaymentId"),
        order_id=row.text("OrderId"),
        paid_at=row.time(UTC, "CreatedOnUTC"),
        method=row.text("PaymentMethod", "PaymentMethodName"),
        card_type=row.text("CreditCardType", "CardType"),
        amount=row.number("Amount", "PaymentAmount"),
    )


class Row:
    """Tolerant reading of one row: names are compared without case, underscores and blanks.

    Args:
        endpoint: Where the row came from, for errors.
        raw: The row as it came, with exact numbers (no float).
    """

    def __init__(self, endpoint: str, raw: Mapping[str, object]) -> None:
        self._endpoint = endpoint
        self._raw = raw
        self._values = dict(zip(_all_plain(tuple(raw)), raw.values(), strict=True))

    def require(self, *names: str) -> object:
        """The value under the first of the names that the row has; null counts as a value.

        Raises:
            FieldError: If the row has none of them.
        """
        for name in names:
            if _plain(name) in self._values:
                return self._values[_plain(name)]
        raise FieldError(f"A row of Franpos's {self._endpoint} has no {' or '.join(names)}; its keys are: {self._keys}")

    def text(self, *names: str) -> str | None:
        """A text or an id, trimmed; null where the row has none or an empty one."""
        for name in names:
            value = self._values.get(_plain(name))
            if value is None:
                continue
            if isinstance(value, bool | float) or not isinstance(value, str | int | Decimal):
                raise self._unreadable(name, "a text", value)
            if found := str(value).strip():
                return found
        return None

    def identifier(self, *names: str) -> str:
        """An id as a text; it must be there.

        Raises:
            FieldError: If it is missing, null or empty.
        """
        value = self.require(*names)
        found = self.text(*names)
        if found is None:
            raise self._unreadable(names[0], "an id", value)
        return found

    def number(self, *names: str, null_is_zero: bool = False) -> Decimal:
        """An amount, price or quantity; the key must be there.

        Args:
            names: The spellings of the field's name.
            null_is_zero: Whether null (not: a missing key) says that there is none of it.

        Raises:
            FieldError: If it is missing or not a plain decimal number.
        """
        value = self.require(*names)
        if value in (None, "") and null_is_zero:
            return ZERO
        return self._decimal(names[0], value)

    def optional_number(self, *names: str) -> Decimal | None:
        """An amount that the row may leave out; null where it does."""
        for name in names:
            value = self._values.get(_plain(name))
            if value not in (None, ""):
                return self._decimal(name, value)
        return None

    def time(self, zone: tzinfo, *names: str) -> datetime:
        """A time; without an offset it is one in ``zone``.

        Raises:
            FieldError: If it is missing or not ISO 8601.
        """
        value = self.require(*names)
        try:
            return moment(str(value), zone)
        except (ValueError, OverflowError):
            raise self._unreadable(names[0], "an ISO 8601 time", value) from None

    def flag(self, *names: str) -> bool:
        """A yes or no; a missing or null one is no."""
        for name in names:
            value = self._values.get(_plain(name))
            if value is None:
                continue
            match str(value).strip().lower():
                case "true" | "1":
                    return True
                case "false" | "0" | "":
                    return False
                case _:
                    raise self._unreadable(name, "true or false", value)
        return False

    def _decimal(self, name: str, value: object) -> Decimal:
        match value:
            case bool():
                pass
            case int():
                return Decimal(value)
            case Decimal() if value.is_finite():
                return value
            case str() if NUMBER.fullmatch(value.strip()):
                return Decimal(value.strip())
        raise self._unreadable(name, "a plain decimal number", value)

    def _unreadable(self, name: str, wanted: str, value: object) -> FieldError:
        shown = repr(value)[:60]
        return FieldError(
            f"A row of Franpos's {self._endpoint} has {name} = {shown}, where {wanted} is needed; "
            f"its keys are: {self._keys}"
        )

    @property
    def _keys(self) -> str:
        return ", ".join(sorted(self._raw))


# The rows of an endpoint have the same few names: they are put in their plain form once.
@lru_cache(maxsize=64)
def _all_plain(names: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(map(_plain, names))


@lru_cache(maxsize=1024)
def _plain(name: str) -> str:
    return name.replace("_", "").replace(" ", "").lower()
