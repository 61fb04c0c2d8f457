"""A small pre-forking WSGI server: `python3 procman/serve wsgi module:callable`, on 127.0.0.1:$PORT.

Theory of operation. The parent loads the app once, forks UWSGI_PROCESSES workers (2) that share its
listening socket, and serves nothing itself: it waits for signals. A worker sleeps in accept(2), where Linux
wakes one at a time, the longest asleep first; it has no threads, so a request has a worker to itself, and
one under way is always finished. To stop, the parent sends TERM, which a worker notes, and shuts the
listening socket down, which wakes those asleep. A worker that dies is replaced after a second.
"""

from __future__ import annotations

import io
import os
import select
import signal
import socket
import struct
import sys
import time
import traceback
from contextlib import suppress
from importlib import import_module
from typing import TYPE_CHECKING
from wsgiref.simple_server import WSGIRequestHandler, WSGIServer

if TYPE_CHECKING:
    from collections.abc import Iterable
    from wsgiref.types import StartResponse, WSGIApplication, WSGIEnvironment

from .body import Body
from .listening import HIGHEST_PORT, HOST, Refusal, number, refused, say

WORKERS, MOST_WORKERS = 2, 512
BACKLOG = 128
RESPAWN_DELAY = 1.0  # seconds from a worker's death to the next one's start
LOOK_UP = 0.5  # seconds after which an idle worker looks whether its parent has gone
FIRST_BYTE = 1.0  # seconds to a request's first byte: browsers connect in advance and then say nothing
PATIENCE = 20.0  # seconds that a client may be silent in the middle of a request or of its answer
WAKES_ONE = sys.platform == "linux"
ENDING = (signal.SIGTERM, signal.SIGINT, signal.SIGHUP)


def main(arguments: list[str]) -> int:
    signal.signal(signal.SIGINT, signal.SIG_DFL)  # no traceback while the app is being imported
    # The app's folder, where this runs, comes first.
    sys.path[:] = [os.getcwd(), *filter(None, sys.path)]
    try:
        port, workers = number("PORT", None, HIGHEST_PORT), number("UWSGI_PROCESSES", WORKERS, MOST_WORKERS)
        app = load(" ".join(arguments))
        Parent(listen(port), app, workers).run()
    except Refusal as refusal:
        say(str(refusal))
        return 1
    return 0


def load(name: str) -> WSGIApplication:
    """Import `module:callable`; what the import itself raises is shown with its traceback."""
    module_name, _, attribute = name.partition(":")
    if not module_name or not attribute:
        raise Refusal(f"{name or 'nothing'} is not module:callable")
    try:
        module = import_module(module_name)
    except (Exception, SystemExit) as error:  # noqa: BLE001 - it is the app's code, and may raise anything
        missing = getattr(error, "name", None) or "-"
        if isinstance(error, ModuleNotFoundError) and f"{module_name}.".startswith(f"{missing}."):
            raise Refusal(f"no module named {missing} in {os.getcwd()} (for {name})") from None
        traceback.print_exc()
        raise Refusal(f"{module_name} can't be imported: {type(error).__name__}: {error}") from None
    if not hasattr(module, attribute):
        raise Refusal(f"{module_name} has nothing called {attribute}")
    if not callable(getattr(module, attribute)):
        raise Refusal(f"{attribute} in {module_name} is not callable, so it is no wsgi app")
    app: WSGIApplication = getattr(module, attribute)
    return app


def listen(port: int) -> socket.socket:
    listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((HOST, port))
        listener.listen(BACKLOG)
    except OSError as error:
        raise refused(port, error) from None
    if WAKES_ONE:
        # Not settimeout, which waits in poll(2): there every worker wakes for each connection.
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_RCVTIMEO, struct.pack("ll", 0, int(LOOK_UP * 1e6)))
        # A connection is no work until it says something.
        listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_DEFER_ACCEPT, 10)
    else:
        listener.setblocking(False)
    return listener


