"""``franpos-qbo preview``: what it foretells is what a sync then does, and it leaves no trace."""

from __future__ import annotations

import csv
import datetime as dt
import hashlib
import io
import json
from collections import defaultdict
from dataclasses import replace
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import pytest
import sqlalchemy as sa

from target_qbo.accounting import Rules
from target_qbo.errors import ConfigurationError
from target_qbo.ledger import inbox, open_ledger
from target_qbo.ledger.documents import StandingDocument
from target_qbo.ledger.reading import open_to_read
from target_qbo.ledger.status import DocumentState, Stands, TicketStatus
from target_qbo.ledger.tables import companies
from target_qbo.ledger.units import UnitView
from target_qbo.posting.plan import Outcome, fingerprint
from target_qbo.posting.preview import merged, preview
from tests.shop import BIN, Shop, run

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

NOW = dt.datetime(2026, 3, 3, 12, tzinfo=dt.UTC)
RULES = Rules()
Rows = dict[str, dict[str, Any]]


def _preview(shop: Shop, *arguments: str) -> tuple[Rows, dict[str, Any]]:
    """Return what is foretold by ticket id, and the totals."""
    result = shop.console("preview", "--format", "json", *arguments)
    assert (result.returncode, result.stderr) == (0, "")
    shown = json.loads(result.stdout, parse_float=Decimal, parse_int=Decimal)
    return {row["ticket_id"]: row for row in shown["tickets"]}, shown["totals"]


def _receive_only(shop: Shop) -> None:
    """Receive the till's tickets as the target does, and post nothing: they are pending in the ledger."""
    tap = shop.tap()
    assert tap.returncode == 0, tap.stderr
    records = defaultdict(list)
    for line in tap.stdout.splitlines():
        message = json.loads(line, parse_float=Decimal)
        if message["type"] == "RECORD":
            records[message["stream"]].append(message["record"])
    settings = shop.target_settings
    ledger = open_ledger(settings["ledger_url"], environment="sandbox", realm_id=settings["realm_id"])
    inbox.receive_payments(ledger, records["payments"], NOW)
    inbox.receive_discounts(ledger, records["discounts"], NOW)
    inbox.receive_tickets(ledger, records["tickets"], NOW)
    ledger.engine.dispose()


def _bytes(shop: Shop) -> dict[str, str]:
    """Return a hash of every file of the ledger that has a content, but for SQLite's shared memory."""
    files = [path for path in shop.folder.glob("ledger.db*") if path.stat().st_size and path.suffix != ".db-shm"]
    return {path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in files}


def _edit(shop: Shop, ticket_id: str, op: str, **what: Any) -> None:
    shop.post("tickets/edit", {"op": op, "location_id": 101, "ticket_id": ticket_id, **what})


def _tap_to_file(shop: Shop) -> Path:
    tap = shop.tap()
    assert tap.returncode == 0, tap.stderr
    path = shop.folder / "messages.jsonl"
    path.write_text(tap.stdout)
    return path


def _assert_is_what_stands(shop: Shop, foretold: Rows) -> None:
    """Assert that the books hold just what was foretold: numbers, dates, lines, payments and totals."""
    books = shop.get("books")
    refs: dict[str, list[tuple[str, str, str]]] = defaultdict(list)
    for payment in books["payments"]:
        refs[payment["invoices"][0]["id"]].append((payment["ref"], payment["method"], payment["amount"]))
    stands = {
        document["doc_number"]: (
            {"Invoice": "invoice", "RefundReceipt": "refund_receipt"}[document["entity"]],
            document["txn_date"],
            document["total"],
            document["payment_method"],
            [
                (line["item"], Decimal(line["quantity"]), line["amount"], line["description"])
                for line in document["lines"]
            ],
            sorted(refs[document["id"]]),
        )
        for document in books["documents"]
    }
    wanted = {
        document["number"]: (
            document["kind"],
            document["date"],
            f"{document['amount']:.2f}",
            document["method"],
            [
                (line["item"], line["quantity"], f"{line['amount']:.2f}", line["description"])
                for line in document["lines"]
            ],
            sorted((payment["key"], payment["method"], f"{payment['amount']:.2f}") for payment in document["payments"]),
        )
        for row in foretold.values()
        for document in row["documents"]
    }
    assert wanted == stands


