"""`procman completion`: the script that lets a shell complete commands, options and processes."""

from __future__ import annotations

import click

from procman.errors import ProcmanError

EPILOG = """
\b
Examples:
  eval "$(procman completion bash)"                                 in ~/.bashrc
  eval "$(procman completion zsh)"                                  in ~/.zshrc
  procman completion fish > ~/.config/fish/completions/procman.fish
"""


@click.command(epilog=EPILOG)
@click.argument("shell", type=click.Choice(["bash", "zsh", "fish"]))
def completion(shell: str) -> None:
    """Print what a shell needs to complete procman's commands, options, processes and types."""
    from click.shell_completion import get_completion_class

    from procman.cli.main import cli

    found = get_completion_class(shell)
    if found is None:
        raise ProcmanError(f"this version of click knows no completion for {shell}")
    click.echo(found(cli, {}, "procman", "_PROCMAN_COMPLETE").source())
