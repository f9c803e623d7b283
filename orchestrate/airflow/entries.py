"""Stores in the two forms in which they are handed on: in the plan of a night, and in the night's own ``stores.yml``.

The plan holds entries as they were read, with the fingerprint of the file: while the file is the same no task reads it
again, which takes half a minute where it has 50,000 entries.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import json
from typing import TYPE_CHECKING, Any

from franpos_qbo.stores import Store, load_stores, read_bytes

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path


def fingerprint(path: Path) -> str:
    """Return what a file is known by; it changes where anything in it does.

    Raises:
        StoresError: It can't be read.
    """
    return hashlib.sha256(read_bytes(path)).hexdigest()


def planned_entry(store: Store) -> dict[str, Any]:
    """Return a store as JSON; of one that can't be used no settings, among which somebody may have put a secret."""
    settings = {} if store.problems else store.settings
    return {
        "name": store.name,
        "locations": list(store.locations),
        "realm": store.realm,
        "secrets": list(store.secrets),
        "settings": json.loads(json.dumps(settings, default=dt.date.isoformat)),
        "problems": list(store.problems),
    }


def stores_as_they_are(plan: Mapping[str, Any], path: Path) -> dict[str, Store]:
    """Return stores by name as their file has them now: those of the plan where it is still the same file.

    Args:
        plan: ``fingerprint``, and ``stores``: entries.
        path: The file.

    Raises:
        StoresError: It can't be used.
    """
    if fingerprint(path) == plan["fingerprint"]:
        return {entry["name"]: _store(entry) for entry in plan["stores"]}
    return {store.name: store for store in load_stores(path)}


def own_file(stores: Sequence[Store]) -> str:
    """Return a ``stores.yml`` of some stores alone, each with its settings as they come to, and a name for its secrets.

    What a store has from the others of its file and company, who may not be among them, is in its settings.
    """
    return json.dumps(
        {
            "stores": [
                {
                    "name": store.name,
                    "locations": list(store.locations),
                    "realm": store.realm,
                    "secrets": secrets_name(number),
                    "overrides": {plugin: dict(settings) for plugin, settings in store.settings.items()},
                }
                for number, store in enumerate(stores)
            ]
        },
        default=dt.date.isoformat,
    )


def secrets_name(number: int) -> str:
    """Return what :func:`own_file` names the secrets of its store of that number."""
    return f"store_{number}"


def _store(entry: Mapping[str, Any]) -> Store:
    return Store(
        name=entry["name"],
        locations=tuple(entry["locations"]),
        realm=entry["realm"],
        secrets=tuple(entry["secrets"]),
        settings=entry["settings"],
        problems=tuple(entry["problems"]),
    )