def test_what_is_foretold_is_what_a_sync_does(small_shop: Shop) -> None:
    _receive_only(small_shop)
    small_shop.calls()
    before = _bytes(small_shop)
    foretold, totals = _preview(small_shop)
    for form in ("table", "csv"):
        assert small_shop.console("preview", "--format", form).returncode == 0
    assert _bytes(small_shop) == before, "a preview writes nothing into the ledger"
    assert small_shop.calls()["requests"] == 0, "a preview asks QuickBooks nothing"
    assert set(foretold) == {ticket["ticket_id"] for ticket in small_shop.get("tickets")}
    assert small_shop.sync().returncode == 0
    _assert_is_what_stands(small_shop, foretold)
    became = {row["ticket_id"]: row for row in small_shop.rows()}
    names = {"new": "posted"}
    for ticket_id, row in foretold.items():
        outcome = names.get(row["outcome"], row["outcome"])
        assert (became[ticket_id]["status"], became[ticket_id]["code"]) == (outcome, row["code"])
        assert became[ticket_id]["reason"] == row["reason"]
    books = small_shop.get("books")["totals"]
    sums = {row["kind"]: (row["count"], f"{row['amount']:.2f}") for row in totals["documents"]}
    assert sums == {
        "invoice": (books["counts"]["Invoice"], books["invoices"]),
        "refund_receipt": (books["counts"]["RefundReceipt"], books["refund_receipts"]),
        "payment": (books["counts"]["Payment"], books["payments"]),
    }
    assert f"{sum(row['payments'] for row in totals['methods']):.2f}" == books["payments"]
    assert f"{sum(row['refunds'] for row in totals['methods']):.2f}" == books["refund_receipts"]


@pytest.fixture(scope="module")
def pending(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shop]:
    """A shop whose tickets are received and not posted, to look at only."""
    with Shop(tmp_path_factory.mktemp("pending"), "--locations", "1", "--days", "2", "--dirty", "0.1") as shop:
        _receive_only(shop)
        yield shop


def test_a_choice_by_day_location_and_ticket(pending: Shop) -> None:
    everything, _ = _preview(pending)
    day = min(row["business_date"] for row in everything.values())
    of_day, _ = _preview(pending, "--from", day, "--to", day)
    assert set(of_day) == {key for key, row in everything.items() if row["business_date"] == day}
    assert _preview(pending, "--location", "999")[0] == {}
    first, second = list(everything.values())[:2]
    some, _ = _preview(pending, "--ticket", first["ticket_id"], "--ticket", second["number"])
    assert set(some) >= {first["ticket_id"], second["ticket_id"]}
    assert len(some) < len(everything)
    assert pending.console("preview", "--location", "999").stdout.strip() == "none"


def test_table_and_csv_show_lines_payments_and_totals(pending: Shop) -> None:
    foretold, totals = _preview(pending)
    table = pending.console("preview").stdout
    rows = list(csv.DictReader(io.StringIO(pending.console("preview", "--format", "csv").stdout)))
    for row in foretold.values():
        own = [line for line in rows if line["ticket_id"] == row["ticket_id"]]
        for document in row["documents"]:
            assert f"{document['number']} of {document['date']}" in table
            amounts = [Decimal(line["amount"]) for line in own if line["kind"] == document["kind"]]
            assert sum(amounts) == document["amount"]
            paid = {line["document"]: line["method"] for line in own if line["kind"] == "payment"}
            assert paid == {payment["key"]: payment["method"] for payment in document["payments"]}
        if not row["documents"]:
            assert [(line["outcome"], line["reason"]) for line in own] == [(row["outcome"], row["reason"] or "")]
            assert (row["reason"] or row["outcome"]) in table
    for kind in totals["documents"]:
        assert f"{kind['amount']:,.2f}" in table
    for method in totals["methods"]:
        assert f"{method['payments']:,.2f}" in table


