"""What every log line of both plugins carries, so that a night can be followed through them: its run and its store."""

from __future__ import annotations

import logging
import os
import uuid
from functools import cache
from typing import Any

RUN_VARIABLE = "MELTANO_RUN_ID"
STORE_VARIABLE = "FRANPOS_QBO_STORE"


@cache
def marks() -> dict[str, str]:
    """Return the run's id (Meltano's, else a new one), and the store's name where one is set."""
    found = {"run": os.environ.get(RUN_VARIABLE) or str(uuid.uuid4())}
    if store := os.environ.get(STORE_VARIABLE):
        found["store"] = store
    return found


def mark_records(**more: str) -> None:
    """Give every log record of this process, from now on, the run, the store, and what is given here.

    The SDK's ``StructuredFormatter`` writes them as extra fields; other formatters can name them (``{run}``).
    """
    make = logging.getLogRecordFactory()
    fields = marks() | more

    def marked(*arguments: Any, **options: Any) -> logging.LogRecord:  # noqa: ANN401 (as logging has it)
        record = make(*arguments, **options)
        record.__dict__.update(fields)
        return record

    logging.setLogRecordFactory(marked)


def is_structured() -> bool:
    """Whether this process's log is JSON: what is for people alone has no place beside it."""
    return any(type(handler.formatter).__name__ == "StructuredFormatter" for handler in logging.getLogger().handlers)
