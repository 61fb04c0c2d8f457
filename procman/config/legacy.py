"""What foreman's `.foreman` and overmind's `.overmind.env` and `OVERMIND_…` say, as options of procman.

They stand below procman's own file, so that a project can move over one key at a time.
"""

from __future__ import annotations

import os
import re
from typing import TYPE_CHECKING, Any

from procman.config.diagnostics import Span
from procman.config.option_keys import OPTIONS, PATHS, Form
from procman.config.options import Options, Raw
from procman.config.sourcefile import read_source
from procman.quicktuple import NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

FOREMAN_FILE = ".foreman"
OVERMIND_FILE = ".overmind.env"
OVERMIND = "OVERMIND_"
ALL = "all"

FOREMAN = {
    "procfile": "procfile",
    "root": "root",
    "env": "env",
    "port": "port",
    "formation": "formation",
    "concurrency": "formation",
    "timeout": "timeout",
    "app": "app",
    "log": "log",
    "user": "run_as",
}
VARIABLES = {
    "PROCFILE": "procfile",
    "ROOT": "root",
    "PORT": "port",
    "PORT_STEP": "port_step",
    "NO_PORT": "no_port",
    "TIMEOUT": "timeout",
    "FORMATION": "formation",
    "IGNORED_PROCESSES": "except",
    "DAEMONIZE": "detach",
}
"""Without OVERMIND_. Those that need more than a name are in `_overmind`."""
SILENT = frozenset({"SHOW_TIMESTAMPS"})
"""What is so here anyway."""
_LINE = re.compile(r""":?([A-Za-z_-]+)\s*:(?:\s+(?:"([^"]*)"|'([^']*)'|(.*?)))?(?:\s+\#.*)?""")
_YES = frozenset({"1", "true", "yes", "on", "t"})


class Said(NamedTuple):
    """One thing that was said, and where."""

    key: str
    value: str
    span: Span


def below(options: Options, folder: str, environ: Mapping[str, str]) -> Options:
    """Put what they say below the options; `legacy` of the result tells what was read, and what for nothing.

    folder: where the options are looked for. Raises ProcmanError for a file that can't be read.
    """
    found = Found(folder)
    for said in _foreman(folder):
        found.foreman(said)
    files = [path for path in _overmind_files(folder) if os.path.exists(path)]
    for said in (*_settings(files, environ), *_variables(environ)):
        found.overmind(said)
    if files or found.env_files or found.skips_env:
        found.name_env_files(files)
    return found.below(options)


def overlaid(
    types: Mapping[str, Mapping[str, Raw]], more: Mapping[str, Mapping[str, Raw]]
) -> dict[str, dict[str, Raw]]:
    """Give the settings of both, key by key; more wins."""
    return {name: {**types.get(name, {}), **more.get(name, {})} for name in (*types, *more)}


