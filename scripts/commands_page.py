"""``docs/commands.md`` and the commands in ``meltano.yml``, from the command line's own objects."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from target_qbo.console.main import COMMANDS, cli

if TYPE_CHECKING:
    from collections.abc import Iterator

PROGRAM = "franpos-qbo"
_WIDTH = 98  # what click makes of a terminal of 100 columns
# What the shell itself needs, a page for a browser, or what a password is typed for, is nothing to ask a plugin for.
_NOT_IN_MELTANO = frozenset({"completion", "serve", "users"})
_HEAD = """\
# Commands

The options of every command, written from the code by `scripts/generate.py`.

    franpos-qbo [OPTIONS] COMMAND [ARGS]...

**Settings** are read where the plugins have them: from the files of `--tap-config` and `--target-config` (the plugins'
own JSON); else from the environment and `.env` (`TAP_FRANPOS_…`, `TARGET_QBO_…`); else from the project's
`meltano.yml`, in the environment that `MELTANO_ENVIRONMENT` names; then what the back-office page keeps.
[Settings](settings.md) lists them. `night` reads those of `stores.yml`.

**With Meltano** each but `completion`, `serve` and `users` is a command of the plugin, with the settings of the
Meltano project:

    meltano invoke target-qbo:reconcile --from 2026-03-01 --to 2026-03-31

**For programs**, where rows are shown: `--format json` prints one JSON document on stdout and nothing else, `--format
csv` a header and rows. Amounts are exact decimals. What is told on the way, and every problem, goes to stderr.

| exit code | what it says |
|---|---|
| 0 | done |
| 1 | differences, or skipped tickets, where the command looks for them; or input that can't be taken |
| 2 | wrong use, or a wrong setting |
| 3 | QuickBooks, Franpos or the ledger's database can't be reached |
| 4 | sign-in needed: `franpos-qbo connect` |

**Completion** of commands, options and choices: `eval "$(franpos-qbo completion bash)"`, likewise for zsh and fish.
"""


def commands_page() -> str:
    """Return ``docs/commands.md``: its head, and the help of every command as a terminal of 100 columns shows it."""
    root = _context(cli, PROGRAM, None)
    parts = [_HEAD]
    for name in cli.list_commands(root):
        command = cli.get_command(root, name)
        if command is not None and not command.hidden:
            parts += list(_help(command, name, root))
    return "\n".join(parts)


def meltano_commands() -> dict[str, dict[str, Any]]:
    """Return the ``commands`` of target-qbo in ``meltano.yml``."""
    root = _context(cli, PROGRAM, None)
    found = {}
    for name in COMMANDS:
        command = cli.get_command(root, name)
        if command is not None and not command.hidden and name not in _NOT_IN_MELTANO:
            text = command.get_short_help_str(200)
            found[name] = {"executable": PROGRAM, "args": name, "description": text}
    return found


def _help(command: click.Command, name: str, parent: click.Context) -> Iterator[str]:
    context = _context(command, name, parent)
    lines = [line.rstrip() for line in command.get_help(context).splitlines()]
    indented = "\n".join(f"    {line}".rstrip() for line in lines)
    yield f"## {context.command_path.removeprefix(PROGRAM).strip()}\n\n{indented}\n"
    if isinstance(command, click.Group):
        for part in command.list_commands(context):
            found = command.get_command(context, part)
            if found is not None and not found.hidden:
                yield from _help(found, part, context)


def _context(command: click.Command, name: str, parent: click.Context | None) -> click.Context:
    return click.Context(command, parent=parent, info_name=name, terminal_width=_WIDTH, **command.context_settings)
