"""Bad input: one clear line, an exit code, and a ledger as it was."""

from __future__ import annotations

import json
import sqlite3
from typing import TYPE_CHECKING, Any

import pytest

from tests.shop import BIN, problem_lines, run

if TYPE_CHECKING:
    from pathlib import Path

    from tests.shop import Shop

SCHEMA = {"type": "SCHEMA", "stream": "tickets", "schema": {"properties": {}}, "key_properties": []}
TICKET: dict[str, Any] = {
    "location_id": "1",
    "ticket_id": "7",
    "number": "A-7",
    "created_at": "2026-03-04T10:00:00-07:00",
    "business_date": "2026-03-04",
    "status": "closed",
    "lines": [{"line_id": "1", "kind": "product", "quantity": 1, "unit_price": 5, "amount": 5}],
    "tax_total": 0,
    "tip_total": 0,
    "total": 5,
    "payment_ids": [],
    "discount_ids": [],
}
FREE = {"line_id": "1", "kind": "product", "quantity": 1, "unit_price": 0, "amount": 0}


def _lines(*messages: Any) -> str:
    return "".join((message if isinstance(message, str) else json.dumps(message)) + "\n" for message in messages)


def _record(**changes: Any) -> dict[str, Any]:
    return {"type": "RECORD", "stream": "tickets", "record": TICKET | changes}


@pytest.fixture
def settings(tmp_path: Path) -> dict[str, Any]:
    """A company at an address where nobody listens."""
    return {
        "realm_id": "1",
        "client_id": "id",
        "client_secret": "a-client-secret",
        "refresh_token": "a-refresh-token",
        "api_url": "http://127.0.0.1:9",
        "token_url": "http://127.0.0.1:9/token",
        "ledger_url": f"sqlite:///{tmp_path}/ledger.db",
    }


def _target(tmp_path: Path, settings: dict[str, Any], messages: str) -> Any:
    config = tmp_path / "target.json"
    config.write_text(json.dumps(settings))
    return run([str(BIN / "target-qbo"), "--config", str(config)], messages)


def _count(tmp_path: Path) -> int:
    ledger = tmp_path / "ledger.db"
    if not ledger.exists():
        return 0
    with sqlite3.connect(ledger) as connection:
        number: int = connection.execute("select count(*) from tickets").fetchone()[0]
    return number


@pytest.mark.parametrize(
    ("messages", "says"),
    [
        (_lines(SCHEMA, _record(total="5")), "data.total must be number"),
        (_lines(SCHEMA, _record(created_at="2026-03-04 10:00:00")), "created_at"),
        (_lines(SCHEMA, _record(created_at="0000-03-04T10:00:00-07:00")), "ticket_id '7': created_at"),
        (_lines(SCHEMA, _record(created_at="٢٠٢٦-03-04T10:00:00-07:00")), "ticket_id '7': created_at"),
        (_lines(SCHEMA, _record(business_date="0000-03-04")), "ticket_id '7': business_date"),
        (_lines(SCHEMA, _record(status="open")), "status"),
        (_lines(SCHEMA, _record(ticket_id=None)), "ticket_id"),
        (_lines(SCHEMA, {"type": "RECORD", "stream": "tickets", "record": {}}), "location_id"),
        (_lines(SCHEMA, _record(), '{"type": "RECORD", "stream": "tick'), "line 3 of the input is no JSON"),
        (_lines(SCHEMA, '{"type": "RECORD", "stream": "tickets", "record": {"total": NaN}}'), "line 2"),
        (_lines(SCHEMA, "[" * 20_000), "line 2 of the input is no JSON"),
        (_lines(["tickets"]), "line 1 of the input is no Singer message"),
        (_lines({"type": "RESET"}), "unknown message type 'RESET'"),
        (_lines({**SCHEMA, "stream": "customers"}), "unknown stream 'customers'"),
        (_lines(_record()), "before a corresponding schema"),
        (_lines({"type": "RECORD", "stream": "tickets"}), "missing required"),
        (_lines(SCHEMA, {"type": "RECORD", "stream": "tickets", "record": None}), "line 2 of the input: its record is"),
        (_lines(SCHEMA, {"type": "RECORD", "stream": "tickets", "record": []}), "line 2 of the input: its record is"),
    ],
)
def test_a_line_that_can_not_be_taken(tmp_path: Path, settings: dict[str, Any], messages: str, says: str) -> None:
    result = _target(tmp_path, settings, messages)
    assert result.returncode == 1
    (line,) = problem_lines(result)
    assert says in line
    assert "Traceback" not in result.stderr
    assert result.stdout == "", "no STATE for what is not in the ledger"
    assert _count(tmp_path) == 0


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({"realm_id": None}, "realm_id"),
        ({"client_secret": ""}, "client_secret"),
        ({"environment": "test"}, "environment"),
        ({"batch_size": 31}, "batch_size"),
        ({"api_url": "http://example.com"}, "api_url: https:// is needed"),
        ({"tender_map": {"Voucher": "Voucher"}}, "tender_map: 'Voucher'"),
        ({"deposit_accounts": {"Bitcoin": "Bank"}}, "deposit_accounts: 'Bitcoin'"),
        ({"business_day_start": "25:00"}, "business_day_start"),
        ({"doc_number_prefix": "MUCH-TOO-LONG-PREFIX"}, "doc_number_prefix"),
        ({"tips_item": "tax"}, "two of the item names are the same"),
        ({"ledger_url": "sqlite://"}, "ledger_url"),
        ({"ledger_url": "mysql://localhost/ledger"}, "mysql is not supported"),
        ({"inventory_start_date": "yesterday"}, "inventory_start_date"),
    ],
)
def test_a_setting_that_is_wrong(tmp_path: Path, settings: dict[str, Any], changes: dict[str, Any], says: str) -> None:
    wrong = {name: value for name, value in (settings | changes).items() if value is not None}
    result = _target(tmp_path, wrong, _lines(SCHEMA, _record()))
    assert result.returncode == 2
    (line,) = problem_lines(result)
    assert says in line
    assert "a-refresh-token" not in result.stderr


