"""What was asked of the stand-in: counts of calls, and the bodies it accepted."""

from __future__ import annotations

from collections import Counter, deque
from dataclasses import dataclass, field
from typing import Any

KEPT_PAYLOADS = 5000


@dataclass(slots=True)
class Calls:
    """Counts since the last reset.

    Attributes:
        requests: Requests let through, reads and writes.
        reads: What Intuit meters: reads by id, queries, each query in a batch.
        writes: Entities written, those in batches counted singly.
        batches: Batches let through.
        unauthorized: Requests without a living token.
        faults: Refusals by code, those in batches counted singly.
        by_entity: Writes by entity and operation.
        payloads: The last bodies that were accepted.
    """

    requests: int = 0
    reads: int = 0
    writes: int = 0
    batches: int = 0
    unauthorized: int = 0
    faults: Counter[str] = field(default_factory=Counter)
    by_entity: Counter[tuple[str, str]] = field(default_factory=Counter)
    payloads: deque[dict[str, Any]] = field(default_factory=lambda: deque(maxlen=KEPT_PAYLOADS))

    def wrote(self, entity: str, operation: str, body: dict[str, Any]) -> None:
        """Count a write that was accepted."""
        self.writes += 1
        self.by_entity[entity, operation] += 1
        self.payloads.append({"entity": entity, "operation": operation, "body": body})
