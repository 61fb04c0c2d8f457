from __future__ import annotations

import os
import signal
import socket
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

import pytest

import procman
from tests.harness import eventually, is_alive
from tests.web import ask, connect, until_it_listens

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.harness import Procman
    from tests.project import Project

PROGRAM = str(Path(procman.__file__).parent / "serve"), "wsgi"

APP = """
import os, sys, threading, time

def app(environ, start_response):
    path = environ["PATH_INFO"]
    if path == "/slow":
        print("slow begins", flush=True)
        time.sleep(0.6)
    if path == "/crash":
        os.kill(os.getpid(), 9)
    if path == "/boom":
        raise RuntimeError("as asked")
    if path == "/echo":
        answer = environ["wsgi.input"].read()
    elif path == "/flags":
        answer = repr([environ[f"wsgi.multi{what}"] for what in ("process", "thread")]).encode()
    elif path == "/path":
        answer = repr((sys.path[0], [p for p in sys.path if p.endswith("serve")])).encode()
    else:
        answer = str(os.getpid()).encode()
    start_response("200 OK", [("Content-Type", "text/plain")])
    return [answer]
"""


class Serve(Protocol):
    def __call__(self, name: str = "site_:app", **env: str) -> Procman: ...


@pytest.fixture
def serve(project: Project) -> Iterator[Serve]:
    """Give what starts a server, and ends it when the test is over."""
    started = []

    def start(name: str = "site_:app", **env: str) -> Procman:
        project.write("site_.py", APP)
        running = project.launch(sys.executable, *PROGRAM, name, env={"PORT": str(project.port), **env})
        started.append(running)
        running.until("serving on")
        until_it_listens(project.port)
        return running

    yield start
    for running in started:
        if running.process.poll() is None:
            running.stop(signal.SIGTERM)


def refused(project: Project, name: str = "site_:app", **env: str) -> str:
    """Give the last line of what is said to something that can't be served."""
    running = project.launch(sys.executable, *PROGRAM, name, env={"PORT": str(project.port), **env})
    assert running.wait() == 1
    return running.output.splitlines()[-1]


def pid(project: Project) -> int:
    return int(ask(project.port).body)


def those_who_answer(project: Project, expected: int) -> set[int]:
    """Ask until so many workers have answered, and then enough to meet one too many."""
    pids: set[int] = set()

    def another_asked() -> bool:
        pids.add(pid(project))
        return len(pids) >= expected

    eventually(another_asked, every=0)
    pids.update(pid(project) for _ in range(30))
    assert len(pids) == expected
    return pids


def test_two_workers_share_the_requests(project: Project, serve: Serve) -> None:
    running = serve()
    pids = those_who_answer(project, 2)
    assert running.pid not in pids
    assert running.stop(signal.SIGTERM) == 0
    assert not any(is_alive(each) for each in pids)


def test_as_many_workers_as_asked_for(project: Project, serve: Serve) -> None:
    serve(UWSGI_PROCESSES="5")
    those_who_answer(project, 5)


def test_the_apps_folder_comes_first_and_ours_not_at_all(project: Project, serve: Serve) -> None:
    serve()
    assert ask(project.port, "/path").body.decode() == repr((str(project.root), []))


@pytest.mark.parametrize("module", ["wsgi", "body", "listening"])
def test_a_module_called_as_one_of_ours_is_the_apps(project: Project, serve: Serve, module: str) -> None:
    project.write(f"{module}.py", APP.replace("def app", "def application"))
    serve(f"{module}:application")
    assert ask(project.port).status == 200


def test_it_runs_where_python_is_told_not_to_look_beside_programs(project: Project, serve: Serve) -> None:
    serve(PYTHONSAFEPATH="1")
    assert ask(project.port).status == 200


def test_an_app_may_start_processes_of_its_own(project: Project, serve: Serve) -> None:
    project.write(
        "pool.py",
        "from multiprocessing import get_context\n"
        "def app(environ, start_response):\n"
        "    with get_context('spawn').Pool(1) as pool:\n"
        "        answer = pool.apply(abs, (-7,))\n"
        "    start_response('200 OK', [])\n"
        "    return [str(answer).encode()]\n",
    )
    serve("pool:app")
    assert ask(project.port).body == b"7"


def test_a_length_that_is_no_number_of_bytes_costs_no_worker(project: Project, serve: Serve) -> None:
    serve(UWSGI_PROCESSES="1")
    before = pid(project)
    with connect(project.port) as connection:
        connection.sendall(b"GET / HTTP/1.0\r\nContent-Length: " + b"9" * 5000 + b"\r\n\r\n")
        connection.shutdown(socket.SHUT_WR)
        answer = b"".join(iter(lambda: connection.recv(4096), b""))
    assert answer.startswith(b"HTTP/1.0 200 OK")
    assert pid(project) == before


