"""A sync every night on a machine without cron: begun at its time, made up where it was missed, never two at once.

Which nights there were tells the ledger, so that a restart forgets none and does none twice.
"""

from __future__ import annotations

import datetime as dt
import logging
import threading
from dataclasses import dataclass
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from target_qbo.desk.deeds import to_sync
from target_qbo.desk.keeping import own
from target_qbo.desk.reminding import tell_late, tell_week
from target_qbo.desk.syncing import Wanted
from target_qbo.endings import line_of
from target_qbo.ledger import runs
from target_qbo.notices import tell
from target_qbo.posting.summary import RunSummary
from target_qbo.said import Said

if TYPE_CHECKING:
    from collections.abc import Callable

    from target_qbo.company import Company
    from target_qbo.desk.config import DeskConfig
    from target_qbo.desk.deeds import Do
    from target_qbo.desk.watching import Watch
    from target_qbo.desk.works import Came, Works

logger = logging.getLogger("franpos-qbo.nights")

_LOOK_SECONDS = 15.0
_DAY = dt.timedelta(days=1)
_NEVER = dt.datetime.min.replace(tzinfo=dt.UTC)


@dataclass(frozen=True, slots=True)
class Schedule:
    """A time of each day on the wall of a place.

    Attributes:
        at: The time. Where clocks leave it out, the night begins as much later.
        zone: The place.
    """

    at: dt.time
    zone: ZoneInfo

    def latest(self, now: dt.datetime) -> dt.datetime:
        """Return when the latest night began, or should have (UTC)."""
        today = self._of(now.astimezone(self.zone).date())
        return today if today <= now else self._of(now.astimezone(self.zone).date() - _DAY)

    def following(self, now: dt.datetime, number: int) -> list[dt.datetime]:
        """Return when the next nights begin (UTC)."""
        today = now.astimezone(self.zone).date()
        fires = (self._of(today + place * _DAY) for place in range(number + 2))
        return [fire for fire in fires if fire > now][:number]

    def _of(self, day: dt.date) -> dt.datetime:
        return dt.datetime.combine(day, self.at, self.zone).astimezone(dt.UTC)


class Nights:
    """Begins the nights' works.

    Args:
        config: Where the settings are.
        works: Has them done.
        fixed: When; None: as the page keeps it, which may be never.
        clock: Gives the present moment (UTC).

    Attributes:
        is_fixed: Whether the page can't change when.
    """

    def __init__(
        self,
        config: DeskConfig,
        works: Works,
        fixed: Schedule | None,
        clock: Callable[[], dt.datetime] = lambda: dt.datetime.now(dt.UTC),
    ) -> None:
        self.is_fixed = fixed is not None
        self._fixed = fixed
        self._config = config
        self._works = works
        self._clock = clock
        self._begun = clock()
        self._settled: dt.datetime | None = None
        self._reminded: dt.datetime | None = None
        self._seen: tuple[Schedule | None, dt.datetime] | None = None  # at the look before, and when that was
        self._holds_since: dt.datetime | None = None

    def schedule(self) -> Schedule | None:
        """Return when the nights begin; None: never from here.

        Raises:
            ConfigurationError: What the page keeps can't be read.
        """
        return self._fixed or kept_schedule(self._config)

    def upcoming(self, number: int) -> list[dt.datetime]:
        """Return when the next nights begin, by the clock of the place."""
        found = self.schedule()
        return [] if found is None else [one.astimezone(found.zone) for one in found.following(self._clock(), number)]

    def go_on(self) -> None:
        """Look every few seconds, in a thread that ends with the process."""

        def look() -> None:
            while not over.wait(_LOOK_SECONDS):
                try:
                    self.look()
                except Exception:
                    logger.exception("an error nobody expected: the night is looked for again")

        over = threading.Event()
        threading.Thread(target=look, name="nights", daemon=True).start()

    def look(self) -> bool:
        """Begin the night that is due, if one is; returns whether one was begun.

        One is due that is later than the latest that came to its end, as far as the ledger knows; where it knows none,
        later than the beginning of this process; what lies before the page was told to begin nights then is not. A
        night that fails is not begun again while the process is up: it is told, and the next one fetches what it left.
        When this process comes up, and after each night, it is looked whether nothing has synced for two of them.
        """
        try:
            schedule = None if self._config.lacking() else self.schedule()
            self._see(schedule)
            if schedule is None:
                return False
            fire = schedule.latest(self._clock())
            self._remind(schedule, fire)
            if fire == self._settled:
                return False
            is_due = self._is_due(fire)
        except Exception as error:  # noqa: BLE001 (the next look may find the ledger again)
            logger.warning("the night can't begin: %s", line_of(error))
            return False
        name = Said("Night of {day}", day=fire.astimezone(schedule.zone).date())
        if is_due and not self._works.begin(name, _told(to_sync(self._config, Wanted(), fire))):
            return False  # as soon as what is under way is through
        self._settled = fire
        return is_due

    def _remind(self, schedule: Schedule, fire: dt.datetime) -> None:
        """Tell what no run tells: when this process comes up, which may have been down for days, and after a night."""
        comes_up, is_over = self._reminded is None, fire == self._settled and not self._works.busy
        if not comes_up and (not is_over or fire == self._reminded):
            return
        self._reminded = fire if is_over else _NEVER
        company, now = self._config.company(), self._clock()
        try:
            tell_late(company, now)
            if is_over:
                tell_week(company, now, schedule.zone)
        finally:
            company.ledger.engine.dispose()

    def _is_due(self, fire: dt.datetime) -> bool:
        company = self._config.company()
        try:
            latest = runs.latest_night(company.ledger, self._clock())
        finally:
            company.ledger.engine.dispose()
        since = latest if latest is not None else self._begun
        return fire > since and (self._holds_since is None or fire > self._holds_since)

    def _see(self, schedule: Schedule | None) -> None:
        """Note since when a schedule holds at the earliest: the look before, at which it did not."""
        now = self._clock()
        if self._seen is not None and self._seen[0] != schedule:
            self._holds_since = self._seen[1]
        self._seen = schedule, now


def kept_schedule(config: DeskConfig) -> Schedule | None:
    """Return when the page is to begin nights, as it keeps it; None: never."""
    known = own(config)
    if not known.get("on"):
        return None
    return Schedule(dt.time.fromisoformat(known["at"]), ZoneInfo(known["zone"]))


def _told(do: Do) -> Do:
    """Have whoever is to be told by the settings told of what a sync does not tell itself, because it never began."""

    def told(company: Company, watch: Watch) -> Came:
        try:
            return do(company, watch)
        except Exception as error:
            tell(company.settings.notices, company.ledger, RunSummary(), line_of(error))
            raise

    return told
