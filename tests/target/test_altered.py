"""A document of unknown fate that stands in QuickBooks, but not as it was sent: never adopted, never made twice."""

from __future__ import annotations

import sqlite3
from typing import TYPE_CHECKING, Any

import pytest

from tests.shop import Shop
from tests.target.failures import documents_of, fail, kill_once_made, mark, ring_up_split, told
from tests.target.rung_up import FEW_TICKETS

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from tests.target.failures import Ticket

ANOTHER_DAY = "2024-02-29"
Row = dict[str, Any]


@pytest.fixture
def shop(tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[Shop]:
    """A shop with tickets in the books; of a company that a test's parameter names."""
    company = getattr(request, "param", "us")
    with Shop(tmp_path, "--company", company, "--locations", "1", *FEW_TICKETS) as shop:
        assert shop.sync().returncode == 0
        yield shop


def rows_of(shop: Shop, entity: str, ticket: Ticket) -> list[Row]:
    """Return the rows of an entity that stand and whose notes name a ticket."""
    rows = shop.get(f"qbo-entities?entity={entity}")[entity]
    return [row for row in rows if mark(ticket) in row.get("PrivateNote", "") and row["TotalAmt"]]


def update(shop: Shop, entity: str, row: Row, **changes: Any) -> None:
    """Change a document by hand."""
    whole = row if entity == "Payment" else {"Id": row["Id"], "sparse": True}
    shop.post("qbo/entity", {"op": "update", "entity": entity, "body": whole | changes})


def redate(shop: Shop, entity: str, row: Row) -> None:
    update(shop, entity, row, TxnDate=ANOTHER_DAY)


def reprice(shop: Shop, entity: str, row: Row) -> None:
    (line,) = [line for line in row["Line"] if line["DetailType"] == "SalesItemLineDetail"]
    detail = line["SalesItemLineDetail"] | {"Qty": 1, "UnitPrice": 11}
    update(shop, entity, row, Line=[line | {"Amount": 11, "SalesItemLineDetail": detail}])


def assert_skipped(shop: Shop, ticket: Ticket, entity: str, says: str) -> Row:
    """Assert that nothing was sent for a ticket, and that it says why; returns what stands."""
    row = told(shop)[ticket["ticket_id"]]
    assert (row["status"], row["code"]) == ("skipped", "altered")
    assert says in row["reason"]
    assert "correct or delete it there, then resync" in row["reason"]
    (found,) = [one for one in rows_of(shop, entity, ticket) if says.split()[1] in one.values()]
    return found


@pytest.mark.parametrize(
    ("shop", "entity", "change", "differs"),
    [
        ("custom_numbers", "Invoice", redate, f"but is dated {ANOTHER_DAY}, not "),
        ("us", "Invoice", reprice, "but is of 11.00, not 10.00"),
        ("us", "Payment", redate, f"but is dated {ANOTHER_DAY}, not "),
    ],
    indirect=["shop"],
)
def test_what_was_changed_before_its_answer_was_written_down_is_not_made_twice(
    shop: Shop, entity: str, change: Callable[[Shop, str, Row], None], differs: str
) -> None:
    ticket = ring_up_split(shop)
    kill_once_made(shop, entity)
    before = rows_of(shop, entity, ticket)
    change(shop, entity, before[0])
    number = before[0].get("DocNumber") or before[0]["PaymentRefNum"]
    says = f"{entity.lower()} {number} stands in QuickBooks already, {differs}"
    assert shop.sync().returncode == 0
    found = assert_skipped(shop, ticket, entity, says)
    shop.calls()
    assert shop.sync().returncode == 0
    calls = shop.calls()
    assert (calls["reads"], calls["writes"]) == (0, 0)
    assert shop.console("resync", ticket["ticket_id"]).returncode == 1
    assert_skipped(shop, ticket, entity, says)
    assert len(rows_of(shop, entity, ticket)) == len(before)
    if change is redate:
        update(shop, entity, found, TxnDate=ticket["business_date"])
    else:
        shop.post("qbo/entity", {"op": "delete", "entity": entity, "id": found["Id"]})
    assert shop.console("resync", ticket["ticket_id"]).returncode == 0
    assert shop.differences() == []
    assert shop.get("books")["totals"]["unapplied"] == "0.00"


@pytest.mark.parametrize(("shop", "entity"), [("custom_numbers", "Invoice"), ("us", "Payment")], indirect=["shop"])
def test_what_was_changed_and_then_deleted_is_made_anew(shop: Shop, entity: str) -> None:
    """Under a requestid of its own: the first would bring back just the one that was deleted."""
    ticket = ring_up_split(shop)
    kill_once_made(shop, entity)
    row = rows_of(shop, entity, ticket)[0]
    redate(shop, entity, row)
    assert shop.sync().returncode == 0
    shop.post("qbo/entity", {"op": "delete", "entity": entity, "id": row["Id"]})
    assert shop.console("resync", ticket["ticket_id"]).returncode == 0
    assert shop.differences() == []


def test_what_was_altered_before_it_was_answered_is_not_told_as_another_ledgers(shop: Shop) -> None:
    ticket = ring_up_split(shop)
    kill_once_made(shop, "Invoice")
    (row,) = rows_of(shop, "Invoice", ticket)
    redate(shop, "Invoice", row)
    ring_up_split(shop)
    result = shop.sync()
    assert result.returncode == 0, result.stderr
    assert_skipped(shop, ticket, "Invoice", f"invoice {row['DocNumber']} stands in QuickBooks already")
    assert "another one posts here" not in result.stderr


def test_a_total_that_quickbooks_made_another_is_taken_back_though_its_answer_was_lost(tmp_path: Path) -> None:
    with Shop(tmp_path, "--company", "canada", "--locations", "1", *FEW_TICKETS) as shop:
        shop.configure_target(tax_code="Exempt")
        assert shop.sync().returncode == 0
        before = shop.get("books")["totals"]
        shop.configure_target(tax_code="GST")
        ticket = ring_up_split(shop)
        fail(shop, {"do": "drop_after", "match": {"path": "/(batch|invoice)", "nth": 1}})
        assert shop.sync().returncode == 0
        row = told(shop)[ticket["ticket_id"]]
        assert (row["status"], row["code"], row["documents"]) == ("skipped", "total_differs", [])
        assert "10.50, not 10.00" in row["reason"]
        assert documents_of(shop, ticket) == []
        assert shop.get("books")["totals"]["invoices"] == before["invoices"]
        shop.configure_target(tax_code="Exempt")
        assert shop.console("resync", ticket["ticket_id"]).returncode == 0
        assert shop.differences() == []


def test_a_number_that_is_refused_for_a_changed_document_of_the_same_ticket_gets_no_further_one(tmp_path: Path) -> None:
    with Shop(tmp_path, "--company", "custom_numbers", "--locations", "1", *FEW_TICKETS) as shop:
        assert shop.sync().returncode == 0
        ticket = ring_up_split(shop)
        kill_once_made(shop, "Invoice")
        (row,) = rows_of(shop, "Invoice", ticket)
        redate(shop, "Invoice", row)
        with sqlite3.connect(shop.folder / "ledger.db") as ledger:
            ledger.execute("DELETE FROM documents WHERE state = 'sending'")
            # So that it is not found as something that was made since the latest answer.
            ledger.execute("UPDATE documents SET posted_at = '2999-01-01T00:00:00.000000+00:00' WHERE posted_at > ''")
        for code in (0, 1):
            process = shop.console("resync", ticket["ticket_id"]) if code else shop.sync()
            assert process.returncode == code, process.stderr
            assert_skipped(shop, ticket, "Invoice", f"invoice {row['DocNumber']} stands in QuickBooks already")
        shop.post("qbo", {"options": {"custom_txn_numbers": False}})
        assert shop.console("resync", ticket["ticket_id"]).returncode == 1
        assert len(documents_of(shop, ticket)) == 1
