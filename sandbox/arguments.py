"""What the sandbox's commands take as arguments, each checked as argparse wants it."""

from __future__ import annotations

import argparse
import ipaddress
from datetime import UTC, date, datetime
from decimal import Decimal, InvalidOperation
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

DEMO_START = date(2026, 3, 4)
"""The demo's week holds the night in which summer time begins."""


def loopback(text: str) -> str:
    """Take an address of this machine."""
    try:
        if ipaddress.ip_address(text).is_loopback:
            return text
    except ValueError:
        pass
    raise argparse.ArgumentTypeError(f"{text!r} is not a loopback address: the sandbox has no real sign-in")


def count(low: int, high: int | None = None) -> Callable[[str], int]:
    """Take a whole number between two."""

    def read(text: str) -> int:
        number = int(text)
        if number < low or (high is not None and number > high):
            raise argparse.ArgumentTypeError(f"{number} is not between {low} and {high or 'more'}")
        return number

    return read


def size(low: float) -> Callable[[str], float]:
    """Take a number that is not below another."""

    def read(text: str) -> float:
        number = float(text)
        if not low <= number < float("inf"):
            raise argparse.ArgumentTypeError(f"{text} is below {low}, or no number")
        return number

    return read


def share(text: str) -> Decimal:
    """Take a share between 0 and 1."""
    try:
        found = Decimal(text)
    except InvalidOperation:
        found = Decimal(-1)
    if not 0 <= found <= 1:
        raise argparse.ArgumentTypeError(f"{text!r} is not a share between 0 and 1")
    return found


def moment(text: str) -> datetime:
    """Take a moment with its offset; returns it in UTC."""
    found = datetime.fromisoformat(text)
    if found.tzinfo is None:
        raise argparse.ArgumentTypeError(f"{text!r} has no offset from UTC")
    return found.astimezone(UTC)
