"""A store's secrets where Airflow is not: in the variables that Airflow would read, else in a folder.

A connection ``boise`` is the variable ``AIRFLOW_CONN_BOISE``, in JSON with the secrets as its ``extra``; in a folder it
is the file ``boise.json``, the object of secrets itself, which nobody else may read.
"""

from __future__ import annotations

import json
import os
import stat
from typing import TYPE_CHECKING, Any

from franpos_qbo.stores.files import StoresError

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from franpos_qbo.stores.reading import Store

_VARIABLE = "AIRFLOW_CONN_"
_OTHERS = stat.S_IRWXG | stat.S_IRWXO


def secrets_of(store: Store, variables: Mapping[str, str], folder: Path | None) -> dict[str, Any]:
    """Return what holds a store's secrets, of this store alone.

    Args:
        store: The store.
        variables: The process's variables.
        folder: The folder; None: there is none.

    Raises:
        StoresError: They are not there, can't be read, or others may read them; the text shows nothing of them.
    """
    secrets: dict[str, Any] = {}
    for name in store.secrets:
        variable = f"{_VARIABLE}{name.upper()}"
        if variables.get(variable):
            secrets |= _of_connection(variable, variables[variable])
        elif folder is not None:
            secrets |= _of_file(folder / f"{name}.json")
        else:
            raise StoresError(
                f"its secrets are to be in the connection {name}: set {variable}, or name with --secrets a folder with "
                f"{name}.json"
            )
    return secrets


def _of_connection(variable: str, text: str) -> dict[str, Any]:
    extra = (_object(text) or {}).get("extra")
    found = _object(extra) if isinstance(extra, str) else extra
    if not isinstance(found, dict):
        raise StoresError(f"{variable} is to be JSON with the secrets as its extra")
    return found


def _of_file(path: Path) -> dict[str, Any]:
    try:
        with path.open(encoding="utf-8") as file:
            if os.fstat(file.fileno()).st_mode & _OTHERS:
                raise StoresError(f"{path} can be read by others: chmod 600")
            found = _object(file.read())
    except (OSError, UnicodeDecodeError) as error:
        raise StoresError(f"{path}, which is to hold its secrets, can't be read: {type(error).__name__}") from None
    if found is None:
        raise StoresError(f"{path} is to be a JSON object of the plugins' variables")
    return found


def _object(text: str) -> dict[str, Any] | None:
    """Return an object of JSON; None where it is none: the text may not be shown."""
    try:
        found = json.loads(text)
    except ValueError:
        return None
    return found if isinstance(found, dict) else None
