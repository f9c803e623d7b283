"""How long the operator's commands take when the ledger has grown: 100,000 tickets, a month of them in the books.

``python -m benchmarks.desk`` posts a month of 270 tickets a day, of which 2 % are dirty, multiplies what the ledger
then holds back over the year before, and times each command as a process from its start to its end, against a sandbox
without latency and with limits that never bind; the median of three. The sandbox's own CPU time is shown beside: it
runs on the same machine, and stands for the time of the API.
"""

from __future__ import annotations

import argparse
import datetime as dt
import statistics
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

from benchmarks.grown import UNLIMITED, grow, sandbox
from benchmarks.measured import Cost, measured
from tests.shop import BIN, Shop

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

TIMES = 3
FIRST, LAST = "2026-03-01", "2026-03-31"
COMMANDS = (
    ("tickets", "--from", LAST, "--to", LAST),
    ("tickets", "--status", "skipped"),
    ("tickets", "--search", "payments"),
    ("tickets", "--from", FIRST, "--to", LAST, "--format", "json"),
    ("tickets", "--format", "json"),
    ("resync", "--skipped", "--format", "json"),
    ("reconcile", "--from", FIRST, "--to", LAST),
    ("reconcile", "--from", FIRST, "--to", LAST, "--format", "json"),
)


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.desk", description=__doc__)
    parser.add_argument("--tickets", type=int, default=100_000, help="in the ledger [%(default)s]")
    parser.add_argument(
        "--a-day", type=int, default=270, help="tickets of a day of the month in the books [%(default)s]"
    )
    options = parser.parse_args()
    served = [*sandbox(dt.date.fromisoformat(FIRST), options.a_day), "--time-scale", str(UNLIMITED)]
    with tempfile.TemporaryDirectory() as name, Shop(Path(name), *served) as shop:
        held, month = grow(shop, options.tickets)
        print(f"{held:,} tickets in the ledger, {month:,} of them of the month\n")
        print("\n".join(_table(shop)))


def _table(shop: Shop) -> Iterator[str]:
    configs = ["--tap-config", str(shop.tap_config), "--target-config", str(shop.target_config)]
    yield f"{'':<62}{'wall':>8}{'CPU':>9}{'sandbox':>11}{'memory':>10}{'reads':>7}"
    for command in COMMANDS:
        print(f"measuring {' '.join(command)}", file=sys.stderr)
        costs: list[Cost] = []
        served: list[float] = []
        shop.calls()
        for _ in range(TIMES):
            before = shop.cpu_seconds()
            costs.append(measured([str(BIN / "franpos-qbo"), *configs, *command], None, allowed=(0, 1)))
            served.append(shop.cpu_seconds() - before)
        reads = shop.calls()["reads"] // TIMES
        yield (
            f"{' '.join(command):<62}{_median(costs, 'wall'):>6.2f} s{_median(costs, 'cpu'):>7.2f} s"
            f"{statistics.median(served):>9.2f} s{_median(costs, 'memory') / 1e6:>7.0f} MB{reads:>7}"
        )


def _median(costs: Sequence[Cost], name: str) -> float:
    middle: float = statistics.median(getattr(cost, name) for cost in costs)
    return middle


if __name__ == "__main__":
    main()
