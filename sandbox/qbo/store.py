"""The rows of a company: one table for each entity, with indexes on what the API is asked for most."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING, Any

from sandbox.qbo.entities import ENTITIES, SHARED_NAMES

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

Row = dict[str, Any]
"""One entity as the API shows it."""

UNIQUE_UNDER_PARENT = {"Account": "SubAccount", "Department": "SubDepartment", "Class": "SubClass"}
"""Lists in which the same name may stand under several parents, with the flag of a row that has one."""

INDEXED = ("DocNumber", "PaymentRefNum", "TxnDate", "Name", "DisplayName")


class Table:
    """The rows of one entity.

    Args:
        name: The entity's name.
    """

    def __init__(self, name: str) -> None:
        self.name = name
        self._rows: dict[str, Row] = {}
        self._index: dict[str, defaultdict[str, dict[str, None]]] = {
            field: defaultdict(dict) for field in INDEXED if field in ENTITIES[name].fields
        }

    def __len__(self) -> int:
        return len(self._rows)

    def __iter__(self) -> Iterator[Row]:
        return iter(self._rows.values())

    def get(self, identity: str) -> Row | None:
        """Return the row of that id, if there is one."""
        return self._rows.get(identity)

    def put(self, row: Row) -> None:
        """Keep a row, in place of an older one of the same id."""
        self.remove(row["Id"])
        self._rows[row["Id"]] = row
        for field, index in self._index.items():
            if row.get(field) is not None:
                index[str(row[field]).casefold()][row["Id"]] = None

    def remove(self, identity: str) -> None:
        """Forget a row, if it is there."""
        row = self._rows.pop(identity, None)
        if row is None:
            return
        for field, index in self._index.items():
            if row.get(field) is not None:
                index[str(row[field]).casefold()].pop(identity, None)

    def has_index(self, field: str) -> bool:
        """Say whether `find` knows that field."""
        return field == "Id" or field in self._index

    def find(self, field: str, values: Iterable[str]) -> list[Row]:
        """Return the rows whose indexed field has one of the values, ignoring case."""
        if field == "Id":
            return [row for value in dict.fromkeys(values) if (row := self._rows.get(value)) is not None]
        index = self._index[field]
        wanted = dict.fromkeys(value.casefold() for value in values)
        return [self._rows[identity] for value in wanted for identity in index.get(value, ())]


class Store:
    """All tables of a company, and the next free ids.

    Documents share one sequence of ids; each name list has its own, so an id says nothing without its entity.

    Attributes:
        tables: The tables by entity.
        last: The last id of each sequence.
    """

    def __init__(self) -> None:
        self.tables = {name: Table(name) for name in ENTITIES}
        self.last: defaultdict[str, int] = defaultdict(int)

    def __getitem__(self, entity: str) -> Table:
        return self.tables[entity]

    def next_id(self, entity: str) -> str:
        """Return a fresh id for a row of that entity."""
        sequence = "documents" if ENTITIES[entity].is_document else entity
        self.last[sequence] += 1
        return str(self.last[sequence])

    def holder_of_name(self, entity: str, name: str, parent: str | None = None) -> tuple[str, Row] | None:
        """Return who has a name already, inactive rows included, ignoring case.

        Args:
            entity: The name list in which the name is to be used; people share theirs.
            name: The name.
            parent: Id of the row that it stands under, if any: in some lists a name is unique only there.
        """
        shared = SHARED_NAMES.get(entity)
        lists = [other for other in ENTITIES if other == entity or (shared and SHARED_NAMES.get(other) == shared)]
        for other in lists:
            for row in self[other].find(ENTITIES[other].name_field, [name]):
                if entity not in UNIQUE_UNDER_PARENT or row.get("ParentRef", {}).get("value") == parent:
                    return other, row
        return None
