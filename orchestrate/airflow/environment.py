"""The variables of a store's night: the store's settings, its secrets from Airflow's backend, and no other store's."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

from airflow.sdk import Connection
from airflow.sdk.exceptions import AirflowNotFoundException
from airflow.sdk.log import mask_secret

from franpos_qbo.stores import Store, StoresError, by_realm, load_stores
from orchestrate.nightly import PROJECT

STORES_FILE = PROJECT / os.environ.get("FRANPOS_QBO_STORES", "stores.yml")
"""The file of all stores: the one that the variable names, else ``stores.yml`` beside ``meltano.yml``."""
_LEDGER, _BOOKMARKS = "TARGET_QBO_LEDGER_URL", "MELTANO_DATABASE_URI"
_NOT_PASSED_ON = ("AIRFLOW", "_AIRFLOW", "__AIRFLOW", "TAP_FRANPOS_", "TARGET_QBO_", "MELTANO_RUN_ID", "PYTHONPATH")
"""Airflow's own, and what would count for every store; but a worker may name the ledger that all of them share."""
_KEPT_ON_THE_WORKER = "sqlite:"


class SecretsMissing(LookupError):  # noqa: N818 (it may be a short outage as well)
    """A store's secrets are not there, or Airflow's backend does not answer: it says the same of both."""


def store_environment(store: Store) -> dict[str, str]:
    """Return the variables with which a store's night, and every command for it, runs.

    Raises:
        StoresError: The store's entry or its secrets can't be used, or something would be kept on the worker.
        SecretsMissing: Its secrets are not to be had now.
    """
    secrets = _secrets(store)
    environment = {
        variable: value
        for variable, value in os.environ.items()
        if variable == _LEDGER or not variable.startswith(_NOT_PASSED_ON)
    }
    environment |= store.environment(secrets)
    for variable in (_LEDGER, _BOOKMARKS):
        if environment.get(variable, _KEPT_ON_THE_WORKER).startswith(_KEPT_ON_THE_WORKER):
            place = " or ".join(store.secrets) or "its secrets"
            raise StoresError(f"{variable} names no database that all workers share: set it in {place}")
    if (PROJECT / ".env").exists():
        raise StoresError(f"{PROJECT / '.env'} would count for every store: remove it")
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


def _secrets(store: Store) -> dict[str, Any]:
    secrets: dict[str, Any] = {}
    for connection in store.secrets:
        try:
            secrets |= Connection.get(connection).extra_dejson
        except AirflowNotFoundException:
            raise SecretsMissing(f"its secrets are to be in the connection {connection}, which is not there") from None
    for value in secrets.values():
        mask_secret(value if isinstance(value, str) else json.dumps(value))
    return secrets
