"""The tap against the sandbox: the SDK's standard tests, the truth about every ticket, edits, failures, the quota."""

from __future__ import annotations

import json
import subprocess
import sys
from collections import defaultdict
from contextlib import contextmanager
from decimal import ROUND_HALF_UP, Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
import requests
from singer_sdk.exceptions import FatalAPIError
from singer_sdk.testing import get_tap_test_class

from tap_franpos.tap import TapFranpos
from tests.forks import start
from tests.tap.runs import Messages, run

if TYPE_CHECKING:
    from collections.abc import Iterator

ROOT = Path(__file__).parents[2]
RETAIL = ROOT.parent / "shared" / "data" / "retail"
CENT = Decimal("0.01")
PLACEHOLDER = {"location_ids": [101], "auth_token": "not-known-yet"}


class Sandbox:
    """A running sandbox."""

    def __init__(self, ready: dict[str, Any]) -> None:
        self.config: dict[str, Any] = ready["franpos"]
        self._control = ready["control_url"]

    def get(self, path: str) -> Any:
        """Ask the control."""
        return requests.get(f"{self._control}/{path}", timeout=20).json()

    def post(self, path: str, body: object = None) -> None:
        """Order something from the control."""
        requests.post(f"{self._control}/{path}", json=body, timeout=20).raise_for_status()

    @property
    def calls(self) -> int:
        """Calls that cost quota, since the last reset."""
        return int(self.get("franpos-calls")["successful"])


@contextmanager
def running(*options: str) -> Iterator[Sandbox]:
    """Run a sandbox on a free port."""
    with start([sys.executable, "-m", "sandbox", *options], stdout=subprocess.PIPE) as process:
        assert process.stdout
        try:
            yield Sandbox(json.loads(process.stdout.readline()))
        finally:
            process.terminate()


@pytest.fixture(scope="module")
def shared() -> Iterator[Sandbox]:
    """One for tests that change nothing in it."""
    with running() as sandbox:
        yield sandbox


@pytest.fixture
def sandbox() -> Iterator[Sandbox]:
    with running() as sandbox:
        yield sandbox


def total(values: Iterator[Decimal] | list[Decimal]) -> Decimal:
    return sum(values, Decimal(0))


def assert_true(sandbox: Sandbox, done: list[Messages]) -> None:
    """What the runs gave out, the later ones last, is the till's truth; clean tickets add up to the cent."""
    tickets, payments, discounts = (
        {
            (record["location_id"], record[f"{stream.removesuffix('s')}_id"]): record
            for one in done
            for record in one.records(stream)
        }
        for stream in ("tickets", "payments", "discounts")
    )
    truth = {(row["location_id"], row["ticket_id"]): row for row in sandbox.get("tickets")}
    assert tickets.keys() == truth.keys()
    for key, row in truth.items():
        ticket = tickets[key]
        lines = ticket["lines"]
        assert ticket["number"] == row["number"]
        assert ticket["business_date"] == row["business_date"]
        assert ticket["status"] == ("voided" if row["voided"] else "closed")
        assert len(lines) == row["lines"]
        assert Decimal(ticket["total"]).quantize(CENT, ROUND_HALF_UP) == Decimal(row["total"])
        if row["dirt"] is None:
            given = [Decimal(discounts[key[0], one]["amount"]) for one in ticket["discount_ids"]]
            paid = [Decimal(payments[key[0], one]["amount"]) for one in ticket["payment_ids"]]
            extras = Decimal(ticket["tax_total"]) + Decimal(ticket["tip_total"])
            found = total([Decimal(line["amount"]) for line in lines]) - total(given) + extras
            assert abs(found - Decimal(row["total"])) < CENT, (ticket, given)
            assert total(paid) == Decimal(row["total"]), (ticket, paid)


class TestStandard(get_tap_test_class(TapFranpos, config=PLACEHOLDER)):  # type: ignore[misc] # made at run time
    """The SDK's own tests of a tap."""

    @pytest.fixture(scope="class", autouse=True)
    @staticmethod
    def _address(shared: Sandbox) -> None:
        PLACEHOLDER.update(shared.config)


def test_everything_is_as_the_till_has_it(shared: Sandbox) -> None:
    shared.post("franpos-calls/reset")
    done = run(shared.config)
    assert_true(shared, [done])
    first_run = shared.calls
    assert first_run <= 8
    shared.post("franpos-calls/reset")
    again = run(shared.config, done.state)
    assert shared.calls == 6
    assert 0 < len(again.ids("tickets")) < len(done.ids("tickets"))
    assert again.state == done.state
    known = done.records("tickets")
    assert all(ticket in known for ticket in again.records("tickets"))


