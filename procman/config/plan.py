"""The plan: which instances run, with which command, environment, port and policy. Immutable once made."""

from __future__ import annotations

from enum import Enum
from typing import TYPE_CHECKING, NamedTuple

from procman.config.formation import select
from procman.config.kinds import PHASES, Kind, kind_of
from procman.config.ports import DEFAULT_STEP, assign, check_ports
from procman.errors import ProcmanError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from procman.config.environment import Environment
    from procman.config.procfile import Entry

GRACE = 5.0
LONGEST_COMMAND = 131_071 - len("exec ")
"""Bytes of one argument that Linux takes (MAX_ARG_STRLEN in execve(2)), less what may be put before it."""


class Restart(Enum):
    NEVER = "never"
    ON_FAILURE = "on-failure"
    ALWAYS = "always"


class Need(NamedTuple):
    """What has to be so before an instance starts: the named one has completed, or else is ready."""

    name: str
    completed: bool = False


class Instance(NamedTuple):
    """The decision to run `web.1`.

    environ: laid over Plan.environ. stop_signal: a signal's number, TERM unless the type says otherwise.
    grace: seconds between it and KILL. cwd: None is the plan's root.
    """

    name: str
    process_type: str
    number: int
    command: str
    environ: Mapping[str, str]
    port: int | None
    kind: Kind
    needs: tuple[Need, ...] = ()
    stop_signal: int = 15
    grace: float = GRACE
    restart: Restart = Restart.NEVER
    cwd: str | None = None


class Plan(NamedTuple):
    """left_out: the phases that a start without --release does not run."""

    root: str
    environ: Mapping[str, str]
    instances: tuple[Instance, ...]
    left_out: tuple[str, ...]


def make_plan(  # noqa: PLR0913 - all that a start was told meets here, and only here
    entries: Sequence[Entry],
    environment: Environment,
    counts: Mapping[str, int],
    *,
    root: str,
    base_port: int | None,
    port_step: int = DEFAULT_STEP,
    grace: float = GRACE,
    selected: Sequence[str] = (),
    excluded: Sequence[str] = (),
    named: frozenset[str] = frozenset(),
    run_phases: bool = False,
    restart: Restart = Restart.NEVER,
) -> Plan:
    """Decide what runs: phases first, then the file's order.

    selected: the types to run, all when empty. named: those selected or counted one by one; a phase among
    them is an ordinary process, unless run_phases runs it first. base_port None: no PORT. Raises ProcmanError
    for an unknown name, when nothing is left to start, and for ports that do not exist or are given twice.
    """
    chosen = select([entry.name for entry in entries], selected, excluded)
    ports = _ports(entries, base_port, port_step)
    phases = _phases(entries)
    left_out: tuple[str, ...] = ()
    if run_phases:
        phases = tuple(e for e in phases if e.name not in excluded and counts.get(e.name, 1))
    else:
        left_out = tuple(e.name for e in phases if e.name in chosen and e.name not in named)
        phases = ()
    instances = _one_after_the_other(phases, ports)
    needs = tuple(Need(phase.name, completed=True) for phase in instances[-1:])
    others = [e for e in entries if e.name in chosen and e not in phases and e.name not in left_out]
    instances += [i._replace(needs=needs, restart=restart) for i in _numbered(others, counts, ports)]
    if not instances:
        raise _nothing_to_start(entries, left_out)
    _check(instances)
    return Plan(root, environment.base, tuple(i._replace(grace=grace) for i in instances), left_out)


def type_instance(
    entries: Sequence[Entry], process_type: str, *, base_port: int | None, port_step: int = DEFAULT_STEP
) -> Instance | None:
    """Return the first instance of a type, for `run TYPE`; None when the file has no such type."""
    for entry in entries:
        if entry.name == process_type:
            instance = _instance(entry, 1, _ports(entries, base_port, port_step))
            _check([instance])
            return instance
    return None


def _phases(entries: Sequence[Entry]) -> tuple[Entry, ...]:
    """Return the phases in the order in which they run."""
    return tuple(entry for kind in PHASES for entry in entries if kind_of(entry) is kind)


def _ports(entries: Sequence[Entry], base: int | None, step: int) -> dict[str, int]:
    """Return the first port of every type, none at all without a base."""
    return {} if base is None else {e.name: assign(base, index, 1, step) for index, e in enumerate(entries)}


def _one_after_the_other(phases: Sequence[Entry], ports: Mapping[str, int]) -> list[Instance]:
    instances: list[Instance] = []
    for entry in phases:
        needs = tuple(Need(before.name, completed=True) for before in instances[-1:])
        instances.append(_instance(entry, 1, ports)._replace(kind=kind_of(entry), needs=needs))
    return instances


def _numbered(
    entries: Sequence[Entry], counts: Mapping[str, int], ports: Mapping[str, int]
) -> list[Instance]:
    return [
        _instance(entry, number, ports)
        for entry in entries
        for number in range(1, counts.get(entry.name, 1) + 1)
    ]


def _instance(entry: Entry, number: int, ports: Mapping[str, int]) -> Instance:
    name = f"{entry.name}.{number}"
    port = ports[entry.name] + number - 1 if ports else None
    environ = {"PS": name, "PROC_TYPE": entry.name}
    if port is not None:
        environ["PORT"] = str(port)
    return Instance(name, entry.name, number, entry.command, environ, port, Kind.PROCESS)


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
