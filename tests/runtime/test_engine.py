"""Whole runs in pytest's own process: children, signals, output, feeds, observers."""

from __future__ import annotations

import os
import signal
from threading import Thread
from typing import TYPE_CHECKING

import pytest

from procman.core.ending import Cause
from procman.core.events import Emptied, Event, Exited, OutputLost, Spawned, Status, StopAsked
from procman.core.rules import StopOn
from procman.core.supervisor import Supervisor
from procman.output.widepipe import WIDE
from procman.output.writer import HIGH, Writer, open_writer
from procman.runtime.engine import Engine
from procman.runtime.intake import Intake
from procman.runtime.signals import Signals
from tests.harness import is_alive
from tests.runtime.crew import Crew, runs

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from procman.config.plan import Instance
    from procman.output.block import Block

FOREVER = "read line"  # its standard input says nothing and does not end; no program that a signal could end
DEAF = "trap '' TERM; echo ready; " + FOREVER


def interrupt() -> None:
    os.kill(os.getpid(), signal.SIGINT)


class Log:
    """A sink: remembers lines, passes them on to the writer, does something when it sees a cue."""

    def __init__(self, writer: Writer, cues: dict[str, Callable[[], None]]) -> None:
        self.lines: list[str] = []
        self._writer = writer
        self._cues = cues

    def write(self, block: Block) -> None:
        self._writer.put(block.data)
        if len(self.lines) < 1000:
            self.lines += [f"{block.name} | {line}" for line in block.data.decode().splitlines()]
        for cue in [cue for cue in self._cues if cue in block.data.decode()]:
            self._cues.pop(cue)()


class Stage:
    """Everything `procman start` wires together."""

    def __init__(
        self,
        run: str,
        instances: Sequence[Instance],
        *,
        stop_on: StopOn = StopOn.CRASH,
        writer: Writer,
        cues: dict[str, Callable[[], None]] | None = None,
    ) -> None:
        self.crew = Crew(run, *instances)
        self.writer = writer
        self.log = Log(self.writer, cues or {})
        self.signals = Signals()
        self.supervisor = Supervisor(instances, stop_on=stop_on)
        self.intake = Intake([self.log])
        crew = self.crew
        self.engine = Engine(
            self.supervisor, crew.children, crew.tree, self.signals, self.intake, [self.log], self.writer
        )

    def play(self) -> list[str]:
        try:
            self.engine.run()
        finally:
            self.signals.restore()
            self.crew.close()
        return self.log.lines

    def pids(self) -> list[int]:
        return [int(line.rpartition(" ")[2]) for line in self.log.lines if "started with pid" in line]


class Theatre:
    """Makes stages whose output nobody has to read, or, on demand, a pipe."""

    def __init__(self, run: str) -> None:
        self._run = run
        self._open = [os.open(os.devnull, os.O_WRONLY)]
        self.reader = -1

    def stage(
        self,
        *instances: Instance | str,
        stop_on: StopOn = StopOn.CRASH,
        pipe: bool = False,
        cues: dict[str, Callable[[], None]] | None = None,
    ) -> Stage:
        real = [
            one if not isinstance(one, str) else runs(f"web.{number}", one)
            for number, one in enumerate(instances, 1)
        ]
        writer = open_writer(self._open_pipe() if pipe else self._open[0])
        self._open.append(writer.fileno())
        return Stage(self._run, real, stop_on=stop_on, writer=writer, cues=cues)

    def _open_pipe(self) -> int:
        self.reader, out = os.pipe()
        self._open += [self.reader, out]
        return out

    def walk_out(self) -> None:
        """Be the reader that goes away (the guardian, just forked, may hold its end a moment longer)."""
        self._open.remove(self.reader)
        os.close(self.reader)

    def close(self) -> None:
        for fd in self._open:
            os.close(fd)


@pytest.fixture
def theatre(run: str) -> Iterator[Theatre]:
    theatre = Theatre(run)
    yield theatre
    theatre.close()


def without_pids(lines: Sequence[str]) -> list[str]:
    return [line.partition(" with pid")[0] for line in lines]


def test_a_run_begins_with_a_start_and_ends_with_an_end(theatre: Theatre) -> None:
    stage = theatre.stage("echo one; echo two; printf three")
    assert without_pids(stage.play()) == [
        "web.1 | started",
        "web.1 | one",
        "web.1 | two",
        "web.1 | three",
        "web.1 | exited with code 0",
    ]
    assert (stage.supervisor.cause, stage.supervisor.signal) == (None, 0)


