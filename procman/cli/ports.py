"""The ports of a run: where they begin, and who has taken them already."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from procman.config.ports import AUTO, base_port

if TYPE_CHECKING:
    from collections.abc import Iterable

    from procman.cli.project import Project
    from procman.config.instance import Instance
    from procman.core.ending import Cause
    from procman.output.recent import Recent
    from procman.runtime.listeners import Holder

IN_USE = (b"address already in use", b"eaddrinuse", b"address in use")
LINES = 20


def first_port(project: Project, **options: Any) -> int | None:
    """Give the first type's port, None with --no-port; `auto` is this checkout's own block."""
    if options["no_port"]:
        return None
    base = base_port(options["port"], project.environ, project.settings, override=options["override"])
    if options["port"] != AUTO:
        return base
    from procman.runtime.portblock import claim_base

    return claim_base(project.root, base)


def taken_ports(instances: Iterable[Instance]) -> list[str]:
    """Say which ports that are about to be used are taken, and by whom."""
    wanted = {i.port: i.name for i in instances if i.port is not None and _uses_port(i)}
    if not wanted or not _listening(wanted):
        return []
    from procman.runtime.listeners import holders

    return [
        f"port {port} of {wanted[port]} is taken{_by(holder)}" for port, holder in holders(wanted).items()
    ]


def port_of_crash(cause: Cause | None, instances: Iterable[Instance], recent: Recent) -> str:
    """Name who has the port of a process that crashed for want of it; "" when that wasn't it."""
    if cause is None or not any(
        sign in line.lower() for line in recent.lines(cause.name, LINES) for sign in IN_USE
    ):
        return ""
    from procman.runtime.listeners import holders

    for instance in instances:
        if instance.name == cause.name and instance.port is not None:
            holder = holders([instance.port]).get(instance.port)
            return f"port {instance.port} is taken{_by(holder)}" if holder else ""
    return ""


def _uses_port(instance: Instance) -> bool:
    """Whether a process is likely to listen on its PORT: most workers have one and never look at it."""
    return instance.ready is not None or "PORT" in instance.command


def _listening(ports: Iterable[int]) -> bool:
    """Look without psutil first, which costs more than the rest of the start."""
    from procman.runtime.listeners import is_free, linux_listeners

    listening = linux_listeners()
    if listening is not None:
        return not listening.keys().isdisjoint(ports)
    return not all(is_free(port) for port in ports)


def _by(holder: Holder) -> str:
    if not holder.pid:
        return ""
    earlier = ", your earlier procman" if holder.started_by_procman else ""
    return f" by {holder.name or 'a process'} (pid {holder.pid}{earlier})"
