"""`procman stop`: stop processes; the others go on."""

from __future__ import annotations

import click

from procman.cli.naming import complete_names
from procman.cli.remote import STATUSES, json_option, named, running, told, where_options

EPILOG = f"""
\b
Examples:
  procman stop worker           all workers
  procman stop web.2 "queue*"   one process, and what a glob means
{STATUSES}"""


@click.command(epilog=EPILOG)
@click.argument("names", nargs=-1, metavar="NAME...", shell_complete=complete_names)
@click.option("--all", "everything", is_flag=True, help="All processes.")
@where_options
@json_option
def stop(
    names: tuple[str, ...], *, everything: bool, root: str | None, procfile: str | None, as_json: bool
) -> int:
    """Stop processes of the running formation, their whole trees; the others go on."""
    arguments = named(names, everything=everything)
    with running(root, procfile) as client:
        return told(client, "stop", as_json=as_json, **arguments)
