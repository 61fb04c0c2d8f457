"""What a child finds around it: session, descriptors, signals, limits, terminal."""

from __future__ import annotations

import os
import resource
import signal
import subprocess
import sys
from typing import TYPE_CHECKING, NamedTuple

import pytest

from procman.runtime.census import MARK
from procman.runtime.spawn import Limits, Pipes, Spawner, close_on_exec_above_two, why_not
from tests.harness import eventually

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

linux_only = pytest.mark.skipif(not sys.platform.startswith("linux"), reason="looks into /proc")


class Said(NamedTuple):
    out: bytes
    err: bytes
    status: int


class Workshop:
    """Spawns in the current directory, as procman stands in its root."""

    def __init__(self, run: str, *, mark_stderr: bool = False) -> None:
        self._environ = {**os.environ, MARK: f"{run}/web.1"}
        self.spawner = Spawner(os.getcwd(), Limits(), mark_stderr=mark_stderr)

    def on_pipes(self, command: str, cwd: str | None = None) -> Pipes:
        return self.spawner.on_pipes(command, self._environ, cwd)

    def on_terminal(self, command: str, size: tuple[int, int] = (24, 80)) -> Pipes:
        return self.spawner.on_terminal(command, self._environ, None, size)

    def hear(self, command: str, cwd: str | None = None, *, terminal: bool = False) -> Said:
        """Run a command to its end; what a terminal gets is read after it, as from a pipe."""
        return hear_out(self.on_terminal(command) if terminal else self.on_pipes(command, cwd))


def hear_out(pipes: Pipes) -> Said:
    _, status = os.waitpid(pipes.pid, 0)
    if pipes.in_ >= 0:
        os.close(pipes.in_)
    out, err = _drained(pipes.out), _drained(pipes.err)
    return Said(out, err, os.waitstatus_to_exitcode(status))


def _drained(fd: int) -> bytes:
    if fd < 0:
        return b""
    os.set_blocking(fd, True)
    data = b""
    try:
        while piece := os.read(fd, 65536):
            data += piece
    except OSError:  # EIO: a terminal's end
        pass
    os.close(fd)
    return data


def descriptors() -> int:
    return len(os.listdir("/dev/fd"))


@pytest.fixture
def workshop(run: str) -> Workshop:
    close_on_exec_above_two()  # what pytest inherited, as procman does first
    return Workshop(run)


@pytest.fixture(params=[False, True], ids=["pipes", "terminal"])
def terminal(request: pytest.FixtureRequest) -> bool:
    return bool(request.param)


def test_a_command_is_the_shells_business(workshop: Workshop, terminal: bool) -> None:
    said = workshop.hear('a=1; echo "$a" | tr 1 2 && exit 3', terminal=terminal)
    assert said == (b"2\n", b"", 3)


def test_both_streams_are_one_unless_they_are_to_be_told_apart(run: str, terminal: bool) -> None:
    command = "echo out; echo err >&2"
    assert Workshop(run).hear(command, terminal=terminal) == (b"out\nerr\n", b"", 0)
    apart = Workshop(run, mark_stderr=True).hear(command, terminal=terminal)
    assert apart == (b"out\n", b"err\n", 0)


def test_odd_bytes_reach_the_shell_unchanged(workshop: Workshop) -> None:
    command = b"printf '%s' 'caf\xe9 \xf0\x9f\x98\x80'".decode("utf-8", "surrogateescape")
    assert workshop.hear(command).out == b"caf\xe9 \xf0\x9f\x98\x80"


def test_a_child_leads_a_session_of_its_own(workshop: Workshop, terminal: bool) -> None:
    pipes = workshop.on_terminal("read x") if terminal else workshop.on_pipes("read x")
    assert (os.getsid(pipes.pid), os.getpgid(pipes.pid)) == (pipes.pid, pipes.pid)
    os.kill(pipes.pid, signal.SIGKILL)
    hear_out(pipes)


