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
_HOST = "127.0.0.1"
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
@click.option(
    "--host", default=_HOST, show_default=True, metavar="ADDRESS", help="Address of this machine to listen at."
)
@click.option(
    "--behind-proxy",
    "proxy",
    metavar="ADDRESS",
    help="Address of the proxy that ends TLS in front of the page: nobody else is answered.",
)
@click.option(
    "--name", "names", metavar="HOST", multiple=True, help="With --behind-proxy: the host name that browsers ask for."
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
def serve(
    config: DeskConfig,
    host: str,
    port: int,
    proxy: str | None,
    names: tuple[str, ...],
    at: dt.datetime,
    zone: str,
    *,
    schedule: bool,
) -> None:
    """Show tickets, errors, runs and proofs in a browser on this machine; sync, resync and undo from there.

    It listens on this machine alone, and lets in whoever types the code that it prints, and users (franpos-qbo users).
    It goes on until you end it, with Ctrl-C; a work that is under way then comes to its end first.

    Others reach it by way of a proxy that ends TLS, as with --host 10.0.0.7 --behind-proxy 10.0.0.5 --name
    books.example.com: it takes that proxy's X-Forwarded-For, -Proto and -Host (which the proxy must set itself,
    whatever a browser sends), answers https alone, and lets in users alone, of whom one at least is to be an owner.

    With --schedule a night that was missed, because the machine was off, is made up when it is on again; whoever is to
    be told by the settings is told where a night fails. Use it, or cron, or systemd: not two of them.
    """
    try:
        import waitress  # noqa: PLC0415 (an extra)

        from target_qbo.desk import people  # noqa: PLC0415
        from target_qbo.desk.nights import Nights, Schedule  # noqa: PLC0415 (it takes long to load)
        from target_qbo.desk.works import Works  # noqa: PLC0415
        from target_qbo.web.access import Door  # noqa: PLC0415
        from target_qbo.web.frugal import share_one_heap  # noqa: PLC0415
        from target_qbo.web.place import place  # noqa: PLC0415
        from target_qbo.web.site import application  # noqa: PLC0415
    except ImportError:
        raise ConfigurationError("the page needs the extra: install franpos-qbo[web]") from None
    where = place(host, proxy, names)
    kept = people.kept_in(config)
    if not config.lacking():  # else the set-up is what is wanted
        config.company().ledger.engine.dispose()  # what is wrong with the settings is told at once
    if where.proxy is not None and not people.has_owner(kept):
        raise ConfigurationError(
            "others are let in by name and password: enter an owner first, franpos-qbo users add NAME --role owner"
        )
    door, works = Door(), Works(config)
    nights = Nights(config, works, Schedule(at.time(), _zone(zone)) if schedule else None)
    try:
        family = socket.AF_INET6 if ":" in where.address else socket.AF_INET
        listening = socket.create_server((where.address, port), family=family)
    except OSError as error:
        raise ConfigurationError(
            f"port {port} of {host} can't be used ({error.strerror}): choose another with --port"
        ) from None
    with listening:
        own = listening.getsockname()[1]
        page = application(config, kept, door, works, nights, where, own)
        nights.go_on()
        for fire in nights.upcoming(1):
            click.echo(f"the next night begins at {fire:%Y-%m-%d %H:%M} {fire.tzinfo}", err=True)
        if where.proxy is None:
            click.echo(f"open http://{where.called}:{own}/ and sign in with the code {door.code}", err=True)
        else:
            click.echo(
                f"open https://{where.called}/ and sign in by name; listening at {where.address} port {own} "
                f"for the proxy {where.proxy}",
                err=True,
            )
        share_one_heap()
        gc.freeze()  # all that is loaded stays
        gc.set_threshold(_OBJECTS_A_COLLECTION)
        signal.signal(signal.SIGTERM, signal.default_int_handler)  # as Ctrl-C
        try:
            waitress.serve(page, sockets=[listening], threads=_THREADS, ident=None, _quiet=True, **where.serving)
        finally:
            works.close()


def _zone(name: str) -> ZoneInfo:
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError):
        raise click.UsageError(f"--zone {name} is no time zone: name one as America/Denver") from None
