"""What compose files, stacks and pods have in common: a command, variables and folders in a container."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from procman.export.model import PER_INSTANCE
from procman.export.quoting import doubled_dollars, shell_word, utf8

if TYPE_CHECKING:
    from procman.export.model import App, ProcessType

MOUNTS = "/mnt"
"""Where a type's own folders are in its container."""


def arguments(each: ProcessType, engine: str) -> list[str]:
    """Return the words that run a type's command, with every $ doubled."""
    script = each.script
    if each.cwd:
        # A folder in the image: where its root is, only the image knows.
        script = f"cd {shell_word(each.cwd)} && {script}"
    return ["/bin/sh", "-c", doubled_dollars(utf8(script, engine, f"the command of {each.name}"))]


def own_variables(each: ProcessType, engine: str) -> dict[str, str]:
    """Return a type's own variables with every $ doubled: PORT, one for all instances, mounts, its `env`."""
    paths = set(each.mounts.values())
    own = {
        key: f"{MOUNTS}/{os.path.basename(value)}" if value in paths else value
        for key, value in each.environ.items()
        if key not in PER_INSTANCE
    }
    if each.port is not None:
        own["PORT"] = str(each.port)
    return {key: doubled_dollars(utf8(value, engine, key)) for key, value in own.items()}


def shared_variables(app: App, engine: str) -> dict[str, str]:
    return {key: utf8(value, engine, key) for key, value in app.environ.items()}


def mount_points(each: ProcessType) -> dict[str, str]:
    """Return the path in the container of each of a type's folders, by the mount's name."""
    return {name: f"{MOUNTS}/{os.path.basename(path)}" for name, path in each.mounts.items()}
