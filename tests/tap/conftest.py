"""What the tap's tests share."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from tests.tap.tiny_franpos import TOKEN, TinyFranpos, tiny_franpos

if TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.fixture
def tiny() -> Iterator[TinyFranpos]:
    with tiny_franpos() as server:
        yield server


@pytest.fixture
def config(tiny: TinyFranpos) -> dict[str, Any]:
    """Settings to read location 7 of the tiny Franpos, from January to the end of February 2025."""
    return {
        "api_url": tiny.url,
        "auth_token": TOKEN,
        "location_ids": [7],
        "start_date": "2025-01-01",
        "end_date": "2025-03-01",
    }


@pytest.fixture(autouse=True)
def _quick_retries(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tap_franpos.client.FIRST_WAIT", 0.01)
