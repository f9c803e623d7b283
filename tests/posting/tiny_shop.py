"""A till, a ledger and the tiny books together: what the tests of posting without processes work on."""

from __future__ import annotations

import contextlib
import datetime as dt
import sqlite3
from collections import Counter
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from target_qbo.accounting import Document, DocumentKind, Rules, decide_records
from target_qbo.accounting.kinds import facts
from target_qbo.accounting.naming import ownership_mark
from target_qbo.company import Company
from target_qbo.errors import TargetError
from target_qbo.ledger import CompanyLedger, inbox, units
from target_qbo.ledger.status import TicketStatus
from target_qbo.ledger.tables import companies, metadata, tickets
from target_qbo.ledger.undoing import Choice
from target_qbo.posting.engine import post_pending
from target_qbo.posting.plan import Outcome, decided, plan
from target_qbo.posting.resync import mark_again
from target_qbo.posting.summary import RunSummary
from target_qbo.posting.undo import Undone, undo
from target_qbo.qbo import RateLimits
from target_qbo.settings import SETTINGS, Settings
from tests.posting.tiny_books import KilledError, TinyBooks

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from target_qbo.accounting.documents import Decision

RULES = Rules()
DAY = dt.date(2026, 3, 2)
LATER = dt.datetime(2026, 3, 20, tzinfo=dt.UTC)
DEFAULTS = {name: schema["default"] for name, schema in SETTINGS["properties"].items() if "default" in schema}


def ticket(
    name: str, amounts: Sequence[int], methods: Sequence[str], *, refund: bool
) -> tuple[dict[str, Any], list[dict[str, Any]]]:
    """Return a ticket and its payments as they are received: amounts in cents, one tender for each."""
    sign = -1 if refund else 1
    paid: list[dict[str, Any]] = [
        {
            "location_id": "1",
            "payment_id": f"{name}{place}",
            "ticket_id": name,
            "paid_at": "2026-03-02T11:20:00-07:00",
            "method": method,
            "card_type": None,
            "amount": sign * Decimal(cents).scaleb(-2),
        }
        for place, (cents, method) in enumerate(zip(amounts, methods, strict=False))
    ]
    total = sum((row["amount"] for row in paid), Decimal(0))
    line = {"line_id": "1", "kind": "service", "name": "Cut", "quantity": sign, "unit_price": abs(total)}
    record = {
        "location_id": "1",
        "ticket_id": name,
        "number": name,
        "created_at": "2026-03-02T11:20:00-07:00",
        "business_date": DAY.isoformat(),
        "status": "closed",
        "lines": [line | {"amount": total}],
        "tax_total": 0,
        "tip_total": 0,
        "total": total,
        "payment_ids": [row["payment_id"] for row in paid],
        "discount_ids": [],
    }
    return record, paid


def wrong(books: TinyBooks, decisions: Mapping[str, Decision]) -> list[str]:
    """Return what stands otherwise than the rules say, given what they say of each ticket, by order id."""
    told = []
    for name, decision in decisions.items():
        wanted: Counter[tuple[str, str]] = Counter()
        if isinstance(decision, Document):
            wanted[facts(decision.kind).entity, str(decision.total)] += 1
            wanted.update(("Payment", str(payment.amount)) for payment in decision.payments)
        mark = ownership_mark("1", name)
        stands = Counter(
            (entity, f"{row['TotalAmt']:.2f}")
            for entity in (facts(kind).entity for kind in DocumentKind)
            for row in books.standing(entity)
            if mark in row["PrivateNote"]
        )
        if stands != wanted:
            told.append(f"{name}: {dict(stands)}, not {dict(wanted)}")
    told += [f"unapplied {row}" for row in books.standing("Payment") if row["UnappliedAmt"]]
    return told + [f"open {row}" for row in books.standing("Invoice") if row["Balance"]]


