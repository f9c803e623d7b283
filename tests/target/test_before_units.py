"""A ledger that the release before posting units really made, with every state in it, is gone on with.

`make_before_units.py` had that release's own programs make it, and tells how each of its tickets came to be as it is;
the sandbox goes on from where it stood then, with all that QuickBooks has of these tickets.
"""

from __future__ import annotations

import json
import sqlite3
from typing import TYPE_CHECKING, Any

import pytest
import sqlalchemy as sa

from target_qbo.ledger import open_ledger
from tests.shop import Shop
from tests.target.failures import Ticket, documents_of, edit, fail, mark, told
from tests.target.nights import night
from tests.target.old_ledgers import AS_BEFORE_UNITS, BEFORE_UNITS, STATE_BEFORE_UNITS, State, load, states_of

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

PERIOD = ("--from", "2026-03-04", "--to", "2026-03-05")
LEFT_OUT = {"mismatch": "lines_mismatch", "unpaid": "unpaid"}
UNDONE = {"undone": None, "undone-2": None, "found-voided": "found_voided"}
LIFTED = ("update-refused", "undoing-noted", "undoing-all-gone")
"""Tickets of which payments were voided for a change, or an undo, that did not come to the invoice."""
FOR_A_PERSON = {
    "altered": "altered",
    "deposited": "qbo_6540",
    "inconsistent": "changed_inconsistent",
    "invoice-lost": "qbo_6540",
    "off-its-invoice": "qbo_6540",
    "paid-by-another": "paid_otherwise",
    "refused": "qbo_2030",
}
AsUnit = tuple[str, str | None, tuple[str, ...]]
_STANDS = {"~hash": "part", "hash": "whole", "revising": "revising", "edited": "edited", "undoing": "undoing"}
_THERE = ("sending", "posted", "orphaned")
_FINGERPRINTS = "SELECT fingerprint FROM tickets WHERE length(fingerprint) > 60"
_UNITS = """
    SELECT coalesce(t.number, t.ticket_id), t.status, u.stands, d.kind, d.state FROM tickets t
    LEFT JOIN units u ON u.id = t.unit LEFT JOIN documents d ON d.unit = u.id ORDER BY t.id, d.kind, d.id
"""


@pytest.fixture(params=["sqlite", "postgres"])
def shop(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Shop]:
    with Shop(tmp_path, *AS_BEFORE_UNITS, "--state", str(STATE_BEFORE_UNITS)) as shop:
        # The tokens are the ledger's own.
        shop.configure_target(ledger_url=load(BEFORE_UNITS, request.param, request, tmp_path), refresh_token=None)
        yield shop


def by_number(shop: Shop) -> dict[str, Ticket]:
    """Return the till's tickets by their receipt numbers."""
    return {ticket["number"]: ticket for ticket in shop.get("tickets")}


def standing(shop: Shop) -> dict[str, tuple[str, str | None]]:
    """Return status and code of each ticket by its receipt number."""
    return {row["number"]: (row["status"], row["code"]) for row in told(shop).values()}


def row_of(shop: Shop, entity: str, note: str) -> dict[str, Any]:
    """Return the one document that stands with a note, as the API shows it."""
    rows = shop.get(f"qbo-entities?entity={entity}")[entity]
    (row,) = [row for row in rows if note in row.get("PrivateNote", "") and row["TotalAmt"]]
    return dict(row)


def put_right_by_hand(shop: Shop, tickets: dict[str, Ticket]) -> None:
    """Do in QuickBooks and at the till what the reasons ask for."""
    deposited = next(payment for payment in shop.get("books")["payments"] if payment["deposited"])
    for op, entity, key in (
        ("undeposit_payment", "Payment", deposited["id"]),
        ("delete", "Invoice", row_of(shop, "Invoice", mark(tickets["altered"]))["Id"]),
        ("delete", "Payment", row_of(shop, "Payment", "by hand")["Id"]),
    ):
        shop.post("qbo/entity", {"op": op, "entity": entity, "id": key})
    edit(shop, tickets["inconsistent"], "add_payment", amount="6.00")


def as_a_unit(name: str, state: State) -> AsUnit:
    """Return what is to become of a ticket of then: its status, what stands of its unit, and its documents."""
    status, _, fingerprint, documents = state
    stands: str | None = _STANDS[fingerprint] if fingerprint else "nothing"
    if not fingerprint and any(document.endswith(_THERE) for document in documents):
        stands = "found"
    if not documents:
        stands = None  # nothing was ever made for it: it gets its unit when it is posted
    lifted = "payment lifted" if name in LIFTED else "payment voided"
    return status, stands, tuple(lifted if one == "payment voided" else one for one in documents)


@pytest.fixture
def then() -> Iterator[sqlite3.Connection]:
    """Give the ledger as it was made."""
    with sqlite3.connect(":memory:") as ledger:
        ledger.executescript(BEFORE_UNITS.read_text("utf-8"))
        yield ledger


def test_it_holds_every_state(then: sqlite3.Connection) -> None:
    states = states_of(then)
    assert {(status, fingerprint) for status, _, fingerprint, _ in states.values()} == {
        *(("received", None), ("waiting", None), ("skipped", None), ("voided", None), ("undone", None)),
        *(("posted", fingerprint) for fingerprint in (None, "hash", "edited", "revising")),
        *(("posting", fingerprint) for fingerprint in ("~hash", "revising", "undoing")),
        *(("skipped", fingerprint) for fingerprint in ("~hash", "hash", "edited")),
    }
    kinds = {tuple(text.split()) for _, _, _, documents in states.values() for text in documents}
    payments = {"missing", "orphaned", "posted", "sending", "voided"}
    assert {state for kind, state in kinds if kind == "invoice"} == (payments - {"orphaned"}) | {"altered"}
    assert {state for kind, state in kinds if kind == "payment"} == payments
    assert {state for kind, state in kinds if kind == "refund_receipt"} == {"posted", "sending", "voided"}


