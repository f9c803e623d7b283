"""``franpos-qbo serve``: the back-office page, on this machine."""

from __future__ import annotations

import socket
from typing import TYPE_CHECKING

import click

from target_qbo.errors import ConfigurationError

if TYPE_CHECKING:
    from target_qbo.desk.config import DeskConfig

_PORT = 8700
_HOSTS = ("127.0.0.1", "localhost")
_THREADS = 8


@click.command("serve")
@click.option(
    "--port",
    type=click.IntRange(0, 65535),
    default=_PORT,
    show_default=True,
    help="Port of this machine. 0: any free one.",
)
@click.pass_obj
def serve(config: DeskConfig, port: int) -> None:
    """Show tickets, errors, runs and proofs in a browser on this machine; sync, resync and undo from there.

    It listens on this machine alone, and lets in whoever types the code that it prints. It goes on until you end it,
    with Ctrl-C; a work that is under way then comes to its end first.
    """
    try:
        import waitress  # noqa: PLC0415 (an extra)

        from target_qbo.web.access import Door  # noqa: PLC0415
        from target_qbo.web.site import application  # noqa: PLC0415
    except ImportError:
        raise ConfigurationError("the page needs the extra: install franpos-qbo[web]") from None
    config.company().ledger.engine.dispose()  # what is wrong with the settings is told at once
    door = Door()
    try:
        listening = socket.create_server((_HOSTS[0], port))
    except OSError as error:
        raise ConfigurationError(f"port {port} can't be used ({error.strerror}): choose another with --port") from None
    with listening:
        host, own = listening.getsockname()
        page = application(config, door, _HOSTS, own)
        click.echo(f"open http://{host}:{own}/ and sign in with the code {door.code}", err=True)
        waitress.serve(page, sockets=[listening], threads=_THREADS, ident=None, _quiet=True)
