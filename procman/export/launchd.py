"""launchd: a property list for each instance, launchd.plist(5), written by plistlib."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

from procman.config.plan import Restart
from procman.export.model import VALUES, Export, File
from procman.export.quoting import xml_text
from procman.export.schedules import calendar_intervals
from procman.export.script import one_offs

if TYPE_CHECKING:
    from procman.export.model import App, ProcessType


def launchd(app: App) -> Export:
    marker = app.marker("launchd")
    files = [
        File(f"{app.name}-{each.name}-{number}.plist", _plist(_service(app, each, number), marker), VALUES)
        for each, number in app.instances()
    ]
    files += [
        File(f"{app.name}-{cron.name}.plist", _plist(_cron(app, cron), marker), VALUES) for cron in app.crons
    ]
    release = [app.release_type] if app.release_type else []
    rest = one_offs(app._replace(types=tuple(release)), "launchd")
    return Export((*files, *rest.files), (*rest.notices, *_stop_signals(app)))


def _service(app: App, each: ProcessType, number: int) -> dict[str, Any]:
    return {
        **_job(app, each, number, f"{app.name}-{each.name}-{number}"),
        "RunAtLoad": True,
        "KeepAlive": {"SuccessfulExit": False} if each.restart is Restart.ON_FAILURE else True,
    }


def _cron(app: App, cron: ProcessType) -> dict[str, Any]:
    assert cron.schedule is not None  # noqa: S101 - what makes a type one of the crons
    times = calendar_intervals(cron.schedule)
    job = _job(app, cron, 1, f"{app.name}-{cron.name}")
    return {**job, "StartCalendarInterval": times if len(times) > 1 else times[0]}


def _job(app: App, each: ProcessType, number: int, label: str) -> dict[str, Any]:
    environ = {**app.environ, **each.of_instance(number)}
    log = f"{app.log_directory}/{each.name}-{number}.log"
    job: dict[str, Any] = {
        "Label": label,
        "ProgramArguments": ["/bin/sh", "-c", xml_text(each.script, f"the command of {each.name}")],
        "EnvironmentVariables": {key: xml_text(value, key) for key, value in environ.items()},
        "WorkingDirectory": xml_text(app.working_directory(each), "the folder"),
        "StandardOutPath": log,
        "StandardErrorPath": log,
        "ExitTimeOut": math.ceil(each.grace),
    }
    if app.user:
        job["UserName"] = app.user
    return job


def _plist(job: dict[str, Any], marker: str) -> str:
    import plistlib

    head, end, body = plistlib.dumps(job, sort_keys=False).decode().partition("<plist ")
    return f"{head}<!-- {marker} -->\n{end}{body}"


def _stop_signals(app: App) -> list[str]:
    return [
        f"launchd stops {each.name} with SIGTERM, whatever its stop_signal"
        for each in app.services
        if each.stop_signal != 15  # noqa: PLR2004 - SIGTERM
    ]
