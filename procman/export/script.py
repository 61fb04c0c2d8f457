"""A shell script that runs one process, and the crontab that calls it: for engines without a timetable."""

from __future__ import annotations

from typing import TYPE_CHECKING

from procman.errors import ProcmanError
from procman.export.model import SCRIPT, Export, File
from procman.export.quoting import shell_word
from procman.export.schedules import crontab_fields

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from procman.export.model import App, ProcessType


def exports(environ: Mapping[str, str]) -> list[str]:
    """Return a line for each variable; a value may reach over several."""
    return [f"export {key}={shell_word(value)}" for key, value in environ.items()]


def script(app: App, process_type: ProcessType, number: int, marker: str, words: Sequence[str]) -> str:
    """Return a program that becomes these words, in the folder and environment of one instance."""
    lines = [
        "#!/bin/sh",
        f"# {marker}",
        f"cd {shell_word(app.working_directory(process_type))} || exit 111",
        *exports({**app.environ, **process_type.of_instance(number)}),
        f"exec {' '.join(map(shell_word, words))}",
    ]
    return "\n".join(lines) + "\n"


def one_offs(app: App, engine: str) -> Export:
    """Return what an engine has no notion of: the release as a script, cron lines as scripts and crontab."""
    marker, files, notices = app.marker(engine), [], []
    release = app.release_type
    if release:
        files.append(_as_user(app, release, marker))
        notices.append(f"{engine} knows no release: run {app.directory}/{files[-1].path} before it starts")
    if app.crons:
        files += [_as_user(app, cron, marker) for cron in app.crons]
        files.append(File(f"{app.name}.crontab", _crontab(app, marker)))
        crontab = f"{app.directory}/{app.name}.crontab"
        install = f"install -m 644 {crontab} /etc/cron.d/{app.name}" if app.user else f"crontab {crontab}"
        notices.append(f"{engine} has no timetable, cron has: {install}")
    return Export(tuple(files), tuple(notices))


def _as_user(app: App, process_type: ProcessType, marker: str) -> File:
    """Return a program that runs one command; its values are root's to read, so root starts it."""
    user = ("su", "-s", "/bin/sh", app.user) if app.user else ("/bin/sh",)
    text = script(app, process_type, 1, marker, (*user, "-c", process_type.script))
    return File(f"{app.name}-{process_type.name}.sh", text, SCRIPT)


def _crontab(app: App, marker: str) -> str:
    user = " root" if app.user else ""
    lines = [f"# {marker}"]
    for cron in app.crons:
        path = f"{app.directory}/{app.name}-{cron.name}.sh"
        if "%" in path or "\\" in path:
            raise ProcmanError(f"{path} can't stand in a crontab", hint="export to a folder without % and \\")
        assert cron.schedule is not None  # noqa: S101 - what makes a type one of the crons
        lines.append(f"{crontab_fields(cron.schedule)}{user} {shell_word(path)}")
    return "\n".join(lines) + "\n"
