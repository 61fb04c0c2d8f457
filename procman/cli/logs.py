"""`procman logs`: what the processes said, as the running procman remembers it, or as its last run ended."""

from __future__ import annotations

import os
import re
from typing import TYPE_CHECKING, Any

import click

from procman.cli.clusters import logs_there, on_cluster
from procman.cli.naming import complete_names
from procman.cli.remembered import LINES, Remembered
from procman.cli.remote import STATUSES, root_option, running
from procman.control.client import NOTHING_RUNS, GoneError
from procman.control.logs import heard
from procman.errors import USAGE, ProcmanError

if TYPE_CHECKING:
    from procman.output.history import Moment

UNITS = {"s": 1, "m": 60, "h": 3600, "d": 86400}
AGE = re.compile(r"([0-9]{1,7}(?:\.[0-9]+)?)([smhd]?)")

EPILOG = f"""
\b
Examples:
  procman logs                       the last {LINES} lines of all
  procman logs -f web                those of web, and what it says from now on
  procman logs --since 5m --grep ERROR
  procman logs --last -n 20          how the last run ended
{STATUSES}"""


@click.command(epilog=EPILOG)
@click.argument("names", nargs=-1, metavar="[NAME]...", shell_complete=complete_names)
@click.option("-f", "--follow", "-t", "--tail", is_flag=True, help="Go on with what comes.")
@click.option("-n", "--lines", type=click.IntRange(0, 1_000_000), metavar="N", help=f"How many. [{LINES}]")
@click.option("--since", metavar="TIME", help="Only what is not older than this: 30s, 5m, 2h.")
@click.option("--grep", metavar="REGEX", help="Only lines that match.")
@click.option("--last", is_flag=True, help="Of the last run that has ended here.")
@click.option("--json", "as_json", is_flag=True, help="A JSON object a line, as start --format json.")
@click.option("--color", type=click.Choice(["auto", "always", "never"]), default="auto", help="[auto]")
@click.option("--timestamp", metavar="FORMAT", default="%H:%M:%S", help="As of start. [%H:%M:%S]")
@click.option("--no-prefix", is_flag=True, help="The processes' lines and nothing before them.")
@root_option
@on_cluster(logs_there)
def logs(names: tuple[str, ...], *, last: bool, root: str | None, **options: Any) -> None:
    """Show what the processes have said: the newest lines, and with -f what follows."""
    shown = Remembered(**options)
    if last:
        shown.all(_of_last_run(root), names, _seconds(options["since"]))
        return
    arguments: dict[str, Any] = {"names": list(names), "follow": options["follow"]}
    if options["since"] is not None:
        arguments["since"] = _seconds(options["since"])
    if shown.lines is not None and options["grep"] is None:
        arguments["lines"] = shown.lines
    with running(root) as client:
        shown.learn([row["process"] for row in client.ask("ps")["processes"]])
        try:
            for reply in client.stream("logs", **arguments):
                if "lost" in reply:
                    click.echo(f"procman: {reply['lost']} bytes left out: read too slowly", err=True)
                elif "live" in reply:
                    shown.flush()
                elif (moment := heard(reply)) is not None:
                    shown.add(moment)
        except GoneError:
            if not options["follow"]:
                raise
        shown.close()


def _of_last_run(root: str | None) -> list[Moment]:
    from procman.control.address import upwards
    from procman.control.kept import last_log

    roots = list(upwards(".")) if root is None else [os.path.realpath(root)]
    found = last_log(roots, os.environ)
    if found is None:
        raise ProcmanError("no run has ended here whose log was kept", exit_code=NOTHING_RUNS)
    return found


def _seconds(text: str | None) -> float | None:
    if text is None:
        return None
    found = AGE.fullmatch(text.strip())
    if found is None:
        raise ProcmanError(f"--since {text!r} is no time", hint="write 30s, 5m, 2h or 1d", exit_code=USAGE)
    return min(float(found[1]) * UNITS[found[2] or "s"], 86_400.0)
