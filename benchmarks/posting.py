"""How fast pending tickets are posted against a sandbox with QuickBooks' real limits and a realistic latency.

``python -m benchmarks.posting`` prints writes a minute (of the sandbox's minute, which time compression shortens), the
share of the ceiling of 1,660, and how many requests were answered 429.
"""

from __future__ import annotations

import argparse
import tempfile
import time
from pathlib import Path

from tests.shop import Shop

CEILING = 1660
LATENCY_MS, LATENCY_ITEM_MS = 250, 120


def main() -> None:
    """Measure once and print."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.posting", description=__doc__)
    parser.add_argument("--days", type=int, default=42, help="days of 72 tickets to post [%(default)s]")
    parser.add_argument("--compress", type=int, default=6, help="how many times faster than real time [%(default)s]")
    options = parser.parse_args()
    sandbox = [
        *("--locations", "2", "--days", str(options.days), "--tickets-per-day", "36", "--dirty", "0"),
        *(
            "--latency-ms",
            str(LATENCY_MS / options.compress),
            "--latency-item-ms",
            str(LATENCY_ITEM_MS / options.compress),
        ),
        *("--time-scale", str(options.compress)),
    ]
    with tempfile.TemporaryDirectory() as folder, Shop(Path(folder), *sandbox) as shop:
        shop.configure_target(minute_seconds=60 / options.compress)
        messages = shop.tap().stdout
        begun = time.perf_counter()
        result = shop.target(messages)
        seconds = time.perf_counter() - begun
        if result.returncode:
            raise SystemExit(result.stderr[-2000:])
        counts = shop.calls()
        differences = shop.differences()
    minutes = seconds * options.compress / 60
    rate = counts["writes"] / minutes
    print(f"writes posted             {counts['writes']:>10,}")
    print(f"requests, batches         {counts['requests']:>10,} {counts['batches']:,}")
    print(f"answered 429              {counts['throttled']:>10,} ({counts['throttled'] / counts['requests']:.2%})")
    print(f"wall time                 {seconds:>10.1f} s, receiving included ({minutes:.2f} minutes uncompressed)")
    print(f"writes a minute           {rate:>10,.0f} ({rate / CEILING:.0%} of {CEILING:,})")
    print(f"metered reads             {counts['reads']:>10,}")
    print(f"books                     {'agree to the cent' if not differences else 'DIFFER':>10}")


if __name__ == "__main__":
    main()
