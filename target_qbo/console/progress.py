"""How far a long command is: a bar for a person who watches, else a plain line on stderr now and then."""

from __future__ import annotations

import contextlib
import sys
import threading
from typing import TYPE_CHECKING

import click

from target_qbo.desk.watching import Stage, Watch, lasting, reached

if TYPE_CHECKING:
    from collections.abc import Iterator

LINE_SECONDS = 10
_BAR_SECONDS = 0.25


class Progress(Watch):
    """Shows the stages of a command on stderr, from a thread that looks at them now and then."""

    def __init__(self) -> None:
        super().__init__()
        self._for_people = sys.stderr.isatty()

    @contextlib.contextmanager
    def stage(self, stage: Stage) -> Iterator[None]:
        """Show a stage while it goes on."""
        over = threading.Event()
        show = _bar if self._for_people else _lines
        thread = threading.Thread(target=show, args=(stage, over), name="progress", daemon=True)
        thread.start()
        try:
            yield
        finally:
            over.set()
            thread.join()


def _said(stage: Stage) -> str:
    return ", ".join(f"{number:,} {what}" for what, number in stage.figures().items())


def _lines(stage: Stage, over: threading.Event) -> None:
    ended = False
    while not ended:
        ended = over.wait(LINE_SECONDS)
        now = reached(stage, over=ended)
        share = f"{now.done:,} of {now.total:,} tickets, " if now.total else ""
        left = f", about {lasting(now.left)} left" if now.left is not None else ""
        took = f" ({lasting(now.seconds)})" if ended else ""
        click.echo(f"{stage.name}: {share}{_said(stage)}{left}{took}", err=True)


def _bar(stage: Stage, over: threading.Event) -> None:
    # Loaded only where a person watches: it takes a while.
    from rich.console import Console  # noqa: PLC0415
    from rich.progress import BarColumn, MofNCompleteColumn, TextColumn, TimeElapsedColumn, TimeRemainingColumn  # noqa: PLC0415
    from rich.progress import Progress as Bars  # noqa: PLC0415

    number, total = stage.done()
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
        task = bars.add_task(stage.name, total=total or None, completed=number, said=_said(stage))
        ended = False
        while not ended:
            ended = over.wait(_BAR_SECONDS)
            number, _ = stage.done()
            bars.update(task, completed=number, said=_said(stage))
