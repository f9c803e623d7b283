"""Every command prints one JSON document with ``--format json``, and nothing else on stdout."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from target_qbo.console.main import COMMANDS
from tests.shop import Shop

if TYPE_CHECKING:
    from collections.abc import Iterator

DAY = ("--from", "2026-03-04", "--to", "2026-03-04")
# In an order in which each has something to show; connect's other half needs a browser: see test_connect.
ARGUMENTS = {
    "connect": ("--status",),
    "check": ("--initialize", "--yes"),
    "sync": DAY,
    "tickets": (),
    "runs": (),
    "preview": ("--ticket", "1"),
    "reconcile": DAY,
    "resync": DAY,
    "undo": (*DAY, "--yes"),
    "rebuild": (),
    "disconnect": ("--yes",),
}
OF_NO_FORMAT = {"completion", "night", "remind", "serve", "users"}  # night is of many stores: see tests/night


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shop]:
    options = ("--locations", "1", "--days", "1", "--tickets-per-day", "3", "--dirty", "0")
    with Shop(tmp_path_factory.mktemp("shop"), *options) as shop:
        yield shop


def test_no_command_is_left_out() -> None:
    assert set(ARGUMENTS) | OF_NO_FORMAT == set(COMMANDS)


@pytest.mark.parametrize("command", ARGUMENTS)
def test_json_is_one_document(shop: Shop, command: str) -> None:
    result = shop.console(command, *ARGUMENTS[command], "--format", "json")
    assert result.returncode == 0, result.stderr
    assert json.loads(result.stdout)
