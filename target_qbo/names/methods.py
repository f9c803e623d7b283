"""Names of payment methods: a row's reference always has an id, a name only sometimes (recorded answers have none)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from target_qbo.ledger import references
from target_qbo.names.lists import DELETED

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from target_qbo.ledger import CompanyLedger

Row = dict[str, Any]


class Methods:
    """Tells the payment methods of rows.

    Args:
        ledger: The company's ledger, which knows the ids of those that it uses.
        listed: Gives the company's own list; asked once, and only for an id that neither the ledger nor the row names.
    """

    def __init__(self, ledger: CompanyLedger, listed: Callable[[], Iterable[Row]]) -> None:
        self._known = references.ids(ledger, "PaymentMethod")
        self._listed = listed
        self._names: dict[str, str] | None = None

    def named(self, row: Row) -> str | None:
        """Return the payment method of a document: as the rules call it, else as the company does; None: not known."""
        reference = row.get("PaymentMethodRef") or {}
        identity = str(reference.get("value") or "")
        if not identity:
            return None
        name = self._known.get(identity) or reference.get("name") or self._list().get(identity)
        return None if name is None else str(name)[:31]

    def differs(self, row: Row, method: str | None) -> bool:
        """Tell whether a document has another payment method; one that nobody can name is no difference."""
        found = self.named(row)
        if found is None and row.get("PaymentMethodRef"):
            return False
        return (found or "").casefold() != (method or "").casefold()

    def _list(self) -> dict[str, str]:
        if self._names is None:
            self._names = {str(row["Id"]): str(row["Name"]).removesuffix(DELETED) for row in self._listed()}
        return self._names
