"""The pipe between a tap and a target of one process: Singer messages line by line, no more than so many waiting."""

from __future__ import annotations

import queue
import threading
from typing import TYPE_CHECKING

from singer_sdk.io_base import SingerWriter

if TYPE_CHECKING:
    from collections.abc import Iterator

    from singer_sdk.singerlib import Message

_MOST_WAITING = 1000
_END = None


class Pipe:
    """Lines from one thread to another; who writes waits while too many are not read yet.

    As with a pipe of the system, the reader comes to an end where the writer has closed it, and the writer is stopped
    where the reader has gone.
    """

    def __init__(self, most_waiting: int = _MOST_WAITING) -> None:
        self._lines: queue.Queue[str | None] = queue.Queue(most_waiting)
        self._gone = threading.Event()

    def write(self, line: str) -> None:
        """Hand a line on.

        Raises:
            BrokenPipeError: Nobody reads any more.
        """
        self._put(line)
        if self._gone.is_set():
            raise BrokenPipeError

    def end(self) -> None:
        """Say that no line follows."""
        self._put(_END)

    def __iter__(self) -> Iterator[str]:
        """Yield the lines up to the end."""
        while (line := self._lines.get()) is not _END:
            yield line

    def leave(self) -> None:
        """Read no more: what waits is dropped, and who writes is stopped."""
        self._gone.set()
        while True:
            try:
                self._lines.get_nowait()
            except queue.Empty:
                return

    def _put(self, line: str | None) -> None:
        while not self._gone.is_set():
            try:
                self._lines.put(line, timeout=1)
            except queue.Full:
                continue
            return


class PipeWriter(SingerWriter):
    """The SDK's writer with a pipe in the place of standard output.

    Args:
        pipe: Where the messages go.
    """

    def __init__(self, pipe: Pipe) -> None:
        super().__init__()
        self._pipe = pipe

    def write_message(self, message: Message) -> None:
        """Write a message.

        Raises:
            BrokenPipeError: Nobody reads any more.
        """
        self._pipe.write(self.format_message(message) + "\n")
