"""The hands, on real processes."""

from __future__ import annotations

import os
import shutil
import signal
import socket
import sys
from typing import TYPE_CHECKING

import psutil
import pytest

from procman.core.actions import AwaitEmpty, Forward, Kill, Signal, Spawn, Sweep
from procman.core.events import Emptied, PortBusy, Status
from procman.runtime.census import MARK
from procman.runtime.children import MOST_WAITS
from procman.runtime.pty import open_pty
from tests.harness import eventually, is_alive
from tests.runtime.crew import Crew, runs

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from procman.config.plan import Instance

    Make = Callable[..., Crew]

NAME = "web.1"
SETSID = shutil.which("setsid") or ""
needs_setsid = pytest.mark.skipif(not SETSID, reason="setsid(1) is not installed")
linux_only = pytest.mark.skipif(not sys.platform.startswith("linux"), reason="needs Linux's subreaper")
FOREVER = "while :; do sleep 0.01; done"


@pytest.fixture
def crew(run: str) -> Iterator[Make]:
    made: list[Crew] = []

    def make(*instances: Instance | str, **options: object) -> Crew:
        """Make one; a text is the command of web.1."""
        real = [runs(NAME, one) if isinstance(one, str) else one for one in instances]
        made.append(Crew(run, *real, **options))  # type: ignore[arg-type]  # passed on
        return made[-1]

    yield make
    for one in made:
        one.close()


@pytest.mark.parametrize(
    ("command", "status"),
    [
        ("echo ready; exit 0", Status()),
        ("echo ready; exit 255", Status(code=255)),
        ("echo ready; kill -9 $$", Status(signal=9)),
        ("echo ready; kill -TERM $$", Status(signal=15)),
    ],
)
def test_an_end_is_reported_with_its_status(crew: Make, command: str, status: Status) -> None:
    made = crew(command)
    made.start()
    assert made.reaped() == status
    assert made.children.reap() == []


def test_a_plain_command_leaves_no_shell_beside_it(crew: Make) -> None:
    made = crew("sleep 100")
    pid = made.start(until=b"")
    eventually(lambda: psutil.Process(pid).name() == "sleep")
    assert psutil.Process(pid).children() == []


def test_a_child_knows_its_environment_and_carries_the_mark(crew: Make) -> None:
    one = runs(NAME, f'echo "$A $B ${MARK}"; echo ready')._replace(environ={"B": "2"})
    made = crew(one, environ={"A": "1", "B": "1", MARK: "outer/app.1"})
    (event,) = made.children.act(Spawn(NAME), 0.0)
    del event
    fd = made.children.opened(NAME).streams[0].fd
    made.opened.append(fd)
    os.set_blocking(fd, True)
    assert made.hear(b"ready\n") == f"1 2 outer/app.1:{made.run}/web.1\nready\n".encode()
    made.reaped()


def test_what_can_not_be_spawned_is_reported_with_the_reason(crew: Make) -> None:
    assert crew(runs(NAME, "true", cwd="/no/such")).refused() == "no such folder: /no/such"


def test_a_child_is_handed_over_once_and_found_by_name(crew: Make) -> None:
    made = crew("echo ready; exec sleep 100")
    pid = made.start()
    assert (made.children.pid_of(NAME), made.children.terminal_of(NAME)) == (pid, -1)
    with pytest.raises(KeyError):
        made.children.opened(NAME)
    os.kill(pid, signal.SIGKILL)
    made.reaped()
    assert made.children.pid_of(NAME) is None


def test_a_signal_reaches_the_whole_group_and_wakes_who_sleeps(crew: Make) -> None:
    made = crew("trap : TERM; (trap 'exit 0' TERM; echo ready; " + FOREVER + ") & wait; exit 7")
    pid = made.start()
    os.killpg(pid, signal.SIGSTOP)
    made.children.act(Signal(NAME, signal.SIGTERM), 0.0)
    assert made.reaped() == Status(code=7)


def test_a_signal_for_one_that_has_gone_is_nothing(crew: Make) -> None:
    made = crew("echo ready")
    made.start()
    made.reaped()
    for action in (Signal(NAME, signal.SIGTERM), Kill(NAME), Sweep(NAME, signal.SIGTERM, everyone=True)):
        assert made.children.act(action, 0.0) == []


@needs_setsid
def test_a_kill_finds_who_moved_to_another_session(crew: Make, portable: bool) -> None:
    made = crew(f"{SETSID} sh -c 'echo $$; echo ready; exec sleep 100' & wait", portable=portable)
    made.start(until=b"\nready\n")
    (hidden,) = (
        row.pid for row in made.tree.members(NAME) if os.getsid(row.pid) != made.children.pid_of(NAME)
    )
    made.children.act(Kill(NAME), 0.0)
    assert made.reaped() == Status(signal=9)
    made.children.act(AwaitEmpty(NAME), 0.0)
    assert made.emptied() == [Emptied(NAME)]
    assert not is_alive(hidden)


