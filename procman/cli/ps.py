"""`procman ps`: every process with its state, in Heroku's columns and a few more."""

from __future__ import annotations

import os
import time
from typing import TYPE_CHECKING

import click

from procman.cli.clusters import on_cluster, ps_there
from procman.cli.naming import complete_names
from procman.cli.remote import STATUSES, json_option, running, say_json, where_options
from procman.control.usage import Meter, trees

if TYPE_CHECKING:
    from collections.abc import Sequence

    from procman.control.protocol import Reply

SAMPLE = 0.1
"""Seconds over which CPU is measured."""
COLUMNS = ("Process", "State", "PID", "Port", "CPU", "Memory", "Restarts", "Command")
RIGHT = frozenset({"PID", "Port", "CPU", "Memory", "Restarts"})
COMMAND_WIDTH = 30

EPILOG = f"""
\b
Examples:
  procman ps
  procman ps web --json | jq -r '.processes[].pid'
{STATUSES}"""


@click.command(epilog=EPILOG)
@click.argument("names", nargs=-1, metavar="[NAME]...", shell_complete=complete_names)
@where_options
@json_option
@on_cluster(ps_there)
def ps(names: tuple[str, ...], *, root: str | None, procfile: str | None, as_json: bool) -> None:
    """Show the processes that run here, with CPU and memory of their whole trees."""
    with running(root, procfile) as client:
        rows = client.ask("ps", names=list(names))["processes"]
        here = client.root
    measured(rows)
    if as_json:
        say_json({"root": here, "processes": rows})
        return
    from procman.config.reporting import visible

    for line in table(rows, _width()):
        click.echo(visible(line))


def measured(rows: Sequence[Reply]) -> None:
    """Add cpu (percent) and memory (bytes) to each process that runs."""
    leaders = {row["process"]: row["pid"] for row in rows if row["pid"]}
    usages = {}
    if leaders:
        meter = Meter()
        found = trees(leaders)
        meter.read(found, time.monotonic())
        time.sleep(SAMPLE)
        usages = meter.read(found, time.monotonic())
    for row in rows:
        usage = usages.get(row["process"])
        row["cpu"] = None if usage is None else round(usage.cpu, 1)
        row["memory"] = None if usage is None else usage.memory


def table(rows: Sequence[Reply], width: int | None) -> list[str]:
    """Give the lines of the table; width: where a command is cut off, None for nowhere."""
    cells = [_cells(row) for row in rows]
    widths = [max([len(title), *(len(row[at]) for row in cells)]) for at, title in enumerate(COLUMNS)]
    widths[-1] = COMMAND_WIDTH
    rule = tuple("-" * width for width in widths)
    lines = []
    for row in (COLUMNS, rule, *cells):
        padded = [
            text.rjust(size) if title in RIGHT else text.ljust(size)
            for title, text, size in zip(COLUMNS, row, widths, strict=True)
        ]
        lines.append("  ".join(padded).rstrip())
    return lines if width is None else [line[:width] for line in lines]


def _cells(row: Reply) -> tuple[str, ...]:
    return (
        row["process"],
        state(row),
        str(row["pid"] or ""),
        str(row["port"] or ""),
        "" if row["cpu"] is None else f"{row['cpu']:.1f}%",
        "" if row["memory"] is None else size(row["memory"]),
        str(row["restarts"]),
        row["command"],
    )


def state(row: Reply) -> str:
    """Say it as Heroku does: `up for 2s`."""
    word = row["state"]
    if row["since"] is not None and word != "down":
        word = f"{word} for {age(row['since'])}"
    return word if row["ready"] or row["state"] != "up" else f"{word}, not ready"


def age(seconds: float) -> str:
    """Give a duration in its largest whole unit."""
    for unit, length in (("d", 86400), ("h", 3600), ("m", 60)):
        if seconds >= length:
            return f"{int(seconds // length)}{unit}"
    return f"{int(seconds)}s"


def size(count: int) -> str:
    """Give bytes as people read them: 45M."""
    number = float(count)
    for unit in ("B", "K", "M"):
        if number < 1024:  # noqa: PLR2004 - of one unit in the next
            return f"{number:.0f}{unit}"
        number /= 1024
    return f"{number:.1f}G"


def _width() -> int | None:
    import shutil

    return shutil.get_terminal_size().columns if os.isatty(1) else None
