"""A first Procfile for what a folder holds, by the files that tell frameworks apart."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from procman.quicktuple import NamedTuple

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    Reader = Callable[[str], str | None]


class Found(NamedTuple):
    """One line for the Procfile, and the file that suggested it."""

    name: str
    command: str
    because: str


def suggest(read: Reader) -> tuple[Found, ...]:
    """Give entries for a folder; read gives the text of a file in it, None where there is none.

    A name that two frameworks want (a Django app with a package.json) goes to the first, the next ones get
    the name of what they are.
    """
    found: list[Found] = []
    for finder in (_django, _rails, _python_web, _celery, _node, _go, _compose):
        for entry in finder(read):
            names = {other.name for other in found}
            found.append(entry._replace(name=_free(entry.name, names)))
    return tuple(found)


def procfile_text(found: tuple[Found, ...]) -> str:
    """Write the entries down, one a line with its reason above it."""
    if not found:
        return _NOTHING_FOUND
    return "".join(f"# {entry.because}\n{entry.name}: {entry.command}\n" for entry in found)


_NOTHING_FOUND = """\
# One process a line, `name: command`. $PORT is the port that procman gives it.
web: python3 -m http.server $PORT --bind 127.0.0.1
"""


def _django(read: Reader) -> Iterator[Found]:
    if (text := read("manage.py")) is not None and "django" in text.lower():
        yield Found("web", "python manage.py runserver $PORT", "manage.py: a Django project")
        yield Found("release", "python manage.py migrate", "run with: procman start --release")


def _rails(read: Reader) -> Iterator[Found]:
    gems = read("Gemfile")
    if gems is None:
        return
    if re.search(r"""^\s*gem\s+["']rails["']""", gems, re.MULTILINE):
        yield Found("web", "bin/rails server -p $PORT", "Gemfile: a Rails app")
        if re.search(r"""^\s*gem\s+["']sidekiq["']""", gems, re.MULTILINE):
            yield Found("worker", "bundle exec sidekiq", "Gemfile: sidekiq")
        yield Found("release", "bin/rails db:migrate", "run with: procman start --release")
    elif read("config.ru") is not None:
        yield Found("web", "bundle exec rackup -p $PORT", "config.ru: a Rack app")


def _python_web(read: Reader) -> Iterator[Found]:
    for file in ("app.py", "main.py", "wsgi.py"):
        text = read(file) or ""
        module = file.removesuffix(".py")
        if match := re.search(r"^(\w+)\s*=\s*Flask\(", text, re.MULTILINE):
            yield Found("wsgi", f"{module}:{match[1]}", f"{file}: a Flask app")
            return
        if match := re.search(r"^(\w+)\s*=\s*(?:FastAPI|Starlette)\(", text, re.MULTILINE):
            command = f"uvicorn {module}:{match[1]} --port $PORT --reload"
            yield Found("web", command, f"{file}: an ASGI app")
            return


def _celery(read: Reader) -> Iterator[Found]:
    for file in ("celeryapp.py", "celery_app.py", "tasks.py"):
        if "Celery(" in (read(file) or ""):
            command = f"celery -A {file.removesuffix('.py')} worker"
            yield Found("worker", command, f"{file}: a Celery app")
            return


def _node(read: Reader) -> Iterator[Found]:
    text = read("package.json")
    if text is None:
        return
    import json

    try:
        scripts = json.loads(text).get("scripts", {})
    except (ValueError, AttributeError):
        return
    runner = next((tool for tool, lock in _LOCKS.items() if read(lock) is not None), "npm")
    for script in ("dev", "start", "serve"):
        if isinstance(scripts, dict) and script in scripts:
            yield Found("web", f"{runner} run {script}", f"package.json: its script {script}")
            break
    for script in scripts if isinstance(scripts, dict) else ():
        if script.startswith("watch") and re.fullmatch(r"[\w:-]+", script):
            yield Found(
                script.replace(":", "-"), f"{runner} run {script}", f"package.json: its script {script}"
            )


_LOCKS = {"pnpm": "pnpm-lock.yaml", "yarn": "yarn.lock", "bun": "bun.lock", "npm": "package-lock.json"}


def _go(read: Reader) -> Iterator[Found]:
    if read("go.mod") is not None and read("main.go") is not None:
        yield Found("web", "go run .", "go.mod: a Go program")


def _compose(read: Reader) -> Iterator[Found]:
    for file in ("compose.yaml", "compose.yml", "docker-compose.yml", "docker-compose.yaml"):
        if read(file) is not None:
            yield Found("services", "docker compose up", f"{file}: what runs in containers")
            return


def _free(name: str, taken: set[str]) -> str:
    other = {"web": "frontend", "worker": "jobs"}.get(name, name)
    alternatives = (name, other, *(f"{name}{number}" for number in range(2, 10)))
    return next(free for free in alternatives if free not in taken)
