"""The books held against the till, document by document: what the accounting rules expect, and what QuickBooks has."""

from __future__ import annotations

from collections import defaultdict
from decimal import Decimal
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    Truth = Mapping[str, Any]
    Books = Mapping[str, Any]

_KINDS = {"Invoice": "invoice", "RefundReceipt": "refund_receipt"}


def compare(tickets: Sequence[Truth], books: Books) -> list[str]:
    """Compare the sandbox's truth (`GET /control/tickets`) with its books (`GET /control/books`).

    Returns:
        One line for each difference: a ticket without its document, with two, with another amount, day or payments, a
        document without its ticket, money left open or unapplied. None where the books are right to the cent.
    """
    standing: dict[str, list[Mapping[str, Any]]] = defaultdict(list)
    for document in books["documents"]:
        if not document["voided"]:
            standing[document["private_note"].split(";")[0]].append(document)
    differences = []
    for ticket in tickets:
        name = f"Franpos location {ticket['location_id']} order {ticket['ticket_id']}"
        found = standing.pop(name, [])
        differences += [f"{name}: {text}" for text in _differences(ticket, found)]
    differences += [f"{name}: stands for no ticket" for name in standing]
    for what in ("open_balance", "unapplied"):
        if Decimal(books["totals"][what]):
            differences.append(f"{what}: {books['totals'][what]}")
    return differences


def _differences(ticket: Truth, found: Sequence[Mapping[str, Any]]) -> list[str]:
    expected = ticket["expected"]
    if expected["kind"] == "none":
        return [f"has {len(found)} documents, must have none"] if found else []
    if len(found) != 1:
        return [f"has {len(found)} documents, must have one"]
    (document,) = found
    pairs = {
        "kind": (_KINDS.get(document["entity"]), expected["kind"]),
        "total": (Decimal(document["total"]), Decimal(expected["document_total"])),
        "day": (document["txn_date"], ticket["business_date"]),
        "lines": (sum(Decimal(line["amount"]) for line in document["lines"]), Decimal(expected["document_total"])),
    }
    if expected["kind"] == "invoice":
        pairs["payments"] = (_payments(document["linked_payments"]), _payments(expected["payments"]))
    elif expected["method"] is not None:
        pairs["method"] = (str(document["payment_method"]).casefold(), str(expected["method"]).casefold())
    return [f"{what} is {is_}, must be {must}" for what, (is_, must) in pairs.items() if is_ != must]


def _payments(payments: Sequence[Mapping[str, Any]]) -> list[tuple[str, Decimal]]:
    """Methods compare as QuickBooks compares names: without case."""
    return sorted((payment["method"].casefold(), Decimal(payment["amount"])) for payment in payments)
