"""What one process type finds in its environment: the variables it may see, its own, its folders.

Relationships work as on Platform.sh: a variable that any type's relationships name belongs to the types that
name it. A type that has relationships sees of those variables only its own, under the names it gave them;
a type without any sees all.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from procman.config.environment import Environment
    from procman.config.settings import TypeSettings

MOUNTS = ".procman/mounts"
"""Below the root; each type has a folder of its own in it."""


def shared_variables(base: Mapping[str, str], settings: Iterable[TypeSettings]) -> dict[str, str]:
    """Return what every type sees of base: all but the related variables of these types."""
    related = related_variables(settings)
    return {key: value for key, value in base.items() if key not in related}


def related_variables(settings: Iterable[TypeSettings]) -> frozenset[str]:
    """Return the variables that the relationships of these types name."""
    return frozenset(
        variable for each in settings if each.relationships for variable in each.relationships.values()
    )


def own_variables(
    environment: Environment,
    related: frozenset[str],
    settings: TypeSettings,
    origins: Mapping[str, str] | None = None,
) -> dict[str, tuple[str, str]]:
    """Return what a type sees beside the shared variables, with the origin of each: related ones, then `env`.

    origins: where each key of the type's `env` stands.
    """
    if settings.relationships is None:
        found = {key: (key, "") for key in related}
    else:
        found = {
            name: (variable, "" if name == variable else f" as {variable}")
            for name, variable in settings.relationships.items()
        }
    own = {
        name: (environment.base[variable], f"{environment.origins[variable]}{renamed}")
        for name, (variable, renamed) in sorted(found.items())
        if variable in environment.base
    }
    for key, value in settings.env.items():
        own[key] = (value, (origins or {}).get(key, "options"))
    return own


def mount_paths(root: str, process_type: str, mounts: Mapping[str, str]) -> dict[str, str]:
    """Return the absolute path of each of a type's folders, by the name of its mount."""
    # Put together by hand: the core, which plans on, knows no operating system.
    own = f"{root.rstrip('/')}/{MOUNTS}/{process_type}"
    return {
        name: "/".join([own, *(part for part in folder.split("/") if part not in {"", "."})])
        for name, folder in mounts.items()
    }


def mount_variable(name: str) -> str:
    return f"MOUNT_{name.upper().replace('-', '_')}"
