"""`procman export`: the same Procfile under another manager."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

import click

from procman.cli.configured import ConfiguredCommand
from procman.cli.handover import app_options, load_handover
from procman.cli.kinds import plain_option
from procman.cli.project import port_options, project_options
from procman.errors import USAGE, ProcmanError
from procman.export.folder import Folder
from procman.export.formats import exporter

if TYPE_CHECKING:
    from collections.abc import Sequence

    from procman.export.model import App, File

EPILOG = """
\b
Formats: systemd upstart launchd supervisord runit compose swarm kubernetes
\b
Examples:
  procman export upstart /etc/init -c web=2 -c worker=4 -c clock=1
  procman export systemd /etc/systemd/system -a shop -u shop
  procman export systemd --user ~/.config/systemd/user
  procman export kubernetes k8s --image registry.example.com/shop:1.4
  procman export compose --stdout | docker compose -f - up
  procman export systemd /etc/systemd/system --diff
"""


@click.command(cls=ConfiguredCommand, epilog=EPILOG)
@click.argument("form", metavar="FORMAT")
@click.argument("directory", metavar="[DIR]", default=".")
@app_options
@project_options
@port_options
@click.option(
    "-u", "--run-as", metavar="USER", help="Who the processes run as; '' is the engine's. [the app]"
)
@click.option("-l", "--log", metavar="DIR", help="Where logs go. [the engine's own, or /var/log/APP]")
@click.option("--user", "user_manager", is_flag=True, help="systemd: units for systemctl --user.")
@click.option("--stdout", "to_stdout", is_flag=True, help="Print the files, values included; write nothing.")
@click.option(
    "--diff", "only_diff", is_flag=True, help="Show what would change; write nothing. 1 if any does."
)
@plain_option
def export(form: str, directory: str, **options: Any) -> int:
    """Write what runs these processes under systemd, supervisord, Kubernetes …, into DIR (or here)."""
    make = exporter(form, user_manager=options["user_manager"])
    app, notices, _ = load_handover(form, directory, **options)
    files, more = make(app)
    _check_paths(form, files)
    for notice in (*notices, *more, *_secrets(app, files)):
        click.echo(f"[procman export] note: {notice}", err=True)
    if options["to_stdout"]:
        _print(files)
        return 0
    folder = Folder(directory, app.marker(form))
    if options["only_diff"]:
        return _diff(folder, files)
    folder.check(files)
    for file in files:
        click.echo(f"[procman export] writing: {folder.write(file)}")
    for path in folder.stale(files):
        click.echo(f"[procman export] removing: {folder.remove(path)}")
    return 0


def _check_paths(form: str, files: Sequence[File]) -> None:
    for file in files:
        if os.path.isabs(file.path) or os.path.normpath(file.path) != file.path or file.path.startswith(".."):
            raise ProcmanError(f"the format {form} would write {file.path!r}, outside of the folder")
    if not files:
        raise ProcmanError(f"the format {form} made no files", exit_code=USAGE)


def _secrets(app: App, files: Sequence[File]) -> list[str]:
    if not app.secrets:
        return []
    holders = [file.path for file in files if any(key in file.text for key in app.secrets)]
    where = ", ".join(holders[:3]) + (" …" if len(holders) > 3 else "")  # noqa: PLR2004 - enough to know
    return [f"secrets, for the owner's eyes only, in {where}: {', '.join(sorted(app.secrets))}"]


def _print(files: Sequence[File]) -> None:
    for number, file in enumerate(files):
        if len(files) > 1:
            # A comment in every format; a new document where they are YAML.
            document = "---\n" if number and file.path.endswith((".yaml", ".yml")) else ""
            click.echo(f"{document}# file: {file.path}")
        click.echo(file.text.encode("utf-8", "surrogateescape"), nl=False)


def _diff(folder: Folder, files: Sequence[File]) -> int:
    """Show the differences, of files that hold values only that there are some."""
    from difflib import unified_diff

    changed = False
    for file in files:
        old = folder.read(file.path)
        if old == file.text:
            continue
        changed = True
        path = os.path.join(folder.path, file.path)
        if not file.mode & 0o077:
            click.echo(f"{path}: {'changes' if old else 'is new'} (holds values, not shown)")
            continue
        lines = unified_diff(old.splitlines(), file.text.splitlines(), path, path, lineterm="")
        click.echo("\n".join(lines).encode("utf-8", "surrogateescape"))
    for path in folder.stale(files):
        changed = True
        click.echo(f"{os.path.join(folder.path, path)}: would be removed")
    return int(changed)
