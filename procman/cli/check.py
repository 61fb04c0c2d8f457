"""`procman check`: everything that is wrong with the Procfile and the `.env`, at once."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

import click

from procman.cli.configured import ConfiguredCommand
from procman.cli.kinds import kind_diagnostics, plain_option, project_meanings, surroundings, upcoming
from procman.cli.ports import first_port
from procman.cli.project import load_project, port_options, project_options
from procman.config.diagnostics import Diagnostic, Severity, Span
from procman.config.lint import command_warnings
from procman.config.portclash import clashes
from procman.config.ports import assign, check_ports
from procman.config.reporting import render_github, render_json, render_text
from procman.config.scope import mount_variable
from procman.config.shellsyntax import is_readable
from procman.config.variables import unknown_variables
from procman.errors import ProcmanError

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from procman.cli.project import Project
    from procman.config.kinds import Meaning

SYNTAX_TIMEOUT = 5.0

EPILOG = """
\b
Examples:
  procman check
  procman check -f Procfile.dev --strict
  procman check --format github        annotations in a workflow
  procman check --resolved             what each type ends up with
"""


@click.command(cls=ConfiguredCommand, epilog=EPILOG)
@project_options
@port_options
@plain_option
@click.option("--strict", is_flag=True, help="Warnings fail, too.")
@click.option(
    "--format",
    "form",
    type=click.Choice(["text", "json", "github"]),
    default="text",
    help="For people, programs or a GitHub workflow. [text]",
)
@click.option("--json", "as_json", is_flag=True, help="The same as --format json.")
@click.option("--resolved", is_flag=True, help="Show what each type ends up with, from all the files.")
def check(*, strict: bool, form: str, as_json: bool, resolved: bool, **options: Any) -> int:
    """Validate the Procfile, the .env and the options: every problem, with its line, a caret and a hint.

    \b
    Exit status: 0 valid (warnings allowed), 1 errors (or warnings with --strict), 2 usage.
    """  # noqa: D301 - a real backspace is how click is told to keep the lines
    project = load_project(
        options["procfile"],
        options["root"],
        options["env_files"],
        override=options["override"],
        options=options["configured"].options,
    )
    problems = find_problems(project, **options)
    failed = strict and bool(problems)
    failed = failed or any(problem.severity is Severity.ERROR for problem in problems)
    kinds = project_meanings(project, plain=options["plain"])
    form = "json" if as_json else form
    for line in options["configured"].options.legacy:
        click.echo(f"note: {line}", err=True)
    if resolved:
        _report_resolved(project, problems, kinds, form, has_ports=not options["no_port"])
    else:
        _report(project, problems, kinds, form, failed=failed)
    return 1 if failed else 0


def find_problems(project: Project, **options: Any) -> tuple[Diagnostic, ...]:
    """Everything there is to say about the files and the commands in them, in the order of the lines.

    Then about the `.env` and the environment.
    """
    found = list(project.procfile.diagnostics)
    if not any(diagnostic.fatal for diagnostic in found):
        found += kind_diagnostics(project, plain=options["plain"])
        found += _command_warnings(project, plain=options["plain"])
        if not options["no_port"]:
            found += _port_problems(project, **options)
        found += _folder_problems(project)
    own = project.source.name
    found.sort(key=lambda problem: (problem.span.file != own, problem.span.line == 0, problem.span.line))
    return (*found, *project.dotenv_problems, *unknown_variables(os.environ))


def _command_warnings(project: Project, *, plain: bool) -> tuple[Diagnostic, ...]:
    kinds = {name: meaning.kind for name, meaning in project_meanings(project, plain=plain).items()}
    which = surroundings(project).which
    environ = dict(project.environment.base)
    for said in project.types.values():
        environ.update(said.env)
        environ.update((mount_variable(name), "") for name in said.mounts)
    return tuple(
        problem
        for source, procfile in project.files
        for problem in command_warnings(source, procfile, environ, which, _shell_complaint, kinds)
    )


def _folder_problems(project: Project) -> Iterator[Diagnostic]:
    said: set[Span] = set()
    for name, settings in project.types.items():
        cwd = settings.cwd
        if cwd is not None and not os.path.isdir(os.path.join(project.root, cwd)):
            span = project.resolved.places[name]["cwd"].span
            if span not in said:
                said.add(span)
                hint = f"it is looked for in {project.root}"
                yield Diagnostic("cwd-missing", Severity.ERROR, f"no such folder: {cwd}", span, hint)


def _report_resolved(
    project: Project,
    problems: tuple[Diagnostic, ...],
    kinds: Mapping[str, Meaning],
    form: str,
    *,
    has_ports: bool,
) -> None:
    _show(problems, form)
    if any(problem.fatal for problem in problems):
        return
    from procman.cli.resolved import render_types, resolved_types

    types = resolved_types(project, kinds, has_ports=has_ports)
    if form == "json":
        import json

        click.echo(json.dumps({"types": types}, indent=2))
    else:
        click.echo(render_types(types))


def _report(
    project: Project,
    problems: tuple[Diagnostic, ...],
    kinds: Mapping[str, Meaning],
    form: str,
    *,
    failed: bool,
) -> None:
    entries = project.procfile.entries
    times = upcoming(kinds)
    if form == "json":
        named = {name: meaning.kind.value for name, meaning in kinds.items()}
        written = {name: [at.isoformat() for at in found] for name, found in times.items()}
        click.echo(render_json(entries, named, problems, written))
        return
    _show(problems, form)
    if not failed:
        click.echo(f"valid procfile detected ({', '.join(entry.name for entry in entries)})")
        for name, found in times.items():
            from procman.config.cron import times_text

            click.echo(f"{name}: next {times_text(found)}")


def _show(problems: tuple[Diagnostic, ...], form: str) -> None:
    if problems and form == "github":
        click.echo(render_github(problems))
    elif problems:
        from procman.output.palette import want_color

        color = want_color("auto", os.environ, os.isatty(2))
        click.echo(render_text(problems, color=color), err=True, color=color)


def _port_problems(project: Project, **options: Any) -> list[Diagnostic]:
    try:
        base = first_port(project, **options) or 0
        ports = {
            entry.name: assign(base, index, 1, options["port_step"])
            for index, entry in enumerate(project.procfile.entries)
        }
        check_ports(ports)
    except ProcmanError as error:
        return [Diagnostic("port", Severity.ERROR, error.message, Span(project.source.name), error.hint)]
    return [problem for source, procfile in project.files for problem in clashes(source, procfile, ports)]


def _shell_complaint(command: str) -> str | None:
    """Say what `sh -n` has against a command, None when it can read it."""
    if is_readable(command):
        return None
    from subprocess import DEVNULL, PIPE, TimeoutExpired, run

    argv = [b"/bin/sh", b"-n", b"-c", command.encode("utf-8", "surrogateescape")]
    try:
        done = run(argv, stdin=DEVNULL, stdout=DEVNULL, stderr=PIPE, timeout=SYNTAX_TIMEOUT, check=False)
    except (OSError, ValueError, TimeoutExpired):
        return None
    if done.returncode == 0:
        return None
    lines = done.stderr.decode("utf-8", "replace").strip().splitlines() or ["not valid"]
    # `/bin/sh: 1: Syntax error: …`: the words after the place are what helps.
    return lines[0].rpartition("rror: ")[2].strip()