@pytest.mark.parametrize("signs", ["positive", "signed"])
@pytest.mark.parametrize("hidden", [[], ["IsVoided", "ModifiedOn", "ProductType", "DiscountName"]])
def test_whatever_the_till_leaves_open(sandbox: Sandbox, signs: str, hidden: list[str]) -> None:
    sandbox.post("franpos", {"discount_signs": signs, "hide_fields": hidden})
    if hidden:
        for row in sandbox.get("tickets"):
            if row["voided"]:
                sandbox.post(
                    "tickets/edit", {"op": "unvoid", "location_id": row["location_id"], "ticket_id": row["ticket_id"]}
                )
    assert_true(sandbox, [run(sandbox.config)])


@pytest.mark.parametrize("window_days", [1, 4])
def test_short_windows_and_pages_lose_nothing(shared: Sandbox, window_days: int) -> None:
    done = run({**shared.config, "window_days": window_days, "page_size": 97})
    assert_true(shared, [done])
    assert len(done.ids("tickets")) == len({(row["location_id"], row["ticket_id"]) for row in done.records("tickets")})


def test_night_after_night_late_rows_and_edits_arrive(sandbox: Sandbox) -> None:
    runs: list[Messages] = []
    state: dict[str, Any] = {}
    edits: dict[int, dict[str, Any]] = {6: {"op": "void"}, 7: {"op": "correct_tender", "method": "Check"}}
    for day in range(5, 14):
        # Ten at night in Denver is the next day in UTC.
        sandbox.post("franpos", {"now": f"2026-03-{day:02}T04:00:00+00:00"})
        if change := edits.get(day):
            row = next(row for row in sandbox.get(f"tickets?from=2026-03-{day - 2:02}") if not row["dirt"])
            sandbox.post("tickets/edit", change | {"location_id": row["location_id"], "ticket_id": row["ticket_id"]})
        end = min(f"2026-03-{day:02}T04:00:00+00:00", sandbox.config["end_date"])
        runs.append(run({**sandbox.config, "end_date": end}, state))
        state = runs[-1].state
    assert_true(sandbox, runs)


def test_failures_on_the_way_change_nothing(sandbox: Sandbox) -> None:
    kinds = ("500", "503", "html", "drop_before", "drop_after", "500_after", "html_after")
    sandbox.post(
        "faults",
        [{"where": "franpos", "match": {"nth": 2 * n + 1}, "do": kind} for n, kind in enumerate(kinds)],
    )
    assert_true(sandbox, [run(sandbox.config)])
    assert len(sandbox.get("faults")["fired"]) >= 3


def test_a_used_up_quota_says_so(sandbox: Sandbox) -> None:
    sandbox.post("franpos", {"used": {"101": 998}})
    with pytest.raises(FatalAPIError, match=r"quota of calls is used up for location 101 .* after 2 successful calls"):
        run(sandbox.config)


def test_a_backfill_keeps_the_nights_of_one_location_only(sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tap_franpos.feed.reserve", lambda _today: 30)
    sandbox.post("franpos", {"used": {"101": 960}})
    done = run({**sandbox.config, "window_days": 2})
    truth = [row["location_id"] for row in sandbox.get("tickets")]
    counts: defaultdict[str, int] = defaultdict(int)
    for record in done.records("tickets"):
        counts[record["location_id"]] += 1
    assert counts["102"] == truth.count("102")
    assert counts["101"] < truth.count("101")
    assert sandbox.get("franpos")["used"]["101"] <= 970


def test_a_token_of_one_location_opens_no_other(shared: Sandbox) -> None:
    config = shared.config | {"auth_token": "location-101-sandbox-token", "location_ids": [102]}
    with pytest.raises(FatalAPIError, match="Franpos refuses access to location 102"):
        run(config)


def test_a_revoked_token_says_so(sandbox: Sandbox) -> None:
    sandbox.post("franpos", {"token_revoked": True})
    with pytest.raises(FatalAPIError, match="Franpos refuses the token of location 101"):
        run(sandbox.config)


@pytest.mark.skipif(not RETAIL.is_dir(), reason="the retail data are not here")
def test_real_tickets() -> None:
    with running("--tickets", str(RETAIL)) as sandbox:
        done = run(sandbox.config)
        assert len(done.ids("tickets")) == 418
        assert sum(len(ticket["lines"]) for ticket in done.records("tickets")) == 7_419
        assert_true(sandbox, [done])
