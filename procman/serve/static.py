"""Serve folders on 127.0.0.1:$PORT: `python3 procman/serve static /:public /docs:build/html`.

Nothing beginning with a dot is served, no folder is listed, and no path leaves its folder, by whichever
way: what a link points to is looked at, not what it is called. Of `/x` the files `x`, `x.html` and
`x/index.html` are tried, as piku's nginx does.
"""

from __future__ import annotations

import mimetypes
import os
import signal
import socketserver
import stat
import sys
from datetime import UTC
from email.utils import formatdate, parsedate_to_datetime
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import unquote_to_bytes

from .body import Body
from .listening import HIGHEST_PORT, HOST, Refusal, number, refused, say

PATIENCE = 30.0  # seconds that a client may be silent
TYPES = {
    ".avif": "image/avif",
    ".js": "text/javascript",
    ".mjs": "text/javascript",
    ".webmanifest": "application/manifest+json",
    ".webp": "image/webp",
    ".woff": "font/woff",
    ".woff2": "font/woff2",
}
IN_UTF8 = ("text/", "application/json", "application/manifest+json", "image/svg+xml")


def main(arguments: list[str]) -> int:
    folders = dict(argument.partition(":")[::2] for argument in arguments) or {"/": "."}
    try:
        port = number("PORT", None, HIGHEST_PORT)
        server = Server(port, folders)
    except Refusal as refusal:
        say(str(refusal))
        return 1
    for signum in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
        # At once, without waiting for a download or a browser's idle connection.
        signal.signal(signum, lambda *_: os._exit(0))
    shown = ", ".join(f"{url} from {path}" for url, path in folders.items())
    say(f"serving on http://{HOST}:{port} ({shown})")
    server.serve_forever()
    return 0


class Server(ThreadingHTTPServer):
    """A thread a connection, so that a slow client keeps nobody waiting. folders: by url."""

    request_queue_size = 128

    def __init__(self, port: int, folders: dict[str, str]) -> None:
        # The longest url first: `/docs/x` belongs to /docs, not to /.
        self.folders = sorted(folders.items(), key=lambda pair: -len(pair[0]))
        try:
            super().__init__((HOST, port), Handler)
        except OSError as error:
            raise refused(port, error) from None

    def server_bind(self) -> None:
        # Not HTTPServer's, which asks the name server who 127.0.0.1 is.
        socketserver.TCPServer.server_bind(self)
        self.server_name, self.server_port = HOST, self.socket.getsockname()[1]

    def handle_error(self, request: object, client_address: object) -> None:
        """Say nothing of clients that went away or were silent for too long; all else is told."""
        if not isinstance(sys.exc_info()[1], OSError):
            super().handle_error(request, client_address)  # type: ignore[arg-type] # any is as good


def find(folders: list[tuple[str, str]], target: str) -> str | None:
    """Return the path of the file that a request's target names, None when there is none to be served."""
    raw = target.partition("?")[0].partition("#")[0]
    path = os.fsdecode(unquote_to_bytes(raw.encode("latin-1")))
    if not path.startswith("/") or "\0" in path or "\\" in path:
        return None
    words = [word for word in path.split("/") if word]
    if any(word.startswith(".") for word in words):
        return None
    path = "/" + "/".join(words) + ("/" if path.endswith("/") and words else "")
    for url, folder in folders:
        if f"{path}/".startswith(f"{url.rstrip('/')}/"):
            return _in_folder(folder, path[len(url.rstrip("/")) :])
    return None


def _in_folder(folder: str, path: str) -> str | None:
    """Try the file, its .html, the folder's index; path begins with a slash."""
    root = os.path.realpath(folder)
    bare = path.strip("/")
    candidates = (
        [f"{bare}/index.html"] if path.endswith("/") else [bare, f"{bare}.html", f"{bare}/index.html"]
    )
    for candidate in candidates:
        real = os.path.realpath(os.path.join(root, candidate.lstrip("/")))
        if not real.startswith(root.rstrip("/") + "/"):
            continue
        inside = real[len(root.rstrip("/")) :]
        if "/." not in inside and os.path.isfile(real):
            return real
    return None


