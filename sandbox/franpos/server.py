"""What the Franpos stand-in knows beside the tickets: tokens, quota, switches, and the calls it has counted."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from sandbox.franpos.rows import Look
from sandbox.franpos.windows import Windows

if TYPE_CHECKING:
    from collections.abc import Mapping

    from sandbox.tickets.book import TicketBook

QUOTA = 1_000
"""Successful calls a month for each location (Franpos API notes, Access)."""


@dataclass(frozen=True, slots=True)
class Switches:
    """What can be set from outside.

    Attributes:
        token_revoked: No token is good any more.
        down: Every call is answered with 503 and a web page.
        quota: Successful calls a month for each location.
        look: How rows are shown.
    """

    token_revoked: bool = False
    down: bool = False
    quota: int = QUOTA
    look: Look = field(default_factory=Look)


@dataclass(slots=True)
class Calls:
    """What was asked; `successful` are those that cost quota."""

    all: int = 0
    successful: int = 0
    by_endpoint: Counter[str] = field(default_factory=Counter)
    by_location: Counter[str] = field(default_factory=Counter)


class FranposServer:
    """The state of the stand-in.

    Args:
        book: The tickets.
        tokens: Each token with the ids of the locations it may read; several make it a corporate token.
        seed: For the order of rows.
        quota: Successful calls a month for each location.
    """

    def __init__(
        self, book: TicketBook, tokens: Mapping[str, frozenset[int]], *, seed: int, quota: int = QUOTA
    ) -> None:
        self.book = book
        self.windows = Windows(book, seed)
        self.switches = Switches(quota=quota)
        self.calls = Calls()
        self._tokens = dict(tokens)
        self._used: Counter[tuple[int, str]] = Counter()

    def locations_of(self, token: str | None) -> frozenset[int] | None:
        """Return the locations that a token may read; None: it is not a good token."""
        return None if self.switches.token_revoked or token is None else self._tokens.get(token)

    def used(self, location_id: int) -> int:
        """Return the successful calls for a location in the present month of the sandbox (UTC)."""
        return self._used[location_id, self._month]

    def set_used(self, location_id: int, calls: int) -> None:
        """Pretend that so many calls of this month are already used."""
        self._used[location_id, self._month] = calls

    def is_used_up(self, location_id: int) -> bool:
        """Return whether the location has no calls left this month."""
        return self.used(location_id) >= self.switches.quota

    def count(self, endpoint: str, location_id: int) -> None:
        """Count a successful call."""
        self._used[location_id, self._month] += 1
        self.calls.successful += 1
        self.calls.by_endpoint[endpoint] += 1
        self.calls.by_location[str(location_id)] += 1

    def switch(self, **values: object) -> None:
        """Set switches by name."""
        self.switches = replace(self.switches, **values)  # type: ignore[arg-type]  # names and types are the caller's

    @property
    def _month(self) -> str:
        return f"{self.book.now:%Y-%m}"
