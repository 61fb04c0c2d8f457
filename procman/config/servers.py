"""The commands that serve `wsgi` and `static` lines, for /bin/sh; what is installed is asked of `which`."""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING

from procman.config.kinds import Kind, Meaning, classify
from procman.quicktuple import NamedTuple

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from procman.config.procfile import Entry

_ROOM = os.path.join(os.path.dirname(os.path.dirname(os.path.abspath(__file__))), "serve")
_PORT = "${PORT:?is not set: leave out --no-port}"
_ADDRESS = f'"127.0.0.1:{_PORT}"'
_WORKERS = '"${UWSGI_PROCESSES:-2}"'

WSGI_SERVERS = {
    "uwsgi": f"--http-socket {_ADDRESS} --master --need-app --die-on-term --pythonpath ."
    f" --processes {_WORKERS} --module",
    "pyuwsgi": f"--http-socket {_ADDRESS} --master --need-app --die-on-term --pythonpath ."
    f" --processes {_WORKERS} --module",
    "gunicorn": f"--bind {_ADDRESS} --workers {_WORKERS} --access-logfile -",
    # One process, whatever is asked for: its workers are threads.
    "waitress-serve": f"--listen {_ADDRESS} --threads {_WORKERS}",
}
"""What stands between the program and `module:callable`, in the order of preference."""


class Surroundings(NamedTuple):
    """What is on disk. is_directory: asked of a path as written, from the root. which: as shutil.which."""

    is_directory: Callable[[str], bool]
    which: Callable[[str], str | None]

    def is_program(self, word: str) -> bool:
        return self.which(word) is not None


class Folder(NamedTuple):
    """url: `/` or `/some`, without a slash at its end; path: as the shell's folder sees it."""

    url: str
    path: str


def meanings(entries: Iterable[Entry], around: Surroundings, *, plain: bool) -> dict[str, Meaning]:
    """Return what each entry comes to, by name."""
    return {entry.name: _meaning(entry, around, plain=plain) for entry in entries}


def _meaning(entry: Entry, around: Surroundings, *, plain: bool) -> Meaning:
    kind = classify(entry, plain=plain, is_directory=around.is_directory, is_program=around.is_program)
    match kind:
        case Kind.CRON:
            from procman.config.cron import parse_schedule

            parsed = parse_schedule(entry.command)
            return Meaning(kind, parsed[1], parsed[0].text) if parsed else Meaning(kind, entry.command)
        case Kind.WSGI:
            return Meaning(kind, wsgi_command(entry.command, around.which))
        case Kind.STATIC:
            return Meaning(kind, static_command(static_folders(entry.command, around.is_directory)))
        case Kind.PROCESS | Kind.RELEASE | Kind.PREFLIGHT:
            return Meaning(kind, entry.command)


def wsgi_command(application: str, which: Callable[[str], str | None]) -> str:
    """Serve `module:callable` with the first server there is, else with procman's own on the app's Python."""
    from shlex import quote

    for server, options in WSGI_SERVERS.items():
        if which(server):
            return f"exec {server} {options} {quote(application)}"
    python = "python3" if which("python3") else quote(sys.executable)
    # By its path: procman need not be installed where the app's Python looks.
    return f"exec {python} {quote(_ROOM)} wsgi {quote(application)}"


def static_command(folders: Iterable[Folder]) -> str:
    """Serve folders with procman's own Python; isolated (-I), so that no module of the app's gets in."""
    from shlex import join

    words = [f"{folder.url}:{folder.path}" for folder in folders]
    return "exec " + join([sys.executable, "-I", _ROOM, "static", *words])


def static_folders(command: str, is_directory: Callable[[str], bool]) -> tuple[Folder, ...]:
    """Read `DIR`, `/` (everything) or `/url:dir,/other:dir2`; a later folder of one url wins."""
    if ":" not in command:
        return (Folder("/", _path(command, is_directory)),)
    found: dict[str, Folder] = {}
    for part in filter(None, command.split(",")):
        url, _, path = part.partition(":")
        url = "/" + url.strip("/")
        found[url] = Folder(url, _path(path, is_directory))
    return tuple(found.values())


def _path(text: str, is_directory: Callable[[str], bool]) -> str:
    """Read a folder: `/public` is `public`, as in piku, unless it is the only one there; `/` is the root."""
    bare = text.strip("/")
    if not bare:
        return "."
    return text if is_directory(text) and not is_directory(bare) else bare