@pytest.mark.parametrize("database", ["sqlite", "postgres"])
def test_every_state_is_what_it_was(
    then: sqlite3.Connection, database: str, request: pytest.FixtureRequest, tmp_path: Path
) -> None:
    url = load(BEFORE_UNITS, database, request, tmp_path)
    ledger = open_ledger(url, environment="sandbox", realm_id="9130000000000001")
    found: dict[str, AsUnit] = {}
    with ledger.read() as connection:
        assert connection.execute(sa.text("SELECT version_num FROM alembic_version")).scalar_one() != "0003"
        for name, status, stands, kind, state in connection.execute(sa.text(_UNITS)):
            documents = found[name][2] if name in found else ()
            found[name] = (status, stands, (*documents, f"{kind} {state}") if kind else documents)
        kept = set(connection.execute(sa.text("SELECT fingerprint FROM units WHERE fingerprint > ''")).scalars())
    assert found == {name: as_a_unit(name, state) for name, state in states_of(then).items()}
    assert kept == {fingerprint.removeprefix("~") for (fingerprint,) in then.execute(_FINGERPRINTS)}


def test_it_is_gone_on_with(shop: Shop) -> None:
    tickets = by_number(shop)
    edit(shop, tickets["waiting"], "add_payment", amount="10.00")
    first = night(shop)
    assert "another one posts here" not in first.stderr
    open_ones: dict[str, tuple[str, str | None]] = {
        name: ("skipped", code) for name, code in (LEFT_OUT | FOR_A_PERSON).items()
    }
    open_ones |= {name: ("undone", code) for name, code in UNDONE.items()}
    voided = dict.fromkeys(("voided", "void-at-once"), ("voided", None))
    whole = dict.fromkeys(tickets, ("posted", None))
    assert standing(shop) == whole | open_ones | voided

    put_right_by_hand(shop, tickets)
    night(shop)
    resynced = shop.console("resync", *(FOR_A_PERSON.keys() - {"inconsistent"}))
    assert resynced.returncode == 0, resynced.stdout + resynced.stderr
    still_open = {name: open_ones[name] for name in LEFT_OUT | UNDONE}
    assert standing(shop) == whole | still_open | voided
    undone = [
        f"Franpos location 101 order {tickets[name]['ticket_id']}: has 0 documents, must have one" for name in UNDONE
    ]
    assert sorted(shop.differences()) == sorted(undone)

    shop.calls()
    night(shop)
    assert shop.calls()["writes"] == 0
    proof = json.loads(shop.console("reconcile", *PERIOD, "--format", "json").stdout)
    assert {(problem["ticket_id"], problem["code"]) for problem in proof["problems"]} == {
        (tickets[name]["ticket_id"], "undone") for name in UNDONE
    }
    assert {row["number"] for row in proof["left_out"]} == LEFT_OUT.keys() | UNDONE.keys()

    resynced = shop.console("resync", *UNDONE)
    assert resynced.returncode == 0, resynced.stdout + resynced.stderr
    assert shop.differences() == []
    assert shop.console("reconcile", *PERIOD).returncode == 0


@pytest.mark.parametrize("shop", ["sqlite"], indirect=True)
@pytest.mark.parametrize(
    "first", [("undo", *PERIOD, "--yes"), ("resync", *PERIOD), ("rebuild",)], ids=lambda first: first[0]
)
def test_a_person_may_be_the_first_to_open_it(shop: Shop, first: tuple[str, ...]) -> None:
    """Also where QuickBooks knows no requestid any more, and makes again what is sent again."""
    shop.post("qbo", {"options": {"requestid": "ignored"}})
    tickets = by_number(shop)
    edit(shop, tickets["waiting"], "add_payment", amount="10.00")
    result = shop.console(*first)
    assert result.returncode == (0 if first == ("rebuild",) else 1), result.stderr
    night(shop)
    put_right_by_hand(shop, tickets)
    night(shop)
    assert shop.console("resync", *PERIOD).returncode == 1, "what does not add up stays skipped"
    assert shop.differences() == []
    assert {name for name, (status, _) in standing(shop).items() if status == "skipped"} == LEFT_OUT.keys()
    shop.calls()
    night(shop)
    assert shop.calls()["writes"] == 0
    assert shop.console("reconcile", *PERIOD).returncode == 0


@pytest.mark.parametrize("shop", ["sqlite"], indirect=True)
def test_what_can_not_be_ended_stands_as_it_stood_before_it_began(shop: Shop) -> None:
    """The payments that the release before had voided are put back: it left them for the next run to make."""
    tickets = by_number(shop)
    ids = {name: row_of(shop, "Invoice", mark(tickets[name]))["Id"] for name in LIFTED[:2]}
    for operation in ("update", "void"):
        match = {"entity": "Invoice", "operation": operation, "every": 1}
        bodies = (f'"Id": ?"{key}"' for key in ids.values())
        fail(shop, *({"do": "refuse", "code": "6210", "match": match | {"body": body}} for body in bodies))
    night(shop)
    states = standing(shop)
    for name in ids:
        assert states[name] == ("skipped", "qbo_6210")
        (document,) = documents_of(shop, tickets[name])
        assert (document["total"], document["balance"]) == ("10.00", "0.00")
        assert sorted(paid["amount"] for paid in document["linked_payments"]) == ["4.00", "6.00"]
    shop.forget_faults()
    assert shop.console("resync", *ids).returncode == 0
    mine = [tickets[name]["ticket_id"] for name in LIFTED]
    assert [line for line in shop.differences() if any(key in line for key in mine)] == []
