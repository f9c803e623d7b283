"""What QuickBooks says of a document, as a value: the one place that reads its rows.

Source: QuickBooks API notes, Entities and Seen live.
"""

from __future__ import annotations

import datetime as dt
import re
from collections import defaultdict
from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING, Any, NamedTuple

from target_qbo.accounting import DocumentKind
from target_qbo.accounting.kinds import facts
from target_qbo.accounting.money import ZERO, cents
from target_qbo.accounting.naming import marked
from target_qbo.ledger.adopting import Found

if TYPE_CHECKING:
    from collections.abc import Mapping

    from target_qbo.names.methods import Methods

Row = dict[str, Any]

_VOID_WORD = re.compile(r"^\s*voided\W*", re.IGNORECASE)
_SALES_LINE = "SalesItemLineDetail"


class Sold(NamedTuple):
    """A line of a document: amount, description, the item's id and its name."""

    amount: Decimal
    text: str
    item: str
    name: str


@dataclass(frozen=True, slots=True)
class Standing:
    """A document as QuickBooks has it."""

    kind: DocumentKind
    row: Row

    @property
    def qbo_id(self) -> str:
        """Its id."""
        return str(self.row["Id"])

    @property
    def sync_token(self) -> str:
        """Its version, as it was when it was read."""
        return str(self.row.get("SyncToken", "0"))

    @property
    def number(self) -> str | None:
        """Our own number of it; of a payment its ``PaymentRefNum``."""
        number = self.row.get(facts(self.kind).number_field)
        return None if number is None else str(number)

    @property
    def note(self) -> str:
        """Its ``PrivateNote``."""
        return str(self.row.get("PrivateNote") or "")

    @property
    def date(self) -> dt.date:
        """Its date in the books."""
        return dt.date.fromisoformat(str(self.row["TxnDate"])[:10])

    def total(self, ours: Decimal = ZERO) -> Decimal:
        """Return its total; ours where it tells none."""
        total = amount_in(self.row, "TotalAmt")
        return ours if total is None else total

    @property
    def balance(self) -> Decimal | None:
        """What of an invoice is open; None where it does not tell."""
        return amount_in(self.row, "Balance")

    @property
    def unapplied(self) -> Decimal:
        """What of a payment is on no invoice."""
        return amount_in(self.row, "UnappliedAmt") or ZERO

    @property
    def customer(self) -> str:
        """The id of its customer."""
        return str((self.row.get("CustomerRef") or {}).get("value", ""))

    @property
    def voided(self) -> bool:
        """Whether it was voided: it stays, with amounts 0 and a word in its note."""
        return "Voided" in self.note and not self.total()

    @property
    def deposited(self) -> bool:
        """Whether it is in a bank deposit, so that nothing about it can be changed (6540)."""
        return bool(self.linked("Deposit"))

    @property
    def sold(self) -> list[Sold]:
        """Its own lines; the one that repeats their sum is left out."""
        found = []
        for line in self.row.get("Line") or ():
            if line.get("DetailType") == _SALES_LINE:
                item = (line.get(_SALES_LINE) or {}).get("ItemRef") or {}
                amount, text = cents(Decimal(str(line.get("Amount") or 0))), str(line.get("Description") or "")
                found.append(Sold(amount, text, str(item.get("value", "")), str(item.get("name", ""))))
        return found

    def linked(self, kind: str) -> list[str]:
        """Return the ids of documents of a kind that it is linked with as a whole."""
        links = self.row.get("LinkedTxn") or ()
        return [str(link.get("TxnId")) for link in links if link.get("TxnType") == kind]

    @property
    def applied(self) -> Mapping[str, Decimal]:
        """How much of a payment is on which invoice."""
        found: dict[str, Decimal] = defaultdict(Decimal)
        for line in self.row.get("Line") or ():
            for link in line.get("LinkedTxn") or ():
                if link.get("TxnType") == facts(DocumentKind.INVOICE).entity:
                    found[str(link.get("TxnId"))] += Decimal(str(line.get("Amount", 0)))
        return found

    def pays(self, invoice: str | None, amount: Decimal) -> bool:
        """Tell whether all of a payment is on its invoice, as far as its row shows that; None: an invoice not known."""
        if self.unapplied:
            return False
        return invoice is None or not self.row.get("Line") or self.applied.get(invoice) == self.total(amount)

    def is_of(self, mark: str) -> bool:
        """Tell whether its note has an ownership mark."""
        return mark in self.note

    @property
    def ticket(self) -> tuple[str, str] | None:
        """The location and the order of which its note says that it is, if it is one of ours."""
        mark = marked(self.note, voided=self.voided)
        return None if mark is None or not self.number else (mark["location"], mark["name"])

    def found(self, methods: Methods) -> Found | None:
        """Return it as the ledger enters it, if its note says that it is ours."""
        if (ticket := self.ticket) is None or self.number is None:
            return None
        return Found(
            location_id=ticket[0],
            name=ticket[1],
            kind=self.kind,
            number=self.number,
            amount=self.total(),
            date=self.date,
            method=methods.named(self.row),
            qbo_id=self.qbo_id,
            sync_token=self.sync_token,
        )

    def told(self, amount: Decimal) -> dict[str, Any]:
        """Return what the ledger keeps of it once it stands."""
        return {"qbo_id": self.qbo_id, "sync_token": self.sync_token, "amount": amount}

    def made_again(self, *, amount: Decimal, date: dt.date, number: str, invoice: str) -> Row:
        """Return the body of the payment that it was before it was voided, on the same invoice."""
        kept = ("CustomerRef", "CurrencyRef", "PaymentMethodRef", "DepositToAccountRef")
        return {name: self.row[name] for name in kept if self.row.get(name)} | {
            "TxnDate": date.isoformat(),
            "TotalAmt": amount,
            "PaymentRefNum": number,
            "PrivateNote": _VOID_WORD.sub("", self.note),
            "Line": [{"Amount": amount, "LinkedTxn": [{"TxnId": invoice, "TxnType": "Invoice"}]}],
        }


def amount_in(row: Row, field: str) -> Decimal | None:
    """Return an amount of a row; None where it does not tell it."""
    value = row.get(field)
    if value is None:
        return None
    return cents(value if isinstance(value, Decimal) else Decimal(str(value)))
