"""Whole runs: which calls are made, what comes out in which order, and how bookmarks stand."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from singer_sdk.exceptions import ConfigurationError

from tests.tap.runs import run
from tests.tap.tiny_franpos import Reply, TinyFranpos

Config = dict[str, Any]


def days(tiny: TinyFranpos, first: int, last: int, month: str = "2025-01") -> None:
    """One ticket a day at noon in Denver, paid at once; its id is the day's number."""
    for day in range(first, last + 1):
        tiny.ticket(day, f"{month}-{day:02}T12:00:00", f"{month}-{day:02}T19:00:05")


def test_tickets_come_in_order_with_their_rows_ahead_of_them(tiny: TinyFranpos, config: Config) -> None:
    days(tiny, 2, 20)
    for rows in tiny.rows.values():
        rows.reverse()
    done = run(config)
    assert done.ids("tickets") == [str(day) for day in range(2, 21)]
    order = [(message["stream"], message["record"]["ticket_id"]) for message in done.of("RECORD")]
    for day in range(2, 21):
        assert order.index(("payments", str(day))) < order.index(("tickets", str(day)))
    assert done.records("tickets")[0]["payment_ids"] == ["200"]


def test_each_schema_is_said_once(tiny: TinyFranpos, config: Config) -> None:
    days(tiny, 2, 30)
    done = run({**config, "window_days": 5})
    assert sorted(message["stream"] for message in done.of("SCHEMA")) == ["discounts", "payments", "tickets"]


def test_a_night_is_three_calls(tiny: TinyFranpos, config: Config) -> None:
    now = datetime.now(UTC)
    recent = (now - timedelta(days=1)).strftime("%Y-%m-%dT%H:%M:%S")
    tiny.ticket(1, recent, recent)
    del config["end_date"]
    config["start_date"] = (now - timedelta(days=10)).date().isoformat()
    first = run(config)
    tiny.asked.clear()
    second = run(config, first.state)
    assert second.ids("tickets") == ["1"]
    assert [path.split("/")[4] for path in tiny.asked] == ["orders", "orderitems", "orderPayments"]


def test_streams_share_their_calls_and_each_can_be_left_out(tiny: TinyFranpos, config: Config) -> None:
    days(tiny, 2, 4)
    for chosen in [("tickets",), ("payments",), ("discounts", "payments"), ("tickets", "discounts")]:
        tiny.asked.clear()
        done = run({**config, "end_date": "2025-01-20"}, streams=chosen)
        assert len(tiny.calls) == 3
        assert {message["stream"] for message in done.of("SCHEMA")} == set(chosen)
        assert len(done.ids("tickets")) == (3 if "tickets" in chosen else 0)
        assert len(done.ids("payments")) == (3 if "payments" in chosen else 0)


def test_bookmarks_stand_by_location_with_nothing_left_over(tiny: TinyFranpos, config: Config) -> None:
    days(tiny, 2, 4)
    done = run({**config, "location_ids": [7, 8], "end_date": "2025-01-20"})

    def partitions(stream: str) -> list[dict[str, Any]]:
        key = "paid_at" if stream == "payments" else "created_at"
        value = "2025-01-04T19:00:05+00:00" if stream == "payments" else "2025-01-04T12:00:00-07:00"
        return [
            {"context": {"location_id": one}, "replication_key": key, "replication_key_value": value}
            for one in ("7", "8")
        ]

    streams = ("tickets", "payments", "discounts")
    assert done.state == {"bookmarks": {stream: {"partitions": partitions(stream)} for stream in streams}}


def test_a_run_goes_back_by_the_lookback_and_never_before_the_start(tiny: TinyFranpos, config: Config) -> None:
    days(tiny, 2, 20)
    state = run(config).state
    assert run(config, state).ids("tickets") == ["17", "18", "19", "20"]
    assert run({**config, "lookback_days": 0}, state).ids("tickets") == ["20"]
    assert run({**config, "start_date": "2025-01-19"}, state).ids("tickets") == ["19", "20"]
    # Killed in the days it reads again, the bookmark stands where it stood.
    alive = [run(config, state, die_after=messages) for messages in range(4, 16)]
    assert {again.bookmark("tickets") for again in alive} == {"2025-01-20T12:00:00-07:00"}