def test_a_file_of_messages_is_held_against_what_stands(small_shop: Shop) -> None:
    assert small_shop.sync().returncode == 0
    posted = json.loads(small_shop.console("tickets", "--status", "posted", "--format", "json").stdout)
    changed, voided = posted[0], posted[1]
    _edit(small_shop, changed["ticket_id"], "set", tips="7.25", settle=True)
    _edit(small_shop, voided["ticket_id"], "void")
    messages = _tap_to_file(small_shop)
    before, state = _bytes(small_shop), small_shop.calls()
    assert state["writes"]
    foretold, _ = _preview(small_shop, "--input", str(messages))
    assert _bytes(small_shop) == before, "messages are received into nothing"
    assert small_shop.calls()["requests"] == 0
    assert foretold[voided["ticket_id"]]["outcome"] == "voided"
    redone = foretold[changed["ticket_id"]]
    assert redone["outcome"] == "changed"
    assert redone["documents"][0]["number"] == changed["documents"][0]["number"]
    assert redone["documents"][0]["id"] == changed["documents"][0]["id"]
    others = {row["ticket_id"] for row in posted[2:]}
    assert {foretold[ticket_id]["outcome"] for ticket_id in others} == {"unchanged"}
    assert _preview(small_shop)[0] == {}, "nothing is pending: the file was not received"
    assert small_shop.target(messages.read_text()).returncode == 0
    standing = {key: row for key, row in foretold.items() if key != voided["ticket_id"]}
    books = [document for document in small_shop.get("books")["documents"] if not document["voided"]]
    assert {d["number"]: f"{d['amount']:.2f}" for row in standing.values() for d in row["documents"]} == {
        document["doc_number"]: document["total"] for document in books
    }


def test_messages_from_a_pipe_without_any_ledger(small_shop: Shop) -> None:
    (small_shop.folder / "ledger.db").unlink()
    command = [str(BIN / "franpos-qbo"), "--target-config", str(small_shop.target_config), "preview"]
    result = run([*command, "--input", "-", "--format", "json"], small_shop.tap().stdout)
    assert (result.returncode, result.stderr) == (0, "")
    shown = json.loads(result.stdout)
    assert {row["ticket_id"] for row in shown["tickets"]} == {row["ticket_id"] for row in small_shop.get("tickets")}
    assert shown["totals"]["tickets"]["new"] > 20
    assert not (small_shop.folder / "ledger.db").exists(), "no ledger is made"
    assert _preview(small_shop)[0] == {}


def test_changes_are_left_alone_where_the_settings_say_so(small_shop: Shop) -> None:
    assert small_shop.sync().returncode == 0
    listed = json.loads(small_shop.console("tickets", "--status", "posted", "--format", "json").stdout)
    changed, voided, broken = (row["ticket_id"] for row in listed[:3])
    _edit(small_shop, changed, "set", tips="7.25", settle=True)
    _edit(small_shop, voided, "void")
    _edit(small_shop, broken, "set", total="99999.00")
    messages = str(_tap_to_file(small_shop))
    small_shop.configure_target(on_change="skip")
    foretold, _ = _preview(small_shop, "--input", messages)
    assert [foretold[key]["code"] for key in (changed, voided, broken)] == [
        "changed",
        "changed",
        "changed_inconsistent",
    ]
    assert "as they were" in foretold[changed]["reason"]


def test_a_ticket_that_is_named_is_shown_though_nothing_is_to_be_done(small_shop: Shop) -> None:
    assert small_shop.sync().returncode == 0
    listed = small_shop.rows()
    posted = next(row for row in listed if row["status"] == "posted")
    shown, totals = _preview(small_shop, "--ticket", posted["ticket_id"])
    assert shown[posted["ticket_id"]]["outcome"] == "unchanged"
    assert totals["documents"] == []


def test_messages_that_break_the_contract_are_one_clear_line(small_shop: Shop) -> None:
    path = small_shop.folder / "broken.jsonl"
    path.write_text('{"type": "RECORD", "stream": "tickets", "record": {"location_id": "1"}}\n')
    result = small_shop.console("preview", "--input", str(path))
    assert result.returncode == 1
    assert len(result.stderr.splitlines()) == 1, result.stderr
    assert "broken.jsonl" in result.stderr
    assert result.stdout == ""


# What stands, as a run may have left it


def _ticket(*, paid: str = "30.00", status: str = "closed") -> UnitView:
    record = {
        "location_id": "101",
        "ticket_id": "5001",
        "number": "1001",
        "created_at": "2026-03-02T11:20:00-07:00",
        "business_date": "2026-03-02",
        "status": status,
        "lines": [{"line_id": "1", "kind": "product", "quantity": 1, "unit_price": 30, "amount": 30}],
        "tax_total": 0,
        "tip_total": 0,
        "total": 30,
    }
    row = {"payment_id": "1", "method": "Cash", "amount": Decimal(paid)}
    return UnitView(7, 7, 0, TicketStatus.RECEIVED, record, [row])


def _outcome(ticket: UnitView, on_change: str = "update") -> Outcome:
    return preview(ticket, RULES, on_change=on_change, now=NOW).outcome


