"""What each fault means and what is done about it: a row for each code, and for its words where it has several uses.

A new fault is a new row. Source: QuickBooks API notes, Faults, Seen live and Reported by others.
"""

from __future__ import annotations

import enum
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from target_qbo.qbo.faults import Fault


class Reaction(enum.StrEnum):
    """What is done where QuickBooks answers a fault.

    ``REFUSED``: it says no to this document, so its ticket is skipped. ``PASSING``: the service fails, not the
    document. ``UNKNOWN``: it may have been carried out in spite of the fault. Of these two the document is looked up,
    and sent again where it is missing. ``NUMBER_TAKEN``, ``NAME_TAKEN``: what has it is looked up, and used where it is
    ours. ``NAMES_ANEW``: a remembered id is stale, all are looked up again. ``READ_AGAIN``: the document changed since
    it was read. ``READ_ALL``: the list is read as a whole. ``THROTTLED``: wait and go on. ``STOP``: nothing more is
    sent.
    """

    REFUSED = "refused"
    PASSING = "passing"
    UNKNOWN = "unknown"
    NUMBER_TAKEN = "look up the number"
    NAME_TAKEN = "look up the name"
    NAMES_ANEW = "names anew"
    READ_AGAIN = "read again"
    READ_ALL = "read the list"
    THROTTLED = "throttled"
    STOP = "stop"


@dataclass(frozen=True, slots=True)
class FaultRow:
    """A row of the table.

    Attributes:
        code: QuickBooks' code, or one of ours for an answer that has none.
        reaction: What is done.
        meaning: What a shop owner reads before QuickBooks' own words; None: these say it.
        words: What its words must match, where the code alone does not tell; case is ignored.
        of_document: Whether it speaks of the document that was sent; else it may meet every one.
    """

    code: str
    reaction: Reaction
    meaning: str | None = None
    words: str | None = None
    of_document: bool = True

    def fits(self, fault: Fault) -> bool:
        """Tell whether a fault is this one."""
        if fault.code != self.code:
            return False
        told = f"{fault.message} {fault.detail}"
        return self.words is None or re.search(self.words, told, re.IGNORECASE) is not None


_R = Reaction
_BACK_LATER = r"unexpected (internal )?error|-3000\d|wait .{0,40}try again|could (not|n.t) find resource"

FAULTS: tuple[FaultRow, ...] = (
    FaultRow("3200", _R.STOP, "the access token is not accepted", of_document=False),
    FaultRow("3001", _R.THROTTLED, "too many requests in a minute", of_document=False),
    FaultRow("6190", _R.STOP, "the company's QuickBooks subscription has ended", of_document=False),
    FaultRow(
        "6000", _R.UNKNOWN, "QuickBooks failed, and may have carried it out", words=_BACK_LATER, of_document=False
    ),
    FaultRow("6000", _R.REFUSED),
    FaultRow("10000", _R.PASSING, "QuickBooks failed", of_document=False),
    FaultRow("120", _R.PASSING, "QuickBooks failed", of_document=False),
    FaultRow("500", _R.PASSING, "QuickBooks failed", of_document=False),
    FaultRow("-30000", _R.UNKNOWN, "QuickBooks failed, and may have carried it out", of_document=False),
    FaultRow("-30003", _R.UNKNOWN, "QuickBooks failed, and may have carried it out", of_document=False),
    FaultRow("610", _R.NAMES_ANEW, "something the document refers to was made inactive or deleted in QuickBooks"),
    FaultRow("2500", _R.NAMES_ANEW, "something the document refers to does not exist in QuickBooks"),
    FaultRow("5010", _R.READ_AGAIN, "it was changed in QuickBooks at the same time"),
    FaultRow("6140", _R.NUMBER_TAKEN, "another document has its number"),
    FaultRow("6240", _R.NAME_TAKEN, "another one has its name"),
    FaultRow("4000", _R.READ_ALL, "QuickBooks can't read the question"),
    FaultRow("2010", _R.REFUSED),
    FaultRow("2020", _R.REFUSED),
    FaultRow("2030", _R.REFUSED),
    FaultRow("5020", _R.REFUSED, "the company's QuickBooks plan lacks a feature that this needs"),
    FaultRow("6070", _R.REFUSED),
    FaultRow("6100", _R.REFUSED),
    FaultRow("6210", _R.REFUSED, "the books are closed for this date: open the period or leave the ticket out"),
    FaultRow("6520", _R.REFUSED),
    FaultRow("6540", _R.REFUSED, "the payment is in a bank deposit: take it off the deposit first"),
    FaultRow("http_413", _R.REFUSED, "the document is too large for QuickBooks"),
)
"""The table; the first row that fits counts."""


def row_of(fault: Fault) -> FaultRow | None:
    """Return the row of a fault; None where there is none."""
    return next((row for row in FAULTS if row.fits(fault)), None)


def reaction(fault: Fault) -> Reaction:
    """Return what is done about a fault; one that is not in the table is a refusal."""
    row = row_of(fault)
    return Reaction.REFUSED if row is None else row.reaction


def of_document(fault: Fault) -> bool:
    """Tell whether a fault speaks of the document that was sent; of one that is not in the table nobody knows."""
    row = row_of(fault)
    return row is not None and row.of_document
