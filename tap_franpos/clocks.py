"""Times as Franpos and people write them, turned into instants with an explicit offset.

Franpos gives store-local time without an offset (``CreatedOn``) and UTC (``CreatedOnUTC``); settings and bookmarks
are ISO 8601. Nothing that leaves this module is naive.
"""

from __future__ import annotations

from datetime import UTC, date, datetime, time, tzinfo


def moment(text: str, zone: tzinfo) -> datetime:
    """The instant that an ISO 8601 text means, shown in ``zone``.

    Without an offset it is a clock in ``zone``: in the repeated hour of autumn the first one; in the hour that
    spring leaves out, the time an hour later, which is what a clock that was not yet set forward shows. A date is
    the start of that day.

    Raises:
        ValueError: If the text is not ISO 8601.
    """
    read = datetime.fromisoformat(text.strip())
    if read.tzinfo is None:
        read = read.replace(tzinfo=zone, fold=0)
    # By way of UTC: that is what moves a time which the zone doesn't have.
    return read.astimezone(UTC).astimezone(zone)


def day_start(day: date, zone: tzinfo) -> datetime:
    """The first instant of a day in ``zone``."""
    return datetime.combine(day, time(), tzinfo=zone).astimezone(UTC).astimezone(zone)


def days_of(instant: datetime, zone: tzinfo) -> tuple[date, date]:
    """The dates an instant has in ``zone`` and in UTC, the earlier one first."""
    local, utc = instant.astimezone(zone).date(), instant.astimezone(UTC).date()
    return min(local, utc), max(local, utc)
