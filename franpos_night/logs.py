"""What a night of many stores writes on standard error: each line says its store."""

from __future__ import annotations

import logging
import sys

from singer_sdk.logging import StructuredFormatter
from singer_sdk.metrics import METRICS_LOGGER_NAME

from franpos_qbo.logs import marks

_OWN = "franpos-qbo.night"


def write_logs(*, as_json: bool) -> None:
    """Write from now on for programs (a JSON object a line, as the plugins do) or for people (what matters to them)."""
    handler = logging.StreamHandler(sys.stderr)
    if as_json:
        handler.setFormatter(StructuredFormatter())
    else:
        handler.setFormatter(_ForPeople("%(message)s"))
        handler.addFilter(lambda record: record.levelno >= logging.WARNING or record.name == _OWN)
    handler.addFilter(lambda record: record.name != METRICS_LOGGER_NAME)
    logging.basicConfig(level=logging.INFO, handlers=[handler], force=True)


class _ForPeople(logging.Formatter):
    def format(self, record: logging.LogRecord) -> str:
        line = super().format(record)
        store = marks().get("store")
        return f"{store}: {line}" if store else line
