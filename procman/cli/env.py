"""`procman env`: what a process would find in its environment, and where each value came from."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from procman.cli.configured import ConfiguredCommand
from procman.cli.ports import first_port
from procman.cli.project import load_project, port_options, project_options, warn
from procman.config.environment import explain
from procman.config.instance import DEFAULTS
from procman.config.nearest import did_you_mean
from procman.config.options import EVERYONE
from procman.config.plan import type_instance
from procman.config.scope import own_variables, related_variables
from procman.errors import ProcmanError

if TYPE_CHECKING:
    from procman.cli.project import Project

EPILOG = """
\b
Examples:
  procman env                    what every process gets
  procman env web --explain      what web.1 gets, and where it came from
"""


@click.command(cls=ConfiguredCommand, epilog=EPILOG)
@click.argument("process_type", required=False, metavar="[TYPE]")
@project_options
@port_options
@click.option("--explain", "explained", is_flag=True, help="Also show where each value came from.")
@click.option("--show-secrets", is_flag=True, help="Don't mask values whose key looks secret.")
@click.option("--json", "as_json", is_flag=True, help="A JSON list of key, value and origin.")
def env(
    process_type: str | None, *, explained: bool, show_secrets: bool, as_json: bool, **options: Any
) -> None:
    """Print the environment that a process would get (of TYPE: its PORT, PS and PROC_TYPE too)."""
    project = load_project(
        options["procfile"],
        options["root"],
        options["env_files"],
        override=options["override"],
        options=options["configured"].options,
        procfile_needed=process_type is not None,
    )
    warn((*project.resolved.diagnostics, *project.dotenv_problems))
    overlay = _everyones(project) if process_type is None else _of_type(process_type, project, **options)
    hidden = related_variables(project.types.values()) if process_type is not None else frozenset()
    rows = explain(project.environment, overlay, hidden=hidden, show_secrets=show_secrets)
    if as_json:
        import json

        click.echo(json.dumps([row._asdict() for row in rows], indent=2))
        return
    from shlex import quote

    for row in rows:
        line = f"{row.key}={quote(row.value)}"
        click.echo(f"{line}  # {row.origin}" if explained else line)


def _everyones(project: Project) -> dict[str, tuple[str, str]]:
    """Return what the options give to all, one-off commands included."""
    origins = project.resolved.env_origins(EVERYONE)
    return {key: (value, origins[key]) for key, value in project.resolved.everyone.env.items()}


def _of_type(process_type: str, project: Project, **options: Any) -> dict[str, tuple[str, str]]:
    """Return what a type's first instance gets beside what all get, with the origin of each."""
    entries = project.procfile.entries
    base = first_port(project, **options)
    instance = type_instance(
        entries,
        process_type,
        project.environment,
        root=project.root,
        base_port=base,
        port_step=options["port_step"],
        settings=project.types,
    )
    if instance is None:
        known = [entry.name for entry in entries]
        raise ProcmanError(
            f"no process type {process_type!r} in the procfile, known: {', '.join(known) or 'none'}",
            hint=did_you_mean(process_type, known),
        )
    related = related_variables(project.types.values())
    said = project.types.get(process_type, DEFAULTS)
    own = own_variables(project.environment, related, said, project.resolved.env_origins(process_type))
    return {
        key: own[key] if key in own and own[key][0] == value else (value, "procman")
        for key, value in instance.environ.items()
    }
