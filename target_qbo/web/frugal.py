"""Memory that is given back: a page stays up for weeks, and a proof of a month is made in a moment.

The GNU C library gives each thread a heap of its own, and keeps what is freed in it: after a proof, 60 MB more than
with one heap for all threads, which take turns in Python anyway.
"""

from __future__ import annotations

import ctypes

# The parameters' numbers in malloc.h.
_TRIM_THRESHOLD, _MMAP_THRESHOLD, _ARENA_MAX = -1, -3, -8
_GIVEN_BACK = 64 * 1024


def share_one_heap() -> None:
    """Have all threads share a heap that gives back what is freed; other C libraries are let be."""
    try:
        set_parameter = ctypes.CDLL(None).mallopt
    except (AttributeError, OSError, TypeError):
        return
    for parameter, value in ((_ARENA_MAX, 1), (_TRIM_THRESHOLD, _GIVEN_BACK), (_MMAP_THRESHOLD, _GIVEN_BACK)):
        set_parameter(parameter, value)
