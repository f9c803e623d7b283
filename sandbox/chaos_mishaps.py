"""What can go wrong in a night of `sandbox.chaos_stores`: in one store, or with what all stores share."""

from __future__ import annotations

import contextlib
import os
import signal
import sqlite3
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import requests
import sqlalchemy as sa

from franpos_night import limits, pipe
from franpos_night.bookmarks import MeltanoBookmarks
from sandbox.chaos_night import At, FileBookmarks, hang, raise_
from sandbox.chaos_processes import die_at, fill_disk
from tap_franpos.tap import TapFranpos
from target_qbo import company, target
from target_qbo.company import Company
from target_qbo.desk.config import DeskConfig
from target_qbo.desk.shops import Shops
from target_qbo.errors import TargetError, UnreachableError
from target_qbo.ledger import CompanyLedger, open_ledger
from target_qbo.posting.journal import Journal
from target_qbo.posting.summary import RunSummary
from target_qbo.qbo import QboClient
from target_qbo.reader import MessageReader
from target_qbo.sinks import LedgerSink
from target_qbo.target import TargetQBO

if TYPE_CHECKING:
    from collections.abc import Callable
    from random import Random

    from sandbox.chaos_chain import Chain
    from sandbox.chaos_night import NightProcess

_SLOW_SECONDS = 1.0
_QBO_FAULTS = ("drop_before", "drop_after", "500", "500_after", "503_after", "html", "html_after", "429", "slow")
_FRANPOS_FAULTS = ("drop_before", "500", "html", "429", "empty")
_POISON = (
    "no JSON at all",
    "[" * 20_000,
    "[]",
    '{"no": "type"}',
    '{"type": "SOMETHING"}',
    '{"type": "RECORD", "stream": "tickets"}',
    '{"type": "RECORD", "stream": "tickets", "record": {"ticket_id": 1}}',
    '{"type": "RECORD", "stream": "tickets", "record": {"ticket_id": "1", "total": 1e999999999}}',
    '{"type": "RECORD", "stream": "customers", "record": {"id": "1"}}',
    '{"type": "SCHEMA", "stream": "customers", "schema": {"properties": {}}, "key_properties": []}',
    '{"type": "STATE", "value": {"bookmarks": NaN}}',
    '{"type": "RECORD", "stream": "payments", "record": null}',
    '{"type": "RECORD", "stream": "payments", "record": []}',
    "\ud800",
)


@dataclass(slots=True)
class Mishap:
    """Something that goes wrong in a night.

    Attributes:
        told: What.
        hurts: The stores that need not be done for it; None: any.
        fails: The store that must not be done once what was laid into the process has happened; empty: none.
        is_bug: Whether what it hurts may end as by an error of the program.
        prepare: What is laid into the night's process.
        orders: By store, faults of its company's stand-ins.
        wrong_tokens: By store, refresh tokens in the place of the right ones.
        before: Done when files are written.
        after: Done when the night is over.
        schedule: Done so many seconds after its beginning, with the night.
        kills: Whether it ends the process.
        hangs: Whether a store comes to no end: the limit is short, and answers are waited for as long as ever.
    """

    told: str
    hurts: set[str] | None = None
    fails: str = ""
    is_bug: bool = False
    prepare: list[Callable[[Path], None]] = field(default_factory=list)
    orders: dict[str, list[dict[str, Any]]] = field(default_factory=dict)
    wrong_tokens: dict[str, str] = field(default_factory=dict)
    before: Callable[[], None] = lambda: None
    after: Callable[[], None] = lambda: None
    schedule: list[tuple[float, Callable[[NightProcess], None]]] = field(default_factory=list)
    kills: bool = False
    hangs: bool = False


