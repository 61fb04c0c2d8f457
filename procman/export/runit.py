"""runit: a folder for each instance with its run script and a log of its own, runsv(8)."""

from __future__ import annotations

import signal
from typing import TYPE_CHECKING

from procman.export.model import SCRIPT, Export, File
from procman.export.quoting import shell_word
from procman.export.script import one_offs, script

if TYPE_CHECKING:
    from procman.export.model import App, ProcessType


def runit(app: App) -> Export:
    marker = app.marker("runit")
    files = [file for each, number in app.instances() for file in _folder(app, each, number, marker)]
    rest = one_offs(app, "runit")
    return Export((*files, *rest.files), rest.notices)


def _folder(app: App, each: ProcessType, number: int, marker: str) -> tuple[File, ...]:
    folder = f"{app.name}-{each.name}-{number}"
    # A session of its own, so that a stop can reach everything the command started.
    chpst = ("chpst", "-P", *(("-u", app.user) if app.user else ()))
    run = script(app, each, number, marker, (*chpst, "/bin/sh", "-c", each.script))
    return (
        File(f"{folder}/run", run.replace("\ncd ", "\nexec 2>&1\ncd ", 1), SCRIPT),
        File(f"{folder}/control/t", _stop(each, marker), 0o755),
        File(f"{folder}/log/run", _log(app, folder, marker), 0o755),
    )


def _stop(each: ProcessType, marker: str) -> str:
    name = signal.Signals(each.stop_signal).name.removeprefix("SIG")
    # With status 0 runsv sends no TERM of its own.
    return f'#!/bin/sh\n# {marker}\nexec kill -s {name} -- "-$(cat supervise/pid)"\n'


def _log(app: App, folder: str, marker: str) -> str:
    log = shell_word(f"{app.log_directory}/{folder.removeprefix(app.name + '-')}")
    lines = ["#!/bin/sh", f"# {marker}", f"mkdir -p {log} || exit 111"]
    if app.user:
        lines += [f"chown {app.user} {log}", f"exec chpst -u {app.user} svlogd -tt {log}"]
    else:
        lines += [f"exec svlogd -tt {log}"]
    return "\n".join(lines) + "\n"
