"""A small shop for tests of single faults."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.shop import Shop
from tests.target.failures import EIGHT_TICKETS

if TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.fixture
def shop(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shop]:
    """Eight clean tickets of one day: sales paid once, and a refund."""
    with Shop(tmp_path_factory.mktemp("shop"), *EIGHT_TICKETS) as shop:
        yield shop.lay_ledger()