class Found:
    """Collects what was found, the later over the earlier."""

    def __init__(self, folder: str) -> None:
        self.env_files: list[str] = []
        self.skips_env = False
        self._folder = folder
        self._values: dict[str, Any] = {}
        self._places: dict[str, Span] = {}
        self._types: dict[str, dict[str, Raw]] = {}
        self._read: dict[str, list[str]] = {}
        self._unread: list[str] = []

    def foreman(self, said: Said) -> None:
        match said.key:
            case "timestamp":
                self._set("no_timestamp", str(said.value.lower() not in _YES), said)
            case "color":
                self._set("color", "always" if said.value.lower() in _YES else "auto", said)
            case key if key in FOREMAN:
                self._set(FOREMAN[key], said.value, said)
            case _:
                self._ignore(said)

    def overmind(self, said: Said) -> None:
        match said.key.removeprefix(OVERMIND):
            case "ANY_CAN_DIE":
                self._set("stop_on", "never" if said.value.lower() in _YES else "crash", said)
            case "AUTO_RESTART" if ALL in said.value.split(","):
                self._set("keep", "true", said)
            case "AUTO_RESTART":
                self._of_types(said, "restart", ((name, "always") for name in said.value.split(",")))
            case "STOP_SIGNALS":
                pairs = (pair.partition("=") for pair in said.value.split(","))
                self._of_types(said, "stop_signal", ((name, signal) for name, _, signal in pairs))
            case "ENV":
                self.env_files = [path.strip() for path in said.value.split(",") if path.strip()]
                self._note(said)
            case "SKIP_ENV":
                self.skips_env = True
                self._note(said)
            case "PROCESSES":
                self._set("processes", said.value, said)
                self._values["processes"] = [name.strip() for name in said.value.split(",") if name.strip()]
            case key if key in VARIABLES:
                self._set(VARIABLES[key], said.value, said)
            case key if key in SILENT:
                pass
            case _:
                self._ignore(said)

    def name_env_files(self, files: Iterable[str]) -> None:
        """Give the processes the variables of these files, too, in overmind's order."""
        own = os.path.join(self._folder, ".env")
        paths = [*files, *([own] if os.path.exists(own) and not self.skips_env else []), *self.env_files]
        self._values["env"] = [",".join(paths)]
        self._places["env"] = Span(OVERMIND_FILE)

    def below(self, options: Options) -> Options:
        top = dict(options.top)
        if "timeout" in self._values and "stop_timeout" not in top:
            top["stop_timeout"] = Raw(_number(self._values["timeout"]), self._places["timeout"])
        headers = {name: raw.span for name, table in self._types.items() for raw in table.values()}
        files = (f"{file} is read: {', '.join(keys)}" for file, keys in self._read.items())
        return options._replace(
            values={**self._values, **options.values},
            places={**self._places, **options.places},
            top=top,
            types=overlaid(self._types, options.types),
            headers={**headers, **options.headers},
            legacy=(*files, *self._unread),
        )

    def _set(self, key: str, value: str, said: Said) -> None:
        if key in PATHS and value:
            value = os.path.join(self._folder, value)
        form = OPTIONS.get(key, Form.TEXTS)
        self._values[key] = (
            [value] if form is Form.TEXTS else value.lower() in _YES if form is Form.FLAG else value
        )
        self._places[key] = said.span
        self._note(said)

    def _of_types(self, said: Said, key: str, pairs: Iterable[tuple[str, str]]) -> None:
        for name, value in pairs:
            self._types.setdefault(name.strip(), {})[key] = Raw(value.strip(), said.span)
        self._note(said)

    def _note(self, said: Said) -> None:
        file = said.span.file if said.span.line else "the environment"
        self._read.setdefault(file, []).append(said.key)

    def _ignore(self, said: Said) -> None:
        where = f"{said.span.file}:{said.span.line}: " if said.span.line else ""
        self._unread.append(f"{where}{said.key} has no counterpart here and says nothing")


def _number(text: str) -> float | str:
    try:
        return float(text)
    except ValueError:  # told where the option is read, with its place
        return text


def _overmind_files(folder: str) -> tuple[str, ...]:
    home = os.path.join(os.path.expanduser("~"), OVERMIND_FILE)
    here = os.path.join(folder, OVERMIND_FILE)
    return (home,) if os.path.abspath(here) == home else (home, here)


def _foreman(folder: str) -> Iterator[Said]:
    """Read `key: value` lines: foreman's file is YAML, and nobody's is more than that."""
    path = os.path.join(folder, FOREMAN_FILE)
    if not os.path.exists(path):
        return
    for number, line in enumerate(read_source(path).lines(), 1):
        match = _LINE.fullmatch(line.rstrip())
        if match and line.strip() != "---":
            value = next((group for group in match.groups()[1:] if group is not None), "")
            yield Said(match[1].replace("-", "_"), value, Span(path, number, 1, len(line), line))


def _settings(files: Iterable[str], environ: Mapping[str, str]) -> Iterator[Said]:
    from procman.config.dotenv import read_dotenv_files

    paths = list(files)
    if paths:
        for key, setting in read_dotenv_files(paths, ".", environ, override=False)[0].items():
            if key.startswith(OVERMIND):
                yield Said(key, setting.value, Span(setting.file, setting.line, 1))


def _variables(environ: Mapping[str, str]) -> Iterator[Said]:
    return (
        Said(key, value, Span(key)) for key, value in environ.items() if key.startswith(OVERMIND) and value
    )
