"""What is wrong with a cron line: a value out of range, or almost the shape and not quite."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from procman.config.cron import FIELD, FIELDS, LIMITS, Schedule, parse_schedule
from procman.config.diagnostics import Diagnostic, Severity, Span
from procman.config.kinds import CRON_PREFIX

if TYPE_CHECKING:
    from collections.abc import Iterator

    from procman.config.procfile import Entry

LONGEST_MONTHS = {"2": 29, "4": 30, "6": 30, "9": 30, "11": 30}
MACROS = {
    "@hourly": "0 * * * *",
    "@daily": "0 0 * * *",
    "@midnight": "0 0 * * *",
    "@weekly": "0 0 * * 7",
    "@monthly": "0 0 1 * *",
    "@yearly": "0 0 1 1 *",
    "@annually": "0 0 1 1 *",
}
_FIELDS_IN_WORDS = "minute hour day month weekday"
_GRAMMAR = "a field is `*`, `*/n` or one number; for several times write several cron lines"
_NAMES = "sun|mon|tue|wed|thu|fri|sat|jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec"
_FIELD = re.compile(FIELD)
# What other crons take for a field: ranges, lists, names, `?`, `L`, `5#2`, and Jenkins' and Upsun's `H`.
_TOKEN = rf"(?:[0-9]+L?W?|\*|\?|LW?|H(?:\([0-9-]*\))?|(?i:{_NAMES}))"
_FOREIGN = re.compile(rf"{_TOKEN}(?:[,/#-]{_TOKEN})*[,/#-]?")
_WORD = re.compile(r"[^ \t]+")


def cron_problems(file: str, entry: Entry, text: str) -> Iterator[Diagnostic]:
    """Yield the errors of an entry whose name starts with `cron`; none for an ordinary process.

    All are fatal: nobody wants a job at another time, nor `*/5` run as a program.
    """

    def error(code: str, message: str, start: int, length: int, hint: str) -> Diagnostic:
        span = Span(file, entry.line, entry.column + start, length, text)
        return Diagnostic(code, Severity.ERROR, message, span, hint, fatal=True)

    if not entry.name.startswith(CRON_PREFIX):
        return
    words = [(found[0], found.start()) for found in _WORD.finditer(entry.command)]
    parsed = parse_schedule(entry.command)
    if parsed is None:
        slip = _shape(words)
        if slip is not None:
            yield error("cron-shape", *slip)
        return
    schedule, command = parsed
    if _FIELD.fullmatch(words[5][0]):
        message = f"more than five fields before the command: {_FIELDS_IN_WORDS}"
        yield error("cron-shape", message, words[5][1], len(words[5][0]), "seconds and years are not known")
        return
    for name, (word, start) in zip(FIELDS, words, strict=False):
        complaint = _out_of_range(name, word)
        if complaint:
            yield error("cron-field", complaint, start, len(word), f"write {name} as `*`, `*/n` or a number")
    if _never(schedule):
        message = (
            f"day {schedule.day} never comes in month {schedule.month}, so {command.split()[0]} never runs"
        )
        yield error("cron-field", message, words[2][1], len(words[2][0]), "choose a day that the month has")


def _shape(words: list[tuple[str, int]]) -> tuple[str, int, int, str] | None:
    """Give message, start, length and hint where a command begins like a schedule and isn't one."""
    first, start = words[0]
    if re.fullmatch(r"@[a-z]+", first):
        written = f"write `{MACROS[first]}`" if first in MACROS else _GRAMMAR
        return f"{first} is not known here", start, len(first), written
    if first[0] in "\"'" and _FOREIGN.fullmatch(first.strip("\"'")):
        return "a schedule stands without quotes", start, len(first), "leave them out"
    if not _FOREIGN.fullmatch(first) or first[0] not in "0123456789*?H":
        return None
    if first == "H" and not (words[1:] and _FOREIGN.fullmatch(words[1][0])):
        return None
    for name, (word, at) in zip(FIELDS, words, strict=False):
        if _FIELD.fullmatch(word):
            continue
        if _FOREIGN.fullmatch(word):
            return f"{name} `{word}` is neither `*` nor `*/n` nor a number", at, len(word), _GRAMMAR
        message = f"{name} is missing: five fields stand before the command ({_FIELDS_IN_WORDS})"
        return message, at, len(word), "for each that doesn't matter write `*`"
    last, at = words[-1]
    if len(words) < len(FIELDS):
        message = f"{FIELDS[len(words)]} is missing, and a command: {_FIELDS_IN_WORDS}, then what to run"
    else:
        message = "no command after the five fields"
    return message, at + len(last) - 1, 1, "write for example `*/5 * * * * python batch.py`"


def _out_of_range(name: str, word: str) -> str:
    lowest, highest = LIMITS[name]
    step = word.startswith("*/")
    digits = word.removeprefix("*/")
    if digits == "*":
        return ""
    lowest = 1 if step else lowest
    # The length first: int() refuses thousands of digits with an error of its own.
    if len(digits.lstrip("0")) <= len(str(highest)) and lowest <= int(digits) <= highest:
        return ""
    what = "step of " if step else ""
    return f"{what}{name} {_short(digits)} is out of range: {lowest} to {highest}"


def _never(schedule: Schedule) -> bool:
    """Whether day and month are a date that no year has (and no weekday stands in for the day)."""
    month = schedule.month.lstrip("0")
    if not schedule.weekday.startswith("*") or month not in LONGEST_MONTHS:
        return False
    day = schedule.day.lstrip("0")
    last = LIMITS["day"][1]
    return day.isdecimal() and len(day) <= len(str(last)) and LONGEST_MONTHS[month] < int(day) <= last


def _short(text: str) -> str:
    return text if len(text) <= 12 else text[:12] + "…"  # noqa: PLR2004 - enough to recognise it
