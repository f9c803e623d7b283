"""No run reads a whole company from the ledger: what it asks is found by keys, or by an index of what is open."""

from __future__ import annotations

import contextlib
import re
import sqlite3
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from target_qbo.desk.config import DeskConfig
from target_qbo.desk.receiving import receive
from target_qbo.posting.summary import RunSummary
from tests.target.failures import ring_up

if TYPE_CHECKING:
    from tests.shop import Shop

FEW = 9  # one alone SQLite finds by its key, whatever indexes there are
OF_WHAT_IS_OPEN = ("ix_tickets_pending", "ix_documents_sending", "ix_documents_amiss")
_GROWS = re.compile(r"(?:SCAN|SEARCH) (?:tickets|payments|discounts|units|documents)\b")
_WHOLE = re.compile(r"^SCAN|INDEX (?P<index>\w+) \(company_id=\?\)")


def test_a_run_reads_no_whole_company(small_shop: Shop) -> None:
    assert small_shop.sync().returncode == 0
    for _ in range(FEW):
        ring_up(small_shop, lines=[{"price": "6.00"}])
    company = DeskConfig(str(small_shop.tap_config), str(small_shop.target_config)).company()
    asked: dict[str, Any] = {}

    @sa.event.listens_for(company.ledger.engine, "before_cursor_execute")
    def note(*given: Any) -> None:
        _, _, statement, values, _, many = given
        asked.setdefault(statement, values[0] if many else values)

    receive(iter(small_shop.messages().splitlines()), company.ledger, source="till")
    summary = RunSummary()
    company.post_pending(summary)
    company.ledger.engine.dispose()
    assert summary.posted == FEW
    with contextlib.closing(sqlite3.connect(small_shop.folder / "ledger.db")) as ledger:
        plans = [
            (step, statement)
            for statement, values in asked.items()
            if statement.startswith(("SELECT", "INSERT", "UPDATE", "DELETE"))
            for (*_, step) in ledger.execute(f"EXPLAIN QUERY PLAN {statement}", values)
            if _GROWS.match(step)
        ]
    assert len(plans) > 20
    whole = [(step, found["index"], statement) for step, statement in plans if (found := _WHOLE.search(step))]
    assert [one for one in whole if one[1] not in OF_WHAT_IS_OPEN] == []