@pytest.mark.parametrize("window_days", [1, 2, 7, 30])
@pytest.mark.parametrize("lookback_days", [0, 1, 3])
def test_late_rows_reach_their_ticket_across_windows(
    tiny: TinyFranpos, config: Config, window_days: int, lookback_days: int
) -> None:
    for day in range(1, 29):
        # Half past eleven in the evening; paid after midnight, which is the next day in UTC as well as locally.
        tiny.ticket(day, f"2025-01-{day:02}T23:30:00", f"2025-01-{day + 1:02}T07:10:00")
        if lookback_days:
            tiny.pay(5000 + day, day, f"2025-01-{day + lookback_days:02}T23:00:00", "1.00")
    done = run({**config, "window_days": window_days, "lookback_days": lookback_days, "end_date": "2025-01-29"})
    assert done.ids("tickets") == [str(day) for day in range(1, 29)]
    for ticket in done.records("tickets"):
        day = int(ticket["ticket_id"])
        wanted = [str(day * 100), *([str(5000 + day)] if lookback_days else [])]
        assert ticket["payment_ids"] == sorted(wanted)
        assert len(ticket["lines"]) == 1


def test_a_row_that_comes_twice_counts_once(tiny: TinyFranpos, config: Config) -> None:
    days(tiny, 2, 20)
    for rows in tiny.rows.values():
        rows.extend([dict(row) for row in rows])
    done = run({**config, "window_days": 4})
    assert done.ids("tickets") == [str(day) for day in range(2, 21)]
    assert len(done.ids("payments")) == 19
    assert all(len(ticket["lines"]) == 1 for ticket in done.records("tickets"))


def test_the_same_ticket_in_neighbouring_windows_is_given_once(tiny: TinyFranpos, config: Config) -> None:
    days(tiny, 2, 20)
    tiny.spill_days = 3
    done = run({**config, "window_days": 4, "lookback_days": 0})
    assert done.ids("tickets") == [str(day) for day in range(2, 21)]
    assert sorted(done.ids("payments"), key=int) == [str(day * 100) for day in range(2, 21)]


@pytest.mark.parametrize("window_days", [1, 2, 3])
def test_rows_a_moment_older_than_their_ticket_reach_it(tiny: TinyFranpos, config: Config, window_days: int) -> None:
    for day in range(2, 9):
        tiny.ticket(day, f"2025-01-{day:02}T00:00:01", f"2025-01-{day:02}T07:00:01")
        tiny.rows["orderitems"][-1]["CreatedOn"] = f"2025-01-{day - 1:02}T23:59:59"
        tiny.rows["orderPayments"][-1]["CreatedOnUTC"] = f"2025-01-{day - 1:02}T23:59:59"
    done = run({**config, "window_days": window_days, "lookback_days": 0})
    assert [len(ticket["lines"]) for ticket in done.records("tickets")] == [1] * 7
    assert [len(ticket["payment_ids"]) for ticket in done.records("tickets")] == [1] * 7


def test_killed_anywhere_every_ticket_comes_with_its_rows(tiny: TinyFranpos, config: Config) -> None:
    days(tiny, 2, 8)
    config |= {"window_days": 5, "lookback_days": 1, "end_date": "2025-01-20"}
    whole = run(config)
    for die_after in range(1, len(whole.seen)):
        dead = run(config, die_after=die_after)
        rest = run(config, dead.state)
        assert set(dead.ids("tickets")) | set(rest.ids("tickets")) == set(whole.ids("tickets"))
        # What a target was told is done, is done: tickets up to the last state it saw, with all their payments.
        told = [index for index, message in enumerate(dead.seen) if message["type"] == "STATE"]
        safe = dead.seen[: told[-1]] if told else []
        kept = [message["record"] for message in [*safe, *rest.seen] if message["type"] == "RECORD"]
        assert {record["payment_id"] for record in kept if "payment_id" in record} == set(whole.ids("payments"))
        assert rest.state == whole.state


def test_a_stream_chosen_later_is_read_from_the_start(tiny: TinyFranpos, config: Config) -> None:
    days(tiny, 2, 20)
    state = run(config, streams=("tickets",)).state
    both = ("tickets", "payments")
    assert len(run(config, state, streams=both).ids("payments")) == 19
    # Killed half way, it goes on where the new stream stands, not where tickets stand.
    part = run({**config, "window_days": 5}, state, streams=both, die_after=14)
    assert part.bookmark("tickets") == "2025-01-20T12:00:00-07:00"
    rest = run(config, part.state, streams=both)
    assert set(part.ids("payments")) | set(rest.ids("payments")) == {str(day * 100) for day in range(2, 21)}


