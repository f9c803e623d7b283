"""Days that were decided for a proof, for the next one: who puts something right proves the same month again.

Deciding is half of a proof's time, and what it gives depends on nothing but the rules and what the ledger holds of the
day. Both are in the day's mark: a day of which anything has changed is decided anew.
"""

from __future__ import annotations

import pickle
import threading
from collections import OrderedDict
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Sequence

    from target_qbo.reconcile.model import TillTicket

    Key = tuple[dt.date, str | None]

_MOST = 64  # days: a shop's ordinary one takes some 60 kB


class DecidedDays:
    """Keeps the latest days, packed; thread-safe. A process of its own keeps them for one company."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._days: OrderedDict[Key, tuple[bytes, bytes]] = OrderedDict()

    def get(self, day: dt.date, location_id: str | None, mark: bytes) -> list[TillTicket] | None:
        """Return a day's tickets as they were decided; None: they were not, or of another mark."""
        with self._lock:
            known, packed = self._days.get((day, location_id), (b"", b""))
        if known != mark:
            return None
        tickets: list[TillTicket] = pickle.loads(packed)  # noqa: S301 (packed here, and kept in this process alone)
        return tickets

    def put(self, day: dt.date, location_id: str | None, mark: bytes, tickets: Sequence[TillTicket]) -> None:
        """Keep a day's tickets."""
        packed = pickle.dumps(list(tickets), pickle.HIGHEST_PROTOCOL)
        with self._lock:
            self._days[day, location_id] = mark, packed
            self._days.move_to_end((day, location_id))
            while len(self._days) > _MOST:
                self._days.popitem(last=False)
