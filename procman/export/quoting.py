"""How each format is told a text so that it arrives unchanged, or why it can't be told.

Every function takes one text and gives what stands for it in one place of one format. What a format can't
carry is refused with ProcmanError: no value can end its line, its word or its block.
"""

from __future__ import annotations

from shlex import quote as shell_word
from typing import TYPE_CHECKING

from procman.errors import ProcmanError

if TYPE_CHECKING:
    from collections.abc import Container

__all__ = [
    "doubled_dollars",
    "environment_file_value",
    "is_text",
    "one_line",
    "percents",
    "shell_word",
    "supervisord_command",
    "systemd_path",
    "systemd_word",
    "utf8",
    "xml_text",
]

LONGEST_ARGUMENT = 131_071
"""Bytes, MAX_ARG_STRLEN in execve(2)."""
CONTROLS = frozenset(map(chr, [*range(32), 127]))
_ESCAPED_CONTROLS = {ord(char): f"\\x{ord(char):02x}" for char in CONTROLS}


def is_text(text: str) -> bool:
    """Say whether a text is valid UTF-8: surrogates stand for bytes that are not."""
    return not any("\ud800" <= char <= "\udfff" for char in text)


def utf8(text: str, engine: str, what: str) -> str:
    """Return the text where it is UTF-8 without NUL."""
    if not is_text(text):
        raise _refusal(engine, what, "bytes that are not utf-8")
    if "\0" in text:
        raise _refusal(engine, what, "a nul byte")
    return text


def without_controls(text: str, engine: str, what: str, *, allowed: Container[str] = "") -> str:
    """Return the text where it is UTF-8 and none of its control characters is another than the allowed."""
    for char in utf8(text, engine, what):
        if char in CONTROLS and char not in allowed:
            raise _refusal(engine, what, f"the control character {char!r}")
    return text


def systemd_word(text: str, what: str, *, command: bool = False) -> str:
    """Return one word of a directive, as "Quoting" in systemd.syntax(7) reads it.

    command: a word of ExecStart=, where variables are replaced, too.
    """
    escaped = utf8(text, "systemd", what).replace("\\", "\\\\").replace('"', '\\"').replace("%", "%%")
    if command:
        escaped = escaped.replace("$", "$$")
    return f'"{escaped.translate(_ESCAPED_CONTROLS)}"'


def systemd_path(path: str, what: str) -> str:
    """Return a path for a directive that takes the rest of its line, where only specifiers are replaced."""
    if path != path.strip() or any(char in path for char in "\\*?["):
        raise _refusal("systemd", what, r"one of \ * ? [, or a blank at an end")
    return without_controls(path, "systemd", what).replace("%", "%%")


def environment_file_value(text: str, what: str) -> str:
    """Return a value for EnvironmentFile= of systemd.exec(5); systemd drops values with other controls."""
    escaped = without_controls(text, "systemd", what, allowed="\t\n")
    for char in '\\"`$':
        escaped = escaped.replace(char, f"\\{char}")
    return f'"{escaped}"'


def one_line(script: str) -> str:
    """Return a shell script that is one line of printable ASCII and does the same."""
    if script.isascii() and script.isprintable():
        return script
    safe = script.replace("\\", "\\\\").encode("utf-8", "surrogateescape")
    text = "".join(
        chr(byte) if chr(byte).isprintable() and byte < 127 and byte != ord("'") else f"\\0{byte:03o}"  # noqa: PLR2004
        for byte in safe
    )
    return f"eval \"$(printf %b '{text}')\""


def percents(text: str) -> str:
    """Return a text for a supervisord option: every % would begin an expansion."""
    return text.replace("%", "%%")


def supervisord_command(words: list[str], what: str) -> str:
    """Return words for `command=`: shell words, of which no ; or # behind a blank begins a comment."""
    command = " ".join(map(shell_word, words))
    if not (command.isascii() and command.isprintable()):
        # The file is read in the locale's encoding and line by line.
        script = one_line(f"exec {command}")
        if len(script) > LONGEST_ARGUMENT:
            raise _refusal("supervisord", what, f"more than {LONGEST_ARGUMENT} bytes as one argument")
        command = f"/bin/sh -c {shell_word(script)}"
    for char in ";#":
        # Both are inside single quotes: the quotes end before the character and begin again.
        command = command.replace(f" {char}", f" ''{char}")
    return percents(command)


def doubled_dollars(text: str) -> str:
    """Return a text for compose files, and for command, args and env of Kubernetes: `$$` is a `$` there."""
    return text.replace("$", "$$")


def xml_text(text: str, what: str) -> str:
    """Return a text that a property list can hold: plistlib turns carriage returns into newlines."""
    if "\ufffe" in text or "\uffff" in text:
        raise _refusal("launchd", what, "a character that XML has not")
    return without_controls(text, "launchd", what, allowed="\t\n")


def _refusal(engine: str, what: str, why: str) -> ProcmanError:
    return ProcmanError(
        f"{what} can't be exported to {engine}: it holds {why}",
        hint="put it into a script or a file that the program reads",
    )
