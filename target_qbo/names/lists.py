"""Rows of the company's lists: which one a name means, inactive ones included (QuickBooks API notes, Seen live)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Protocol

from target_qbo.errors import ConfigurationError
from target_qbo.names.plans import ACCOUNT_PLANS, SYSTEM_ACCOUNTS, AccountRole
from target_qbo.qbo import QboFaultError
from target_qbo.qbo.client import quoted
from target_qbo.qbo.reactions import Reaction, reaction

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

Row = dict[str, Any]
DELETED = " (deleted)"
EVERY = "Active in (true,false)"
"""The condition of a query for a whole list, inactive rows included."""
_LAST_IN_A_QUERY = 0xFF
_PEOPLE = frozenset(("Customer", "Vendor", "Employee"))


class Lists(Protocol):
    """A company whose lists can be read and added to: QuickBooks, or a rehearsal of it."""

    def query(self, entity: str, where: str = "") -> Iterator[Row]:
        """Read all rows of an entity."""
        ...

    def write_repeatable(self, entity: str, body: Mapping[str, Any], request_id: str) -> Row:
        """Create or update an entity that has a unique name."""
        ...


def find_account(rows: Sequence[Row], role: AccountRole, name: str) -> Row | None:
    """Find an account by name; a system account that has another name, by its subtype if one alone has that.

    A subaccount of another type is another's that shares the name; the others are there to be told of.

    Raises:
        ConfigurationError: Several subaccounts have the name.
    """
    plan = ACCOUNT_PLANS[role]
    named = [row for row in _named(rows, name) if row.get("AccountType") == plan.type or not _is_below(row)]
    named.sort(key=lambda row: row.get("AccountType") != plan.type)
    right = [row for row in named if row.get("AccountType") == plan.type and row.get("Active", True)]
    row = _only(right or named, "account", name, role)
    if row is not None or role not in SYSTEM_ACCOUNTS:
        return row
    same = [row for row in rows if row.get("AccountSubType") == plan.subtype and row.get("Active", True)]
    return same[0] if len(same) == 1 else None


def pick_named(rows: Iterable[Row], entity: str, name: str, setting: str) -> Row | None:
    """Choose the row that a setting names, alone or in full (``Parent:Name``); an inactive one where no other is.

    Raises:
        ConfigurationError: The name is that of several under different parents.
    """
    return _only(_named(rows, name), entity.lower(), name, setting)


def pick(rows: Iterable[Row], field: str, name: str) -> Row | None:
    """Choose the row of a name: an active one before an inactive one, which shows as ``name (deleted)``.

    Where several have it under different parents, one that stands under none comes first.
    """
    matches = [row for row in rows if _has_name(row, field, name)]
    return max(matches, key=lambda row: (bool(row.get("Active", True)), not _is_below(row)), default=None)


def _named(rows: Iterable[Row], name: str) -> list[Row]:
    return [row for row in rows if _has_name(row, "Name", name) or _has_name(row, "FullyQualifiedName", name)]


def _has_name(row: Row, field: str, name: str) -> bool:
    shown, wanted = str(row.get(field, "")).casefold(), name.casefold()
    return shown == wanted or (not row.get("Active", True) and shown == wanted + DELETED)


def _is_below(row: Row) -> bool:
    return bool(row.get("ParentRef"))


def _only(rows: Sequence[Row], what: str, name: str, setting: str) -> Row | None:
    """Return the one row that is meant: in full a name means one alone."""
    active = [row for row in rows if row.get("Active", True)]
    meant = [row for row in active if _has_name(row, "FullyQualifiedName", name)] or active
    if len(meant) > 1:
        names = ", ".join(sorted(repr(str(row.get("FullyQualifiedName") or row["Name"])) for row in meant))
        raise ConfigurationError(
            f"{setting}: QuickBooks has more than one {what} {name!r}: set one of {names}, or rename them there"
        )
    return next(iter(meant or rows), None)


def named(company: Lists, entity: str, names: Sequence[str]) -> list[Row]:
    """Read the rows that have one of these names, or had it before they were made inactive.

    A query that holds a character above U+00FF is refused (fault 4000), though names may have such: then the whole list
    is read, and they are picked from it (QuickBooks API notes, Reported by others).
    """
    field = name_field(entity)
    if all(ord(character) <= _LAST_IN_A_QUERY for name in names for character in name):
        listed = ",".join(quoted(shown) for name in names for shown in (name, name + DELETED))
        try:
            return list(company.query(entity, f"{field} in ({listed}) and {EVERY}"))
        except QboFaultError as error:
            if reaction(error.fault) is not Reaction.READ_ALL:
                raise
    return [row for row in company.query(entity, EVERY) if any(_has_name(row, field, name) for name in names)]


def name_field(entity: str) -> str:
    """Return the field of an entity that holds its unique name."""
    return "DisplayName" if entity in _PEOPLE else "Name"
