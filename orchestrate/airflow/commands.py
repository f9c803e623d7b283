"""``franpos-qbo`` for Airflow's tasks: where it is, which of its commands run for a store, and what they end with."""

from __future__ import annotations

import shutil
from itertools import pairwise
from typing import TYPE_CHECKING

from orchestrate.nightly import PROJECT

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

COMMANDS = ("check", "preview", "rebuild", "reconcile", "remind", "resync", "runs", "sync", "tickets", "undo")
"""All that need no person at a terminal or a browser."""
OF_THE_COMPANY = ("resync", "undo")
"""Those that change what stands for all of a company's locations, where none is named."""
MEANINGS = {
    1: "there are differences or skipped tickets, or the input can't be taken: see the log",
    2: "wrong use, or a wrong setting: see the log",
    3: "QuickBooks, Franpos or the ledger's database can't be reached: try again",
    4: "sign-in needed: connect the company again",
}
"""By exit code (docs/commands.md)."""


def franpos_qbo() -> str:
    """Return the program: this folder's own, of the release that the operators are of, else that of the path.

    Raises:
        FileNotFoundError: There is none; says how to get it.
    """
    own = PROJECT / ".venv" / "bin" / "franpos-qbo"
    found = str(own) if own.exists() else shutil.which("franpos-qbo")
    if found is None:
        raise FileNotFoundError(f"franpos-qbo is not installed: make setup in {PROJECT}")
    return found


def touches_others(words: Sequence[str], locations: Collection[str]) -> bool:
    """Tell whether a command may touch other stores of the same company, given its words and the store's locations."""
    asked = [word.removeprefix("--location=") for word in words if word.startswith("--location=")]
    asked += [value for word, value in pairwise(words) if word == "--location"]
    return words[0] in OF_THE_COMPANY and not (asked and set(asked) <= set(locations))
