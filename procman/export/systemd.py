"""systemd: a target for the app, a template for each type, timers, and the values in files only root reads.

`myapp-web@2.service` is web.2. Its PORT is worked out by the shell that starts it, so that
`systemctl start myapp-web@3` is all it takes to have one more. systemd.syntax(7), systemd.exec(5).
"""

from __future__ import annotations

import signal
from typing import TYPE_CHECKING

from procman.config.kinds import Kind
from procman.config.plan import Restart
from procman.export.model import VALUES, Export, File
from procman.export.quoting import environment_file_value, systemd_path, systemd_word
from procman.export.schedules import calendar_events

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from procman.export.model import App, ProcessType

Section = tuple[str, list[str]]


def systemd(app: App) -> Export:
    """Return system units: started at boot, each as the app's user, what they may write to narrowed."""
    return _export(app, "systemd", user_manager=False)


def systemd_user(app: App) -> Export:
    """Return units for `systemctl --user`, which runs everything as its own user."""
    return _export(app._replace(user=""), "systemd", user_manager=True)


def _export(app: App, engine: str, *, user_manager: bool) -> Export:
    marker = app.marker(engine)
    files = [
        _unit(f"{app.name}.target", marker, _target(app, "default" if user_manager else "multi-user")),
        File(f"{app.name}.env", _environment_file(app.environ, marker), VALUES),
    ]
    for each in app.types:
        base = f"{app.name}-{each.name}"
        own = {key: value for key, value in each.environ.items() if key != "PROC_TYPE"}
        if own:
            files.append(File(f"{base}.env", _environment_file(own, marker), VALUES))
        suffix = "" if each.kind in {Kind.CRON, Kind.RELEASE} else "@"
        sections = _service(app, each, own, user_manager=user_manager)
        files.append(_unit(f"{base}{suffix}.service", marker, sections))
        if each.schedule:
            files.append(_unit(f"{base}.timer", marker, _timer(app, each)))
    control = "systemctl --user" if user_manager else "systemctl"
    return Export(tuple(files), (f"{control} daemon-reload && {control} enable --now {app.name}.target",))


def _unit(path: str, marker: str, sections: Iterable[Section]) -> File:
    blocks = ["\n".join([f"[{name}]", *lines]) for name, lines in sections]
    return File(path, f"# {marker}\n" + "\n\n".join(blocks) + "\n")


def _target(app: App, wanted_by: str) -> list[Section]:
    wants = [f"Wants={app.name}-{each.name}@{number}.service" for each, number in app.instances()]
    wants += [f"Wants={app.name}-{cron.name}.timer" for cron in app.crons]
    return [
        ("Unit", [f"Description={app.name}", *wants]),
        ("Install", [f"WantedBy={wanted_by}.target"]),
    ]


def _timer(app: App, cron: ProcessType) -> list[Section]:
    assert cron.schedule is not None  # noqa: S101 - the caller asked
    events = [f"OnCalendar={event}" for event in calendar_events(cron.schedule)]
    return [
        ("Unit", [f"Description={app.name} {cron.name}, {cron.schedule.text}", f"PartOf={app.name}.target"]),
        ("Timer", [*events, "AccuracySec=1s", "Persistent=no"]),
    ]


def _service(app: App, each: ProcessType, own: Mapping[str, str], *, user_manager: bool) -> list[Section]:
    one_off = each.kind in {Kind.CRON, Kind.RELEASE}
    instance = "1" if one_off else "%i"
    unit = [f"Description={app.name} {each.name}.{instance}", *_order(app, each)]
    service = ["Type=oneshot" if one_off else "Type=exec"]
    if each.kind is Kind.RELEASE:
        # Done once each time the target starts, not again for each service that wants it.
        service.append("RemainAfterExit=yes")
    service += [f"WorkingDirectory={systemd_path(app.working_directory(each), 'the folder')}"]
    service += [f"User={app.user}"] if app.user else []
    service += [
        f"EnvironmentFile={systemd_path(f'{app.directory}/{name}.env', 'the folder')}"
        for name in (app.name, *([f"{app.name}-{each.name}"] if own else []))
    ]
    variables = f"PS={each.name}.{instance} PROC_TYPE={each.name}"
    if one_off and each.port is not None:
        variables += f" PORT={each.port}"
    service += [f"Environment={variables}", f"ExecStart={_command(each, one_off=one_off)}"]
    if not one_off:
        service += [f"Restart={'on-failure' if each.restart is Restart.ON_FAILURE else 'always'}"]
        service += ["RestartSec=1"]
    service += [f"KillSignal={signal.Signals(each.stop_signal).name}", f"TimeoutStopSec={each.grace:g}"]
    service += [f"SyslogIdentifier={app.name}-{each.name}"]
    service += [f"MemoryMax={each.memory}"] if each.memory else []
    service += _log(app, each, instance) + _hardening(app, user_manager=user_manager)
    return [("Unit", unit), ("Service", service)]


def _order(app: App, each: ProcessType) -> list[str]:
    lines = [] if each.kind is Kind.CRON else [f"PartOf={app.name}.target"]
    release = app.release_type
    if release and each is not release:
        lines += [f"{key}={app.name}-{release.name}.service" for key in ("Requires", "After")]
    lines += [
        f"After={app.name}-{other.name}@{number}.service"
        for other, number in app.instances()
        if other.name in each.needs
    ]
    if each.kind not in {Kind.CRON, Kind.RELEASE}:
        lines.append("StartLimitIntervalSec=0")
    return lines


def _command(each: ProcessType, *, one_off: bool) -> str:
    command = systemd_word(each.script, f"the command of {each.name}", command=True)
    if one_off or each.port is None:
        return f"/bin/sh -c {command}"
    # An instance's number is a specifier, which no quoting of ours may touch: it is a word of its own.
    shell = f'PORT=$(($0 + {each.port - 1})); export PORT; exec /bin/sh -c "$1"'
    return f"/bin/sh -c {systemd_word(shell, 'the shell', command=True)} %i {command}"


def _log(app: App, each: ProcessType, instance: str) -> list[str]:
    if not app.log:
        return []
    path = f"{systemd_path(app.log, 'the log folder')}/{each.name}-{instance}.log"
    return [f"StandardOutput=append:{path}", f"StandardError=append:{path}"]


def _hardening(app: App, *, user_manager: bool) -> list[str]:
    lines = [
        "NoNewPrivileges=yes",
        "LockPersonality=yes",
        "RestrictSUIDSGID=yes",
        "SystemCallArchitectures=native",
    ]
    if user_manager:
        # The others need a mount namespace of their own, which a user's manager may not get.
        return lines
    written = [app.root, *([app.log] if app.log else [])]
    return [
        *lines,
        "PrivateTmp=yes",
        "ProtectSystem=strict",
        *(f"ReadWritePaths={systemd_word(path, 'the folder')}" for path in written),
        "ProtectControlGroups=yes",
        "ProtectKernelModules=yes",
        "ProtectKernelTunables=yes",
        "RestrictRealtime=yes",
    ]


def _environment_file(environ: Mapping[str, str], marker: str) -> str:
    lines = [f"{key}={environment_file_value(value, key)}" for key, value in environ.items()]
    return "\n".join([f"# {marker}", *lines]) + "\n"
