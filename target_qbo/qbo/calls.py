"""How many requests a run sent to QuickBooks, by what they were and how they were answered."""

from __future__ import annotations

import contextlib
import enum
import threading
from collections import Counter
from typing import TYPE_CHECKING

from target_qbo.qbo.faults import NotDoneError

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping


class CallKind(enum.StrEnum):
    """What a request was: reads are metered, batches have a limit of their own."""

    READ = "read"
    WRITE = "write"
    BATCH = "batch"


class CallOutcome(enum.StrEnum):
    """How a request was answered; a fault is an answer too."""

    ANSWERED = "answered"
    THROTTLED = "throttled"
    FAILED = "failed"


class Calls:
    """Counts requests; thread-safe."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._counts: Counter[tuple[CallKind, CallOutcome]] = Counter()

    @contextlib.contextmanager
    def counted(self, method: str, path: str) -> Iterator[None]:
        """Count the request that is sent meanwhile: to a path of a company, by an HTTP method."""
        outcome = CallOutcome.ANSWERED
        try:
            yield
        except NotDoneError as error:
            outcome = CallOutcome.THROTTLED if error.throttled else CallOutcome.FAILED
            raise
        except BaseException:
            outcome = CallOutcome.FAILED
            raise
        finally:
            with self._lock:
                self._counts[_kind(method, path), outcome] += 1

    def totals(self) -> Mapping[tuple[CallKind, CallOutcome], int]:
        """Return the numbers so far."""
        with self._lock:
            return dict(self._counts)


def _kind(method: str, path: str) -> CallKind:
    if method == "GET":
        return CallKind.READ
    return CallKind.BATCH if path == "batch" else CallKind.WRITE