@linux_only
def test_a_child_has_descriptors_0_to_2_and_nothing_else(workshop: Workshop, terminal: bool) -> None:
    ours = os.open(os.devnull, os.O_RDWR)
    said = workshop.hear("for fd in /proc/$$/fd/*; do [ -e $fd ] && echo ${fd##*/}; done", terminal=terminal)
    os.close(ours)
    # The one for the glob itself is gone again when looked at; bash keeps 255 for the script.
    assert [fd for fd in said.out.split() if fd != b"255"] == [b"0", b"1", b"2"]


@linux_only
def test_a_child_blocks_and_ignores_no_signal_whatever_we_do(workshop: Workshop) -> None:
    ignored = signal.signal(signal.SIGUSR1, signal.SIG_IGN)
    piped = signal.signal(signal.SIGPIPE, signal.SIG_IGN)
    blocked = signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGUSR2])
    try:
        said = workshop.hear("grep -E 'Sig(Blk|Ign)' /proc/self/status")
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, blocked)
        signal.signal(signal.SIGUSR1, ignored)
        signal.signal(signal.SIGPIPE, piped)
    # 32 and 33 are the C library's own: whoever ignored them did so before us.
    found = [int(word, 16) & ~(0b11 << 31) for word in said.out.split()[1::2]]
    assert found == [0, 0]


def test_standard_input_is_a_pipe_that_stays_open_while_we_live(workshop: Workshop) -> None:
    pipes = workshop.on_pipes("read line && echo got $line; cat >/dev/null; echo end")
    os.write(pipes.in_, b"hello\n")
    eventually(lambda: _ready(pipes.out))
    assert os.read(pipes.out, 100) == b"got hello\n"
    assert os.waitpid(pipes.pid, os.WNOHANG) == (0, 0)
    os.close(pipes.in_)
    assert hear_out(pipes._replace(in_=-1)).out == b"end\n"


def _ready(fd: int) -> bool:
    import select

    return bool(select.select([fd], [], [], 0)[0])


def test_a_terminal_is_the_childs_own_and_has_the_windows_size(workshop: Workshop) -> None:
    pipes = workshop.on_terminal("test -t 0 && test -t 1 && test -t 2 && stty size </dev/tty", (33, 101))
    assert hear_out(pipes).out == b"33 101\n"


def test_our_ends_never_make_us_wait_and_are_not_inherited(workshop: Workshop, terminal: bool) -> None:
    pipes = workshop.on_terminal("read x") if terminal else workshop.on_pipes("read x")
    assert not os.get_blocking(pipes.out)
    assert not os.get_inheritable(pipes.out)
    assert not os.get_inheritable(pipes.in_)
    os.kill(pipes.pid, signal.SIGKILL)
    hear_out(pipes)


def test_a_command_runs_in_its_folder_and_we_stay_in_ours(workshop: Workshop, tmp_path: Path) -> None:
    here = os.getcwd()
    said = workshop.hear("pwd", cwd=str(tmp_path))
    assert said.out.rstrip() == os.fsencode(os.path.realpath(tmp_path))
    assert os.getcwd() == here


@pytest.mark.parametrize(("command", "cwd"), [("true", "/no/such/folder"), ("true #" + "x" * 200_000, None)])
def test_what_can_not_be_spawned_leaves_nothing_open(
    workshop: Workshop, command: str, cwd: str | None
) -> None:
    before, here = descriptors(), os.getcwd()
    with pytest.raises(OSError, match=r"No such file|too long") as caught:
        workshop.on_pipes(command, cwd)
    assert (descriptors(), os.getcwd()) == (before, here)
    assert "\n" not in why_not(caught.value, cwd)


def test_nothing_is_left_open_once_a_child_is_heard_out(workshop: Workshop, terminal: bool) -> None:
    before = descriptors()
    for _ in range(5):
        workshop.hear("echo x", terminal=terminal)
    assert descriptors() == before


