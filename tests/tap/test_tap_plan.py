"""The plan of windows, and what is made of the calls that are left."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tap_franpos.clocks import days_of
from tap_franpos.quota import Quota, ReserveReached, calls_left, reserve
from tap_franpos.windows import Period, Window, plan

DAY = timedelta(days=1)
ZONES = st.sampled_from(["America/Denver", "Pacific/Honolulu", "Pacific/Kiritimati", "Europe/Berlin", "UTC"]).map(
    ZoneInfo
)
moments = st.datetimes(datetime(2020, 1, 1), datetime(2026, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001 - hypothesis adds the zone


def days(window: Window) -> set[date]:
    return {window.first + n * DAY for n in range(window.days)}


@given(moments, st.integers(0, 10**7), st.integers(-(10**6), 10**7), ZONES, st.integers(0, 10), st.integers(1, 30))
def test_windows_cover_the_period_once(
    start: datetime, seconds: int, ago: int, zone: ZoneInfo, lookback: int, length: int
) -> None:
    end = start + timedelta(seconds=seconds)
    now = end + timedelta(seconds=ago)
    windows = plan(Period(start.astimezone(zone), end.astimezone(zone), zone), now, lookback, length)
    if start >= min(end, now):
        assert windows == []
        return
    assert all(1 <= window.days <= length and 0 <= window.order_days <= window.days for window in windows)
    assert all(one.first + one.days * DAY == other.first for one, other in pairwise(windows))
    covered = set().union(*map(days, windows))
    for instant in (start, min(end, now) - timedelta(microseconds=1)):
        assert set(days_of(instant, zone)) <= covered
    # The day before the first, and late rows as far as there is a past; nothing of a future day.
    assert days_of(start, zone)[0] - DAY in covered
    last = min(end + lookback * DAY, now) - timedelta(microseconds=1)
    assert max(covered) == days_of(last, zone)[1]
    asked = {window.first + n * DAY for window in windows for n in range(window.order_days)}
    assert max(asked) == days_of(min(end, now) - timedelta(microseconds=1), zone)[1]
    assert min(asked) == min(covered)
    # A ticket is held until the days of its late rows are read.
    assert windows[-1].complete_before is None
    for window in windows[:-1]:
        assert window.complete_before is not None
        assert window.complete_before + max(lookback, 1) * DAY - timedelta(hours=2) <= datetime.combine(
            window.first + window.days * DAY, datetime.min.time(), zone
        )


def test_a_night_is_one_window_to_the_day_that_utc_has_already() -> None:
    zone = ZoneInfo("America/Denver")
    now = datetime(2025, 6, 11, 3, 0, tzinfo=UTC)  # nine in the evening of the 10th in Denver
    start = datetime(2025, 6, 6, 22, 0, tzinfo=zone)
    (window,) = plan(Period(start, now.astimezone(zone), zone), now, 3, 30)
    assert window == Window(first=date(2025, 6, 5), days=7, order_days=7, complete_before=None)


def test_a_year_of_a_typical_shop_is_about_150_calls() -> None:
    zone = ZoneInfo("America/Denver")
    period = Period(datetime(2025, 1, 1, tzinfo=zone), datetime(2026, 1, 1, tzinfo=zone), zone)
    windows = plan(period, datetime(2026, 6, 1, tzinfo=UTC), 3, 30)
    pages = sum(-(-36 * w.order_days // 500) + -(-72 * w.days // 500) + -(-37 * w.days // 500) for w in windows)
    assert len(windows) == 13
    assert 130 <= pages <= 150


def test_orders_are_not_asked_for_after_the_period() -> None:
    period = Period(datetime(2025, 1, 2, tzinfo=UTC), datetime(2025, 1, 31, tzinfo=UTC), UTC)
    first, second = plan(period, datetime(2026, 1, 1, tzinfo=UTC), 3, 30)
    assert (first.days, first.order_days, second.days, second.order_days) == (30, 30, 3, 0)


@pytest.mark.parametrize(
    ("texts", "left"),
    [
        (["Location 7: 962 of 1000 API calls used this month"], 38),
        (["Location 6: 1 of 1000 used", "Location 7: 400 of 1000 used", "Location 17: 999 of 1000 used"], 600),
        (["400 of 1000 used", "999 of 1000 used"], 1),
        (["You have used 1,000 of 1,000 calls"], 0),
        (["You have used 1200/1000 calls"], 0),
        (["123 / 1000"], 877),
        (["877 of 1000 calls remaining"], 877),
        (["Remaining calls: 877"], 877),
        (["You have 877 API calls left this month."], 877),
        (["Calls used: 123"], 877),
        (["123 calls used in November 2025"], 877),
        (["All fine"], None),
        (["Plan 2025"], None),
        ([], None),
    ],
    ids=str,
)
def test_the_answer_about_usage_is_read_tolerantly(texts: list[str], left: int | None) -> None:
    assert calls_left(texts, "7") == left


@pytest.mark.parametrize(
    ("today", "calls"),
    [(date(2025, 11, 1), 87), (date(2025, 11, 30), 0), (date(2024, 2, 28), 3), (date(2025, 12, 1), 90)],
)
def test_three_calls_are_kept_for_each_night_left(today: date, calls: int) -> None:
    assert reserve(today) == calls


def test_calls_are_bounded_only_once_that_is_said() -> None:
    quota = Quota("7")
    for _ in range(5):
        quota.check(10_000)
        quota.count()
    quota.allow(4)
    quota.check(4)
    quota.count()
    with pytest.raises(ReserveReached):
        quota.check(4)
    quota.allow(-5)
    with pytest.raises(ReserveReached):
        quota.check()
