"""What a ticket costs when the ledger has grown: the same nightly sync with an empty ledger, and with years in it.

``python -m benchmarks.growth`` posts a day of 650 tickets, multiplies what the ledger then holds, and at each size runs
the target on a nightly lot of new tickets and on a larger one, against a sandbox without latency and with limits that
never bind. Times and memory are the target process's own, from its start to its end; the median of three.
"""

from __future__ import annotations

import argparse
import json
import math
import statistics
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from benchmarks.measured import Cost, measured
from benchmarks.multiply import add_days, copy, copy_empty, prepare_day
from sandbox.comparison import compare
from tests.shop import BIN, Shop

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

DAY = 650
TIMES = 3
SANDBOX = ("--locations", "1", "--from", "2026-03-04", "--tickets-per-day", str(DAY), "--lines", "5", "--dirty", "0")
UNLIMITED = 600
"""How many times shorter than a minute the limits' minute is, so that they never bind."""
Ticket = tuple[str, str]


@dataclass(frozen=True, slots=True)
class Row:
    """What was measured at one size of the ledger."""

    tickets: int
    ledger_bytes: int
    nightly: Cost
    large: Cost


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.growth", description=__doc__)
    parser.add_argument(
        "--sizes",
        type=int,
        nargs="*",
        default=[26_000, 260_000, 1_040_000],
        help="posted tickets in the ledger, the empty one besides; multiples of the day's 650 [%(default)s]",
    )
    parser.add_argument("--nightly", type=int, default=40, help="new tickets of a nightly sync [%(default)s]")
    parser.add_argument("--large", type=int, default=1000, help="new tickets of the larger lot [%(default)s]")
    options = parser.parse_args()
    sizes = sorted(options.sizes)
    lots = [options.nightly, options.large] * TIMES * (len(sizes) + 1)
    days = 1 + math.ceil(sum(lots) / DAY)
    sandbox = [*SANDBOX, "--days", str(days), "--quota", "100000", "--time-scale", str(UNLIMITED)]
    with tempfile.TemporaryDirectory() as name, Shop(Path(name), *sandbox) as shop:
        growth = _Growth(shop, Path(name), lots)
        rows = [growth.measure_empty(), *(growth.measure(size) for size in sizes)]
        growth.check()
    print("\n".join(_table(rows, options.nightly, options.large)))


class _Growth:
    """A shop whose ledger grows between the measurements."""

    def __init__(self, shop: Shop, folder: Path, lots: Sequence[int]) -> None:
        self._shop = shop
        self._folder = folder
        self._ledger = folder / "ledger.db"
        self._posted: set[Ticket] = set()
        messages = folder / "messages.jsonl"
        with messages.open("w") as out:
            command = [str(BIN / "tap-franpos"), "--config", str(shop.tap_config)]
            subprocess.run(command, stdout=out, stderr=subprocess.DEVNULL, check=True)
        self._lots = _cut(messages, folder, [DAY, *lots])
        self._run(self._ledger)
        self._day = folder / "day.db"
        copy(self._ledger, self._day)
        prepare_day(self._day)
        self._size = DAY

    def measure_empty(self) -> Row:
        """Measure with a ledger that knows the company and has no tickets."""
        ledger = self._folder / "empty.db"
        copy_empty(self._ledger, ledger)
        return self._measure(0, ledger)

    def measure(self, size: int) -> Row:
        """Bring the ledger to so many tickets of past days, then measure."""
        numbers = range(self._size // DAY, size // DAY)
        add_days(self._ledger, self._day, numbers)
        self._size += len(numbers) * DAY
        return self._measure(self._size, self._ledger)

    def check(self) -> None:
        """Make sure that what was posted stands in the books to the cent, and that it is what was meant."""
        tickets = [
            ticket
            for ticket in self._shop.get("tickets")
            if (str(ticket["location_id"]), str(ticket["ticket_id"])) in self._posted
        ]
        if len(tickets) != len(self._posted) or compare(tickets, self._shop.get("books")):
            raise SystemExit("the books differ from the till")

    def _measure(self, size: int, ledger: Path) -> Row:
        print(f"measuring with {size:,} tickets in the ledger", file=sys.stderr)
        costs = [(self._run(ledger), self._run(ledger)) for _ in range(TIMES)]
        nightly, large = zip(*costs, strict=True)
        return Row(size, ledger.stat().st_size, _median(nightly), _median(large))

    def _run(self, ledger: Path) -> Cost:
        """Run the target on the next lot."""
        messages, tickets = next(self._lots)
        self._posted |= tickets
        self._shop.configure_target(minute_seconds=60 / UNLIMITED, ledger_url=f"sqlite:///{ledger}")
        return measured([str(BIN / "target-qbo"), "--config", str(self._shop.target_config)], messages)


def _cut(messages: Path, folder: Path, lots: Sequence[int]) -> Iterator[tuple[Path, set[Ticket]]]:
    """Yield the tap's messages lot by lot, each of so many tickets with their payments and discounts."""
    records: dict[Ticket, list[str]] = {}
    schemas = []
    state = ""
    with messages.open() as lines:
        for line in lines:
            message = json.loads(line)
            if message["type"] == "SCHEMA":
                schemas.append(line)
            elif message["type"] == "RECORD":
                ticket = (message["record"]["location_id"], message["record"]["ticket_id"])
                records.setdefault(ticket, []).append(line)
            else:
                state = line
    remaining = sorted(records)  # ids go up with time
    for number, size in enumerate(lots):
        tickets, remaining = remaining[:size], remaining[size:]
        if len(tickets) < size:
            raise SystemExit("the tap read too few tickets")
        path = folder / f"lot-{number}.jsonl"
        path.write_text("".join([*schemas, *(line for ticket in tickets for line in records[ticket]), state]))
        yield path, set(tickets)


def _median(costs: Sequence[Cost]) -> Cost:
    return Cost(*(statistics.median(getattr(cost, name) for cost in costs) for name in ("wall", "cpu", "memory")))


def _table(rows: Sequence[Row], nightly: int, large: int) -> Iterator[str]:
    yield f"{'':>10}{'':>9}{f'nightly sync of {nightly} tickets':>48}{f'lot of {large:,} tickets':>34}"
    yield (
        f"{'tickets':>10}{'ledger':>9}{'wall':>10}{'to empty':>10}{'CPU':>9}{'to empty':>10}{'memory':>9}"
        f"{'CPU a ticket':>16}{'to empty':>10}{'wall':>8}"
    )
    empty = rows[0]
    for row in rows:
        yield (
            f"{row.tickets:>10,}{_megabytes(row.ledger_bytes):>9}"
            f"{row.nightly.wall:>8.2f} s{row.nightly.wall / empty.nightly.wall:>10.2f}"
            f"{row.nightly.cpu:>7.2f} s{row.nightly.cpu / empty.nightly.cpu:>10.2f}{_megabytes(row.nightly.memory):>9}"
            f"{row.large.cpu / large * 1000:>13.2f} ms{row.large.cpu / empty.large.cpu:>10.2f}{row.large.wall:>6.1f} s"
        )


def _megabytes(size: float) -> str:
    return f"{size / 1e6:,.0f} MB"


if __name__ == "__main__":
    main()
