"""What QuickBooks holds of a period: three large queries at once, and a look by id for what they lack.

Every page of 1,000 rows is a metered read. Nothing is written.
"""

from __future__ import annotations

import datetime as dt
import logging
import threading
from concurrent.futures import Future, ThreadPoolExecutor
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from target_qbo.accounting import DocumentKind
from target_qbo.accounting.kinds import KINDS, facts
from target_qbo.accounting.money import ZERO, cents
from target_qbo.accounting.naming import suffixed
from target_qbo.ledger import proof
from target_qbo.names.lists import EVERY, named
from target_qbo.names.methods import Methods
from target_qbo.names.plans import OURS
from target_qbo.posting.standing import Standing
from target_qbo.qbo.client import PAGE, quoted
from target_qbo.qbo.faults import QboFaultError
from target_qbo.reconcile.model import Booked, Line, Period, Stranger, method_name

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from target_qbo.ledger import CompanyLedger
    from target_qbo.qbo import QboClient

logger = logging.getLogger("target-qbo.reconcile")

_IDS_A_READ = 200
_STRANGERS = {"SalesReceipt": ("sales receipt", 1, True), "CreditMemo": ("credit memo", -1, False)}
"""Kinds that we never make: word, sign, and whether they are money received too."""
Row = dict[str, Any]


class Books:
    """Reads a company's books.

    Args:
        client: The company.
        ledger: Its ledger, which knows the ids of the guest customer and of the payment methods.
        guest_customer: The guest customer's name, for a ledger that does not know its id.

    Attributes:
        reads: How many metered reads it took.
    """

    def __init__(self, client: QboClient, ledger: CompanyLedger, guest_customer: str) -> None:
        self._client = client
        self._guest_customer = guest_customer
        self._methods = Methods(ledger, lambda: self._query("PaymentMethod", EVERY))
        self._items = {qbo_id: key.rpartition("@")[0] for qbo_id, key in proof.reference_ids(ledger, "Item").items()}
        self._customer = next(iter(proof.reference_ids(ledger, "Customer")), None)
        self._lock = threading.Lock()
        self._threads = ThreadPoolExecutor(max_workers=len(KINDS) + len(_STRANGERS))
        self.reads = 0

    def customer(self) -> str | None:
        """Return the guest customer's id; None where there is none."""
        if self._customer is None:
            names = (self._guest_customer, suffixed(self._guest_customer, OURS))
            rows = named(self._client, "Customer", names)
            self.reads += 1
            rows.sort(key=lambda row: str(row["DisplayName"]).casefold() != names[0].casefold())
            self._customer = str(rows[0]["Id"]) if rows else None
        return self._customer

    def start(self, period: Period) -> list[Future[list[Booked]]]:
        """Begin to read the guest customer's documents of a period; the results raise what went wrong."""
        customer = self.customer()
        if customer is None:
            return []
        where = _within(customer, period)
        return [self._threads.submit(self._read, kind, where) for kind in KINDS]

    def start_strangers(self, period: Period) -> list[Future[list[Stranger]]]:
        """Begin to read the guest customer's documents of a period that are of kinds which we never make."""
        customer = self.customer()
        if customer is None:
            return []
        return [self._threads.submit(self._strangers, entity, _within(customer, period)) for entity in _STRANGERS]

    def by_id(self, kind: DocumentKind, ids: Iterable[str]) -> list[Booked]:
        """Return those of these documents that QuickBooks still has, up to 200 in a read."""
        wanted = sorted(ids)
        found: list[Booked] = []
        for start in range(0, len(wanted), _IDS_A_READ):
            listed = ",".join(quoted(one) for one in wanted[start : start + _IDS_A_READ])
            found += self._read(kind, f"Id in ({listed})")
        return found

    def _read(self, kind: DocumentKind, where: str) -> list[Booked]:
        return [self._booked(kind, row) for row in self._query(facts(kind).entity, where)]

    def _query(self, entity: str, where: str) -> Iterator[Row]:
        rows = 0
        for row in self._client.query(entity, where):
            rows += 1
            yield row
        with self._lock:
            self.reads += rows // PAGE + 1

    def _booked(self, kind: DocumentKind, row: Row) -> Booked:
        standing = Standing(kind, row)
        ours = standing.found(self._methods)
        number = row.get("PaymentRefNum") if kind is DocumentKind.PAYMENT else row.get("DocNumber")
        customer = row.get("CustomerRef") or {}
        return Booked(
            kind=kind,
            qbo_id=str(row["Id"]),
            number=None if number is None else str(number),
            amount=_amount(row, "TotalAmt"),
            date=dt.date.fromisoformat(str(row["TxnDate"])[:10]),
            method=method_name(self._methods.named(row) or _identity(row)),
            customer=str(customer.get("value", "")),
            customer_name=str(customer.get("name", "")),
            ticket=None if ours is None else (ours.location_id, ours.name),
            voided=standing.voided,
            balance=_amount(row, "Balance") if kind is DocumentKind.INVOICE else ZERO,
            unapplied=_amount(row, "UnappliedAmt"),
            invoices=tuple(_paid(row.get("Line") or ())) if kind is DocumentKind.PAYMENT else (),
            lines=tuple(sorted(self._lines(standing))),
        )

    def _lines(self, standing: Standing) -> Iterator[Line]:
        for one in standing.sold:
            yield Line(one.amount, one.text, self._items.get(one.item, ""))

    def _strangers(self, entity: str, where: str) -> list[Stranger]:
        word, sign, receives = _STRANGERS[entity]
        found = []
        try:
            for row in self._query(entity, where):
                total = sign * _amount(row, "TotalAmt")
                if total:
                    number = row.get("DocNumber")
                    found.append(
                        Stranger(
                            word,
                            str(row["Id"]),
                            None if number is None else str(number),
                            total,
                            total if receives else ZERO,
                            dt.date.fromisoformat(str(row["TxnDate"])[:10]),
                            method_name(self._methods.named(row) or _identity(row)),
                        )
                    )
        except QboFaultError as error:
            logger.warning("QuickBooks does not show the guest customer's %ss: %s", word, error)
        return found


def _within(customer: str, period: Period) -> str:
    return (
        f"CustomerRef = {quoted(customer)} and TxnDate >= {quoted(period.first.isoformat())} "
        f"and TxnDate <= {quoted(period.last.isoformat())}"
    )


def _identity(row: Row) -> str | None:
    """Return a payment method that nobody can name by its id."""
    identity = (row.get("PaymentMethodRef") or {}).get("value")
    return f"id {identity}" if identity else None


def _paid(lines: Sequence[Row]) -> Iterator[str]:
    for line in lines:
        for link in line.get("LinkedTxn") or ():
            if link.get("TxnType") == "Invoice":
                yield str(link.get("TxnId"))


def _amount(row: Row, field: str) -> Decimal:
    return cents(Decimal(str(row.get(field) or 0)))
