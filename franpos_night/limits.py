"""The limits of companies that several stores share: what one has sent counts for the next."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

from target_qbo.qbo import RateLimits

if TYPE_CHECKING:
    from target_qbo.settings import Settings


class SharedLimits:
    """Gives each company's limits; thread-safe."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._by_realm: dict[tuple[str, str], RateLimits] = {}

    def of(self, settings: Settings) -> RateLimits:
        """Return the limits of a store's company, for the run of a store: they take turns."""
        realm = settings.environment, settings.realm_id
        with self._lock:
            if realm not in self._by_realm:
                self._by_realm[realm] = RateLimits(
                    requests=settings.requests_per_minute,
                    batches=settings.batches_per_minute,
                    minute=settings.minute_seconds,
                )
            limits = self._by_realm[realm]
        limits.begin_run()
        return limits
