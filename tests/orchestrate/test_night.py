"""What a night came to is read from its log: the most telling exit code, the first reason."""

from __future__ import annotations

from typing import Any

import pytest

from orchestrate.nightly import DONE, FAILED, SETTINGS, SIGN_IN, STILL_GOING, UNREACHABLE, Night

BLOCK = {"event": "Block run completed", "err": "Loader failed"}


def _stopped(text: str, **fields: Any) -> dict[str, Any]:
    return {"event": text, "event_name": "run_stopped", **fields}


@pytest.mark.parametrize(
    ("lines", "returned", "code", "reason"),
    [
        ([], 0, DONE, ""),
        ([_stopped("connect again", exit_code=4), BLOCK | {"exit_codes": {"loaders": 4}}], 1, SIGN_IN, "connect again"),
        (
            [_stopped("no answer", exit_code=1, kind="unreachable"), BLOCK | {"exit_codes": {"extractors": 1}}],
            1,
            UNREACHABLE,
            "no answer",
        ),
        ([_stopped("no locations", kind="settings"), BLOCK | {"exit_codes": {"extractors": 1}}], 1, SETTINGS, "no loc"),
        ([_stopped("token", kind="refused"), BLOCK | {"exit_codes": {"extractors": 1}}], 1, FAILED, "token"),
        ([BLOCK | {"exit_codes": {"loaders": -9}}], 1, FAILED, "Loader failed"),
        ([], -9, FAILED, "exit code -9"),
        ([_stopped("no answer", name="target-qbo", exit_code=3)], 1, FAILED, "target-qbo: no answer"),
        ([{"event": "Error: Block x not found", "level": "info"}], 1, FAILED, "Error: Block x not found"),
        ([{"event": "bad\nfile", "level": "error"}, {"event": "Need help?", "level": "info"}], 1, FAILED, "bad file"),
        (
            [{"event": "a plugin's", "level": "error", "name": "tap-franpos"}, BLOCK],
            1,
            FAILED,
            "tap-franpos: a plugin's",
        ),
        (
            [{"event": "refused", "level": "error", "exception": [{"exc_type": "OperationalError"}]}],
            1,
            UNREACHABLE,
            "the database of the bookmarks can't be used: refused",
        ),
        (
            [{"event": "", "err": "Another 'x' pipeline is already running which started at Y. Wait until Z"}],
            1,
            STILL_GOING,
            "left alone: Another 'x' pipeline is already running which started at Y",
        ),
    ],
)
def test_the_exit_code_and_the_reason(lines: list[dict[str, Any]], returned: int, code: int, reason: str) -> None:
    night = Night(run="r", store="s")
    for line in lines:
        night.read(line)
    night.end(returned)
    assert night.exit_code == code
    assert reason in night.reason


def test_the_last_line_stays_short_however_many_tickets_are_skipped() -> None:
    night = Night(run="r", store="s")
    for number in range(400):
        night.read({"event": "", "event_name": "ticket_skipped", "ticket": str(number), "new": True})
    night.end(0)
    record = night.as_record()
    assert (len(record["skipped"]), record["skipped_more"]) == (50, 350)
