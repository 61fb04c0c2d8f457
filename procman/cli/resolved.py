"""What each process type ends up with, for people and for programs."""

from __future__ import annotations

import signal
from typing import TYPE_CHECKING, Any

from procman.config.environment import shown
from procman.config.instance import DEFAULTS, GRACE, probe
from procman.config.settings import Restart

if TYPE_CHECKING:
    from collections.abc import Mapping

    from procman.cli.project import Project
    from procman.config.kinds import Meaning
    from procman.config.procfile import Entry

_WIDTH = 14


def resolved_types(
    project: Project, kinds: Mapping[str, Meaning], *, has_ports: bool
) -> list[dict[str, Any]]:
    """Return each type as a JSON object that says the same wherever in the files it was said.

    Values whose key looks secret are masked.
    """
    return [_resolved(entry, project, kinds[entry.name], has_ports) for entry in project.procfile.entries]


def render_types(types: list[dict[str, Any]]) -> str:
    """Render one block a type, without what was left at its default."""
    blocks = []
    for each in types:
        lines = [each["name"]]
        for key, value in each.items():
            text = _text(key, value)
            if key != "name" and text:
                lines.append(f"  {key:<{_WIDTH}} " + text.replace("\n", "\n" + " " * (_WIDTH + 3)))
        blocks.append("\n".join(lines))
    return "\n\n".join(blocks)


def _resolved(entry: Entry, project: Project, meaning: Meaning, has_ports: bool) -> dict[str, Any]:
    said = project.types.get(entry.name, DEFAULTS)
    ready = probe(entry.name, meaning.kind, said.ready, has_port=has_ports)
    return {
        "name": entry.name,
        "kind": meaning.kind.value,
        "command": entry.command.encode("utf-8", "surrogateescape").decode("utf-8", "replace"),
        "count": 1 if said.count is None else said.count,
        "singleton": said.singleton,
        "env": {key: shown(key, value) for key, value in sorted(said.env.items())},
        "cwd": said.cwd,
        "restart": (said.restart or Restart.NEVER).value,
        "stop_signal": signal.Signals(said.stop_signal or signal.SIGTERM).name.removeprefix("SIG"),
        "stop_timeout": GRACE if said.stop_timeout is None else said.stop_timeout,
        "needs": list(said.needs),
        "ready": None if ready is None else {**ready._asdict(), "when": ready.when.value},
        "watch": list(said.watch),
        "size": None if said.size is None else said.size._asdict(),
        "mounts": dict(sorted(said.mounts.items())),
        "relationships": None if said.relationships is None else dict(sorted(said.relationships.items())),
    }


def _text(key: str, value: Any) -> str:
    """Write a value as a person would; "" for one that nobody would miss."""
    match key, value:
        case ("kind", "process") | ("count", 1) | ("restart", "never") | ("stop_signal", "TERM"):
            return ""
        case "stop_timeout", seconds:
            return "" if seconds == GRACE else f"{seconds:g} s"
        case "relationships", {}:
            return "none"
        case "ready", {"when": "port", "within": within, "required": required}:
            return f"port, within {within:g} s{'' if required else ', else it is said'}"
        case "ready", {"when": when, "target": target, "within": within}:
            return f"{when}:{target}, within {within:g} s"
        case "size", {"limit": limit, "restart_over": restart_over}:
            return f"{limit / 1024**2:g} MiB, {'restarted' if restart_over else 'warned of'} beyond"
        case "env" | "mounts" | "relationships", dict():
            return ", ".join(f"{name}={item}" if name != item else name for name, item in value.items())
        case _, list():
            return ", ".join(value)
        case _, bool():
            return "yes" if value else ""
        case _:
            return "" if value is None else str(value)
