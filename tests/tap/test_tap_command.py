"""The command line and the settings: what works without a configuration, and how wrong settings are said."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
from singer_sdk.exceptions import ConfigValidationError

from tap_franpos.settings import locations
from tap_franpos.tap import TapFranpos
from tests.shop import BIN, run

if TYPE_CHECKING:
    import subprocess
    from pathlib import Path

    from tests.tap.tiny_franpos import TinyFranpos

DESIGNED: dict[str, Any] = {
    "api_url": "https://publicapi.franpos.com",
    "auth_token": None,
    "location_ids": None,
    "location_tokens": None,
    "start_date": None,
    "end_date": None,
    "time_zone": "America/Denver",
    "location_time_zones": None,
    "lookback_days": 3,
    "window_days": 30,
    "page_size": 500,
    "user_agent": None,
}
GOOD: dict[str, Any] = {"location_ids": [7, 8], "auth_token": "abc-secret"}


def tap(*args: object, **env: str) -> subprocess.CompletedProcess[str]:
    return run([str(BIN / "tap-franpos"), *map(str, args)], env=env)


def wrong(**settings: Any) -> str:
    """What is said of settings that differ from good ones by these."""
    with pytest.raises(ConfigValidationError) as raised:
        TapFranpos(config=GOOD | settings)
    return "; ".join(raised.value.errors)


def test_discovery_needs_no_settings() -> None:
    done = tap("--discover")
    assert done.returncode == 0
    catalog = {stream["tap_stream_id"]: stream for stream in json.loads(done.stdout)["streams"]}
    assert {name: stream["key_properties"] for name, stream in catalog.items()} == {
        "tickets": ["location_id", "ticket_id"],
        "payments": ["location_id", "payment_id"],
        "discounts": ["location_id", "discount_id"],
    }
    assert {name: stream["replication_key"] for name, stream in catalog.items()} == {
        "tickets": "created_at",
        "payments": "paid_at",
        "discounts": "created_at",
    }


def test_about_lists_the_settings_and_marks_secrets() -> None:
    about = json.loads(tap("--about", "--format", "json").stdout)["settings"]["properties"]
    secrets = {name for name, setting in about.items() if setting.get("secret")}
    assert secrets == {"auth_token", "location_tokens", "settings_url", "settings_key"}
    assert {name: about[name].get("default") for name in about.keys() & DESIGNED.keys()} == DESIGNED


@pytest.mark.parametrize(
    ("content", "line"),
    [
        ({}, "'location_ids' is a required property"),
        ({"location_ids": [7], "auth_token": 8675309}, "*** is not of type 'string', 'null' in config['auth_token']"),
        ("{", "is not JSON"),
    ],
    ids=["missing", "wrong type", "broken file"],
)
@pytest.mark.parametrize("option", [(), ("--test",)], ids=["sync", "test"])
def test_wrong_settings_end_in_one_line(tmp_path: Path, content: object, line: str, option: tuple[str, ...]) -> None:
    file = tmp_path / "config.json"
    file.write_text(content if isinstance(content, str) else json.dumps(content))
    done = tap("--config", file, *option)
    assert done.returncode == 1
    *before, last = done.stderr.splitlines()
    assert last.startswith("tap-franpos: ")
    assert line in last
    assert all(" | INFO " in one for one in before)
    assert "8675309" not in done.stderr


def test_a_file_that_is_not_there_is_named(tmp_path: Path) -> None:
    done = tap("--config", tmp_path / "none.json")
    assert done.returncode == 1
    assert done.stderr.splitlines() == [f"tap-franpos: File at '{tmp_path}/none.json' was not found."]


def test_the_connection_test_reads_one_record_of_each_stream(
    tiny: TinyFranpos, config: dict[str, Any], tmp_path: Path
) -> None:
    for day in range(2, 9):
        tiny.ticket(day, f"2025-01-{day:02}T12:00:00", f"2025-01-{day:02}T19:00:05", Total="9", DiscountTotal="1")
    file = tmp_path / "config.json"
    file.write_text(json.dumps(config))
    done = tap("--config", file, "--test")
    assert done.returncode == 0
    records = [json.loads(line) for line in done.stdout.splitlines() if '"RECORD"' in line]
    assert sorted(record["stream"] for record in records) == ["discounts", "payments", "tickets"]


def test_settings_come_from_the_environment_too(tiny: TinyFranpos) -> None:
    tiny.ticket(5, "2025-01-05T12:00:00", None)
    done = tap(
        "--config=ENV",
        TAP_FRANPOS_API_URL=tiny.url,
        TAP_FRANPOS_LOCATION_IDS="[7]",
        TAP_FRANPOS_LOCATION_TOKENS='{"7": "seven"}',
        TAP_FRANPOS_LOCATION_TIME_ZONES='{"7": "Pacific/Honolulu"}',
        TAP_FRANPOS_START_DATE="2025-01-01",
        TAP_FRANPOS_END_DATE="2025-01-10",
        TAP_FRANPOS_WINDOW_DAYS="5",
    )
    assert done.returncode == 0, done.stderr
    assert '"created_at":"2025-01-05T12:00:00-10:00"' in done.stdout
    assert tiny.tokens == {"seven"}


@pytest.mark.parametrize(
    ("settings", "sentence"),
    [
        ({"time_zone": "Foo/Bar"}, "time_zone: unknown time zone 'Foo/Bar'"),
        ({"location_time_zones": {"8": "../etc"}}, "location_time_zones, location 8: unknown time zone"),
        ({"auth_token": None, "location_tokens": {"7": "x"}}, "no token for location 8"),
        ({"auth_token": "  "}, "no token for location 7"),
        ({"window_days": 31}, "31 is greater than the maximum of 30 in config['window_days']"),
        ({"window_days": 0}, "0 is less than the minimum of 1"),
        ({"page_size": 501}, "501 is greater than the maximum of 500"),
        ({"lookback_days": -1}, "-1 is less than the minimum of 0"),
        ({"location_ids": []}, "location_ids"),
        ({"location_ids": [7, 7]}, "non-unique"),
        ({"location_ids": ["7"]}, "'7' is not of type 'integer'"),
        ({"start_date": "01/02/2025"}, "start_date: '01/02/2025' is not a date"),
        ({"start_date": "2025-02-01", "end_date": "2025-01-01"}, "start_date 2025-02-01 is after end_date 2025-01-01"),
        ({"api_url": "http://publicapi.franpos.com"}, "api_url must be https"),
        ({"api_url": "http://127.0.0.1.example.com"}, "api_url must be https"),
        ({"api_url": "https://publicapi.franpos.com/?Token=abc"}, "api_url must be the root address only"),
        ({"api_url": "https://me:pw@publicapi.franpos.com"}, "api_url must be the root address only"),
        ({"api_url": "ftp://publicapi.franpos.com"}, "api_url must be an address like"),
        ({"api_url": "https://[::1"}, "api_url is not a valid address"),
    ],
    ids=str,
)
def test_wrong_settings_are_said(settings: dict[str, Any], sentence: str) -> None:
    assert sentence in wrong(**settings)


@pytest.mark.parametrize("setting", ["auth_token", "location_tokens"])
@pytest.mark.parametrize("value", [8675309, ["8675309"], {"7": 8675309}, {"7": {"x": ["8675309"]}}], ids=str)
def test_a_wrong_secret_is_not_shown(setting: str, value: object) -> None:
    if (setting, value) != ("location_tokens", {"7": "8675309"}):
        assert "8675309" not in wrong(**{setting: value})


@pytest.mark.parametrize("url", ["http://localhost:1", "http://127.0.0.2", "http://[::1]:8000", "https://x.example/"])
def test_plain_http_only_to_this_machine(url: str) -> None:
    assert TapFranpos(config=GOOD | {"api_url": url}).config["api_url"] == url


def test_null_means_the_default() -> None:
    assert TapFranpos(config=GOOD | {"window_days": None, "time_zone": None}).config["window_days"] == 30


def test_own_tokens_and_zones_go_before_the_common_ones() -> None:
    config = GOOD | {
        "location_tokens": {"8": "eight"},
        "location_time_zones": {"8": "America/New_York"},
        "time_zone": "America/Denver",
    }
    seven, eight = locations(config)
    assert (seven.token, seven.zone.key) == ("abc-secret", "America/Denver")
    assert (eight.token, eight.zone.key) == ("eight", "America/New_York")
    assert "eight" not in repr(eight)
