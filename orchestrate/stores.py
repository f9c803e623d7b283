"""``stores.yml`` on the command line, and Airflow's pools.

``python -m orchestrate.stores check FILE`` tells what is wrong with a file; ``pools FILE`` writes Airflow's pools, one
for each realm that several stores share, as ``airflow pools import`` reads them.
"""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

from franpos_qbo.stores import Store, StoresError, by_realm, load_stores

if TYPE_CHECKING:
    from collections.abc import Sequence


def pool_of(realm: str) -> str:
    """Return the name of the Airflow pool of a realm that several stores share."""
    return f"qbo_realm_{realm}"


def pools(stores: Sequence[Store]) -> dict[str, Any]:
    """Return Airflow's pools: a realm's stores take turns, since one process at a time posts for a company."""
    return {
        pool_of(realm): {
            "slots": 1,
            "description": f"QuickBooks company {realm}: {', '.join(store.name for store in sharing)}"[:250],
            "include_deferred": False,
        }
        for realm, sharing in by_realm(stores)[1].items()
    }


def main(arguments: list[str] | None = None) -> int:
    """Check a file of stores, or write its pools; returns 2 where it, or one of its stores, can't be used."""
    parser = argparse.ArgumentParser(prog="python -m orchestrate.stores", description=__doc__)
    parser.add_argument("what", choices=("check", "pools"))
    parser.add_argument("file", type=Path)
    options = parser.parse_args(arguments)
    try:
        stores = load_stores(options.file)
    except StoresError as error:
        print(error, file=sys.stderr)
        return 2
    if options.what == "pools":
        print(json.dumps(pools(stores), indent=2))
        return 0
    if problems := sorted({problem for store in stores for problem in store.problems}):
        print(f"{options.file}: " + "; ".join(problems), file=sys.stderr)
        return 2
    shared = by_realm(stores)[1]
    print(
        f"{len(stores)} stores, {sum(len(store.locations) for store in stores)} locations, "
        f"{len({store.realm for store in stores})} companies, {len(shared)} of them shared"
    )
    return 0


if __name__ == "__main__":
    sys.exit(main())
