"""What has to be ready before what: from types to instances, and the circles that can't be."""

from __future__ import annotations

from typing import TYPE_CHECKING

from procman.config.instance import DEFAULTS, Need

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from procman.config.instance import Instance
    from procman.config.settings import TypeSettings


def with_needs(
    phases: Sequence[Instance], others: Sequence[Instance], settings: Mapping[str, TypeSettings]
) -> tuple[list[Instance], list[str]]:
    """Give every instance what it needs; and a notice for each need that nothing here will meet.

    phases run one after the other, and the others after the last of them, but for what a phase itself needs
    (a migration its database): that comes first.
    """
    names: dict[str, list[str]] = {}
    for instance in (*phases, *others):
        names.setdefault(instance.process_type, []).append(instance.name)
    completing = frozenset(phase.process_type for phase in phases)
    first = _everything_needed(completing, settings)
    wired: list[Instance] = []
    for instance in (*phases, *others):
        before = [phase.name for phase in wired[: len(phases)]]
        needs = [Need(name, completed=True) for name in before[-1:]]
        if instance.process_type in first - completing:
            needs = []
        for needed in settings.get(instance.process_type, DEFAULTS).needs:
            needs += [Need(name, completed=needed in completing) for name in names.get(needed, ())]
        wired.append(instance._replace(needs=tuple(dict.fromkeys(needs))))
    missing = {
        (instance.process_type, needed): None
        for instance in wired
        for needed in settings.get(instance.process_type, DEFAULTS).needs
        if needed not in names
    }
    return wired, [
        f"{name} needs {needed}, which is not started here and taken to be ready" for name, needed in missing
    ]


def circles(needs: Mapping[str, Sequence[str]]) -> list[tuple[str, ...]]:
    """Return each circle once, as the types on the way round, the first one also last."""
    found: list[tuple[str, ...]] = []
    done: set[str] = set()

    def visit(name: str, path: tuple[str, ...]) -> None:
        if name in path:
            found.append((*path[path.index(name) :], name))
        elif name not in done:
            for needed in needs.get(name, ()):
                visit(needed, (*path, name))
            done.add(name)

    for name in needs:
        visit(name, ())
    return found


def _everything_needed(types: frozenset[str], settings: Mapping[str, TypeSettings]) -> frozenset[str]:
    """Return what these types need, and what that needs, and so on."""
    found: set[str] = set()
    left = [needed for name in types for needed in settings.get(name, DEFAULTS).needs]
    while left:
        name = left.pop()
        if name not in found:
            found.add(name)
            left += settings.get(name, DEFAULTS).needs
    return frozenset(found)
