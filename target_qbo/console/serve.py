"""``franpos-qbo serve``: the back-office page, on this machine."""

from __future__ import annotations

import gc
import os
import signal
import socket
from pathlib import Path
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import click

from target_qbo.errors import ConfigurationError

if TYPE_CHECKING:
    import datetime as dt

    from target_qbo.desk.config import DeskConfig
    from target_qbo.desk.nights import Schedule
    from target_qbo.desk.shops import Shop, Shops

_PORT = 8700
_ZONE = "America/Denver"
_HOST = "127.0.0.1"
_THREADS = 4  # one answers while another waits for QuickBooks: more take turns at the same processor, and memory each
_OBJECTS_A_COLLECTION = 5_000  # fewer than a command that ends soon leaves lying
_STORES = Path("stores.yml")


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
@click.option(
    "--stores",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="File of several shops: a page for all, and pages for each.  [default: stores.yml, where it is there]",
)
@click.option(
    "--secrets",
    type=click.Path(exists=True, file_okay=False, path_type=Path),
    help="With --stores: folder with the shops' secrets, a file NAME.json that nobody else may read.",
)
@click.pass_obj
def serve(
    config: DeskConfig,
    host: str,
    port: int,
    proxy: str | None,
    names: tuple[str, ...],
    at: dt.datetime,
    zone: str,
    stores: Path | None,
    secrets: Path | None,
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

    With --stores, or where stores.yml is in this folder and no settings file is named, it shows all shops of that file.
    A shop's secrets are those of the connection that the file names: the variable AIRFLOW_CONN_NAME as Airflow reads
    it (JSON with an extra), else NAME.json in the folder of --secrets, an object of the plugins' variables.
    """
    try:
        import waitress  # noqa: PLC0415 (an extra)

        from target_qbo.desk import people  # noqa: PLC0415
        from target_qbo.desk.nights import Schedule  # noqa: PLC0415 (it takes long to load)
        from target_qbo.web.access import Door  # noqa: PLC0415
        from target_qbo.web.frugal import share_one_heap  # noqa: PLC0415
        from target_qbo.web.place import place  # noqa: PLC0415
        from target_qbo.web.site import application  # noqa: PLC0415
    except ImportError:
        raise ConfigurationError("the page needs the extra: install franpos-qbo[web]") from None
    where = place(host, proxy, names)
    shops = _shops(config, stores, secrets, Schedule(at.time(), _zone(zone)) if schedule else None)
    kept = people.kept_in(config)
    if where.proxy is not None and not people.has_owner(kept):
        raise ConfigurationError(
            "others are let in by name and password: enter an owner first, franpos-qbo users add NAME --role owner"
        )
    door = Door()
    try:
        family = socket.AF_INET6 if ":" in where.address else socket.AF_INET
        listening = socket.create_server((where.address, port), family=family)
    except OSError as error:
        raise ConfigurationError(
            f"port {port} of {host} can't be used ({error.strerror}): choose another with --port"
        ) from None
    with listening:
        own = listening.getsockname()[1]
        page = application(shops, kept, door, where, own)
        shops.begin_nights()
        for fire in shops.upcoming_nights(1):
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
            shops.close()


def _shops(config: DeskConfig, stores: Path | None, secrets: Path | None, fixed: Schedule | None) -> Shop | Shops:
    """Return the shops that are meant, once what is wrong with them as a whole was told."""
    from target_qbo.desk.shops import Shops, only_shop  # noqa: PLC0415 (it takes long to load)

    has_files = config.tap_config is not None or config.target_config is not None
    if stores is None and not has_files and _STORES.is_file():
        stores = _STORES
    if stores is None:
        if secrets is not None:
            raise click.UsageError("--secrets is for the shops of --stores")
        if not config.lacking():  # else the set-up is what is wanted
            config.company().ledger.engine.dispose()
        return only_shop(config, fixed)
    if has_files:
        raise click.UsageError("--stores names the settings of all shops: leave out --tap-config and --target-config")
    if fixed is not None:
        raise click.UsageError("--schedule is for one shop: the nights of several are begun elsewhere, as by Airflow")
    return Shops(stores, secrets, os.environ)


def _zone(name: str) -> ZoneInfo:
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError):
        raise click.UsageError(f"--zone {name} is no time zone: name one as America/Denver") from None
