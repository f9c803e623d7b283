"""Keeps tokens out of every text: the token stands in each request's address (Franpos API notes, Access)."""

from __future__ import annotations

import logging
import re
from typing import TYPE_CHECKING, Any
from urllib.parse import quote, quote_plus

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

HIDDEN = "***"
TOKEN_IN_QUERY = re.compile(r"""(?<=token=)[^&\s"'<>]+""", re.IGNORECASE)
ADDRESS_LOGGERS = ("urllib3.connectionpool", "urllib3.util.retry")
"""Loggers of the HTTP library that write addresses (at debug level, or where a connection breaks)."""


def redact(text: str, secrets: Iterable[str]) -> str:
    """The text without the secrets, plain or encoded for an address, and without any ``Token=…``."""
    shapes = {shape for secret in secrets if secret for shape in (secret, quote(secret, safe=""), quote_plus(secret))}
    for shape in sorted(shapes, key=len, reverse=True):
        text = text.replace(shape, HIDDEN)
    return TOKEN_IN_QUERY.sub(HIDDEN, text)


def secret_values(config: Mapping[str, Any], names: Iterable[str]) -> list[str]:
    """Every value under the named settings, however it is nested, as a text."""

    def leaves(value: object) -> Iterable[str]:
        match value:
            case None | bool():
                pass
            case dict():
                for inner in value.values():
                    yield from leaves(inner)
            case list():
                for inner in value:
                    yield from leaves(inner)
            case _:
                yield str(value)

    return [leaf for name in names for leaf in leaves(config.get(name))]


def guard_logs() -> None:
    """Take tokens out of what the HTTP library logs, whatever the handlers and levels are; safe to call again."""
    for name in ADDRESS_LOGGERS:
        logging.getLogger(name).addFilter(_without_token)


def _without_token(record: logging.LogRecord) -> bool:
    record.msg, record.args = TOKEN_IN_QUERY.sub(HIDDEN, record.getMessage()), None
    return True
