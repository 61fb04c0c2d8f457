from __future__ import annotations

import os
import signal
import sys
from email.utils import formatdate
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

import procman
from tests.web import Answer, ask, connect, until_it_listens

if TYPE_CHECKING:
    from collections.abc import Mapping

    from tests.harness import Procman
    from tests.project import Project

PROGRAM = str(Path(procman.__file__).parent / "serve"), "static"
CHANGED = 1_700_000_000
FILES = {
    "public/index.html": "the index",
    "public/a.txt": "0123456789",
    "public/page.html": "a page",
    "public/both": "file",
    "public/both.html": "page",
    "public/sub/index.html": "below",
    "public/bare/x.txt": "x",
    "public/umlaut-ä b.txt": "umlaut",
    "public/%2e.txt": "percent",
    "public/.env": "SECRET",
    "public/.git/config": "SECRET",
    "public/sub/.hidden/x.txt": "SECRET",
    "public/.html": "SECRET",
    "secret.txt": "SECRET",
    "publicly/x.txt": "SECRET",
    "docs/index.html": "the docs",
    "docs/a.txt": "of the docs",
}


@pytest.fixture
def site(project: Project) -> Project:
    """Give a project whose folders are served."""
    for name, text in FILES.items():
        path = project.root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, "utf-8")
        os.utime(path, (CHANGED, CHANGED))
    public = project.root / "public"
    (public / "inner").symlink_to("a.txt")
    (public / "outer").symlink_to("../secret.txt")
    (public / "outside").symlink_to("..")
    (public / "dotted").symlink_to(".git/config")
    (public / "loop").symlink_to("loop")
    os.mkfifo(public / "fifo")
    serve(project, "/:public", "/docs:docs", "/later:later")
    return project


def serve(project: Project, *folders: str) -> Procman:
    running = project.launch(sys.executable, "-I", *PROGRAM, *folders, env={"PORT": str(project.port)})
    running.until("serving on")
    until_it_listens(project.port)
    return running


def get(site: Project, path: str, **headers: str) -> Answer:
    return ask(site.port, path, headers={name.replace("_", "-"): value for name, value in headers.items()})


def test_files_are_found_as_piku_finds_them(site: Project) -> None:
    found = {
        "/": b"the index",
        "/index.html": b"the index",
        "/a.txt": b"0123456789",
        "/a.txt?v=1": b"0123456789",
        "//a.txt": b"0123456789",
        "/page": b"a page",
        "/both": b"file",
        "/sub": b"below",
        "/sub/": b"below",
        "/umlaut-%C3%A4%20b.txt": b"umlaut",
        "/%252e.txt": b"percent",
        "/inner": b"0123456789",
        "/docs": b"the docs",
        "/docs/": b"the docs",
        "/docs/a.txt": b"of the docs",
    }
    assert {path: get(site, path).body for path in found} == found


def test_nothing_hidden_outside_or_listed_is_answered(site: Project) -> None:
    missing = [
        *("/nope", "/a.txt/", "/bare", "/bare/", "/page/", "/docsx", "/later", "/later/x", "/fifo", "/loop"),
        *("/.env", "/.git/config", "/%2egit/config", "/sub/.hidden/x.txt", "/.html", "/sub/.html"),
        *("/../secret.txt", "/%2e%2e/secret.txt", "/sub/../../secret.txt", "/sub/..%2f..%2fsecret.txt"),
        *("/sub/../a.txt", "/./a.txt", "/docs/../secret.txt", "/..%5csecret.txt", "/a.txt%00", "/%00"),
        *("/outer", "/outside/secret.txt", "/outside/publicly/x.txt", "/dotted", "/../publicly/x.txt"),
        *("/" + "x" * 5000, "/%ff%fe", "http://127.0.0.1/a.txt", "/a.txt%0d%0aX:y"),
    ]
    answers = {path: get(site, path) for path in missing}
    assert {path: answer.status for path, answer in answers.items()} == dict.fromkeys(missing, 404)
    assert not any(b"SECRET" in answer.body for answer in answers.values())


def test_a_folder_that_comes_later_is_served_then(site: Project) -> None:
    assert get(site, "/later/x.txt").status == 404
    (site.root / "later").mkdir()
    (site.root / "later" / "x.txt").write_text("built")
    assert get(site, "/later/x.txt").body == b"built"


def test_headers_say_what_and_since_when(site: Project) -> None:
    headers = get(site, "/a.txt").headers
    assert headers["Content-Type"] == "text/plain; charset=utf-8"
    assert headers["Content-Length"] == "10"
    assert headers["Last-Modified"] == "Tue, 14 Nov 2023 22:13:20 GMT"
    assert headers["Accept-Ranges"] == "bytes"


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("x.html", "text/html; charset=utf-8"),
        ("x.js", "text/javascript; charset=utf-8"),
        ("x.mjs", "text/javascript; charset=utf-8"),
        ("x.css", "text/css; charset=utf-8"),
        ("x.json", "application/json; charset=utf-8"),
        ("x.svg", "image/svg+xml; charset=utf-8"),
        ("x.png", "image/png"),
        ("x.webp", "image/webp"),
        ("x.woff2", "font/woff2"),
        ("x.wasm", "application/wasm"),
        ("x.tar.gz", "application/octet-stream"),
        ("x", "application/octet-stream"),
    ],
)
def test_a_type_follows_from_the_name(name: str, kind: str) -> None:
    from procman.serve.static import content_type

    assert content_type(f"/srv/{name}") == kind


