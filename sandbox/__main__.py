"""`python -m sandbox`: start both stand-ins on loopback, say in one JSON line how to reach them, run until stopped."""

from __future__ import annotations

import argparse
import asyncio
import json
import signal
import sys
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING

import simplejson
from aiohttp import web

from sandbox.app import Sandbox, franpos_server
from sandbox.arguments import DEMO_START, count, loopback, moment, share, size
from sandbox.environment import write_env_file
from sandbox.franpos.server import QUOTA
from sandbox.qbo.presets import KINDS, seed_company
from sandbox.qbo.server import QboServer
from sandbox.qbo.throttle import Limits
from sandbox.tickets.generate import MAX_TICKETS_PER_DAY, GeneratedTickets, shops
from sandbox.tickets.retail import RetailTickets

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sandbox.tickets.model import TicketSource

_SHUTDOWN_SECONDS = 1.0


def parser() -> argparse.ArgumentParser:
    """Return the command line's parser."""
    made = argparse.ArgumentParser(prog="python -m sandbox", description=__doc__)
    add = made.add_argument
    add("--host", type=loopback, default="127.0.0.1", help="loopback address to listen on [%(default)s]")
    add("--port", type=count(0, 65_535), default=0, help="port; 0: any free one [%(default)s]")
    add("--seed", type=int, default=1, help="the same seed gives the same sandbox [%(default)s]")
    add("--ready-file", type=Path, help="write the ready line there as well")
    add("--env-file", type=Path, help="write both plugins' settings there, as a dotenv file such as Meltano reads")
    add("--tickets", type=Path, metavar="DIR", help="retail CSV files instead of made-up tickets")
    add("--dirty", type=share, default=Decimal("0.02"), help="share of tickets not to be posted [%(default)s]")
    add("--locations", type=count(1, 500), default=2, help="made-up shops [%(default)s]")
    add(
        "--from",
        type=date.fromisoformat,
        default=DEMO_START,
        dest="first",
        metavar="DATE",
        help="first day [%(default)s]",
    )
    add("--days", type=count(1, 3_660), default=7, help="days of made-up tickets [%(default)s]")
    add("--tickets-per-day", type=count(1, MAX_TICKETS_PER_DAY), default=36, help="for each shop [%(default)s]")
    add("--lines", type=count(1, 400), default=2, help="lines of an ordinary ticket, on average [%(default)s]")
    add("--now", type=moment, help="the till's moment, with offset [when all rows exist]")
    add("--quota", type=count(0), default=QUOTA, help="successful Franpos calls a month and location [%(default)s]")
    add("--state", type=Path, metavar="FILE", help="go on from an answer of GET /control/state, with the same options")
    add("--company", choices=sorted(KINDS), default="us", help="kind of QuickBooks company [%(default)s]")
    add("--latency-ms", type=size(0), default=0.0, help="time of a QuickBooks request [%(default)s]")
    add("--latency-item-ms", type=size(0), default=0.0, help="time of each item of a batch [%(default)s]")
    add("--time-scale", type=size(1), default=1.0, help="how many times shorter the throttle's minute is [%(default)s]")
    return made


def _source(options: argparse.Namespace) -> TicketSource:
    if options.tickets:
        return RetailTickets(options.tickets, seed=options.seed, dirty=options.dirty)
    return GeneratedTickets(
        shops(options.locations),
        options.first,
        options.days,
        tickets_per_day=options.tickets_per_day,
        lines_per_ticket=options.lines,
        dirty=options.dirty,
        seed=options.seed,
    )


def _sandbox(options: argparse.Namespace) -> Sandbox:
    limits = Limits(
        time_scale=options.time_scale, latency_ms=options.latency_ms, latency_item_ms=options.latency_item_ms
    )
    box = Sandbox(
        franpos_server(_source(options), seed=options.seed, now=options.now, quota=options.quota),
        QboServer(seed_company(options.company), limits, seed=options.seed),
        seed=options.seed,
    )
    if options.state:
        box.put_back(simplejson.loads(options.state.read_text("utf-8"), use_decimal=True))
    return box


async def serve(options: argparse.Namespace) -> None:
    """Run until SIGTERM or SIGINT."""
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    box = _sandbox(options)
    # Requests that hang on purpose must not hold up the end.
    runner = web.AppRunner(box.application(), access_log=None, shutdown_timeout=_SHUTDOWN_SECONDS)
    await runner.setup()
    try:
        await web.TCPSite(runner, options.host, options.port).start()
        port = runner.addresses[0][1]
        host = f"[{options.host}]" if ":" in options.host else options.host
        ready = box.ready(f"http://{host}:{port}")
        line = json.dumps(ready)
        if options.env_file:
            write_env_file(options.env_file, ready)
        if options.ready_file:
            options.ready_file.write_text(line + "\n", encoding="utf-8")
        print(line, flush=True)
        await stop.wait()
    finally:
        await runner.cleanup()


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the sandbox.

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
