"""What QuickBooks holds of a period: three large queries at once, and a look by id for what they lack.

Every page of 1,000 rows is a metered read. Nothing is written.
"""

from __future__ import annotations

import datetime as dt
import threading
from concurrent.futures import Future, ThreadPoolExecutor
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from target_qbo.accounting import DocumentKind
from target_qbo.accounting.money import ZERO, cents
from target_qbo.accounting.naming import suffixed
from target_qbo.ledger import proof
from target_qbo.names.methods import EVERY, Methods
from target_qbo.names.plans import OURS
from target_qbo.posting.payloads import ENTITIES
from target_qbo.posting.recovery import found_in
from target_qbo.posting.takeback import is_voided
from target_qbo.posting.totals import line_amounts
from target_qbo.qbo.client import PAGE, quoted
from target_qbo.reconcile.model import Booked, Period, method_name

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from target_qbo.ledger import CompanyLedger
    from target_qbo.qbo import QboClient

_IDS_A_READ = 200
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
        self._customer = next(iter(proof.reference_ids(ledger, "Customer")), None)
        self._lock = threading.Lock()
        self._threads = ThreadPoolExecutor(max_workers=len(ENTITIES))
        self.reads = 0

    def customer(self) -> str | None:
        """Return the guest customer's id; None where there is none."""
        if self._customer is None:
            names = (self._guest_customer, suffixed(self._guest_customer, OURS))
            listed = ",".join(quoted(name) for name in names)
            rows = list(self._query("Customer", f"DisplayName in ({listed}) and Active in (true,false)"))
            rows.sort(key=lambda row: str(row["DisplayName"]).casefold() != names[0].casefold())
            self._customer = str(rows[0]["Id"]) if rows else None
        return self._customer

    def start(self, period: Period) -> list[Future[list[Booked]]]:
        """Begin to read the guest customer's documents of a period; the results raise what went wrong."""
        customer = self.customer()
        if customer is None:
            return []
        where = (
            f"CustomerRef = {quoted(customer)} and TxnDate >= {quoted(period.first.isoformat())} "
            f"and TxnDate <= {quoted(period.last.isoformat())}"
        )
        return [self._threads.submit(self._read, kind, where) for kind in ENTITIES]

    def by_id(self, kind: DocumentKind, ids: Iterable[str]) -> list[Booked]:
        """Return those of these documents that QuickBooks still has, up to 200 in a read."""
        wanted = sorted(ids)
        found: list[Booked] = []
        for start in range(0, len(wanted), _IDS_A_READ):
            listed = ",".join(quoted(one) for one in wanted[start : start + _IDS_A_READ])
            found += self._read(kind, f"Id in ({listed})")
        return found

    def _read(self, kind: DocumentKind, where: str) -> list[Booked]:
        return [self._booked(kind, row) for row in self._query(ENTITIES[kind], where)]

    def _query(self, entity: str, where: str) -> Iterator[Row]:
        rows = 0
        for row in self._client.query(entity, where):
            rows += 1
            yield row
        with self._lock:
            self.reads += rows // PAGE + 1

    def _booked(self, kind: DocumentKind, row: Row) -> Booked:
        ours = found_in(kind, row, self._methods)
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
            ticket=None if ours is None else (ours.location_id, ours.ticket_id),
            voided=is_voided(row),
            balance=_amount(row, "Balance") if kind is DocumentKind.INVOICE else ZERO,
            unapplied=_amount(row, "UnappliedAmt"),
            invoices=tuple(_paid(row.get("Line") or ())) if kind is DocumentKind.PAYMENT else (),
            lines=line_amounts(row) if kind is not DocumentKind.PAYMENT else (),
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
