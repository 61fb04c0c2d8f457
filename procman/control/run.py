"""What the server is handed of the run it speaks for: live mappings and plain callables."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from procman.core.events import describe
from procman.core.process import State
from procman.quicktuple import NamedTuple

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from collections.abc import Set as AbstractSet

    from procman.config.plan import Instance
    from procman.core.process import Process
    from procman.output.history import History


class Run(NamedTuple):
    """info: what never changes, for `info`. types: those that can be scaled. clock: monotonic seconds.

    refuse_scale: says why a type can't have so many instances, "" when it can. signal: to the group of a
    process. terminal_of: the master of a process's pseudo-terminal, -1 where there is none.
    tap, untap: what a process writes, raw, as it is read. paused: the cron lines that were stopped by hand.
    """

    info: Mapping[str, Any]
    types: Sequence[str]
    instances: Mapping[str, Instance]
    snapshot: Mapping[str, Process]
    history: History
    clock: Callable[[], float]
    closing: Callable[[], bool]
    all_started: Callable[[], bool]
    refuse_scale: Callable[[str, int], str]
    signal: Callable[[str, int], None]
    terminal_of: Callable[[str], int]
    tap: Callable[[str, Callable[[bytes], None]], None]
    untap: Callable[[str, Callable[[bytes], None]], None]
    paused: AbstractSet[str] = frozenset()

    def types_of_instances(self) -> dict[str, str]:
        return {instance.name: instance.process_type for instance in self.instances.values()}


def condition(process: Process, *, is_paused: bool = False) -> str:
    """Give the state in the word that `ps` has for it."""
    if is_paused and process.at_rest:
        return "paused"
    if process.state is State.EXITED and process.status is not None and process.status.failed:
        return "crashed"
    return process.state.value


def is_ready(process: Process) -> bool:
    return process.ready and process.state is State.UP


def ended(process: Process) -> str:
    return "" if process.status is None else describe(process.status)
