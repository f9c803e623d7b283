"""The layers of docs/design.md, as far as imports show them."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

import pytest

from tests.shop import ROOT

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

SHOWING = ("click", "rich", "target_qbo.console")
ABOVE_THE_ENGINE = ("target_qbo.desk", "target_qbo.survey", "target_qbo.reconcile", "target_qbo.notices")
NOT_TO_BE_IMPORTED = {
    "accounting": ("sqlalchemy", "requests", "target_qbo.ledger", "target_qbo.qbo", "target_qbo.posting"),
    "ledger": ("requests", "target_qbo.qbo", "target_qbo.posting", *ABOVE_THE_ENGINE, *SHOWING),
    "qbo": ("sqlalchemy", "target_qbo.ledger", "target_qbo.posting", *ABOVE_THE_ENGINE, *SHOWING),
    "posting": ("singer_sdk", *ABOVE_THE_ENGINE, *SHOWING),
    "desk": SHOWING,
}


@pytest.mark.parametrize("layer", NOT_TO_BE_IMPORTED)
def test_a_layer_knows_nothing_above_it(layer: str) -> None:
    forbidden = NOT_TO_BE_IMPORTED[layer]
    found = [
        f"{path.name} imports {name}"
        for path in (ROOT / "target_qbo" / layer).rglob("*.py")
        for name in _imported(path)
        if any(name == one or name.startswith(f"{one}.") for one in forbidden)
    ]
    assert found == []


def _imported(path: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield node.module or ""
            yield from (f"{node.module}.{alias.name}" for alias in node.names)
