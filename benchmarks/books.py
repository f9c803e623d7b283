"""The documents of one sandbox company, to be posted again into a fresh one, where ids are others: by names."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import requests
import simplejson

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from tests.shop import Shop

Row = dict[str, Any]

_REFERENCES = {
    "CustomerRef": "Customer",
    "ItemRef": "Item",
    "PaymentMethodRef": "PaymentMethod",
    "DepositToAccountRef": "Account",
    "IncomeAccountRef": "Account",
    "ExpenseAccountRef": "Account",
    "AssetAccountRef": "Account",
}
# What a client sends; what QuickBooks adds to its answers is left out. In an order in which they can be made.
_LISTS = {
    "Account": ("Name", "AccountType", "AccountSubType"),
    "PaymentMethod": ("Name", "Type"),
    "Customer": ("DisplayName",),
    "Item": ("Name", "Type", "IncomeAccountRef"),
}
_INVENTORY = ("ExpenseAccountRef", "AssetAccountRef", "TrackQtyOnHand", "InvStartDate")
_DOCUMENT = ("CustomerRef", "TxnDate", "DocNumber", "PrivateNote")
_DOCUMENTS = {"Invoice": _DOCUMENT, "RefundReceipt": (*_DOCUMENT, "PaymentMethodRef", "DepositToAccountRef")}
_PAYMENT = ("CustomerRef", "TxnDate", "TotalAmt", "PaymentRefNum", "PaymentMethodRef", "PrivateNote")
_LINE = ("DetailType", "Amount", "Description")
_DETAIL = ("ItemRef", "Qty", "UnitPrice", "TaxCodeRef")
_TIMEOUT_SECONDS = 60


@dataclass(frozen=True, slots=True)
class Documents:
    """What is to be posted, as bodies for the API of one company; amounts are decimals.

    Attributes:
        first: Entity and body of every invoice and refund receipt.
        payments: Number of the invoice (``DocNumber``) and the body of the payment, which lacks its ``Line``.
    """

    first: Sequence[tuple[str, Row]]
    payments: Sequence[tuple[str, Row]]


@dataclass(frozen=True, slots=True)
class Books:
    """A company's lists and documents, as the sandbox shows them."""

    rows: Mapping[str, Sequence[Row]]

    @classmethod
    def read(cls, shop: Shop) -> Books:
        """Read them through the sandbox's back door."""
        return cls({entity: _rows(shop, entity) for entity in (*_LISTS, *_DOCUMENTS, "Payment")})

    def for_company(self, shop: Shop) -> Documents:
        """Make what the documents refer to in a fresh company, by the back door, and give the documents for it."""
        ids = {entity: {_name(row): row["Id"] for row in _rows(shop, entity)} for entity in _LISTS}
        for entity in _LISTS:
            for row in self.rows[entity]:
                if _name(row) not in ids[entity]:
                    order = {"op": "create", "entity": entity, "body": _resolve(_list_body(entity, row), ids)}
                    ids[entity][_name(row)] = shop.post("qbo/entity", order)[entity]["Id"]
        numbers = {row["Id"]: row["DocNumber"] for row in self.rows["Invoice"]}
        return Documents(
            first=[
                (entity, _resolve(_kept(row, fields) | {"Line": _lines(row)}, ids))
                for entity, fields in _DOCUMENTS.items()
                for row in self.rows[entity]
            ],
            payments=[
                (numbers[row["Line"][0]["LinkedTxn"][0]["TxnId"]], _resolve(_kept(row, _PAYMENT), ids))
                for row in self.rows["Payment"]
            ],
        )


def payment_line(amount: object, invoice_id: str) -> Row:
    """Return the line by which a payment pays an invoice."""
    return {"Amount": amount, "LinkedTxn": [{"TxnId": invoice_id, "TxnType": "Invoice"}]}


def _rows(shop: Shop, entity: str) -> list[Row]:
    answer = requests.get(f"{shop.url}/qbo-entities", params={"entity": entity}, timeout=_TIMEOUT_SECONDS)
    answer.raise_for_status()
    rows: list[Row] = simplejson.loads(answer.content, use_decimal=True)[entity]
    return rows


def _name(row: Row) -> str:
    return str(row.get("Name") or row["DisplayName"])


def _kept(row: Row, fields: Sequence[str]) -> Row:
    return {field: row[field] for field in fields if field in row}


def _list_body(entity: str, row: Row) -> Row:
    body = _kept(row, _LISTS[entity])
    return body | _kept(row, _INVENTORY) | {"QtyOnHand": 0} if row.get("Type") == "Inventory" else body


def _lines(row: Row) -> list[Row]:
    return [
        _kept(line, _LINE) | {"SalesItemLineDetail": _kept(line["SalesItemLineDetail"], _DETAIL)}
        for line in row["Line"]
        if "SalesItemLineDetail" in line
    ]


def _resolve(value: Any, ids: Mapping[str, Mapping[str, str]]) -> Any:  # noqa: ANN401 (any JSON value)
    if isinstance(value, dict):
        return {
            key: {"value": ids[_REFERENCES[key]][inner["name"]]} if key in _REFERENCES else _resolve(inner, ids)
            for key, inner in value.items()
        }
    if isinstance(value, list):
        return [_resolve(inner, ids) for inner in value]
    return value
