"""The tables of posting as a page shows them: kinds of documents, own items, faults, states. Made from the code."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from target_qbo.accounting.items import ITEMS, setting_of
from target_qbo.accounting.kinds import KINDS
from target_qbo.ledger.lifecycle import DOCUMENTS, TICKETS, UNITS
from target_qbo.qbo.reactions import FAULTS

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence
    from enum import StrEnum

_NOT_YET = "·"


def kinds_table() -> str:
    """Return the kinds of documents."""
    rows = [
        (
            row.word,
            f"`{row.entity}`",
            f"`{row.number_field}`",
            "+" if row.sign > 0 else "-",
            str(row.taken_back_by).replace("_", ", "),
            _yes(row.has_payments),
            _yes(row.needs_deposit_account),
        )
        for row in KINDS.values()
    ]
    head = ("document", "entity", "our number", "sign", "taken back by", "has payments", "needs a deposit account")
    return _table(head, rows)


def items_table() -> str:
    """Return the items that we make or use."""
    rows = [
        (role.replace("_", " "), f"`{setting_of(role)}`" if row.name else "", row.name or "", f"`{row.account}`")
        for role, row in ITEMS.items()
    ]
    return _table(("item", "setting that names it", "name by default", "account by the setting"), rows)


def faults_table() -> str:
    """Return the faults and what is done about each."""
    rows = [(f"`{row.code}`", _words(row.words), str(row.reaction), row.meaning or "") for row in FAULTS]
    return _table(("code", "where its words match", "reaction", "meaning"), rows)


def documents_table() -> str:
    """Return what may happen to a document, with a drawing."""
    return f"{_drawing(DOCUMENTS)}\n\n{_states(DOCUMENTS, 'document')}"


def units_table() -> str:
    """Return what may happen to what stands of a unit."""
    return _states({event: moves for event, moves in UNITS.items() if moves}, "unit")


def tickets_table() -> str:
    """Return what may become of a ticket."""
    rows = [(str(event), f"`{status}`" if status else "as it was") for event, status in TICKETS.items()]
    return _table(("what becomes of a ticket", "status"), rows)


def _states(table: Mapping[Any, Mapping[Any, Any]], what: str) -> str:
    rows = []
    for event, moves in table.items():
        targets = dict.fromkeys(moves.values())
        told = "; ".join(
            f"{', '.join(_state(before) for before, after in moves.items() if after is target)} → {_state(target)}"
            for target in targets
        )
        rows.append((str(event), told))
    return _table((f"what happens to a {what}", "from → to"), rows)


def _drawing(table: Mapping[Any, Mapping[Any, Any]]) -> str:
    def lines() -> Iterator[str]:
        yield "```mermaid"
        yield "stateDiagram-v2"
        for event, moves in table.items():
            for before, after in moves.items():
                if before is not after:
                    yield f"    {before or '[*]'} --> {after or '[*]'}: {str(event).replace(':', ' -')}"
        yield "```"

    return "\n".join(lines())


def _state(state: StrEnum | None) -> str:
    return _NOT_YET if state is None else f"`{state}`"


def _words(words: str | None) -> str:
    return f"`{words}`".replace("|", "\\|") if words else ""


def _yes(fact: bool) -> str:  # noqa: FBT001 (a cell)
    return "yes" if fact else ""


def _table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)
