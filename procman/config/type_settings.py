"""The keys that are said of a process type, one reader each: a TOML value in, a checked value out."""

from __future__ import annotations

import re
import signal
from typing import TYPE_CHECKING, Any

from procman.config.formation import MOST_INSTANCES
from procman.config.settings import READY_WITHIN, Ready, ReadyWhen, Restart, Size, TypeSettings

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

LONGEST_TIMEOUT = 86_400.0
_SIZE = re.compile(r"(\d+(?:\.\d+)?) ?([kmgt]?)(?:i?b)?", re.IGNORECASE | re.ASCII)
_UNITS = {unit: 1024**power for power, unit in enumerate(("", "k", "m", "g", "t"))}
_VARIABLE = re.compile(r"[A-Za-z_][A-Za-z0-9_]*", re.ASCII)
_MOUNT = re.compile(r"[A-Za-z_][A-Za-z0-9_-]*", re.ASCII)


class WrongValue(Exception):  # noqa: N818 - not an error of the program's but a finding about a file
    """What is wrong with a value, and what to write instead."""

    def __init__(self, message: str, hint: str) -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint


def in_words(value: object) -> str:
    """Name the type of a TOML value."""
    match value:
        case bool():
            return "true" if value else "false"
        case str():
            return "a text"
        case int() | float():
            return "a number"
        case list():
            return "a list"
        case dict():
            return "a table"
        case _:
            return "a date or time"


def _text(value: object) -> str:
    if not isinstance(value, str):
        raise WrongValue(f"is {in_words(value)}", "a text is wanted")
    if "\0" in value:
        raise WrongValue("holds a nul byte", "take the nul byte out")
    return value


def _command(value: object) -> str:
    command = _text(value).strip()
    if not command:
        raise WrongValue("is empty", "write a command for the shell")
    return command


def _folder(value: object) -> str | None:
    return _text(value) or None


def _flag(value: object) -> bool:
    if not isinstance(value, bool):
        raise WrongValue(f"is {in_words(value)}", "true or false is wanted")
    return value


def _count(value: object) -> int:
    if isinstance(value, bool) or not isinstance(value, int):
        raise WrongValue(f"is {in_words(value)}", "a whole number is wanted")
    if not 0 <= value <= MOST_INSTANCES:
        raise WrongValue(f"is {value}", f"a number from 0 to {MOST_INSTANCES} is wanted")
    return value


def _seconds(value: object) -> float:
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        raise WrongValue(f"is {in_words(value)}", "a number of seconds is wanted")
    if not 0 <= value <= LONGEST_TIMEOUT:
        raise WrongValue(f"is {value}", f"0 to {LONGEST_TIMEOUT:.0f} seconds are possible")
    return float(value)


def _texts(value: object) -> tuple[str, ...]:
    items = [value] if isinstance(value, str) else value
    if not isinstance(items, list):
        raise WrongValue(f"is {in_words(value)}", "a list of texts is wanted")
    return tuple(_text(item) for item in items)


def _pairs(value: object) -> dict[str, str]:
    """Read a table of texts; a list stands for a table in which every name means itself."""
    if isinstance(value, (str, list)):
        return {name: name for name in _texts(value)}
    if not isinstance(value, dict):
        raise WrongValue(f"is {in_words(value)}", "a table or a list of texts is wanted")
    return {name: _text(item) for name, item in value.items()}


def _env(value: object) -> dict[str, str]:
    if not isinstance(value, dict):
        raise WrongValue(f"is {in_words(value)}", "a table is wanted: { NAME = 'value' }")
    values = {}
    for name, item in value.items():
        if not name or "=" in name or "\0" in name:
            raise WrongValue(f"names {name!r}", "the name of a variable holds neither = nor nul")
        number = isinstance(item, (int, float)) and not isinstance(item, bool)
        if not number and not isinstance(item, str):
            raise WrongValue(f"gives {name} {in_words(item)}", f'write it as a text: {name} = "…"')
        values[name] = _text(str(item))
    return values


