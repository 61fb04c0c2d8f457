"""What the user's files say: the Procfile, the `.env`, and the options that name them."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any, NamedTuple, TypeVar

import click

from procman.config.diagnostics import Severity
from procman.config.dotenv import read_dotenv_files
from procman.config.environment import build_environment, original_environ
from procman.config.procfile import Procfile, parse_procfile
from procman.config.sourcefile import STANDARD_INPUT, SourceFile, read_source
from procman.errors import ProcmanError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from procman.config.diagnostics import Diagnostic
    from procman.config.dotenv import Setting
    from procman.config.environment import Environment

    Decorated = TypeVar("Decorated", bound=Callable[..., Any])


class Project(NamedTuple):
    """root: the absolute directory children run in. dotenv_problems: what `.env` has wrong."""

    source: SourceFile
    procfile: Procfile
    root: str
    environ: dict[str, str]
    settings: dict[str, Setting]
    environment: Environment
    dotenv_problems: tuple[Diagnostic, ...]


def project_options(command: Decorated) -> Decorated:
    """Add the options that say where the project is."""
    for option in reversed(
        (
            click.option(
                "-f",
                "--procfile",
                metavar="FILE",
                help="The Procfile; - reads standard input. [$PROCFILE, ./Procfile]",
            ),
            click.option(
                "-d",
                "--root",
                "--app-root",
                metavar="DIR",
                help="Where processes run, .env and Procfile are. [the Procfile's folder]",
            ),
            click.option(
                "-e",
                "--env",
                "env_files",
                metavar="FILES",
                multiple=True,
                help="Files in place of .env, comma separated or repeated; '' reads none.",
            ),
            click.option(
                "--override", is_flag=True, help="Let .env win over the environment, as foreman does."
            ),
        )
    ):
        command = option(command)
    return command


def port_options(command: Decorated) -> Decorated:
    for option in reversed(
        (
            click.option(
                "-p",
                "--port",
                metavar="PORT",
                help="The first type's PORT; the next types get 100 more each. [$PORT, 5000]",
            ),
            click.option(
                "--port-step",
                type=click.IntRange(1),
                default=100,
                metavar="N",
                help="Ports between two types. [100]",
            ),
            click.option("--no-port", is_flag=True, help="Set no PORT at all."),
        )
    ):
        command = option(command)
    return command


def load_project(
    procfile: str | None,
    root: str | None,
    env_files: tuple[str, ...],
    *,
    override: bool,
    procfile_needed: bool = True,
) -> Project:
    """Read everything; what is wrong inside the files is in the result, what can't be read is raised.

    procfile_needed: a Procfile that nobody named and that isn't there is an error, else as good as empty.
    """
    environ = original_environ()
    if root is not None and not os.path.isdir(root):
        raise ProcmanError(f"-d {root or repr(root)}: no such folder")
    path = _default_procfile(root, environ) if procfile is None else _here_or_in(root, procfile)
    env_files = tuple(_here_or_in(root, file.strip()) for text in env_files for file in text.split(","))
    named = procfile is not None or procfile_needed
    source = read_source(path) if named or os.path.exists(path) else None
    settings, problems = read_dotenv_files(env_files or None, root or ".", environ, override=override)
    environment = build_environment(environ, settings, override=override)
    parsed = Procfile((), ()) if source is None else parse_procfile(source)
    source = source or SourceFile(path, b"")
    return Project(source, parsed, _root_of(path, root), environ, settings, environment, problems)


def warn(diagnostics: Iterable[Diagnostic], *, fatal: bool = True) -> None:
    """Show what is wrong in the files on standard error, all as warnings but what nothing can run with.

    fatal: end here with status 1 when there is such a thing.
    """
    found = [
        problem if problem.fatal else problem._replace(severity=Severity.WARNING) for problem in diagnostics
    ]
    if not found:
        return
    from procman.config.reporting import render_text
    from procman.output.palette import want_color

    click.echo(render_text(found, color=want_color("auto", os.environ, os.isatty(2))), err=True)
    if fatal and any(problem.fatal for problem in found):
        raise SystemExit(1)


def _default_procfile(root: str | None, environ: dict[str, str]) -> str:
    return os.path.join(root or "", environ.get("PROCFILE") or "Procfile")


def _here_or_in(root: str | None, path: str) -> str:
    """Find a file that the user named where the user is, as foreman does, else in -d, as honcho does."""
    there = os.path.join(root or "", path)
    return there if path and not os.path.exists(path) and os.path.exists(there) else path


def _root_of(path: str, root: str | None) -> str:
    if root is not None:
        return os.path.abspath(root)
    # Standard input and `<(…)` are in no folder of the project's.
    if path == STANDARD_INPUT or path.startswith(("/dev/", "/proc/")):
        return os.getcwd()
    return os.path.dirname(os.path.abspath(path))
