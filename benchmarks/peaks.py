"""What is watched while nights run: the most that their processes hold, and have open in the database, at once."""

from __future__ import annotations

import os
import threading
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Self

import psycopg
from sqlalchemy.engine import make_url

if TYPE_CHECKING:
    from collections.abc import Callable, Collection

_KIBIBYTE = 1024
_LOOKS_SECONDS = 0.25
_CONNECTIONS = "SELECT count(*) FROM pg_stat_activity WHERE backend_type = 'client backend' AND pid <> pg_backend_pid()"


@dataclass
class Peak:
    """Watches the most that a figure comes to.

    Args:
        look: Returns the figure; it is called in a thread of its own.
    """

    look: Callable[[], int]
    most: int = 0
    _over: threading.Event = field(default_factory=threading.Event)
    _thread: threading.Thread | None = None

    def __enter__(self) -> Self:
        """Begin to watch."""
        self._thread = threading.Thread(target=self._watch, daemon=True)
        self._thread.start()
        return self

    def __exit__(self, *_error: object) -> None:
        """End it."""
        self._over.set()
        if self._thread is not None:
            self._thread.join()

    def _watch(self) -> None:
        while not self._over.wait(_LOOKS_SECONDS):
            self.most = max(self.most, self.look())


def memory(but_for: Collection[int]) -> int:
    """Return the bytes that all processes which this one started hold together, but for some (Linux).

    A page that several processes share counts once for all of them.
    """
    return sum(_memory(pid) for pid in _below(os.getpid()) if pid not in but_for)


class Connections:
    """Counts what is connected to a database server, this itself left out.

    Args:
        url: Any database of the server, as SQLAlchemy names it.
    """

    def __init__(self, url: str) -> None:
        plain = make_url(url).set(drivername="postgresql").render_as_string(hide_password=False)
        self._connection = psycopg.connect(plain, autocommit=True)

    def __call__(self) -> int:
        """Return how many there are now."""
        row = self._connection.execute(_CONNECTIONS).fetchone()
        return int(row[0]) if row else 0

    def close(self) -> None:
        """Give the connection back."""
        self._connection.close()


def _below(pid: int) -> list[int]:
    found = []
    for task in _listed(Path(f"/proc/{pid}/task")):
        try:
            children = [int(one) for one in (task / "children").read_text().split()]
        except OSError:
            continue
        for child in children:
            found += [child, *_below(child)]
    return found


def _listed(folder: Path) -> list[Path]:
    try:
        return list(folder.iterdir())
    except OSError:
        return []


def _memory(pid: int) -> int:
    try:
        lines = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()
    except OSError:
        return 0
    return sum(int(line.split()[1]) * _KIBIBYTE for line in lines if line.startswith("Pss:"))