def test_a_sweep_asks_who_is_left_and_everyone_only_on_demand(crew: Make) -> None:
    regroup = "import os, time; os.setpgid(0, 0); print(flush=True); time.sleep(100)"
    made = crew(f"sleep 100 & {sys.executable} -c '{regroup}' & read x; echo ready; read x")
    pid = made.start(until=b"\n")
    os.kill(pid, signal.SIGKILL)
    made.reaped()
    groups = {os.getpgid(row.pid) == pid: row.pid for row in made.tree.members(NAME)}
    stayed, moved = groups[True], groups[False]
    made.children.act(Sweep(NAME, signal.SIGTERM, everyone=False), 0.0)
    eventually(lambda: not is_alive(moved))
    assert is_alive(stayed)
    made.children.reap()
    made.tree.look_again()
    made.children.act(Sweep(NAME, signal.SIGTERM, everyone=True), 0.0)
    eventually(lambda: not is_alive(stayed))


@linux_only
def test_orphans_are_reaped_without_a_word(crew: Make) -> None:
    made = crew("(sh -c 'echo ready; exec sleep 100' &) ; exec sleep 100")
    pid = made.start()
    (orphan,) = (row.pid for row in made.tree.members(NAME) if row.pid != pid and row.ppid == os.getpid())
    os.kill(orphan, signal.SIGKILL)
    eventually(lambda: made.children.reap() == [] and not psutil.pid_exists(orphan))


def test_a_signal_is_forwarded_to_all_as_it_is(crew: Make) -> None:
    one = "trap 'echo got; exit 0' USR1; echo ready; " + FOREVER
    made = crew(runs(NAME, one), runs("worker.1", one))
    for name in (NAME, "worker.1"):
        made.start(name)
    made.children.act(Forward(signal.SIGUSR1), 0.0)
    assert {made.reaped(name) for name in (NAME, "worker.1")} == {Status()}


def test_on_pipes_a_new_window_size_is_a_signal(crew: Make) -> None:
    made = crew("trap 'echo resized; exit 0' WINCH; echo ready; " + FOREVER)
    made.start()
    made.children.resize()
    assert made.hear(b"resized\n") == b"resized\n"
    made.reaped()


def test_on_terminals_the_window_is_followed(crew: Make) -> None:
    master, slave, _ = open_pty((24, 80))
    made = crew("trap 'stty size; exit 0' WINCH; echo ready; " + FOREVER, terminal=slave)
    made.start()
    assert made.children.terminal_of(NAME) == made.opened[0]
    import fcntl
    import struct
    import termios

    fcntl.ioctl(master, termios.TIOCSWINSZ, struct.pack("HHHH", 40, 120, 0, 0))
    made.children.resize()
    assert made.hear(b"\n") == b"40 120\n"
    made.reaped()
    os.close(master)
    os.close(slave)


def test_somebody_who_ends_the_guardian_gets_a_new_one(crew: Make) -> None:
    made = crew("echo ready; exec sleep 100")
    made.start()
    first = made.guardian.pid
    os.kill(first, signal.SIGKILL)
    eventually(lambda: made.children.reap() == [] and made.guardian.pid != first)
    assert [row.pid for row in made.tree.members("system")] == []


def test_the_guardian_forgets_whose_group_is_empty_before_the_number_is_a_strangers(crew: Make) -> None:
    made = crew("sleep 100 & echo $!; read line")
    leader = made.start(until=b"\n")
    heir = next(row.pid for row in made.tree.members(NAME) if row.pid != leader)
    os.kill(leader, signal.SIGKILL)
    made.reaped()
    assert made.guardian._leaders == {leader}  # the heir is in its group
    os.kill(heir, signal.SIGKILL)
    eventually(lambda: made.reap() == [] and not made.guardian._leaders)


def test_the_guardian_forgets_commands_that_ran_beside(crew: Make) -> None:
    made = crew("echo ready; exec sleep 100")
    leader = made.start()
    told: list[Status] = []
    made.children.run_beside(NAME, "true", told.append)
    eventually(lambda: made.reap() == [] and told)
    assert made.guardian._leaders == {leader}


def test_a_command_beside_a_process_belongs_to_its_tree_and_reports_its_end(crew: Make) -> None:
    made = crew("echo ready; exec sleep 100")
    made.start()
    told: list[Status] = []
    made.children.run_beside(NAME, "exit 3", told.append)
    eventually(lambda: made.children.reap() == [] and told)
    assert told == [Status(code=3)]


def test_the_late_end_of_one_that_was_replaced_is_not_its_successors(crew: Make) -> None:
    made = crew("echo ready; exec sleep 100")
    first = made.start()
    second = made.start()
    os.kill(first, signal.SIGKILL)
    eventually(lambda: made.children.reap() == [] and not psutil.pid_exists(first))
    assert made.children.pid_of(NAME) == second
    os.kill(second, signal.SIGTERM)
    assert made.reaped() == Status(signal=15)


def test_a_restart_waits_for_its_own_port_but_not_for_ever_and_a_first_start_not_at_all(crew: Make) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        one = runs(NAME, "echo ready", port=listener.getsockname()[1])
        made = crew(one)
        made.start()
        made.reaped()
        answers = [made.children.act(Spawn(NAME), 0.0) for _ in range(MOST_WAITS)]
        assert answers == [[PortBusy(NAME)]] * MOST_WAITS
        made.start()
        made.reaped()
        assert made.children.act(Spawn(NAME), 0.0) == [PortBusy(NAME)]
    made.start()
    made.reaped()
