"""What every log line of both plugins carries, so that a night can be followed through them: its run and its store.

A process that syncs one store marks all its lines alike. One that syncs several gives each a context of its own
(:func:`begin_store`); the threads that a store starts are given its marks (:func:`follow`).
"""

from __future__ import annotations

import logging
import os
import uuid
from contextvars import ContextVar
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable

RUN_VARIABLE = "MELTANO_RUN_ID"
STORE_VARIABLE = "FRANPOS_QBO_STORE"

_of_process: dict[str, str] = {}
_of_context: ContextVar[dict[str, str] | None] = ContextVar("marks", default=None)


def marks() -> dict[str, str]:
    """Return what log lines are marked with: the run, the store where there are several, what the plugin added."""
    return dict(_marks())


def mark_records(**more: str) -> None:
    """Give every log record of this process, or of this context's store, the run, the store, and what is given here.

    The run's id is Meltano's, else a new one; the store's name is that of ``FRANPOS_QBO_STORE``. The SDK's
    ``StructuredFormatter`` writes them as extra fields; other formatters can name them (``{run}``).
    """
    if _of_context.get() is None:
        _of_process.setdefault("run", os.environ.get(RUN_VARIABLE) or str(uuid.uuid4()))
        if store := os.environ.get(STORE_VARIABLE):
            _of_process["store"] = store
    _marks().update(more)
    _mark_from_now_on()


def begin_store(store: str) -> None:
    """Mark what this context logs from now on with a store, and a run of its own: one of several in this process."""
    follow({"run": str(uuid.uuid4()), "store": store})


def follow(marks: dict[str, str]) -> None:
    """Mark what this context logs from now on with what another one's :func:`marks` returned."""
    _of_context.set(dict(marks))
    _mark_from_now_on()


def _marks() -> dict[str, str]:
    own = _of_context.get()
    return _of_process if own is None else own


def _mark_from_now_on() -> None:
    make = logging.getLogRecordFactory()
    if not isinstance(make, _MarkedRecords):
        logging.setLogRecordFactory(_MarkedRecords(make))


class _MarkedRecords:
    """Makes log records with the marks, and with no more of an exception's past than Python itself shows."""

    def __init__(self, make: Callable[..., logging.LogRecord]) -> None:
        self._make = make

    def __call__(self, *arguments: Any, **options: Any) -> logging.LogRecord:  # noqa: ANN401 (as logging has it)
        record = self._make(*arguments, **options)
        record.__dict__.update(_marks())
        if record.exc_info:
            _forget_hidden(record.exc_info[1])
        return record


def _forget_hidden(error: BaseException | None) -> None:
    """Let go of what ``raise … from None`` hides: the StructuredFormatter would write it, addresses with tokens too."""
    seen: set[int] = set()
    while error is not None and id(error) not in seen:
        seen.add(id(error))
        if error.__suppress_context__:
            error.__context__ = None
        error = error.__cause__ or error.__context__


def is_structured() -> bool:
    """Whether this process's log is JSON: what is for people alone has no place beside it."""
    return any(type(handler.formatter).__name__ == "StructuredFormatter" for handler in logging.getLogger().handlers)
