"""What a company is set to: its country, plan, preferences, and how it treats what the API's notes leave open."""

from __future__ import annotations

import dataclasses
import datetime as dt
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Literal, get_args, get_type_hints

DiscountItems = Literal["accepted", "refused", "retyped"]
VoidNotes = Literal["kept", "replaced"]
RequestIds = Literal["honoured", "batch_creates_twice", "batch_answers_6000", "ignored"]


@dataclass(slots=True)
class Options:
    """The switches of a company; all of them can be changed while it runs.

    Attributes:
        country: `US`, or another country's code: then every line needs a real tax code.
        home_currency: The currency of the books.
        multicurrency: Whether the company has several currencies; then documents must name theirs.
        automated_sales_tax: Whether QuickBooks adds US sales tax to lines coded `TAX`.
        sales_tax_rate: The percentage that automated sales tax adds.
        inventory: Whether the plan has inventory items.
        departments: Whether the plan has departments ("locations").
        classes: Whether the plan has classes.
        custom_txn_numbers: Whether DocNumbers are the user's own, and so must not repeat (6140).
        auto_apply_credit: Whether open credit is put on the customer's open invoices by itself.
        book_close_date: Documents up to and including this date can't be changed (6210).
        discount_items: What happens to an item of type Discount: it is made, refused, or comes out as a Service.
        requestid: Whether a repeated requestid gets the first answer: always, not in batches (which then do
            the work twice, or answer 6000), or never.
        void_notes: Whether a void puts its word before a document's note, or in the place of it.
        subscription_ended: Whether every write is refused with 6190.
        deposit_to_liabilities: Whether a payment's deposit account may be a liability (for gift cards).
        ref_names: Whether documents show the names of what they refer to; recorded answers often have only the ids.
        time_zone: The company's time zone.
    """

    country: str = "US"
    home_currency: str = "USD"
    multicurrency: bool = False
    automated_sales_tax: bool = False
    sales_tax_rate: Decimal = Decimal(8)
    inventory: bool = True
    departments: bool = True
    classes: bool = True
    custom_txn_numbers: bool = False
    auto_apply_credit: bool = True
    book_close_date: dt.date | None = None
    discount_items: DiscountItems = "accepted"
    requestid: RequestIds = "honoured"
    void_notes: VoidNotes = "kept"
    subscription_ended: bool = False
    deposit_to_liabilities: bool = True
    ref_names: bool = True
    time_zone: str = "America/Denver"

    @property
    def is_us(self) -> bool:
        """Whether US tax codes (`TAX`, `NON`) hold."""
        return self.country == "US"

    def change(self, changes: dict[str, Any]) -> None:
        """Set some of the switches from JSON values.

        Args:
            changes: Values by name; a date as YYYY-MM-DD or null.

        Raises:
            ValueError: A name or a value that doesn't exist.
        """
        read = read_settings(Options, changes)
        for name, value in read.items():
            setattr(self, name, value)


def read_settings(cls: type, changes: dict[str, Any]) -> dict[str, Any]:
    """Read JSON values for the fields of a data class of switches.

    Args:
        cls: The data class.
        changes: Values by field name.

    Raises:
        ValueError: A name that isn't a field, or a value of the wrong type.
    """
    hints = get_type_hints(cls)
    names = {field.name for field in dataclasses.fields(cls)}
    values = {}
    for name, value in changes.items():
        if name not in names:
            raise ValueError(f"There is no setting {name!r} in {', '.join(sorted(names))}.")
        values[name] = _read(name, hints[name], value)
    return values


def _read(name: str, hint: Any, value: Any) -> Any:  # noqa: ANN401 - a type hint and a JSON value can be anything
    allowed = get_args(hint)
    if value is None and type(None) in allowed:
        return None
    kinds = [kind for kind in (allowed or (hint,)) if kind is not type(None)]
    if dt.date in kinds and isinstance(value, (str, dt.date)):
        return dt.date.fromisoformat(str(value))
    if Decimal in kinds and isinstance(value, (int, str, Decimal)) and not isinstance(value, bool):
        return Decimal(value)
    if float in kinds and isinstance(value, (int, float, Decimal)) and not isinstance(value, bool):
        return float(value)
    if value in kinds or (type(value) in kinds and type(value) in {bool, int, str}):
        return value
    raise ValueError(f"{name}: {value!r} is not one of {hint}.")