def _restart(value: object) -> Restart:
    try:
        return Restart(_text(value))
    except ValueError:
        known = ", ".join(each.value for each in Restart)
        raise WrongValue(f"is {value!r}", f"it is one of {known}") from None


def _signal(value: object) -> int:
    known = {each.name: each.value for each in signal.Signals} | {
        each.name.removeprefix("SIG"): each.value for each in signal.Signals
    }
    if isinstance(value, int) and not isinstance(value, bool) and value in known.values():
        return value
    name = str(value).upper()
    if name in known and known[name] != signal.SIGSTOP:
        return known[name]
    raise WrongValue(f"is {value!r}, which is no signal to stop with", 'for example "INT", "QUIT" or "TERM"')


def _ready(value: object) -> Ready:
    kind, colon, target = _text(value).partition(":")
    hint = 'write "port", "http:/path", "log:REGEX", "exec:COMMAND", or "" for none of them'
    if kind not in {each.value for each in ReadyWhen} or (kind in {"port", ""}) is bool(colon):
        raise WrongValue(f"is {value!r}", hint)
    when, target = ReadyWhen(kind), target.strip() if kind != "log" else target
    if colon and not target:
        raise WrongValue(f"is {value!r}, and nothing follows", hint)
    if when is ReadyWhen.HTTP and not target.startswith("/"):
        raise WrongValue(f"is {value!r}", f'a path begins with a slash: "http:/{target}"')
    if when is ReadyWhen.LOG:
        try:
            re.compile(target.encode("utf-8", "surrogateescape"))
        except re.error as error:
            raise WrongValue(
                f"holds no regular expression: {error}", "put a \\ before a bracket that is meant"
            ) from None
    return Ready(when, target)


def _size(value: object) -> int | None:
    if isinstance(value, int) and not isinstance(value, bool) and value >= 0:
        return value or None
    found = _SIZE.fullmatch(value.strip()) if isinstance(value, str) else None
    if value == "":
        return None
    if found is None:
        shown = repr(value) if isinstance(value, str) else in_words(value)
        raise WrongValue(f"is {shown}", 'write an amount of memory: "512M", "1.5G"')
    return int(float(found[1]) * _UNITS[found[2].lower()]) or None


def _mounts(value: object) -> dict[str, str]:
    mounts = _pairs(value)
    variables: dict[str, str] = {}
    for name, folder in mounts.items():
        if not _MOUNT.fullmatch(name):
            raise WrongValue(f"names {name!r}", "the name of a mount is letters, digits, _ and -")
        other = variables.setdefault(name.upper().replace("-", "_"), name)
        if other != name:
            raise WrongValue(f"names {other} and {name}, one variable for both", "rename one of the two")
        if not folder or folder.startswith("/") or ".." in folder.split("/"):
            raise WrongValue(f"gives {name} {folder!r}", "a folder below the type's own, such as uploads")
    return mounts


def _relationships(value: object) -> dict[str, str]:
    relationships = _pairs(value)
    for name in (*relationships, *relationships.values()):
        if not _VARIABLE.fullmatch(name):
            raise WrongValue(f"names {name!r}", "a relationship names variables: letters, digits and _")
    return relationships


KEYS: dict[str, Callable[[Any], Any]] = {
    "command": _command,
    "env": _env,
    "cwd": _folder,
    "restart": _restart,
    "stop_signal": _signal,
    "stop_timeout": _seconds,
    "needs": _texts,
    "ready": _ready,
    "ready_timeout": _seconds,
    "watch": _texts,
    "size": _size,
    "restart_over": _flag,
    "mounts": _mounts,
    "relationships": _relationships,
    "singleton": _flag,
    "count": _count,
}


def make_settings(values: Mapping[str, Any]) -> TypeSettings:
    """Put checked values together, by key; what is said of a probe or a limit that isn't there is dropped."""
    said = dict(values)
    ready, within = said.pop("ready", None), said.pop("ready_timeout", READY_WITHIN)
    limit, restart_over = said.pop("size", None), said.pop("restart_over", False)
    return TypeSettings(
        **said,
        ready=ready and ready._replace(within=within),
        size=Size(limit, restart_over) if limit else None,
    )
