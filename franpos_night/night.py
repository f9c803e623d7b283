"""Which store's night runs when: several at once, those of one company one after the other, none longer than its limit.

A thread can't be ended from outside. One that is over its limit is left behind: its store has failed, its place is
given to another, and what it may still do is safe by the ledger, as after a kill. Where too many are left behind no
further one is begun, so that memory stays bounded.
"""

from __future__ import annotations

import contextvars
import gc
import hashlib
import logging
import queue
import threading
import time
from collections import deque
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from franpos_night.outcome import Code, Outcome

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from franpos_qbo.stores import Store

logger = logging.getLogger("franpos-qbo.night")

_LEFT_BEHIND = 4  # so many times as many as run at once
_STORES_A_COLLECTION = 4


@dataclass(frozen=True, slots=True)
class Shard:
    """One of several parts of all stores: 2 of 5, say.

    A store's part goes by its company alone, so stores of one company are in one part, and a store that comes or goes
    moves no other.
    """

    number: int
    of: int

    def holds(self, store: Store) -> bool:
        """Tell whether a store is in this part."""
        digest = hashlib.sha256((store.realm or store.name).encode()).digest()
        return int.from_bytes(digest[:8]) % self.of == self.number - 1


@dataclass(slots=True)
class _Chain:
    """The stores of one company, which take turns."""

    stores: deque[str]
    begun: float = 0.0
    token: object = field(default_factory=object)  # names one store's thread: what an older one says is not heard


class Night:
    """Syncs many stores.

    Args:
        sync: Syncs one, and raises nothing; it is called in a thread and a context of its own.
        at_once: How many at once.
        limit_seconds: How long each may take.
        tell: Is told of each store that is through, in the thread of :meth:`run`.
        turn: Which store of each company begins: the first for 0, the one after it for 1, and so on around. One that is
            always over its limit keeps those after it from being begun, so another one is to begin each night.
    """

    def __init__(
        self,
        sync: Callable[[str], Outcome],
        *,
        at_once: int,
        limit_seconds: float,
        tell: Callable[[Outcome], None],
        turn: int = 0,
    ) -> None:
        self._sync = sync
        self._at_once = at_once
        self._limit = limit_seconds
        self._tell = tell
        self._turn = turn
        self._ended: queue.SimpleQueue[tuple[object, Outcome] | None] = queue.SimpleQueue()  # a signal may put into it
        self._waiting: deque[_Chain] = deque()
        self._running: dict[object, _Chain] = {}
        self._outcomes: dict[str, Outcome] = {}
        self._stopping = ""
        self.left_behind = 0

    def run(self, stores: Sequence[Store]) -> list[Outcome]:
        """Run the night of all stores; returns what each came to, in their order."""
        self._waiting.extend(_Chain(deque(names)) for names in _by_company(stores))
        for chain in self._waiting:
            chain.stores.rotate(-self._turn)
        while self._running or (self._waiting and not self._stopping):
            while self._waiting and len(self._running) < self._at_once and not self._stopping:
                self._begin(self._waiting.popleft())
            if self._running:
                self._hear()
            self._leave_behind()
        for chain in self._waiting:
            self._not_begun(chain, self._stopping)
        return [self._outcomes[store.name] for store in stores]

    def stop(self) -> None:
        """Begin no further store, and wait for none; for a signal's handler."""
        self._stopping = "the night was told to stop"
        self._ended.put(None)

    def _begin(self, chain: _Chain) -> None:
        chain.begun, chain.token = time.monotonic(), object()
        self._running[chain.token] = chain
        # A context of its own, with nothing of another store in it.
        thread = threading.Thread(
            target=contextvars.Context().run,
            args=(self._carry_out, chain.token, chain.stores[0]),
            name=f"night {chain.stores[0]}",
            daemon=True,
        )
        try:
            thread.start()
        except RuntimeError as error:  # the system allows no further thread
            self._ended.put((chain.token, Outcome(chain.stores[0], "", Code.AGAIN, f"not begun: {error}")))

    def _carry_out(self, token: object, store: str) -> None:
        try:
            outcome = self._sync(store)
        except BaseException as error:
            logger.exception("%s: an error of the program", store)
            outcome = Outcome(store, "", Code.FAILED, f"an error of the program ({type(error).__name__}): see its log")
        self._ended.put((token, outcome))

    def _hear(self) -> None:
        """Wait for the next store that is through, or over its limit."""
        first = min(chain.begun for chain in self._running.values()) + self._limit
        try:
            told = self._ended.get(timeout=max(0.0, first - time.monotonic()))
        except queue.Empty:
            return
        if told is None:
            for token in list(self._running):
                self._give_up(token, Code.AGAIN, self._stopping)
            return
        token, outcome = told
        if (chain := self._running.pop(token, None)) is None:
            return  # it was left behind
        self._take(outcome)
        if len(self._outcomes) % _STORES_A_COLLECTION == 0:
            gc.collect()  # a store leaves a megabyte in cycles; by itself Python looks for those of hundreds at once
        chain.stores.popleft()
        if chain.stores:
            self._waiting.appendleft(chain)

    def _leave_behind(self) -> None:
        now = time.monotonic()
        for token, chain in list(self._running.items()):
            if now - chain.begun >= self._limit:
                self._give_up(token, Code.TOO_LONG, f"not through after {self._limit / 60:g} minutes")
        if self.left_behind > _LEFT_BEHIND * self._at_once and not self._stopping:
            self._stopping = f"{self.left_behind} stores before it are over their limit"

    def _give_up(self, token: object, code: Code, reason: str) -> None:
        chain = self._running.pop(token)
        store = chain.stores.popleft()
        self.left_behind += 1
        self._take(Outcome(store, "", code, reason, time.monotonic() - chain.begun))
        self._not_begun(chain, f"{store}, of the same company, is not through")

    def _not_begun(self, chain: _Chain, reason: str) -> None:
        for store in chain.stores:
            self._take(Outcome(store, "", Code.AGAIN, f"not begun: {reason}"))
        chain.stores.clear()

    def _take(self, outcome: Outcome) -> None:
        self._outcomes[outcome.store] = outcome
        self._tell(outcome)


def _by_company(stores: Iterable[Store]) -> list[list[str]]:
    """Return the stores' names, those of one company together, in the order of the file."""
    companies: dict[str, list[str]] = {}
    for store in stores:
        companies.setdefault(f"realm {store.realm}" if store.realm else f"store {store.name}", []).append(store.name)
    return list(companies.values())
