"""A fleet's ``stores.yml`` and the Airflow connections with its secrets, as an operator would write them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import yaml

from sandbox.environment import variables

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

SHARED_SECRETS = "franpos_qbo"
"""The connection with what all stores share; a store's own has its name behind."""
_TAP_SECRETS = ("auth_token",)
_TARGET_SECRETS = ("client_id", "client_secret", "refresh_token")

Store = dict[str, Any]
"""One entry of the fleet's ready line."""


def write_stores_file(path: Path, stores: Sequence[Store]) -> None:
    """Write the stores' file; no secret stands in it."""
    content = {
        "secrets": SHARED_SECRETS,
        "stores": [
            {
                "name": store["name"],
                "locations": [store["location"]],
                "realm": store["realm_id"],
                "secrets": f"{SHARED_SECRETS}_{store['name']}",
                "overrides": {
                    "tap-franpos": _without(store["franpos"], "location_ids", *_TAP_SECRETS),
                    "target-qbo": _without(store["qbo"], "realm_id", *_TARGET_SECRETS),
                },
            }
            for store in stores
        ],
    }
    path.write_text(yaml.safe_dump(content, sort_keys=False), "utf-8")


def connections(
    stores: Sequence[Store], shared: Mapping[str, str], *, refresh_tokens: Mapping[str, str]
) -> dict[str, dict[str, Any]]:
    """Return Airflow's connections by id, in the form of ``airflow connections import``.

    Args:
        stores: The stores.
        shared: Variables with what all stores share.
        refresh_tokens: By store's name: goes before the right one.
    """
    extras = {SHARED_SECRETS: dict(shared)}
    for store in stores:
        token = refresh_tokens.get(store["name"], store["qbo"]["refresh_token"])
        known = variables({"franpos": store["franpos"], "qbo": store["qbo"] | {"refresh_token": token}})
        names = [f"TAP_FRANPOS_{name.upper()}" for name in _TAP_SECRETS]
        names += [f"TARGET_QBO_{name.upper()}" for name in _TARGET_SECRETS]
        extras[f"{SHARED_SECRETS}_{store['name']}"] = {name: known[name] for name in names}
    return {name: {"conn_type": "generic", "extra": extra} for name, extra in extras.items()}


def _without(settings: Mapping[str, Any], *others: str) -> dict[str, Any]:
    return {name: value for name, value in settings.items() if name not in others}