def test_with_nothing_to_run_it_is_over_at_once(theatre: Theatre) -> None:
    assert theatre.stage().play() == []


def test_a_crash_ends_the_others_and_nothing_is_alive(theatre: Theatre) -> None:
    stage = theatre.stage("echo ready; exec sleep 100", "sleep 0.01; exit 3")
    lines = stage.play()
    assert stage.supervisor.cause == Cause("web.2", Status(code=3))
    assert lines[-3:] == [
        "web.2 | exited with code 3",
        "system | sending SIGTERM to all processes",
        "web.1 | terminated by SIGTERM",
    ]
    assert [is_alive(pid) for pid in stage.pids()] == [False, False]


def test_an_interrupt_ends_all(theatre: Theatre) -> None:
    stage = theatre.stage("trap 'echo bye; exit 0' TERM; echo ready; " + FOREVER, cues={"ready": interrupt})
    assert stage.play()[-4:] == [
        "system | SIGINT received, starting shutdown",
        "system | sending SIGTERM to all processes",
        "web.1 | bye",
        "web.1 | exited with code 0",
    ]
    assert stage.supervisor.signal == signal.SIGINT


def test_after_the_grace_all_that_is_left_is_killed(theatre: Theatre) -> None:
    deaf = runs("web.1", DEAF, grace=0.05)
    stage = theatre.stage(deaf, cues={"ready": interrupt})
    assert stage.play()[-2:] == ["system | sending SIGKILL to all processes", "web.1 | terminated by SIGKILL"]


def test_an_heir_that_holds_the_pipe_does_not_hold_up_the_end(theatre: Theatre) -> None:
    # The shell ends at once; its child keeps the pipe open, and is taken down as part of its tree.
    stage = theatre.stage("echo ready; sleep 100 & echo $!; exit 0")
    lines = stage.play()
    assert "web.1 | exited with code 0" in lines
    heir = next(int(line.rpartition(" ")[2]) for line in lines if line.rpartition(" ")[2].isdigit())
    assert not is_alive(heir)


def test_a_user_signal_reaches_the_children(theatre: Theatre) -> None:
    hears = "trap 'echo heard; exit 0' USR1; echo ready; " + FOREVER
    stage = theatre.stage(hears, cues={"ready": lambda: os.kill(os.getpid(), signal.SIGUSR1)})
    assert stage.play()[-3:] == [
        "system | SIGUSR1 received, forwarding it to children",
        "web.1 | heard",
        "web.1 | exited with code 0",
    ]


def test_a_new_window_size_reaches_the_children(theatre: Theatre) -> None:
    hears = "trap 'echo resized; exit 0' WINCH; echo ready; " + FOREVER
    stage = theatre.stage(hears, cues={"ready": lambda: os.kill(os.getpid(), signal.SIGWINCH)})
    assert "web.1 | resized" in stage.play()


def test_a_reader_that_goes_away_ends_all_in_order(theatre: Theatre) -> None:
    stage = theatre.stage("echo ready; exec sleep 100", pipe=True, cues={"ready": theatre.walk_out})
    assert stage.play()[-1] == "web.1 | terminated by SIGTERM"
    assert (stage.supervisor.cause, stage.supervisor.signal) == (None, 0)


def test_a_reader_that_has_stopped_reading_holds_children_back_and_stops_nothing(theatre: Theatre) -> None:
    stage = theatre.stage("exec yes", pipe=True)

    class Patience:
        """An observer's opposite: a feed that looks every turn, and interrupts once all is full."""

        deadline: float | None = 0.0
        most = 0

        def fileno(self) -> int:
            return -1

        def read(self, now: float) -> Sequence[Event]:
            self.most = max(self.most, stage.writer.pending)
            if stage.writer.congested and self.deadline is not None:
                self.deadline = now + 0.2 if self.deadline == 0.0 else None
                if self.deadline is None:
                    interrupt()
            return []

    patience = Patience()
    stage.engine.attend(patience)
    stage.play()
    assert stage.supervisor.signal == signal.SIGINT
    assert HIGH < patience.most < HIGH + 2 * WIDE
    assert not any(map(is_alive, stage.pids()))