def test_quickbooks_out_of_reach_keeps_what_was_received(tmp_path: Path, settings: dict[str, Any]) -> None:
    payment = {
        "location_id": "1",
        "payment_id": "8",
        "ticket_id": "7",
        "paid_at": "2026-03-04T17:00:00+00:00",
        "method": "Cash",
        "amount": 5,
    }
    state = {"type": "STATE", "value": {"bookmarks": {"tickets": {"replication_key_value": "x"}}}}
    messages = _lines(
        SCHEMA,
        {**SCHEMA, "stream": "payments"},
        {"type": "RECORD", "stream": "payments", "record": payment},
        _record(payment_ids=["8"]),
        state,
    )
    result = _target(tmp_path, settings, messages)
    assert result.returncode == 3
    (line,) = problem_lines(result)
    assert "sign-in can't be reached" in line
    assert json.loads(result.stdout) == state["value"]
    assert _count(tmp_path) == 1


def test_settings_that_are_no_file_or_no_json(tmp_path: Path) -> None:
    broken = tmp_path / "broken.json"
    broken.write_text("{")
    for path in (tmp_path / "none.json", broken):
        result = run([str(BIN / "target-qbo"), "--config", str(path)], "")
        assert result.returncode == 2
        assert "Traceback" not in result.stderr
        assert len(problem_lines(result)) == 1


def test_two_tickets_with_one_document_number_both_stand(small_shop: Shop) -> None:
    """The number's hash has 20 bits: these two orders of one receipt number share it."""
    records = [
        TICKET | {"location_id": "101", "ticket_id": ticket_id, "number": "1001", "payment_ids": [f"p{ticket_id}"]}
        for ticket_id in ("9001562", "9002325")
    ]
    payments = [
        {
            "location_id": "101",
            "payment_id": f"p{record['ticket_id']}",
            "ticket_id": record["ticket_id"],
            "paid_at": "2026-03-04T17:00:00+00:00",
            "method": "Cash",
            "amount": 5,
        }
        for record in records
    ]
    messages = _lines(
        SCHEMA,
        {**SCHEMA, "stream": "payments"},
        *({"type": "RECORD", "stream": "payments", "record": record} for record in payments),
        *({"type": "RECORD", "stream": "tickets", "record": record} for record in records),
    )
    for _ in range(2):
        result = small_shop.target(messages)
        assert result.returncode == 0, result.stderr
        documents = small_shop.get("books")["documents"]
        assert len(documents) == 2
        assert len({document["doc_number"] for document in documents}) == 1
        assert len({document["private_note"] for document in documents}) == 2
        assert all(document["balance"] == "0.00" for document in documents)


@pytest.mark.parametrize("total", ["1e17", "1e30", "123456789012345678901234567890.12"])
def test_an_absurd_total_skips_its_ticket_alone(small_shop: Shop, total: str) -> None:
    odd = json.dumps(_record(ticket_id="odd", number="\ud800\x00", payment_ids=None)).replace(
        '"total": 5', f'"total": {total}'
    )
    result = small_shop.target(_lines(SCHEMA, odd))
    assert result.returncode == 0, result.stderr
    (ticket,) = small_shop.rows()
    assert (ticket["status"], ticket["code"]) == ("skipped", "number_out_of_range")


def test_a_leap_second_is_a_time_of_a_sale(small_shop: Shop) -> None:
    messages = _lines(SCHEMA, _record(created_at="2026-03-04T16:59:60-07:00", total=0, lines=[FREE]))
    for text in (messages, ""):
        result = small_shop.target(text)
        assert result.returncode == 0, result.stderr
    (ticket,) = small_shop.rows()
    assert ticket["status"] == "posted"


@pytest.mark.parametrize("time", ["2026-03-04T16:59:60-07:00", "0000-03-04T10:00:00-07:00"])
def test_a_time_that_can_not_be_read_skips_its_ticket_alone(small_shop: Shop, time: str) -> None:
    """A ledger may have taken it in before such times were refused."""
    fine = _record(ticket_id="8", total=0, lines=[FREE])
    closed = {**small_shop.target_settings, "api_url": "http://127.0.0.1:9"}
    assert _target(small_shop.folder, closed, _lines(SCHEMA, _record(), fine)).returncode == 3
    with sqlite3.connect(small_shop.folder / "ledger.db") as ledger:
        changed = "update tickets set content = replace(content, ?, ?) where ticket_id = '7'"
        assert ledger.execute(changed, (TICKET["created_at"], time)).rowcount == 1
    small_shop.configure_target()
    assert small_shop.console("preview").returncode == 0
    assert small_shop.console("check").returncode in {0, 1}
    result = small_shop.target("")
    assert result.returncode == 0, result.stderr
    rows = {row["ticket_id"]: row for row in small_shop.rows()}
    assert (rows["7"]["status"], rows["7"]["code"], rows["8"]["status"]) == ("skipped", "unreadable", "posted")
    assert small_shop.console("tickets", "7").returncode == 0
    day = ("--from", "2026-03-04", "--to", "2026-03-04")
    for command in ("reconcile", "sync"):
        told = small_shop.console(command, *day)
        assert told.returncode in {0, 1}, told.stderr
        assert "Traceback" not in told.stderr
