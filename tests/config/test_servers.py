from __future__ import annotations

import os
import shlex
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from procman.config.kinds import Kind, Meaning
from procman.config.procfile import Entry
from procman.config.servers import Surroundings, meanings, static_command, static_folders, wsgi_command

if TYPE_CHECKING:
    from collections.abc import Callable


def installed(*programs: str) -> Callable[[str], str | None]:
    return lambda program: f"/bin/{program}" if program in programs else None


def words(command: str, **environ: str) -> list[str]:
    """Give the arguments that the shell would hand to the program."""
    script = f"printf '%s\\n' {command.removeprefix('exec ')}"
    done = subprocess.run(["/bin/sh", "-c", script], env=environ, capture_output=True, text=True, check=True)
    return done.stdout.splitlines()


@pytest.mark.parametrize(
    ("programs", "expected"),
    [
        (("gunicorn", "uwsgi", "waitress-serve"), "uwsgi"),
        (("gunicorn", "pyuwsgi"), "pyuwsgi"),
        (("gunicorn", "waitress-serve", "python3"), "gunicorn"),
        (("waitress-serve", "python3"), "waitress-serve"),
        (("python3",), "python3"),
        ((), sys.executable),
    ],
)
def test_the_first_server_that_is_installed_is_taken(programs: tuple[str, ...], expected: str) -> None:
    found = words(wsgi_command("pkg.app:app", installed(*programs)), PORT="5000")
    assert found[0] == expected
    assert found[-1] == "pkg.app:app"


def test_our_own_server_runs_by_its_path_and_it_is_there() -> None:
    folder, server = words(wsgi_command("app:app", installed("python3")), PORT="5000")[1:3]
    assert os.path.isabs(folder)
    assert os.path.isfile(os.path.join(folder, "__main__.py"))
    assert os.path.isfile(os.path.join(folder, f"{server}.py"))


@pytest.mark.parametrize("server", ["uwsgi", "pyuwsgi", "gunicorn", "waitress-serve"])
def test_a_server_gets_the_port_of_the_environment_and_the_number_of_workers(server: str) -> None:
    command = wsgi_command("app:app", installed(server))
    assert {"127.0.0.1:5001", "2"} <= set(words(command, PORT="5001"))
    assert {"127.0.0.1:5001", "7"} <= set(words(command, PORT="5001", UWSGI_PROCESSES="7"))


def test_without_a_port_the_shell_says_what_is_missing() -> None:
    command = wsgi_command("app:app", installed("gunicorn"))
    done = subprocess.run(["/bin/sh", "-c", command], env={}, capture_output=True, text=True, check=False)
    assert done.returncode != 0
    assert "is not set: leave out --no-port" in done.stderr


def folders(command: str, *existing: str) -> list[tuple[str, str]]:
    return [(folder.url, folder.path) for folder in static_folders(command, existing.__contains__)]


@pytest.mark.parametrize(
    ("command", "existing", "expected"),
    [
        ("public", (), [("/", "public")]),
        ("public/", (), [("/", "public")]),
        ("/public", ("public",), [("/", "public")]),
        ("/srv/www", ("/srv/www",), [("/", "/srv/www")]),
        ("../site", (), [("/", "../site")]),
        ("/", (), [("/", ".")]),
        ("/:public,/some:dir", (), [("/", "public"), ("/some", "dir")]),
        ("/some/:dir/,", (), [("/some", "dir")]),
        ("some:dir,/some:dir2", (), [("/some", "dir2")]),
        ("/all:/", (), [("/all", ".")]),
    ],
)
def test_folders_are_read_as_piku_reads_them(
    command: str, existing: tuple[str, ...], expected: list[tuple[str, str]]
) -> None:
    assert folders(command, *existing) == expected


def test_a_folder_reaches_the_program_whole() -> None:
    command = static_command(static_folders("/:my'dir,/b:x", lambda _: False))
    folder, server, *folders = shlex.split(command)[3:]
    assert folders == ["/:my'dir", "/b:x"]
    assert os.path.isfile(os.path.join(folder, f"{server}.py"))


def test_an_entry_comes_to_its_kind_its_command_and_its_schedule() -> None:
    lines = {
        "web": "serve",
        "cron": "*/5 *  * * * x *.py",
        "release": "migrate",
        "wsgi": "a:b",
        "static": "public",
    }
    entries = [Entry(name, command, 1, 1) for name, command in lines.items()]
    around = Surroundings(is_directory={"public"}.__contains__, which=installed("gunicorn"))
    found = meanings(entries, around, plain=False)
    assert found["web"] == Meaning(Kind.PROCESS, "serve")
    assert found["cron"] == Meaning(Kind.CRON, "x *.py", "*/5 * * * *")
    assert found["release"] == Meaning(Kind.RELEASE, "migrate")
    assert found["wsgi"] == Meaning(Kind.WSGI, wsgi_command("a:b", around.which))
    assert found["static"].kind is Kind.STATIC
    assert "/:public" in found["static"].command
    plain = meanings(entries, around, plain=True)
    assert {name: meaning.command for name, meaning in plain.items()} == lines
