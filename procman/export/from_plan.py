"""An app made of a plan: what runs, without what only this machine knows."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from procman.config.cron import Schedule
from procman.config.kinds import Kind
from procman.config.plan import Restart
from procman.errors import USAGE, ProcmanError
from procman.export.model import PER_INSTANCE, App, ProcessType

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from procman.config.plan import Instance, Plan
    from procman.config.procfile import Entry


def process_types(
    plan: Plan, entries: Iterable[Entry], counts: Mapping[str, int], *, contained: bool
) -> tuple[ProcessType, ...]:
    """Turn a plan with at least one instance of each type into types; contained: each in a container.

    A container has no static line: the server for those listens on its own machine alone.
    """
    texts = {entry.name: entry.command for entry in entries}
    first = [instance for instance in plan.instances if instance.number == 1]
    if contained:
        first = [instance for instance in first if instance.kind is not Kind.STATIC]
    return tuple(
        _process_type(instance, texts[instance.process_type], counts, plan, contained=contained)
        for instance in first
    )


def _process_type(
    instance: Instance, text: str, counts: Mapping[str, int], plan: Plan, *, contained: bool
) -> ProcessType:
    name = instance.process_type
    needed = dict.fromkeys(need.name.rpartition(".")[0] for need in instance.needs if not need.completed)
    return ProcessType(
        name=name,
        kind=instance.kind,
        command=_command(instance, text, contained=contained),
        instances=counts.get(name, 1),
        environ={k: v for k, v in instance.environ.items() if k not in PER_INSTANCE},
        port=instance.port,
        stop_signal=instance.stop_signal,
        grace=instance.grace,
        # A manager of services restarts what ends; a type that is to come back after failures only does so.
        restart=Restart.ON_FAILURE if instance.restart is Restart.ON_FAILURE else Restart.ALWAYS,
        cwd=_below(instance.cwd or "", plan.root),
        ready=instance.ready,
        memory=instance.size.limit if instance.size else None,
        mounts=dict(instance.mounts),
        needs=tuple(needed),
        singleton=instance.singleton,
        schedule=Schedule(*instance.schedule.split()) if instance.schedule else None,
    )


def _command(instance: Instance, text: str, *, contained: bool) -> str:
    """Return what runs, for a wsgi line without the server that happens to be on this machine."""
    if instance.kind is not Kind.WSGI:
        return instance.command
    # In a container others come from outside; on a machine a proxy stands before it.
    address = "" if contained else "127.0.0.1"
    return f'gunicorn -b {address}:$PORT -w "${{UWSGI_PROCESSES:-2}}" {text.strip()}'


def _below(cwd: str, root: str) -> str:
    """Return a folder relative to the root where it is below it."""
    absolute = os.path.normpath(os.path.join(root, cwd))
    relative = os.path.relpath(absolute, root)
    if relative == ".":
        return ""
    return absolute if relative.startswith("..") else relative


def check_app(app: App) -> None:
    """Refuse what would be read as something else in any of the formats."""
    _check_word("-a", app.name, "letters, digits, _ and single hyphens")
    if "--" in app.name:
        raise ProcmanError(f"-a {app.name}: two hyphens in a row", hint="use one")
    if app.user:
        _check_word("-u", app.user, "letters, digits, _ . and -", extra=".")
    for what, path in (("-l", app.log), ("-d", app.root), ("DIR", app.directory)):
        if any(ord(char) < 32 or ord(char) == 127 for char in path):  # noqa: PLR2004 - ASCII's controls
            raise ProcmanError(f"{what} {path!r} holds a control character", hint="choose another folder")
    for key in {*app.environ, *(key for each in app.types for key in each.environ)}:
        if not (key.isascii() and key.isidentifier()):
            raise ProcmanError(
                f"{key!r} can't be exported: a variable's name is letters, digits and _",
                hint="rename it, or leave its file out with -e",
            )


def _check_word(option: str, text: str, allowed: str, extra: str = "") -> None:
    bare = text.translate({ord(char): None for char in f"_-{extra}"})
    if not (text.isascii() and text[:1].isalnum() and (bare.isalnum())):
        raise ProcmanError(f"{option} {text!r}: {allowed}, a letter or a digit first", exit_code=USAGE)
