"""What the user's files say: the Procfile, the `.env`, and the options that name them."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any, TypeVar

import click

from procman.config.diagnostics import Severity
from procman.config.dotenv import read_dotenv_files
from procman.config.environment import build_environment, original_environ
from procman.config.options import COMMENT_MARK, NO_OPTIONS, Resolved
from procman.config.procfile import Procfile, parse_procfile
from procman.config.sourcefile import SourceFile, is_nowhere, read_source
from procman.errors import ProcmanError
from procman.quicktuple import NamedTuple

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from procman.config.diagnostics import Diagnostic
    from procman.config.dotenv import Setting
    from procman.config.environment import Environment
    from procman.config.options import Options
    from procman.config.settings import TypeSettings

    Decorated = TypeVar("Decorated", bound=Callable[..., Any])


class Project(NamedTuple):
    """root: the absolute directory children run in. dotenv_problems: what `.env` has wrong.

    procfile: the entries of the Procfile and of the options, and what is wrong in both. files: the same
    entries by the file that their commands stand in. resolved: what is said of each type beyond its command.
    env_files, env_directory: where the `.env` was looked for, absolute, to look again at a restart.
    """

    source: SourceFile
    procfile: Procfile
    root: str
    environ: dict[str, str]
    settings: dict[str, Setting]
    environment: Environment
    dotenv_problems: tuple[Diagnostic, ...]
    files: tuple[tuple[SourceFile, Procfile], ...]
    resolved: Resolved
    env_files: tuple[str, ...] | None = None
    env_directory: str = "."

    @property
    def types(self) -> Mapping[str, TypeSettings]:
        return self.resolved.settings


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
                help="The first type's PORT, the next types get 100 more each; auto: a block a worktree."
                " [$PORT, 5000]",
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
    options: Options = NO_OPTIONS,
) -> Project:
    """Read everything; what is wrong inside the files is in the result, what can't be read is raised.

    procfile_needed: a Procfile that nobody named and that isn't there is an error, else as good as empty;
    none is needed where the options have commands.
    """
    environ = original_environ()
    if root is not None and not os.path.isdir(root):
        raise ProcmanError(f"-d {root or repr(root)}: no such folder")
    path = _default_procfile(root, environ) if procfile is None else _here_or_in(root, procfile)
    env_files = tuple(_here_or_in(root, file.strip()) for text in env_files for file in text.split(","))
    procfile_needed = procfile_needed and not any("command" in table for table in options.types.values())
    named = procfile is not None or procfile_needed
    source = read_source(path) if named or os.path.exists(path) else None
    settings, problems = read_dotenv_files(env_files or None, root or ".", environ, override=override)
    environment = build_environment(environ, settings, override=override)
    parsed = Procfile((), ()) if source is None else parse_procfile(source)
    source = source or SourceFile(path, b"")
    resolved = _resolve(source, parsed, options)
    return Project(
        source,
        _with_options(parsed, resolved),
        _root_of(path, root),
        environ,
        settings,
        environment,
        problems,
        _by_file(source, resolved, options),
        resolved,
        tuple(file and os.path.abspath(file) for file in env_files) or None,
        os.path.abspath(root or "."),
    )


def _resolve(source: SourceFile, procfile: Procfile, options: Options) -> Resolved:
    """Find out what each type ends up with; a project that says nothing of its types loads nothing here."""
    if not (COMMENT_MARK in source.data or options.top or options.types):
        return Resolved(procfile.entries, diagnostics=options.diagnostics)
    from procman.config.comments import read_comments
    from procman.config.inheritance import resolve

    comments = read_comments(source, procfile)
    resolved = resolve(procfile.entries, options, comments.types)
    return resolved._replace(diagnostics=(*comments.diagnostics, *options.diagnostics, *resolved.diagnostics))


def _with_options(procfile: Procfile, resolved: Resolved) -> Procfile:
    own = procfile.diagnostics
    if resolved.entries:
        own = tuple(problem for problem in own if problem.code != "no-entries")
    return Procfile(resolved.entries, (*own, *resolved.diagnostics))


def _by_file(
    source: SourceFile, resolved: Resolved, options: Options
) -> tuple[tuple[SourceFile, Procfile], ...]:
    theirs = tuple(entry for entry in resolved.entries if entry.name in resolved.from_options)
    own = tuple(entry for entry in resolved.entries if entry.name not in resolved.from_options)
    files = ((source, Procfile(own, ())),)
    return files if options.source is None else (*files, (options.source, Procfile(theirs, ())))


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

    # click takes colours out where there is no terminal, whatever FORCE_COLOR says.
    color = want_color("auto", os.environ, os.isatty(2))
    click.echo(render_text(found, color=color), err=True, color=color)
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
    if is_nowhere(path):
        return os.getcwd()
    return os.path.dirname(os.path.abspath(path))
