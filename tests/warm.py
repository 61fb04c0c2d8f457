"""procman without the price of its imports: a server that has imported it forks for each command line.

What runs is `procman.__main__.main` with the folder, the environment and the descriptors that the test
gives, in a process of its own: only the interpreter's start and the imports, 100 ms of CPU time, are shared.
What changes the interpreter itself (PYTHON*, the locale) would come too late here, so a command line with
such a variable starts cold (`fits`), and with TEST_COLD=1 all do.
"""

from __future__ import annotations

import atexit
import gc
import json
import os
import signal
import socket
import subprocess
import sys
import time
from contextlib import suppress
from functools import cache
from importlib import import_module
from select import select
from typing import TYPE_CHECKING, NoReturn

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from pathlib import Path

_EARLY = ("PYTHON", "LANG", "LC_")
"""Variables that are read when an interpreter starts."""

_IMPORTED = ("signal", "threading", "json", "shlex", "shutil", "psutil", "dotenv", "cronsim", "colorama")


def fits(environ: Mapping[str, str]) -> bool:
    """Whether a command line in this environment does the same as one that starts cold."""
    if "TEST_COLD" in os.environ:
        return False
    return _early(environ) == _early(os.environ)


def _early(environ: Mapping[str, str]) -> dict[str, str]:
    return {name: value for name, value in environ.items() if name.startswith(_EARLY)}


def run(
    argv: Sequence[str], *, cwd: Path, environ: Mapping[str, str], stdin: str, within: float
) -> subprocess.CompletedProcess[str]:
    """Run `procman ARGV` to its end, as subprocess.run does with captured output; within: seconds."""
    ours, theirs = socket.socketpair()
    inputs, outputs, errors = os.pipe(), os.pipe(), os.pipe()
    with ours:
        request = {"argv": list(argv), "cwd": str(cwd), "environ": dict(environ)}
        descriptors = [theirs.fileno(), inputs[0], outputs[1], errors[1]]
        socket.send_fds(_server(), [b"."], descriptors)
        theirs.close()
        for fd in descriptors[1:]:
            os.close(fd)
        ours.sendall(json.dumps(request).encode() + b"\n")
        with suppress(BrokenPipeError), open(inputs[1], "w", encoding="utf-8") as file:
            file.write(stdin)
        answers = ours.makefile("rb")
        pid = int(answers.readline())
        try:
            heard = _drained((outputs[0], errors[0]), time.monotonic() + within)
        except TimeoutError:
            os.kill(pid, signal.SIGKILL)
            raise subprocess.TimeoutExpired(list(argv), within) from None
        status = int(answers.readline())
    return subprocess.CompletedProcess(list(argv), status, *heard)


def _drained(fds: Sequence[int], deadline: float) -> list[str]:
    heard = dict.fromkeys(fds, b"")
    left = list(fds)
    try:
        while left:
            readable = select(left, [], [], max(deadline - time.monotonic(), 0))[0]
            if not readable:
                raise TimeoutError
            for fd in readable:
                block = os.read(fd, 65536)
                heard[fd] += block
                if not block:
                    left.remove(fd)
    finally:
        for fd in fds:
            os.close(fd)
    return [block.decode("utf-8").replace("\r\n", "\n").replace("\r", "\n") for block in heard.values()]


@cache
def _server() -> socket.socket:
    """Start this worker's server; it ends with the worker, whose end of the socket it reads from."""
    ours, theirs = socket.socketpair()
    with theirs:
        process = subprocess.Popen(
            [sys.executable, "-c", f"from tests.warm import serve; serve({theirs.fileno()})"],
            cwd=os.path.dirname(os.path.dirname(os.path.abspath(__file__))),
            pass_fds=[theirs.fileno()],
        )

    def end() -> None:
        ours.close()
        process.wait()

    atexit.register(end)
    return ours


def serve(fd: int) -> None:
    """Fork for each set of descriptors that comes; say the child's pid and, when it has ended, its status."""
    from procman.cli.main import COMMANDS

    for module in (*_IMPORTED, *(f"procman.cli.{name}" for name in COMMANDS)):
        import_module(module)
    gc.freeze()  # else the first collection in each child copies all of it
    asked = socket.socket(fileno=fd)
    wake, woken = socket.socketpair()
    for end in (wake, woken):
        end.setblocking(False)
    signal.set_wakeup_fd(woken.fileno())
    signal.signal(signal.SIGCHLD, lambda *_: None)
    running: dict[int, socket.socket] = {}
    while True:
        readable = select([asked, wake], [], [])[0]
        if wake in readable:
            wake.recv(4096)
            _tell_ended(running)
        if asked in readable:
            message, descriptors, _, _ = socket.recv_fds(asked, 1, 4)
            if not message:
                return
            pid = os.fork()
            if pid == 0:
                signal.set_wakeup_fd(-1)
                signal.signal(signal.SIGCHLD, signal.SIG_DFL)
                for end in (asked, wake, woken, *running.values()):
                    end.close()
                _become_procman(socket.socket(fileno=descriptors[0]), descriptors[1:])
            running[pid] = socket.socket(fileno=descriptors[0])
            running[pid].sendall(f"{pid}\n".encode())
            for own in descriptors[1:]:
                os.close(own)


def _tell_ended(running: dict[int, socket.socket]) -> None:
    for pid in list(running):
        ended, status = os.waitpid(pid, os.WNOHANG)
        if ended:
            with running.pop(pid) as asker, suppress(BrokenPipeError):
                asker.sendall(f"{os.waitstatus_to_exitcode(status)}\n".encode())


def _become_procman(asker: socket.socket, standard: Iterable[int]) -> NoReturn:
    with asker, asker.makefile("rb") as file:
        request = json.loads(file.readline())
    for number, fd in enumerate(standard):
        os.dup2(fd, number)
        os.close(fd)
    sys.stdin = open(0, closefd=False)  # noqa: SIM115
    sys.stdout = open(1, "w", closefd=False)  # noqa: SIM115 - as the interpreter's own, to the end
    sys.stderr = open(2, "w", buffering=1, errors="backslashreplace", closefd=False)  # noqa: SIM115
    os.chdir(request["cwd"])
    os.environ.clear()
    os.environ.update(request["environ"])
    time.tzset()
    sys.argv = ["procman", *request["argv"]]
    os._exit(_status_of_main())


def _status_of_main() -> int:
    import traceback

    from procman.__main__ import main

    try:
        main()
    except SystemExit as error:
        status = error.code if isinstance(error.code, int) else 0 if error.code is None else 1
    except BaseException:  # noqa: BLE001 - whatever it is, a test has to see it as it would from an interpreter
        traceback.print_exc()
        status = 1
    else:
        status = 0
    sys.stdout.flush()
    sys.stderr.flush()
    return status