def _standing(state: DocumentState = DocumentState.POSTED) -> StandingDocument:
    return StandingDocument(
        unit=7,
        kind="invoice",
        number="OLD-1",
        amount=Decimal("30.00"),
        date=dt.date(2026, 3, 2),
        method=None,
        state=state,
        qbo_id="55",
        request_id="r",
        sent_at=NOW,
        location_id="101",
        name="5001",
    )


def test_what_stands_decides_what_a_run_would_do() -> None:
    ticket = _ticket()
    document = preview(ticket, RULES, on_change="update", now=NOW).document
    assert document is not None
    whole = fingerprint(document)
    standing = replace(ticket, standing=[_standing()], stands=Stands.WHOLE)
    assert _outcome(ticket) is Outcome.NEW
    assert _outcome(replace(standing, fingerprint=whole)) is Outcome.UNCHANGED
    assert _outcome(replace(standing, fingerprint="other")) is Outcome.CHANGED
    assert _outcome(replace(standing, fingerprint="other"), "skip") is Outcome.SKIPPED
    for stands, mark in ((Stands.FOUND, None), (Stands.REVISING, None), (Stands.PART, whole)):
        assert _outcome(replace(standing, stands=stands, fingerprint=mark)) is Outcome.UNFINISHED
    assert _outcome(replace(ticket, standing=[_standing(DocumentState.SENDING)])) is Outcome.OPEN
    assert _outcome(replace(ticket, status=TicketStatus.UNDONE, pending=False)) is Outcome.UNDONE
    assert preview(replace(standing, fingerprint="other"), RULES, on_change="update", now=NOW).number == "OLD-1"


@pytest.mark.parametrize(
    ("ticket", "whole", "half"),
    [
        (_ticket(paid="31.00"), "changed_inconsistent", "payments_mismatch"),
        (_ticket(paid="29.00"), "changed_inconsistent", None),
        (_ticket(status="voided"), None, None),
    ],
)
def test_what_can_not_be_posted(ticket: UnitView, whole: str | None, half: str | None) -> None:
    standing = replace(ticket, standing=[_standing()], stands=Stands.WHOLE, fingerprint="x")
    assert preview(standing, RULES, on_change="update", now=NOW).planned.code == whole
    standing = replace(standing, stands=Stands.REVISING, fingerprint=None)
    assert preview(standing, RULES, on_change="update", now=NOW).planned.code == half


def test_a_wait_has_an_end() -> None:
    one = preview(_ticket(paid="29.00"), RULES, on_change="update", now=NOW)
    assert (one.outcome, one.planned.until) == (Outcome.WAITING, dt.datetime(2026, 3, 5, 18, 20, tzinfo=dt.UTC))


def test_what_is_undone_stays_so_until_it_changes() -> None:
    undone = replace(_ticket(), status=TicketStatus.UNDONE, pending=False)
    assert _outcome(merged(_ticket(), undone)) is Outcome.UNDONE
    assert _outcome(merged(_ticket(paid="30.0000"), undone)) is Outcome.UNDONE
    assert _outcome(merged(_ticket(status="voided"), undone)) is Outcome.VOIDED


# Opening for reading only


def test_a_ledger_of_another_release_is_not_touched(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path}/ledger.db"
    assert open_to_read(url, environment="sandbox", realm_id="1") is None
    assert list(tmp_path.iterdir()) == []
    ledger = open_ledger(url, environment="sandbox", realm_id="1")
    assert open_to_read(url, environment="sandbox", realm_id="2") is None
    with ledger.write() as connection:
        connection.execute(sa.text("UPDATE alembic_version SET version_num = '0000'"))
    with pytest.raises(ConfigurationError, match="another release"):
        open_to_read(url, environment="sandbox", realm_id="1")


def _assert_read_only(url: str) -> None:
    open_ledger(url, environment="sandbox", realm_id="1")
    ledger = open_to_read(url, environment="sandbox", realm_id="1")
    assert ledger is not None
    with pytest.raises(sa.exc.DBAPIError, match=r"read.?only"), ledger.write() as connection:
        connection.execute(sa.update(companies).values(country="US"))


def test_sqlite_is_opened_for_reading_only(tmp_path: Path) -> None:
    _assert_read_only(f"sqlite:///{tmp_path}/with blank & %.db")


def test_postgresql_is_opened_for_reading_only(postgres_database: str) -> None:
    assert open_to_read(postgres_database, environment="sandbox", realm_id="1") is None
    _assert_read_only(postgres_database)
