"""`procman quit`: ends the running formation from elsewhere."""

from __future__ import annotations

import click

from procman.cli.remote import STATUSES, json_option, running, say_json, where_options


@click.command(epilog=STATUSES)
@where_options
@json_option
def quit(*, root: str | None, procfile: str | None, as_json: bool) -> None:  # noqa: A001 - the command's name
    """End what runs here; returns when nothing that it started is alive any more."""
    with running(root, procfile) as client:
        client.ask("quit")
        if as_json:
            say_json({"root": client.root, "ok": True})