def test_an_app_learns_that_there_are_other_processes_and_no_threads(project: Project, serve: Serve) -> None:
    serve()
    assert ask(project.port, "/flags").body == b"[True, False]"


def test_a_body_ends_where_its_length_says(project: Project, serve: Serve) -> None:
    serve()
    assert ask(project.port, "/echo", "POST", body=b"x" * 100_000).body == b"x" * 100_000
    assert ask(project.port, "/echo").body == b""


def test_an_answer_arrives_though_the_body_was_not_read(project: Project, serve: Serve) -> None:
    serve()
    for _ in range(10):
        assert ask(project.port, "/", "POST", body=b"x" * 500_000).status == 200


def test_a_body_without_a_length_is_refused(project: Project, serve: Serve) -> None:
    serve()
    answer = ask(project.port, "/echo", "POST", headers={"Transfer-Encoding": "chunked"})
    assert answer.status == 411


@pytest.mark.parametrize("signum", [signal.SIGTERM, signal.SIGINT, signal.SIGHUP])
def test_a_request_under_way_is_finished_before_the_end(project: Project, serve: Serve, signum: int) -> None:
    running = serve()
    with connect(project.port) as connection:
        connection.sendall(b"GET /slow HTTP/1.0\r\n\r\n")
        running.until("slow begins")
        running.signal_group(signum)
        answer = b"".join(iter(lambda: connection.recv(4096), b""))
    assert answer.startswith(b"HTTP/1.0 200 OK")
    assert running.wait() == 0


def test_a_worker_that_dies_is_replaced_and_this_is_said(project: Project, serve: Serve) -> None:
    running = serve()
    before = {pid(project) for _ in range(10)}
    with connect(project.port) as connection:
        connection.sendall(b"GET /crash HTTP/1.0\r\n\r\n")
        assert connection.recv(100) == b""
    running.until("ended by signal 9, the next one starts in 1 s")
    assert pid(project) in before  # the other one goes on meanwhile
    eventually(lambda: len({pid(project) for _ in range(10)} - before) == 1)


def test_workers_end_when_their_parent_was_killed(project: Project, serve: Serve) -> None:
    running = serve()
    pids = {pid(project) for _ in range(10)}
    os.kill(running.pid, signal.SIGKILL)
    eventually(lambda: not any(map(is_alive, pids)))


def test_every_request_is_a_line(project: Project, serve: Serve) -> None:
    running = serve()
    ask(project.port, "/some?q=%1b")
    ask(project.port, "/boom")
    running.until(r"GET /some?q=%1b 200")
    running.until("RuntimeError: as asked")
    running.until("GET /boom 500")


def test_a_silent_connection_keeps_no_worker(project: Project, serve: Serve) -> None:
    serve(UWSGI_PROCESSES="1")
    with connect(project.port), connect(project.port):
        assert ask(project.port).status == 200


@pytest.mark.parametrize(
    ("name", "source", "line"),
    [
        ("nope:app", "", "no module named nope in "),
        ("pkg.nope:app", "", "no module named pkg in "),
        ("site_:nope", "", "site_ has nothing called nope"),
        ("site_:app", "app = 1", "app in site_ is not callable, so it is no wsgi app"),
        ("site_:app", "import nope", "site_ can't be imported: ModuleNotFoundError: No module named 'nope'"),
        ("site_:app", "1 / 0", "site_ can't be imported: ZeroDivisionError: division by zero"),
        ("site_:app", "raise SystemExit('no')", "site_ can't be imported: SystemExit: no"),
        ("site_", "", "site_ is not module:callable"),
    ],
)
def test_what_cannot_be_served_is_told_in_a_line(project: Project, name: str, source: str, line: str) -> None:
    project.write("site_.py", source)
    assert refused(project, name).startswith(line)


def test_a_port_that_is_taken_or_wrong_is_told_in_a_line(project: Project, serve: Serve) -> None:
    serve()
    assert refused(project) == f"can't listen on 127.0.0.1:{project.port}: address already in use"
    assert refused(project, PORT="70000") == "PORT is '70000', and has to be a number from 1 to 65535"
    assert refused(project, PORT="") == "PORT is not set"
    wrong = "UWSGI_PROCESSES is 'many', and has to be a number from 1 to 512"
    assert refused(project, UWSGI_PROCESSES="many") == wrong