class OfOneStore:
    """What goes wrong in one store of a chain; what is shared with it, its company has to bear too."""

    def __init__(self, chain: Chain, random: Random, *, meltano: bool) -> None:
        self._chain = chain
        self._random = random
        self._bookmarks = MeltanoBookmarks if meltano else FileBookmarks

    def draw(self, store: str) -> Mishap:
        """Draw one."""
        kinds = (
            *[self._raises] * 5,
            *[self._poisoned] * 2,
            self._hangs,
            self._hangs,
            self._quickbooks_fails,
            self._franpos_fails,
            self._is_not_connected,
            self._has_a_wrong_token,
            self._has_no_secrets,
            self._is_wrongly_set,
            self._has_no_bookmarks,
            self._reads_no_ledger,
            self._posted_by_another,
        )
        mishap: Mishap = self._random.choice(kinds)(store)
        mishap.hurts = self._chain.company_of(store)
        return mishap

    def _stage(self) -> tuple[Any, str, int]:
        """Draw a stage of a store's night: a method, and which of its calls."""
        some = self._random.randint(1, 12)
        return self._random.choice(
            (
                (DeskConfig, "given", self._random.randint(1, 3)),
                (Shops, "variables", 1),
                (limits.SharedLimits, "of", 1),
                (self._bookmarks, "read", 1),
                (TapFranpos, "__init__", 1),
                (TapFranpos, "sync_all", 1),
                (pipe.PipeWriter, "write_message", some),
                (TargetQBO, "__init__", 1),
                (company, "open_ledger", 1),
                (MessageReader, "deserialize_json", some),
                (LedgerSink, "process_record", some),
                (LedgerSink, "process_batch", 1),
                (Company, "post_pending", 1),
                (CompanyLedger, "read", some),
                (CompanyLedger, "write", some),
                (CompanyLedger, "lock", 1),
                (Journal, "gather", some),
                (QboClient, "_attempt", some),
                (target, "close_run", 1),
                (RunSummary, "as_record", 1),
                (self._bookmarks, "write", 1),
                (TargetQBO, "close", 1),
            )
        )

    def _raises(self, store: str) -> Mishap:
        error = self._random.choice((RuntimeError, KeyError, MemoryError, RecursionError, OSError, SystemExit))
        owner, name, nth = self._stage()
        at = At(owner, name, store, nth)
        told = f"{store} raises {error.__name__} at {owner.__name__}.{name} {nth}"
        return Mishap(told, fails=store, is_bug=True, prepare=[partial(at.do, raise_(error("drawn")))])

    def _hangs(self, store: str) -> Mishap:
        if self._random.random() < 0.5:
            where = self._random.choice(("qbo", "franpos", "token"))
            order = {"where": where, "do": self._random.choice(("hang", "hang_after")), "match": {"every": 1}}
            return Mishap(f"{store}: {where} gives no answer", orders={store: [order]}, hangs=True)
        owner, name, nth = self._stage()
        at = At(owner, name, store, nth)
        return Mishap(
            f"{store} hangs at {owner.__name__}.{name} {nth}", fails=store, prepare=[partial(at.do, hang)], hangs=True
        )

    def _poisoned(self, store: str) -> Mishap:
        line, nth = self._random.choice(_POISON), self._random.randint(1, 12)

        def poison(writer: pipe.PipeWriter, *_arguments: object) -> None:
            writer._pipe.write(line + "\n")  # noqa: SLF001 (as a tap that is broken would)

        at = At(pipe.PipeWriter, "write_message", store, nth)
        told = f"{store} is given {line[:60]!r} as message {nth}"
        return Mishap(told, fails=store, prepare=[partial(at.do, poison)])

    def _quickbooks_fails(self, store: str) -> Mishap:
        orders, told = [], []
        for fault in self._random.sample(_QBO_FAULTS, self._random.randint(1, 3)):
            share = self._random.choice((0.05, 0.3, 1.0)) if fault != "slow" else 0.05
            match = {"share": share, "path": self._random.choice(("/batch", "/(invoice|payment)", "/v3/"))}
            orders.append({"where": "qbo", "do": fault, "match": match, "retry_after": 1, "seconds": _SLOW_SECONDS})
            told.append(f"{fault} {share}")
        return Mishap(f"{store}: QuickBooks {', '.join(told)}", orders={store: orders})

    def _franpos_fails(self, store: str) -> Mishap:
        fault = self._random.choice(_FRANPOS_FAULTS)
        match = {"share": self._random.choice((0.3, 1.0))}
        order = {"where": "franpos", "do": fault, "match": match, "retry_after": 1, "status": 401}
        if fault == "html":
            order["status"] = 502
        return Mishap(f"{store}: Franpos {fault} {match['share']}", orders={store: [order]})

    def _is_not_connected(self, store: str) -> Mishap:
        chain = self._chain
        return Mishap(
            f"{store}: the company is disconnected",
            before=lambda: chain.call(store, "POST", "qbo", {"revoke": True}),
            after=lambda: chain.connect_again(store),
        )

    def _has_a_wrong_token(self, store: str) -> Mishap:
        return Mishap(f"{store} has a wrong token", wrong_tokens={store: "never-given-out"})

    def _has_no_secrets(self, store: str) -> Mishap:
        path = self._chain.secret_file(store)
        ways: dict[str, Callable[[], object]] = {
            "no file of secrets": path.unlink,
            "a file of secrets that all may read": lambda: path.chmod(0o644),
            "a broken file of secrets": lambda: path.write_text(path.read_text()[:-3]),
            "secrets that are none": lambda: path.write_text('{"TAP_FRANPOS_AUTH": "a-secret"}'),
            "a list of secrets": lambda: path.write_text("[1, 2]"),
        }
        name = self._random.choice(list(ways))

        def before() -> None:
            ways[name]()

        return Mishap(f"{store} has {name}", before=before)

    def _is_wrongly_set(self, store: str) -> Mishap:
        plugin, setting, value = self._random.choice(
            (
                ("tap-franpos", "start_date", "yesterday"),
                ("tap-franpos", "page_size", -1),
                ("tap-franpos", "page_size", "many"),
                ("tap-franpos", "location_time_zones", {"1": "Mars/Olympus"}),
                ("tap-franpos", "api_url", "nowhere"),
                ("tap-franpos", "auth_token", "a-token-in-the-wrong-place"),
                ("target-qbo", "batch_size", 9_000),
                ("target-qbo", "on_change", "shrug"),
                ("target-qbo", "api_url", "http://quickbooks.example"),
                ("target-qbo", "tenders", {"Cash": 7}),
                ("target-qbo", "no_such_setting", 1),
            )
        )

        def before() -> None:
            self._chain.override(store, plugin, setting, value)

        return Mishap(f"{store} has {setting} {value!r}", before=before)

    def _has_no_bookmarks(self, store: str) -> Mishap:
        error = UnreachableError("the bookmarks can't be reached: drawn")
        at = At(self._bookmarks, self._random.choice(("read", "write")), store, calls=self._random.choice((1, 99)))
        return Mishap(f"{store}: no {at.name} of bookmarks", prepare=[partial(at.do, raise_(error))])

    def _reads_no_ledger(self, store: str) -> Mishap:
        error = sa.exc.OperationalError("a statement", {"a": "parameter"}, sqlite3.OperationalError("disk I/O error"))
        nth, calls = self._random.randint(1, 15), self._random.choice((1, 5, 99))
        at = At(CompanyLedger, self._random.choice(("read", "write")), store, nth, calls)
        told = f"{store}: the ledger has a disk error at {at.name} {nth}, {calls} times"
        return Mishap(told, fails=store, prepare=[partial(at.do, raise_(error))])

    def _posted_by_another(self, store: str) -> Mishap:
        """Have another run hold on to the company until the night is over."""
        holding = contextlib.ExitStack()
        realm = self._chain.realm(store)

        purpose = self._random.choice(("posting", "tokens"))

        def before() -> None:
            with contextlib.suppress(TargetError):  # the ledger may be what is gone
                ledger = open_ledger(self._chain.ledgers.url(realm), environment="sandbox", realm_id=realm)
                holding.callback(ledger.engine.dispose)
                holding.enter_context(ledger.lock(purpose))

        def after() -> None:
            with contextlib.suppress(sa.exc.DBAPIError):  # it was lost with its connection
                holding.close()

        return Mishap(f"{store}: another run holds the lock of {purpose}", before=before, after=after, hangs=True)


