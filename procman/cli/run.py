"""`procman run`: becomes the command, so that status, signals, terminal and stdin are the program's own."""

from __future__ import annotations

import errno
import os
import signal
from typing import TYPE_CHECKING, Any, NoReturn

import click

from procman.cli.clusters import on_cluster, run_there
from procman.cli.configured import ConfiguredCommand
from procman.cli.folders import check_folders, make_mounts
from procman.cli.kinds import kind_errors, plain_option, project_meanings
from procman.cli.ports import first_port
from procman.cli.project import load_project, port_options, project_options, warn
from procman.config.plan import type_instance
from procman.config.scope import shared_variables
from procman.config.shellwords import is_simple_command
from procman.errors import ProcmanError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from procman.cli.project import Project
    from procman.config.plan import Instance

NOT_EXECUTABLE = 126
NOT_FOUND = 127
PLAIN = "procman.plain"

EPILOG = """
\b
Examples:
  procman run rails console      a command in the app's environment
  procman run worker             the worker's command, with its PORT
  procman run worker --queue x   the same with more words
  procman run -- worker          a program called worker
  procman run --with db -- pytest  the database first, and down again after
"""


class RunCommand(ConfiguredCommand):
    """Leaves the command's own options alone, and remembers whether `--` stood before it."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        given = list(args)
        rest = super().parse_args(ctx, args)
        words = ctx.params.get("words") or ()
        ctx.meta[PLAIN] = given[: len(given) - len(words)][-1:] == ["--"]
        return rest


@click.command(cls=RunCommand, context_settings={"allow_interspersed_args": False}, epilog=EPILOG)
@click.argument("words", nargs=-1, required=True, metavar="COMMAND [ARG]...")
@project_options
@port_options
@plain_option
@click.option(
    "--with",
    "companions",
    multiple=True,
    metavar="TYPES",
    help="Bring these up first and wait until they are ready; take them down at the end.",
)
@on_cluster(run_there)
@click.pass_context
def run(ctx: click.Context, /, words: tuple[str, ...], **options: Any) -> NoReturn:
    """Run a one-off command, or one type's command, in the environment that `start` would give.

    \b
    A first word that names a process type runs that type, with its PORT and PS.
    Exit status: the program's own; 127 not found, 126 not executable.
    """  # noqa: D301 - a real backspace is how click is told to keep the lines
    plain = ctx.meta[PLAIN]
    project = load_project(
        options["procfile"],
        options["root"],
        options["env_files"],
        override=options["override"],
        options=options["configured"].options,
        procfile_needed=False,
    )
    instance = None if plain else _instance_of(words[0], project, **options)
    # A command needs no Procfile: what is wrong in one then stops nothing.
    kinds = () if instance is None else kind_errors(project, plain=options["plain"])
    warn((*project.procfile.diagnostics, *kinds, *project.dotenv_problems), fatal=instance is not None)
    os.chdir(project.root)
    if instance is None:
        own = project.resolved.everyone.env
        environ = {**project.environment.base, **own, "PS": "run.1", "PROC_TYPE": "run"}
    else:
        check_folders([instance], project)
        make_mounts(project.types, project.root)
        words = ("/bin/sh", "-c", *_shell_words(instance.command, words[1:]))
        environ = {**shared_variables(project.environment.base, project.types.values()), **instance.environ}
    if options["companions"]:
        from procman.cli.foreground import run_with

        run_with(words, environ, (instance and instance.cwd) or ".", project, **options)
    if instance is not None:
        os.chdir(instance.cwd or ".")
    become(words, environ)


def become(words: Sequence[str], environ: dict[str, str]) -> NoReturn:
    """Replace this process; raises ProcmanError with sh's statuses where that can't be."""
    # What Python ignores for its own sake, the program is not to ignore.
    for signum in (signal.SIGPIPE, signal.SIGXFSZ):
        signal.signal(signum, signal.SIG_DFL)
    if not words[0]:
        raise ProcmanError("command not found: ''", exit_code=NOT_FOUND)
    try:
        os.execvpe(words[0], list(words), environ)
    except OSError as error:
        if error.errno == errno.ENOEXEC:
            # A script without a first line of its own: sh runs it, as it would from a prompt.
            os.execve("/bin/sh", ["sh", *words], environ)
        raise refusal(words[0], error) from None
    except ValueError as error:
        raise ProcmanError(f"{words[0]!r} can't be run: {error}", exit_code=NOT_EXECUTABLE) from None


def _instance_of(word: str, project: Project, **options: Any) -> Instance | None:
    entries = project.procfile.entries
    named = any(entry.name == word for entry in entries)
    base = None
    # A wrong -p is wrong for a plain command, too; a wrong PORT elsewhere is none of its business.
    if not options["no_port"] and (named or options["port"] is not None):
        base = first_port(project, **options)
    if not named:
        return None
    return type_instance(
        entries,
        word,
        project.environment,
        root=project.root,
        base_port=base,
        port_step=options["port_step"],
        settings=project.types,
        meanings=project_meanings(project, plain=options["plain"]),
    )


def _shell_words(command: str, more: Sequence[str]) -> list[str]:
    if more:
        from shlex import join

        command = f"{command} {join(more)}"
    return [f"exec {command}" if is_simple_command(command) else command]


def refusal(word: str, error: OSError) -> ProcmanError:
    match error.errno:
        case errno.ENOENT | errno.ENOTDIR:
            return ProcmanError(f"command not found: {word}", exit_code=NOT_FOUND)
        case errno.EACCES | errno.EISDIR:
            return ProcmanError(f"not executable: {word}", exit_code=NOT_EXECUTABLE)
        case errno.E2BIG:
            reason = "arguments and environment are longer together than the system takes"
            return ProcmanError(f"{word} can't be run: {reason}", exit_code=NOT_EXECUTABLE)
        case _:
            return ProcmanError(f"{word} can't be run: {error.strerror}", exit_code=NOT_EXECUTABLE)
