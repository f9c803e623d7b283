"""`python -m sandbox` from outside: one ready line, both APIs on one port, a clean stop."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
from contextlib import contextmanager
from functools import partial
from typing import TYPE_CHECKING, Any

import pytest
import requests

from tests.forks import ROOT, start
from tests.shop import run

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from tests.forks import Program


@contextmanager
def sandbox(
    *options: str, begin: Callable[..., Program | subprocess.Popen[str]] = start
) -> Iterator[tuple[Program | subprocess.Popen[str], dict[str, Any]]]:
    command = [sys.executable, "-m", "sandbox", *options]
    with begin(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        try:
            assert process.stdout
            yield process, json.loads(process.stdout.readline())
        finally:
            process.kill()


def test_ready_line_says_all_that_both_plugins_need(tmp_path: Path) -> None:
    file = tmp_path / "ready.json"
    with sandbox("--ready-file", str(file), "--tickets-per-day", "5", "--locations", "3") as (_, ready):
        assert json.loads(file.read_text(encoding="utf-8")) == ready
        franpos, qbo = ready["franpos"], ready["qbo"]
        assert franpos["location_ids"] == [101, 102, 103]
        assert franpos["location_time_zones"]["103"] == "America/New_York"
        assert (franpos["start_date"], franpos["end_date"]) == ("2026-03-04", "2026-03-11")
        for location, token in ready["franpos_location_tokens"].items():
            address = f"{franpos['api_url']}/api/datadump/v1/orders/7/0/{franpos['start_date']}/{location}"
            for good in (token, franpos["auth_token"]):
                answer = requests.get(address, params={"Token": good, "pageSize": "500"}, timeout=10)
                assert len(answer.json()["data"]) == 35
        grant = {"grant_type": "refresh_token", "refresh_token": qbo["refresh_token"]}
        signed = requests.post(qbo["token_url"], data=grant, auth=(qbo["client_id"], qbo["client_secret"]), timeout=10)
        headers = {"Authorization": f"Bearer {signed.json()['access_token']}", "Accept": "application/json"}
        address = f"{qbo['api_url']}/v3/company/{qbo['realm_id']}/query"
        names = requests.get(address, params={"query": "select * from Account"}, headers=headers, timeout=10)
        assert names.json()["QueryResponse"]["Account"]
        for path in ("books", "qbo-calls", "franpos-calls", "tickets", "faults"):
            assert requests.get(f"{ready['control_url']}/{path}", timeout=10).status_code == 200


def test_ordered_failures_hit_franpos_too() -> None:
    with sandbox("--tickets-per-day", "1") as (_, ready):
        fault = [{"where": "franpos", "do": "503", "times": 1}]
        assert requests.post(f"{ready['control_url']}/faults", json=fault, timeout=10).status_code == 200
        address = f"{ready['url']}/api/checkUsageLimit?Token={ready['franpos']['auth_token']}"
        assert [requests.get(address, timeout=10).status_code for _ in range(2)] == [503, 200]


def test_retail_tickets_instead_of_made_up_ones(tmp_path: Path) -> None:
    (tmp_path / "day.csv").write_text(
        "InvoiceNo,StockCode,Description,Quantity,InvoiceDate,UnitPrice,CustomerID,Country\n"
        "536365,71053,WHITE METAL LANTERN,6,2010-12-01 08:26:00,3.39,17850.0,United Kingdom\n",
        encoding="utf-8",
    )
    with sandbox("--tickets", str(tmp_path), "--dirty", "0") as (_, ready):
        franpos = ready["franpos"]
        assert (franpos["location_ids"], franpos["start_date"], franpos["end_date"]) == (
            [101],
            "2010-12-01",
            "2010-12-02",
        )
        path = f"{franpos['api_url']}/api/datadump/v2/orderitems/1/0/2010-12-01/101"
        (item,) = requests.get(path, params={"Token": franpos["auth_token"]}, timeout=10).json()["data"]
        assert (item["OrderId"], item["Name"], item["CreatedOn"]) == (
            536365,
            "WHITE METAL LANTERN",
            "2010-12-01T08:26:00",
        )


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_stops_cleanly_even_while_a_request_hangs(number: signal.Signals) -> None:
    anew = partial(subprocess.Popen, cwd=ROOT, text=True)  # how a fork ends is not how Python does
    with sandbox("--tickets-per-day", "1", begin=anew) as (process, ready):
        hang = [{"where": "franpos", "do": "hang", "seconds": 60}]
        requests.post(f"{ready['control_url']}/faults", json=hang, timeout=10)
        with pytest.raises(requests.Timeout):
            requests.get(f"{ready['url']}/api/checkUsageLimit?Token=x", timeout=0.3)
        process.send_signal(number)
        out, err = process.communicate(timeout=10)
        assert (process.returncode, out, err) == (0, "", "")


@pytest.mark.parametrize(
    "options",
    [
        ("--host", "0.0.0.0"),  # noqa: S104 - must be refused
        ("--host", "192.168.0.1"),
        ("--now", "2026-03-04T00:00:00"),
        ("--dirty", "2"),
        ("--days", "0"),
        ("--time-scale", "0"),
        ("--latency-ms", "nan"),
        ("--tickets", "/nonexistent"),
    ],
)
def test_options_that_cannot_be_served_end_in_one_line(options: tuple[str, str]) -> None:
    done = run([sys.executable, "-m", "sandbox", *options])
    assert (done.returncode, done.stdout) == (2, "")
    assert "Traceback" not in done.stderr
    assert done.stderr.splitlines()[-1].startswith(("sandbox: ", "python -m sandbox: error: "))


def test_default_run_is_the_demo_and_the_seed_decides() -> None:
    truths = []
    for options in ((), (), ("--seed", "2")):
        with sandbox(*options) as (_, ready):
            truths.append(requests.get(f"{ready['control_url']}/tickets", timeout=10).json())
    assert truths[0] == truths[1] != truths[2]
    assert len(truths[0]) == 2 * 7 * 36
    assert {one["expected"]["kind"] for one in truths[0]} == {"invoice", "refund_receipt", "none"}
    assert 0 < sum(one["dirt"] is not None for one in truths[0]) < 20
