"""Documents of ours that this ledger does not know: a backup put back, or a second ledger for the same company.

Nothing is doubled, the run says that another one posts here, and it costs one read, where there is something to post.
"""

from __future__ import annotations

import re
import shutil
import sqlite3
from typing import TYPE_CHECKING

import pytest

from tests.target.failures import edit, of_kind, ring_up, ring_up_split
from tests.target.nights import assert_right, made, night

if TYPE_CHECKING:
    import subprocess
    from collections.abc import Callable
    from pathlib import Path

    from tests.shop import Shop
    from tests.target.failures import Ticket


def back_up(shop: Shop) -> Path:
    """Copy the ledger as it stands."""
    with sqlite3.connect(shop.folder / "ledger.db") as connection:
        connection.execute("PRAGMA wal_checkpoint(truncate)")
    backup = shop.folder / "backup.db"
    shutil.copy(shop.folder / "ledger.db", backup)
    return backup


def put_back(shop: Shop, backup: Path) -> None:
    """Put a copy of the ledger back; its tokens still work."""
    for path in shop.folder.glob("ledger.db*"):
        path.unlink()
    shutil.copy(backup, shop.folder / "ledger.db")


def says_another_posts(run: subprocess.CompletedProcess[str]) -> bool:
    """Whether a run warns that another ledger posts to the company."""
    return re.search(r" \| WARNING .*another.*post", run.stderr) is not None


def nothing(_shop: Shop, _ticket: Ticket) -> None:
    """Leave what was posted before as it is."""


def change(shop: Shop, ticket: Ticket) -> None:
    """Change what was posted before at the till."""
    edit(shop, ticket, "add_line", price="5.00", settle=True)


def void(shop: Shop, ticket: Ticket) -> None:
    """Void what was posted before at the till."""
    edit(shop, ticket, "void")


@pytest.mark.parametrize("meanwhile", [nothing, change, void])
def test_a_backup_put_back_doubles_nothing(shop: Shop, meanwhile: Callable[[Shop, Ticket], None]) -> None:
    before = ring_up_split(shop)
    night(shop)
    backup = back_up(shop)
    since = ring_up_split(shop)
    refund = ring_up(shop, lines=[{"price": "5.00", "quantity": "-1"}])
    meanwhile(shop, before)
    night(shop)
    assert_right(shop)
    put_back(shop, backup)
    ring_up(shop, lines=[{"price": "9.00"}])
    restored = night(shop)
    assert_right(shop)
    assert made(shop, since) == ["Invoice", "Payment", "Payment"]
    assert made(shop, refund) == ["RefundReceipt"]
    assert says_another_posts(restored)
    again = night(shop)
    assert_right(shop)
    assert not says_another_posts(again), "what was adopted is known"


def test_a_second_ledger_doubles_nothing(shop: Shop) -> None:
    """Each finds what the other has posted since its own last run."""
    first, second = (f"sqlite:///{shop.folder}/{name}.db" for name in ("first", "second"))
    shop.configure_target(ledger_url=first)
    assert not says_another_posts(night(shop))
    tickets = []
    for ledger in (second, first, second):
        tickets.append(ring_up_split(shop))
        shop.configure_target(ledger_url=ledger)
        night(shop)
        assert_right(shop)
    shop.configure_target(ledger_url=first)
    tickets.append(ring_up_split(shop))
    assert says_another_posts(night(shop))
    assert_right(shop)
    for ticket in tickets:
        assert made(shop, ticket) == ["Invoice", "Payment", "Payment"]


def test_it_costs_one_read_where_something_is_to_be_posted_and_none_where_nothing_is(shop: Shop) -> None:
    night(shop)
    shop.calls()
    assert not says_another_posts(night(shop))
    assert shop.calls()["reads"] == 0
    ring_up(shop, lines=[{"price": "9.00"}])
    ring_up(shop, lines=[{"price": "5.00", "quantity": "-1"}])
    assert not says_another_posts(night(shop))
    assert shop.calls()["reads"] == 1
    assert_right(shop)


def test_what_a_person_entered_since_is_not_taken_for_another_ledger(shop: Shop) -> None:
    night(shop)
    sale = of_kind(shop, "invoice")[0]
    rows = shop.get("qbo-entities?entity=Invoice")["Invoice"]
    row = next(one for one in rows if f"order {sale['ticket_id']};" in one["PrivateNote"])
    lines = [line for line in row["Line"] if line["DetailType"] == "SalesItemLineDetail"]
    body = {"CustomerRef": row["CustomerRef"], "TxnDate": "2020-01-01", "PrivateNote": "by hand", "Line": lines}
    by_hand = shop.post("qbo/entity", {"op": "create", "entity": "Invoice", "body": body})["Invoice"]
    ring_up(shop, lines=[{"price": "9.00"}])
    assert not says_another_posts(night(shop))
    shop.post("qbo/entity", {"op": "delete", "entity": "Invoice", "id": by_hand["Id"]})
    assert_right(shop)