def test_what_is_left_is_shown_at_the_end_while_somebody_reads(theatre: Theatre) -> None:
    stage = theatre.stage("head -c 900000 /dev/zero | tr '\\0' =; echo", pipe=True)
    stage.play()
    shown: list[bytes] = []

    def read_little_by_little() -> None:
        while b"exited" not in b"".join(shown[-2:]):
            shown.append(os.read(theatre.reader, 5000))

    reader = Thread(target=read_little_by_little, daemon=True)
    reader.start()
    stage.engine.finish()
    reader.join(10)
    assert b"".join(shown).count(b"=") == 900_000


def test_at_the_end_nobody_waits_long_for_a_reader_that_does_not_read(theatre: Theatre) -> None:
    stage = theatre.stage("head -c 900000 /dev/zero | tr '\\0' x; echo", pipe=True)
    stage.play()
    stage.engine.finish()
    assert 0 < stage.writer.written < 900_000
    assert stage.writer.pending == 0


class Once:
    """A feed with nothing but a deadline: gives its events when that has passed, once."""

    def __init__(self, *events: Event) -> None:
        self.deadline: float | None = 0.0
        self._events = events

    def fileno(self) -> int:
        return -1

    def read(self, now: float) -> Sequence[Event]:
        assert self.deadline is not None
        assert self.deadline <= now
        self.deadline = None
        return self._events


class Bell:
    """A feed with a descriptor."""

    def __init__(self, *events: Event) -> None:
        self.reader, self.writer = os.pipe()
        self.deadline = None
        self._events = events

    def fileno(self) -> int:
        return self.reader

    def ring(self) -> None:
        os.write(self.writer, b"!")

    def read(self, now: float) -> Sequence[Event]:  # noqa: ARG002 - as a feed has it
        os.read(self.reader, 1)
        return self._events

    def close(self) -> None:
        os.close(self.reader)
        os.close(self.writer)


def test_a_feed_is_read_when_its_time_has_come(theatre: Theatre) -> None:
    stage = theatre.stage("echo ready; exec sleep 100")
    stage.engine.attend(Once(OutputLost()))
    assert stage.play()[-1] == "web.1 | terminated by SIGTERM"


def test_a_feed_is_read_when_its_descriptor_is_ready(theatre: Theatre) -> None:
    bell = Bell(StopAsked("web.1"), OutputLost())
    stage = theatre.stage("echo ready; exec sleep 100", cues={"ready": bell.ring})
    stage.engine.attend(bell)
    assert stage.play()[-1] == "web.1 | terminated by SIGTERM"
    bell.close()


class Diary:
    def __init__(self) -> None:
        self.events: list[Event] = []

    def notice(self, event: Event, now: float) -> None:  # noqa: ARG002 - as an observer has it
        self.events.append(event)


def test_an_observer_is_told_of_everything_in_order(theatre: Theatre) -> None:
    stage = theatre.stage("exit 0")
    diary = Diary()
    stage.engine.tell(diary)
    stage.play()
    assert [(type(event), getattr(event, "name", "")) for event in diary.events] == [
        (Spawned, "web.1"),
        (Exited, "web.1"),
        (Emptied, "web.1"),
        (Emptied, "system"),
    ]


def test_what_may_come_late_is_done_once_when_all_have_been_started(theatre: Theatre) -> None:
    stage = theatre.stage(*["echo ready; exec sleep 100"] * 3)
    seen: list[int] = []

    def late() -> None:
        seen.append(len(stage.pids()))
        interrupt()

    stage.engine.when_started(late)
    stage.play()
    assert seen == [3]


def test_a_spawn_that_fails_is_the_end_and_is_said(theatre: Theatre) -> None:
    stage = theatre.stage("echo ready; exec sleep 100", runs("web.2", "true", cwd="/no/such"))
    assert "web.2 | could not be started: no such folder: /no/such" in stage.play()
    assert stage.supervisor.cause == Cause("web.2", Status(code=1), "no such folder: /no/such")


def test_stop_on_never_waits_for_the_last(theatre: Theatre) -> None:
    stage = theatre.stage("exit 4", "sleep 0.05; echo last", stop_on=StopOn.NEVER)
    assert "web.2 | last" in stage.play()
    assert stage.supervisor.cause == Cause("web.1", Status(code=4))
