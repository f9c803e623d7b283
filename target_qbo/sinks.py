"""Sinks: records that satisfy the contract go into the ledger; nothing else does."""

from __future__ import annotations

import abc
import datetime as dt
import json
import re
from decimal import Decimal
from functools import cache
from typing import TYPE_CHECKING, Any, ClassVar

import fastjsonschema
from singer_sdk import Target
from singer_sdk.sinks import BatchSink

from franpos_qbo.contract import SCHEMAS
from target_qbo.accounting.naming import clean_text
from target_qbo.errors import InputError
from target_qbo.ledger import inbox

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from singer_sdk.sinks.core import BaseJSONSchemaValidator

    from target_qbo.ledger import CompanyLedger


_MOST_DIGITS = 60
_LONGEST_ID = 200
_LEAP_SECOND = re.compile(r"(T\d\d:\d\d):60")  # legal in a time (RFC 3339), unknown to Python
_READERS: Mapping[str, Callable[[str], object]] = {
    "date": dt.date.fromisoformat,
    "date-time": dt.datetime.fromisoformat,
}


class LedgerTarget(Target):
    """A target that keeps what it receives in a company's ledger."""

    @property
    @abc.abstractmethod
    def ledger(self) -> CompanyLedger:
        """The company's ledger."""


class LedgerSink(BatchSink):
    """Puts the records of one stream into the ledger."""

    MAX_SIZE_DEFAULT = 2000
    max_size = 2000

    stream: ClassVar[str]
    id_names: ClassVar[tuple[str, ...]]
    receive: ClassVar[Callable[[CompanyLedger, Iterable[Mapping[str, Any]], dt.datetime], int]]

    def __init__(self, target: LedgerTarget, *args: Any, **kwargs: Any) -> None:  # noqa: ANN401 (the SDK's)
        super().__init__(target, *args, **kwargs)
        self._ledger = target.ledger
        self._check, self._fields, self._times = contract(self.stream)

    def get_validator(self) -> BaseJSONSchemaValidator | None:
        """Leave validation to the contract: it is stricter than what a tap may declare."""
        return None

    def _parse_timestamps_in_record(self, *_args: Any, **_kwargs: Any) -> None:  # noqa: ANN401 (the SDK's)
        """Keep times as the tap wrote them, offset and all."""

    def process_record(self, record: dict[str, Any], context: dict[str, Any]) -> None:
        """Check a record and set it aside for the next batch.

        Raises:
            InputError: The record violates the contract.
        """
        named = " ".join(f"{name} {record.get(name)!r}" for name in self.id_names)
        try:
            self._check(record)
        except fastjsonschema.JsonSchemaValueException as error:
            raise InputError(f"stream {self.stream}, {named}: {clean_text(error.message, 300)}") from None
        if _monstrous(record):
            raise InputError(f"stream {self.stream}, {named}: a number of more digits than any till has")
        for name in self.id_names:
            if len(record[name]) > _LONGEST_ID or record[name] != clean_text(record[name]) or ";" in record[name]:
                raise InputError(f"stream {self.stream}, {named}: {name} has blanks or signs that no id has")
        kept = {name: value for name, value in record.items() if name in self._fields}
        for name, read in self._times.items():
            try:
                kept[name] = _LEAP_SECOND.sub(r"\1:59", kept[name])
                read(kept[name])
            except ValueError as error:
                raise InputError(f"stream {self.stream}, {named}: {name} can't be read: {error}") from None
        context.setdefault("records", []).append(kept)

    def process_batch_files(self, *_args: Any, **_kwargs: Any) -> None:  # noqa: ANN401 (the SDK's)
        """Refuse BATCH messages: their records would not pass by the contract."""
        raise InputError(f"stream {self.stream}: BATCH messages are not taken, send RECORD messages")

    def process_batch(self, context: dict[str, Any]) -> None:
        """Write the batch into the ledger, durably."""
        changed = type(self).receive(self._ledger, context.get("records", []), dt.datetime.now(dt.UTC))
        self.logger.info("%s: %d records received, %d new or changed", self.stream, self.current_size, changed)


class TicketsSink(LedgerSink):
    """Takes in tickets."""

    stream = "tickets"
    id_names = ("location_id", "ticket_id")
    receive = inbox.receive_tickets


class PaymentsSink(LedgerSink):
    """Takes in payments."""

    stream = "payments"
    id_names = ("location_id", "payment_id", "ticket_id")
    receive = inbox.receive_payments


class DiscountsSink(LedgerSink):
    """Takes in discounts."""

    stream = "discounts"
    id_names = ("location_id", "discount_id", "ticket_id")
    receive = inbox.receive_discounts


class LeftOutSink(BatchSink):
    """Stands for a stream that ``stream_maps`` leave out: the SDK drops its records before they come here."""

    def process_batch(self, context: dict[str, Any]) -> None:
        """Do nothing: there are no records."""


SINKS: dict[str, type[LedgerSink]] = {sink.stream: sink for sink in (TicketsSink, PaymentsSink, DiscountsSink)}


def _monstrous(record: Mapping[str, Any]) -> bool:
    """Tell whether there is a number that would take for ever to write out."""
    left: list[Any] = [record]
    while left:
        value = left.pop()
        if value is None or isinstance(value, str):  # as most are
            continue
        if isinstance(value, dict):
            left += value.values()
        elif isinstance(value, list):
            left += value
        elif isinstance(value, Decimal):
            exponent = value.as_tuple().exponent
            if not isinstance(exponent, int) or abs(exponent) > _MOST_DIGITS or value.adjusted() > _MOST_DIGITS:
                return True
        elif isinstance(value, int) and value.bit_length() > _MOST_DIGITS * 4:
            return True
    return False


@cache
def contract(
    stream: str,
) -> tuple[Callable[[Mapping[str, Any]], object], frozenset[str], Mapping[str, Callable[[str], object]]]:
    """Return a stream's compiled schema, the names of its fields, and what reads those that are times."""
    text = (SCHEMAS / f"{stream}.json").read_text("utf-8")
    schema = json.loads(text)
    fields = frozenset(schema["properties"])
    schema.pop("$schema")
    formats = {name: field.get("format") for name, field in schema["properties"].items()}
    times = {name: _READERS[form] for name, form in formats.items() if form in _READERS}
    # An error's message is all that is shown of it: what else it could carry takes as long to put together as the rest.
    return fastjsonschema.compile(schema, detailed_exceptions=False), fields, times
