"""Syncing on demand: a period, or what is new, is fetched from the till and posted at once."""

from __future__ import annotations

import datetime as dt
import time
from collections import defaultdict
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from target_qbo.desk.periods import beginning, end_after
from target_qbo.desk.posting import post
from target_qbo.desk.pulling import configured_locations, pull, tap_settings
from target_qbo.errors import NotThereError, TargetError
from target_qbo.ledger import again, tickets
from target_qbo.ledger.status import TicketStatus
from target_qbo.posting.summary import RunSummary

if TYPE_CHECKING:
    from collections.abc import Sequence

    from target_qbo.company import Company
    from target_qbo.desk.config import DeskConfig
    from target_qbo.desk.periods import Bound
    from target_qbo.desk.watching import Watch
    from target_qbo.ledger.tickets import TicketRow

_LOOKBACK_DAYS = 3
_EVER = dt.date(2000, 1, 1)  # no till is older
_TRIED_AGAIN = (TicketStatus.UNDONE, TicketStatus.SKIPPED)
_NOT_POSTED = (TicketStatus.SKIPPED, TicketStatus.WAITING, TicketStatus.POSTING)


@dataclass(frozen=True, slots=True)
class Wanted:
    """What is to be fetched.

    Attributes:
        first: First day, or the moment to begin with, by the clock of each location; None: what is new.
        last: Last day, included, or the moment to end before; None: up to now.
        locations: Franpos locations; none: all of the tap's settings.
    """

    first: Bound | None = None
    last: Bound | None = None
    locations: Sequence[str] = ()


@dataclass(slots=True)
class Synced:
    """What a sync did.

    Attributes:
        received: Tickets that came from the till, known ones too.
        summary: What was posted.
        left: Tickets of the period that are not posted.
        seconds: How long it took.
        problem: Why it stopped early; None: it did not.
    """

    received: int = 0
    summary: RunSummary = field(default_factory=RunSummary)
    left: list[TicketRow] = field(default_factory=list)
    seconds: float = 0.0
    problem: TargetError | None = None

    @property
    def any_skipped(self) -> bool:
        """Whether tickets of the period are skipped."""
        return any(ticket.status is TicketStatus.SKIPPED for ticket in self.left)


def sync(
    config: DeskConfig, company: Company, wanted: Wanted, watch: Watch, night: dt.datetime | None = None
) -> Synced:
    """Fetch what is wanted and post everything that is pending.

    Tickets of a period that were undone or skipped are tried again. Where Franpos or QuickBooks can't be reached, what
    was received is posted as far as it goes; the rest waits for the next run.

    Args:
        config: Where the tap's settings are.
        company: The company.
        wanted: What is fetched.
        watch: Watches how far it is.
        night: Which night it is: when that was to begin; None: none.

    Raises:
        NotThereError: A location is not among those of the tap's settings; nothing was fetched or posted.
    """
    begun, done = time.monotonic(), Synced(summary=RunSummary(night))
    end = end_after(wanted.last) if wanted.last is not None else None
    until = beginning(end) if end is not None else None
    locations = list(dict.fromkeys(wanted.locations))
    period: list[tuple[Bound | None, Sequence[str]]] = []
    try:
        period += [(wanted.first, locations)] if wanted.first is not None else _since_newest(config, company, locations)
        for start, some in period:
            pull(config, company.ledger, start=start, end=end, locations=some, watch=watch)
    except NotThereError:
        raise  # what was meant is not known: nothing is posted
    except TargetError as error:
        done.problem = error  # told at the end: what was received is posted first
        done.summary.fetched, done.summary.problem = False, str(error)
    if wanted.first is not None:
        # Not of other shops that post to the company: what was undone of theirs was not meant.
        own = locations or configured_locations(tap_settings(config))
        rung_up = again.rung_up(company.ledger, _TRIED_AGAIN, start=beginning(wanted.first), end=until, locations=own)
        keys = [ticket.key for ticket in rung_up]
        again.mark(company.ledger, keys, insist=False, now=dt.datetime.now(dt.UTC))
    try:
        post(company, watch, done.summary, str(done.problem) if done.problem is not None else None)
    except TargetError as error:
        done.problem = done.problem or error
    since = min((beginning(start or _EVER) for start, _ in period), default=beginning(_EVER))
    done.left = again.rung_up(company.ledger, _NOT_POSTED, start=since, end=until, locations=locations)
    done.received, done.seconds = watch.received, time.monotonic() - begun
    return done


def _since_newest(
    config: DeskConfig, company: Company, wanted: Sequence[str]
) -> list[tuple[dt.date | None, Sequence[str]]]:
    """Return from which day on to fetch which locations; None: from the tap's start date."""
    settings = tap_settings(config)
    lookback = settings.get("lookback_days", _LOOKBACK_DAYS)
    newest = tickets.newest_days(company.ledger)
    by_day: dict[dt.date | None, list[str]] = defaultdict(list)
    for location in wanted or configured_locations(settings):
        day = newest.get(location)
        by_day[day - dt.timedelta(days=int(lookback)) if day is not None else None].append(location)
    return list(by_day.items())
