"""Nights that the page begins by itself: each once, a missed one made up, and none beside another work."""

from __future__ import annotations

import datetime as dt
import threading
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

import pytest

from target_qbo.desk.config import DeskConfig
from target_qbo.desk.keeping import keep_own
from target_qbo.desk.nights import Nights, Schedule
from target_qbo.desk.works import Came, Works
from target_qbo.ledger import runs
from tests.shop import Shop, run
from tests.target.failures import ring_up
from tests.target.inboxes import webhook
from tests.web.conftest import Page

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

DENVER = Schedule(dt.time(0), ZoneInfo("America/Denver"))
NOON = dt.datetime(2026, 3, 7, 19, tzinfo=dt.UTC)
MIDNIGHT = dt.datetime(2026, 3, 8, 7, tzinfo=dt.UTC)


@pytest.fixture
def shop(tmp_path: Path) -> Iterator[Shop]:
    with Shop(tmp_path, "--locations", "1", "--days", "1", "--tickets-per-day", "6", "--dirty", "0") as shop:
        yield shop


class _Clock:
    def __init__(self, now: dt.datetime) -> None:
        self.now = now

    def __call__(self) -> dt.datetime:
        return self.now


def _started(shop: Shop, now: dt.datetime) -> tuple[Nights, Works, _Clock]:
    """Start the page's part that begins nights, at a moment."""
    config = DeskConfig(str(shop.tap_config), str(shop.target_config))
    works, clock = Works(config), _Clock(now)
    return Nights(config, works, DENVER, clock), works, clock


def finished(works: Works) -> Came:
    for thread in threading.enumerate():
        if thread.name == "work":
            thread.join(60)
    assert works.latest is not None
    assert works.latest.came is not None
    return works.latest.came


def _latest_night(shop: Shop) -> dt.datetime | None:
    company = DeskConfig(None, str(shop.target_config)).company()
    try:
        return runs.latest_night(company.ledger, MIDNIGHT + dt.timedelta(days=400))
    finally:
        company.ledger.engine.dispose()


def test_a_night_is_begun_once_and_is_a_run_of_its_own_kind(shop: Shop) -> None:
    nights, works, clock = _started(shop, NOON)
    assert not nights.look(), "nothing is due on the first day"
    clock.now = MIDNIGHT + dt.timedelta(seconds=3)
    assert nights.look()
    assert finished(works).problem is None
    assert not nights.look()
    assert shop.differences() == []
    assert works.latest is not None
    assert works.latest.name == "Night of 2026-03-08"
    assert _latest_night(shop) == MIDNIGHT


def test_what_lies_before_the_page_was_told_is_not_made_up(shop: Shop) -> None:
    config = DeskConfig(str(shop.tap_config), str(shop.target_config))
    works, clock = Works(config), _Clock(NOON)
    nights = Nights(config, works, None, clock)
    assert not nights.look()
    clock.now = MIDNIGHT + dt.timedelta(hours=9)
    assert not nights.look(), "nobody said when"
    keep_own(config, {"on": True, "at": "00:00", "zone": "America/Denver"})
    clock.now += dt.timedelta(seconds=15)
    assert not nights.look(), "nine hours ago nobody wanted it"
    clock.now = MIDNIGHT + dt.timedelta(days=1)
    assert nights.look()
    assert finished(works).problem is None


def test_a_missed_night_is_made_up_and_a_restart_does_none_twice(shop: Shop) -> None:
    nights, works, clock = _started(shop, NOON)
    clock.now = MIDNIGHT
    assert nights.look()
    finished(works)
    ring_up(shop, lines=[{"price": "7.00"}])
    restarted, _, _ = _started(shop, MIDNIGHT + dt.timedelta(hours=1))
    assert not restarted.look(), "the ledger has tonight's"
    late, works, clock = _started(shop, MIDNIGHT + dt.timedelta(days=3, hours=-2))
    assert late.look(), "the machine was off for days"
    clock.now = MIDNIGHT + dt.timedelta(days=3)
    finished(works)
    assert late.look(), "the next night is not the one that was made up late"
    finished(works)
    assert shop.differences() == []
    early, _, _ = _started(shop, NOON)
    assert not early.look(), "a clock that was set back"
    assert _latest_night(shop) == DENVER.latest(MIDNIGHT + dt.timedelta(days=3))


def test_a_night_waits_for_a_work_that_is_under_way(shop: Shop) -> None:
    nights, works, clock = _started(shop, NOON)
    over = threading.Event()
    assert works.begin("something", lambda _company, _watch: Came(("through",)) if over.wait(60) else Came(()))
    clock.now = MIDNIGHT
    assert not nights.look()
    over.set()
    finished(works)
    assert nights.look()
    assert finished(works).problem is None


def test_a_night_that_fails_is_told_and_not_begun_again(shop: Shop) -> None:
    with webhook() as hook:
        shop.configure_target(notice_webhook_url=hook.url)
        shop.post("faults", [{"where": "franpos", "do": "503", "match": {"every": 1}}])
        nights, works, clock = _started(shop, NOON)
        clock.now = MIDNIGHT
        assert nights.look()
        came = finished(works)
        assert came.problem is not None
        assert len(hook.messages) == 1
        assert not nights.look()
        assert _latest_night(shop) is None, "after a restart it is made up"
        page = Page(shop, shop.folder / "page.log")
        text = page.visitor().look("/").text_content()
        assert "Never synced" in text
        assert "The last sync was stopped. GET " in text
        page.stop()
        shop.tap_config.write_text("{}")
        clock.now = MIDNIGHT + dt.timedelta(days=1)
        assert nights.look()
        assert "location_ids" in (finished(works).problem or "")
        assert len(hook.messages) == 2


def test_the_hour_that_comes_twice_or_never_has_one_night() -> None:
    schedule = Schedule(dt.time(2, 30), ZoneInfo("America/Denver"))
    noon = dt.datetime(2026, 3, 7, 19, tzinfo=dt.UTC)
    assert [f"{fire:%m-%d %H:%M}" for fire in schedule.following(noon, 3)] == [
        "03-08 09:30",
        "03-09 08:30",
        "03-10 08:30",
    ]
    autumn = Schedule(dt.time(1, 30), ZoneInfo("America/Denver"))
    fires = autumn.following(dt.datetime(2026, 10, 31, 19, tzinfo=dt.UTC), 2)
    assert [f"{fire:%m-%d %H:%M}" for fire in fires] == ["11-01 07:30", "11-02 08:30"]
    moments = [dt.datetime(2026, 1, 1, tzinfo=dt.UTC) + hour * dt.timedelta(hours=1) for hour in range(24 * 365)]
    assert len({schedule.latest(moment) for moment in moments}) == 366
    assert all(schedule.latest(moment) <= moment < schedule.following(moment, 1)[0] for moment in moments)


def test_the_page_shows_its_schedule(shop: Shop) -> None:
    page = Page(shop, shop.folder / "page.log", "--schedule", "--at", "23:45", "--zone", "America/Chicago")
    assert "the next night begins at" in page.said.read_text()
    text = page.visitor().look("/sync/").text_content()
    page.stop()
    assert text.count("11:45 PM America/Chicago") == 5
    wrong = run([*page.command, "--zone", "Nowhere"])
    assert (wrong.returncode, "is no time zone" in wrong.stderr) == (2, True)
