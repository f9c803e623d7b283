"""A shop whose ledger has grown: a month of tickets is posted, then multiplied back over the time before.

The sandbox is without latency, and its limits never bind.
"""

from __future__ import annotations

import json
import sys
from typing import TYPE_CHECKING

from benchmarks.multiply import add_days, copy, prepare_day

if TYPE_CHECKING:
    import datetime as dt

    from tests.shop import Shop

DAYS = 31
UNLIMITED = 600
"""How many times shorter than a minute the limits' minute is, so that they never bind."""


def sandbox(first: dt.date, a_day: int) -> list[str]:
    """Return the sandbox's options for a month of one location, of which 2 % of the tickets are dirty.

    Args:
        first: The month's first day.
        a_day: Tickets of a day.
    """
    return [
        *("--locations", "1", "--from", first.isoformat(), "--days", str(DAYS), "--dirty", "0.02"),
        *("--tickets-per-day", str(a_day), "--quota", "100000"),
    ]


def grow(shop: Shop, tickets: int) -> tuple[int, int]:
    """Post a shop's month, and multiply it.

    Args:
        shop: Of a sandbox as :func:`sandbox` has it, with a ``--time-scale`` of :data:`UNLIMITED`.
        tickets: How many there are to be in the ledger, at least.

    Returns:
        How many there are, and how many of them are of the month.
    """
    ledger, template = shop.folder / "ledger.db", shop.folder / "month.db"
    shop.configure_target(minute_seconds=60 / UNLIMITED)
    print("posting a month", file=sys.stderr)
    synced = shop.sync()
    if synced.returncode:
        raise SystemExit(synced.stderr[-2000:])
    month = _held(shop)
    copy(ledger, template)
    prepare_day(template)
    add_days(ledger, template, [DAYS * back for back in range(1, -(-tickets // month))])
    template.unlink()
    return _held(shop), month


def _held(shop: Shop) -> int:
    return len(json.loads(shop.console("tickets", "--format", "json").stdout))
