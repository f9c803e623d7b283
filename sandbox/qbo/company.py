"""One company: its options, rows and ledger, and how references between rows are resolved."""

from __future__ import annotations

from collections import defaultdict
from decimal import Decimal
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

from sandbox.qbo import chart, errors
from sandbox.qbo.ledger import Ledger
from sandbox.qbo.store import Row, Store
from sandbox.qbo.wire import cents

if TYPE_CHECKING:
    import datetime as dt

    from sandbox.qbo.clock import Clock
    from sandbox.qbo.options import Options

_DOCUMENTS = frozenset({"Invoice", "Payment", "RefundReceipt", "SalesReceipt", "CreditMemo"})
CURRENCY_NAMES = {"USD": "United States Dollar", "CAD": "Canadian Dollar", "EUR": "Euro", "GBP": "British Pound"}


class Company:
    """A QuickBooks company.

    Args:
        realm_id: Its id in addresses.
        options: What it is set to.
        clock: Where its time comes from.
        name: Its name.
    """

    def __init__(self, realm_id: str, options: Options, clock: Clock, name: str = "Sandbox Company") -> None:
        self.realm_id = realm_id
        self.options = options
        self.clock = clock
        self.name = name
        self.store = Store()
        self.ledger = Ledger()
        self.voided: set[tuple[str, str]] = set()
        self.deposits: dict[str, str] = {}
        """Payments that stand in a bank deposit: payment id → deposit id."""
        self.open_invoices: defaultdict[str, dict[str, None]] = defaultdict(dict)
        """Invoices with an open balance by customer, oldest first."""
        self.open_credit: defaultdict[str, dict[str, None]] = defaultdict(dict)
        """Payments with an unapplied rest by customer, oldest first."""

    def now(self) -> dt.datetime:
        """Return the present moment in the company's own time zone."""
        return self.clock.now().astimezone(ZoneInfo(self.options.time_zone))

    def stamp(self) -> str:
        """Return the present moment as the API writes it."""
        return self.now().isoformat(timespec="seconds")

    def row(self, entity: str, identity: str) -> Row:
        """Return a row.

        Raises:
            QboError: There is none of that id (610).
        """
        row = self.store[entity].get(identity)
        if row is None:
            raise errors.not_found(element=entity)
        return row

    def refer(self, entity: str, reference: dict[str, Any], *, even_inactive: bool = False) -> Row:
        """Return the row that a reference names.

        Args:
            entity: The entity it must be of.
            reference: The reference, with its `value`.
            even_inactive: Accept an inactive row, for what was referred to before.

        Raises:
            QboError: No id in it (2020), no such row (2500), or an inactive one (610).
        """
        identity = reference.get("value")
        if not identity:
            raise errors.missing(f"{entity}Ref.value")
        row = self.store[entity].get(identity)
        if row is None:
            raise errors.invalid_reference(entity, identity)
        if not row.get("Active", True) and not even_inactive:
            raise errors.inactive(entity)
        return row

    def account_of(self, kind: str, subtype: str) -> Row:
        """Return the company's account of a type and subtype, the oldest where there are several.

        Raises:
            QboError: It has none (6000).
        """
        for row in self.store["Account"]:
            if (row["AccountType"], row["AccountSubType"]) == (kind, subtype) and row["Active"]:
                return row
        raise errors.business(f"The company has no account of type {kind} / {subtype}.")

    def currency(self) -> Row:
        """Return the reference to the home currency."""
        code = self.options.home_currency
        return {"value": code, "name": CURRENCY_NAMES.get(code, code)}

    def stamped(self, entity: str, row: Row, old: Row | None) -> Row:
        """Return a row with what the API itself keeps on it: id, token, times.

        Args:
            entity: The row's entity.
            row: Its fields.
            old: The row it takes the place of, if any: its id stays and its token is counted up.
        """
        now = self.stamp()
        return {
            **row,
            "domain": "QBO",
            "sparse": False,
            "Id": old["Id"] if old else self.store.next_id(entity),
            "SyncToken": str(int(old["SyncToken"]) + 1) if old else "0",
            "MetaData": {"CreateTime": old["MetaData"]["CreateTime"] if old else now, "LastUpdatedTime": now},
        }

    def touch(self, row: Row) -> None:
        """Count a row's SyncToken up because something else changed it."""
        row["SyncToken"] = str(int(row["SyncToken"]) + 1)
        row["MetaData"] = {**row["MetaData"], "LastUpdatedTime": self.stamp()}

    def shown(self, entity: str, row: Row) -> Row:
        """Return a row as the API shows it now, with balances and quantities up to date."""
        if entity == "Account":
            side = 1 if row["Classification"] in chart.DEBIT_SIDES else -1
            balance = cents(side * self.ledger.balance(row["Id"]))
            return row | {"CurrentBalance": balance, "CurrentBalanceWithSubAccounts": balance}
        if entity == "Item" and "QtyOnHand" in row:
            return row | {"QtyOnHand": row["QtyOnHand"] + self.ledger.stock(row["Id"])}
        if entity == "Customer":
            balance = self._owed(row["Id"])
            return row | {"Balance": balance, "BalanceWithJobs": balance}
        if entity in _DOCUMENTS and not self.options.ref_names:
            bare = {name: {"value": row[name]["value"]} for name in row if name.endswith("Ref")}
            return row | bare
        return row

    def _owed(self, customer: str) -> Decimal:
        invoices, payments = self.store["Invoice"], self.store["Payment"]
        owed = sum((self._figure(invoices.get(one), "Balance") for one in self.open_invoices[customer]), Decimal(0))
        credit = sum(
            (self._figure(payments.get(one), "UnappliedAmt") for one in self.open_credit[customer]), Decimal(0)
        )
        memos = (memo for memo in self.store["CreditMemo"] if memo["CustomerRef"]["value"] == customer)
        return cents(owed - credit - sum((memo["RemainingCredit"] for memo in memos), Decimal(0)))

    @staticmethod
    def _figure(row: Row | None, field: str) -> Decimal:
        return Decimal(row[field]) if row else Decimal(0)
