"""Who is let in: whoever types the code that was printed where the page was started; slowly after wrong ones."""

from __future__ import annotations

import secrets
import threading
import time
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

_LETTERS = "23456789ABCDEFGHJKLMNPQRSTUVWXYZ"  # none that is taken for another
_LENGTH = 10
_TRIES = 5
_WAIT_SECONDS = 60.0


class Door:
    """Compares codes; after some wrong ones none is looked at for a while. Thread-safe.

    Args:
        clock: Gives the monotonic time.

    Attributes:
        code: What opens it: 50 bits that are made anew at each start.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self.code = "".join(secrets.choice(_LETTERS) for _ in range(_LENGTH))
        self._clock = clock
        self._lock = threading.Lock()
        self._wrong = 0
        self._shut_until = 0.0

    def opens(self, code: str) -> bool:
        """Tell whether a code is the right one; while the door is shut none is."""
        with self._lock:
            if self.shut:
                return False
            if secrets.compare_digest(_plain(code).encode(), self.code.encode()):
                self._wrong = 0
                return True
            self._wrong += 1
            if self._wrong >= _TRIES:
                self._wrong, self._shut_until = 0, self._clock() + _WAIT_SECONDS
            return False

    @property
    def shut(self) -> bool:
        """Whether it is shut for a while."""
        return self._clock() < self._shut_until


def _plain(code: str) -> str:
    return "".join(code.upper().split()).replace("-", "")
