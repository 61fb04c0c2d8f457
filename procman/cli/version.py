from __future__ import annotations

import click

from procman import __version__


@click.command(add_help_option=True)
def version() -> None:
    """Print the version."""
    click.echo(f"procman {__version__}")