def test_a_silent_command_says_nothing_and_is_not_asked(workshop: Workshop, run: str) -> None:
    environ = {**os.environ, MARK: f"{run}/web.1"}
    pid = workshop.spawner.silently("echo lost; read x && exit 9; exit 4", environ, None)
    assert os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) == 4


RAISED = """
import os, resource, sys
_, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
resource.setrlimit(resource.RLIMIT_NOFILE, (64, hard))
from procman.runtime.spawn import Limits, Spawner
spawner = Spawner(os.getcwd(), Limits())
held = [os.open(os.devnull, os.O_RDONLY) for _ in range(100)]
for terminal in (False, True):
    if terminal:
        pipes = spawner.on_terminal("ulimit -Sn", os.environ, None, (24, 80))
    else:
        pipes = spawner.on_pipes("ulimit -Sn", os.environ, None)
    os.waitpid(pipes.pid, 0)
    os.set_blocking(pipes.out, True)
    print(pipes.out > 64, os.read(pipes.out, 100))
print(resource.getrlimit(resource.RLIMIT_NOFILE) == (hard, hard))
"""


@pytest.mark.skipif(resource.getrlimit(resource.RLIMIT_NOFILE)[1] < 200, reason="the limit can't be raised")
def test_we_may_have_more_descriptors_than_children_and_they_keep_the_limit_given() -> None:
    done = subprocess.run([sys.executable, "-c", RAISED], capture_output=True, text=True, check=False)
    assert (done.stdout, done.stderr) == ("True b'64\\n'\nTrue b'64\\n'\nTrue\n", "")


def test_closed_standard_descriptors_are_filled_before_anything_lands_there() -> None:
    script = (
        "import os; from procman.runtime.spawn import open_missing_descriptors as fill; fill();"
        "os.write(2, repr([os.readlink(f'/dev/fd/{fd}') for fd in (0, 1)]).encode());"
        "os.write(2, repr([os.get_inheritable(fd) for fd in (0, 1)]).encode())"
    )
    done = subprocess.run(
        ["/bin/sh", "-c", 'exec "$@" <&- >&-', "sh", sys.executable, "-c", script],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.stderr == "['/dev/null', '/dev/null'][True, True]"


def test_what_we_inherited_is_kept_from_the_children() -> None:
    script = (
        "import sys, os; from procman.runtime.spawn import close_on_exec_above_two as keep;"
        "before = os.get_inheritable(int(sys.argv[1])); keep();"
        "print(before, [os.get_inheritable(fd) for fd in (0, 1, 2, int(sys.argv[1]))])"
    )
    fd = os.open(os.devnull, os.O_RDWR)
    done = subprocess.run(
        [sys.executable, "-c", script, str(fd)], pass_fds=[fd], capture_output=True, text=True, check=False
    )
    os.close(fd)
    assert done.stdout == "True [True, True, True, False]\n"


@pytest.mark.parametrize(
    ("error", "cwd", "words"),
    [
        (OSError(24, "Too many open files"), None, "too many open files (`ulimit -n` raises the limit"),
        (OSError(11, "Resource temporarily unavailable"), None, "no more processes allowed (`ulimit -u`"),
        (OSError(7, "Argument list too long"), None, "command and environment are longer together"),
        (FileNotFoundError(2, "No such file or directory"), "app", "no such folder: app"),
        (FileNotFoundError(2, "No such file or directory"), None, "No such file or directory"),
        (ValueError("embedded null byte"), None, "embedded null byte"),
    ],
)
def test_why_nothing_was_spawned_is_said_with_what_to_do(
    error: OSError | ValueError, cwd: str | None, words: str
) -> None:
    assert why_not(error, cwd).startswith(words)


@pytest.fixture(autouse=True)
def _no_descriptor_is_left(run: str) -> Iterator[None]:  # noqa: ARG001 - what `run` starts ends after this
    before = descriptors()
    yield
    assert descriptors() == before
