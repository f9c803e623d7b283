"""``franpos-qbo``: settings from files, from the environment, from the Meltano project; check and tickets."""

from __future__ import annotations

import csv
import io
import json
from decimal import Decimal
from typing import TYPE_CHECKING

import pytest

from sandbox.environment import variables, write_env_file
from tests.shop import BIN, run

if TYPE_CHECKING:
    from pathlib import Path

    from tests.shop import Shop


def test_check_tells_what_a_sync_will_do_and_writes_nothing(small_shop: Shop) -> None:
    before = json.loads(small_shop.console("check", "--format", "json").stdout)
    verdicts = {(row["what"], row["name"]): row["verdict"] for row in before}
    assert verdicts["location", "101"] == "found"
    assert verdicts["account", "Sales of Product Income"] == "found"
    assert verdicts["item", "Product"] == "will be created"
    assert verdicts["customer", "Guest Customer"] == "will be created"
    assert small_shop.calls()["writes"] == 0
    assert small_shop.sync().returncode == 0
    after = small_shop.console("check", "--format", "json")
    assert after.returncode == 0
    needed = {(row["what"], row["name"]): row["verdict"] for row in json.loads(after.stdout)}
    assert needed["item", "Product"] == needed["customer", "Guest Customer"] == "found"


def test_check_names_what_is_missing(small_shop: Shop) -> None:
    small_shop.post("franpos", {"token_revoked": True})
    result = small_shop.console("check", "--format", "json")
    assert result.returncode == 1
    (location,) = [row for row in json.loads(result.stdout) if row["what"] == "location"]
    assert location["verdict"] == "missing"
    assert small_shop.ready["franpos"]["auth_token"] not in result.stdout


def test_tickets_in_every_format(small_shop: Shop) -> None:
    assert small_shop.sync().returncode == 0
    rows = json.loads(small_shop.console("tickets", "--format", "json").stdout, parse_float=Decimal)
    assert len(rows) == len(small_shop.get("tickets"))
    posted = [row for row in rows if row["status"] == "posted"]
    assert all(row["documents"][0]["id"] for row in posted)
    day = rows[0]["business_date"]
    some = small_shop.console("tickets", "--from", day, "--to", day, "--status", "posted", "--format", "csv").stdout
    listed = list(csv.DictReader(io.StringIO(some)))
    assert [row["ticket_id"] for row in listed] == [row["ticket_id"] for row in posted if row["business_date"] == day]
    assert "reason" in small_shop.console("tickets", "--status", "skipped").stdout
    assert small_shop.console("tickets", "--location", "999").stdout.strip() == "none"


def test_settings_from_the_environment_and_from_a_meltano_project(small_shop: Shop, tmp_path: Path) -> None:
    assert small_shop.sync().returncode == 0
    ledger = small_shop.target_settings["ledger_url"]
    command = [str(BIN / "franpos-qbo"), "tickets", "--format", "json"]
    environment = variables(small_shop.ready) | {"TARGET_QBO_LEDGER_URL": ledger, "TARGET_QBO_ENVIRONMENT": "sandbox"}
    expected = json.loads(run(command, env=environment, folder=tmp_path).stdout)
    assert expected
    (tmp_path / "meltano.yml").write_text(
        "default_environment: demo\n"
        "environments:\n"
        "- name: demo\n"
        "  config: {plugins: {loaders: [{name: target-qbo, config: {environment: $KIND}}]}}\n"
        "plugins: {loaders: [{name: target-qbo, config: {ledger_url: $LEDGER, environment: production}}]}\n"
    )
    write_env_file(tmp_path / ".env", small_shop.ready)
    found = run(command, env={"LEDGER": ledger, "KIND": "sandbox"}, folder=tmp_path)
    assert json.loads(found.stdout) == expected


@pytest.mark.parametrize(
    ("arguments", "code", "says"),
    [
        (["tickets", "--status", "lost"], 2, "'lost' is not one of"),
        (["--target-config", "/nowhere.json", "tickets"], 2, "does not exist"),
        (["tickets"], 2, "setting realm_id is missing"),
    ],
)
def test_wrong_use_is_one_clear_line(tmp_path: Path, arguments: list[str], code: int, says: str) -> None:
    result = run([str(BIN / "franpos-qbo"), *arguments], folder=tmp_path)
    assert result.returncode == code
    assert says in result.stderr.splitlines()[-1]
    assert result.stdout == ""
