"""The stores of a file as a night takes them: which are meant, each with its settings, bookmarks and limits."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

from franpos_night.limits import SharedLimits
from franpos_night.store_night import sync
from franpos_qbo.stores import by_realm
from tap_franpos.tap import TapFranpos
from target_qbo.desk.config import DeskConfig
from target_qbo.target import TargetQBO

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from pathlib import Path

    from franpos_night.bookmarks import Bookmarks
    from franpos_night.outcome import Outcome
    from franpos_qbo.stores import Store


class Fleet:
    """Syncs the stores of a file, each by what is its own.

    Args:
        stores: All of the file.
        variables: Gives the variables of a store; raises ConfigurationError.
        bookmarks: Where theirs are.
        project: The Meltano project's folder.
    """

    def __init__(
        self,
        stores: Sequence[Store],
        variables: Callable[[str], Mapping[str, str]],
        bookmarks: Bookmarks,
        project: Path,
    ) -> None:
        for plugin in (TapFranpos, TargetQBO):
            # The SDK adds to a plugin's settings when it is first made; two threads at once must not.
            plugin.append_builtin_config(plugin.config_jsonschema)
        self._variables = variables
        self._bookmarks = bookmarks
        self._project = project
        self._limits = SharedLimits()
        self._sharing = {store.name for sharing in by_realm(stores)[1].values() for store in sharing}

    def sync(self, store: str) -> Outcome:
        """Sync a store; see :func:`franpos_night.store_night.sync`."""
        desk = DeskConfig(None, None, cache(lambda: self._variables(store)), self._project)
        shared = (lambda: self._limits.of(desk.target())) if store in self._sharing else None
        return sync(store, desk, self._bookmarks, shared)
