"""``franpos-qbo check``: what is missing or in the way, and creating at once what is lacking."""

from __future__ import annotations

import csv
import io
import sqlite3
from typing import TYPE_CHECKING, Any

import pytest

from tests.shop import BIN, problem_lines, run
from tests.target.companies import by_hand, check, invoice_by_hand, lists, named, verdicts
from tests.target.failures import fail, ring_up

if TYPE_CHECKING:
    from pathlib import Path

    from tests.shop import Shop

EXISTING = ("existing documents", "Guest Customer")
MOST_READS = 10


def _ledger(folder: Path) -> dict[str, Any]:
    """Return everything in the ledger but its tokens: looking at QuickBooks may have to renew them."""
    with sqlite3.connect(folder / "ledger.db") as ledger:
        tables = [name for (name,) in ledger.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
        return {name: ledger.execute(f'SELECT * FROM "{name}"').fetchall() for name in tables if name != "tokens"}  # noqa: S608 (the ledger's own names)


def test_it_writes_nothing_and_reads_each_list_once(shop: Shop) -> None:
    check(shop)
    before, ledger = lists(shop), _ledger(shop.folder)
    shop.calls()
    table = shop.console("check")
    counts = shop.calls()
    assert (counts["writes"], counts["faults"]) == (0, {})
    assert counts["reads"] <= MOST_READS
    assert "will be created" in table.stdout
    assert (lists(shop), _ledger(shop.folder)) == (before, ledger)
    rows = list(csv.DictReader(io.StringIO(shop.console("check", "--format", "csv").stdout)))
    assert {"side", "what", "name", "verdict", "detail"} == set(rows[0])


def test_initialize_creates_what_was_foretold_once(shop: Shop) -> None:
    foretold = verdicts(check(shop), "will be created")
    assert foretold
    shop.calls()
    created = verdicts(check(shop, "--initialize", "--yes"), "created")
    assert created == foretold
    assert shop.calls()["writes"] == len(created)
    assert verdicts(check(shop, "--initialize", "--yes"), "created") == set()
    assert shop.calls()["writes"] == 0
    ids = {entity: set(rows) for entity, rows in lists(shop).items()}
    assert shop.sync().returncode == 0
    assert shop.differences() == []
    assert {entity: set(rows) for entity, rows in lists(shop).items() if entity != "Item"} == {
        entity: rows for entity, rows in ids.items() if entity != "Item"
    }


def test_initialize_looks_again_at_what_the_ledger_remembers(shop: Shop) -> None:
    assert shop.sync().returncode == 0
    method = named(shop, "PaymentMethod", "Cash")["value"]
    shop.post("qbo/entity", {"op": "inactivate", "entity": "PaymentMethod", "id": method})
    assert ("payment method", "Cash") in verdicts(check(shop), "will be reactivated")
    assert ("payment method", "Cash") in verdicts(check(shop, "--initialize"), "reactivated")
    assert ("payment method", "Cash") in verdicts(check(shop), "found")


def test_gift_cards_are_named_with_amounts_until_an_account_is_set(shop: Shop) -> None:
    ring_up(
        shop,
        lines=[{"price": "25.00", "name": "Gift card 25", "kind": "Service"}],
        payments=[{"amount": "20.00", "method": "Gift Card"}, {"amount": "5.00", "method": "Cash"}],
    )
    assert shop.sync().returncode == 0
    row = check(shop)["gift cards", "sold and redeemed"]
    assert row["verdict"] == "warning"
    assert "25.00 sold as income" in row["detail"]
    assert "20.00 redeemed" in row["detail"]
    option = ("--initialize", "--gift-card-account", "Gift cards and deposits")
    made = check(shop, *option)["account", "Gift cards and deposits"]
    assert made["verdict"] == "created"
    assert '{"Gift Card": "Gift cards and deposits"}' in made["detail"]
    assert check(shop, *option)["account", "Gift cards and deposits"]["verdict"] == "found"
    accounts = lists(shop)["Account"].values()
    (account,) = [row for row in accounts if row["Name"] == "Gift cards and deposits"]
    assert (account["AccountType"], account["AccountSubType"]) == ("Other Current Liability", "OtherCurrentLiabilities")
    shop.configure_target(
        deposit_accounts={"Gift Card": "Gift cards and deposits"},
        item_rules=[{"name": "Gift card*", "item": "Gift cards sold", "account": "Gift cards and deposits"}],
    )
    rows = check(shop)
    assert rows["gift cards", "sold and redeemed"]["verdict"] == "found"
    assert rows["account", "Gift cards and deposits"]["verdict"] == "found"
    assert rows["item", "Gift cards sold"]["verdict"] == "will be created"


def test_tenders_that_no_rule_knows_are_named_with_amounts_until_the_map_knows_them(shop: Shop) -> None:
    row = ("tenders", "names that no rule knows")
    assert check(shop)[row]["verdict"] == "found"
    for amount in ("25.00", "1025.00"):
        paid = [{"amount": amount, "method": "House Account"}, {"amount": "5.00", "method": "Store Credit"}]
        ring_up(shop, lines=[{"price": str(float(amount) + 5)}], payments=paid)
    ring_up(shop, lines=[{"price": "7.00"}], payments=[{"amount": "7.00", "method": None}])
    posted = shop.sync()
    assert posted.returncode == 0, posted.stderr
    named = "House Account 1,050.00, Store Credit 10.00, unnamed tender 7.00"
    assert f"tenders that no rule knows: {named}; " in posted.stderr
    assert shop.differences() == []
    found = check(shop)[row]
    assert found["verdict"] == "warning"
    assert f"posted: {named}. " in found["detail"]
    shop.configure_target(tender_map={"store credit": "Customer balance", "": "Cash"})
    assert "posted: House Account 1,050.00. " in check(shop)[row]["detail"]
    back = [{"amount": "-2.00", "method": "house account"}]
    ring_up(shop, lines=[{"price": "2.00", "quantity": "-1"}], payments=back)
    again = shop.sync()
    assert "tenders that no rule knows: house account -2.00; " in again.stderr
    assert "posted: House Account 1,048.00. " in check(shop)[row]["detail"]
    shop.configure_target(tender_map={"store credit": "Customer balance", "": "Cash", "House Account": "Other"})
    assert check(shop)[row]["verdict"] == "found"


def test_tenders_that_wait_to_be_posted_are_named_too(shop: Shop) -> None:
    ring_up(shop, lines=[{"price": "7.00"}], payments=[{"amount": "7.00", "method": "Balance due"}])
    fail(shop, {"do": "refuse", "code": "6190", "times": 1})
    assert shop.sync().returncode != 0
    found = check(shop)["tenders", "names that no rule knows"]
    assert found["detail"].startswith("to be posted: Balance due 7.00. ")


def test_what_settings_name_and_quickbooks_lacks_is_missing(shop: Shop) -> None:
    by_hand(
        shop, "Account", Name="Services", AccountType="Expense", AccountSubType="OfficeGeneralAdministrativeExpenses"
    )
    by_hand(shop, "Department", Name="Downtown")
    shop.configure_target(
        deposit_accounts={"Cash": "Checking", "Check": "Vault"},
        departments={"101": "Downtown", "102": "Uptown"},
        classes={"101": "Retail"},
        currency="EUR",
    )
    rows = check(shop, code=1)
    assert verdicts(rows, "missing") >= {
        ("account", "Services"),
        ("account", "Vault"),
        ("department", "Uptown"),
        ("class", "Retail"),
        ("currency", "EUR"),
    }
    assert rows["account", "Checking"]["verdict"] == rows["department", "Downtown"]["verdict"] == "found"
    assert "home currency is USD" in rows["currency", "EUR"]["detail"]
    assert "is of type 'Expense'" in rows["account", "Services"]["detail"]
    assert all(rows[key]["detail"] for key in verdicts(rows, "missing"))
    stopped = shop.sync()
    assert stopped.returncode == 2
    assert shop.get("books")["documents"] == []


def test_documents_of_an_older_sync_stop_posting_until_they_are_accepted(shop: Shop) -> None:
    by_hand(shop, "Customer", DisplayName="Guest Customer")
    day = shop.ready["franpos"]["start_date"][:10]
    invoice_by_hand(shop, day, 40)
    row = check(shop, code=1)[EXISTING]
    assert row["verdict"] == "in the way"
    assert "1 invoices of 40.00 (invoice OLD-1" in row["detail"]
    stopped = shop.sync()
    assert stopped.returncode == 2
    assert "1 invoices of 40.00 (invoice OLD-1" in problem_lines(stopped)[-1]
    assert len(shop.get("books")["documents"]) == 1
    shop.configure_target(accept_existing=True)
    assert check(shop)[EXISTING]["verdict"] == "warning"
    assert shop.sync().returncode == 0
    assert shop.differences() == ["an older sync: stands for no ticket", "open_balance: 40.00"]


def test_open_credit_of_the_guest_stops_posting_too(shop: Shop) -> None:
    guest = by_hand(shop, "Customer", DisplayName="Guest Customer")
    day = shop.ready["franpos"]["start_date"][:10]
    payment = by_hand(shop, "Payment", CustomerRef={"value": guest["Id"]}, TxnDate=day, TotalAmt=25)
    detail = check(shop, code=1)[EXISTING]["detail"]
    assert "1 payments of 25.00" in detail
    assert "open credit of 25.00" in detail
    stopped = shop.sync()
    assert stopped.returncode == 2
    assert "open credit of 25.00" in problem_lines(stopped)[-1]
    shop.post("qbo/entity", {"op": "void", "entity": "Payment", "id": payment["Id"]})
    assert check(shop)[EXISTING]["verdict"] == "found"
    shop.calls()
    result = shop.sync()
    assert result.returncode == 0, result.stderr
    assert shop.calls()["reads"] <= 9
    assert shop.differences() == []


@pytest.mark.parametrize("day", ["2026-03-04", "2026-01-31"])
def test_open_credit_stops_every_run_and_not_only_the_first(shop: Shop, day: str) -> None:
    """What the ledger remembers of the customer says nothing of its credit, which any later invoice may get."""
    guest = by_hand(shop, "Customer", DisplayName="Guest Customer")
    by_hand(shop, "Payment", CustomerRef={"value": guest["Id"]}, TxnDate=day, TotalAmt=25)
    assert shop.console("check", "--initialize").returncode == 1
    for _ in range(2):
        stopped = shop.sync()
        assert stopped.returncode == 2
        assert "open credit of 25.00" in problem_lines(stopped)[-1]
        assert shop.get("books")["documents"] == []
    shop.configure_target(accept_existing=True)
    assert shop.sync().returncode == 0


def test_open_credit_stops_an_earlier_month_posted_later(shop: Shop) -> None:
    first = shop.tap().stdout
    assert shop.target(first).returncode == 0
    posted = len(shop.get("books")["documents"])
    ring_up(shop, created_at="2026-02-10T12:00:00-07:00", lines=[{"price": "10.00"}])
    guest = named(shop, "Customer", "Guest Customer")
    by_hand(shop, "Payment", CustomerRef=guest, TxnDate="2026-02-11", TotalAmt=25)
    stopped = shop.console("sync", "--from", "2026-02-10", "--to", "2026-02-11")
    assert stopped.returncode == 2, stopped.stderr
    assert "open credit of 25.00" in problem_lines(stopped)[-1]
    assert len(shop.get("books")["documents"]) == posted


def test_documents_before_the_period_are_not_in_the_way(shop: Shop) -> None:
    by_hand(shop, "Customer", DisplayName="Guest Customer")
    invoice_by_hand(shop, "2026-03-03", 40)
    assert shop.ready["franpos"]["start_date"][:10] == "2026-03-04"
    assert check(shop)[EXISTING]["verdict"] == "found"
    assert shop.sync().returncode == 0


def test_options_of_initialize_need_it() -> None:
    result = run([str(BIN / "franpos-qbo"), "check", "--gift-card-account", "Gift cards"])
    assert result.returncode == 2
    assert "--initialize" in result.stderr.splitlines()[-1]
