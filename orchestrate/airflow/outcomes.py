"""What stores' nights came to, as ``franpos-qbo night`` tells it: which are tried again, and how they are shown.

An outcome is a JSON object: ``store``, ``run``, ``exit_code``, ``reason``, ``seconds``, ``summary`` (the target's
figures), ``skipped`` (tickets), ``skipped_more``; and here ``try``, the task's try that it is of.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from franpos_night.outcome import Code, Outcome

Record = Mapping[str, Any]

_NEEDS_A_PERSON = {Code.SETTINGS, Code.SIGN_IN}
_FIGURES = ("posted", "skipped", "waiting", "open")
_COLUMNS = ("store", "ended", *_FIGURES, "seconds", "try", "reason")
_TEXTS = {"store", "ended", "reason"}
_SHOWN_STORES = 5
_SHOWN_REASONS = 10


def outcome(store: str, code: Code, reason: str) -> dict[str, Any]:
    """Return the outcome of a store of which no night has told one."""
    return Outcome(store, "", code, reason).as_record()


def is_done(record: Record) -> bool:
    """Tell whether a store's night is done."""
    return bool(record["exit_code"] == Code.DONE)


def needs_a_person(record: Record) -> bool:
    """Tell whether another try is of no use before somebody has done something."""
    return record["exit_code"] in _NEEDS_A_PERSON


def asked_for(planned: Sequence[str], earlier: Mapping[str, Record]) -> list[str]:
    """Return the stores that whoever has a shard tried (at midnight, or by clearing it) wants to be done.

    Those that are not done. All, where all are done: whoever clears a shard that is green wants it anew.
    """
    left = [store for store in planned if store not in earlier or not is_done(earlier[store])]
    return left or list(planned)


def to_take(asked: Sequence[str], since_asked: Mapping[str, Record]) -> list[str]:
    """Return the stores that a try takes, of those asked for: not what is done since, nor what needs a person.

    Those that were over their limit come last: the others of their company were not begun for it.
    """
    ended = {store for store, record in since_asked.items() if is_done(record) or needs_a_person(record)}
    over = {store for store, record in since_asked.items() if record["exit_code"] == Code.TOO_LONG}
    return sorted((store for store in asked if store not in ended), key=lambda store: store in over)


def table(records: Iterable[Record]) -> list[str]:
    """Return a line for each outcome, under a line of headings."""
    rows = [_COLUMNS, *(_row(record) for record in records)]
    widths = [max(len(cell) for cell in column) for column in zip(*rows, strict=True)]
    return ["  ".join(_aligned(row, widths)).rstrip() for row in rows]


def told_failures(failed: Sequence[Record], of: int) -> str:
    """Return in a line which stores failed, and why: those of one reason together."""
    by_reason: dict[str, list[str]] = defaultdict(list)
    for record in failed:
        by_reason[record["reason"]].append(record["store"])
    told = [f"{_names(stores)}: {reason}" for reason, stores in list(by_reason.items())[:_SHOWN_REASONS]]
    if (more := len(by_reason) - _SHOWN_REASONS) > 0:
        told.append(f"and {more} reasons more: see the table")
    return f"{len(failed)} of {of} stores failed: {'; '.join(told)}"


def totals(records: Iterable[Record]) -> dict[str, int]:
    """Return the figures of all together."""
    figures = [record["summary"] for record in records]
    return {name: sum(int(one.get(name, 0)) for one in figures) for name in _FIGURES}


def _names(stores: Sequence[str]) -> str:
    shown = ", ".join(stores[:_SHOWN_STORES])
    more = len(stores) - _SHOWN_STORES
    return f"{shown} and {more} more" if more > 0 else shown


def _row(record: Record) -> tuple[str, ...]:
    figures = (str(record["summary"].get(name, "")) for name in _FIGURES)
    ended = Code(record["exit_code"]).name.lower().replace("_", " ")
    return (
        record["store"],
        ended,
        *figures,
        f"{record['seconds']:.1f}",
        str(record.get("try", "")),
        record["reason"],
    )


def _aligned(row: Sequence[str], widths: Sequence[int]) -> Iterable[str]:
    for name, cell, width in zip(_COLUMNS, row, widths, strict=True):
        yield cell.ljust(width) if name in _TEXTS else cell.rjust(width)
