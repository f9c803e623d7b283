"""What a store's night came to."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import IntEnum
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from target_qbo.ledger.tickets import TicketRow

_SHOWN_SKIPPED = 50
_REASON_CHARACTERS = 1000


class Code(IntEnum):
    """How a store's night ended: the plugins' exit codes, and those of what only a night of many knows."""

    DONE = 0
    FAILED = 1
    SETTINGS = 2
    UNREACHABLE = 3
    SIGN_IN = 4
    AGAIN = 75  # sysexits' "temporary failure": not begun, or not let come to its end
    TOO_LONG = 124  # as timeout(1) has it


_MOST_TELLING_FIRST = (Code.SIGN_IN, Code.SETTINGS, Code.UNREACHABLE, Code.FAILED)


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a store's night came to.

    Attributes:
        store: Its name in ``stores.yml``.
        run: The run's id, in every line of both plugins; empty: it was not begun.
        code: How it ended.
        reason: Why it is not done, in one line without secrets.
        seconds: How long it took.
        figures: The target's, amounts as texts; empty where it did not come so far.
        skipped: Tickets that this run skipped.
    """

    store: str
    run: str
    code: Code
    reason: str = ""
    seconds: float = 0.0
    figures: Mapping[str, Any] = field(default_factory=dict)
    skipped: Sequence[TicketRow] = ()

    def as_record(self) -> dict[str, Any]:
        """Return it as one JSON object, which names some of the skipped tickets and says how many more there are."""
        return {
            "store": self.store,
            "run": self.run,
            "exit_code": int(self.code),
            "reason": self.reason,
            "seconds": round(self.seconds, 3),
            "summary": dict(self.figures),
            "skipped": [_as_record(ticket) for ticket in self.skipped[:_SHOWN_SKIPPED]],
            "skipped_more": max(0, len(self.skipped) - _SHOWN_SKIPPED),
        }


@dataclass(frozen=True, slots=True)
class Ended:
    """How one of a store's two plugins ended: its exit code, and why it is not 0."""

    code: Code
    reason: str = ""


def most_telling(ends: Sequence[Ended]) -> Ended:
    """Return that of the ends which says best what is wrong: the one that a person must mend goes first."""
    for code in _MOST_TELLING_FIRST:
        for end in ends:
            if end.code == code:
                return Ended(code, " ".join(end.reason.split())[:_REASON_CHARACTERS])
    return Ended(Code.DONE)


def exit_code(outcomes: Sequence[Outcome]) -> int:
    """Return the exit code of a night: 0 where all stores are done, else what tells most of those that are not."""
    if all(outcome.code is Code.DONE for outcome in outcomes):
        return Code.DONE
    return most_telling([Ended(outcome.code) for outcome in outcomes]).code or Code.FAILED


def _as_record(ticket: TicketRow) -> dict[str, Any]:
    return {
        "location": ticket.location_id,
        "ticket": ticket.ticket_id,
        "receipt": ticket.number,
        "code": ticket.code,
        "reason": ticket.reason,
    }
