"""What is under way for a ticket, and one write of it."""

from __future__ import annotations

import datetime as dt
import hashlib
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

import simplejson

from target_qbo.accounting import DocumentKind
from target_qbo.accounting.naming import further_number, plain
from target_qbo.posting.payloads import document_body, payment_body

if TYPE_CHECKING:
    from collections.abc import Mapping
    from decimal import Decimal

    from target_qbo.accounting import Document, Payment
    from target_qbo.posting.payloads import DocumentRefs
    from target_qbo.qbo.faults import Fault

EARLIEST = dt.date(2000, 1, 1)
"""No till is older; .NET writes an earlier date where there is none."""


@dataclass(slots=True)
class TicketWork:
    """A ticket whose documents are being posted.

    Attributes:
        key: The ticket's key in the ledger.
        revision: What of it had been received when it was decided.
        document: What is to stand.
        refs: Ids of what it refers to.
        posted_id: Id of the document, once it stands.
        unpaid: Payments that do not stand yet, by key.
        missing: Requestids of what was sent, never answered and does not stand, by kind and number.
        outstanding: Writes on their way, or set aside with their fate unknown.
        refused: The fault of a write that was refused for good.
        names: The ticket's, for the log: ``location``, ``ticket``, ``receipt``.
        renumbered: How often the document got a further number, because another document has the one before.
    """

    key: int
    revision: int
    document: Document
    refs: DocumentRefs
    posted_id: str | None = None
    unpaid: dict[str, Payment] = field(default_factory=dict)
    missing: Mapping[tuple[str, str], str] = field(default_factory=dict)
    outstanding: int = 0
    refused: Fault | None = None
    renumbered: int = 0
    names: Mapping[str, Any] = field(default_factory=dict)
    _fingerprint: str | None = None

    @property
    def fingerprint(self) -> str:
        """The hash of what the document, with its payments, says."""
        if self._fingerprint is None:
            self._fingerprint = fingerprint(self.document)
        return self._fingerprint

    def next_writes(self) -> list[Write]:
        """Return what can be sent now, from here on outstanding: the document, or its payments when it has its id."""
        document = self.document
        if self.posted_id is None:
            body = document_body(document, self.refs)
            writes = [self._write(document.kind, document.number, document.total, document.method, body)]
        else:
            writes = [
                self._write(
                    DocumentKind.PAYMENT,
                    payment.key,
                    payment.amount,
                    payment.method,
                    payment_body(document, payment, self.posted_id, self.refs),
                )
                for payment in self.unpaid.values()
            ]
        self.outstanding = len(writes)
        return writes

    def _write(
        self, kind: DocumentKind, number: str, amount: Decimal, method: str | None, body: Mapping[str, Any]
    ) -> Write:
        return Write(self, kind, number, amount, method, body, self.missing.get((kind, number)))

    def renumber(self) -> None:
        """Take the further number after the one it has, always the same one, and be ready to be sent again."""
        self.document = replace(self.document, number=further_number(self.document.number))
        self.renumbered += 1
        self.refused = None

    def arrived(self, write: Write, entity_id: str | None) -> None:
        """Take note of a write that was answered: with the id it has, or None where it was refused."""
        self.outstanding -= 1
        if write.kind is DocumentKind.PAYMENT:
            self.unpaid.pop(write.number, None)
        else:
            self.posted_id = entity_id


@dataclass(frozen=True, slots=True)
class Write:
    """One document to create; ``sent_as`` is the requestid of a request that was never answered and left nothing."""

    work: TicketWork
    kind: DocumentKind
    number: str
    amount: Decimal
    method: str | None
    body: Mapping[str, Any]
    sent_as: str | None = None

    @property
    def place(self) -> tuple[int, str, str]:
        """Where it stands in a batch, whatever the order in which the batch came together."""
        return (self.work.key, self.kind, self.number)

    def digest(self) -> str:
        """Return a hash of what is sent."""
        text = simplejson.dumps(self.body, use_decimal=True)
        return hashlib.sha256(text.encode("ascii")).hexdigest()


def fingerprint(document: Document) -> str:
    """Return a hash of what a document says, by which a changed one is told from the one that stands.

    Its number is not part of it: a document keeps the number with which it was posted.
    """
    text = simplejson.dumps(_plain(document), sort_keys=True)
    return hashlib.sha256(text.encode("ascii")).hexdigest()


def _plain(document: Document) -> dict[str, Any]:
    return {
        "kind": document.kind,
        "date": document.date.isoformat(),
        "note": document.note,
        "method": document.method,
        "lines": [
            [
                line.item.role,
                line.item.name,
                plain(line.quantity),
                plain(line.unit_price),
                str(line.amount),
                line.description,
            ]
            for line in document.lines
        ],
        "payments": [[payment.key, payment.method, str(payment.amount), payment.note] for payment in document.payments],
    }
