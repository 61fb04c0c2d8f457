"""Where both servers listen, why they can't, and how they say so."""

from __future__ import annotations

import os
from contextlib import suppress

HOST = "127.0.0.1"
HIGHEST_PORT = 65535


class Refusal(Exception):  # noqa: N818 - it is told to the user, as a sentence
    """Why nothing can be served, in one line."""


def number(variable: str, default: int | None, highest: int) -> int:
    """Read a number from 1 on from the environment; raises Refusal."""
    text = os.environ.get(variable, "").strip() or str(default or "")
    if not text:
        raise Refusal(f"{variable} is not set")
    if text.isascii() and text.isdecimal() and len(text) <= len(str(highest)) and 1 <= int(text) <= highest:
        return int(text)
    raise Refusal(f"{variable} is {text!r}, and has to be a number from 1 to {highest}")


def refused(port: int, error: OSError) -> Refusal:
    return Refusal(f"can't listen on {HOST}:{port}: {(error.strerror or str(error)).lower()}")


def say(text: str) -> None:
    """Write one line to standard error in one go, so that threads and workers don't mix theirs."""
    line = "".join(char if char.isprintable() else f"\\x{ord(char):02x}" for char in text) + "\n"
    with suppress(OSError):
        os.write(2, line.encode("utf-8", "backslashreplace"))
