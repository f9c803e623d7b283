"""The command line's root and its end: one line for every expected error, and the exit code that programs see.

Exit codes: 0 done, 1 differences or skipped tickets where the command looks for them, 2 wrong use or configuration,
3 QuickBooks or Franpos not to be reached, 4 sign-in needed (design, Commands).
"""

from __future__ import annotations

import logging
import sys
from importlib import import_module

import click

from franpos_qbo.starting import loading
from target_qbo.desk.config import DeskConfig

COMMANDS = {
    "check": "target_qbo.console.check:check",
    "completion": "target_qbo.console.completion:completion",
    "connect": "target_qbo.console.connect:connect",
    "disconnect": "target_qbo.console.connect:disconnect",
    "night": "target_qbo.console.night:night",
    "preview": "target_qbo.console.preview:show_preview",
    "rebuild": "target_qbo.console.rebuild:rebuild",
    "reconcile": "target_qbo.console.reconcile:reconcile",
    "remind": "target_qbo.console.remind:remind",
    "resync": "target_qbo.console.resync:resync",
    "runs": "target_qbo.console.runs:runs",
    "serve": "target_qbo.console.serve:serve",
    "sync": "target_qbo.console.sync:sync",
    "tickets": "target_qbo.console.tickets:tickets",
    "undo": "target_qbo.console.undo:undo",
    "users": "target_qbo.console.users:users",
}
"""Where each command is; it is loaded when it is asked for, so that none waits for what another needs."""


class _Commands(click.Group):
    """The commands of :data:`COMMANDS`."""

    def list_commands(self, _context: click.Context) -> list[str]:
        """Return their names, in order."""
        return list(COMMANDS)

    def get_command(self, _context: click.Context, name: str) -> click.Command | None:
        """Load a command."""
        if name not in COMMANDS:
            return None
        module, attribute = COMMANDS[name].split(":")
        with loading():
            command: click.Command = getattr(import_module(module), attribute)
        return command


@click.group(cls=_Commands, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.version_option(package_name="franpos-qbo")
@click.option("--tap-config", type=click.Path(exists=True, dir_okay=False), help="Settings file of tap-franpos (JSON).")
@click.option(
    "--target-config", type=click.Path(exists=True, dir_okay=False), help="Settings file of target-qbo (JSON)."
)
@click.option("--verbose", is_flag=True, help="Show what is done on the way.")
@click.pass_context
def cli(context: click.Context, tap_config: str | None, target_config: str | None, *, verbose: bool) -> None:
    """See, put right and prove what a shop's tickets became in QuickBooks Online.

    Settings are read where the plugins have them: --tap-config and --target-config, else the plugins' environment
    variables (TAP_FRANPOS_…, TARGET_QBO_…), else the project's meltano.yml and .env. What none of them says counts as
    the back-office page keeps it in the ledger's database.
    """
    logging.basicConfig(level=logging.INFO if verbose else logging.WARNING, format="%(message)s", stream=sys.stderr)
    logging.getLogger("urllib3").setLevel(logging.INFO)
    for name in ("alembic", "singer_sdk.metrics", "tap-franpos"):
        logging.getLogger(name).setLevel(logging.WARNING)
    context.obj = DeskConfig(tap_config, target_config)


def main() -> None:
    """Run ``franpos-qbo``."""
    try:
        cli()
    except Exception as error:
        from target_qbo.endings import ending_of  # noqa: PLC0415 (loads much that a command without an error may not need)

        ending = ending_of(error)
        if ending is None:
            raise
        click.echo(f"franpos-qbo: {ending.line}", err=True)
        sys.exit(ending.exit_code)
