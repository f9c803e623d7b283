"""How the programs start: their modules are loaded without Python's garbage collector, which would find nothing."""

from __future__ import annotations

import contextlib
import gc
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

_OBJECTS_A_COLLECTION = 50_000


@contextlib.contextmanager
def loading() -> Iterator[None]:
    """Load modules in this block, at the start of a program.

    Classes and functions that are just being made are no garbage, but Python would look through all of them again and
    again while there come more; then once more in every larger collection, and at last to take them apart before the
    process ends. A third of a short run went into that. So nothing is looked for while they are loaded, and what is
    loaded then is set aside for good (:func:`gc.freeze`). What comes later is looked through in larger lots than Python
    would by itself: among a month's documents that took a fifth of the time.
    """
    gc.disable()
    try:
        yield
    finally:
        gc.freeze()
        gc.set_threshold(_OBJECTS_A_COLLECTION)
        gc.enable()
