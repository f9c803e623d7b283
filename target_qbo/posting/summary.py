"""What a run did, for its last lines and for the ledger."""

from __future__ import annotations

from collections import Counter, defaultdict
from dataclasses import dataclass, field
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from target_qbo.accounting import DocumentKind
from target_qbo.accounting.liabilities import Owed
from target_qbo.ledger import tickets
from target_qbo.ledger.status import TicketStatus

if TYPE_CHECKING:
    from collections.abc import Iterator

    from target_qbo.ledger import CompanyLedger

_SHOWN = 50
_SHOWN_IN_FULL = (TicketStatus.SKIPPED, TicketStatus.WAITING, TicketStatus.POSTING)
# Not those that are done with: they are the whole past, and a night's run is not to grow with it.
_OPEN = (TicketStatus.RECEIVED, *_SHOWN_IN_FULL)
_PLURALS = {
    DocumentKind.INVOICE: "invoices",
    DocumentKind.PAYMENT: "payments",
    DocumentKind.REFUND_RECEIPT: "refund receipts",
}


@dataclass(slots=True)
class RunSummary:
    """Figures of one run. ``amounts`` are in the company's currency, by kind of document."""

    posted: int = 0
    skipped: int = 0
    waiting: int = 0
    open: int = 0
    taken_back: int = 0
    owed: Owed = field(default_factory=Owed)
    documents: Counter[DocumentKind] = field(default_factory=Counter)
    amounts: dict[DocumentKind, Decimal] = field(default_factory=lambda: defaultdict(Decimal))

    def add_document(self, kind: DocumentKind, amount: Decimal) -> None:
        """Count a document that now stands."""
        self.documents[kind] += 1
        self.amounts[kind] += amount

    def take_back(self, kind: DocumentKind, amount: Decimal) -> None:
        """Count a document that was taken back."""
        self.taken_back += 1
        self.documents[kind] -= 1
        self.amounts[kind] -= amount

    def as_record(self) -> dict[str, Any]:
        """Return the figures for the ledger."""
        return {
            "posted": self.posted,
            "skipped": self.skipped,
            "waiting": self.waiting,
            "open": self.open,
            "taken_back": self.taken_back,
            "owed": {"sold": str(self.owed.sold), "redeemed": str(self.owed.redeemed)},
            "documents": {kind.value: number for kind, number in self.documents.items()},
            "amounts": {kind.value: str(amount) for kind, amount in self.amounts.items()},
        }

    def figures(self) -> str:
        """Return in one line what was posted."""
        documents = ", ".join(
            f"{number} {_PLURALS[kind]} of {self.amounts[kind]:,.2f}" for kind, number in sorted(self.documents.items())
        )
        return f"posted in this run: {self.posted} tickets" + (f" ({documents})" if documents else "")

    def lines(self, ledger: CompanyLedger) -> Iterator[str]:
        """Yield the run's last lines for people: what was posted, what is skipped and why, what waits."""
        yield self.figures()
        if self.owed != Owed():
            yield (
                f"gift cards and deposits: {self.owed.sold:,.2f} sold were posted as income, {self.owed.redeemed:,.2f} "
                "redeemed as money received; they are a liability: set item_rules, and deposit_accounts of Gift Card"
            )
        for status, (number, amount) in sorted(tickets.counts(ledger, _OPEN).items()):
            yield f"in the ledger: {number} tickets {status}, {amount:,.2f}"
        for shown, ticket in enumerate(tickets.listing(ledger, status=_SHOWN_IN_FULL)):
            if shown == _SHOWN:
                yield "… see all with: franpos-qbo tickets --status skipped"
                return
            yield (
                f"{ticket.status}: location {ticket.location_id} ticket {ticket.ticket_id} "
                f"(receipt {ticket.number or '-'}, {ticket.business_date}, {ticket.total:,.2f}): {ticket.reason or ''}"
            )
