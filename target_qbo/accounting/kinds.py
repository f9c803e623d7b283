"""What each kind of document is, to the rules and to QuickBooks: one row of a table for each.

Sources: accounting rules, Given 6 and 7 and Documents; QuickBooks API notes, Requests (how a document is taken back)
and Entities. What a kind is stands here alone; what is written of one stands in its body.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType
from typing import TYPE_CHECKING

from target_qbo.accounting.documents import DocumentKind

if TYPE_CHECKING:
    from collections.abc import Mapping


class TakenBack(StrEnum):
    """How QuickBooks takes a document out of the books."""

    VOID = "void"  # operation=void with id and token; it stays, with amounts of 0
    VOID_UPDATE = "void_update"  # operation=update with include=void and the whole object; it stays likewise
    DELETE = "delete"  # operation=delete; it is gone


@dataclass(frozen=True, slots=True)
class KindFacts:
    """What one kind of document is.

    Attributes:
        entity: Its name in QuickBooks' API, as in queries and links.
        number_field: The field that carries our own number of it, by which it is found again.
        word: What a person calls it.
        plural: What a person calls several.
        sign: +1 where it adds to the shop's sales or money, -1 where it takes away; its amounts are never negative.
        taken_back_by: How it is taken out of the books.
        has_lines: Whether it carries the ticket's lines; such a document stands once for a ticket.
        has_payments: Whether documents of kind Payment settle it; it then has an open balance.
        has_method: Whether it names a payment method.
        needs_deposit_account: Whether QuickBooks refuses it without the account its money goes to or comes from.
    """

    entity: str
    number_field: str
    word: str
    plural: str
    sign: int
    taken_back_by: TakenBack
    has_lines: bool
    has_payments: bool
    has_method: bool
    needs_deposit_account: bool


KINDS: Mapping[DocumentKind, KindFacts] = MappingProxyType(
    {
        DocumentKind.INVOICE: KindFacts(
            entity="Invoice",
            number_field="DocNumber",
            word="invoice",
            plural="invoices",
            sign=1,
            taken_back_by=TakenBack.VOID,
            has_lines=True,
            has_payments=True,
            has_method=False,
            needs_deposit_account=False,
        ),
        DocumentKind.PAYMENT: KindFacts(
            entity="Payment",
            number_field="PaymentRefNum",
            word="payment",
            plural="payments",
            sign=1,
            taken_back_by=TakenBack.VOID_UPDATE,
            has_lines=False,
            has_payments=False,
            has_method=True,
            needs_deposit_account=False,
        ),
        DocumentKind.REFUND_RECEIPT: KindFacts(
            entity="RefundReceipt",
            number_field="DocNumber",
            word="refund receipt",
            plural="refund receipts",
            sign=-1,
            taken_back_by=TakenBack.DELETE,
            has_lines=True,
            has_payments=False,
            has_method=True,
            needs_deposit_account=True,
        ),
    }
)
"""The table."""


def facts(kind: DocumentKind | str) -> KindFacts:
    """Return the row of a kind; its value, as it stands in the ledger, does too.

    Raises:
        ValueError: It is no kind of document.
    """
    try:
        return KINDS[kind]  # type: ignore[index]  # a member is its value, as a key too: asked for very often
    except KeyError:
        raise ValueError(f"{kind!r} is no kind of document") from None


@dataclass(frozen=True, slots=True)
class StrangerFacts:
    """What a kind of document is that is never made here, and in which the same sales may stand.

    Attributes:
        kind: What programs call it.
        entity: Its name in QuickBooks' API.
        word: What a person calls it.
        sign: +1 where it adds to the sales, -1 where it takes away.
        is_money: Whether it is money received, too.
    """

    kind: str
    entity: str
    word: str
    sign: int
    is_money: bool

    @property
    def plural(self) -> str:
        """What a person calls several."""
        return f"{self.word}s"


STRANGERS = (
    StrangerFacts("sales_receipt", "SalesReceipt", "sales receipt", 1, is_money=True),
    StrangerFacts("credit_memo", "CreditMemo", "credit memo", -1, is_money=False),
)
"""The table of them."""


def plural_of(kind: str) -> str:
    """Return what a person calls several documents of a kind, of ours or of a stranger's.

    Raises:
        ValueError: It is neither.
    """
    stranger = next((one for one in STRANGERS if one.kind == kind), None)
    return facts(kind).plural if stranger is None else stranger.plural
