"""Write what can be known from the program itself: `help.md`, the man page, the completion scripts.

    python docs/generate.py            writes them beside this file
    python docs/generate.py --check    1 when one of them isn't what it would be

tests/test_generated.py compares them; PROCMAN_WRITE_GOLDEN=1 lets it write them.
"""

from __future__ import annotations

import os
import re
import sys
from inspect import cleandoc
from typing import TYPE_CHECKING

import click

from procman.cli.main import COMMANDS, cli

if TYPE_CHECKING:
    from collections.abc import Iterator

DOCS = os.path.dirname(os.path.abspath(__file__))
WIDTH = 78
"""What click makes of a terminal of 80 columns."""
SHELLS = {"bash": "procman.bash", "zsh": "_procman", "fish": "procman.fish"}

INTRODUCTION = """\
# All help pages

What `procman --help` and `procman COMMAND --help` print. A test compares this page.
"""
MAN_HEAD = """\
.TH PROCMAN 1 "" "procman" "procman manual"
.SH NAME
procman \\- run the processes of a Procfile in one terminal, and leave nothing behind
.SH SYNOPSIS
.B procman
.I COMMAND
.RI [ OPTIONS ]
.RI [ ARGS ]
.SH DESCRIPTION
A Procfile names an app's processes, one a line:
.PP
.nf
    web: gunicorn app:app \\-b :$PORT
    worker: celery \\-A app worker
.fi
.PP
.B procman start
starts all of them, shows what they say line by line, and ends all of them when it is interrupted or one of
them fails. Everything that was started is gone when procman is.
"""
MAN_TAIL = """\
.SH FILES
.TP
.I Procfile
The processes; another one is named by \\-f or $PROCFILE.
.TP
.I .env
The variables that they get.
.TP
.IR procman.toml ", " pyproject.toml
Options, and settings of process types ([tool.procman] in the latter).
.TP
.IR .foreman ", " .overmind.env
Options of other process managers; the files above stand over these.
.SH ENVIRONMENT
.TP
.B PROCMAN_OPTION
Any long option: PROCMAN_PORT_STEP=10 is \\-\\-port\\-step 10.
.TP
.BR PORT ", " PROCFILE
The first type's port, and which Procfile.
.TP
.BR NO_COLOR ", " FORCE_COLOR
No colours; colours where there is no terminal.
.SH EXIT STATUS
.TP
.B 0
All ended well.
.TP
.B 1
The files or the options are wrong.
.TP
.B 2
The command line is wrong.
.TP
.B 3
Nothing is running here (ps, stop, logs, quit and the like).
.TP
.I other
That of the first process that crashed; 128+n when it was signal n.
.SH SEE ALSO
.BR foreman (1),
.BR systemd (1)
"""


def pages() -> dict[str, str]:
    """Give every generated file by its path below docs/."""
    return {
        "help.md": help_page(),
        "procman.1": man_page(),
        **{f"completions/{name}": completion(shell) for shell, name in SHELLS.items()},
    }


def help_page() -> str:
    parts = [INTRODUCTION, _section("procman", cli, None)]
    parts += [_section(f"procman {name}", command, parent) for name, command, parent in _commands()]
    return "\n".join(parts)


def man_page() -> str:
    lines = [MAN_HEAD.rstrip("\n"), ".SH COMMANDS"]
    for name, command, parent in _commands():
        context = _context(name, command, parent)
        usage = " ".join(command.collect_usage_pieces(context))
        lines.append(f".SS \\fB{_roff(f'procman {name}')}\\fR {_roff(usage)}")
        lines += _prose(cleandoc(command.help or ""))
        for parameter in command.params:
            record = parameter.get_help_record(context) if isinstance(parameter, click.Option) else None
            if record is not None:
                lines += [".TP", f"\\fB{_roff(record[0])}\\fR", _roff(record[1])]
        lines += _prose(command.epilog or "")
    return "\n".join([*lines, MAN_TAIL])


def completion(shell: str) -> str:
    from click.shell_completion import get_completion_class

    found = get_completion_class(shell)
    if found is None:
        raise SystemExit(f"this click knows no completion for {shell}")
    return found(cli, {}, "procman", "_PROCMAN_COMPLETE").source()


def _commands() -> Iterator[tuple[str, click.Command, click.Context]]:
    parent = _context("procman", cli, None)
    for name in COMMANDS:
        command = cli.get_command(parent, name)
        if command is not None:
            yield name, command, parent


def _context(name: str, command: click.Command, parent: click.Context | None) -> click.Context:
    settings = {**command.context_settings, "terminal_width": WIDTH}
    return click.Context(command, info_name=name, parent=parent, **settings)


def _section(title: str, command: click.Command, parent: click.Context | None) -> str:
    context = _context(title.rpartition(" ")[2], command, parent)
    text = "\n".join(line.rstrip() for line in command.get_help(context).split("\n"))
    return f"## {title}\n\n```text\n{text.rstrip()}\n```\n"


def _prose(text: str) -> Iterator[str]:
    """Set paragraphs; those that click is told to keep line by line."""
    for paragraph in re.split(r"\n[ \t]*\n", text.strip()):
        lines = paragraph.split("\n")
        if lines[0].strip() == "\b":
            yield from [".PP", ".nf", *(_roff(line) for line in lines[1:]), ".fi"]
        else:
            yield from [".PP", _roff(" ".join(line.strip() for line in lines).replace("\b ", ""))]


def _roff(text: str) -> str:
    """Escape for roff: a dot or quote that begins a line is a request, a bare hyphen a typographic one."""
    escaped = text.replace("\\", "\\e").replace("-", "\\-").replace("…", "...")
    return f"\\&{escaped}" if escaped[:1] in {".", "'"} else escaped


def main(argv: list[str]) -> int:
    differing = False
    for name, text in pages().items():
        path = os.path.join(DOCS, name)
        if "--check" in argv:
            with open(path, encoding="utf-8") as file:
                same = file.read() == text
            differing = differing or not same
            if not same:
                sys.stderr.write(f"{path} is not up to date: python docs/generate.py\n")
            continue
        os.makedirs(os.path.dirname(path), exist_ok=True)
        with open(path, "w", encoding="utf-8") as file:
            file.write(text)
    return int(differing)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
