"""What needs attention stands first on the overview, the most urgent first, each with its link."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import pytest

from target_qbo.accounting.liabilities import Owed
from target_qbo.desk.connection import Connection
from target_qbo.desk.pressing import Known, Proven, What, pressing
from target_qbo.desk.quota import CallsLeft
from target_qbo.ledger.attention import Amiss, Group
from target_qbo.ledger.runs import Run
from tests.shop import Shop
from tests.target.failures import documents_of, ring_up
from tests.web.conftest import Page, Visitor

if TYPE_CHECKING:
    from collections.abc import Iterator

TODAY = dt.date(2026, 3, 20)
NOON = dt.datetime(2026, 3, 20, 12, tzinfo=dt.UTC)
NOTHING = (0, Decimal(0))
QUIET = Known(
    today=TODAY,
    connection=Connection(connected=True, refreshed_at=NOON),
    run=Run(7, "night", NOON, NOON, NOON, "done", {}),
    synced=True,
    nights=1,
    half_done=NOTHING,
    waiting=NOTHING,
    amiss=Amiss(0, 0, Decimal(0)),
    proven=Proven(TODAY, TODAY, 0),
    skipped=[],
    owed=Owed(),
    tenders={},
    calls=[CallsLeft("101", 33, NOON)],
)


def test_where_all_is_well_nothing_is_pressing() -> None:
    assert pressing(QUIET) == []


@pytest.mark.parametrize(
    ("change", "what"),
    [
        ({"connection": Connection(connected=False)}, What.NOT_CONNECTED),
        ({"connection": Connection(connected=True, refreshed_at=NOON - dt.timedelta(days=86))}, What.SIGN_IN_ENDS),
        ({"connection": Connection(connected=True, refreshed_at=NOON - dt.timedelta(days=85))}, None),
        ({"run": Run(8, "night", NOON, NOON, NOON, "stopped", {"problem": "GET …"})}, What.STOPPED),
        ({"run": Run(8, "post", NOON, NOON, NOON, "done", {"problem": "GET …", "fetched": False})}, What.STOPPED),
        ({"run": None, "synced": False, "nights": 0}, What.NEVER_SYNCED),
        ({"nights": 2}, What.NOT_SYNCED),
        ({"half_done": (1, Decimal(5))}, What.HALF_DONE),
        ({"amiss": Amiss(2, 0, Decimal(0))}, What.CHANGED_BY_HAND),
        ({"amiss": Amiss(0, 1, Decimal(9))}, What.OPEN_CREDIT),
        ({"proven": Proven(TODAY, TODAY, 3)}, What.DIFFERENCES),
        ({"skipped": [Group("unbalanced", 3, Decimal(30), "why")]}, What.SKIPPED),
        ({"owed": Owed(Decimal(25), Decimal(0))}, What.GIFT_CARDS),
        ({"tenders": {"House Account": Decimal(10)}}, What.TENDERS),
        ({"calls": [CallsLeft("101", 32, NOON)]}, What.FEW_CALLS),
        ({"waiting": (4, Decimal(40))}, What.WAITING),
    ],
)
def test_each_matter_alone(change: dict[str, Any], what: What | None) -> None:
    assert [matter.what for matter in pressing(replace(QUIET, **change))] == ([what] if what else [])


def test_the_most_urgent_comes_first() -> None:
    worst = replace(
        QUIET,
        connection=Connection(connected=False),
        run=Run(8, "night", NOON, NOON, NOON, "stopped", {}),
        nights=9,
        half_done=(1, Decimal(5)),
        waiting=(4, Decimal(40)),
        amiss=Amiss(2, 1, Decimal(9)),
        proven=Proven(TODAY, TODAY, 3),
        skipped=[Group("a", 3, Decimal(30), ""), Group("b", 1, Decimal(1), "")],
        owed=Owed(Decimal(25), Decimal(5)),
        tenders={"House Account": Decimal(10)},
        calls=[CallsLeft("101", 2, NOON)],
    )
    found = [matter.what for matter in pressing(worst)]
    assert found == sorted(found, key=list(What).index)
    assert (found[0], found[-1], len(found)) == (What.NOT_CONNECTED, What.WAITING, 13)
    assert [matter.name for matter in pressing(worst) if matter.what is What.SKIPPED] == ["a", "b"]


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shop]:
    options = ("--locations", "1", "--days", "1", "--tickets-per-day", "3", "--dirty", "0")
    with Shop(tmp_path_factory.mktemp("attention"), *options) as shop:
        yield shop


@pytest.fixture(scope="module")
def visitor(shop: Shop) -> Iterator[Visitor]:
    page = Page(shop, shop.folder / "page.log")
    yield page.visitor()
    page.stop()


def told(visitor: Visitor) -> dict[str, list[str]]:
    """Return what the overview says needs attention, by what it is, in order."""
    found: dict[str, list[str]] = {}
    for one in visitor.look("/").xpath("//ol[@class='matters']/li"):
        found.setdefault(one.get("class"), []).append(str(one.xpath("string(text()[1])")).strip())
    return found


def test_the_overview_tells_what_needs_attention(shop: Shop, visitor: Visitor) -> None:
    assert told(visitor) == {"never_synced": ["Nothing was ever synced."]}
    assert "Not known yet" in visitor.look("/").text_content()
    ticket = ring_up(shop, lines=[{"price": "10.00"}], payments=[{"amount": "10.00", "method": "House Account"}])
    ring_up(shop, lines=[{"price": "25.00", "name": "Gift card 25", "kind": "Service"}])
    dirty = ring_up(shop, lines=[{"price": "10.00"}], payments=[{"amount": "12.00", "method": "Cash"}])
    assert shop.sync().returncode == 0
    found = told(visitor)
    assert list(found) == ["skipped", "gift_cards", "tenders"]
    assert found["skipped"][0].startswith("1 ticket of 10.00 is skipped")
    assert "25.00 sold were posted as income" in found["gift_cards"][0]
    assert "the tender House Account: of late, 10.00" in found["tenders"][0]
    (link,) = visitor.look("/").xpath("//li[@class='skipped']/a/@href")
    assert dirty["ticket_id"] in visitor.look(link).text_content()

    # A document that a person deleted is known once a proof has said so, until one says that it is back.
    (invoice,) = documents_of(shop, ticket)
    shop.post("qbo/entity", {"op": "delete", "entity": "Invoice", "id": invoice["id"]})
    assert "differences" not in told(visitor)
    day = shop.ready["franpos"]["start_date"][:10]
    visitor.look(f"/reconcile/?first={day}&last={day}")
    found = told(visitor)
    assert list(found) == ["differences", "skipped", "gift_cards", "tenders"]
    (link,) = visitor.look("/").xpath("//li[@class='differences']/a/@href")
    assert "there are differences" in visitor.look(link).text_content()
    assert shop.console("resync", ticket["ticket_id"]).returncode == 0
    assert shop.console("reconcile", "--from", day, "--to", day).returncode == 0
    assert "differences" not in told(visitor)

    # What the tap came to know of Franpos' quota, because a long period was asked for, is remembered.
    assert shop.console("sync", "--from", "2026-01-01", "--to", day).returncode in {0, 1}
    text = visitor.look("/").text_content()
    assert "Location 101: " in text
    assert "Not known yet" not in text
    ring_up(shop, lines=[{"price": "10.00"}])
    shop.post("qbo", {"revoke": True})
    assert shop.sync().returncode == 4
    found = told(visitor)
    assert next(iter(found)) == "stopped"
    assert "franpos-qbo connect" in found["stopped"][0]
