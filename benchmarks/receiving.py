"""How fast records are received into the ledger, and in how much memory.

``python -m benchmarks.receiving`` reads made-up tickets with the tap into a file, then has the target receive that file
into a new SQLite ledger, without posting.
"""

from __future__ import annotations

import argparse
import json
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from target_qbo.target import TargetQBO
from tests.shop import BIN, Shop, run

KIBIBYTE = 1024


class ReceivingTarget(TargetQBO):
    """The target without its posting."""

    def process_endofpipe(self) -> None:
        """Bring what is left into the ledger; post nothing."""
        self.drain_all(is_endofpipe=True)


def main() -> None:
    """Measure once and print."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.receiving", description=__doc__)
    parser.add_argument("--days", type=int, default=90, help="days to receive [%(default)s]")
    parser.add_argument("--tickets-per-day", type=int, default=72, help="[%(default)s]")
    parser.add_argument("--lines", type=int, default=20, help="lines of a ticket, on average [%(default)s]")
    parser.add_argument("--config", type=Path, help="receive standard input into the ledger of this settings file")
    options = parser.parse_args()
    if options.config:
        TargetQBO.logger.setLevel("WARNING")
        ReceivingTarget(config=_read(options.config)).listen()
        return
    sandbox = [
        *("--locations", "1", "--from", "2024-01-01", "--days", str(options.days), "--lines", str(options.lines)),
        *("--tickets-per-day", str(options.tickets_per_day), "--quota", "100000"),
    ]
    with tempfile.TemporaryDirectory() as folder, Shop(Path(folder), *sandbox) as shop:
        messages = Path(folder) / "messages.jsonl"
        begun = time.perf_counter()
        with messages.open("w") as out:
            subprocess.run(
                [str(BIN / "tap-franpos"), "--config", str(shop.tap_config)],
                stdout=out,
                stderr=subprocess.DEVNULL,
                check=True,
            )
        read = time.perf_counter() - begun
        begun = time.perf_counter()
        with messages.open() as lines:
            subprocess.run(
                [sys.executable, "-m", "benchmarks.receiving", "--config", str(shop.target_config)],
                stdin=lines,
                stdout=subprocess.DEVNULL,
                check=True,
            )
        seconds = time.perf_counter() - begun
        peak = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss * KIBIBYTE
        tickets = int(run(["grep", "-c", '"stream":"tickets","record"', str(messages)]).stdout)
        sold = int(run(["grep", "-o", '"line_id":"', str(messages)]).stdout.count("\n"))
        size = messages.stat().st_size
    print(f"tickets, lines            {tickets:>10,} {sold:,} ({size / 1e6:,.0f} MB of messages)")
    print(f"tap: tickets a second     {tickets / read:>10,.0f}")
    print(f"received: tickets a second{tickets / seconds:>10,.0f} ({seconds:.1f} s, start-up included)")
    print(f"peak memory of any part   {peak / 1e6:>10,.0f} MB")


def _read(path: Path) -> dict[str, object]:
    settings: dict[str, object] = json.loads(path.read_text())
    return settings


if __name__ == "__main__":
    main()