class OfAll:
    """What goes wrong with the night's process, or with what all stores share."""

    def __init__(self, chain: Chain, random: Random, *, meltano: bool) -> None:
        self._chain = chain
        self._random = random
        self._bookmarks = MeltanoBookmarks if meltano else FileBookmarks

    def draw(self) -> Mishap:
        """Draw one."""
        kinds = [self._killed, self._killed_at, self._killed_at, self._stopped, self._full_disk, self._no_bookmarks]
        kinds += [self._no_server] * 4 if self._chain.ledgers.on_server else [self._no_file, self._locked_file]
        if self._bookmarks is MeltanoBookmarks:
            kinds += [self._killed_meltano] * 4
        mishap: Mishap = self._random.choice(kinds)()
        return mishap

    def _killed(self) -> Mishap:
        seconds = self._random.uniform(0.1, 5)
        kill = [(seconds, lambda night: night.signal(signal.SIGKILL))]
        return Mishap(f"killed after {seconds:.1f} s", schedule=kill, kills=True)

    def _killed_at(self) -> Mishap:
        owner, name = self._random.choice(
            ((CompanyLedger, "write"), (requests.Session, "request"), (self._bookmarks, "write"), (Journal, "gather"))
        )
        nth = self._random.randint(1, 60 if name != "write" or owner is CompanyLedger else 4)
        told = f"killed at {owner.__name__}.{name} {nth}"
        return Mishap(told, prepare=[lambda _: die_at(owner, name, nth)], kills=True)

    def _stopped(self) -> Mishap:
        seconds = self._random.uniform(0.1, 5)
        number = self._random.choice((signal.SIGTERM, signal.SIGINT))
        stop = [(seconds, lambda night: night.signal(number))]
        return Mishap(f"{number.name} after {seconds:.1f} s", schedule=stop, kills=True)

    def _full_disk(self) -> Mishap:
        room = self._random.randint(20_000, 600_000)
        return Mishap(f"disk full after {room}", prepare=[lambda _: fill_disk(room)], kills=True)

    def _no_bookmarks(self) -> Mishap:
        error = UnreachableError("the bookmarks can't be reached: drawn")
        at = At(self._bookmarks, self._random.choice(("read", "write")), calls=self._random.choice((1, 3, 99)))
        return Mishap(f"no {at.name} of bookmarks, {at.calls} times", prepare=[partial(at.do, raise_(error))])

    def _killed_meltano(self) -> Mishap:
        """End the process that keeps the bookmarks, now and then."""
        times = [self._random.uniform(1, 8) for _ in range(3)]
        return Mishap("Meltano's process is killed", schedule=[(seconds, _kill_children) for seconds in times])

    def _no_server(self) -> Mishap:
        ledgers, realm = self._chain.ledgers, self._random.choice(list(self._chain.companies()))
        hurts = None if ledgers.shared else set(self._chain.companies()[realm])
        begun, lasting = self._random.uniform(0, 4), self._random.uniform(0.2, 3)
        if self._random.random() < 0.4:
            times = [begun + lasting * part / 3 for part in range(3)]
            cut = [(seconds, lambda _: ledgers.end_connections(realm)) for seconds in times]
            return Mishap(f"connections to the ledger of {realm[-2:]} are ended", hurts, schedule=cut)
        gone = [(begun, lambda _: ledgers.open_to(realm, allowed=False))]
        gone += [(begun + lasting, lambda _: ledgers.open_to(realm, allowed=True))]
        return Mishap(f"no ledger of {realm[-2:]} from {begun:.1f} s for {lasting:.1f} s", hurts, schedule=gone)

    def _no_file(self) -> Mishap:
        """Have something else stand where the ledger is."""
        ledgers, realm = self._chain.ledgers, self._random.choice(list(self._chain.companies()))
        hurts = None if ledgers.shared else set(self._chain.companies()[realm])
        path = ledgers.path(realm)
        kept = path.with_name(f"{path.name}.kept")

        def before() -> None:
            if path.exists():
                path.rename(kept)
            path.mkdir()

        def after() -> None:
            path.rmdir()
            if kept.exists():
                kept.rename(path)

        return Mishap(f"the ledger of {realm[-2:]} is no file", hurts, before=before, after=after)

    def _locked_file(self) -> Mishap:
        """Have another program keep the ledger's file to itself for a while."""
        ledgers, realm = self._chain.ledgers, self._random.choice(list(self._chain.companies()))
        begun, lasting = self._random.uniform(0, 4), self._random.uniform(0.2, 3)
        path, holding = ledgers.path(realm), contextlib.ExitStack()

        def lock(_night: NightProcess) -> None:
            if path.is_file():
                connection = holding.enter_context(contextlib.closing(sqlite3.connect(path, isolation_level=None)))
                connection.execute("PRAGMA busy_timeout = 5000")
                with contextlib.suppress(sqlite3.OperationalError):
                    connection.execute("BEGIN IMMEDIATE")

        schedule: list[tuple[float, Callable[[NightProcess], None]]]
        schedule = [(begun, lock), (begun + lasting, lambda _: holding.close())]
        told = f"the ledger of {realm[-2:]} is locked from {begun:.1f} s for {lasting:.1f} s"
        return Mishap(told, set(), schedule=schedule, after=holding.close)


def _kill_children(night: NightProcess) -> None:
    if night.look():
        return
    for task in Path(f"/proc/{night.pid}/task").glob("*/children"):
        for child in task.read_text().split():
            with contextlib.suppress(ProcessLookupError):
                os.kill(int(child), signal.SIGKILL)
