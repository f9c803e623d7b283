"""The ledgers of `sandbox.chaos`: each can be lost and is then empty."""

from __future__ import annotations

from typing import TYPE_CHECKING

import psycopg
from psycopg import sql
from sqlalchemy import make_url

if TYPE_CHECKING:
    from pathlib import Path


class SqliteLedger:
    """A ledger in a file."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self.url = f"sqlite:///{folder}/ledger.db"

    def lose(self) -> None:
        """Delete it."""
        for path in self._folder.glob("ledger.db*"):
            path.unlink()


class PostgresLedger:
    """A ledger in a database of its own, on a server that is there."""

    def __init__(self, server: str, seed: int) -> None:
        self._server = server
        self._name = f"chaos_{seed}"
        self.url = make_url(server).set(database=self._name).render_as_string(hide_password=False)
        self._make()

    def lose(self) -> None:
        """Drop it and make it anew."""
        self._make()

    def _make(self) -> None:
        with psycopg.connect(self._server, autocommit=True) as connection:
            name = sql.Identifier(self._name)
            connection.execute(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(name))
            connection.execute(sql.SQL("CREATE DATABASE {}").format(name))
