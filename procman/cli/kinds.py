"""What the project's lines come to on this machine, and what there is to say of them."""

from __future__ import annotations

import os
from functools import cache
from typing import TYPE_CHECKING, Any, TypeVar

import click

from procman.config.diagnostics import Severity
from procman.config.kinds import CRON_PREFIX, Kind
from procman.config.servers import Surroundings, meanings

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from procman.cli.project import Project
    from procman.config.diagnostics import Diagnostic
    from procman.config.kinds import Meaning

    Decorated = TypeVar("Decorated", bound=Callable[..., Any])

SHOWN_TIMES = 3


def plain_option(command: Decorated) -> Decorated:
    return click.option(
        "--plain", is_flag=True, help="Every line is a command: no cron, wsgi and static, as in Heroku."
    )(command)


def surroundings(project: Project) -> Surroundings:
    """Look where the children will: from the root, on their PATH."""
    root, path = project.root, project.environment.base.get("PATH", os.defpath)

    @cache
    def which(program: str) -> str | None:
        from shutil import which as find

        return find(os.path.join(root, program) if os.sep in program else program, path=path)

    return Surroundings(lambda name: os.path.isdir(os.path.join(root, name)), which)


def project_meanings(project: Project, *, plain: bool) -> dict[str, Meaning]:
    return meanings(project.procfile.entries, surroundings(project), plain=plain)


def kind_diagnostics(project: Project, *, plain: bool) -> tuple[Diagnostic, ...]:
    from procman.config.kindlint import kind_problems

    around = surroundings(project)
    return tuple(
        problem
        for source, procfile in project.files
        for problem in kind_problems(
            source,
            procfile,
            plain=plain,
            is_directory=around.is_directory,
            is_program=around.is_program,
        )
    )


def kind_errors(project: Project, *, plain: bool) -> tuple[Diagnostic, ...]:
    """Return what is wrong, without the warnings; a Procfile of ordinary names costs nothing."""
    names = [entry.name for entry in project.procfile.entries]
    if not any(name.startswith(CRON_PREFIX) or name == Kind.STATIC.value for name in names):
        return ()
    found = kind_diagnostics(project, plain=plain)
    return tuple(problem for problem in found if problem.severity is Severity.ERROR)


def upcoming(kinds: Mapping[str, Meaning]) -> dict[str, tuple[Any, ...]]:
    """Return the next times (aware datetimes) of each cron line by name."""
    schedules = {name: kind.schedule for name, kind in kinds.items() if kind.schedule}
    if not schedules:
        return {}
    from procman.config.cron import Schedule, next_times
    from procman.config.localtime import local_now

    now = local_now()
    return {name: next_times(Schedule(*text.split()), now, SHOWN_TIMES) for name, text in schedules.items()}
