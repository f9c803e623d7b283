"""The variables of a store's night: the worker's own, the store's settings, and its secrets from Airflow's backend."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import TYPE_CHECKING, Any

from airflow.sdk import Connection
from airflow.sdk.exceptions import AirflowNotFoundException
from airflow.sdk.log import mask_secret

from orchestrate.nightly import PROJECT
from orchestrate.stores import Store, load_stores
from orchestrate.stores_yaml import StoresError

if TYPE_CHECKING:
    from collections.abc import Mapping

STORES_FILE = PROJECT / os.environ.get("FRANPOS_QBO_STORES", "stores.yml")
"""The file of all stores: the one that the variable names, else ``stores.yml`` beside ``meltano.yml``."""
_AIRFLOW_S_OWN = ("AIRFLOW", "_AIRFLOW", "__AIRFLOW")
_KEPT_ON_THE_WORKER = "sqlite:"
_SHARED = (("TARGET_QBO_LEDGER_URL",), ("MELTANO_DATABASE_URI", "MELTANO_STATE_BACKEND_URI"))
"""What must name a database that all workers share: one of each row."""


def store_environment(name: str, stores_file: str) -> dict[str, str]:
    """Return the variables with which a store's night, and every command for it, runs.

    Args:
        name: The store's name.
        stores_file: ``stores.yml``, read now.

    Raises:
        StoresError: The file or the store's secrets can't be used, or something would be kept on the worker.
    """
    store = _store(name, Path(stores_file))
    secrets = _secrets(store)
    environment = {
        variable: value
        for variable, value in os.environ.items()
        if not variable.startswith(_AIRFLOW_S_OWN) and variable != "PYTHONPATH"
    }
    environment |= store.environment(secrets)
    for names in _SHARED:
        if not any(_is_shared(environment, variable) for variable in names):
            place = " or ".join(store.secrets) or "its secrets"
            raise StoresError(f"{names[0]} names no database that all workers share: set it in {place}")
    return environment


def _store(name: str, file: Path) -> Store:
    for store in load_stores(file):
        if store.name == name:
            return store
    raise StoresError(f"it stands no longer in {file}")


def _secrets(store: Store) -> dict[str, Any]:
    secrets: dict[str, Any] = {}
    for connection in store.secrets:
        try:
            secrets |= Connection.get(connection).extra_dejson
        except AirflowNotFoundException:
            raise StoresError(f"its secrets are to be in the connection {connection}, which is not there") from None
    for value in secrets.values():
        mask_secret(value if isinstance(value, str) else json.dumps(value))
    return secrets


def _is_shared(environment: Mapping[str, str], variable: str) -> bool:
    value = environment.get(variable)
    return bool(value) and not str(value).startswith(_KEPT_ON_THE_WORKER)
