"""The folders that process types run in and keep things in."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from procman.config.scope import mount_paths
from procman.errors import ProcmanError

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from procman.cli.project import Project
    from procman.config.plan import Instance
    from procman.config.settings import TypeSettings

PRIVATE = 0o700


def check_folders(instances: Iterable[Instance], project: Project) -> None:
    """Refuse, before anything starts, to start what has no folder to run in."""
    for instance in instances:
        if instance.cwd is not None and not os.path.isdir(os.path.join(project.root, instance.cwd)):
            span = project.resolved.places[instance.process_type]["cwd"].span
            raise ProcmanError(
                f"{span.file}:{span.line}: cwd of {instance.process_type}: no such folder: {instance.cwd}",
                hint=f"it is looked for in {project.root}",
            )


def make_mounts(types: Mapping[str, TypeSettings], root: str) -> None:
    """Create the folders of these types' mounts, for the user alone; git is told to leave them out."""
    paths = [path for name, said in types.items() for path in mount_paths(root, name, said.mounts).values()]
    if not paths:
        return
    own = os.path.join(root, ".procman")
    try:
        for path in paths:
            _make_private(path, own)
        ignored = os.path.join(own, ".gitignore")
        if not os.path.exists(ignored):
            with open(ignored, "w", encoding="ascii") as file:
                file.write("*\n")
    except OSError as error:
        raise ProcmanError(
            f"a folder for mounts can't be created: {error.filename}: {(error.strerror or '').lower()}"
        ) from None


def _make_private(path: str, own: str) -> None:
    """Create a folder and those above it up to procman's own, none of them open to others."""
    if path != own:
        _make_private(os.path.dirname(path), own)
    try:
        os.mkdir(path, PRIVATE)
    except FileExistsError:
        if not os.path.isdir(path):
            raise
