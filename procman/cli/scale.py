"""`procman scale`: so many instances of a type from now on, in Heroku's words."""

from __future__ import annotations

import re

import click

from procman.cli.clusters import on_cluster, scale_there
from procman.cli.naming import complete_types
from procman.cli.remote import STATUSES, json_option, running, say_json, where_options
from procman.errors import USAGE, ProcmanError

CHANGE = re.compile(r"([A-Za-z0-9_-]+)([=+-])([0-9]{1,6})(?::[A-Za-z0-9_-]+)?")
"""Heroku's grammar; a dyno size after a colon is read and means nothing here."""

EPILOG = f"""
\b
Examples:
  procman scale web=10 worker=50
  procman scale worker+2 web-1
  procman scale --on kubernetes --context prod web=5
  procman scale                      prints the formation: web=10 worker=52
{STATUSES}"""


@click.command(epilog=EPILOG, context_settings={"ignore_unknown_options": True})
@click.argument("changes", nargs=-1, metavar="[TYPE=N | TYPE+N | TYPE-N]...", shell_complete=complete_types)
@where_options
@json_option
@on_cluster(scale_there)
def scale(changes: tuple[str, ...], *, root: str | None, procfile: str | None, as_json: bool) -> None:
    """Change how many instances of a type run; the highest numbers go first, the others don't notice."""
    wanted = [change(text) for text in changes]
    with running(root, procfile) as client:
        if not as_json and wanted:
            _tell(wanted[0][0])
        rows = []
        order = list(dict.fromkeys(process_type for process_type, _, _ in wanted))
        formation: dict[str, int] = {}
        told = 0
        try:
            for reply in client.stream("scale", **({"changes": wanted} if wanted else {})):
                if "type" in reply:
                    rows.append(reply)
                    told += 1
                    if not as_json:
                        click.echo(f"done, now running {reply['running']}")
                        if told < len(order):
                            _tell(order[told])
                formation = reply.get("formation", formation)
        except ProcmanError:
            if not as_json and wanted:
                click.echo("failed")
            raise
    if as_json:
        say_json({"scaled": rows, "formation": formation})
    elif not wanted:
        click.echo(" ".join(f"{name}={quantity}" for name, quantity in formation.items()))


def _tell(process_type: str) -> None:
    click.echo(f"Scaling {process_type} processes... ", nl=False)


def change(text: str) -> tuple[str, str, int]:
    """Read one change: type, sign (`=`, `+`, `-`), number."""
    found = CHANGE.fullmatch(text)
    if found is None:
        raise ProcmanError(
            f"{text!r} is no change of a formation",
            hint="write web=2, worker+1 or worker-1",
            exit_code=USAGE,
        )
    return found[1], found[2], int(found[3])
