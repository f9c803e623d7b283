"""`python -m sandbox.chaos --seeds N`: whole syncs under seeded faults, then a clean run, then a look at the books.

A seed decides how the shop looks, what fails and when: answers lost before and after the work was done, server errors,
HTML instead of JSON, storms of 429, answers that come late or never, tokens that run out, targets that die at any
request or any write into their ledger, a disk that is full, a ledger that is gone, two runs at once, tickets edited
and voided at the till in between; documents deleted or voided by hand in QuickBooks, days undone and resynced amid it;
a service that fails for a content or a size, or answers what says nothing (`sandbox.chaos_service`).
Whatever happened, after one clean run every clean ticket must stand once, to the cent, and nothing else; where a
person had a hand in it, after one clean resync. A ticket that QuickBooks never takes may be left out with a reason.

Every run is a process of its own, forked from one that has the plugins loaded, so that a seed takes seconds.
"""

from __future__ import annotations

import argparse
import contextlib
import io
import json
import os
import signal
import sys
import tempfile
import time
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path
from random import Random
from typing import TYPE_CHECKING, Any

import requests

from sandbox import chaos_service
from sandbox.__main__ import main as sandbox_main
from sandbox.chaos_ledgers import PostgresLedger, SqliteLedger
from sandbox.chaos_processes import die_at, fill_disk, fork, silent
from sandbox.comparison import compare
from tap_franpos import tap as tap_plugin
from target_qbo import target as target_plugin
from target_qbo.console import main as console
from target_qbo.ledger import CompanyLedger
from target_qbo.posting.unit import GIVEN_UP_AFTER
from target_qbo.qbo import client

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

