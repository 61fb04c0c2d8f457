"""What each engine makes of a quoted text, written down from its manual: quoting is tried against these.

systemd.syntax(7), systemd.service(5) and systemd.exec(5); Kubernetes' expansion of `$(VAR)`; compose's of
`$VAR`. supervisord, sh, plistlib and the readers of YAML are there themselves.
"""

from __future__ import annotations

import configparser
import re
import shlex


def systemd_words(text: str, *, command: bool = False, specifiers: dict[str, str] | None = None) -> list[str]:
    """Give the words of a directive: split, then specifiers replaced, then (command) variables."""
    words = []
    known = {"%": "%", **(specifiers or {})}
    for word in _split(text):
        resolved = re.sub(r"%(.)", lambda found: known[found[1]], word)
        words.append(_variables(resolved) if command else resolved)
    return words


def environment_file(text: str) -> dict[str, str]:
    """Give what EnvironmentFile= reads from a file of NAME="value" lines."""
    found = {}
    position = 0
    while match := re.compile(r"(?:\n|#[^\n]*\n)*(\w+)=\"").match(text, position):
        value, position = _double_quoted(text, match.end())
        found[match[1]] = value
    assert text[position:] in {"", "\n"}
    return found


def kubernetes_expanded(text: str, environ: dict[str, str]) -> str:
    """Do what the kubelet does to command, args and env: third_party/forked/golang/expansion."""

    def one(found: re.Match[str]) -> str:
        if found[0] == "$$":
            return "$"
        return environ.get(found[1], found[0])

    return re.sub(r"\$\$|\$\(([^)]*)\)", one, text)


def supervisord_command(text: str) -> list[str]:
    """Give the words of `command=` as supervisor/options.py and process.py get to them."""
    parser = configparser.RawConfigParser(inline_comment_prefixes=(";", "#"), strict=False)
    parser.read_string(f"[program:x]\ncommand={text}\n")
    return shlex.split(parser.get("program:x", "command") % {"here": "/"})


def _split(text: str) -> list[str]:
    words: list[str] = []
    position = 0
    while position < len(text):
        if text[position] == " ":
            position += 1
        elif text[position] == '"':
            word, position = _c_quoted(text, position + 1)
            words.append(word)
        else:
            end = (text + " ").index(" ", position)
            words.append(text[position:end])
            position = end
    return words


def _c_quoted(text: str, position: int) -> tuple[str, int]:
    found = ""
    while text[position] != '"':
        if text[position] != "\\":
            assert text[position] != "\n", "the line ended in the middle of a word"
            found += text[position]
            position += 1
        elif text[position + 1] == "x":
            found += chr(int(text[position + 2 : position + 4], 16))
            position += 4
        else:
            assert text[position + 1] in '\\"', "an escape that we don't write"
            found += text[position + 1]
            position += 2
    return found, position + 1


def _double_quoted(text: str, position: int) -> tuple[str, int]:
    found = ""
    while text[position] != '"':
        if text[position] == "\\":
            escaped = text[position + 1]
            found += escaped if escaped in '"\\`$' else "" if escaped == "\n" else f"\\{escaped}"
            position += 2
        else:
            found += text[position]
            position += 1
    return found, position + 1


def _variables(word: str) -> str:
    return re.sub(r"\$(\$|\{\w+\}|\w+)?", lambda found: "$" if found[1] == "$" else "", word)
