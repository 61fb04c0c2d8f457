"""What the user's files say: the Procfile, the `.env`, and the options that name them."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any, NamedTuple, TypeVar

import click

from procman.config.dotenv import read_dotenv_files
from procman.config.environment import build_environment, original_environ
from procman.config.procfile import parse_procfile
from procman.config.sourcefile import STANDARD_INPUT, read_source
from procman.errors import ProcmanError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from procman.config.diagnostics import Diagnostic
    from procman.config.dotenv import Setting
    from procman.config.environment import Environment
    from procman.config.procfile import Procfile
    from procman.config.sourcefile import SourceFile

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
    procfile: str | None, root: str | None, env_files: tuple[str, ...], *, override: bool
) -> Project:
    """Read everything; what is wrong inside the files is in the result, what can't be read is raised."""
    environ = original_environ()
    if root is not None and not os.path.isdir(root):
        raise ProcmanError(f"-d {root}: no such folder")
    path = procfile or _default_procfile(root, environ)
    source = read_source(path)
    settings, problems = read_dotenv_files(env_files or None, root or ".", environ, override=override)
    environment = build_environment(environ, settings, override=override)
    return Project(
        source, parse_procfile(source), _root_of(path, root), environ, settings, environment, problems
    )


def warn(diagnostics: Iterable[Diagnostic]) -> None:
    """Show what is wrong in the files on standard error; end here when nothing could run with it."""
    found = tuple(diagnostics)
    if not found:
        return
    from procman.config.reporting import render_text
    from procman.output.palette import want_color

    click.echo(render_text(found, color=want_color("auto", os.environ, os.isatty(2))), err=True)
    if any(diagnostic.fatal for diagnostic in found):
        raise SystemExit(1)


def _default_procfile(root: str | None, environ: dict[str, str]) -> str:
    return os.path.join(root or "", environ.get("PROCFILE") or "Procfile")


def _root_of(path: str, root: str | None) -> str:
    if root is not None:
        return os.path.abspath(root)
    # Standard input and `<(…)` are in no folder of the project's.
    if path == STANDARD_INPUT or path.startswith(("/dev/", "/proc/")):
        return os.getcwd()
    return os.path.dirname(os.path.abspath(path))
