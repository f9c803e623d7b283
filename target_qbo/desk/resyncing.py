"""Trying chosen tickets again: what was changed by hand in QuickBooks is put right, the skipped are decided anew."""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from target_qbo.desk.posting import post
from target_qbo.desk.tickets import keys_named
from target_qbo.errors import ConfigurationError, TargetError
from target_qbo.ledger import again, listing
from target_qbo.ledger.status import TicketStatus
from target_qbo.posting.resync import mark_again
from target_qbo.posting.summary import RunSummary
from target_qbo.qbo import QboFaultError

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from target_qbo.company import Company
    from target_qbo.desk.config import DeskConfig
    from target_qbo.desk.watching import Watch
    from target_qbo.ledger import CompanyLedger

_DONE = frozenset({TicketStatus.POSTED.value, TicketStatus.VOIDED.value})
_GAP = dt.timedelta(days=3)  # days so near to each other are fetched in one go
_DAY = dt.timedelta(days=1)
_NEVER_RECEIVED = "found in QuickBooks, its record was never received from the till: resync it with --refetch"


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which tickets are tried again.

    Attributes:
        names: Order ids or receipt numbers: what a person names is carried out also where the settings leave changes
            alone.
        chosen: Those that it lets through; of names only its location counts.
        refetch: Whether their days are first fetched anew from the till.
        keys: Their keys in the ledger, where a person picked them; that is as good as their names.
    """

    names: Sequence[str]
    chosen: listing.Filter
    refetch: bool = False
    keys: Sequence[int] = ()


class Resynced:
    """What became of the tickets that were tried again.

    Attributes:
        problem: Why it stopped early; None: it did not.
        open: Whether one of the rows that were read so far is still skipped, or waits.
    """

    def __init__(self, ledger: CompanyLedger, keys: Sequence[int], problem: TargetError | None) -> None:
        self._ledger = ledger
        self._keys = listing.in_order(ledger, keys)
        self._unreceived = set(again.unreceived(ledger, self._keys))
        self.problem = problem
        self.open = False

    def rows(self) -> Iterator[dict[str, Any]]:
        """Yield the tickets, as :func:`target_qbo.ledger.listing.rows` does; of one not decided with what to do."""
        for key, row in zip(self._keys, listing.rows_of(self._ledger, self._keys), strict=True):
            if key in self._unreceived:
                row["reason"] = _NEVER_RECEIVED
            self.open = self.open or key in self._unreceived or row["status"] not in _DONE
            yield row


def resync(config: DeskConfig, company: Company, wanted: Wanted, watch: Watch) -> Resynced:
    """Hold the documents of tickets against QuickBooks, and post what is to be posted of them.

    Args:
        config: Where the tap's settings are.
        company: The company.
        wanted: Which tickets.
        watch: Watches how far it is.

    Raises:
        NotThereError: No ticket has one of the names.
        TargetError: The till can't be asked.
    """
    ledger, chosen = company.ledger, wanted.chosen
    by_name = bool(wanted.names or wanted.keys)
    if wanted.keys:
        keys = listing.in_order(ledger, wanted.keys)
    else:
        keys = keys_named(ledger, wanted.names, chosen.location_id) if by_name else listing.keys_of(ledger, chosen)
    if wanted.refetch:
        _refetch(config, ledger, keys, wanted, watch)
        if not by_name:
            # What the till has beyond what was known of the period; and what was fetched is chosen as it stood before.
            keys = sorted({*keys, *listing.keys_of(ledger, chosen)})
    problem = None
    try:
        if keys:
            keys += _held_against_the_books(company, keys, insist=by_name)
            post(company, watch, RunSummary(fetched=False))
    except TargetError as error:
        problem = error
    return Resynced(ledger, keys, problem)


def _held_against_the_books(company: Company, keys: Sequence[int], *, insist: bool) -> list[int]:
    try:
        return mark_again(company, keys, insist=insist)
    except QboFaultError as error:
        raise ConfigurationError(f"QuickBooks refuses to show the documents: {error}") from None


def _refetch(config: DeskConfig, ledger: CompanyLedger, keys: Sequence[int], wanted: Wanted, watch: Watch) -> None:
    """Fetch the period that was chosen, else the days of the tickets."""
    from target_qbo.desk.pulling import pull  # noqa: PLC0415 (it takes a while to load)

    chosen = wanted.chosen
    if chosen.first is not None and chosen.last is not None:
        locations = [chosen.location_id] if chosen.location_id is not None else []
        pull(config, ledger, start=chosen.first, end=chosen.last + _DAY, locations=locations, watch=watch)
        return
    days: dict[str, set[dt.date]] = defaultdict(set)
    for row in listing.rows_of(ledger, keys):
        days[row["location_id"]].add(dt.date.fromisoformat(row["business_date"]))
    spans: dict[tuple[dt.date, dt.date], list[str]] = defaultdict(list)
    for location_id, some in days.items():
        for span in _spans(sorted(some)):
            spans[span].append(location_id)
    for (first, last), locations in spans.items():
        pull(config, ledger, start=first, end=last + _DAY, locations=locations, watch=watch)


def _spans(days: Sequence[dt.date]) -> Iterator[tuple[dt.date, dt.date]]:
    """Yield first and last day of days that are near to each other."""
    begun = previous = days[0]
    for day in days[1:]:
        if day - previous > _GAP:
            yield begun, previous
            begun = day
        previous = day
    yield begun, previous
