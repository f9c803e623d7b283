"""What is told without a run: that nothing has synced, once; on Mondays what is open; a tap that failed on its way."""

from __future__ import annotations

import datetime as dt
import sqlite3
from contextlib import closing
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

import pytest

from target_qbo.desk.config import DeskConfig
from target_qbo.desk.nights import Nights, Schedule
from target_qbo.desk.reminding import tell_late, tell_week
from target_qbo.desk.works import Works
from tests.shop import Shop
from tests.target.failures import EIGHT_TICKETS, ring_up
from tests.target.inboxes import Webhook, webhook
from tests.web.test_nights import finished

if TYPE_CHECKING:
    from collections.abc import Iterator

    from target_qbo.company import Company

DENVER = ZoneInfo("America/Denver")
HOUR = dt.timedelta(hours=1)
DAY = dt.timedelta(days=1)


class Told:
    """A shop whose notices go to a web server that is looked into, and its company, looked at from any moment."""

    def __init__(self, shop: Shop, hook: Webhook) -> None:
        self.shop, self.hook = shop, hook
        shop.configure_target(notice_webhook_url=hook.url)

    @property
    def company(self) -> Company:
        """The company, opened anew, as after a restart."""
        return self.config.company()

    @property
    def config(self) -> DeskConfig:
        """Where its settings are."""
        return DeskConfig(str(self.shop.tap_config), str(self.shop.target_config))

    def texts(self) -> list[str]:
        """Return what has arrived since."""
        texts = [message["text"] for message in self.hook.messages]
        self.hook.messages.clear()
        return texts

    def synced_at(self) -> dt.datetime:
        """Return when the latest run began."""
        with closing(sqlite3.connect(self.shop.folder / "ledger.db")) as ledger:
            (began,) = ledger.execute("select started_at from runs order by id desc").fetchone()
        return dt.datetime.fromisoformat(began)


@pytest.fixture
def told(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Told]:
    with Shop(tmp_path_factory.mktemp("reminders"), *EIGHT_TICKETS) as shop, webhook() as hook:
        yield Told(shop, hook)


def test_that_nothing_has_synced_is_told_once_until_something_does(told: Told) -> None:
    now = dt.datetime.now(dt.UTC)
    assert tell_late(told.company, now + 100 * DAY) is None, "a company that is being set up"
    assert told.shop.sync().returncode == 0
    synced = told.synced_at()
    assert tell_late(told.company, synced + 45 * HOUR) is None
    assert told.texts() == []
    told.hook.status = 500
    assert tell_late(told.company, synced + 48 * HOUR) is not None
    told.hook.status = 200
    told.texts()
    for hours in (48, 49, 100):  # it is tried again where nobody took it, and then it is told
        assert tell_late(told.company, synced + hours * HOUR) is not None
    (text,) = told.texts()
    assert "was not synced for 2 nights" in text.splitlines()[0]

    # A run that took nothing from the till is no sync: the tap failed on its way, and that is told by the target.
    told.shop.post("faults", [{"where": "franpos", "do": "503", "match": {"every": 1}}])
    failed = told.shop.tap()
    told.shop.forget_faults()
    assert failed.returncode == 1
    assert told.shop.target(failed.stdout).returncode == 0
    (text,) = told.texts()
    assert "the tap did not come to its end" in text
    assert tell_late(told.company, synced + 100 * HOUR) is not None
    assert told.texts() == []
    assert told.shop.sync().returncode == 0
    assert tell_late(told.company, told.synced_at() + 50 * HOUR) is not None
    assert len(told.texts()) == 1, "another time"


def test_a_tap_that_never_gives_bookmarks_is_no_failure(told: Told) -> None:
    messages = "".join(line for line in told.shop.messages().splitlines(keepends=True) if '"STATE"' not in line)
    for _ in range(2):
        assert told.shop.target(messages).returncode == 0
        assert told.texts() == []
    assert told.synced_at() <= dt.datetime.now(dt.UTC)


def test_a_line_of_cron_tells_it_by_its_exit_code_too(told: Told) -> None:
    assert told.shop.sync().returncode == 0
    fine = told.shop.console("remind")
    assert (fine.returncode, fine.stdout) == (0, "")
    long_ago = (dt.datetime.now(dt.UTC) - 5 * DAY).isoformat(timespec="microseconds")
    with closing(sqlite3.connect(told.shop.folder / "ledger.db")) as ledger, ledger:
        ledger.execute("update runs set started_at = ?, finished_at = ?", (long_ago, long_ago))
    for messages in (1, 0):
        late = told.shop.console("remind")
        assert (late.returncode, "nothing has synced for 5 nights" in late.stdout) == (1, True), late.stderr
        assert len([text for text in told.texts() if "was not synced" in text]) == messages


def test_a_week_is_told_on_its_monday_once_and_later_where_that_was_missed(told: Told) -> None:
    ring_up(told.shop, lines=[{"price": "10.00"}], payments=[{"amount": "12.00", "method": "Cash"}])
    assert told.shop.sync().returncode == 0
    told.texts()
    now = told.synced_at()
    sunday = (now.astimezone(DENVER) + (6 - now.astimezone(DENVER).weekday()) * DAY).replace(hour=23)
    monday = sunday + 2 * HOUR
    tell_week(told.company, sunday, DENVER)
    assert told.texts() == [], "the first one comes on a Monday"
    for moment in (monday, monday + HOUR, monday + 3 * DAY):
        tell_week(told.company, moment, DENVER)
    (text,) = told.texts()
    assert "the week of company" in text.splitlines()[0]
    assert "skipped: 1 tickets of 10.00" in text
    assert "12.00" in text
    tell_week(told.company, monday + 9 * DAY, DENVER)
    assert len(told.texts()) == 1, "the machine was off on Monday"
    told.shop.configure_target(notice_webhook_url=None)
    tell_week(told.company, monday + 14 * DAY, DENVER)
    assert told.texts() == []


def test_a_page_that_comes_up_late_tells_so_before_it_makes_the_night_up(told: Told) -> None:
    assert told.shop.sync().returncode == 0
    works = Works(told.config)
    schedule = Schedule(dt.time(0), DENVER)
    monday = schedule.latest(told.synced_at()) + 3 * DAY
    monday += (-monday.astimezone(DENVER).weekday() % 7) * DAY
    ring_up(told.shop, lines=[{"price": "10.00"}], payments=[{"amount": "12.00", "method": "Cash"}])
    nights = Nights(told.config, works, schedule, lambda: monday - 5 * HOUR)
    assert not nights.look(), "no night began while it was up"
    assert ["was not synced" in text for text in told.texts()] == [True]
    late = Nights(told.config, works, schedule, lambda: monday + HOUR)
    late._begun = monday - HOUR  # it was up when the night was to begin
    assert late.look()
    assert finished(works).problem is None
    assert ["need a hand" in text for text in told.texts()] == [True]
    for _ in range(3):
        assert not late.look()
    assert len([text for text in told.texts() if "the week of" in text]) == 1
