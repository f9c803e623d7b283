"""What goes wrong on the wire: what is tried again, what ends the run, and that no token shows up anywhere."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

import pytest
from singer_sdk.exceptions import FatalAPIError, RetriableAPIError, SingerSDKError
from singer_sdk.logging import StructuredFormatter

from tests.tap.runs import run
from tests.tap.tiny_franpos import DENIED, SHAPES, TOKEN, Reply, TinyFranpos, always, once, said, slow, tiny_franpos

if TYPE_CHECKING:
    from collections.abc import Iterator

Config = dict[str, Any]


@pytest.fixture
def config(config: Config, tiny: TinyFranpos) -> Config:
    tiny.ticket(1, "2025-01-05T12:00:00", "2025-01-05T19:00:00")
    return config | {"end_date": "2025-01-10"}


@pytest.fixture(autouse=True)
def no_leak(caplog: pytest.LogCaptureFixture) -> Iterator[None]:
    """Every test here runs at debug level, and none may leave a token in the log, in text or as structured lines."""
    caplog.set_level(logging.DEBUG)
    yield
    records = caplog.get_records("call")
    formatters = (logging.Formatter("%(name)s %(message)s"), StructuredFormatter())
    written = "\n".join(formatter.format(record) for record in records for formatter in formatters)
    assert "urllib3.connectionpool" in written
    assert [shape for shape in SHAPES if shape in written] == []


def failure(config: Config, kind: type[SingerSDKError]) -> str:
    """The text of the error a run ends with; nothing that hangs on the error has the token in it."""
    with pytest.raises(kind) as raised:
        run(config)
    error: BaseException | None = raised.value
    text = str(error)
    assert "\n" not in text
    while error is not None:
        assert [shape for shape in SHAPES if shape in f"{error!s} {error!r} {error.args}"] == []
        error = error.__cause__ or error.__context__
    return text


@pytest.mark.parametrize(
    "reply",
    [
        Reply(500, "<html>oops</html>"),
        Reply(503),
        Reply(429),
        Reply(408),
        Reply(200, "<html>maintenance</html>"),
        Reply(200, '{"isSuccess": true, "pa'),
        Reply(200, '{"isSuccess": true, "pages": 1, "data": {}}'),
        Reply(200, '{"isSuccess": true, "pages": 1, "data": [{"Total": NaN}]}'),
        Reply(200, "[]"),
        Reply(200, '{"isSuccess": true', cut=True),
    ],
    ids=str,
)
def test_a_passing_trouble_is_tried_again(
    tiny: TinyFranpos, config: Config, reply: Reply, caplog: pytest.LogCaptureFixture
) -> None:
    tiny.script = once(reply, at=2)
    assert run(config).ids("tickets") == ["1"]
    assert len(tiny.calls) == 4
    assert "trying again in" in caplog.text
    assert tiny.tokens == {TOKEN}


def test_tries_are_bounded(tiny: TinyFranpos, config: Config) -> None:
    tiny.script = always(Reply(502, "<html>bad gateway</html>"))
    text = failure(config, RetriableAPIError)
    assert text == "GET /api/datadump/v1/orders of location 7: Franpos answered 502"
    assert len(tiny.calls) == 5


def test_a_request_without_an_answer_is_dead(
    tiny: TinyFranpos, config: Config, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tap_franpos.client.TIMEOUT", 0.1)
    monkeypatch.setattr("tap_franpos.client.MAX_TRIES", 2)
    tiny.script = slow
    assert failure(config, RetriableAPIError).endswith("no answer within 0.1 s")
    assert len(tiny.calls) == 2


def test_nobody_there(config: Config) -> None:
    with tiny_franpos() as gone:
        address = gone.url
    assert "no connection" in failure({**config, "api_url": address}, RetriableAPIError)


@pytest.mark.parametrize("status", [429, 503])
def test_a_short_retry_after_is_waited_for(
    tiny: TinyFranpos, config: Config, status: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    waits: list[float] = []
    monkeypatch.setattr("time.sleep", waits.append)
    tiny.script = once(said("Slow down", status, Retry_After="7"))
    assert run(config).ids("tickets") == ["1"]
    assert waits == [7.0]


def test_waits_are_random_below_a_bound_that_doubles(
    tiny: TinyFranpos, config: Config, monkeypatch: pytest.MonkeyPatch
) -> None:
    waits: list[float] = []
    bounds: list[float] = []
    monkeypatch.setattr("time.sleep", waits.append)

    def half(bound: float) -> float:
        bounds.append(bound)
        return bound / 2

    monkeypatch.setattr("backoff.full_jitter", half)
    monkeypatch.setattr("tap_franpos.client.FIRST_WAIT", 20)
    tiny.script = always(Reply(500))
    failure(config, RetriableAPIError)
    assert bounds == [20, 40, 60, 60]
    assert waits == [10, 20, 30, 30]


@pytest.mark.parametrize(
    "reply",
    [
        said("Monthly limit of 1000 calls is exceeded.", 429),
        said("Monthly limit of 1000 calls is exceeded.", 429, Retry_After="86400"),
        said("API quota reached", 403),
    ],
    ids=str,
)
def test_a_used_up_quota_is_one_clear_line(tiny: TinyFranpos, config: Config, reply: Reply) -> None:
    tiny.script = once(reply, at=3)
    text = failure(config, FatalAPIError)
    assert text.startswith("Franpos's quota of calls is used up for location 7 (")
    assert "after 2 successful calls of this run. Run again from the first of next month" in text
    assert len(tiny.calls) == 3


@pytest.mark.parametrize(
    ("reply", "wanted"),
    [
        (said(DENIED, 401), f"refuses the token of location 7 ({DENIED}): check auth_token"),
        (said("Access is limited by IP", 403), "refuses access to location 7 (Access is limited by IP)"),
        (Reply(404, "<html>nothing here</html>"), "location 7: Franpos answered 404"),
        (
            said(f"Invalid request ?Token={TOKEN}&x for {TOKEN}\nsecond", 400),
            "(Invalid request ?Token=***&x for *** second)",
        ),
        (Reply(200, '{"isSuccess": false, "Message": "Wrong days"}'), "Franpos says it failed: Wrong days"),
        (Reply(200, '{"IsSuccess": "False"}'), "Franpos says it failed: no reason given"),
        (Reply(200, '{"isSuccess": true, "data": [], "Seiten": 1}'), "no number of pages; its keys are: Seiten, data"),
    ],
    ids=str,
)
def test_what_ends_a_run_is_said_in_one_line(tiny: TinyFranpos, config: Config, reply: Reply, wanted: str) -> None:
    tiny.script = always(reply)
    assert wanted in failure(config, FatalAPIError)
    assert len(tiny.calls) == 1


def test_a_redirect_is_never_followed(tiny: TinyFranpos, config: Config) -> None:
    with tiny_franpos() as elsewhere:
        tiny.script = always(Reply(302, headers={"Location": f"{elsewhere.url}/api/x?Token={quote(TOKEN)}"}))
        assert "redirect (302); check api_url" in failure(config, FatalAPIError)
        assert elsewhere.asked == []


def test_a_row_without_what_is_needed_is_named(tiny: TinyFranpos, config: Config) -> None:
    for row in tiny.rows["orderPayments"]:
        row["Betrag"] = row.pop("Amount")
    assert failure(config, SingerSDKError) == (
        "A row of Franpos's v1/orderPayments has no Amount or PaymentAmount; "
        "its keys are: Betrag, CreatedOnUTC, OrderId, OrderPaymentId, PaymentMethod"
    )
