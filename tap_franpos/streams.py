"""The three streams, each with one bookmark for each location.

``tickets`` is the parent. Its children ``payments`` and ``discounts`` are synced once for each batch of tickets, ahead
of it: so the calls that brought the batch serve all three, and wherever a run is killed, every ticket after the
bookmark comes again with its payments and discounts.

A bookmark of ``tickets`` is the creation of the last ticket given out. A child's is its own last row or that ticket,
whichever is later: a shop that gives a discount once a year doesn't read the year again.
"""

from __future__ import annotations

import abc
import logging
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any, ClassVar, cast

from singer_sdk import SchemaDirectory, Stream, StreamSchema
from singer_sdk.exceptions import ConfigurationError
from singer_sdk.helpers.conform import TypeConformanceLevel
from singer_sdk.singerlib.catalog import REPLICATION_INCREMENTAL

from franpos_qbo.contract import SCHEMAS
from tap_franpos.clocks import moment
from tap_franpos.feed import Batch, Feed
from tap_franpos.settings import Location, locations
from tap_franpos.windows import Period

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from singer_sdk.helpers.types import Context, Record

CONTRACT = SchemaDirectory(SCHEMAS)


class FranposStream(Stream):
    """What the three streams have in common: the contract's schema and how a bookmark moves."""

    TYPE_CONFORMANCE_LEVEL = TypeConformanceLevel.NONE  # records are built in the types of the schema
    schema = StreamSchema(CONTRACT)
    _schema_is_out = False

    def bookmark(self, context: Context) -> datetime | None:
        """Where a location's bookmark stands (never in the future); null: everything is to be read.

        Raises:
            ConfigurationError: If the state holds something that isn't a time.
        """
        value = self.get_context_state(context).get("replication_key_value")
        if value is None or self.replication_method != REPLICATION_INCREMENTAL:
            return None
        return min(self._parse_datetime(value), self._now)

    def advance(self, context: Context | None, to: datetime) -> None:
        """Move a location's bookmark forward, never back and never into the future.

        The SDK's own rule would refuse the days that a lookback reads again, and would let a ticket of a till whose
        clock is ahead hide the ones after it.
        """
        if self.replication_method != REPLICATION_INCREMENTAL or context is None:
            return
        reached = self.bookmark(context)
        if reached is None or to > reached:
            state = self.get_context_state(context)
            state["replication_key"] = self.replication_key
            state["replication_key_value"] = min(to, self._now).isoformat()

    @property
    def _now(self) -> datetime:
        """The time of the run, in UTC: what the SDK puts up as the highest bookmark."""
        return datetime.fromtimestamp(self._tap.initialized_at / 1000, tz=UTC)

    def _parse_datetime(self, value: str) -> datetime:
        try:
            return moment(value, UTC)
        except (ValueError, TypeError, AttributeError, OverflowError):
            raise ConfigurationError(
                f"The state has a bookmark of {self.name} that is not an ISO 8601 time: {value!r}"
            ) from None

    def _write_schema_message(self) -> None:
        # A child is synced once for each batch; its schema is said once.
        if not self._schema_is_out:
            super()._write_schema_message()
            self._schema_is_out = True

    def log(self, message: str, *args: Any, level: int = logging.INFO, **kwargs: Any) -> None:  # noqa: ANN401
        """Log, except that errors, which are raised as well and end in one line on stderr, are for debugging only."""
        super().log(message, *args, level=logging.DEBUG if level >= logging.ERROR else level, **kwargs)


class TicketsStream(FranposStream):
    """Tickets with their lines."""

    name = "tickets"
    primary_keys: ClassVar[list[str]] = ["location_id", "ticket_id"]
    replication_key = "created_at"
    is_sorted = True
    batch = Batch([])
    """The batch that is given out at the moment: its children read from it."""

    @property
    def partitions(self) -> list[dict[str, Any]]:
        """One for each location."""
        return [{"location_id": location.id} for location in self._locations]

    def get_records(self, context: Context | None) -> Iterable[Record]:
        """A location's tickets in order of creation; ahead of each batch its payments and discounts are given out."""
        place = cast("Context", context)
        location = next(one for one in self._locations if one.id == place["location_id"])
        feed = Feed(self._tap, location, self._period(place, location), self._now)
        for batch in feed.batches():
            self.batch = batch
            self._sync_children(dict(place))
            yield from batch.tickets

    def generate_child_contexts(self, record: Record, context: Context | None) -> Iterable[Context | None]:  # noqa: ARG002
        """No child is synced for a single ticket: `get_records` does it for whole batches."""
        return ()

    def _increment_stream_state(self, latest_record: Record, *, context: Context | None = None) -> None:
        self.advance(context, datetime.fromisoformat(latest_record["created_at"]))

    @property
    def _locations(self) -> list[Location]:
        return locations(self.config)

    def _period(self, context: Context, location: Location) -> Period:
        """From the earliest bookmark of the selected streams, less the lookback, never before the start date.

        Raises:
            ConfigurationError: If there is neither a bookmark nor a start date.
        """
        start_date, end_date = self.config.get("start_date"), self.config.get("end_date")
        floor = moment(start_date, location.zone) if start_date else None
        bookmarks = [stream.bookmark(context) for stream in self._selected()]
        reached = [bookmark for bookmark in bookmarks if bookmark is not None]
        if len(reached) == len(bookmarks):
            start = min(reached).astimezone(location.zone) - timedelta(days=self.config["lookback_days"])
            start = max(start, floor) if floor else start
        elif floor:
            start = floor
        else:
            raise ConfigurationError(
                f"Location {location.id} was not read yet: set start_date, the day of its first ticket wanted"
            )
        return Period(start, moment(end_date, location.zone) if end_date else self._now, location.zone)

    def _selected(self) -> Iterator[FranposStream]:
        family = [self, *cast("list[FranposStream]", self.child_streams)]
        return (stream for stream in family if stream.selected)


class TicketRowsStream(FranposStream):
    """Rows of tickets: a child of ``tickets``, synced once for each batch of them."""

    parent_stream_type = TicketsStream
    state_partitioning_keys: ClassVar[list[str]] = ["location_id"]

    def get_records(self, context: Context | None) -> Iterable[Record]:
        """The rows of the batch at hand, in no particular order of time."""
        batch = cast("TicketsStream", self._tap.streams[TicketsStream.name]).batch
        rows = list(self.rows(batch))
        yield from rows
        # Only now: a run that is killed within a batch must read all of it again.
        if batch.last is not None and (key := self.replication_key):
            self.advance(context, max([*(datetime.fromisoformat(row[key]) for row in rows), batch.last]))

    @abc.abstractmethod
    def rows(self, batch: Batch) -> Iterator[Record]:
        """The rows of this stream in a batch."""

    def _increment_stream_state(self, latest_record: Record, *, context: Context | None = None) -> None:
        """Nothing for a single row: `get_records` moves the bookmark once for each batch."""


class PaymentsStream(TicketRowsStream):
    """Tenders of tickets."""

    name = "payments"
    primary_keys: ClassVar[list[str]] = ["location_id", "payment_id"]
    replication_key = "paid_at"

    def rows(self, batch: Batch) -> Iterator[Record]:
        """The batch's payments."""
        return batch.payments


class DiscountsStream(TicketRowsStream):
    """Discounts on lines and on whole tickets."""

    name = "discounts"
    primary_keys: ClassVar[list[str]] = ["location_id", "discount_id"]
    replication_key = "created_at"

    def rows(self, batch: Batch) -> Iterator[Record]:
        """The batch's discounts."""
        return batch.discounts
