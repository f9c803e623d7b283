"""Rows of the company's lists: which one a name means, inactive ones included (QuickBooks API notes, Seen live)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Protocol

from target_qbo.posting.plans import ACCOUNT_PLANS, SYSTEM_ACCOUNTS, AccountRole

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

Row = dict[str, Any]
DELETED = " (deleted)"


class Lists(Protocol):
    """A company whose lists can be read and added to: QuickBooks, or a rehearsal of it."""

    def query(self, entity: str, where: str = "") -> Iterator[Row]:
        """Read all rows of an entity."""
        ...

    def write_repeatable(self, entity: str, body: Mapping[str, Any], request_id: str) -> Row:
        """Create or update an entity that has a unique name."""
        ...


def find_account(rows: Sequence[Row], role: AccountRole, name: str) -> Row | None:
    """Find an account by name; a system account that has another name, by its subtype if one alone has that."""
    row = pick(rows, "Name", name)
    if row is not None or role not in SYSTEM_ACCOUNTS:
        return row
    subtype = ACCOUNT_PLANS[role].subtype
    same = [row for row in rows if row.get("AccountSubType") == subtype and row.get("Active", True)]
    return same[0] if len(same) == 1 else None


def pick(rows: Iterable[Row], field: str, name: str) -> Row | None:
    """Choose the row of a name: an active one before an inactive one, which shows as ``name (deleted)``."""
    wanted = name.casefold()
    matches = [
        row
        for row in rows
        if str(row.get(field, "")).casefold() == wanted
        or (not row.get("Active", True) and str(row.get(field, "")).casefold() == wanted + DELETED)
    ]
    return max(matches, key=lambda row: bool(row.get("Active", True)), default=None)


def name_field(entity: str) -> str:
    """Return the field of an entity that holds its unique name."""
    return "DisplayName" if entity == "Customer" else "Name"
