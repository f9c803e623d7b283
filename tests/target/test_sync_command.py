"""``franpos-qbo sync`` and ``runs``: any period, at once, beside the nightly runs."""

from __future__ import annotations

import json
import os
import pty
import re
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import pytest
import simplejson
from click.testing import CliRunner

from target_qbo.console.main import cli
from tests.forks import start
from tests.shop import BIN, Shop, run
from tests.target.failures import told

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

FIRST, SECOND, THIRD = "2026-03-04", "2026-03-05", "2026-03-06"


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shop]:
    """Three days of one shop; its settings begin with the third."""
    options = ("--locations", "1", "--days", "3", "--tickets-per-day", "12", "--dirty", "0.1")
    with Shop(tmp_path_factory.mktemp("sync"), *options) as shop:
        settings = json.loads(shop.tap_config.read_text())
        shop.tap_config.write_text(json.dumps({**settings, "start_date": THIRD, "lookback_days": 0}))
        yield shop


def sync(shop: Shop, *arguments: str) -> dict[str, Any]:
    """Sync, and return what JSON it printed."""
    result = shop.console("sync", *arguments, "--format", "json")
    assert result.returncode in {0, 1}, result.stderr
    found: dict[str, Any] = simplejson.loads(result.stdout, use_decimal=True)
    assert (result.returncode == 1) == any(row["status"] == "skipped" for row in found["tickets"])
    return found


def days_posted(shop: Shop) -> set[str]:
    """Return the days of which the books have documents."""
    return {document["txn_date"] for document in shop.get("books")["documents"] if not document["voided"]}


def state_of(messages: str) -> str:
    """Return the last STATE among a tap's messages."""
    states = [line for line in messages.splitlines() if line.startswith('{"type":"STATE"')]
    return json.dumps(json.loads(states[-1])["value"], sort_keys=True)


def rung_up_on(shop: Shop, day: str) -> dict[str, str]:
    """Return when each ticket of a day was rung up, by ticket id."""
    settings = json.loads(shop.tap_config.read_text())
    whole = shop.folder / "whole.json"
    whole.write_text(json.dumps({**settings, "start_date": FIRST}))
    messages = run([str(BIN / "tap-franpos"), "--config", str(whole)]).stdout.splitlines()
    records = [json.loads(line)["record"] for line in messages if '"type":"RECORD","stream":"tickets"' in line]
    return {one["ticket_id"]: one["created_at"] for one in records if one["business_date"] == day}


def watched(shop: Shop, *arguments: str, answer: str = "") -> tuple[int, str]:
    """Run franpos-qbo where a person sits: at a terminal; returns its exit code and all that was seen."""
    leader, follower = pty.openpty()
    configs = ["--tap-config", str(shop.tap_config), "--target-config", str(shop.target_config)]
    command = [str(BIN / "franpos-qbo"), *configs, *arguments]
    seen = b""
    with start(command, stdin=follower, stdout=follower, stderr=follower) as process:
        os.close(follower)
        os.write(leader, answer.encode())
        while True:
            try:
                seen += os.read(leader, 4096)
            except OSError:  # the other side is closed: it is over
                break
        code = process.wait(60)
    os.close(leader)
    return code, seen.decode()


def test_a_period_long_past_beside_the_nightly_run(shop: Shop) -> None:
    nightly = shop.tap()
    state = shop.folder / "state.json"
    state.write_text(state_of(nightly.stdout))
    assert shop.target(nightly.stdout).returncode == 0
    assert days_posted(shop) == {THIRD}

    done = sync(shop, "--from", FIRST, "--to", FIRST, "--location", "101")
    assert days_posted(shop) == {FIRST, THIRD}
    clean = [one for one in shop.get("tickets?from=2026-03-04&to=2026-03-04") if one["dirt"] is None]
    assert done["posted"] == len(clean)
    assert done["received"] == 12
    assert {row["business_date"] for row in done["tickets"]} == {FIRST}
    invoices = next(one for one in done["documents"] if one["kind"] == "invoice")
    posted = [one for one in shop.get("books")["documents"] if (one["txn_date"], one["entity"]) == (FIRST, "Invoice")]
    assert invoices["count"] == len(posted)
    assert invoices["amount"] == sum(Decimal(one["total"]) for one in posted)

    shop.calls()
    assert sync(shop, "--from", FIRST, "--to", FIRST)["posted"] == 0
    assert shop.calls()["writes"] == 0
    again = shop.tap("--state", str(state))
    assert state_of(again.stdout) == state.read_text(), "the bookmarks are the nightly run's alone"
    assert shop.target(again.stdout).returncode == 0
    assert shop.calls()["writes"] == 0


