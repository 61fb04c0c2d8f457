"""The formats that there are: procman's own, and those that other packages bring as entry points.

A package names a function under `[project.entry-points."procman.export"]`; it gets an App and gives an
Export (procman.export.model), as the ones here do.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from procman.config.nearest import did_you_mean
from procman.errors import USAGE, ProcmanError

if TYPE_CHECKING:
    from importlib.metadata import EntryPoint

    from procman.export.model import Exporter

GROUP = "procman.export"
FORMATS = {
    "systemd": "systemd:systemd",
    "upstart": "upstart:upstart",
    "launchd": "launchd:launchd",
    "supervisord": "supervisord:supervisord",
    "runit": "runit:runit",
    "compose": "compose:compose",
    "swarm": "compose:swarm",
    "kubernetes": "kubernetes:kubernetes",
}
USER_UNITS = "systemd:systemd_user"
CONTAINERS = frozenset({"compose", "swarm", "kubernetes"})
"""Formats whose processes run in an image and not in the project's folder."""


def exporter(name: str, *, user_manager: bool = False) -> Exporter:
    """Return what makes the files of a format; raises ProcmanError for a format nobody knows."""
    if user_manager and name != "systemd":
        raise ProcmanError(f"--user is systemd's, not {name}'s", hint="-u USER names a user", exit_code=USAGE)
    if name in FORMATS:
        from importlib import import_module

        module, _, function = (USER_UNITS if user_manager else FORMATS[name]).partition(":")
        own: Exporter = getattr(import_module(f"{__package__}.{module}"), function)
        return own
    others = _entry_points()
    if name not in others:
        known = [*FORMATS, *others]
        hint = did_you_mean(name, known) or f"formats: {', '.join(known)}"
        raise ProcmanError(f"no export format {name!r}", hint=hint, exit_code=USAGE)
    theirs: Exporter = others[name].load()
    return theirs


def _entry_points() -> dict[str, EntryPoint]:
    from importlib.metadata import entry_points

    return {point.name: point for point in entry_points(group=GROUP)}
