"""`procman exec`: a command beside a running process, with its environment, its folder and our terminal.

Worked out here from the same files, as `run` does it: the running procman tells which files, folder
and port these are, and never a value.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, NoReturn

import click

from procman.cli.naming import complete_names
from procman.cli.project import load_project, warn
from procman.cli.remote import running, where_options
from procman.cli.run import become
from procman.config.instance import make_instance
from procman.config.options import read_options
from procman.config.plan import site_for
from procman.config.scope import shared_variables

if TYPE_CHECKING:
    from procman.control.protocol import Reply

EPILOG = """
\b
Examples:
  procman exec web -- env
  procman exec worker.2 -- python -i

\b
Exit status: the command's own; 127 not found, 126 not executable, 3 nothing is running here.
"""


@click.command(context_settings={"allow_interspersed_args": False}, epilog=EPILOG)
@where_options
@click.argument("name", shell_complete=complete_names)
@click.argument("words", nargs=-1, metavar="-- COMMAND [ARG]...")
def exec(name: str, words: tuple[str, ...], *, root: str | None, procfile: str | None) -> NoReturn:  # noqa: A001 - the command's name
    """Run a command in the environment and folder of a running process."""
    words = words[1:] if words[:1] == ("--",) else words
    if not words:
        raise click.UsageError("name a command after --")
    with running(root, procfile) as client:
        info = client.ask("info")
        row = client.ask("ps", names=[name])["processes"][0]
    environ, folder = surroundings_of(row, info)
    os.chdir(folder)
    become(words, environ)


def surroundings_of(row: Reply, info: Reply) -> tuple[dict[str, str], str]:
    """Give the environment and the folder of a process: as it would find them if it were started now."""
    os.chdir(info["env_directory"])
    # A Procfile that came from standard input can't be read again.
    project = load_project(
        info["procfile"],
        None,
        tuple(info["env_files"] or ()),
        override=info["override"],
        procfile_needed=False,
        options=read_options(info["root"]),
    )
    warn(project.dotenv_problems)
    entries = project.procfile.entries
    environ = shared_variables(project.environment.base, project.types.values())
    folder = info["root"]
    for entry in entries:
        if entry.name == row["type"]:
            site = site_for(entries, project.environment, project.types, info["root"], None, 0)
            instance = make_instance(entry, int(row["process"].rpartition(".")[2]), site)
            environ |= instance.environ
            folder = os.path.join(folder, instance.cwd or "")
    environ |= {"PS": row["process"], "PROC_TYPE": row["type"]}
    if row["port"] is not None:
        environ["PORT"] = str(row["port"])
    return environ, folder
