"""``franpos-qbo completion``: the shell's script that completes commands, options and choices."""

from __future__ import annotations

import os
from pathlib import PurePath

import click
from click.shell_completion import get_completion_class

_SHELLS = ("bash", "zsh", "fish")


@click.command()
@click.argument("shell", type=click.Choice(_SHELLS), required=False)
@click.pass_context
def completion(context: click.Context, shell: str | None) -> None:
    """Print a script for your shell (default: that of $SHELL) that completes what you type after franpos-qbo.

    \b
    bash: eval "$(franpos-qbo completion bash)"   in ~/.bashrc
    zsh:  eval "$(franpos-qbo completion zsh)"    in ~/.zshrc, after compinit
    fish: franpos-qbo completion fish | source    in ~/.config/fish/config.fish
    """  # noqa: D301 (click keeps the lines after its mark)
    found = get_completion_class(shell or PurePath(os.environ.get("SHELL", "")).name)
    if found is None:
        raise click.UsageError(f"Say which shell: {', '.join(_SHELLS)}.")
    click.echo(found(context.find_root().command, {}, "franpos-qbo", "_FRANPOS_QBO_COMPLETE").source())
