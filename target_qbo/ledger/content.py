"""Records as the ledger keeps them: JSON with exact numbers, in one form, so that equal content has one hash."""

from __future__ import annotations

import hashlib
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import simplejson

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

# One for all records: to make one for each would take longer than the writing.
_WRITER = simplejson.JSONEncoder(use_decimal=True, sort_keys=True, separators=(",", ":"))


def encode(record: Mapping[str, Any]) -> str:
    """Write a record as JSON; numbers without exponent or trailing zeros, keys in order, ASCII only."""
    text: str = _WRITER.encode(_plain(record))
    return text


def decode(text: str) -> dict[str, Any]:
    """Read a record back; every number with a fraction is a :class:`~decimal.Decimal`."""
    record: dict[str, Any] = simplejson.loads(text, use_decimal=True)
    return record


def decoded(texts: Sequence[str]) -> list[dict[str, Any]]:
    """Read many records back in one go: a decoder made for each would take longer than the reading."""
    records: list[dict[str, Any]] = simplejson.loads(f"[{','.join(texts)}]", use_decimal=True)
    return records


def digest(text: str) -> str:
    """Return the hash by which contents are compared."""
    return hashlib.sha256(text.encode("ascii")).hexdigest()


def _plain(value: Any) -> Any:  # noqa: ANN401 (any JSON value)
    if value is None or isinstance(value, str):
        return value
    if isinstance(value, Decimal):
        whole = value.to_integral_value()
        if whole == value:
            return int(whole)
        text = f"{value:f}"
        return Decimal(text.rstrip("0"))
    if isinstance(value, dict):
        return {key: _plain(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_plain(item) for item in value]
    return value
