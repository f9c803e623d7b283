"""What all tests share: property tests that take their time, and a shop for a test or a module."""

from __future__ import annotations

from typing import TYPE_CHECKING

import hypothesis
import pytest

from tests.shop import RETAIL, Shop

if TYPE_CHECKING:
    from collections.abc import Iterator

hypothesis.settings.register_profile("project", deadline=None, print_blob=True)
hypothesis.settings.load_profile("project")

needs_retail = pytest.mark.skipif(not RETAIL.exists(), reason="the retail tickets are not beside this checkout")


@pytest.fixture
def small_shop(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shop]:
    """One shop, two days of made-up tickets, some of them dirty."""
    with Shop(tmp_path_factory.mktemp("small"), "--locations", "1", "--days", "2", "--dirty", "0.1") as shop:
        yield shop
