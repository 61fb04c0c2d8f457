"""`procman wait`: until processes are ready."""

from __future__ import annotations

import click

from procman.cli.naming import complete_names
from procman.cli.remote import STATUSES, json_option, running, told, where_options

EPILOG = f"""
\b
Examples:
  procman wait && curl localhost:5000
  procman wait db --timeout 10
{STATUSES}"""


@click.command(epilog=EPILOG)
@click.argument("names", nargs=-1, metavar="[NAME]...", shell_complete=complete_names)
@click.option(
    "-t",
    "--timeout",
    type=click.FloatRange(0, 86400),
    default=60.0,
    metavar="SECONDS",
    help="How long at most. [60]",
)
@where_options
@json_option
def wait(
    names: tuple[str, ...], *, timeout: float, root: str | None, procfile: str | None, as_json: bool
) -> int:
    """Wait until processes are ready (all of them by default); fails when one ends, or is late."""
    with running(root, procfile) as client:
        return told(client, "wait", as_json=as_json, names=list(names), timeout=timeout)
