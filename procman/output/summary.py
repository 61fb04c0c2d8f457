"""What happened first, told after a crash when everything has come down."""

from __future__ import annotations

from typing import TYPE_CHECKING

from procman.core.actions import SYSTEM
from procman.core.events import describe

if TYPE_CHECKING:
    from collections.abc import Mapping

    from procman.core.ending import Cause
    from procman.core.events import Status
    from procman.core.process import Process
    from procman.output.recent import Recent

LAST_LINES = 5

MEANINGS = {
    126: "found but not executable",
    127: "command not found",
    129: "hung up in the shell (SIGHUP)",
    130: "interrupted in the shell (SIGINT)",
    137: "killed in the shell (SIGKILL): out of memory?",
    139: "a segmentation fault in the shell (SIGSEGV)",
    143: "terminated in the shell (SIGTERM)",
}
SIGNALS = {6: "abort", 9: "killed from outside, or out of memory", 11: "segmentation fault"}


def crash_summary(cause: Cause | None, snapshot: Mapping[str, Process], recent: Recent) -> list[str]:
    """Name the first cause in words, its last lines, and that the others were stopped by procman."""
    if cause is None:
        return []
    if cause.name == SYSTEM:
        lines = [cause.reason]
    elif cause.reason.startswith("not ready"):
        lines = [f"{cause.name} was {cause.reason}"]
    elif cause.reason:
        lines = [f"{cause.name} could not be started: {cause.reason}"]
    else:
        lines = [f"{cause.name} crashed first: {describe(cause.status)}{_meaning(cause.status)}"]
    last = recent.lines(cause.name, LAST_LINES)
    if last:
        lines.append("its last lines:")
        lines += [f"  {line.decode('utf-8', 'surrogateescape')}" for line in last]
    others = [name for name, process in snapshot.items() if name != cause.name and process.status is not None]
    if others:
        lines.append(f"the others were stopped by procman: {_some(others)}")
    return lines


def _meaning(status: Status) -> str:
    meaning = SIGNALS.get(status.signal, "") if status.signal else MEANINGS.get(status.code, "")
    return f" ({meaning})" if meaning else ""


def _some(names: list[str]) -> str:
    shown = ", ".join(names[:8])
    return f"{shown} and {len(names) - 8} more" if len(names) > 8 else shown  # noqa: PLR2004 - one line