def test_a_period_to_the_minute_and_then_the_rest(shop: Shop) -> None:
    truth = rung_up_on(shop, SECOND)
    moments = sorted(truth.values())
    start, end = moments[3][:16], moments[7][:16]
    wanted = {key for key, moment in truth.items() if start <= moment[:16] < end}
    sync(shop, "--from", start, "--to", end)
    assert {key for key, row in told(shop).items() if row["business_date"] == SECOND} == wanted
    # Without a period: from the newest day on (less the lookback), which is the third.
    sync(shop)
    assert {key for key, row in told(shop).items() if row["business_date"] == SECOND} == wanted
    sync(shop, "--from", SECOND, "--to", THIRD)
    assert shop.differences() == []


def test_what_a_person_sees(shop: Shop) -> None:
    plain = shop.console("sync", "--from", FIRST, "--to", FIRST)
    assert re.search(r"^fetching: 3 pages read, 12 tickets received", plain.stderr, re.MULTILINE)
    assert re.search(r"^posting: .*documents posted", plain.stderr, re.MULTILINE)
    assert "12 tickets received, 0 posted" in plain.stdout
    code, seen = watched(shop, "sync", "--from", FIRST, "--to", FIRST)
    assert code == plain.returncode
    assert "━" in seen
    assert "3 pages read, 12 tickets received" in seen
    listed = json.loads(shop.console("runs", "--format", "json").stdout)
    assert [row["run"] for row in listed] == sorted((row["run"] for row in listed), reverse=True)
    assert {row["outcome"] for row in listed} == {"done"}
    assert shop.console("runs", "--limit", "1", "--format", "csv").stdout.splitlines()[1:] == [
        f"{listed[0]['run']},post,{_told(listed[0]['started_at'])},{_told(listed[0]['finished_at'])},done,0,1,0,,,"
    ]


def _told(moment: str) -> str:
    return moment[:19].replace("T", " ")


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (("--to", FIRST), "--to needs --from"),
        (("--from", SECOND, "--to", FIRST), "is before"),
        (("--from", "2026-02-30"), "no such day"),
    ],
)
def test_wrong_use(arguments: tuple[str, ...], says: str) -> None:
    result = CliRunner().invoke(cli, ["sync", *arguments])
    assert result.exit_code == 2
    assert says in result.stderr


def test_the_till_refuses_and_what_is_there_is_posted(shop: Shop) -> None:
    """An unknown location, no calls left, a wrong token: told in one line, the last two in the till's own words."""
    unknown = shop.console("sync", "--from", FIRST, "--location", "999")
    assert unknown.returncode == 2
    assert "location 999 is not in the settings" in unknown.stderr
    shop.post("franpos", {"quota": 1})
    stopped = shop.console("sync", "--from", FIRST, "--to", FIRST)
    assert stopped.returncode == 3
    assert "quota of calls is used up" in stopped.stderr.splitlines()[-1]
    assert "0 tickets received" in stopped.stdout, "the figures are shown all the same"
    shop.post("franpos", {"quota": 1000})
    right = shop.tap_config.read_text()
    shop.tap_config.write_text(json.dumps({**json.loads(right), "auth_token": "very-wrong-token"}))
    refused = shop.console("sync", "--from", FIRST, "--to", FIRST)
    shop.tap_config.write_text(right)
    assert refused.returncode == 2
    assert "refuses the token of location 101" in refused.stderr.splitlines()[-1]
    assert "very-wrong-token" not in refused.stderr + refused.stdout
    assert shop.differences() == []


def test_a_location_that_is_not_there_posts_nothing(shop: Shop) -> None:
    """What was undone would be tried again where the period is synced."""
    assert shop.console("undo", "--from", FIRST, "--to", FIRST, "--yes").returncode == 0
    shop.calls()
    result = shop.console("sync", "--from", FIRST, "--to", FIRST, "--location", "101", "--location", "999")
    assert (result.returncode, result.stdout) == (2, "")
    assert "location 999 is not in the settings of tap-franpos" in result.stderr
    assert shop.calls()["writes"] == 0
    assert "undone" in {row["status"] for row in shop.rows()}
    sync(shop, "--from", FIRST, "--to", FIRST)
    assert shop.differences() == []


def test_what_another_shop_of_the_company_has_undone_stays_so(tmp_path: Path) -> None:
    with Shop(tmp_path, "--locations", "2", "--days", "1", "--tickets-per-day", "4", "--dirty", "0") as both:
        both.lay_ledger()
        assert both.sync().returncode == 0
        assert both.console("undo", "--from", FIRST, "--to", FIRST, "--yes").returncode == 0
        settings = json.loads(both.tap_config.read_text())
        own, other = settings["location_ids"]
        both.tap_config.write_text(json.dumps(settings | {"location_ids": [own]}))
        sync(both, "--from", FIRST, "--to", FIRST)
        became = {(row["location_id"], row["status"]) for row in both.rows()}
        assert (str(own), "posted") in became
        assert {location for location, status in became if status == "undone"} == {str(other)}
        assert (str(other), "posted") not in became
