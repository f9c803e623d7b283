"""``franpos-qbo serve``: the back-office page, on this machine."""

from __future__ import annotations

import gc
import signal
import socket
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import click

from target_qbo.errors import ConfigurationError

if TYPE_CHECKING:
    import datetime as dt

    from target_qbo.desk.config import DeskConfig

_PORT = 8700
_ZONE = "America/Denver"
_HOSTS = ("127.0.0.1", "localhost")
_THREADS = 4  # one answers while another waits for QuickBooks: more take turns at the same processor, and memory each
_OBJECTS_A_COLLECTION = 5_000  # fewer than a command that ends soon leaves lying


@click.command("serve")
@click.option(
    "--port",
    type=click.IntRange(0, 65535),
    default=_PORT,
    show_default=True,
    help="Port of this machine. 0: any free one.",
)
@click.option("--schedule", is_flag=True, help="Sync what is new every night too, for a machine without cron.")
@click.option(
    "--at",
    type=click.DateTime(["%H:%M"]),
    default="00:00",
    show_default=True,
    help="With --schedule: when, by the clock",
)
@click.option("--zone", default=_ZONE, show_default=True, help="With --schedule: of which time zone.")
@click.pass_obj
def serve(config: DeskConfig, port: int, at: dt.datetime, zone: str, *, schedule: bool) -> None:
    """Show tickets, errors, runs and proofs in a browser on this machine; sync, resync and undo from there.

    It listens on this machine alone, and lets in whoever types the code that it prints. It goes on until you end it,
    with Ctrl-C; a work that is under way then comes to its end first.

    With --schedule a night that was missed, because the machine was off, is made up when it is on again; whoever is to
    be told by the settings is told where a night fails. Use it, or cron, or systemd: not two of them.
    """
    try:
        import waitress  # noqa: PLC0415 (an extra)

        from target_qbo.desk.nights import Nights, Schedule  # noqa: PLC0415 (it takes long to load)
        from target_qbo.desk.works import Works  # noqa: PLC0415
        from target_qbo.web.access import Door  # noqa: PLC0415
        from target_qbo.web.frugal import share_one_heap  # noqa: PLC0415
        from target_qbo.web.site import application  # noqa: PLC0415
    except ImportError:
        raise ConfigurationError("the page needs the extra: install franpos-qbo[web]") from None
    _try(config)
    door, works = Door(), Works(config)
    nights = Nights(config, works, Schedule(at.time(), _zone(zone)) if schedule else None)
    try:
        listening = socket.create_server((_HOSTS[0], port))
    except OSError as error:
        raise ConfigurationError(f"port {port} can't be used ({error.strerror}): choose another with --port") from None
    with listening:
        own = listening.getsockname()[1]
        page = application(config, door, works, nights, _HOSTS, own)
        nights.go_on()
        for fire in nights.upcoming(1):
            click.echo(f"the next night begins at {fire:%Y-%m-%d %H:%M} {fire.tzinfo}", err=True)
        # By this name: what comes back from QuickBooks comes to it, and a browser's cookies are a name's.
        click.echo(f"open http://{_HOSTS[1]}:{own}/ and sign in with the code {door.code}", err=True)
        share_one_heap()
        gc.freeze()  # all that is loaded stays
        gc.set_threshold(_OBJECTS_A_COLLECTION)
        signal.signal(signal.SIGTERM, signal.default_int_handler)  # as Ctrl-C
        try:
            waitress.serve(page, sockets=[listening], threads=_THREADS, ident=None, _quiet=True)
        finally:
            works.close()


def _try(config: DeskConfig) -> None:
    """Have told at once what is wrong with the settings; that there are none yet is what the set-up is for."""
    if config.lacking():
        from target_qbo.ledger.database import open_database  # noqa: PLC0415 (it takes long to load)

        open_database(config.place().url).dispose()
    else:
        config.company().ledger.engine.dispose()


def _zone(name: str) -> ZoneInfo:
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError):
        raise click.UsageError(f"--zone {name} is no time zone: name one as America/Denver") from None
