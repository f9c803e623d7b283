"""A company to rehearse with: it is read, each list once, and every write is only noted; or carried out and noted.

So what a sync will create is told by the code that creates it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from target_qbo.ledger import CompanyLedger
from target_qbo.ledger.tables import companies, metadata
from target_qbo.names.lists import EVERY, name_field, named
from target_qbo.names.preferences import preferences_in
from target_qbo.qbo import Fault, QboFaultError, faults

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from target_qbo.names.lists import Row
    from target_qbo.qbo import QboClient

_PEOPLE = ("Vendor", "Employee")


@dataclass(frozen=True, slots=True)
class NotedWrite:
    """A name that was, or would be, created or made active again."""

    entity: str
    name: str
    created: bool


class Carrying:
    """A company whose lists are read once, and whose writes are carried out and noted.

    Args:
        client: The company.
        read: The lists that were read before, by entity.

    Attributes:
        read: The lists read by now.
        writes: What was written.
    """

    def __init__(self, client: QboClient, read: Mapping[str, Sequence[Row]] | None = None) -> None:
        self._client = client
        self.read: dict[str, Sequence[Row]] = dict(read or {})
        self.writes: list[NotedWrite] = []

    def query(self, entity: str, where: str = "") -> Iterator[Row]:
        """Read a list as a whole once; anything narrower anew."""
        if where not in {"", EVERY}:
            return self._client.query(entity, where)
        if entity not in self.read:
            self.read[entity] = list(self._client.query(entity, where))
        return iter(self.read[entity])

    def write_repeatable(self, entity: str, body: Mapping[str, Any], request_id: str) -> Row:
        """Write to QuickBooks and note it."""
        row = self._client.write_repeatable(entity, body, request_id)
        self._note(entity, body)
        return row

    def _note(self, entity: str, body: Mapping[str, Any]) -> None:
        self.writes.append(NotedWrite(entity, body[name_field(entity)], created="Id" not in body))


class Rehearsal(Carrying):
    """The same, but no write leaves: what QuickBooks would answer is made up from what it told of itself."""

    def query(self, entity: str, where: str = "") -> Iterator[Row]:
        """Read a list as a whole once; who looks for one name finds it there too."""
        return super().query(entity, EVERY if where.endswith(EVERY) else where)

    def write_repeatable(self, entity: str, body: Mapping[str, Any], request_id: str) -> Row:
        """Note a write, and refuse what QuickBooks would refuse.

        Raises:
            QboFaultError: The name is a vendor's or employee's, or the plan has no inventory.
        """
        del request_id
        if "Id" in body:
            row = next(row for row in self.query(entity, EVERY) if row["Id"] == body["Id"])
        elif entity == "Customer" and self._is_someone(body["DisplayName"]):
            raise QboFaultError(Fault(faults.DUPLICATE_NAME, "Duplicate Name Exists Error", body["DisplayName"]))
        elif body.get("Type") == "Inventory" and not preferences_in(next(self.query("Preferences"), {})).inventory:
            raise QboFaultError(Fault(faults.LACKS_FEATURE, "Feature Not Supported Error", "inventory"))
        else:
            row = {"Id": f"new {len(self.writes)}", "SyncToken": "0"}
        self._note(entity, body)
        return {**row, **body, "Active": True}

    def _is_someone(self, name: str) -> bool:
        return any(named(self._client, entity, (name,)) for entity in _PEOPLE)


def scratch_ledger() -> CompanyLedger:
    """Return a ledger that knows nothing and is gone with the process."""
    engine = sa.create_engine("sqlite://", poolclass=sa.StaticPool)
    metadata.create_all(engine)
    ledger = CompanyLedger(engine, 1)
    with ledger.write() as connection:
        connection.execute(sa.insert(companies).values(id=1, environment="", realm_id=""))
    return ledger
