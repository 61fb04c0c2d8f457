"""The command line: one group, each command imported when it is asked for."""

from __future__ import annotations

import signal
import sys
from importlib import import_module
from typing import Any

import click

from procman import __version__
from procman.errors import USAGE, ProcmanError

COMMANDS = {
    "start": "start the processes of the Procfile",
    "run": "run a one-off command, or one type's, in the app's environment",
    "check": "validate the Procfile and the .env",
    "init": "write a first Procfile for what is here",
    "env": "show the environment a process would get, and why",
    "ps": "show what runs, with CPU and memory",
    "scale": "change how many of a type run",
    "stop": "stop processes of the running formation",
    "restart": "restart processes",
    "logs": "show what they said, and follow it",
    "connect": "sit at a process's terminal: a debugger, a console",
    "exec": "run a command in a running process's environment",
    "wait": "wait until processes are ready",
    "signal": "send a signal to processes",
    "quit": "end what runs here",
    "export": "write the files of systemd, supervisord, Kubernetes …",
    "deploy": "bring the app to Kubernetes or a swarm",
    "completion": "print the completion script for a shell",
    "version": "print the version",
}

LEADING_FLAGS = ("--no-prefix", "--no-color", "--no-colour")
LEADING = ("-f", "--procfile", "-d", "--root", "--app-root", "-e", "--env")

EXAMPLES = """
\b
Examples:
  procman start                     all processes of ./Procfile
  procman start web worker          only those
  procman start -c web=2,worker=4   as many as asked
  procman run rails console         a one-off command
  procman check                     is the Procfile right?
"""


class Commands(click.Group):
    """A group that knows its commands' names and imports only the one that runs."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        return super().parse_args(ctx, command_first(args))

    def invoke(self, ctx: click.Context) -> Any:
        try:
            return super().invoke(ctx)
        except BrokenPipeError as error:  # before click sees it, and makes an error of it
            return _output_lost(error)

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002 - click's signature
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002
        if cmd_name not in COMMANDS:
            return None
        command: click.Command = getattr(import_module(f"procman.cli.{cmd_name}"), cmd_name)
        return command

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        if args and args[0] not in COMMANDS and not args[0].startswith("-"):
            from procman.config.nearest import did_you_mean

            hint = did_you_mean(args[0], COMMANDS) or f"commands: {', '.join(COMMANDS)}"
            raise ProcmanError(f"no command {args[0]!r}", hint=hint, exit_code=USAGE)
        return super().resolve_command(ctx, args)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:  # noqa: ARG002
        with formatter.section("Commands"):
            formatter.write_dl(list(COMMANDS.items()))


@click.command(
    cls=Commands,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
    epilog=EXAMPLES,
)
@click.version_option(__version__, "-V", "-v", "--version", message="procman %(version)s")
def cli() -> None:
    """Run the processes of a Procfile in one terminal, and leave nothing behind."""


def main(argv: list[str] | None = None) -> int:
    """Run the command line; give the exit status (`start` and `run` may never return)."""
    # An early Ctrl-C ends procman as it ends any program, without a traceback.
    if signal.getsignal(signal.SIGINT) is signal.default_int_handler:
        signal.signal(signal.SIGINT, signal.SIG_DFL)
    try:
        result: Any = _asked_twice(sys.argv[1:] if argv is None else argv)
    except click.exceptions.NoArgsIsHelpError as error:
        click.echo(error.format_message(), err=True)
        return USAGE
    except click.ClickException as error:
        return _refuse_usage(error)
    except ProcmanError as error:
        complain(error)
        return error.exit_code
    except click.Abort:
        return 130
    except OSError as error:
        return _output_lost(error)
    return _flushed(result if isinstance(result, int) else 0)


def _asked_twice(argv: list[str]) -> Any:
    """Run a command line; one that is none is tried once more as foreman's, honcho's or overmind's."""
    try:
        return cli.main(argv, prog_name="procman", standalone_mode=False)
    except (click.UsageError, ProcmanError) as error:
        if isinstance(error, ProcmanError) and error.exit_code != USAGE:
            raise
        from procman.cli.dialects import translate

        words = command_first(list(argv))
        translated = translate(words)
        if translated.args == words:
            raise
    for note in translated.notes:
        click.echo(f"procman: {note}", err=True)
    return cli.main(translated.args, prog_name="procman", standalone_mode=False, obj=translated.types)


def command_first(args: list[str]) -> list[str]:
    """Put what stands before the command behind it, as in `honcho -f Procfile.dev start`."""
    if args[:1] == ["help"]:  # foreman's and honcho's way to ask
        return [*args[1:2], "--help"]
    at = 0
    while at < len(args) and (words := _words_of_leading_option(args[at])):
        at += words
    return [*args[at : at + 1], *args[:at], *args[at + 1 :]] if at < len(args) else args


def _words_of_leading_option(word: str) -> int:
    if word in LEADING_FLAGS or (word[:2] in LEADING and len(word) > len("-f")):
        return 1
    name, equals, _ = word.partition("=")
    return 0 if name not in LEADING else 1 if equals else 2


def complain(error: ProcmanError) -> None:
    from procman.config.reporting import visible

    lines = [error.message, *error.hint.split("\n")] if error.hint else [error.message]
    click.echo("procman: " + "\n  ".join(visible(line) for line in lines), err=True)


def _refuse_usage(error: click.ClickException) -> int:
    context = error.ctx if isinstance(error, click.UsageError) else None
    where = context.command_path if context else "procman"
    message = error.format_message().rstrip(".")
    message = message[:1].lower() + message[1:]
    click.echo(f"{where}: {message}\n  `{where} --help` lists what there is", err=True)
    return USAGE


def _flushed(code: int) -> int:
    try:
        if sys.stdout is not None:  # closed by whoever started procman
            sys.stdout.flush()
    except OSError as error:
        return _output_lost(error)
    return code


def _output_lost(error: OSError) -> int:
    """Leave quietly when our output's reader has gone (`procman check | head -1`); tell of a full disk."""
    import os
    from errno import ENOSPC, EPIPE

    if error.errno not in {ENOSPC, EPIPE} or error.filename is not None:
        raise error
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    if error.errno == EPIPE:
        return 0
    complain(ProcmanError("standard output can't be written: no space left on device"))
    return 1
