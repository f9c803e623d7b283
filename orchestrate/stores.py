"""``stores.yml`` on the command line: ``python -m orchestrate.stores check FILE`` tells what is wrong with a file."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from franpos_qbo.stores import StoresError, by_realm, load_stores


def main(arguments: list[str] | None = None) -> int:
    """Check a file of stores; returns 2 where it, or one of its stores, can't be used."""
    parser = argparse.ArgumentParser(prog="python -m orchestrate.stores", description=__doc__)
    parser.add_argument("what", choices=("check",))
    parser.add_argument("file", type=Path)
    options = parser.parse_args(arguments)
    try:
        stores = load_stores(options.file)
    except StoresError as error:
        print(error, file=sys.stderr)
        return 2
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
