"""Who takes part: how each manager is told to run a list of commands, and what it can do at all."""

from __future__ import annotations

import os
import shlex
import shutil
import sys
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

MANY = 100
"""Beyond this many process types a hundred ports for each are more than there are."""


class Contender(NamedTuple):
    """A program that can be measured.

    program: its path. launch: writes what it needs into a folder, gives the arguments that start commands.
    run, check: arguments of its one-off and validating commands, empty where it has none.
    crashes: whether a crash of one ends all. baseline: no manager, only the floor to compare with.
    supervises, relays: whether it starts and stops processes, and passes on what they write.
    """

    name: str
    program: str
    launch: Callable[[str, Sequence[str], str], list[str]]
    run: tuple[str, ...] = ()
    check: tuple[str, ...] = ()
    crashes: bool = True
    baseline: bool = False
    supervises: bool = True
    relays: bool = True


def write_procfile(directory: str, commands: Sequence[str]) -> str:
    path = os.path.join(directory, "Procfile")
    with open(path, "w", encoding="ascii") as file:
        file.writelines(f"p{number}: {command}\n" for number, command in enumerate(commands))
    return path


def _procman(program: str, commands: Sequence[str], directory: str) -> list[str]:
    write_procfile(directory, commands)
    return [program, "start", *(["--port-step", "1"] if len(commands) > MANY else [])]


def _start(program: str, commands: Sequence[str], directory: str) -> list[str]:
    write_procfile(directory, commands)
    return [program, "start"]


def _hivemind(program: str, commands: Sequence[str], directory: str) -> list[str]:
    return [program, write_procfile(directory, commands)]


def _concurrently(program: str, commands: Sequence[str], directory: str) -> list[str]:
    del directory
    names = ",".join(f"p{number}" for number in range(len(commands)))
    return [program, "--kill-others-on-fail", "--names", names, *commands]


def _supervisord(program: str, commands: Sequence[str], directory: str) -> list[str]:
    path = os.path.join(directory, "supervisord.conf")
    lines = ["[supervisord]", "nodaemon=true", "logfile=/dev/null", "logfile_maxbytes=0", "minfds=8192"]
    lines += [f"pidfile={directory}/supervisord.pid", "user=root" if os.geteuid() == 0 else ""]
    for number, command in enumerate(commands):
        lines += [f"[program:p{number}]", f"command={command}", "redirect_stderr=true", "startsecs=0"]
        lines += ["stdout_logfile=/dev/fd/1", "stdout_logfile_maxbytes=0", "autorestart=false"]
    with open(path, "w", encoding="ascii") as file:
        file.write("\n".join(lines) + "\n")
    return [program, "-n", "-c", path]


def _cat(program: str, commands: Sequence[str], directory: str) -> list[str]:
    """All producers share one pipe: there is no manager that could keep their lines apart."""
    del directory
    return ["/bin/sh", "-c", f"{{ {' & '.join(commands)} & wait; }} | exec {shlex.quote(program)}"]


def _prefixer(program: str, commands: Sequence[str], directory: str) -> list[str]:
    del directory
    return [program, *commands]


def peers() -> list[Contender]:
    """Give everybody that is known, wherever it is; `program` is "" where it is not installed."""

    def known(name: str, binary: str, launch: Callable[[str, Sequence[str], str], list[str]]) -> Contender:
        beside = os.path.join(os.path.dirname(sys.executable), binary)
        found = shutil.which(binary) or (beside if os.access(beside, os.X_OK) else "")
        return Contender(name, found, launch)

    return [
        known("procman", "procman", _procman)._replace(run=("run", "true"), check=("check",)),
        known("foreman", "foreman", _start)._replace(run=("run", "true"), check=("check",)),
        known("honcho", "honcho", _start)._replace(run=("run", "true"), check=("check",)),
        known("nf", "nf", _start)._replace(run=("run", "true")),
        known("concurrently", "concurrently", _concurrently),
        known("supervisord", "supervisord", _supervisord)._replace(crashes=False),
        known("hivemind", "hivemind", _hivemind),
        known("goreman", "goreman", _start)._replace(run=("run", "true"), check=("check",)),
        known("overmind", "overmind", _start)._replace(run=("run", "true")),
    ]


def baselines(prefixer: str) -> list[Contender]:
    """Give `cat` and the minimal manager in C; prefixer: its program, "" without a C compiler."""
    return [
        Contender("cat", shutil.which("cat") or "", _cat, baseline=True, supervises=False),
        Contender("C prefixer", prefixer, _prefixer, baseline=True),
    ]
