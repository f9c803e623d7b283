"""The company's accounts: those of the rules by role, others by the name that a setting gives.

Source: accounting rules, Given 2, 3 and 5 and Names and accounts.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from target_qbo.errors import ConfigurationError
from target_qbo.ledger.references import Reference
from target_qbo.names.lists import find_account, pick_named
from target_qbo.names.plans import ACCOUNT_PLANS, AccountPlan, AccountRole

if TYPE_CHECKING:
    from target_qbo.names.entities import Entities
    from target_qbo.names.lists import Row
    from target_qbo.settings import Settings


class Accounts:
    """Finds accounts, and creates those of the rules.

    Args:
        entities: The company's lists.
        settings: Names.
    """

    def __init__(self, entities: Entities, settings: Settings) -> None:
        self._entities = entities
        self._settings = settings

    def of(self, role: AccountRole) -> Reference:
        """Return the account of a role.

        Raises:
            ConfigurationError: One of that name is of another type, or several have it.
        """
        name: str = getattr(self._settings.names, role)
        return self._entities.remembered("Account", f"{role}:{name.casefold()}", lambda: self._find(role, name))

    def _find(self, role: AccountRole, name: str) -> Reference:
        row = find_account(self._entities.rows("Account"), role, name)
        return self._made(row, name, ACCOUNT_PLANS[role], f"set {role} to another name")

    def _made(self, row: Row | None, name: str, plan: AccountPlan, otherwise: str) -> Reference:
        if row is None:
            body = {"Name": name, "AccountType": plan.type, "AccountSubType": plan.subtype}
            row = self._entities.create_or_look_up("Account", name, body)
        if row is None:
            raise ConfigurationError(f"QuickBooks neither has nor takes the account {name!r}")
        if row.get("AccountType") != plan.type:
            raise ConfigurationError(
                f"the account {name!r} is of type {row.get('AccountType')!r}, not {plan.type!r}: rename it in "
                f"QuickBooks, or {otherwise}"
            )
        if not row.get("Active", True):
            row = self._entities.reactivate("Account", row, name)
        return Reference("Account", "", row["Id"], row["Name"])

    def provide(self, name: str, plan: AccountPlan) -> Reference:
        """Return an account that a setting is going to name, created where it is absent.

        Raises:
            ConfigurationError: One of that name is of another type.
        """

        def find() -> Reference:
            row = pick_named(self._entities.rows("Account"), "Account", name, "--gift-card-account")
            return self._made(row, name, plan, "choose another name")

        return self._entities.remembered("Account", f"named:{name.casefold()}", find)

    def named(self, name: str, setting: str) -> Reference:
        """Return the account that a setting names.

        Raises:
            ConfigurationError: There is none, it is not in use, or several have the name.
        """

        def find() -> Reference:
            row = pick_named(self._entities.rows("Account"), "Account", name, setting)
            if row is None or not row.get("Active", True):
                raise ConfigurationError(f"{setting}: QuickBooks has no account {name!r} in use")
            return Reference("Account", "", row["Id"], row["Name"])

        return self._entities.remembered("Account", f"named:{name.casefold()}", find)