class Shop:
    """A till with some tickets, a ledger that is emptied first, and books in which they are to stand.

    Attributes:
        stopped: What stopped the latest run; None: nothing did.
        limits: Of all runs together; None: each has its own.
    """

    def __init__(self, ledger: CompanyLedger, *, on_change: str = "update", batch_size: int = 4) -> None:
        with ledger.write() as connection:
            for table in reversed(metadata.sorted_tables):
                if table is not companies:
                    connection.execute(sa.delete(table))
            connection.execute(sa.update(companies).values(verified_from=None))
        self.ledger = ledger
        self.books = TinyBooks()
        self.settings = Settings.from_config(
            DEFAULTS
            | {
                "realm_id": "1",
                "client_id": "c",
                "client_secret": "s",
                "settle_seconds": 0,
                "minute_seconds": 0.01,
                "max_concurrency": 1,
                "batch_size": batch_size,
                "on_change": on_change,
            }
        )
        self.tickets: dict[str, dict[str, Any]] = {}
        self.paid: dict[str, list[dict[str, Any]]] = {}
        self.stopped: BaseException | None = None
        self.limits: RateLimits | None = None

    def ring_up(self, name: str, amounts: Sequence[int], methods: Sequence[str], *, refund: bool) -> None:
        """Ring a ticket up, or have another one in its place: amounts in cents, one tender for each."""
        self.tickets[name], self.paid[name] = ticket(name, amounts, methods, refund=refund)

    def receive(self) -> None:
        """Have the ledger receive all as it now is."""
        now = dt.datetime.now(dt.UTC)
        inbox.receive_payments(self.ledger, [row for rows in self.paid.values() for row in rows], now)
        inbox.receive_tickets(self.ledger, self.tickets.values(), now)

    def run(self) -> RunSummary:
        """Post what is pending."""
        summary = RunSummary()
        self.stopped = None
        try:
            post_pending(self._company(), summary)
        except (KilledError, TargetError) as error:
            self.stopped = error
        return summary

    def resync(self) -> None:
        """Hold every ticket against the books, and have it decided again."""
        with contextlib.suppress(TargetError):
            mark_again(self._company(), self.keys(), insist=True)

    def statuses(self) -> dict[str, TicketStatus]:
        """Return the tickets' statuses."""
        with self.ledger.read() as connection:
            rows = connection.execute(sa.select(tickets.c.ticket_id, tickets.c.status)).all()
        return {name: TicketStatus(status) for name, status in rows}

    def keys(self) -> list[int]:
        """Return the tickets' keys in the ledger."""
        with self.ledger.read() as connection:
            return list(connection.execute(sa.select(tickets.c.id)).scalars())

    def foretold(self) -> dict[str, Outcome]:
        """Return what is planned for what is pending."""
        units.assign(self.ledger)
        found = {}
        for view in units.pending(self.ledger):
            decision = decided(view, RULES, LATER)
            found[view.record["ticket_id"]] = plan(view, decision, on_change=self.settings.on_change).outcome
        return found

    def wrong(self) -> list[str]:
        """Return what stands otherwise than it is to."""
        decide = {name: decide_records(one, self.paid[name], [], RULES, LATER) for name, one in self.tickets.items()}
        return wrong(self.books, decide)

    def undo(self) -> Undone:
        """Take all out of the books again."""
        undone = Undone()
        with contextlib.suppress(KilledError, TargetError):
            undo(self._company(), Choice(), undone)
        return undone

    def _company(self) -> Company:
        limits = self.limits or RateLimits(requests=10_000, batches=10_000, minute=self.settings.minute_seconds)
        return Company(self.settings, self.ledger, self.books, limits, None)  # type: ignore[arg-type]

    def dump(self) -> str:
        """Return the ledger as it is."""
        with sqlite3.connect(self.ledger.engine.url.database or "") as database:
            return "\n".join(database.iterdump())

    def put_back(self, backup: str) -> None:
        """Have the ledger be what it was."""
        self.ledger.engine.dispose()
        path = Path(self.ledger.engine.url.database or "")
        for one in path.parent.glob(path.name + "*"):
            one.unlink()
        with sqlite3.connect(path) as database:
            database.executescript(backup)
