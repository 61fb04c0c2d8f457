"""Random histories: a world that answers as the real one may, and what must be so after every event.

PROCMAN_HISTORIES=200000 runs that many; the suite runs a few seconds of them.
"""

from __future__ import annotations

import os
import signal

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from procman.config.kinds import Kind
from procman.config.plan import Instance, Need, Restart
from procman.config.settings import Ready, ReadyWhen
from procman.core.actions import SYSTEM, Abandon, Action, AwaitEmpty, Kill, Signal, Spawn
from procman.core.ending import Cause
from procman.core.events import (
    Emptied,
    Event,
    Exited,
    KillAsked,
    OutputLost,
    PortBusy,
    QuitAsked,
    Readied,
    RestartAsked,
    ScaleAsked,
    SignalArrived,
    Spawned,
    SpawnFailed,
    StartAsked,
    Status,
    StopAsked,
)
from procman.core.lifecycle import KILL_ROUNDS
from procman.core.policy import comes_back
from procman.core.process import State
from procman.core.rules import StopOn
from procman.core.supervisor import Supervisor
from tests.core.acts import instance

HISTORIES = int(os.environ.get("PROCMAN_HISTORIES", "50"))
LONG_ENOUGH = 1000
"""Turns of the world in which everything must have come to its end."""

STATUSES = st.sampled_from([Status(), Status(code=1), Status(code=127), Status(signal=9)])
SIGNALS = st.sampled_from([signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGUSR1, signal.SIGTSTP])
ASKS = st.sampled_from([StartAsked, StopAsked, RestartAsked, KillAsked])
TYPES = ("db", "web", "worker", "clock")
GRACES = st.sampled_from([0.0, 0.3, 5.0])
READIES = st.sampled_from(
    [None, Ready(ReadyWhen.PORT, within=2.0), Ready(ReadyWhen.PORT, within=2.0, required=False)]
)
ASKED_DOWN = (StopAsked, KillAsked)


@st.composite
def plans(draw: st.DrawFn) -> list[Instance]:
    """Give one to four instances, each of a type of its own, behind up to two phases; some need others."""
    phases = [
        instance(f"{kind.value}.1", kind=kind)
        for kind in (Kind.PREFLIGHT, Kind.RELEASE)
        if draw(st.booleans())
    ]
    if len(phases) > 1:
        phases[1] = phases[1]._replace(needs=(Need(phases[0].name, completed=True),))
    after_phases = tuple(Need(phase.name, completed=True) for phase in phases[-1:])
    others: list[Instance] = []
    for process_type in TYPES[: draw(st.integers(1, len(TYPES)))]:
        needs = tuple(Need(other.name) for other in others if draw(st.booleans()))
        made = instance(f"{process_type}.1", needs=needs + after_phases)
        made = made._replace(grace=draw(GRACES), restart=draw(st.sampled_from(Restart)), ready=draw(READIES))
        others.append(made._replace(schedule="* * * * *") if draw(st.integers(0, 9)) == 0 else made)
    return phases + others


