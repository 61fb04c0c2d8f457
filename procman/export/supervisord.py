"""supervisord: a program for each instance, all of them one group; configuration.rst of supervisor 4."""

from __future__ import annotations

import math
import signal
from typing import TYPE_CHECKING

from procman.config.plan import Restart
from procman.errors import ProcmanError
from procman.export.model import VALUES, Export, File
from procman.export.quoting import percents, supervisord_command, without_controls
from procman.export.script import one_offs

if TYPE_CHECKING:
    from procman.export.model import App, ProcessType

SIGNALS = ("TERM", "HUP", "INT", "QUIT", "KILL", "USR1", "USR2")
START_RETRIES = 1000
"""supervisord gives up after 3: its pauses grow by a second each, so this is for days."""


def supervisord(app: App) -> Export:
    names = [f"{app.name}-{each.name}-{number}" for each, number in app.instances()]
    blocks = [_program(app, each, number) for each, number in app.instances()]
    blocks.append([f"[group:{app.name}]", f"programs={','.join(names)}"])
    text = "\n\n".join("\n".join(block) for block in blocks)
    rest = one_offs(app, "supervisord")
    notices = [*rest.notices, f"supervisord makes no folders: {app.log_directory} has to be there"]
    conf = File(f"{app.name}.conf", f"; {app.marker('supervisord')}\n{text}\n", VALUES)
    return Export((conf, *rest.files), tuple(notices))


def _program(app: App, each: ProcessType, number: int) -> list[str]:
    environ = {**app.environ, **each.of_instance(number)}
    words = ["/usr/bin/env", *(f"{key}={value}" for key, value in environ.items())]
    command = supervisord_command([*words, "/bin/sh", "-c", each.script], f"the command of {each.name}")
    return [
        f"[program:{app.name}-{each.name}-{number}]",
        # Not `environment=`: it can't hold both kinds of quotes, and strips them at the ends.
        f"command={command}",
        f"directory={_path(app.working_directory(each))}",
        *([f"user={app.user}"] if app.user else []),
        "autostart=true",
        f"autorestart={'unexpected' if each.restart is Restart.ON_FAILURE else 'true'}",
        "startsecs=1",
        f"startretries={START_RETRIES}",
        f"stopsignal={_signal(each)}",
        f"stopwaitsecs={math.ceil(each.grace)}",
        "stopasgroup=true",
        "killasgroup=true",
        "redirect_stderr=true",
        f"stdout_logfile={_path(f'{app.log_directory}/{each.name}-{number}.log')}",
    ]


def _signal(each: ProcessType) -> str:
    name = signal.Signals(each.stop_signal).name.removeprefix("SIG")
    if name not in SIGNALS:
        raise ProcmanError(
            f"supervisord can't stop {each.name} with SIG{name}", hint=f"use {', '.join(SIGNALS)}"
        )
    return name


def _path(path: str) -> str:
    if path != path.strip() or any(f" {char}" in path for char in ";#"):
        raise ProcmanError(f"{path!r} can't be exported to supervisord", hint="rename the folder")
    return percents(without_controls(path, "supervisord", "the folder"))