def test_head_is_get_without_the_body(site: Project) -> None:
    answer, other = ask(site.port, "/a.txt", "HEAD"), get(site, "/a.txt")
    assert (answer.status, answer.body) == (200, b"")
    assert _undated(answer) == _undated(other)
    assert ask(site.port, "/nope", "HEAD").status == 404


def _undated(answer: Answer) -> Mapping[str, str]:
    return {name: value for name, value in answer.headers.items() if name != "Date"}


def test_other_methods_are_refused(site: Project) -> None:
    for method in ("POST", "PUT", "DELETE", "PATCH", "OPTIONS", "PROPFIND"):
        answer = ask(site.port, "/a.txt", method, body=b"x" * (200_000 if method == "PUT" else 1))
        assert (method, answer.status, answer.headers["Allow"]) == (method, 405, "GET, HEAD")


def test_a_range_is_that_part(site: Project) -> None:
    expected = {
        "bytes=0-3": (206, b"0123", "bytes 0-3/10"),
        "bytes=4-": (206, b"456789", "bytes 4-9/10"),
        "bytes=-3": (206, b"789", "bytes 7-9/10"),
        "bytes=-99": (206, b"0123456789", "bytes 0-9/10"),
        "bytes=8-99": (206, b"89", "bytes 8-9/10"),
        "bytes=9-9": (206, b"9", "bytes 9-9/10"),
        "bytes=10-": (416, b"", "bytes */10"),
        "bytes=99-100": (416, b"", "bytes */10"),
        "bytes=-0": (416, b"", "bytes */10"),
    }
    answers = {wanted: get(site, "/a.txt", Range=wanted) for wanted in expected}
    assert {
        wanted: (answer.status, answer.body, answer.headers["Content-Range"])
        for wanted, answer in answers.items()
    } == expected


def test_what_is_not_one_range_is_answered_with_the_whole(site: Project) -> None:
    for wanted in (
        "bytes=0-1,3-4",
        "bytes=3-1",
        "bytes=x-y",
        "bytes=",
        "bytes=-",
        "line=0-1",
        "0-1",
        "bytes=²-3",
    ):
        answer = get(site, "/a.txt", Range=wanted)
        assert (wanted, answer.status, answer.body) == (wanted, 200, b"0123456789")


def test_a_range_of_another_version_is_answered_with_the_whole(site: Project) -> None:
    current = formatdate(CHANGED, usegmt=True)
    assert get(site, "/a.txt", Range="bytes=0-3", If_Range=current).status == 206
    assert get(site, "/a.txt", Range="bytes=0-3", If_Range=formatdate(CHANGED - 9, usegmt=True)).status == 200
    assert get(site, "/a.txt", Range="bytes=0-3", If_Range='"etag"').status == 200


def test_what_has_not_changed_is_not_sent_again(site: Project) -> None:
    expected = {
        formatdate(CHANGED, usegmt=True): (304, b""),
        formatdate(CHANGED + 60, usegmt=True): (304, b""),
        formatdate(CHANGED - 1, usegmt=True): (200, b"0123456789"),
        "yesterday": (200, b"0123456789"),
        "": (200, b"0123456789"),
    }
    answers = {since: get(site, "/a.txt", If_Modified_Since=since) for since in expected}
    assert {since: (answer.status, answer.body) for since, answer in answers.items()} == expected


def test_one_connection_serves_many_requests(site: Project) -> None:
    with connect(site.port) as connection, connection.makefile("rb") as answers:
        for ending in (b"", b"If-Modified-Since: " + formatdate(CHANGED, usegmt=True).encode() + b"\r\n"):
            connection.sendall(b"GET /a.txt HTTP/1.1\r\nHost: x\r\n" + ending + b"\r\n")
            status = answers.readline()
            assert status.startswith(b"HTTP/1.1 304" if ending else b"HTTP/1.1 200")
            length = 0 if ending else 10
            while (line := answers.readline()) != b"\r\n":
                assert line
            assert len(answers.read(length)) == length


def test_a_slow_client_keeps_nobody_waiting(site: Project) -> None:
    big = site.root / "public" / "big"
    with big.open("wb") as file:
        file.truncate(200_000_000)
    with connect(site.port) as slow, connect(site.port):
        slow.sendall(b"GET /big HTTP/1.1\r\nHost: x\r\n\r\n")
        assert slow.recv(10) == b"HTTP/1.1 2"
        assert get(site, "/a.txt").body == b"0123456789"


def test_a_large_file_arrives_whole(site: Project) -> None:
    data = os.urandom(3_000_000)
    (site.root / "public" / "big").write_bytes(data)
    assert get(site, "/big").body == data


@pytest.mark.parametrize("signum", [signal.SIGTERM, signal.SIGINT, signal.SIGHUP])
def test_it_ends_at_once_and_well_whoever_is_connected(project: Project, signum: int) -> None:
    running = serve(project, "/:.")
    with connect(project.port) as connection:
        connection.sendall(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n")
        assert connection.recv(10) == b"HTTP/1.1 4"
        assert running.stop(signum, within=2.0) == 0


def test_what_is_wrong_is_told_in_a_line(project: Project) -> None:
    serve(project, "/:.")
    expected = {
        str(project.port): f"can't listen on 127.0.0.1:{project.port}: address already in use",
        "": "PORT is not set",
        "many": "PORT is 'many', and has to be a number from 1 to 65535",
    }
    for port, line in expected.items():
        running = project.launch(sys.executable, "-I", *PROGRAM, "/:.", env={"PORT": port})
        assert running.wait() == 1
        assert running.output.splitlines() == [line]


def test_every_request_is_a_line(project: Project) -> None:
    running = serve(project, "/:.")
    get(project, "/nope?q=%1b")
    running.until("GET /nope?q=%1b 404")
