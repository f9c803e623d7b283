"""Reading Singer messages: a line that is none ends the run with its number, in one line."""

from __future__ import annotations

from typing import Any

from singer_sdk.io_base import SingerReader
from singer_sdk.singerlib.json import deserialize_json

from target_qbo.errors import InputError

_SHOWN_CHARACTERS = 60


class MessageReader(SingerReader):
    """The SDK's reader with our errors; numbers with a fraction are read as decimals."""

    def __init__(self) -> None:
        super().__init__()
        self._line = 0

    def deserialize_json(self, line: str) -> dict[str, Any]:
        """Read a line of input.

        Raises:
            InputError: It is no JSON object with a type.
        """
        self._line += 1
        try:
            message: Any = deserialize_json(line, parse_constant=_refuse)
        except (ValueError, RecursionError) as error:
            raise InputError(f"line {self._line} of the input is no JSON ({error}): {_start(line)}") from None
        if not isinstance(message, dict) or "type" not in message:
            raise InputError(f"line {self._line} of the input is no Singer message: {_start(line)}")
        if not isinstance(message.get("record", {}), dict):
            raise InputError(f"line {self._line} of the input: its record is no JSON object: {_start(line)}")
        return message

    def _process_unknown_message(self, message_dict: dict[str, Any]) -> None:
        raise InputError(f"line {self._line} of the input: unknown message type {message_dict['type']!r}")


def _refuse(constant: str) -> None:
    raise ValueError(f"{constant} is no number")


def _start(line: str) -> str:
    text = line.strip()
    return text if len(text) <= _SHOWN_CHARACTERS else text[:_SHOWN_CHARACTERS] + "…"
