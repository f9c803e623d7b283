"""What QuickBooks holds of a period: three large queries at once, and a look by id for what they lack.

Every page of 1,000 rows is a metered read. Nothing is written.
"""

from __future__ import annotations

import datetime as dt
import threading
from concurrent.futures import Future, ThreadPoolExecutor
from typing import TYPE_CHECKING, Any

from target_qbo.accounting import DocumentKind
from target_qbo.accounting.kinds import KINDS, STRANGERS, facts
from target_qbo.accounting.money import ZERO
from target_qbo.accounting.naming import suffixed
from target_qbo.ledger import references
from target_qbo.names.lists import EVERY, named
from target_qbo.names.methods import Methods
from target_qbo.names.plans import OURS
from target_qbo.posting.lines import booked_lines, item_ids
from target_qbo.posting.standing import Standing, amount_in
from target_qbo.qbo import faults
from target_qbo.qbo.client import PAGE, quoted
from target_qbo.qbo.faults import QboFaultError
from target_qbo.reconcile.model import Booked, Period, Stranger, Unread, method_name

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from target_qbo.accounting.kinds import StrangerFacts
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
        known = references.load(ledger)
        self._items = item_ids(known)
        self._customers = sorted({one.qbo_id for (entity, _), one in known.items() if entity == "Customer"})
        self._lock = threading.Lock()
        self._threads = ThreadPoolExecutor(max_workers=len(KINDS) + len(STRANGERS))
        self.reads = 0

    def close(self) -> None:
        """End the threads that read; what was begun and not asked for is let go."""
        self._threads.shutdown(wait=False, cancel_futures=True)

    def customers(self) -> list[str]:
        """Return the guest customer's ids: more than one where its name was set anew; none where there is none."""
        if not self._customers:
            names = (self._guest_customer, suffixed(self._guest_customer, OURS))
            self._customers = [str(row["Id"]) for row in named(self._client, "Customer", names)]
            self.reads += 1
        return self._customers

    def start(self, period: Period) -> list[Future[list[Booked]]]:
        """Begin to read the guest customer's documents of a period; the results raise what went wrong."""
        if not self.customers():
            return []
        where = _within(self.customers(), period)
        return [self._threads.submit(self._read, kind, where) for kind in KINDS]

    def start_strangers(self, period: Period) -> list[Future[list[Stranger] | Unread]]:
        """Begin to read the guest customer's documents of a period that are of kinds which are never made here.

        They are of no location: where only one is looked at, they are not read.
        """
        if not self.customers() or period.location_id is not None:
            return []
        where = _within(self.customers(), period)
        return [self._threads.submit(self._strangers, one, where) for one in STRANGERS]

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
        customer = row.get("CustomerRef") or {}
        return Booked(
            kind=kind,
            qbo_id=str(row["Id"]),
            number=standing.number,
            amount=standing.total(),
            date=standing.date,
            method=method_name(self._methods.named(row) or _identity(row)),
            customer=str(customer.get("value", "")),
            customer_name=str(customer.get("name", "")),
            ticket=standing.ticket,
            voided=standing.voided,
            balance=(standing.balance or ZERO) if kind is DocumentKind.INVOICE else ZERO,
            unapplied=standing.unapplied,
            invoices=tuple(_paid(row.get("Line") or ())) if kind is DocumentKind.PAYMENT else (),
            lines=booked_lines(standing, self._items) if facts(kind).has_lines else (),
        )

    def _strangers(self, kind: StrangerFacts, where: str) -> list[Stranger] | Unread:
        try:
            return [self._stranger(kind, row) for row in self._query(kind.entity, where) if amount_in(row, "TotalAmt")]
        except QboFaultError as error:
            return Unread(kind, str(error), lacking=error.fault.code == faults.LACKS_FEATURE)

    def _stranger(self, kind: StrangerFacts, row: Row) -> Stranger:
        total, number = kind.sign * (amount_in(row, "TotalAmt") or ZERO), row.get("DocNumber")
        return Stranger(
            kind,
            str(row["Id"]),
            None if number is None else str(number),
            total,
            total if kind.is_money else ZERO,
            dt.date.fromisoformat(str(row["TxnDate"])[:10]),
            method_name(self._methods.named(row) or _identity(row)),
        )


def _within(customers: Sequence[str], period: Period) -> str:
    listed = ",".join(quoted(one) for one in customers)
    of = f"CustomerRef = {listed}" if len(customers) == 1 else f"CustomerRef in ({listed})"
    return f"{of} and TxnDate >= {quoted(period.first.isoformat())} and TxnDate <= {quoted(period.last.isoformat())}"


def _identity(row: Row) -> str | None:
    """Return a payment method that nobody can name by its id."""
    identity = (row.get("PaymentMethodRef") or {}).get("value")
    return f"id {identity}" if identity else None


def _paid(lines: Sequence[Row]) -> Iterator[str]:
    for line in lines:
        for link in line.get("LinkedTxn") or ():
            if link.get("TxnType") == "Invoice":
                yield str(link.get("TxnId"))
