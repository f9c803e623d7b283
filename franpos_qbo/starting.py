"""How the programs start: their modules are loaded without Python's garbage collector, which would find nothing."""

from __future__ import annotations

import contextlib
import gc
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator


@contextlib.contextmanager
def loading() -> Iterator[None]:
    """Load modules in this block, at the start of a program.

    Classes and functions that are just being made are no garbage, but Python would look through all of them again and
    again while there come more; then once more in every larger collection, and at last to take them apart before the
    process ends. A third of a short run went into that. So nothing is looked for while they are loaded, and what is
    loaded then is set aside for good (:func:`gc.freeze`); what comes later is collected as always.
    """
    gc.disable()
    try:
        yield
    finally:
        gc.freeze()
        gc.enable()