def test_children_alone_go_on_from_their_own_bookmarks(tiny: TinyFranpos, config: Config) -> None:
    days(tiny, 2, 20)
    rows = ("payments", "discounts")
    first = run(config, streams=rows)
    assert first.bookmark("tickets") is None
    assert first.bookmark("discounts") == "2025-01-20T12:00:00-07:00"  # none was given: the last ticket's time
    tiny.asked.clear()
    second = run({**config, "end_date": "2025-01-25"}, first.state, streams=rows)
    assert second.ids("payments") == ["1700", "1800", "1900", "2000"]
    assert len(tiny.calls) == 3


@pytest.mark.parametrize(
    ("bookmark", "first"),
    [
        ("2025-01-10T12:00:00Z", "7"),
        ("2025-01-10T19:00:00+0000", "7"),
        ("2025-01-10T20:00:00.123456+01:00", "8"),
        ("2025-01-10", "7"),
        ("2925-01-10T00:00:00Z", None),
    ],
)
def test_bookmarks_of_other_forms(tiny: TinyFranpos, config: Config, bookmark: str, first: str | None) -> None:
    days(tiny, 2, 20)
    partition = {
        "context": {"location_id": "7"},
        "replication_key": "created_at",
        "replication_key_value": bookmark,
    }
    state = {"bookmarks": {"tickets": {"partitions": [partition]}}}
    assert run(config, state, streams=("tickets",)).ids("tickets")[:1] == ([first] if first else [])


def test_a_bookmark_in_the_future_hides_nothing(tiny: TinyFranpos, config: Config) -> None:
    now = datetime.now(UTC)
    tiny.ticket(1, (now - timedelta(days=2)).strftime("%Y-%m-%dT%H:%M:%S"), None)
    tiny.ticket(2, (now + timedelta(days=40)).strftime("%Y-%m-%dT%H:%M:%S"), None)
    config |= {"start_date": "2025-01-01", "end_date": (now + timedelta(days=90)).date().isoformat()}
    partition = {
        "context": {"location_id": "7"},
        "replication_key": "created_at",
        "replication_key_value": (now + timedelta(days=30)).isoformat(),
    }
    done = run(config, {"bookmarks": {"tickets": {"partitions": [partition]}}}, streams=("tickets",))
    assert done.ids("tickets") == ["1"]


def test_a_ticket_of_the_future_moves_the_bookmark_to_now_at_most(tiny: TinyFranpos, config: Config) -> None:
    soon = datetime.now(UTC) + timedelta(hours=1)
    tiny.ticket(1, soon.strftime("%Y-%m-%dT%H:%M:%S"), None)
    start, end = (soon + timedelta(days=shift) for shift in (-1, 90))
    config |= {"start_date": start.date().isoformat(), "end_date": end.date().isoformat(), "time_zone": "UTC"}
    done = run(config)
    assert done.ids("tickets") == ["1"]
    bookmark = done.bookmark("tickets")
    assert bookmark
    assert datetime.fromisoformat(bookmark) <= datetime.now(UTC)


def test_the_end_is_exclusive_and_both_bounds_are_days_of_the_location(tiny: TinyFranpos, config: Config) -> None:
    tiny.ticket(1, "2024-12-31T23:59:59", None)
    tiny.ticket(2, "2025-01-01T00:00:00", None)
    tiny.ticket(3, "2025-01-01T23:59:59.999", None)
    tiny.ticket(4, "2025-01-02T00:00:00", None)
    config |= {"start_date": "2025-01-01", "end_date": "2025-01-02", "location_time_zones": {"7": "Pacific/Honolulu"}}
    done = run(config)
    assert done.ids("tickets") == ["2", "3"]
    assert done.records("tickets")[0]["created_at"] == "2025-01-01T00:00:00-10:00"


def test_money_without_a_ticket_is_left_out_and_said(
    tiny: TinyFranpos, config: Config, caplog: pytest.LogCaptureFixture
) -> None:
    days(tiny, 2, 3)
    tiny.pay(99, None, "2025-01-02T10:00:00", "5.00")
    assert run(config).ids("payments") == ["200", "300"]
    assert "1 payments belong to no ticket" in caplog.text


def test_pages_begin_with_zero_and_all_are_read(tiny: TinyFranpos, config: Config) -> None:
    days(tiny, 2, 20)
    done = run({**config, "page_size": 3, "end_date": "2025-01-25"})
    assert len(done.ids("tickets")) == len(done.ids("payments")) == 19
    orders = [path for path in tiny.calls if "orders" in path]
    assert [path.split("/")[6] for path in orders] == [str(page) for page in range(7)]


def test_a_start_is_needed(tiny: TinyFranpos, config: Config) -> None:
    del config["start_date"]
    with pytest.raises(ConfigurationError, match="Location 7 was not read yet: set start_date"):
        run(config)
    assert tiny.asked == []