class Histories(RuleBasedStateMachine):
    """The world: who is alive in it, what it still owes an answer to, and what it saw happen."""

    @initialize(
        plan=plans(),
        stop_on=st.sampled_from(StopOn),
        stubborn=st.sets(st.integers(0, 5)),
        immortal=st.sets(st.integers(0, 5), max_size=1),
    )
    def begin(self, plan: list[Instance], stop_on: StopOn, stubborn: set[int], immortal: set[int]) -> None:
        self.now = 0.0
        self.plan = {one.name: one for one in plan}
        self.names = list(self.plan)
        self.stubborn = {name for number, name in enumerate(self.names) if number in stubborn}
        self.immortal = {name for number, name in enumerate(self.names) if number in immortal}
        self.spawning: dict[str, None] = {}
        self.alive: dict[str, int] = {}
        self.ever_spawned: set[str] = set()
        self.heirs: set[str] = set()
        self.given_up: set[str] = set()
        self.signalled: set[str] = set()
        self.killed: set[str] = set()
        self.awaited: dict[str, None] = {}
        self.wanted_down: set[str] = set()
        self.first_crash: Cause | None = None
        self.pids = 0
        self.supervisor = Supervisor(plan, stop_on=stop_on, multiply=self.multiply)
        self.do(self.supervisor.begin(self.now))

    def multiply(self, process_type: str, number: int) -> Instance:
        like = self.plan[f"{process_type}.1"]
        made = like._replace(name=f"{process_type}.{number}", number=number)
        self.plan[made.name] = made
        return made

    # --- what the supervisor wants done

    def happen(self, event: Event) -> list[Action]:
        actions = self.supervisor.handle(event, self.now)
        self.do(actions)
        return actions

    def do(self, actions: list[Action]) -> None:
        for action in actions:
            match action:
                case Spawn(name=name):
                    self.spawn(name)
                case Signal(name=name):
                    assert name in self.alive, "a signal for nobody"
                    self.signalled.add(name)
                case Kill(name=name):
                    assert name in {SYSTEM, *self.ever_spawned}, "a kill for nobody"
                    self.killed.add(name)
                case AwaitEmpty(name=name):
                    assert name not in self.alive, "a tree is not empty before its leader has gone"
                    assert name not in self.awaited, "asked twice, answered once"
                    self.awaited[name] = None
                case Abandon(name=name):
                    self.awaited.pop(name, None)
                    self.heirs.discard(name)
                    if self.alive.pop(name, None):
                        self.given_up.add(name)
                case _:
                    pass

    def spawn(self, name: str) -> None:
        assert name not in self.alive, "two children of one instance"
        assert name not in self.spawning, "two spawns of one instance"
        assert name not in self.awaited, "a spawn beside the tree of the one before"
        assert name not in self.wanted_down, "a stop was forgotten"
        assert not self.supervisor.closing, "a spawn after the end had begun"
        self.given_up.discard(name)
        self.spawning[name] = None
        self.ever_spawned.add(name)

    # --- what can happen

    @property
    def goes_on(self) -> bool:
        return not self.supervisor.finished

    @precondition(lambda self: self.goes_on)
    @rule(number=st.integers(0, 5), ask=ASKS)
    def somebody_asks(
        self, number: int, ask: type[StartAsked | StopAsked | RestartAsked | KillAsked]
    ) -> None:
        names = list(self.supervisor.snapshot) or self.names
        name = names[number % len(names)]
        if ask in ASKED_DOWN:
            self.wanted_down.add(name)
        elif not self.supervisor.closing:
            self.wanted_down.discard(name)
        self.happen(ask(name))
        if ask in ASKED_DOWN and name in self.supervisor.snapshot:
            assert self.supervisor.snapshot[name].state not in (State.UP, State.BACKOFF)

    @precondition(lambda self: self.goes_on)
    @rule(number=st.integers(0, 3), quantity=st.integers(0, 3))
    def somebody_scales(self, number: int, quantity: int) -> None:
        types = [name.partition(".")[0] for name in self.names]
        process_type = types[number % len(types)]
        if not self.supervisor.closing:
            for name, one in self.plan.items():
                if one.process_type == process_type:
                    (self.wanted_down.add if one.number > quantity else self.wanted_down.discard)(name)
        self.happen(ScaleAsked(process_type, quantity))

    @precondition(lambda self: self.alive)
    @rule(number=st.integers(0, 5))
    def one_is_ready(self, number: int) -> None:
        self.happen(Readied(list(self.alive)[number % len(self.alive)]))

    @precondition(lambda self: self.spawning)
    @rule(number=st.integers(0, 5), answer=st.sampled_from([Spawned, Spawned, SpawnFailed, PortBusy]))
    def a_spawn_is_answered(self, number: int, answer: type[Spawned | SpawnFailed | PortBusy]) -> None:
        name = list(self.spawning)[number % len(self.spawning)]
        self.answer_spawn(name, answer)

    def answer_spawn(self, name: str, answer: type[Spawned | SpawnFailed | PortBusy]) -> None:
        del self.spawning[name]
        if answer is PortBusy:
            self.happen(PortBusy(name))
            return
        if answer is SpawnFailed:
            if not self.supervisor.closing:
                self.crashed(Cause(name, Status(code=1), "no room"))
            self.happen(SpawnFailed(name, "no room"))
            return
        self.pids += 1
        self.alive[name] = self.pids

        self.signalled.discard(name)
        self.killed.discard(name)
        # While all comes down it may be needed a little longer by others; a stop of its own is for now.
        unwanted = name in self.wanted_down
        actions = self.happen(Spawned(name, self.pids))
        assert not unwanted or any(isinstance(a, (Signal, Kill)) and a.name == name for a in actions)

    @precondition(lambda self: self.alive)
    @rule(number=st.integers(0, 5), status=STATUSES, heirs=st.booleans())
    def a_child_ends(self, number: int, status: Status, heirs: bool) -> None:
        """Let one end, and perhaps leave a daemon behind."""
        name = list(self.alive)[number % len(self.alive)]
        if heirs:
            self.heirs.add(name)
        self.end_child(name, status)

    def end_child(self, name: str, status: Status) -> None:
        del self.alive[name]
        asked_for = name in self.signalled or name in self.killed
        one = self.plan[name]
        forgivable = comes_back(one.restart, status) or one.schedule is not None
        if status.failed and not asked_for and not forgivable:
            self.crashed(Cause(name, status))
        self.happen(Exited(name, status))

    def crashed(self, cause: Cause) -> None:
        if self.first_crash is None and not self.supervisor.closing:
            self.first_crash = cause

    @precondition(lambda self: self.awaited)
    @rule(number=st.integers(0, 5))
    def a_tree_is_empty(self, number: int) -> None:
        name = list(self.awaited)[number % len(self.awaited)]
        self.empty(name)

    def empty(self, name: str) -> None:
        del self.awaited[name]
        self.heirs.discard(name)
        self.happen(Emptied(name))

    @precondition(lambda self: self.given_up - set(self.alive) - set(self.spawning))
    @rule()
    def one_that_was_given_up_ends_at_last(self) -> None:
        name = min(self.given_up - set(self.alive) - set(self.spawning))
        self.given_up.discard(name)
        self.happen(Exited(name, Status(signal=9)))

    @precondition(lambda self: self.goes_on)
    @rule(signum=SIGNALS)
    def a_signal_arrives(self, signum: signal.Signals) -> None:
        self.happen(SignalArrived(signum))

    @precondition(lambda self: self.goes_on)
    @rule()
    def somebody_quits(self) -> None:
        self.happen(QuitAsked())

    @precondition(lambda self: self.goes_on)
    @rule()
    def the_reader_goes_away(self) -> None:
        self.happen(OutputLost("Broken pipe"))

    @rule(seconds=st.sampled_from([0.01, 0.2, 0.5, 3.0, 100.0]))
    def time_passes(self, seconds: float) -> None:
        """Let the engine wake up at the deadline, or a little late."""
        until = self.now + seconds
        deadline = self.supervisor.deadline
        if deadline is not None and deadline <= until:
            self.come_to(deadline)
        else:
            self.now = until

    @precondition(lambda self: self.supervisor.deadline is not None)
    @rule()
    def a_long_time_passes(self) -> None:
        """Let deadlines pass, one after the other: long enough for the most stubborn to be given up."""
        for _ in range(KILL_ROUNDS + 10):
            deadline = self.supervisor.deadline
            if deadline is not None:
                self.come_to(deadline)

    def come_to(self, deadline: float) -> None:
        self.now = max(self.now, deadline)
        closing = self.supervisor.closing
        late = [
            (name, process)
            for name, process in self.supervisor.snapshot.items()
            if process.state is State.STARTING
            and process.deadline is not None
            and process.deadline <= self.now
        ]
        self.do(self.supervisor.tick(self.now))
        for name, process in late:
            one, failed = self.plan[name], Status(code=1)
            if process.late_fails and not closing and not comes_back(one.restart, failed):
                self.first_crash = self.first_crash or Cause(name, failed, "not ready after 2 s")

    # --- what must be so

    @invariant()
    def the_deadline_is_the_earliest_of_all(self) -> None:
        processes = [*self.supervisor.snapshot.values(), self.supervisor._table.strays]
        deadlines = [process.deadline for process in processes if process.deadline is not None]
        assert self.supervisor.deadline == min(deadlines, default=None)

    @invariant()
    def who_waits_has_a_deadline_and_who_rests_has_none(self) -> None:
        for process in [*self.supervisor.snapshot.values(), self.supervisor._table.strays]:
            if process.state in (State.BACKOFF, State.STOPPING):
                assert process.deadline is not None, process
            if process.at_rest or (process.state is State.STARTING and process.pid is None):
                assert process.deadline is None, process

    @invariant()
    def the_supervisor_knows_who_is_alive(self) -> None:
        known = {name: p.pid for name, p in self.supervisor.snapshot.items() if p.pid is not None}
        assert known == self.alive

    @invariant()
    def the_cause_is_the_first_crash(self) -> None:
        assert self.supervisor.cause == self.first_crash

    @invariant()
    def the_end_is_the_end(self) -> None:
        if self.supervisor.finished:
            assert not self.alive
            assert not self.spawning
            assert not self.awaited
            assert not self.heirs, "a daemon is left behind"
            assert self.supervisor.deadline is None

    def teardown(self) -> None:
        """Let the world answer everything, die of what it can die of, and time pass: it must end."""
        if not hasattr(self, "supervisor"):
            return
        if not self.supervisor.closing:
            self.happen(SignalArrived(signal.SIGINT))
        for _ in range(LONG_ENOUGH):
            if self.supervisor.finished:
                break
            self.turn()
        assert self.supervisor.finished, self.supervisor.snapshot
        self.the_end_is_the_end()

    def turn(self) -> None:
        for name in list(self.spawning):
            self.answer_spawn(name, Spawned)
        for name in list(self.alive):
            dies_of = self.killed if name in self.stubborn else self.killed | self.signalled
            if name in dies_of and name not in self.immortal:
                self.end_child(name, Status(signal=9))
        for name in list(self.awaited):
            if name not in self.stubborn or name in self.killed:
                self.empty(name)
        deadline = self.supervisor.deadline
        if deadline is not None:
            self.come_to(deadline)


TestHistories = Histories.TestCase
TestHistories.settings = settings(
    max_examples=HISTORIES,
    stateful_step_count=40,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow],
)
