"""QuickBooks as small as it can be, in memory: what the client asks is answered, and what is told to fail fails.

It stands in the place of the client, so that thousands of histories run in seconds. It keeps no rule of accounting: it
keeps documents, puts payments on invoices, counts versions, and remembers what it answered to a requestid.
"""

from __future__ import annotations

import copy
import datetime as dt
import re
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from target_qbo.qbo import BatchItem, Fault, NotDoneError, QboFaultError, UnknownFateError
from target_qbo.qbo.client import NoAnswerError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

Row = dict[str, Any]
DOCUMENTS = ("Invoice", "RefundReceipt", "Payment")
_CONDITION = re.compile(r"([\w.]+)\s*(in|>=|<=|<|=)\s*(\(.*?\)|'(?:[^'\\]|\\.)*')")
_REFUSAL = Fault("6000", "A business validation error has occurred while processing your request", "no reason at all")
_TRY_AGAIN = Fault("6000", "An unexpected error occurred", "Please wait a few minutes and try again. (-30003)")


NEVER_TAKEN = {Decimal("66.66"): "failed before", Decimal("77.77"): "refused"}
"""A line of such an amount is never taken: what becomes of its document each time."""


class KilledError(BaseException):
    """The process dies here."""


class TinyBooks:
    """A company.

    Attributes:
        rows: Entities by kind and id.
        fails: Asked before each write; gives what becomes of it (see :data:`FATES`).
        writes: How many documents were sent.
        lies: How often something was done, and a refusal was answered.
    """

    patience_seconds = 0.0  # nothing is executed after it was sent

    def __init__(self) -> None:
        self.rows: dict[str, dict[str, Row]] = {}
        self.fails: Callable[[str, Mapping[str, Any]], str] = lambda _entity, _body: "done"
        self.writes = 0
        self.lies = 0
        self._last_id = 0
        self._answers: dict[str, Row] = {}

    # The client's side

    def query(self, entity: str, where: str = "") -> Iterator[Row]:
        """Answer a query."""
        if entity == "Preferences":
            return iter([{}])
        if entity == "CompanyInfo":
            return iter([{"Country": "US"}])
        found = [row for row in self.rows.get(entity, {}).values() if _holds(row, where)]
        return iter(copy.deepcopy(found))

    def write(
        self,
        entity: str,
        body: Mapping[str, Any],
        request_id: str,
        *,
        operation: str | None = None,
        include: str | None = None,
        limited: bool = False,
    ) -> Row:
        """Carry out one write, or fail as it is told."""
        del limited
        self.writes += entity in DOCUMENTS
        result = self._carry_out(entity, body, request_id, operation, include)
        if isinstance(result, Fault):
            raise QboFaultError(result)
        return result

    def write_repeatable(
        self,
        entity: str,
        body: Mapping[str, Any],
        request_id: str,
        *,
        operation: str | None = None,
        include: str | None = None,
    ) -> Row:
        """Carry out what can't be doubled, with patience."""
        for _ in range(6):
            try:
                return self.write(entity, body, request_id, operation=operation, include=include)
            except (UnknownFateError, NotDoneError):
                continue
        raise NoAnswerError("no answer")

    def batch(self, items: Sequence[BatchItem], request_id: str) -> dict[str, Row | Fault]:
        """Carry out several writes; a fate of the whole request is drawn first."""
        self.writes += len(items)
        fate = self.fails("batch", {})
        if fate.endswith("before"):
            _fail(fate)
        results: dict[str, Row | Fault] = {}
        for item in items:
            operation = None if item.operation == "create" else item.operation
            name = f"{request_id}{item.item_id}"
            try:
                result = self._carry_out(item.entity, item.body, name, operation, item.options)
            except UnknownFateError as error:
                result = error.fault or Fault("10000", "An application error has occurred", "")
            except NotDoneError:
                result = Fault("3001", "ThrottleExceeded", "")
            results[item.item_id] = result
        if fate.endswith("after"):
            _fail(fate)
        return results

    def _carry_out(
        self, entity: str, body: Mapping[str, Any], request_id: str, operation: str | None, include: str | None
    ) -> Row | Fault:
        if request_id in self._answers:
            return copy.deepcopy(self._answers[request_id])
        amounts = [line.get("Amount") for line in body.get("Line", ()) if "LinkedTxn" not in line]
        spoilt = NEVER_TAKEN.keys() & set(amounts) if operation != "delete" else set()
        fate = NEVER_TAKEN[spoilt.pop()] if spoilt else self.fails(entity, body)
        if fate == "refused":
            return _REFUSAL
        if fate == "refused after":
            self.lies += 1
            self._done(entity, body, operation, include)
            return _REFUSAL
        if fate.endswith("before"):
            _fail(fate)
        result = self._done(entity, body, operation, include)
        if isinstance(result, dict):
            self._answers[request_id] = copy.deepcopy(result)
        if fate.endswith("after"):
            _fail(fate)
        return result

    # What is done

    def _done(self, entity: str, body: Mapping[str, Any], operation: str | None, include: str | None) -> Row | Fault:
        rows = self.rows.setdefault(entity, {})
        if "Id" not in body:
            self._last_id += 1
            stamp = dt.datetime.now(dt.UTC).isoformat(timespec="seconds")
            row = {"Id": str(self._last_id), "Active": True, **copy.deepcopy(dict(body)), "SyncToken": "0"}
            row["MetaData"] = {"CreateTime": stamp}
            rows[row["Id"]] = row
            self._complete(entity, row)
            return copy.deepcopy(row)
        known = rows.get(str(body["Id"]))
        if known is None:
            return Fault("610", "Object Not Found", "")
        if known["SyncToken"] != body["SyncToken"]:
            return Fault("5010", "Stale Object Error", "")
        if entity == "Payment" and known.get("deposited"):
            return Fault("6540", "Deposited Transaction cannot be changed", "")
        if operation == "delete":
            self._take_off(entity, known)
            del rows[known["Id"]]
            return {"Id": known["Id"], "status": "Deleted"}
        if operation == "void" or include == "void":
            self.void(entity, known["Id"])
            return copy.deepcopy(known)
        for name, value in body.items():
            if name not in {"Id", "SyncToken", "sparse"}:
                known[name] = copy.deepcopy(value)
        self._count(known)
        self._complete(entity, known)
        return copy.deepcopy(known)

    def _complete(self, entity: str, row: Row) -> None:
        if entity in {"Invoice", "RefundReceipt"}:
            row["TotalAmt"] = sum((Decimal(line["Amount"]) for line in row["Line"]), Decimal(0))
        if entity == "Payment":
            for invoice, _ in self._links(row):
                if invoice in self.rows.get("Invoice", {}):
                    self._count(self.rows["Invoice"][invoice])
        self.settle()

    def settle(self) -> None:
        """Have balances, links and what is unapplied say what the payments are on."""
        invoices = self.rows.get("Invoice", {})
        for row in invoices.values():
            row["Balance"], row["LinkedTxn"] = row["TotalAmt"], []
        for payment in self.rows.get("Payment", {}).values():
            left = Decimal(payment["TotalAmt"])
            for line in payment.get("Line", ()):
                for link in line["LinkedTxn"]:
                    invoice = invoices.get(link["TxnId"])
                    if invoice is None:
                        continue
                    put = min(left, Decimal(line["Amount"]), invoice["Balance"])
                    invoice["Balance"] -= put
                    left -= put
                    invoice["LinkedTxn"].append({"TxnId": payment["Id"], "TxnType": "Payment"})
            payment["UnappliedAmt"] = left
            payment["LinkedTxn"] = [{"TxnId": "9", "TxnType": "Deposit"}] if payment.get("deposited") else []

    def _links(self, payment: Row) -> list[tuple[str, Decimal]]:
        lines = payment.get("Line", ())
        return [(link["TxnId"], Decimal(line["Amount"])) for line in lines for link in line["LinkedTxn"]]

    def _take_off(self, entity: str, row: Row) -> None:
        if entity == "Payment":
            for invoice, _ in self._links(row):
                if invoice in self.rows.get("Invoice", {}):
                    self._count(self.rows["Invoice"][invoice])

    @staticmethod
    def _count(row: Row) -> None:
        row["SyncToken"] = str(int(row["SyncToken"]) + 1)

    # A person's hand

    def void(self, entity: str, qbo_id: str) -> None:
        """Void a document: it stays, with amounts of 0."""
        row = self.rows[entity][qbo_id]
        self._take_off(entity, row)
        row["TotalAmt"] = Decimal(0)
        row["PrivateNote"] = f"Voided - {row.get('PrivateNote', '')}"
        if entity == "Payment":
            row["Line"] = []
        for line in row.get("Line", ()):
            line["Amount"] = Decimal(0)
        self._count(row)
        self.settle()

    def edit(self, entity: str, qbo_id: str, more: Decimal) -> None:
        """Have the first line of a document be more."""
        row = self.rows[entity][qbo_id]
        row["Line"][0]["Amount"] = Decimal(row["Line"][0]["Amount"]) + more
        self._count(row)
        self._complete(entity, row)

    def delete(self, entity: str, qbo_id: str) -> None:
        """Delete a document."""
        self._take_off(entity, self.rows[entity][qbo_id])
        del self.rows[entity][qbo_id]
        self.settle()

    def standing(self, entity: str) -> list[Row]:
        """Return the documents of a kind that stand."""
        return [row for row in self.rows.get(entity, {}).values() if "Voided" not in str(row.get("PrivateNote", ""))]


