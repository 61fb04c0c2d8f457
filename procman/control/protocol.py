"""The language between a running procman and its clients: a JSON object a line, both ways. No I/O.

A request is `{"procman": 1, "verb": "ps", …}`. The answer is any number of objects without "ok", then
one with it: true, or false with "error" (a word), "message" and what else helps. docs/protocol.md has
every verb. Text is UTF-8 and escaped to ASCII; a byte that is not UTF-8 is a lone surrogate, as
Python's surrogateescape has it.
"""

from __future__ import annotations

import json
from functools import lru_cache
from typing import TYPE_CHECKING, Any, TypeGuard

from procman.control.names import is_glob
from procman.quicktuple import NamedTuple

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

VERSION = 1
LONGEST_REQUEST = 64 * 1024
LONGEST_REPLY = 64 * 1024 * 1024
"""What a client takes: a line of 16 MiB in a log, every byte of it escaped."""
MOST_WORDS = 512
MOST_GLOBS = 16
LONGEST_WORD = 256
LONGEST_WAIT = 86_400.0
HIGHEST = 1_000_000
SHORT = 200

Reply = dict[str, Any]


class Refusal(Exception):  # noqa: N818 - it is an answer, and no error of ours
    """What is answered in place of what was asked for. code: a word for programs, more: what helps."""

    def __init__(self, code: str, message: str, **more: object) -> None:
        super().__init__(message)
        self.reply: Reply = {"ok": False, "error": code, "message": message, **more}


class Request(NamedTuple):
    verb: str
    arguments: Mapping[str, Any]


def _is_text(value: object) -> TypeGuard[str]:
    return isinstance(value, str) and 0 < len(value) <= LONGEST_WORD


def _are_words(value: object) -> bool:
    return (
        isinstance(value, list)
        and len(value) <= MOST_WORDS
        and all(map(_is_text, value))
        and sum(map(is_glob, value)) <= MOST_GLOBS
    )


def _is_whole(value: object) -> TypeGuard[int]:
    return isinstance(value, int) and not isinstance(value, bool) and 0 <= value <= HIGHEST


def _is_seconds(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and 0 <= value <= LONGEST_WAIT


def _is_flag(value: object) -> bool:
    return isinstance(value, bool)


def _is_size(value: object) -> bool:
    return (
        isinstance(value, list)
        and len(value) == 2  # noqa: PLR2004 - rows and columns
        and all(_is_whole(side) and 0 < side < 1 << 16 for side in value)
    )


def _are_changes(value: object) -> bool:
    """Whether it is a list of [type, "=" or "+" or "-", count]."""
    return (
        isinstance(value, list)
        and 0 < len(value) <= MOST_WORDS
        and all(
            isinstance(change, list)
            and len(change) == 3  # noqa: PLR2004 - type, sign, count
            and _is_text(change[0])
            and change[1] in ("=", "+", "-")
            and _is_whole(change[2])
            for change in value
        )
    )


VERBS: Mapping[str, Mapping[str, Callable[[object], bool]]] = {
    "info": {},
    "ps": {"names": _are_words},
    "start": {"names": _are_words, "all": _is_flag},
    "stop": {"names": _are_words, "all": _is_flag},
    "restart": {"names": _are_words, "all": _is_flag},
    "scale": {"changes": _are_changes},
    "signal": {"names": _are_words, "all": _is_flag, "signal": _is_whole},
    "wait": {"names": _are_words, "timeout": _is_seconds},
    "logs": {"names": _are_words, "lines": _is_whole, "since": _is_seconds, "follow": _is_flag},
    "connect": {"name": _is_text, "write": _is_flag, "size": _is_size},
    "quit": {},
}
"""Every verb, with what may be said beside it. There is none that runs a command or gives a value away."""

_encode = json.JSONEncoder(separators=(",", ":"), check_circular=False).encode


def encode(message: Mapping[str, Any]) -> bytes:
    return _encode(message).encode("ascii") + b"\n"


def request_line(verb: str, **arguments: object) -> bytes:
    return encode({"procman": VERSION, "verb": verb, **arguments})


def decode(line: bytes) -> Reply:
    """Read one line; raises Refusal for anything but an object."""
    try:
        found = json.loads(line)
    except (ValueError, RecursionError):
        raise Refusal("bad-request", "a line must be one JSON object in UTF-8") from None
    if not isinstance(found, dict):
        raise Refusal("bad-request", "a line must be one JSON object")
    return found


def parse_request(line: bytes) -> Request:
    """Read a request and everything in it, so that nobody behind this has to wonder about types."""
    return _parse_again(line) if len(line) < SHORT else _parse(line)


def _parse(line: bytes) -> Request:
    found = decode(line)
    version = found.pop("procman", None)
    if version != VERSION or isinstance(version, bool):
        raise Refusal("version", f'this procman speaks version {VERSION}: {{"procman": {VERSION}, …}}')
    verb = found.pop("verb", None)
    if not isinstance(verb, str) or verb not in VERBS:
        raise Refusal("unknown-verb", f"a verb is one of {', '.join(VERBS)}")
    for key, value in found.items():
        check = VERBS[verb].get(key)
        if check is None or not check(value):
            what = "takes no" if check is None else "can't use this"
            raise Refusal("bad-request", f"{verb} {what} {key[:LONGEST_WORD]!r}")
    return Request(verb, found)


# Whoever asks a thousand times a second asks the same.
_parse_again = lru_cache(maxsize=32)(_parse)


class Inbox:
    """Cuts what arrives into lines; never holds more than `limit` bytes."""

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._data = bytearray()
        self._searched = 0

    def feed(self, data: bytes) -> bool:
        """Take bytes in; false when that is more than anybody may leave lying here."""
        self._data += data
        return len(self._data) <= self._limit

    def pop(self) -> bytes | None:
        """Give the next whole line, without its end."""
        end = self._data.find(b"\n", self._searched)
        if end < 0:
            self._searched = len(self._data)
            return None
        line = bytes(self._data[:end])
        del self._data[: end + 1]
        self._searched = 0
        return line

    @property
    def has_line(self) -> bool:
        return b"\n" in self._data

    def __len__(self) -> int:
        return len(self._data)
