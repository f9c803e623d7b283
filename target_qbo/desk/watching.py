"""How far a long work is, for whoever watches: a command's bar, a page.

The work counts what it counts anyway; how that is shown, and how often it is looked at, it need not know.
"""

from __future__ import annotations

import contextlib
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from target_qbo.ledger import tickets
from target_qbo.said import Said

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from contextlib import AbstractContextManager

    from target_qbo.ledger import CompanyLedger
    from target_qbo.posting.summary import RunSummary

_MINUTE = 60


def _nobody_knows() -> tuple[int, int]:
    return 0, 0


@dataclass(frozen=True, slots=True)
class Stage:
    """A part of a work: fetching, posting, undoing.

    Attributes:
        name: What is done.
        figures: Gives what was counted so far, by what it is, as in ``pages read``.
        done: Gives how many tickets are done, and of how many; 0 of 0: nobody knows how many there will be.
        begun: When it began, by the monotonic clock.
    """

    name: str
    figures: Callable[[], Mapping[str, int]]
    done: Callable[[], tuple[int, int]] = _nobody_knows
    begun: float = field(default_factory=time.monotonic)


@dataclass(frozen=True, slots=True)
class Reached:
    """How far a stage is, or how far it came.

    Attributes:
        name: What is done.
        figures: What was counted.
        done: How many tickets are done.
        total: Of how many; 0: nobody knows.
        seconds: How long it takes so far.
        left: How many seconds it may still take; None: nobody knows, or it is over.
    """

    name: str
    figures: Mapping[str, int]
    done: int
    total: int
    seconds: float
    left: float | None = None


def reached(stage: Stage, *, over: bool = False) -> Reached:
    """Look how far a stage is, or came where it is over."""
    done, total = stage.done()
    seconds = time.monotonic() - stage.begun
    left = seconds / done * (total - done) if 0 < done < total and not over else None
    return Reached(stage.name, dict(stage.figures()), done, total, seconds, left)


def lasting(seconds: float) -> str:
    """Tell how long something takes."""
    minutes, rest = divmod(round(seconds), _MINUTE)
    return f"{minutes} min {rest} s" if minutes else f"{rest} s"


class Watch:
    """Watches the stages of a work one after the other, and shows nothing.

    Attributes:
        pages: Pages that the till gave.
        received: Tickets that came from the till, known ones too.
    """

    def __init__(self) -> None:
        self.pages = 0
        self.received = 0

    def page_read(self) -> None:
        """Count a page that the till gave."""
        self.pages += 1

    def ticket_received(self) -> None:
        """Count a ticket that came from the till."""
        self.received += 1

    def stage(self, _stage: Stage) -> AbstractContextManager[None]:
        """Be there while a stage goes on."""
        return contextlib.nullcontext()

    def fetching(self) -> AbstractContextManager[None]:
        """Watch what comes from the till."""
        return self.stage(
            Stage(Said("fetching"), lambda: {Said("pages read"): self.pages, Said("tickets received"): self.received})
        )

    def posting(self, ledger: CompanyLedger, summary: RunSummary) -> AbstractContextManager[None]:
        """Watch how what is pending gets fewer."""
        begun, total = time.monotonic(), tickets.count_pending(ledger)

        def done() -> tuple[int, int]:
            return max(0, total - tickets.count_pending(ledger)), total

        def figures() -> Mapping[str, int]:
            made = sum(summary.documents.values()) + 2 * summary.taken_back  # those taken back were subtracted
            return {Said("documents posted"): made, Said("a minute"): _rate(made, begun)}

        return self.stage(Stage(Said("posting"), figures, done))


def _rate(number: int, begun: float) -> int:
    return round(number / max(time.monotonic() - begun, 1.0) * _MINUTE)
