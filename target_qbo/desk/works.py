"""A work that goes on whoever looks, such as a sync that a page began: one at a time, and how far it is.

It is known to the process that began it alone; what it did is in the ledger, whatever becomes of that process.
"""

from __future__ import annotations

import contextlib
import datetime as dt
import logging
import threading
from dataclasses import dataclass
from typing import TYPE_CHECKING

from sqlalchemy.exc import DBAPIError

from target_qbo.desk.watching import Watch, reached
from target_qbo.endings import ending_of
from target_qbo.said import Said

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from target_qbo.company import Company
    from target_qbo.desk.config import DeskConfig
    from target_qbo.desk.watching import Reached, Stage

logger = logging.getLogger("franpos-qbo.work")

_UNEXPECTED = Said("an error of the program ended it: see where the page was started")


@dataclass(frozen=True, slots=True)
class Came:
    """What a work came to.

    Attributes:
        lines: For people.
        problem: Why it stopped early, or what of it is left to be done; None: all is done.
        skipped: Whether tickets are skipped.
    """

    lines: Sequence[str]
    problem: str | None = None
    skipped: bool = False


class Work(Watch):
    """A work; read by others than the thread that does it.

    Args:
        name: What it is, for people.

    Attributes:
        begun: When it began (UTC).
        ended: When it ended; None: it goes on.
        came: What it came to, once it has ended.
    """

    def __init__(self, name: str) -> None:
        super().__init__()
        self.name = name
        self.begun = dt.datetime.now(dt.UTC)
        self.ended: dt.datetime | None = None
        self.came: Came | None = None
        self._lock = threading.Lock()
        self._now: Stage | None = None
        self._over: list[Reached] = []

    @contextlib.contextmanager
    def stage(self, stage: Stage) -> Iterator[None]:
        """Be there while a stage goes on."""
        with self._lock:
            self._now = stage
        try:
            yield
        finally:
            with self._lock:
                self._now = None
                with contextlib.suppress(DBAPIError):  # what went wrong before is to be told, not that
                    self._over.append(reached(stage, over=True))

    def reached(self) -> list[Reached]:
        """Return its stages, how far each came, and the one that goes on last."""
        with self._lock:
            return [*self._over, *([reached(self._now)] if self._now is not None else [])]


class Works:
    """Has one work done at a time, in a thread of its own.

    Args:
        config: Where the settings are: read anew for each.
        shop: Name of the shop, where there are several.

    Attributes:
        latest: The one that goes on, else the one before; None: there was none.
    """

    def __init__(self, config: DeskConfig, shop: str = "") -> None:
        self._config = config
        self._of = f"{shop}: " if shop else ""
        self._lock = threading.Lock()
        self._thread: threading.Thread | None = None
        self._closed = False
        self.latest: Work | None = None

    @property
    def busy(self) -> bool:
        """Whether a work goes on."""
        return self.latest is not None and self.latest.ended is None

    def begin(self, name: str, do: Callable[[Company, Watch], Came]) -> bool:
        """Have a work done; returns whether it was begun: not while another one goes on.

        Args:
            name: What it is, for people.
            do: Does it.
        """
        with self._lock:
            if self._closed or self.busy:
                return False
            work = Work(name)
            # Else it would be a daemon as the thread that asks for it is, and would not be waited for.
            thread = threading.Thread(target=self._do, args=(work, do), name="work", daemon=False)
            thread.start()
            self.latest, self._thread = work, thread
        return True

    def close(self) -> None:
        """Let what is under way come to its end, and begin nothing more: before Python itself begins to end."""
        with self._lock:
            self._closed, thread = True, self._thread
        if thread is not None:
            thread.join()

    def _do(self, work: Work, do: Callable[[Company, Watch], Came]) -> None:
        came = Came((), _UNEXPECTED)
        try:
            company = self._config.company()
            try:
                came = do(company, work)
            finally:
                company.ledger.engine.dispose()
        except Exception as error:
            ending = ending_of(error)
            if ending is None:
                logger.exception("%s%s: an error nobody expected", self._of, work.name)
            else:
                came = Came((), ending.line)
        finally:
            if came.problem is not None:
                logger.warning("%s%s: %s", self._of, work.name, came.problem)
            work.came, work.ended = came, dt.datetime.now(dt.UTC)
