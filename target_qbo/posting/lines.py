"""The lines of a document, as they are wanted and as QuickBooks has them, held against each other. Pure.

Two lines of one amount that changed places put income on another account, and no sum tells it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from decimal import Decimal

    from target_qbo.accounting import Document
    from target_qbo.ledger.references import Reference
    from target_qbo.posting.standing import Standing

_NOT_OURS = "?"
_SUFFIXES = (" (franpos)", " (discount)")


class Line(NamedTuple):
    """A line: the amount, the description, and the item as the rules call it, its role and its name without case.

    Of an item that the ledger does not know in QuickBooks the role is ``?``, and the name is QuickBooks' own.
    """

    amount: Decimal
    text: str
    item: str

    @property
    def is_strange(self) -> bool:
        """Whether the ledger does not know its item."""
        return self.item.startswith(f"{_NOT_OURS}:")


def item_ids(known: Mapping[tuple[str, str], Reference]) -> dict[str, str]:
    """Return items by their ids, as the rules call them, given what the ledger remembers."""
    return {one.qbo_id: key.rpartition("@")[0] for (entity, key), one in known.items() if entity == "Item"}


def wanted_lines(document: Document) -> tuple[Line, ...]:
    """Return the lines of a document as it is to stand, in order of size."""
    lines = document.lines
    return tuple(sorted(Line(one.amount, one.description, _called(one.item.role, one.item.name)) for one in lines))


def booked_lines(row: Standing, items: Mapping[str, str]) -> tuple[Line, ...]:
    """Return the lines of a document as QuickBooks has it, in order of size, given what :func:`item_ids` gives."""
    return tuple(sorted(Line(one.amount, one.text, items.get(one.item) or _strange(one.name)) for one in row.sold))


def other_lines(wanted: Sequence[Line], booked: Sequence[Line]) -> str | None:
    """Tell how a document's lines differ from those with which it was posted; None: they don't.

    Each is told by its amount and description, so that items which changed places between lines of equal amounts are
    seen; where descriptions were written anew, by its amount alone.
    """
    if tuple(wanted) == tuple(booked):
        return None
    if [line.amount for line in wanted] != [line.amount for line in booked]:
        return f"{_listed(wanted)} to {_listed(booked)}"
    by_name = {line.item.partition(":")[2]: line.item for line in wanted}
    named = sorted(line._replace(item=_ours(line.item, by_name)) for line in booked)
    if list(wanted) == named:
        return None
    same_texts = [line[:2] for line in wanted] == [line[:2] for line in named]
    if not same_texts and _items(wanted) == _items(named):
        return None
    return f"{_listed(wanted, items=True)} to {_listed(named, items=True)}"


def strange_lines(wanted: Sequence[Line], booked: Sequence[Line]) -> str | None:
    """Tell what a person changed in the lines of a document that today's rules would post otherwise; None: nothing.

    Its items may be others than those of today without anybody's hand. What the ledger does not know, and today's rules
    do not name either, is nothing that was ever posted.
    """
    by_name = {line.item.partition(":")[2]: line.item for line in wanted}
    strange = [line for line in booked if line.is_strange and _ours(line.item, by_name) == line.item]
    return _listed(strange, items=True) if strange else None


def _called(role: str, name: str) -> str:
    return f"{role}:{name.casefold()}"


def _strange(name: str) -> str:
    return _called(_NOT_OURS, name)


def _ours(item: str, by_name: Mapping[str, str]) -> str:
    """Return an item that the ledger does not know as the rules call the one of that name, where there is one."""
    role, _, name = item.partition(":")
    if role != _NOT_OURS:
        return item
    base = next((name.removesuffix(suffix) for suffix in _SUFFIXES if name.endswith(suffix)), name)
    return by_name.get(name) or by_name.get(base) or item


def _items(lines: Sequence[Line]) -> list[tuple[Decimal, str]]:
    return sorted((line.amount, line.item) for line in lines)


def _listed(lines: Sequence[Line], *, items: bool = False) -> str:
    shown = [f"{line.amount:,.2f}" + (f" on {line.item.partition(':')[2]}" if items else "") for line in lines]
    return " + ".join(shown) or "none"
