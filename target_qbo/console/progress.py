"""How far a long command is: a bar for a person who watches, else a plain line on stderr now and then.

A thread looks at what the work counts anyway; the engine need not know of it.
"""

from __future__ import annotations

import contextlib
import sys
import threading
import time
from typing import TYPE_CHECKING

import click

from target_qbo.ledger import tickets

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from target_qbo.ledger import CompanyLedger
    from target_qbo.posting.summary import RunSummary

LINE_SECONDS = 10
_BAR_SECONDS = 0.25
_MINUTE = 60


class Progress:
    """Watches the parts of a command one after the other: fetching, posting, taking back.

    Attributes:
        pages: Pages that the till gave.
        received: Tickets that came from the till, known ones too.
    """

    def __init__(self) -> None:
        self.pages = 0
        self.received = 0
        self._for_people = sys.stderr.isatty()

    def page_read(self) -> None:
        """Count a page that the till gave."""
        self.pages += 1

    def ticket_received(self) -> None:
        """Count a ticket that came from the till."""
        self.received += 1

    @contextlib.contextmanager
    def fetching(self) -> Iterator[None]:
        """Show what comes from the till while it is fetched; how much there will be nobody knows."""

        def said() -> str:
            return f"{self.pages:,} pages read, {self.received:,} tickets received"

        with self._shown("fetching", said, lambda: (0, 0)):
            yield

    @contextlib.contextmanager
    def posting(self, ledger: CompanyLedger, summary: RunSummary) -> Iterator[None]:
        """Show how what is pending gets fewer while it is posted."""
        begun, total = time.monotonic(), tickets.count_pending(ledger)

        def done() -> tuple[int, int]:
            return max(0, total - tickets.count_pending(ledger)), total

        def said() -> str:
            made = sum(summary.documents.values()) + 2 * summary.taken_back  # those taken back were subtracted
            return f"{made:,} documents posted, {_rate(made, begun):,} a minute"

        with self._shown("posting", said, done):
            yield

    @contextlib.contextmanager
    def counting(self, what: str, done: Callable[[], tuple[int, int]], said: Callable[[], str]) -> Iterator[None]:
        """Show any work that knows how much it has done, of how much.

        Args:
            what: What is done, as in ``taking back``.
            done: How many tickets are done, and how many there are in all.
            said: Further figures.
        """
        with self._shown(what, said, done):
            yield

    @contextlib.contextmanager
    def _shown(self, what: str, said: Callable[[], str], done: Callable[[], tuple[int, int]]) -> Iterator[None]:
        over = threading.Event()
        show = _bar if self._for_people else _lines
        thread = threading.Thread(target=show, args=(what, said, done, over), name="progress", daemon=True)
        thread.start()
        try:
            yield
        finally:
            over.set()
            thread.join()


def _rate(number: int, begun: float) -> int:
    return round(number / max(time.monotonic() - begun, 1.0) * _MINUTE)


def _lines(what: str, said: Callable[[], str], done: Callable[[], tuple[int, int]], over: threading.Event) -> None:
    begun = time.monotonic()
    ended = False
    while not ended:
        ended = over.wait(LINE_SECONDS)
        number, total = done()
        seconds = time.monotonic() - begun
        share = f"{number:,} of {total:,} tickets, " if total else ""
        left = f", about {_time(seconds / number * (total - number))} left" if 0 < number < total and not ended else ""
        click.echo(f"{what}: {share}{said()}{left}{f' ({_time(seconds)})' if ended else ''}", err=True)


def _time(seconds: float) -> str:
    minutes, rest = divmod(round(seconds), _MINUTE)
    return f"{minutes} min {rest} s" if minutes else f"{rest} s"


def _bar(what: str, said: Callable[[], str], done: Callable[[], tuple[int, int]], over: threading.Event) -> None:
    # Loaded only where a person watches: it takes a while.
    from rich.console import Console  # noqa: PLC0415
    from rich.progress import BarColumn, MofNCompleteColumn, TextColumn, TimeElapsedColumn, TimeRemainingColumn  # noqa: PLC0415
    from rich.progress import Progress as Bars  # noqa: PLC0415

    number, total = done()
    counted = [MofNCompleteColumn(), TextColumn("tickets,")] if total else []
    left = [TimeRemainingColumn(), TextColumn("left")] if total else []
    with Bars(
        TextColumn("{task.description}"),
        BarColumn(),
        *counted,
        TextColumn("{task.fields[said]}"),
        TimeElapsedColumn(),
        *left,
        console=Console(file=sys.stderr),
    ) as bars:
        task = bars.add_task(what, total=total or None, completed=number, said=said())
        ended = False
        while not ended:
            ended = over.wait(_BAR_SECONDS)
            number, _ = done()
            bars.update(task, completed=number, said=said())