def _fail(fate: str) -> None:
    what = fate.partition(" ")[0]
    if what == "killed":
        raise KilledError
    if what == "throttled":
        raise NotDoneError("throttled", throttled=True)
    if what == "lost":
        raise UnknownFateError("no answer")
    fault = _TRY_AGAIN if what == "again" else Fault("10000", "An application error has occurred", "")
    raise UnknownFateError(str(fault), answered=True, fault=fault)


FATES = (
    "done",
    "refused",
    "refused after",
    "failed before",
    "failed after",
    "again before",
    "again after",
    "lost before",
    "lost after",
    "throttled before",
    "killed before",
    "killed after",
)
"""What can become of a write: *before*: it was not done; *after*: it was."""


def _holds(row: Row, where: str) -> bool:
    for field, operator, value in _CONDITION.findall(where):
        if field == "Active":
            continue
        found: Any = row
        for part in field.split("."):
            found = found.get(part, {}) if isinstance(found, dict) else {}
        if isinstance(found, dict):
            found = found.get("value", "")
        texts = [text.replace("\\'", "'").replace("\\\\", "\\") for text in re.findall(r"'((?:[^'\\]|\\.)*)'", value)]
        shown = str(found)
        if operator in {"in", "="}:
            if shown.casefold() not in {text.casefold() for text in texts}:
                return False
        elif (operator == ">=" and not shown >= texts[0]) or (operator == "<" and not shown < texts[0]):
            return False
    return True