class Handler(BaseHTTPRequestHandler):
    server: Server
    protocol_version = "HTTP/1.1"
    timeout = PATIENCE
    disable_nagle_algorithm = True

    def do_GET(self) -> None:
        path = find(self.server.folders, self.path)
        try:
            # Real, so no link any more; a FIFO that came in its place must not keep the thread.
            fd = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_NOFOLLOW) if path else -1
        except OSError:
            fd = -1
        if path is None or fd < 0:
            self._refuse(HTTPStatus.NOT_FOUND)
            return
        with open(fd, "rb") as file:
            status = os.fstat(fd)
            if not stat.S_ISREG(status.st_mode):
                self._refuse(HTTPStatus.NOT_FOUND)
                return
            sent = self._head(path, status)
            if sent is not None and self.command == "GET":
                start, length = sent
                # Zero-length sendfile means to the end.
                if length and self.connection.sendfile(file, start, length) != length:
                    self.close_connection = True

    def do_HEAD(self) -> None:
        self.do_GET()

    def __getattr__(self, name: str) -> object:
        """Answer any other method: http.server looks for `do_` and its name."""
        if name.startswith("do_"):
            return lambda: self._refuse(HTTPStatus.METHOD_NOT_ALLOWED)
        raise AttributeError(name)

    def _head(self, path: str, status: os.stat_result) -> tuple[int, int] | None:
        """Send status and headers; give start and length of what is to follow, None for nothing."""
        size, changed = status.st_size, formatdate(int(status.st_mtime), usegmt=True)
        if self._is_known(int(status.st_mtime)):
            self._answer(HTTPStatus.NOT_MODIFIED, {"Last-Modified": changed})
            return None
        headers = {
            "Content-Type": content_type(path),
            "Last-Modified": changed,
            "Accept-Ranges": "bytes",
            # Ask again each time: who edits a file wants to see it.
            "Cache-Control": "no-cache",
            "X-Content-Type-Options": "nosniff",
        }
        wanted = self._range(size, changed)
        if wanted is None:
            self._answer(HTTPStatus.OK, {**headers, "Content-Length": str(size)})
            return 0, size
        start, end = wanted
        if start >= end:
            nothing = {"Content-Range": f"bytes */{size}", "Content-Length": "0"}
            self._answer(HTTPStatus.REQUESTED_RANGE_NOT_SATISFIABLE, nothing)
            return None
        part = {"Content-Range": f"bytes {start}-{end - 1}/{size}", "Content-Length": str(end - start)}
        self._answer(HTTPStatus.PARTIAL_CONTENT, {**headers, **part})
        return start, end - start

    def _is_known(self, changed: int) -> bool:
        """Whether the client has this file already, as If-Modified-Since says (RFC 9110, 13.1.3)."""
        since = self.headers.get("If-Modified-Since")
        if since is None or "If-None-Match" in self.headers:
            return False
        try:
            at = parsedate_to_datetime(since)
        except (TypeError, ValueError, IndexError, OverflowError):
            return False
        return changed <= (at if at.tzinfo else at.replace(tzinfo=UTC)).timestamp()

    def _range(self, size: int, changed: str) -> tuple[int, int] | None:
        """Return start and end of one range, start >= end where it lies outside; None for the whole file.

        Several ranges, and what is no range, are answered with the whole, as RFC 9110 (14.2) allows.
        """
        unit, _, text = self.headers.get("Range", "").partition("=")
        first, dash, last = text.strip().partition("-")
        digits = first + last
        outdated = self.headers.get("If-Range", changed) != changed
        if self.command != "GET" or unit.strip().lower() != "bytes" or not dash or outdated:
            return None
        if not (digits.isascii() and digits.isdecimal() and len(digits) < 40):  # noqa: PLR2004 - no file is larger
            return None
        if not first:
            return max(0, size - int(last)), size if int(last) else 0
        if last and int(last) < int(first):
            return None
        return int(first), min(size, int(last) + 1) if last else size

    def _refuse(self, status: HTTPStatus) -> None:
        body = f"{status} {status.phrase}\n".encode()
        headers = {"Content-Type": "text/plain; charset=utf-8", "Content-Length": str(len(body))}
        if status is HTTPStatus.METHOD_NOT_ALLOWED:
            headers["Allow"] = "GET, HEAD"
        self._answer(status, headers)
        if self.command != "HEAD":
            self.wfile.write(body)

    def _answer(self, status: HTTPStatus, headers: dict[str, str]) -> None:
        self._drain()
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, value)
        if self.close_connection:
            self.send_header("Connection", "close")
        self.end_headers()

    def _drain(self) -> None:
        """Read a body that nobody wants, and take the connection for no other request."""
        length = self.headers.get("Content-Length", "0")
        if length == "0" and "Transfer-Encoding" not in self.headers:
            return
        self.close_connection = True
        Body(self.rfile, length).drain()

    def log_request(self, code: int | str = "-", size: int | str = "-") -> None:  # noqa: ARG002
        say(f"{self.command} {getattr(self, 'path', '')} {int(code)}")

    def log_error(self, *_: object) -> None:
        """Say nothing: log_request does."""


def content_type(path: str) -> str:
    kind, packed = mimetypes.guess_type(path)
    kind = TYPES.get(os.path.splitext(path)[1].lower(), kind or "application/octet-stream")
    if packed:  # the type is that of what is in it
        return "application/octet-stream"
    return f"{kind}; charset=utf-8" if kind.startswith(IN_UTF8) else kind
