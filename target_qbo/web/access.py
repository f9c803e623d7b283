"""Who is let in: whoever types the code that was printed where the page was started, or a name with its password.

Slowly after wrong ones: of a code after five for a minute; of a name after five, each time twice as long; of all names
together after fifty.
"""

from __future__ import annotations

import secrets
import threading
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

_LETTERS = "23456789ABCDEFGHJKLMNPQRSTUVWXYZ"  # none that is taken for another
_LENGTH = 10
_TRIES = 5
_TRIES_OF_ALL = 50
_WAIT_SECONDS = 60.0
_LONGEST_SECONDS = 15 * 60.0
_FORGOTTEN_SECONDS = 60 * 60.0
_NOTED_A_MINUTE = 30
_ALL = ""


@dataclass(slots=True)
class _Count:
    wrong: int = 0
    latest: float = 0.0
    shut_until: float = 0.0


class Tries:
    """Counts wrong tries of each; after some of them none of theirs is looked at for a while. Thread-safe.

    Args:
        most: So many are looked at before each while.
        longest: The first while lasts a minute, each further one twice as long, but no longer than this (seconds).
        clock: Gives the monotonic time.
    """

    def __init__(self, most: int, longest: float, clock: Callable[[], float] = time.monotonic) -> None:
        self._most, self._longest, self._clock = most, longest, clock
        self._lock = threading.Lock()
        self._of: dict[str, _Count] = {}

    def begun(self, who: str = _ALL) -> bool:
        """Tell whether a try may be looked at; it then counts as a wrong one until it turns out to be right."""
        with self._lock:
            now = self._clock()
            self._of = {name: one for name, one in self._of.items() if one.latest + _FORGOTTEN_SECONDS > now}
            one = self._of.setdefault(who, _Count())
            if now < one.shut_until:
                return False
            one.wrong, one.latest = one.wrong + 1, now
            times, rest = divmod(one.wrong, self._most)
            if rest == 0:
                one.shut_until = now + min(_WAIT_SECONDS * 2 ** min(times - 1, 10), self._longest)
            return True

    def right(self, who: str = _ALL) -> None:
        """Forget the wrong ones: this one was right."""
        with self._lock:
            self._of.pop(who, None)

    def shut(self, who: str = _ALL) -> bool:
        """Tell whether none is looked at for a while."""
        with self._lock:
            one = self._of.get(who)
            return one is not None and self._clock() < one.shut_until


class Door:
    """Compares codes; after some wrong ones none is looked at for a while. Thread-safe.

    Args:
        clock: Gives the monotonic time.

    Attributes:
        code: What opens it: 50 bits that are made anew at each start.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self.code = "".join(secrets.choice(_LETTERS) for _ in range(_LENGTH))
        self._tries = Tries(_TRIES, _WAIT_SECONDS, clock)

    def opens(self, code: str) -> bool:
        """Tell whether a code is the right one; while the door is shut none is."""
        if not self._tries.begun() or not secrets.compare_digest(_plain(code).encode(), self.code.encode()):
            return False
        self._tries.right()
        return True

    @property
    def shut(self) -> bool:
        """Whether it is shut for a while."""
        return self._tries.shut()


class Porter:
    """Slows those who sign in by name: by each name, whether or not there is one of that name, and over all.

    Args:
        clock: Gives the monotonic time.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._names = Tries(_TRIES, _LONGEST_SECONDS, clock)
        self._all = Tries(_TRIES_OF_ALL, _WAIT_SECONDS, clock)

    def looks_at(self, name: str) -> bool:
        """Tell whether a try may be looked at."""
        return not self._all.shut() and self._names.begun(name)

    def right(self, name: str) -> None:
        """Take down that it was right."""
        self._names.right(name)

    def wrong(self) -> None:
        """Take down that one was wrong."""
        self._all.begun()


class Seldom:
    """Lets things of a kind happen thirty times a minute at most, so that nobody fills a disk. Thread-safe."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._of: dict[str, tuple[int, int]] = {}

    def lets(self, kind: str) -> bool:
        """Tell whether one may happen now, and count it."""
        with self._lock:
            now = int(time.monotonic() // 60)
            minute, times = self._of.get(kind, (now, 0))
            times = times + 1 if minute == now else 1
            self._of[kind] = now, times
            return times <= _NOTED_A_MINUTE


def _plain(code: str) -> str:
    return "".join(code.upper().split()).replace("-", "")
