"""procman's verbs for an app that runs on a cluster: `deploy`, `ps`, `scale`, `logs` and `run` with --on.

Each is a few calls of kubectl or docker. The clusters keep all there is to keep: an app is its name.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from procman.export.tool import KUBERNETES
from procman.quicktuple import NamedTuple

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence
    from datetime import datetime
    from types import ModuleType

    from procman.export.model import App
    from procman.export.tool import Target


class Row(NamedTuple):
    """A line of `ps --on`: `web.x7k2p`, `up for 3m`, the command as the Procfile has it, restarts."""

    process: str
    state: str
    command: str
    restarts: int = 0


def deploy_on(target: Target, app: App, counted: frozenset[str], say: Callable[[str], None]) -> int:
    """Bring an app to a cluster, its release first; return the status of the last call.

    counted: the types whose number -c names; all others keep what they were scaled to. say: what goes on.
    Raises ProcmanError when the release fails: nothing else was changed then.
    """
    status: int = _driver(target).deploy(target, app, counted, say)
    return status


def ps_on(target: Target) -> list[Row]:
    rows: list[Row] = _driver(target).ps(target)
    return rows


def formation_on(target: Target) -> dict[str, int]:
    """Return how many of each type are asked for: what `web+2` is worked out from."""
    counts: dict[str, int] = _driver(target).formation(target)
    return counts


def scale_on(target: Target, counts: Mapping[str, int]) -> list[str]:
    """Set the number of instances; return a line for each type, in Heroku's words."""
    said: list[str] = _driver(target).scale(target, counts)
    return said


def logs_on(target: Target, types: Sequence[str] = (), *, follow: bool = False, lines: int = 100) -> int:
    """Show the logs of these types, of all without any, on our own standard output; return the status."""
    status: int = _driver(target).logs(target, types, follow=follow, lines=lines)
    return status


def run_on(target: Target, words: Sequence[str]) -> int:
    """Run a one-off command in the image and environment of what is deployed; return its status."""
    status: int = _driver(target).run(target, words, name=f"{target.app.lower()}-run-{new_id()}")
    return status


def new_id() -> str:
    """Return what tells a release or a one-off from all others: the moment, in hexadecimal."""
    import time

    return f"{time.time_ns() // 1_000_000:x}"


def table(rows: Iterable[Row]) -> str:
    """Return the rows as `heroku ps` shows them."""
    lines = [("Process", "State", "Command"), *((row.process, row.state, row.command) for row in rows)]
    widths = [max(len(line[column]) for line in lines) for column in range(2)]
    lines.insert(1, ("-" * widths[0], "-" * widths[1], "-" * max(len(line[2]) for line in lines)))
    return "\n".join(f"{a:<{widths[0]}}  {b:<{widths[1]}}  {c}".rstrip() for a, b, c in lines)


def age(since: str, now: datetime) -> str:
    """Return the time since an RFC 3339 moment in its largest unit."""
    from datetime import datetime

    seconds = int((now - datetime.fromisoformat(since)).total_seconds())
    for unit, size in (("d", 86_400), ("h", 3600), ("m", 60)):
        if seconds >= size:
            return f"{seconds // size}{unit}"
    return f"{max(seconds, 0)}s"


def _driver(target: Target) -> ModuleType:
    if target.engine == KUBERNETES:
        from procman.export import on_kubernetes

        return on_kubernetes
    from procman.export import on_swarm

    return on_swarm
