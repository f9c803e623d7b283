"""A location's tickets with their payments and discounts, in batches, for as few calls as the API allows.

One batch for each window of :mod:`tap_franpos.windows`. Tickets come in order of creation, and a batch holds only
tickets that are complete: those whose late rows could still come with the next window wait for it. So memory holds
one window and the tail of the one before.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Generic, TypeVar

from singer_sdk.exceptions import FatalAPIError, RetriableAPIError

from franpos_qbo.metrics import RunMetric, tell
from tap_franpos import fields
from tap_franpos.client import OrderItems, OrderPayments, Orders, UsageLimit
from tap_franpos.quota import CALLS_PER_NIGHT, MONTHLY_CALLS, Quota, ReserveReached, calls_left, reserve
from tap_franpos.records import Record, TicketRecords, ticket_records
from tap_franpos.windows import Period, Window, plan

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime

    from singer_sdk import Tap

    from tap_franpos.settings import Location

Row = TypeVar("Row")


@dataclass(frozen=True, slots=True)
class Batch:
    """Complete tickets in order of creation, with all their payments and discounts."""

    found: list[TicketRecords]

    @property
    def tickets(self) -> Iterator[Record]:
        """Records of the stream ``tickets``."""
        return (one.ticket for one in self.found)

    @property
    def payments(self) -> Iterator[Record]:
        """Records of the stream ``payments``."""
        return (row for one in self.found for row in one.payments)

    @property
    def discounts(self) -> Iterator[Record]:
        """Records of the stream ``discounts``."""
        return (row for one in self.found for row in one.discounts)

    @property
    def last(self) -> datetime | None:
        """When the last ticket was created; null where the batch is empty."""
        return self.found[-1].created_at if self.found else None


class Pool(Generic[Row]):
    """Rows that wait for their ticket, each once: a row that comes again takes the place of the earlier one."""

    def __init__(self) -> None:
        self._rows: dict[str, dict[str, Row]] = {}
        self._fresh: set[str] = set()

    def add(self, ticket_id: str, row_id: str, row: Row) -> None:
        """Keep a row of a ticket."""
        self._rows.setdefault(ticket_id, {})[row_id] = row
        self._fresh.add(ticket_id)

    def take(self, ticket_id: str) -> list[Row]:
        """The rows of a ticket, which are forgotten then."""
        return list(self._rows.pop(ticket_id, {}).values())

    def settle(self, waiting: dict[str, Any]) -> None:
        """At the end of a window: forget rows that came before it and whose ticket isn't among those waiting."""
        for ticket_id in self._rows.keys() - self._fresh - waiting.keys():
            del self._rows[ticket_id]
        self._fresh.clear()


class Feed:
    """Reads one location.

    Args:
        tap: The tap, for its settings and loggers.
        location: The shop to read.
        period: The tickets wanted.
        now: The time of the run.
    """

    def __init__(self, tap: Tap, location: Location, period: Period, now: datetime) -> None:
        self._tap = tap
        self._logger = tap.logger
        self._location = location
        self._period = period
        self._now = now
        self.quota = Quota(location.id)
        self._sources = {kind: kind(tap, location, self.quota) for kind in (Orders, OrderItems, OrderPayments)}
        self._orders: dict[str, fields.Order] = {}
        self._items: Pool[fields.Item] = Pool()
        self._payments: Pool[fields.Payment] = Pool()
        self._given: set[str] = set()
        self._strays = 0

    def batches(self) -> Iterator[Batch]:
        """Read window after window; each gives a batch, which may be empty.

        Stops early, with a warning, where the calls left this month are needed for the nightly runs.

        Raises:
            FatalAPIError: If Franpos refuses, or the quota is used up.
            RetriableAPIError: If Franpos can't be reached.
            FieldError: If a row lacks what a ticket needs.
        """
        config = self._tap.config
        windows = plan(self._period, self._now, config["lookback_days"], config["window_days"])
        with self.quota.counter:
            try:
                if len(windows) > 1:
                    self._keep_reserve()
                expected = CALLS_PER_NIGHT
                for window in windows:
                    self.quota.check(expected)
                    before = self.quota.made
                    self._read(window)
                    expected = self.quota.made - before
                    yield self._complete(window.complete_before or self._period.end)
            except ReserveReached:
                self._logger.warning(
                    "Location %s: stopped before the end of the period: the calls left this month are kept for the "
                    "nightly runs. The next run goes on here, next month's first one at the latest",
                    self._location.id,
                )
            finally:
                if self._strays:
                    self._logger.warning(
                        "Location %s: %d payments belong to no ticket and were left out",
                        self._location.id,
                        self._strays,
                    )
                self._logger.info("Location %s: %d successful calls of Franpos", self._location.id, self.quota.made)

    def _read(self, window: Window) -> None:
        if window.order_days:
            for raw in self._rows(Orders, window, window.order_days):
                order = fields.order(raw, self._location.zone)
                if self._period.holds(order.created_at) and order.order_id not in self._given:
                    self._orders[order.order_id] = order
        for raw in self._rows(OrderItems, window, window.days):
            item = fields.item(raw)
            self._items.add(item.order_id, item.item_id, item)
        for raw in self._rows(OrderPayments, window, window.days):
            payment = fields.payment(raw)
            if payment.order_id is None:
                self._strays += 1
            else:
                self._payments.add(payment.order_id, payment.payment_id, payment)

    def _rows(
        self, kind: type[Orders | OrderItems | OrderPayments], window: Window, days: int
    ) -> Iterator[dict[str, Any]]:
        context = {"location_id": self._location.id, "first": window.first.isoformat(), "days": days}
        yield from self._sources[kind].request_records(context)

    def _complete(self, before: datetime) -> Batch:
        """Give out the tickets created before that time."""
        ready = sorted(
            (order for order in self._orders.values() if order.created_at < before),
            key=lambda order: (order.created_at, order.order_id),
        )
        found = [
            ticket_records(
                self._location.id,
                self._orders.pop(order.order_id),
                self._items.take(order.order_id),
                self._payments.take(order.order_id),
            )
            for order in ready
        ]
        # A row can come again with the next window, never with a later one (Franpos API notes, Datadump).
        self._given = {order.order_id for order in ready}
        self._items.settle(self._orders)
        self._payments.settle(self._orders)
        return Batch(found)

    def _keep_reserve(self) -> None:
        """Leave the month's nightly runs their calls; without a readable answer only our own calls are known."""
        usage = UsageLimit(self._tap, self._location, self.quota)
        try:
            left = calls_left([row["text"] for row in usage.request_records(None)], self._location.id)
        except (FatalAPIError, RetriableAPIError) as error:
            # A question on the side: what is wrong with the token or the line, the next call says.
            self._logger.warning("%s", error)
            left = None
        if left is None:
            self._logger.info(
                "Location %s: can't tell from Franpos's answer how many calls are left this month", self._location.id
            )
            left = MONTHLY_CALLS
        else:
            tell(RunMetric.CALLS_LEFT, left, location_id=self._location.id)
        self.quota.allow(left - reserve(self._now.astimezone(self._location.zone).date()))
