"""Command lines as foreman, honcho and overmind have them, put into procman's words.

Only asked when procman's own parser has refused a command line: what is good here is never looked at.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from procman.config.diagnostics import Span
from procman.config.options import Raw
from procman.quicktuple import NamedTuple

if TYPE_CHECKING:
    from collections.abc import Mapping

COMMANDS = {
    "s": ["start"],
    "r": ["restart"],
    "i": ["stop"],
    "interrupt": ["stop"],
    "c": ["connect"],
    "e": ["run"],
    "q": ["quit"],
    "k": ["quit"],
    "kill": ["quit"],
    "echo": ["logs", "-f"],
    "status": ["ps"],
}
"""Overmind's, by their names there. Its `exec` is `run` here: procman has an exec of its own."""

FLAGS = {
    "-N": ["--no-port"],
    "--daemonize": ["-D"],
    "--any-can-die": ["--stop-on", "never"],
    "-T": [],
    "--show-timestamps": [],
}
VALUES = {
    "-P": "--port-step",
    "--ignored-processes": "-x",
    "-X": "-x",
    "--delayed-processes": "-x",
}
OPTIONAL = {"-c": ["--color", "always"], "--color": ["--color", "always"], "--timestamp": []}
"""Foreman's flags, which take a value here."""
COLORS = ("auto", "always", "never")

_SOCKET = "procman finds what runs here by its folder (-d)"
_TITLE = "the prefix and the log name the processes themselves (--prefix)"
_COLORS = "the colours are the terminal's own (--color, --no-color)"
_SHELL = "commands run in /bin/sh: write the shell into the command"
_TMUX = "there is no tmux: `procman connect` is the terminal"
_STEP = "instances of one type are 1 apart"
_CAN_DIE = "what ends with 0 leaves the others anyway; --stop-on never is for crashes, too"
_TEMPLATE = "the files have no templates"
_PIDS = "the engines keep no pid files"
_GRACE = "each type's stop_timeout goes into the files"
LEFT_OUT = {
    "start": {
        **dict.fromkeys(("-s", "--socket", "-S", "--network"), _SOCKET),
        **dict.fromkeys(("-w", "--title"), _TITLE),
        **dict.fromkeys(("-b", "--colors"), _COLORS),
        **dict.fromkeys(("-H", "--shell"), _SHELL),
        **dict.fromkeys(("-F", "--tmux-config"), _TMUX),
        "--formation-port-step": _STEP,
        "--can-die": _CAN_DIE,
    },
    "export": {
        **dict.fromkeys(("-t", "--template", "--template-dir"), _TEMPLATE),
        **dict.fromkeys(("-r", "--run"), _PIDS),
        **dict.fromkeys(("-s", "--shell"), _SHELL),
        "--timeout": _GRACE,
    },
    **dict.fromkeys(
        ("connect", "restart", "stop", "quit", "ps", "logs"),
        dict.fromkeys(("-s", "--socket", "-S", "--network"), _SOCKET),
    ),
}
"""What takes a value there and has no counterpart here, with the reason, by command."""


class Translated(NamedTuple):
    """types: settings that were typed, by process type and key. notes: what was left out, and why."""

    args: list[str]
    types: Mapping[str, Mapping[str, Raw]]
    notes: list[str]


def translate(args: list[str]) -> Translated:
    """Put a command line, its command first, into procman's words; what needs no change stays."""
    return _Reader(args).read() if args and args[0] else Translated(args, {}, [])


class _Reader:
    def __init__(self, args: list[str]) -> None:
        words = [*COMMANDS.get(args[0], args[:1]), *args[1:]]
        self._command, self._left = words[0], words[1:]
        self._done: list[str] = []
        self._names: list[str] = []
        self._types: dict[str, dict[str, Raw]] = {}
        self._notes: list[str] = []
        self._left_out = LEFT_OUT.get(self._command, {})

    def read(self) -> Translated:
        while self._left and self._left[0] != "--":
            word = self._left.pop(0)
            if self._command == "start":
                self._option_of_start(word)
            elif not self._without_counterpart(word):
                self._done.append(_run_as(word) if self._command == "export" else word)
        return Translated(
            [self._command, *self._done, *self._names, *self._left],
            self._types,
            self._notes,
        )

    def _option_of_start(self, word: str) -> None:
        name, value = _parted(word)
        if name in OPTIONAL and value is None and not self._has_value(name):
            self._done += OPTIONAL[name]
        elif word in FLAGS:
            self._done += FLAGS[word]
        elif name in VALUES:
            self._done += [VALUES[name], self._value(value)]
        elif name in {"-l", "--processes"}:
            self._names += [part.strip() for part in self._value(value).split(",")]
        elif name in {"-r", "--auto-restart"}:
            self._restart(self._value(value), word)
        elif name in {"-i", "--stop-signals"}:
            for pair in self._value(value).split(","):
                process_type, _, signal = pair.partition("=")
                self._say(process_type, "stop_signal", signal, name)
        elif not self._without_counterpart(word):
            self._done.append(word)

    def _restart(self, names: str, word: str) -> None:
        for name in map(str.strip, names.split(",")):
            if name == "all":
                self._done.append("--keep")
            else:
                self._say(name, "restart", "always", word)

    def _say(self, process_type: str, key: str, value: str, word: str) -> None:
        self._types.setdefault(process_type.strip(), {})[key] = Raw(value.strip(), Span(word))

    def _without_counterpart(self, word: str) -> bool:
        name, value = _parted(word)
        if name not in self._left_out:
            return False
        self._value(value)
        self._notes.append(f"{name} is left out: {self._left_out[name]}")
        return True

    def _has_value(self, name: str) -> bool:
        following = self._left[0] if self._left else "-"
        return following in COLORS if name == "--color" else not following.startswith("-")

    def _value(self, value: str | None) -> str:
        if value is not None:
            return value
        return self._left.pop(0) if self._left else ""


def _parted(word: str) -> tuple[str, str | None]:
    """Part an option from the value that is in the same word: `--port-step=10`, `-P10`."""
    if word.startswith("--"):
        name, equals, value = word.partition("=")
        return name, value if equals else None
    return word[:2], word[2:] or None


def _run_as(word: str) -> str:
    """Foreman's `export --user=NAME`; procman's --user is systemd's, and a flag."""
    return f"--run-as={word.removeprefix('--user=')}" if word.startswith("--user=") else word
