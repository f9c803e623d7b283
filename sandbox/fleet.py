"""`python -m sandbox.fleet`: the stand-ins of many stores in one process, a company of its own for each or shared.

When all listen it prints one JSON line, and with `--ready-file FILE` writes it there too: `stores` has an entry for
each, in the form of a single sandbox's ready line, with its `name`, `location` and `realm_id` beside it.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import signal
import sys
from datetime import date, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

from aiohttp import web

from sandbox.app import Sandbox, franpos_server, location_token
from sandbox.arguments import DEMO_START, count, share, size
from sandbox.qbo.presets import KINDS, seed_company
from sandbox.qbo.server import QboServer
from sandbox.qbo.throttle import Limits
from sandbox.tickets.generate import MAX_TICKETS_PER_DAY, GeneratedTickets, shops

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from sandbox.tickets.model import Location

HOST = "127.0.0.1"
FIRST_REALM = 9_130_000_000_000_001
_SHUTDOWN_SECONDS = 1.0


def parser() -> argparse.ArgumentParser:
    """Return the command line's parser."""
    made = argparse.ArgumentParser(prog="python -m sandbox.fleet", description=(__doc__ or "").split("\n", 1)[0])
    add = made.add_argument
    add("--stores", type=count(1, 10_000), default=20, help="how many, a Franpos location each [%(default)s]")
    add("--shared", type=_sizes, default=(), metavar="N,N,…", help="so many stores share the first company, and so on")
    add(
        "--from",
        type=date.fromisoformat,
        default=DEMO_START,
        dest="first",
        metavar="DATE",
        help="first day [%(default)s]",
    )
    add("--days", type=count(1, 3_660), default=1, help="days of made-up tickets [%(default)s]")
    add("--tickets-per-day", type=count(1, MAX_TICKETS_PER_DAY), default=36, help="for each store [%(default)s]")
    add("--dirty", type=share, default=share("0.02"), help="share of tickets not to be posted [%(default)s]")
    add("--company", choices=sorted(KINDS), default="us", help="kind of QuickBooks company [%(default)s]")
    add("--latency-ms", type=size(0), default=0.0, help="time of a QuickBooks request [%(default)s]")
    add("--latency-item-ms", type=size(0), default=0.0, help="time of each item of a batch [%(default)s]")
    add("--time-scale", type=size(1), default=1.0, help="how many times shorter the throttle's minute is [%(default)s]")
    add("--seed", type=int, default=1, help="the same seed gives the same stores [%(default)s]")
    add("--ready-file", type=Path, help="write the ready line there as well")
    return made


def _sizes(text: str) -> tuple[int, ...]:
    return tuple(count(2)(part) for part in text.split(",") if part)


def companies(stores: int, shared: Sequence[int]) -> Iterator[tuple[Location, ...]]:
    """Yield the locations of each company: those that several share first, then one each.

    Raises:
        ValueError: More stores share than there are.
    """
    if sum(shared) > stores:
        raise ValueError(f"{sum(shared)} stores are to share, of {stores}")
    locations = shops(stores)
    taken = 0
    for number in (*shared, *(1 for _ in range(stores - sum(shared)))):
        yield locations[taken : taken + number]
        taken += number


def sandbox_of(locations: Sequence[Location], realm: int, options: argparse.Namespace) -> Sandbox:
    """Make the two stand-ins of one company."""
    source = GeneratedTickets(
        locations,
        options.first,
        options.days,
        tickets_per_day=options.tickets_per_day,
        dirty=options.dirty,
        seed=options.seed + realm - FIRST_REALM,
    )
    limits = Limits(
        time_scale=options.time_scale, latency_ms=options.latency_ms, latency_item_ms=options.latency_item_ms
    )
    company = seed_company(options.company, realm_id=str(realm))
    return Sandbox(
        franpos_server(source, seed=options.seed), QboServer(company, limits, seed=options.seed), seed=options.seed
    )


def entries(ready: dict[str, Any], locations: Sequence[Location], first: int) -> Iterator[dict[str, Any]]:
    """Yield each store's entry from its company's ready line; the tap sees the store's location with its own token."""
    for number, location in enumerate(locations, first):
        own = location.location_id
        yield ready | {
            "name": f"store-{number:02}",
            "location": own,
            "realm_id": ready["qbo"]["realm_id"],
            "franpos": ready["franpos"]
            | {
                "auth_token": location_token(own),
                "location_ids": [own],
                "location_time_zones": {str(own): location.zone.key},
            },
        }


async def serve(options: argparse.Namespace) -> None:
    """Run until SIGTERM or SIGINT."""
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    runners = []
    stores: list[dict[str, Any]] = []
    try:
        for realm, locations in enumerate(companies(options.stores, options.shared), FIRST_REALM):
            box = sandbox_of(locations, realm, options)
            runner = web.AppRunner(box.application(), access_log=None, shutdown_timeout=_SHUTDOWN_SECONDS)
            runners.append(runner)
            await runner.setup()
            await web.TCPSite(runner, HOST, 0).start()
            ready = box.ready(f"http://{HOST}:{runner.addresses[0][1]}")
            stores += entries(ready, locations, len(stores) + 1)
        last = options.first + timedelta(days=options.days - 1)
        line = json.dumps({"first_day": options.first.isoformat(), "last_day": last.isoformat(), "stores": stores})
        if options.ready_file:
            options.ready_file.write_text(line + "\n", encoding="utf-8")
        print(line, flush=True)
        await stop.wait()
    finally:
        for runner in runners:
            await runner.cleanup()


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the stand-ins.

    Returns:
        0 after a clean stop, 2 where the options can't be served.
    """
    options = parser().parse_args(arguments)
    try:
        asyncio.run(serve(options))
    except (OSError, ValueError) as error:
        print(f"sandbox: {error}", file=sys.stderr)
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main())
