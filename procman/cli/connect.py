"""`procman connect`: sit at the terminal of one process: a debugger, a console, a password."""

from __future__ import annotations

import os

import click

from procman.cli.naming import complete_names
from procman.cli.remote import STATUSES, running, where_options
from procman.control.attach import DETACH, attach, parse_keys
from procman.errors import USAGE, ProcmanError

EPILOG = f"""
\b
Examples:
  procman connect web                Ctrl-] leaves, Ctrl-C is the process's own
  procman connect web.2 --detach-keys ctrl-p,ctrl-q
  procman connect web --read-only    only look
{STATUSES}"""


@click.command(epilog=EPILOG)
@click.argument("name", shell_complete=complete_names)
@click.option("--detach-keys", default=DETACH, metavar="KEYS", help=f"What leaves. [{DETACH}]")
@click.option("--read-only", is_flag=True, help="Only look; somebody else types.")
@where_options
def connect(name: str, *, detach_keys: str, read_only: bool, root: str | None, procfile: str | None) -> None:
    """Connect this terminal to the one of a process, and leave it as it was."""
    keys = parse_keys(detach_keys)
    if not (os.isatty(0) and os.isatty(1)):
        raise ProcmanError("connect needs a terminal", hint="`procman logs -f` needs none", exit_code=USAGE)
    with running(root, procfile) as client:
        attach(client, name, write=not read_only, keys=keys)