SLOW = ("hang", "hang_after", "slow")
FAULTS = (
    *("drop_before", "drop_after", "500", "500_after", "503_after", "html", "html_after", "429", "expire_token"),
    *SLOW,
)
PATIENCE_SECONDS = 0.6  # of the target, for answers
HANG_SECONDS = 1.0  # then what is slow is executed, though nobody waits any more
SETTLE_SECONDS = 0.6
WAIT_SECONDS = 60
_DESK_CODES = (0, 1)  # 1: dirty tickets are skipped
HTTP_SECONDS = 30


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the seeds; returns 1 if a book is wrong after any of them."""
    parser = argparse.ArgumentParser(prog="python -m sandbox.chaos", description=__doc__.splitlines()[0])
    parser.add_argument("--seeds", type=int, default=20, help="how many [%(default)s]")
    parser.add_argument("--first", type=int, default=1, help="the first seed; with --seeds 1 it replays one [1]")
    parser.add_argument("--jobs", type=int, default=os.cpu_count() or 1, help="seeds at once [the processors]")
    parser.add_argument(
        "--postgres",
        metavar="URL",
        help="a PostgreSQL server for the ledgers, a database each",
    )
    options = parser.parse_args(arguments)
    seeds = range(options.first, options.first + options.seeds)
    begun = time.monotonic()
    failed = 0
    with ProcessPoolExecutor(options.jobs) as pool:
        results = pool.map(_seed, seeds, [options.postgres] * len(seeds))
        for seed, (events, problems) in zip(seeds, results, strict=True):
            if problems:
                failed += 1
                print(f"seed {seed}: {'; '.join(problems[:5])}\n    after: {', '.join(events)}", flush=True)
    seconds = time.monotonic() - begun
    print(f"{len(seeds)} seeds in {seconds:.0f} s: {failed} with wrong books")
    return 1 if failed else 0


def _seed(seed: int, postgres: str | None) -> tuple[list[str], list[str]]:
    """Play one seed; returns what happened and what is wrong with the books."""
    with tempfile.TemporaryDirectory() as folder:
        ledger = PostgresLedger(postgres, seed) if postgres else SqliteLedger(Path(folder))
        try:
            return Play(seed, Path(folder), ledger).run()
        finally:
            ledger.lose()


class Play:
    """One seed from its first fault to its last look at the books."""

    def __init__(self, seed: int, folder: Path, ledger: SqliteLedger | PostgresLedger) -> None:
        self._random = Random(seed)
        self._seed = seed
        self._folder = folder
        self._ledger = ledger
        self._events: list[str] = []
        self._by_hand = False
        self._spoilt: list[str] = []
        self._http = requests.Session()

    def run(self) -> tuple[list[str], list[str]]:
        """Play; returns what happened and what is wrong with the books."""
        with self._sandbox():
            self._settings: dict[str, Any] = {
                **self._ready["qbo"],
                "environment": "sandbox",
                "ledger_url": self._ledger.url,
                "settle_seconds": SETTLE_SECONDS,
                "max_concurrency": self._random.choice((1, 2, 8)),
                "batch_size": self._random.choice((1, 3, 10, 30)),
            }
            nights = self._random.randint(1, 4)
            self._troubles = chaos_service.draw(self._seed, nights)
            to_spoil = self._ring_up()
            for night in range(nights):
                self._bad_night(night)
                if night == 0:
                    self._spoil(to_spoil)
            self._call("DELETE", "faults")
            self._call("POST", "faults", self._troubles.orders(None))
            code = self._finish(self._start(self._sync()))
            problems = [f"the clean run ended with {code}"] if code else []
            if self._troubles.passing:
                problems += chaos_service.wrongly_skipped(self._told().values(), self._spoilt)
            if self._by_hand:
                code = self._finish(self._desk("resync"))
                problems += [f"the clean resync ended with {code}"] if code not in _DESK_CODES else []
            problems += self._later_nights()
            differences = compare(self._call("GET", "tickets"), self._call("GET", "books"))
            if differences and self._spoilt:
                differences = chaos_service.unexcused(differences, self._spoilt, self._told())
            return self._events, problems + differences

    def _later_nights(self) -> list[str]:
        """Let what gets no answer for its own sake be tried until it is given up; a part of it may stand meanwhile."""
        for _ in range(GIVEN_UP_AFTER):
            left = [ticket for ticket, row in self._told().items() if row["status"] == "posting"]
            if not left:
                return []
            if sound := set(left) - set(map(str, self._spoilt)):
                return [f"left after a clean run: {', '.join(sorted(sound))}"]
            if code := self._finish(self._start(self._sync())):
                return [f"a later night ended with {code}"]
        return []

    # What a seed can bring

    def _ring_up(self) -> list[dict[str, Any]]:
        """Ring up tickets that QuickBooks never takes; returns sound ones that are to become such."""
        first_day = self._ready["franpos"]["start_date"]
        key = {"op": "add", "location_id": self._ready["franpos"]["location_ids"][0]}
        key["created_at"] = f"{first_day}T12:00:00-07:00"
        add = [{**key, "lines": [line]} for line in self._troubles.tickets]
        self._spoilt += [self._call("POST", "tickets/edit", one)["ticket_id"] for one in add]
        sound = {**key, "lines": [{"price": "3.00"}]}
        return [self._call("POST", "tickets/edit", sound) for _ in self._troubles.edits]

    def _spoil(self, tickets: list[dict[str, Any]]) -> None:
        """Change tickets into what QuickBooks never takes."""
        for ticket, line in zip(tickets, self._troubles.edits, strict=True):
            key = {"location_id": ticket["location_id"], "ticket_id": ticket["ticket_id"]}
            self._call("POST", "tickets/edit", {"op": "add_line", "settle": True, **key, **line})
            self._spoilt.append(ticket["ticket_id"])
        self._events += [f"spoilt {one}" for one in self._spoilt]

    def _bad_night(self, night: int) -> None:
        random = self._random
        if random.random() < 0.4:
            self._edit_a_ticket()
        if random.random() < 0.12:
            self._lose_the_ledger()
        honoured = random.choice(("honoured", "batch_creates_twice", "batch_answers_6000", "ignored"))
        self._call("POST", "qbo", {"options": {"requestid": honoured}})
        orders: list[dict[str, Any]] = []
        for fault in random.sample(FAULTS, random.randint(0, 3)):
            share = random.choice((0.05, 0.2, 0.5)) if fault not in SLOW else 0.05
            match = {"share": share, "path": random.choice(("/batch", "/(invoice|payment|refundreceipt)", "/v3/"))}
            orders.append({"where": "qbo", "do": fault, "match": match, "retry_after": 1, "seconds": HANG_SECONDS})
        if random.random() < 0.1:
            orders.append({"where": "token", "do": random.choice(("drop_after", "500_after", "drop_before"))})
        self._call("DELETE", "faults")
        troubles = self._troubles.orders(night)
        self._call("POST", "faults", orders + troubles)
        self._events += chaos_service.told(troubles)
        self._events += [f"{order['do']}@{order.get('match', {}).get('share', '')}" for order in orders]
        messages = self._sync()
        runs = [self._start(messages, self._end()) for _ in range(2 if random.random() < 0.15 else 1)]
        self._events.append(f"codes {[self._finish(run) for run in runs]}")
        if random.random() < 0.3:
            self._meddle()
        if random.random() < 0.4:
            command = random.choice(("undo", "resync"))
            self._by_hand = True
            code = self._finish(self._desk(command, self._end()))
            self._events.append(f"{command} ended with {code}")

    def _end(self) -> Callable[[], None] | None:
        """Choose how a run is cut short, if it is."""
        random = self._random
        kind = random.random()
        if kind < 0.25:
            after = random.randint(1, 40)
            self._events.append(f"dies at ledger write {after}")
            return lambda: die_at(CompanyLedger, "write", after)
        if kind < 0.5:
            after = random.randint(1, 30)
            self._events.append(f"dies at request {after}")
            return lambda: die_at(requests.Session, "request", after)
        if kind < 0.58 and isinstance(self._ledger, SqliteLedger):
            room = random.randint(0, 200_000)
            self._events.append(f"disk full after {room}")
            return lambda: fill_disk(room)
        return None

    def _edit_a_ticket(self) -> None:
        tickets = [t for t in self._call("GET", "tickets") if not t["dirt"] and not t["voided"]]
        ticket = self._random.choice(tickets)
        edits: tuple[dict[str, Any], ...] = (
            {"op": "void"},
            {"op": "set", "tips": "3.21", "settle": True},
            {"op": "add_line", "price": "4.75", "settle": True},
        )
        edit = self._random.choice(edits)
        key = {"location_id": ticket["location_id"], "ticket_id": ticket["ticket_id"]}
        truth = self._call("POST", "tickets/edit", edit | key)
        if truth["dirt"]:  # what stood before would have to stay: no case for a comparison with the till
            self._call("POST", "tickets/edit", {"op": "void"} | key)
        self._events.append(f"{edit['op']} {ticket['ticket_id']}")

    def _meddle(self) -> None:
        """Delete or void a document, as a person may."""
        books = self._call("GET", "books")
        standing = [(one["entity"], one["id"]) for one in books["documents"] if not one["voided"]]
        standing += [("Payment", one["id"]) for one in books["payments"] if not one["voided"]]
        if not standing:
            return
        entity, identity = self._random.choice(standing)
        op = "delete" if entity == "RefundReceipt" else self._random.choice(("delete", "void"))
        self._call("POST", "qbo/entity", {"op": op, "entity": entity, "id": identity})
        self._by_hand = True
        self._events.append(f"{op} {entity} {identity} by hand")

    def _lose_the_ledger(self) -> None:
        self._ledger.lose()
        self._settings["refresh_token"] = self._call("POST", "qbo", {"reconnect": True})["refresh_token"]
        self._events.append("ledger lost")

    # Processes

    @contextlib.contextmanager
    def _sandbox(self) -> Iterator[None]:
        path = self._folder / "ready.json"
        shop = ["--locations", "1", "--days", "1", "--tickets-per-day", str(self._random.randint(8, 36))]
        options = [*shop, "--dirty", "0.1", "--seed", str(self._seed), "--ready-file", str(path)]
        pid = fork(lambda: silent(sandbox_main, options))
        try:
            deadline = time.monotonic() + WAIT_SECONDS
            while not (path.exists() and path.read_text().endswith("\n")):
                if time.monotonic() > deadline:
                    raise RuntimeError("the sandbox did not start")
                time.sleep(0.02)
            self._ready: dict[str, Any] = json.loads(path.read_text())
            yield
        finally:
            os.kill(pid, signal.SIGKILL)
            os.waitpid(pid, 0)

    def _sync(self) -> Path:
        """Have the tap read everything; returns the file with its messages."""
        out = self._folder / "messages.jsonl"
        config = self._write("tap.json", self._ready["franpos"])
        pid = fork(lambda: _plugin(tap_plugin.main, ["tap-franpos", "--config", str(config)], out=out))
        if code := self._finish(pid):
            raise RuntimeError(f"the tap ended with {code}")
        return out

    def _start(self, messages: Path, prepare: Callable[[], None] | None = None) -> int:
        config = self._write("target.json", self._settings)
        arguments = ["target-qbo", "--config", str(config), "--input", str(messages)]
        return fork(lambda: _plugin(target_plugin.main, arguments, prepare=prepare))

    def _desk(self, command: str, prepare: Callable[[], None] | None = None) -> int:
        """Undo or resync all days at the desk."""
        config = self._write("target.json", self._settings)
        days = sorted(ticket["business_date"] for ticket in self._call("GET", "tickets"))
        arguments = ["franpos-qbo", "--target-config", str(config), command, "--from", days[0], "--to", days[-1]]
        arguments += ["--yes"] if command == "undo" else []
        return fork(lambda: _plugin(console.main, arguments, prepare=prepare))

    def _told(self) -> dict[str, dict[str, Any]]:
        """Return what the desk tells of each ticket, by id."""
        out = self._folder / "tickets.json"
        config = self._write("target.json", self._settings)
        arguments = ["franpos-qbo", "--target-config", str(config), "tickets", "--format", "json"]
        if code := self._finish(fork(lambda: _plugin(console.main, arguments, out=out))):
            raise RuntimeError(f"the desk ended with {code}")
        return {row["ticket_id"]: row for row in json.loads(out.read_text())}

    def _finish(self, pid: int) -> int:
        return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])

    def _write(self, name: str, settings: dict[str, Any]) -> Path:
        path = self._folder / name
        path.write_text(json.dumps(settings))
        return path

    def _call(self, method: str, what: str, body: Any = None) -> Any:  # noqa: ANN401 (any JSON)
        url = f"{self._ready['control_url']}/{what}"
        answer = self._http.request(method, url, json=body, timeout=HTTP_SECONDS)
        answer.raise_for_status()
        return answer.json() if answer.content else None


def _plugin(
    main_function: Callable[[], None],
    arguments: list[str],
    *,
    out: Path | None = None,
    prepare: Callable[[], None] | None = None,
) -> int:
    """Run a plugin's command line in this process, its output into a file or nowhere."""
    sys.argv = arguments
    sys.stderr = io.StringIO()
    client._READ_SECONDS = client._BATCH_READ_SECONDS = PATIENCE_SECONDS  # noqa: SLF001 (a minute is too long here)
    if prepare is not None:
        prepare()
    with (out or Path(os.devnull)).open("w") as sys.stdout:
        main_function()
        sys.stdout.flush()
    return 0


if __name__ == "__main__":
    sys.exit(main())
