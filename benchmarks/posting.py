"""How fast tickets are posted against a sandbox with QuickBooks' real limits and a realistic latency.

``python -m benchmarks.posting`` posts the same tickets three times, into a fresh sandbox each: with target-qbo and its
default settings, with a script that sends one request after the other, and with python-quickbooks' batches. Time is
compressed; minutes below are the sandbox's, and what the programs compute counts as many times over.
"""

from __future__ import annotations

import argparse
import contextlib
import datetime as dt
import sqlite3
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from benchmarks.books import Books
from benchmarks.peers import post_one_by_one, post_with_library
from tests.shop import Shop

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from benchmarks.books import Documents

CEILING = 1660
LATENCY_MS, LATENCY_ITEM_MS = 250, 120
TARGET = "target-qbo"
PEERS: dict[str, Callable[[dict[str, Any], Documents, float], None]] = {
    "one by one": post_one_by_one,
    "python-quickbooks": post_with_library,
}


@dataclass(frozen=True, slots=True)
class Result:
    """What one way of posting came to; times in seconds of the clock on the wall."""

    name: str
    counts: dict[str, Any]
    documents: int
    seconds: float
    posting_seconds: float
    agrees: bool


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.posting", description=__doc__)
    parser.add_argument("--days", type=int, default=42, help="days of 72 tickets to post [%(default)s]")
    parser.add_argument("--compress", type=int, default=6, help="how many times faster than real time [%(default)s]")
    parser.add_argument("--only", action="store_true", help=f"measure {TARGET} only")
    options = parser.parse_args()
    sandbox = [
        *("--locations", "2", "--days", str(options.days), "--tickets-per-day", "36", "--dirty", "0"),
        *("--latency-ms", str(LATENCY_MS / options.compress)),
        *("--latency-item-ms", str(LATENCY_ITEM_MS / options.compress)),
        *("--time-scale", str(options.compress)),
    ]
    minute = 60 / options.compress
    ours, books = _measure_target(sandbox, minute)
    peers = {} if options.only else PEERS
    results = [ours, *(_measure_peer(name, post, books, sandbox, minute) for name, post in peers.items())]
    print("\n".join(_table(results, minute)))


def _measure_target(sandbox: Sequence[str], minute: float) -> tuple[Result, Books]:
    with tempfile.TemporaryDirectory() as folder, Shop(Path(folder), *sandbox) as shop:
        shop.configure_target(minute_seconds=minute)
        messages = shop.tap().stdout
        begun = time.perf_counter()
        run = shop.target(messages)
        seconds = time.perf_counter() - begun
        if run.returncode:
            raise SystemExit(run.stderr[-2000:])
        documents, posting_seconds = _posting_phase(Path(folder) / "ledger.db")
        result = Result(TARGET, shop.calls(), documents, seconds, posting_seconds, not shop.differences())
        return result, Books.read(shop)


def _posting_phase(ledger: Path) -> tuple[int, float]:
    """Return the documents posted, and the seconds from the first one's request to the last answer."""
    with contextlib.closing(sqlite3.connect(ledger)) as connection:
        number, first, last = connection.execute(
            "select count(*), min(sent_at), max(posted_at) from documents"
        ).fetchone()
    return number, (dt.datetime.fromisoformat(last) - dt.datetime.fromisoformat(first)).total_seconds()


def _measure_peer(
    name: str,
    post: Callable[[dict[str, Any], Documents, float], None],
    books: Books,
    sandbox: Sequence[str],
    minute: float,
) -> Result:
    with tempfile.TemporaryDirectory() as folder, Shop(Path(folder), *sandbox) as shop:
        documents = books.for_company(shop)
        begun = time.perf_counter()
        post(shop.ready["qbo"], documents, minute)
        seconds = time.perf_counter() - begun
        number = len(documents.first) + len(documents.payments)
        return Result(name, shop.calls(), number, seconds, seconds, not shop.differences())


def _table(results: Sequence[Result], minute: float) -> list[str]:
    rows: list[tuple[str, Callable[[Result], str]]] = [
        ("", lambda result: result.name),
        ("documents posted", lambda result: f"{result.documents:,}"),
        ("writes, lists included", lambda result: f"{result.counts['writes']:,}"),
        ("requests", lambda result: f"{result.counts['requests']:,}"),
        ("batches among them", lambda result: f"{result.counts['batches']:,}"),
        ("metered reads", lambda result: f"{result.counts['reads']:,}"),
        ("most requests at once", lambda result: f"{result.counts['max_concurrent']:,}"),
        ("answered 429", lambda result: f"{result.counts['throttled']:,} ({_throttled(result):.2%})"),
        ("wall time, s", lambda result: f"{result.seconds:,.1f}"),
        ("minutes, uncompressed", lambda result: f"{result.seconds / minute:,.2f}"),
        ("writes a minute", lambda result: _rate(result.counts["writes"], result.seconds, minute)),
        ("posting alone, minutes", lambda result: f"{result.posting_seconds / minute:,.2f}"),
        ("documents a minute", lambda result: _rate(result.documents, result.posting_seconds, minute)),
        ("books", lambda result: "agree to the cent" if result.agrees else "DIFFER"),
    ]
    return [f"{label:<23}" + "".join(f"{show(result):>19}" for result in results) for label, show in rows]


def _throttled(result: Result) -> float:
    refused, let_through = int(result.counts["throttled"]), int(result.counts["requests"])
    return refused / (let_through + refused)


def _rate(number: int, seconds: float, minute: float) -> str:
    rate = number / (seconds / minute)
    return f"{rate:,.0f} ({rate / CEILING:.0%})"


if __name__ == "__main__":
    main()
