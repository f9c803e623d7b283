"""What a look at a company finds, one thing each."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Verdict(StrEnum):
    """What there is of a thing, and what becomes of it."""

    FOUND = "found"
    CREATE = "will be created"
    REACTIVATE = "will be reactivated"
    CREATED = "created"
    REACTIVATED = "reactivated"
    WARNING = "warning"  # posting goes on, but not as one may expect
    MISSING = "missing"
    IN_THE_WAY = "in the way"

    @property
    def stops(self) -> bool:
        """Whether nothing is posted until a person has done something about it."""
        return self in {Verdict.MISSING, Verdict.IN_THE_WAY}


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that a sync needs, or heeds.

    Attributes:
        what: Its kind.
        name: What the settings call it.
        verdict: What there is of it.
        detail: What it is, and what a person can do.
        in_quickbooks: Its name there, where it has or will have one.
    """

    what: str
    name: str
    verdict: Verdict
    detail: str = ""
    in_quickbooks: str | None = None
