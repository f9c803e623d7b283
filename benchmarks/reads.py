"""What QuickBooks meters of one store: `python -m benchmarks.reads`.

A month of 40 tickets a day stands at the till. All but the last day is posted first, then a usual night, then nights on
which a posted ticket had changed, and `franpos-qbo reconcile` of a week and of the month: reads and writes of each.
"""

from __future__ import annotations

import datetime as dt
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sandbox.arguments import DEMO_START
from tests.shop import Shop

if TYPE_CHECKING:
    from subprocess import CompletedProcess

DAYS = 30
UNLIMITED = 600
"""How many times shorter than a minute the limits' minute is, so that they never bind."""
CHANGES: tuple[tuple[str, dict[str, Any]], ...] = (
    ("a tip entered late", {"op": "set", "tips": "3.00", "settle": True}),
    ("another tender", {"op": "correct_tender", "method": "Check"}),
    ("a ticket voided", {"op": "void"}),
)


def main() -> int:
    """Measure and print; returns 1 where the books are wrong."""
    before = dt.datetime.combine(DEMO_START + dt.timedelta(days=DAYS - 1), dt.time(5, 30), tzinfo=dt.UTC)
    options = ("--locations", "1", "--from", DEMO_START.isoformat(), "--days", str(DAYS), "--tickets-per-day", "40")
    limits = ("--dirty", "0", "--time-scale", str(UNLIMITED), "--now", before.isoformat())
    with tempfile.TemporaryDirectory() as name, Shop(Path(name), *options, *limits) as shop:
        shop.configure_target(minute_seconds=60 / UNLIMITED)
        print(f"{'':34}{'reads':>7}{'writes':>8}")
        _tell(shop, f"cold start, {DAYS - 1} days", shop.sync())
        shop.post("franpos", {"now": (before + dt.timedelta(days=4)).isoformat()})
        _tell(shop, "usual night", shop.sync())
        last = (DEMO_START + dt.timedelta(days=DAYS - 1)).isoformat()
        sales = [one for one in shop.get(f"tickets?from={last}&to={last}") if len(one["expected"]["payments"]) == 1]
        for sale, (words, change) in zip(sales, CHANGES, strict=False):
            shop.post("tickets/edit", change | {"location_id": sale["location_id"], "ticket_id": sale["ticket_id"]})
            _tell(shop, f"night after {words}", shop.sync())
        for words, days in (("a week", 7), ("the month", DAYS)):
            first = (DEMO_START + dt.timedelta(days=DAYS - days)).isoformat()
            _tell(shop, f"reconcile {words}", shop.console("reconcile", "--from", first, "--to", last))
        differences = shop.differences()
    print("books agree to the cent" if not differences else "\n".join(differences))
    return 1 if differences else 0


def _tell(shop: Shop, what: str, run: CompletedProcess[str]) -> None:
    if run.returncode:
        raise SystemExit(f"{what}: exit code {run.returncode}\n{run.stdout[-1000:]}\n{run.stderr[-2000:]}")
    calls = shop.calls()
    print(f"{what:34}{calls['reads']:>7}{calls['writes']:>8}", flush=True)


if __name__ == "__main__":
    sys.exit(main())