def test_a_bookmark_that_is_no_time_is_named(tiny: TinyFranpos, config: Config) -> None:
    partition = {"context": {"location_id": "7"}, "replication_key": "created_at", "replication_key_value": "soon"}
    with pytest.raises(ConfigurationError, match="bookmark of tickets that is not an ISO 8601 time: 'soon'"):
        run(config, {"bookmarks": {"tickets": {"partitions": [partition]}}})
    assert tiny.asked == []


@pytest.mark.parametrize("end", ["2025-01-01", "2024-12-31T08:00:00Z"])
def test_an_empty_period_costs_nothing(tiny: TinyFranpos, config: Config, end: str) -> None:
    run({**config, "start_date": end, "end_date": end})
    assert tiny.asked == []


@pytest.fixture
def _ten_nights_left(monkeypatch: pytest.MonkeyPatch) -> None:
    """A backfill leaves the month's nights their calls: here ten of three."""
    monkeypatch.setattr("tap_franpos.feed.reserve", lambda _today: 30)


@pytest.mark.usefixtures("_ten_nights_left")
def test_one_window_never_asks(tiny: TinyFranpos, config: Config) -> None:
    run({**config, "end_date": "2025-01-20"})
    assert tiny.asked == tiny.calls


@pytest.mark.usefixtures("_ten_nights_left")
def test_asks_once_and_stops_ahead_of_the_reserve(
    tiny: TinyFranpos, config: Config, caplog: pytest.LogCaptureFixture
) -> None:
    days(tiny, 2, 28)
    tiny.usage = "Location 7: 962 of 1000 API calls used this month"
    done = run({**config, "window_days": 7})
    assert len(tiny.asked) - len(tiny.calls) == 1
    assert len(tiny.calls) == 6  # of the eight that may go, two are too few for a third window
    assert "the calls left this month are kept for the nightly runs" in caplog.text
    assert done.ids("tickets") == [str(day) for day in range(2, 11)]
    assert done.bookmark("tickets") == "2025-01-10T12:00:00-07:00"
    tiny.usage = "Location 7: 0 of 1000 API calls used this month"
    rest = run(config, done.state)
    assert set(done.ids("tickets")) | set(rest.ids("tickets")) == {str(day) for day in range(2, 29)}


@pytest.mark.usefixtures("_ten_nights_left")
def test_stops_within_a_window_too(tiny: TinyFranpos, config: Config) -> None:
    days(tiny, 2, 28)
    tiny.usage = "37 calls left"
    done = run({**config, "window_days": 14, "page_size": 2})
    assert len(tiny.calls) == 7
    assert done.ids("tickets") == []


@pytest.mark.usefixtures("_ten_nights_left")
def test_without_a_readable_answer_own_calls_count(tiny: TinyFranpos, config: Config) -> None:
    days(tiny, 2, 28)
    assert len(run({**config, "window_days": 7}).ids("tickets")) == 27


@pytest.mark.usefixtures("_ten_nights_left")
@pytest.mark.parametrize(
    ("reply", "read"),
    [
        (Reply(404), 27),
        (Reply(500), 27),
        (Reply(200, '{"result": "968 of 1000 used"}'), 0),
        (Reply(200, '{"result": null}'), 27),
    ],
    ids=str,
)
def test_the_question_about_usage_may_fail(tiny: TinyFranpos, config: Config, reply: Reply, read: int) -> None:
    days(tiny, 2, 28)
    tiny.script = lambda path, _number: reply if "checkUsageLimit" in path else None
    assert len(run(config).ids("tickets")) == read


@pytest.mark.parametrize("keep_key", [True, False])
def test_a_full_table_is_read_from_the_start_and_keeps_no_bookmark(
    tiny: TinyFranpos, config: Config, *, keep_key: bool
) -> None:
    days(tiny, 2, 20)
    state = run(config).state
    done = run(config, state, full_table=True, keep_key=keep_key)
    assert len(done.ids("tickets")) == len(done.ids("payments")) == 19
    assert run(config, full_table=True, keep_key=keep_key).bookmark("tickets") is None


def test_calls_are_counted_in_a_metric_and_said(
    tiny: TinyFranpos, config: Config, caplog: pytest.LogCaptureFixture
) -> None:
    days(tiny, 2, 3)
    caplog.set_level("INFO")
    run({**config, "end_date": "2025-01-20"})
    assert "Location 7: 3 successful calls of Franpos" in caplog.text
    assert '"metric":"franpos_calls","value":3' in caplog.text
    assert len(tiny.calls) == 3
