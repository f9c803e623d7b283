"""The shops of a page: one, by the plugins' own settings, or those of ``stores.yml``, each by settings of its own."""

from __future__ import annotations

import threading
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from franpos_qbo.stores import Store, StoresAwayError, StoresError, load_stores, unreadable
from franpos_qbo.stores.secrets import secrets_of
from target_qbo.desk.config import DeskConfig
from target_qbo.desk.connecting import Connecting
from target_qbo.desk.nights import Nights, Schedule
from target_qbo.desk.opening import KeptOpen
from target_qbo.desk.rehearsing import Rehearsals
from target_qbo.desk.works import Works
from target_qbo.errors import ConfigurationError, UnreachableError
from target_qbo.reconcile.remembered import DecidedDays

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Mapping, Sequence
    from pathlib import Path

_SHARED = "TARGET_QBO_LEDGER_URL"
"""What the environment may say for all stores; nothing else of it is a store's."""


@dataclass(frozen=True, slots=True)
class Shop:
    """A shop, and what goes on in it.

    Attributes:
        name: As ``stores.yml`` names it; empty: it is the only one.
        desk: Where its settings are.
        opened: Its company.
        works: Has done what is asked for.
        nights: Begins its nights; None: they are begun elsewhere.
        rehearsals: Has days rehearsed.
        connecting: Connects its company.
        decided: Keeps what was decided for proofs.
    """

    name: str
    desk: DeskConfig
    opened: KeptOpen
    works: Works
    nights: Nights | None
    rehearsals: Rehearsals
    connecting: Connecting
    decided: DecidedDays = field(default_factory=DecidedDays)

    def begin_nights(self) -> None:
        """Look from now on for nights that are due."""
        if self.nights is not None:
            self.nights.go_on()

    def upcoming_nights(self, number: int) -> list[dt.datetime]:
        """Return when the next nights begin from here, by the clock of the place."""
        return self.nights.upcoming(number) if self.nights is not None else []

    def close(self) -> None:
        """Let what is under way come to its end."""
        self.works.close()


def only_shop(desk: DeskConfig, schedule: Schedule | None) -> Shop:
    """Return the shop of the plugins' own settings.

    Args:
        desk: Where they are.
        schedule: When its nights begin; None: as the page keeps it.
    """
    works = Works(desk)
    return Shop("", desk, KeptOpen(desk), works, Nights(desk, works, schedule), Rehearsals(desk), Connecting(desk))


class Shops:
    """The shops of a file, which is read anew where it has changed. Thread-safe.

    Args:
        path: The file.
        secrets: Folder with the secrets of those that the environment has none of; None: there is none.
        environment: The process's variables.

    Raises:
        ConfigurationError: The file as a whole can't be used.
    """

    def __init__(self, path: Path, secrets: Path | None, environment: Mapping[str, str]) -> None:
        self._path = path
        self._secrets = secrets
        self._environment = dict(environment)
        self._lock = threading.Lock()
        self._read: tuple[object, Mapping[str, Store]] | None = None
        self._opened: dict[str, Shop] = {}
        self.stores()

    def stores(self) -> Sequence[Store]:
        """Return the stores of the file as it is now.

        Raises:
            ConfigurationError: The file as a whole can't be used.
        """
        return list(self._by_name().values())

    def sharing(self, name: str) -> int:
        """Return how many other shops have the same company as a shop."""
        known = self._by_name()
        return sum(one.realm == known[name].realm for one in known.values()) - 1 if name in known else 0

    def shop(self, name: str) -> Shop | None:
        """Return a shop; None: there is none of that name.

        Raises:
            ConfigurationError: The file as a whole can't be used.
        """
        if name not in self._by_name():
            return None
        with self._lock:
            if name not in self._opened:
                desk = self.desk(name)
                shop = Shop(name, desk, KeptOpen(desk), Works(desk, name), None, Rehearsals(desk), Connecting(desk))
                self._opened[name] = shop
            return self._opened[name]

    def desk(self, name: str) -> DeskConfig:
        """Return where the settings of a store are: read anew, and its secrets too, whenever they are asked for."""
        return DeskConfig(None, None, lambda: self.variables(name))

    def awaiting(self, address: str) -> Shop | None:
        """Return the shop of which the company is being connected, and this is the answer; None: there is none."""
        with self._lock:
            opened = list(self._opened.values())
        return next((shop for shop in opened if shop.connecting.awaits(address)), None)

    def begin_nights(self) -> None:
        """Leave the nights of several shops to the scheduler that runs them all."""

    def upcoming_nights(self, _number: int) -> list[dt.datetime]:
        """Return when the next nights begin from here: never."""
        return []

    def close(self) -> None:
        """Let what is under way come to its end."""
        with self._lock:
            opened = list(self._opened.values())
        for shop in opened:
            shop.close()

    def _by_name(self) -> Mapping[str, Store]:
        try:
            with self._lock:
                seen = self._path.stat()
                mark = seen.st_mtime_ns, seen.st_size, seen.st_ino
                if self._read is None or self._read[0] != mark:
                    self._read = mark, {store.name: store for store in load_stores(self._path)}
                return self._read[1]
        except OSError as error:
            problem = unreadable(self._path, error)
        except StoresError as error:
            problem = error
        raise (UnreachableError if isinstance(problem, StoresAwayError) else ConfigurationError)(str(problem))

    def variables(self, name: str) -> Mapping[str, str]:
        """Return the variables of a store: its settings, its secrets, and where all stores' ledger is.

        Raises:
            ConfigurationError: Its entry or its secrets can't be used.
        """
        store = self._by_name().get(name)
        if store is None:
            raise ConfigurationError(f"shop {name} stands no longer in {self._path}")
        shared = {_SHARED: self._environment[_SHARED]} if self._environment.get(_SHARED) else {}
        try:
            return shared | store.environment(secrets_of(store, self._environment, self._secrets))
        except StoresError as error:
            raise ConfigurationError(f"shop {name}: {error}") from None
