"""`procman init`: a first Procfile for what is in the folder."""

from __future__ import annotations

import os

import click

from procman.config.scaffold import procfile_text, suggest
from procman.errors import ProcmanError

LARGEST = 1024 * 1024

EPILOG = """
\b
Examples:
  procman init                 write ./Procfile
  procman init --stdout        only show what it would be
"""


@click.command(epilog=EPILOG)
@click.option("-f", "--procfile", metavar="FILE", default="Procfile", help="The file to write. [Procfile]")
@click.option("--stdout", "show", is_flag=True, help="Write to standard output and no file.")
def init(procfile: str, *, show: bool) -> None:
    """Write a Procfile for what is here: Django, Rails, Flask, Node, Go, docker compose.

    An existing file is never overwritten.
    """
    folder = os.path.dirname(procfile) or "."
    found = suggest(lambda name: _read(os.path.join(folder, name)))
    text = procfile_text(found)
    if show:
        click.echo(text, nl=False)
        return
    try:
        descriptor = os.open(procfile, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o666)
    except FileExistsError:
        raise ProcmanError(
            f"{procfile} exists already", hint="`procman check` says what is in it; --stdout shows a new one"
        ) from None
    except OSError as error:
        raise ProcmanError(f"{procfile} can't be written: {(error.strerror or '').lower()}") from None
    with open(descriptor, "w", encoding="utf-8") as file:
        file.write(text)
    names = ", ".join(entry.name for entry in found) or "web"
    click.echo(f"writing: {procfile} ({names})\n`procman start` runs it, `procman check` looks at it")


def _read(path: str) -> str | None:
    try:
        if not os.path.isfile(path) or os.path.getsize(path) > LARGEST:
            return None
        with open(path, encoding="utf-8", errors="replace") as file:
            return file.read()
    except OSError:
        return None
