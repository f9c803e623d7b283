"""Where the record contract is: the folder ``schemas``, one JSON Schema for each stream (tickets, payments, discounts).

The tap declares its streams with these files and the target validates records with them. Any other tap can feed the
target by producing them. Every field is described in its file, with its unit and its time zone.

The folder stands at the top of the source tree, where somebody with another till finds it first. A wheel has it inside
this package; an editable install reads the checkout's.
"""

from __future__ import annotations

from importlib import resources
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from importlib.resources.abc import Traversable


def _find() -> Traversable:
    shipped = resources.files("franpos_qbo") / "schemas"
    # A folder alone proves nothing: a checkout that once had the files there keeps an empty one.
    if (shipped / "tickets.json").is_file():
        return shipped
    return Path(__file__).parent.parent / "schemas"


SCHEMAS: Traversable = _find()
"""The folder: `SCHEMAS / "tickets.json"` and its two neighbours."""
