"""One store's night: its tap and its target, each as it is, in two threads with a pipe between them."""

from __future__ import annotations

import logging
import threading
import time
from contextvars import copy_context
from typing import TYPE_CHECKING, Any

from franpos_night.outcome import Code, Ended, Outcome, most_telling
from franpos_night.pipe import Pipe, PipeWriter
from franpos_qbo import metrics
from franpos_qbo.logs import begin_store, marks
from franpos_qbo.telemetry import Telemetry
from tap_franpos import tap as franpos
from tap_franpos.settings import CONFIG_SCHEMA
from target_qbo.desk.config import TAP, TARGET
from target_qbo.errors import TargetError
from target_qbo.settings import SETTINGS
from target_qbo.target import TargetQBO, ending_of_run

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from franpos_night.bookmarks import Bookmarks
    from target_qbo.closing import Closing
    from target_qbo.desk.config import DeskConfig
    from target_qbo.qbo import RateLimits

    Limits = Callable[[], RateLimits]

logger = logging.getLogger("franpos-qbo.night")

_KINDS = {franpos.SETTINGS: Code.SETTINGS, franpos.UNREACHABLE: Code.UNREACHABLE, franpos.REFUSED: Code.FAILED}
_LEAVING_SECONDS = 60
_BUG = "an error of the program ({}): see its log"


def sync(store: str, desk: DeskConfig, bookmarks: Bookmarks, limits: Limits | None) -> Outcome:
    """Sync a store: what its tap has since its bookmarks, into its books.

    Call it in a context of its own (:mod:`contextvars`): what is logged and measured in it is marked as the store's.

    Args:
        store: Its name in ``stores.yml``.
        desk: Where its settings are.
        bookmarks: Where its bookmarks are read and written.
        limits: Gives those of its company, where other stores share them; None: its own.

    Returns:
        What it came to. Whatever goes wrong is in it: nothing is raised.
    """
    begin_store(store)
    begun = time.monotonic()
    night = _StoreNight(store, desk, bookmarks, limits)
    end = night.run()
    closing = night.closing
    return Outcome(
        store,
        marks()["run"],
        end.code,
        end.reason,
        time.monotonic() - begun,
        closing.figures if closing else {},
        closing.skipped if closing else (),
    )


class _StoreNight:
    def __init__(self, store: str, desk: DeskConfig, bookmarks: Bookmarks, limits: Limits | None) -> None:
        self._store = store
        self._desk = desk
        self._bookmarks = bookmarks
        self._limits = limits
        self._pipe = Pipe()
        self._tap_end = Ended(Code.FAILED, f"{TAP} ended without a word")
        self._bookmarks_end = Ended(Code.DONE)
        self.closing: Closing | None = None

    def run(self) -> Ended:
        """Run both plugins to their ends; returns the one that tells most."""
        try:
            tap = {name: value for name, value in self._desk.tap(CONFIG_SCHEMA).items() if value is not None}
            target = self._desk.given(TARGET, SETTINGS)  # what the page keeps the target takes by itself
            limits = None if self._limits is None else self._limits()
            state = self._bookmarks.read(self._store)
        except Exception as error:  # noqa: BLE001 (of this store alone)
            return self._ended(error)
        context = copy_context()
        fetching = threading.Thread(
            target=context.run, args=(self._fetch, tap, state), name=f"{TAP} {self._store}", daemon=True
        )
        fetching.start()
        try:
            target_end = self._post(target, limits)
        finally:
            self._pipe.leave()  # however the target ended: a tap that nobody reads any more would wait for ever
            fetching.join(_LEAVING_SECONDS)
        return most_telling([target_end, self._tap_end, self._bookmarks_end])

    def _fetch(self, settings: Mapping[str, Any], state: Mapping[str, Any]) -> None:
        """Run the tap; its end closes the pipe, however it comes."""
        metrics.begin_run()
        try:
            with Telemetry(TAP):
                writer = PipeWriter(self._pipe)
                franpos.TapFranpos(config=dict(settings), state=dict(state), message_writer=writer).sync_all()
            self._tap_end = Ended(Code.DONE)
        except BrokenPipeError:
            self._tap_end = Ended(Code.DONE)  # the target has ended: it says why
        except Exception as error:  # noqa: BLE001 (of this store alone)
            stop = franpos.stop_of(error)
            self._tap_end = Ended(_KINDS[stop.kind], f"{TAP}: {stop.line}") if stop else self._ended(error)
        finally:
            self._pipe.end()

    def _post(self, settings: Mapping[str, Any], limits: RateLimits | None) -> Ended:
        """Run the target."""
        metrics.begin_run()
        target: TargetQBO | None = None
        try:
            with Telemetry(TARGET):
                target = TargetQBO(config=dict(settings), limits=limits, give_state=self._keep)
                target.run(self._pipe)
        except Exception as error:  # noqa: BLE001 (of this store alone)
            return self._ended(error, TARGET)
        finally:
            if target is not None:
                self.closing = target.ended
                target.close()
        return Ended(Code.DONE)

    def _keep(self, state: str) -> None:
        """Keep a bookmark. Where that fails the next night fetches the same again; what is received is posted."""
        try:
            self._bookmarks.write(self._store, state)
        except TargetError as error:
            self._bookmarks_end = self._ended(error)
        else:
            self._bookmarks_end = Ended(Code.DONE)

    def _ended(self, error: Exception, plugin: str = "") -> Ended:
        ending = ending_of_run(error)
        if ending is None:
            logger.error("%s", _BUG.format(type(error).__name__), exc_info=error)
            return Ended(Code.FAILED, _BUG.format(type(error).__name__))
        return Ended(Code(ending.exit_code), f"{plugin}: {ending.line}" if plugin else ending.line)
