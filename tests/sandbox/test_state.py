"""A sandbox that goes on from the state of another one: the same books, the same till, the same answers."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tests.shop import Shop

if TYPE_CHECKING:
    from pathlib import Path

OPTIONS = ("--locations", "1", "--days", "1", "--tickets-per-day", "4", "--dirty", "0")
NOON = "2026-03-04T12:00:00-07:00"
ADDED = {"op": "add", "location_id": 101, "created_at": NOON, "lines": [{"price": "5.00"}]}
SAME = ("books", "tickets", "qbo-entities?entity=Item", "qbo-entities?entity=Customer", "state")


def shop_in(folder: Path, *options: str) -> Shop:
    folder.mkdir()
    return Shop(folder, *OPTIONS, *options)


def look(shop: Shop) -> dict[str, Any]:
    return {what: shop.get(what) for what in SAME}


def test_it_goes_on_from_there(tmp_path: Path) -> None:
    file = tmp_path / "state.json"
    with shop_in(tmp_path / "one") as one:
        first = one.post("tickets/edit", ADDED)
        assert one.sync().returncode == 0
        others = [paid for paid in one.get("books")["payments"] if first["ticket_id"] not in paid["private_note"]]
        one.post("qbo/entity", {"op": "deposit_payment", "entity": "Payment", "id": others[0]["id"]})
        one.post("qbo/entity", {"op": "void", "entity": "Payment", "id": others[-1]["id"]})
        one.post("qbo", {"options": {"book_close_date": "2026-01-31"}})
        key = {"location_id": 101, "ticket_id": first["ticket_id"]}
        one.post("tickets/edit", {"op": "set", "tips": "1.50", "settle": True, **key})
        before = look(one)
        one.save(file)
        second = one.post("tickets/edit", ADDED)
    with shop_in(tmp_path / "two", "--state", str(file)) as two:
        assert look(two) == before
        assert two.get("qbo")["options"]["book_close_date"] == "2026-01-31"
        assert two.post("tickets/edit", ADDED) == second, "new ids go on, too"
        # The tokens that the ledger has are good here, and so is what it knows.
        ledger = f"sqlite:///{tmp_path}/one/ledger.db"
        two.configure_target(ledger_url=ledger, refresh_token=None)
        two.calls()
        assert two.sync().returncode == 0
        assert two.calls()["by_entity"] == {
            "Invoice": {"create": 1, "update": 1},
            "Payment": {"create": 2, "update-void": 1},
        }