class Parent:
    """Keeps the workers' number; ends when a signal says so and all of them have gone."""

    def __init__(self, listener: socket.socket, app: WSGIApplication, workers: int) -> None:
        self._listener = listener
        self._app = app
        self._wanted = workers
        self._pids: set[int] = set()
        self._stopping = False
        self._bell, self._ring = os.pipe()
        os.set_blocking(self._bell, False)
        os.set_blocking(self._ring, False)

    def run(self) -> None:
        """Return when all is over; in a worker, too."""
        signal.set_wakeup_fd(self._ring, warn_on_full_buffer=False)
        for signum in ENDING:
            signal.signal(signum, self._note)
        signal.signal(signal.SIGCHLD, lambda *_: None)
        say(f"serving on http://{HOST}:{self._listener.getsockname()[1]} with {self._wanted} workers")
        spawn_at = 0.0
        while not self._stopping:
            wait = spawn_at - time.monotonic()
            while wait <= 0 and len(self._pids) < self._wanted:
                if self._spawn():
                    return
            if self._wait(wait if wait > 0 else None):
                spawn_at = time.monotonic() + RESPAWN_DELAY
        for pid in self._pids:
            os.kill(pid, signal.SIGTERM)
        with suppress(OSError):
            self._listener.shutdown(socket.SHUT_RD)
        self._listener.close()
        while self._pids:
            self._wait(None)

    def _note(self, *_: object) -> None:
        """Handle what ends a run; a worker inherits this, and its own `_stopping`."""
        self._stopping = True

    def _spawn(self) -> bool:
        """Fork a worker; true in the worker, once it has done its work."""
        parent = os.getpid()
        pid = os.fork()
        if pid:
            self._pids.add(pid)
            return False
        signal.set_wakeup_fd(-1)
        signal.signal(signal.SIGCHLD, signal.SIG_DFL)
        server = Server(self._listener, self._app)
        while not self._stopping and os.getppid() == parent:
            if not server.serve_one():
                break
        return True

    def _wait(self, seconds: float | None) -> bool:
        """Wait for a signal, collect workers; say whether one ended that was still wanted."""
        if select.select([self._bell], [], [], seconds)[0]:
            os.read(self._bell, 4096)
        ended = [(pid, status) for pid, status in (os.waitpid(p, os.WNOHANG) for p in self._pids) if pid]
        self._pids.difference_update(pid for pid, _ in ended)
        for pid, status in ended if not self._stopping else ():
            how = f"by signal {os.WTERMSIG(status)}" if os.WIFSIGNALED(status) else "by itself"
            say(f"worker {pid} ended {how}, the next one starts in {RESPAWN_DELAY:g} s")
        return bool(ended)


class Server(WSGIServer):
    """wsgiref's server on a socket that is there already."""

    def __init__(self, listener: socket.socket, app: WSGIApplication) -> None:
        super().__init__(listener.getsockname(), Handler, bind_and_activate=False)
        self.socket.close()
        self.socket = listener
        # Not by HTTPServer.server_bind, which asks the name server who 127.0.0.1 is.
        self.server_name, self.server_port = HOST, listener.getsockname()[1]
        self.setup_environ()

        def application(environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
            environ["wsgi.multiprocess"] = True  # wsgiref takes itself to be alone
            return app(environ, start_response)

        self.set_app(application)

    def serve_one(self) -> bool:
        """Wait for a connection and answer it; false when the socket is no more."""
        try:
            if not WAKES_ONE and not select.select([self.socket], [], [], LOOK_UP)[0]:
                return True
            connection, address = self.socket.accept()
        except (BlockingIOError, ConnectionAbortedError):
            return True
        except OSError:
            return False
        with connection:
            connection.settimeout(PATIENCE)
            # The client may go away, or be silent for too long, at any moment.
            with suppress(OSError):
                if select.select([connection], [], [], FIRST_BYTE)[0]:
                    self.finish_request(connection, address)
                    connection.shutdown(socket.SHUT_WR)
        return True


class Handler(WSGIRequestHandler):
    body: Body | None = None
    disable_nagle_algorithm = True
    began = 0.0

    def parse_request(self) -> bool:
        self.began = time.monotonic()
        if not super().parse_request():
            return False
        if "chunked" in self.headers.get("transfer-encoding", "").lower():
            self.send_error(411)  # WSGI knows no body without a length
            return False
        self.body = Body(self.rfile, self.headers.get("content-length", ""))
        self.rfile = io.BufferedReader(self.body)
        return True

    def finish(self) -> None:
        if self.body is not None:
            self.body.drain()
        super().finish()

    def log_request(self, code: int | str = "-", size: int | str = "-") -> None:  # noqa: ARG002
        taken = (time.monotonic() - self.began) * 1000
        say(f"{self.command} {getattr(self, 'path', '')} {int(code)} {taken:.0f} ms")

    def log_error(self, *_: object) -> None:
        """Say nothing: log_request does."""
