"""What a store's night and its commands get from Airflow: its settings, its secrets, and nothing of another store's."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import TYPE_CHECKING, Any

from airflow.sdk import Connection
from airflow.sdk.exceptions import AirflowNotFoundException

from franpos_qbo.stores import Store, StoresError, by_realm, load_stores
from orchestrate import nightly

if TYPE_CHECKING:
    from collections.abc import Mapping

MELTANO_PROJECT = Path(os.environ.get("MELTANO_PROJECT_ROOT") or nightly.PROJECT)
"""Folder of ``meltano.yml``, which says where bookmarks are."""
STORES_FILE = MELTANO_PROJECT / os.environ.get("FRANPOS_QBO_STORES", "stores.yml")
"""The file of all stores: the one that the variable names, else ``stores.yml`` beside ``meltano.yml``."""
_LEDGER, _BOOKMARKS = "TARGET_QBO_LEDGER_URL", "MELTANO_DATABASE_URI"
_NOT_PASSED_ON = ("AIRFLOW", "_AIRFLOW", "__AIRFLOW", "TAP_FRANPOS_", "TARGET_QBO_", "MELTANO_RUN_ID", "PYTHONPATH")
"""Airflow's own, and what would count for every store; but a worker may name the ledger that all of them share."""
_KEPT_ON_THE_WORKER = "sqlite:"


class SecretsMissing(LookupError):  # noqa: N818 (it may be a short outage as well)
    """A store's secrets are not there, or Airflow's backend does not answer: it says the same of both."""


class Secrets:
    """Looks stores' secrets up in Airflow's backend, each connection once."""

    def __init__(self) -> None:
        self._connections: dict[str, dict[str, Any]] = {}

    def of(self, store: Store) -> dict[str, Any]:
        """Return what a store's connections hold, a later one before an earlier one.

        Raises:
            StoresError: One of them holds something else than secrets.
            SecretsMissing: One of them is not to be had now.
        """
        found: dict[str, Any] = {}
        for name in store.secrets:
            found |= self.connection(name)
        return found

    def connection(self, name: str) -> dict[str, Any]:
        """Return what a connection holds; raises as :meth:`of`."""
        if name not in self._connections:
            try:
                # Not `extra_dejson`: Airflow's masker takes seconds for the secrets of fifty stores, which come one by
                # one to it. What a night prints has them hidden by `hiding`.
                extra = json.loads(Connection.get(name).extra or "{}")
            except AirflowNotFoundException:
                raise SecretsMissing(f"its secrets are to be in the connection {name}, which is not there") from None
            except ValueError:
                extra = None
            if not isinstance(extra, dict):
                raise StoresError(
                    f"the extra of the connection {name} is to be a JSON object of the plugins' variables"
                )
            self._connections[name] = extra
        return self._connections[name]


def variables_of_worker() -> dict[str, str]:
    """Return what of this process's environment may count for every store."""
    return {
        variable: value
        for variable, value in os.environ.items()
        if variable == _LEDGER or not variable.startswith(_NOT_PASSED_ON)
    }


def store_environment(store: Store, secrets: Mapping[str, Any]) -> dict[str, str]:
    """Return the variables with which a store's night, and every command for it, runs.

    Raises:
        StoresError: The store's entry or its secrets can't be used, or something would be kept on the worker.
    """
    environment = variables_of_worker() | store.environment(secrets)
    for variable in (_LEDGER, _BOOKMARKS):
        if environment.get(variable, _KEPT_ON_THE_WORKER).startswith(_KEPT_ON_THE_WORKER):
            place = " or ".join(store.secrets) or "its secrets"
            raise StoresError(f"{variable} names no database that all workers share: set it in {place}")
    return environment


def find_store(name: str, stores_file: str) -> tuple[Store, list[str]]:
    """Return a store as ``stores.yml`` has it now, and the names of the others in its company.

    Raises:
        StoresError: The file can't be used, or the store stands no longer in it.
    """
    stores = load_stores(Path(stores_file))
    for store in stores:
        if store.name == name:
            sharing = by_realm(stores)[1].get(store.realm, [])
            return store, [other.name for other in sharing if other.name != name]
    raise StoresError(f"it stands no longer in {stores_file}")
