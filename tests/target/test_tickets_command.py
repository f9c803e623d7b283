"""``franpos-qbo tickets``: lists by every filter, and tickets in full."""

from __future__ import annotations

import datetime as dt
import json
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import pytest

from tests.shop import Shop
from tests.target.failures import ring_up, ring_up_split

if TYPE_CHECKING:
    from collections.abc import Iterator

Row = dict[str, Any]


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shop]:
    """Two shops and two days, some tickets dirty, synced."""
    options = ("--locations", "2", "--days", "2", "--tickets-per-day", "12", "--dirty", "0.2")
    with Shop(tmp_path_factory.mktemp("tickets"), *options) as shop:
        ring_up_split(shop)
        ring_up(shop, lines=[{"price": "10.00"}], payments=[{"amount": "4.00", "method": "Cash"}])
        assert shop.sync().returncode == 0
        yield shop


def _list(shop: Shop, *arguments: str) -> list[Row]:
    result = shop.console("tickets", "--format", "json", *arguments)
    assert result.returncode == 0, result.stderr
    rows: list[Row] = json.loads(result.stdout, parse_float=Decimal)
    return rows


def test_every_filter_gives_what_it_says(shop: Shop) -> None:
    every = _list(shop)
    assert len(every) == len(shop.get("tickets"))
    assert sorted(every, key=lambda row: (row["business_date"], row["location_id"])) == every
    day = every[-1]["business_date"]
    dirty = next(row for row in every if row["code"] is not None)
    word = dirty["reason"].split()[1]
    cases: list[tuple[list[str], Any]] = [
        (["--status", "skipped", "--status", "waiting"], lambda row: row["status"] in {"skipped", "waiting"}),
        (["--code", dirty["code"]], lambda row: row["code"] == dirty["code"]),
        (["--from", day, "--to", day], lambda row: row["business_date"] == day),
        (["--location", "102"], lambda row: row["location_id"] == "102"),
        (["--min", "10.00", "--max", "50"], lambda row: Decimal("10.00") <= row["total"] <= Decimal(50)),
        (["--max", "-0.01", "--location", "101"], lambda row: row["total"] < 0 and row["location_id"] == "101"),
        (["--search", dirty["ticket_id"]], lambda row: row["ticket_id"] == dirty["ticket_id"]),
        (["--search", word.upper()], lambda row: word.lower() in f"{row['reason']}|{row['number']}".lower()),
        (["--search", "%"], lambda row: "%" in f"{row['reason']}{row['number']}"),
    ]
    for arguments, holds in cases:
        assert _list(shop, *arguments) == [row for row in every if holds(row)], arguments
    assert _list(shop, "--limit", "3") == every[-3:]
    assert _list(shop, "--status", "undone") == []


def test_a_short_table_says_how_many_more_there_are(shop: Shop) -> None:
    number = len(shop.get("tickets"))
    result = shop.console("tickets", "--limit", "3")
    assert result.returncode == 0
    assert result.stderr.strip().startswith(f"these are the newest 3 of {number} tickets")
    assert result.stdout.count("101") + result.stdout.count("102") >= 3
    assert shop.console("tickets").stderr == ""


def test_a_ticket_in_full(shop: Shop) -> None:
    (split,) = [row for row in _list(shop) if len(row["documents"]) == 3 and row["total"] == 10]
    (row,) = _list(shop, split["number"], "--location", split["location_id"])
    assert {name: row[name] for name in split if name != "documents"} == {
        name: split[name] for name in split if name != "documents"
    }
    invoice, *payments = row["documents"]
    cash, check = sorted(payments, key=lambda payment: payment["amount"])
    site = "https://app.sandbox.qbo.intuit.com/app"
    assert invoice["link"] == f"{site}/invoice?txnId={invoice['id']}"
    assert [one["link"] for one in (cash, check)] == [f"{site}/recvpayment?txnId={one['id']}" for one in (cash, check)]
    assert [(one["method"], one["amount"], one["state"]) for one in (cash, check)] == [
        ("Cash", Decimal("4.00"), "posted"),
        ("Check", Decimal("6.00"), "posted"),
    ]
    assert row["record"]["ticket_id"] == split["ticket_id"]
    assert sum(payment["amount"] for payment in row["payments"]) == 10
    moments = [dt.datetime.fromisoformat(event["at"]) for event in row["history"]]
    assert moments == sorted(moments)
    assert {moment.utcoffset() for moment in moments} == {dt.timedelta(0)}
    assert {event["what"].split()[-1] for event in row["history"]} == {"sent", "posted"}
    shown = shop.console("tickets", split["ticket_id"]).stdout
    assert f"order {split['ticket_id']}" in shown
    assert "-0700  ticket posted" in shown, "times are those of the shop"


def test_what_to_do_about_a_skipped_ticket(shop: Shop) -> None:
    names = [row["ticket_id"] for row in _list(shop, "--status", "skipped", "--status", "waiting")]
    rows = _list(shop, *names)  # shops may share an order id
    assert {row["ticket_id"] for row in rows} == set(names)
    assert all(row["what_to_do"] for row in rows if row["status"] != "posted")
    assert "What to do: " in shop.console("tickets", names[0]).stdout


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["nobody"], "no ticket with order id or receipt number nobody"),
        (["nobody", "--status", "skipped"], "only --location narrows"),
        (["--max", "nan"], "is no amount to the cent"),
    ],
)
def test_wrong_use_is_told(shop: Shop, arguments: list[str], says: str) -> None:
    result = shop.console("tickets", *arguments)
    assert result.returncode == 2
    assert says in result.stderr.splitlines()[-1]
    assert result.stdout == ""
