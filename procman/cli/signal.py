"""`procman signal`: one signal to the groups of some processes."""

from __future__ import annotations

from signal import Signals

import click

from procman.cli.naming import complete_names
from procman.cli.remote import STATUSES, json_option, running, say_json, where_options
from procman.errors import USAGE, ProcmanError

EPILOG = f"""
\b
Examples:
  procman signal web HUP
  procman signal worker.1 USR1
{STATUSES}"""


@click.command(epilog=EPILOG)
@click.argument("words", nargs=-1, required=True, metavar="NAME... SIGNAL", shell_complete=complete_names)
@where_options
@json_option
def signal(words: tuple[str, ...], *, root: str | None, procfile: str | None, as_json: bool) -> None:
    """Send a signal (HUP, USR1, 10) to processes; what it does there is their business."""
    *names, sign = words
    if not names:
        raise click.UsageError("name processes, then a signal")
    number = _number(sign)
    with running(root, procfile) as client:
        sent = client.ask("signal", names=names, signal=number)["processes"]
    if as_json:
        say_json({"processes": sent, "signal": number})
    else:
        click.echo(f"sent {Signals(number).name} to {', '.join(sent)}")


def _number(text: str) -> int:
    name = text.upper().removeprefix("SIG")
    if text.isascii() and text.isdecimal() and int(text[:4]) in set(Signals):
        return int(text)
    if f"SIG{name}" in Signals.__members__:
        return Signals[f"SIG{name}"].value
    known = ", ".join(member.removeprefix("SIG") for member in Signals.__members__)
    raise ProcmanError(f"no signal {text!r}", hint=f"signals: {known}", exit_code=USAGE)
