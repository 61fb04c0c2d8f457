"""The keys of the options, one for every long option of every command, and what they hold.

Written down here, and compared with the command line by a test, so that reading a file imports no command.
"""

from __future__ import annotations

from enum import Enum


class Form(Enum):
    """What a key holds, in the words of a message."""

    FLAG = "true or false"
    TEXT = "a text"
    TEXTS = "a text or a list of texts"
    PORT = "a number or a text"
    WHOLE = "a whole number"
    NUMBER = "a number"


OPTIONS = {
    "procfile": Form.TEXT,
    "root": Form.TEXT,
    "app_root": Form.TEXT,
    "env": Form.TEXTS,
    "override": Form.FLAG,
    "port": Form.PORT,
    "port_step": Form.WHOLE,
    "no_port": Form.FLAG,
    "formation": Form.TEXTS,
    "concurrency": Form.TEXTS,
    "except": Form.TEXTS,
    "timeout": Form.NUMBER,
    "stop_on": Form.TEXT,
    "release": Form.FLAG,
    "keep": Form.FLAG,
    "plain": Form.FLAG,
    "pty": Form.FLAG,
    "no_pty": Form.FLAG,
    "detach": Form.FLAG,
    "wait": Form.FLAG,
    "no_wait": Form.FLAG,
    "color": Form.TEXT,
    "no_color": Form.FLAG,
    "no_colour": Form.FLAG,
    "timestamp": Form.TEXT,
    "no_timestamp": Form.FLAG,
    "prefix": Form.TEXT,
    "no_prefix": Form.FLAG,
    "format": Form.TEXT,
    "mark_stderr": Form.FLAG,
    "quiet": Form.TEXTS,
    "only": Form.TEXTS,
    "grep": Form.TEXT,
    "status": Form.FLAG,
    "log_dir": Form.TEXT,
    "strict": Form.FLAG,
    "resolved": Form.FLAG,
    "explain": Form.FLAG,
    "show_secrets": Form.FLAG,
    "json": Form.FLAG,
    "with": Form.TEXTS,
    "app": Form.TEXT,
    "image": Form.TEXT,
    "run_as": Form.TEXT,
    "log": Form.TEXT,
    "user": Form.FLAG,
    "stdout": Form.FLAG,
    "diff": Form.FLAG,
    "on": Form.TEXT,
    "context": Form.TEXT,
    "namespace": Form.TEXT,
    "verbose": Form.FLAG,
}
OPPOSITES = {"no_pty": "pty", "no_wait": "wait"}
"""Keys of the second half of a `--this/--no-this`."""
CHOICES = {
    "stop_on": ("crash", "exit", "never"),
    "color": ("auto", "always", "never"),
    "format": ("text", "json"),
    "on": ("kubernetes", "swarm"),
}
PATHS = frozenset({"procfile", "root", "app_root", "env", "log_dir"})
"""Options that name files: relative ones are found from the folder of the options."""


def is_of(form: Form, value: object) -> bool:
    """Say whether a value of a TOML file is what a key holds; true is no number here."""
    match form:
        case Form.FLAG:
            return isinstance(value, bool)
        case Form.TEXT:
            return isinstance(value, str)
        case Form.TEXTS:
            return isinstance(value, str) or (
                isinstance(value, list) and all(isinstance(item, str) for item in value)
            )
        case Form.PORT:
            return isinstance(value, (int, str)) and not isinstance(value, bool)
        case Form.WHOLE:
            return isinstance(value, int) and not isinstance(value, bool)
        case Form.NUMBER:
            return isinstance(value, (int, float)) and not isinstance(value, bool)
