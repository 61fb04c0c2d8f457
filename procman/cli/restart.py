"""`procman restart`: restart processes."""

from __future__ import annotations

import click

from procman.cli.naming import complete_names
from procman.cli.remote import STATUSES, json_option, named, running, told, where_options

EPILOG = f"""
\b
Examples:
  procman restart web
  procman restart --all
{STATUSES}"""


@click.command(epilog=EPILOG)
@click.argument("names", nargs=-1, metavar="NAME...", shell_complete=complete_names)
@click.option("--all", "everything", is_flag=True, help="All processes.")
@where_options
@json_option
def restart(
    names: tuple[str, ...], *, everything: bool, root: str | None, procfile: str | None, as_json: bool
) -> int:
    """Stop processes and start them again; returns when they are up, or says why they are not."""
    arguments = named(names, everything=everything)
    with running(root, procfile) as client:
        return told(client, "restart", as_json=as_json, **arguments)
