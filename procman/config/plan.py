"""The plan: which instances run, with which command, environment, port and policy. Immutable once made."""

from __future__ import annotations

from typing import TYPE_CHECKING

from procman.config.formation import select
from procman.config.instance import GRACE, Instance, Need, Site, make_instance
from procman.config.kinds import PHASES, Kind, kind_of
from procman.config.needs import with_needs
from procman.config.ports import DEFAULT_STEP, assign, check_ports
from procman.config.scope import related_variables, shared_variables
from procman.config.settings import ReadyWhen, Restart
from procman.errors import ProcmanError
from procman.quicktuple import NamedTuple

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from procman.config.environment import Environment
    from procman.config.kinds import Meaning
    from procman.config.procfile import Entry
    from procman.config.settings import TypeSettings

__all__ = ["GRACE", "Instance", "Need", "Plan", "Restart", "make_plan", "type_instance"]

NONE_SAID: Mapping[str, TypeSettings] = {}
AS_THEY_STAND: Mapping[str, Meaning] = {}
LONGEST_COMMAND = 131_071 - len("exec ")
"""Bytes of one argument that Linux takes (MAX_ARG_STRLEN in execve(2)), less what may be put before it."""


class Plan(NamedTuple):
    """environ: what all instances share. left_out: the phases that a start without --release does not run.

    site: what the instances were made of, to make more of them.
    notices: what a start has to say about what it can't do as it was told.
    """

    root: str
    environ: Mapping[str, str]
    instances: tuple[Instance, ...]
    left_out: tuple[str, ...]
    site: Site
    notices: tuple[str, ...] = ()


def make_plan(  # noqa: PLR0913 - all that a start was told meets here, and only here
    entries: Sequence[Entry],
    environment: Environment,
    counts: Mapping[str, int],
    *,
    root: str,
    base_port: int | None,
    port_step: int = DEFAULT_STEP,
    grace: float | None = None,
    selected: Sequence[str] = (),
    excluded: Sequence[str] = (),
    named: frozenset[str] = frozenset(),
    run_phases: bool = False,
    restart: Restart | None = None,
    settings: Mapping[str, TypeSettings] = NONE_SAID,
    meanings: Mapping[str, Meaning] = AS_THEY_STAND,
) -> Plan:
    """Decide what runs: phases first, then the file's order.

    selected: the types to run, all when empty. named: those selected or counted one by one; a phase among
    them is an ordinary process, unless run_phases runs it first. base_port None: no PORT. grace, restart:
    for all, whatever settings say of a type. Raises ProcmanError for an unknown name, when nothing is left to
    start, for a second instance of a singleton or a cron line, and for ports that do not exist or are given
    twice. `all=N` means one of a cron line.
    """
    chosen = select([entry.name for entry in entries], selected, excluded)
    site = site_for(entries, environment, settings, root, base_port, port_step)
    site = site._replace(grace=grace, restart=restart, meanings=meanings)
    phases = _phases(entries)
    left_out: tuple[str, ...] = ()
    if run_phases:
        phases = tuple(e for e in phases if e.name not in excluded and counts.get(e.name, 1))
    else:
        left_out = tuple(e.name for e in phases if e.name in chosen and e.name not in named)
        phases = ()
    others = [e for e in entries if e.name in chosen and e not in phases and e.name not in left_out]
    instances, notices = with_needs(
        [make_instance(e, 1, site, kind_of(e)) for e in phases],
        _numbered(others, counts, site, named),
        settings,
    )
    if not instances:
        raise _nothing_to_start(entries, left_out)
    _check(instances)
    notices += _unprobed(instances, site)
    environ = shared_variables(environment.base, settings.values())
    return Plan(root, environ, tuple(instances), left_out, site, tuple(notices))


def type_instance(
    entries: Sequence[Entry],
    process_type: str,
    environment: Environment,
    *,
    root: str,
    base_port: int | None,
    port_step: int = DEFAULT_STEP,
    settings: Mapping[str, TypeSettings] = NONE_SAID,
    meanings: Mapping[str, Meaning] = AS_THEY_STAND,
) -> Instance | None:
    """Return the first instance of a type, for `run TYPE`; None when there is no such type."""
    site = site_for(entries, environment, settings, root, base_port, port_step)._replace(meanings=meanings)
    for entry in entries:
        if entry.name == process_type:
            instance = make_instance(entry, 1, site)
            _check([instance])
            return instance
    return None


def site_for(
    entries: Sequence[Entry],
    environment: Environment,
    settings: Mapping[str, TypeSettings],
    root: str,
    base: int | None,
    step: int,
) -> Site:
    """Make what all instances of these entries share. base: the first type's port, None for no PORT."""
    ports = {} if base is None else {e.name: assign(base, index, 1, step) for index, e in enumerate(entries)}
    return Site(root, environment, ports, settings, related_variables(settings.values()))


def _phases(entries: Sequence[Entry]) -> tuple[Entry, ...]:
    """Return the phases in the order in which they run."""
    return tuple(entry for kind in PHASES for entry in entries if kind_of(entry) is kind)


def _numbered(
    entries: Sequence[Entry], counts: Mapping[str, int], site: Site, named: frozenset[str]
) -> list[Instance]:
    often = {entry.name: counts.get(entry.name, 1) for entry in entries}
    for entry in entries:
        if site.meaning_of(entry).kind is Kind.CRON and often[entry.name] > 1:
            if entry.name in named:
                raise ProcmanError(
                    f"{entry.name} is a cron line and can't run {often[entry.name]} times at once",
                    hint=f"-c {entry.name}=1, or leave it out",
                )
            often[entry.name] = 1
        if site.settings_of(entry.name).singleton and often[entry.name] > 1:
            raise ProcmanError(
                f"{entry.name} is a singleton and can't run {often[entry.name]} times",
                hint=f"-c {entry.name}=1, or take `singleton` out of its options",
            )
    return [
        make_instance(entry, number, site) for entry in entries for number in range(1, often[entry.name] + 1)
    ]


def _unprobed(instances: Sequence[Instance], site: Site) -> list[str]:
    """Say which types' readiness can't be seen for want of a PORT."""
    types = dict.fromkeys(instance.process_type for instance in instances if instance.ready is None)
    return [
        f"{name} has no PORT, so `ready = {said.when.value}` is not looked at"
        for name in types
        if (said := site.settings_of(name).ready) is not None and said.when is not ReadyWhen.RUNS
    ]


def _check(instances: Sequence[Instance]) -> None:
    for instance in instances:
        size = len(instance.command.encode("utf-8", "surrogateescape"))
        if size > LONGEST_COMMAND:
            raise ProcmanError(
                f"the command of {instance.process_type} has {size} bytes, the system takes"
                f" {LONGEST_COMMAND}",
                hint="put it into a script",
            )
    check_ports({instance.name: instance.port for instance in instances if instance.port is not None})


def _nothing_to_start(entries: Sequence[Entry], left_out: tuple[str, ...]) -> ProcmanError:
    if not entries:
        return ProcmanError(
            "nothing to start: the procfile has no entry", hint="write a line like web: command"
        )
    if left_out:
        return ProcmanError(
            f"nothing to start: {', '.join(left_out)} only runs when it is asked for",
            hint=f"run it first with --release, or like any process with: procman start {left_out[0]}",
        )
    return ProcmanError(
        "nothing to start: every process type has 0 instances or is left out",
        hint=f"process types: {', '.join(entry.name for entry in entries)}",
    )
