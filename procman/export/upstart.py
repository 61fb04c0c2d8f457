"""Upstart: a job for the app, one for each type and one for each instance, as Foreman names them.

Written by init(5): there is no Upstart left to run this with. So nothing relies on its quoting: names and
numbers are its stanzas, all else is a script for sh, of which no line can be `end script`.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from procman.export.model import VALUES, Export, File
from procman.export.quoting import one_line, shell_word
from procman.export.script import exports, one_offs

if TYPE_CHECKING:
    from procman.export.model import App, ProcessType


def upstart(app: App) -> Export:
    marker = app.marker("upstart")
    files = [File(f"{app.name}.conf", _master(app, marker), VALUES if app.release_type else 0o644)]
    for each in app.services:
        files.append(File(f"{app.name}-{each.name}.conf", _type(app, marker)))
        files += [
            File(f"{app.name}-{each.name}-{number}.conf", _instance(app, each, number, marker), VALUES)
            for number in range(1, each.instances + 1)
        ]
    rest = one_offs(app._replace(types=app.crons), "upstart")
    return Export((*files, *rest.files), rest.notices)


def _master(app: App, marker: str) -> str:
    lines = [f"# {marker}", f'description "{app.name}"', "start on runlevel [2345]", "stop on runlevel [016]"]
    before = []
    if app.log:
        log = shell_word(app.log)
        before.append(f"mkdir -p {log}")
        before += [f"chown {app.user} {log}"] if app.user else []
    release = app.release_type
    if release:
        # Its failure is the job's, and then nothing of the app starts.
        before += _lines_of_script(app, release, 1)
        shell = f"su -s /bin/sh {app.user}" if app.user else "/bin/sh"
        before.append(f"{shell} -c {shell_word(release.script)}")
    if before:
        lines += ["pre-start script", *_indented(before), "end script"]
    return "\n".join(lines) + "\n"


def _type(app: App, marker: str) -> str:
    return f"# {marker}\nstart on started {app.name}\nstop on stopping {app.name}\n"


def _instance(app: App, process_type: ProcessType, number: int, marker: str) -> str:
    job = f"{app.name}-{process_type.name}"
    log = f" >> {shell_word(f'{app.log}/{process_type.name}-{number}.log')} 2>&1" if app.log else ""
    lines = [
        f"# {marker}",
        f"start on started {job}",
        f"stop on stopping {job}",
        "respawn",
        # Ten starts in five seconds would be the end: one a second never gets there.
        "post-stop exec sleep 1",
        f"kill timeout {math.ceil(process_type.grace)}",
        f"kill signal {process_type.stop_signal}",
        *([f"setuid {app.user}"] if app.user else []),
        "console log",
        "script",
        *_indented(_lines_of_script(app, process_type, number)),
        *_indented([f"exec /bin/sh -c {shell_word(process_type.script)}{log}"]),
        "end script",
    ]
    return "\n".join(lines) + "\n"


def _lines_of_script(app: App, process_type: ProcessType, number: int) -> list[str]:
    environ = {**app.environ, **process_type.of_instance(number)}
    return [f"cd {shell_word(app.working_directory(process_type))}", *exports(environ)]


def _indented(lines: list[str]) -> list[str]:
    return [f"  {one_line(line)}" for line in lines]
