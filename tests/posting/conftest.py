"""An empty ledger, emptied again for every history: making one anew would take longer than most of them."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
import sqlalchemy as sa

from target_qbo.ledger import CompanyLedger
from target_qbo.ledger.database import _engine, newest_version
from target_qbo.ledger.tables import companies, metadata
from tests.posting.tiny_shop import Shop

if TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.fixture(scope="module")
def ledger() -> Iterator[CompanyLedger]:
    """Give an empty ledger, in memory where the machine has such a folder."""
    shm = Path("/dev/shm")  # noqa: S108 (a folder of our own in it)
    with tempfile.TemporaryDirectory(dir=shm if shm.is_dir() else None) as folder:
        path = Path(folder) / "empty.db"
        engine = _engine(f"sqlite:///{path}")
        metadata.create_all(engine)
        with engine.connect().execution_options(ledger_write=True) as connection, connection.begin():
            connection.execute(sa.insert(companies).values(id=1, environment="sandbox", realm_id="1"))
            connection.execute(sa.text("CREATE TABLE alembic_version (version_num TEXT)"))
            version = sa.text("INSERT INTO alembic_version VALUES (:version)")
            connection.execute(version, {"version": newest_version()})
        yield CompanyLedger(engine, 1)
        engine.dispose()


@pytest.fixture
def shop(ledger: CompanyLedger) -> Shop:
    """Give a shop with an empty ledger."""
    return Shop(ledger)
