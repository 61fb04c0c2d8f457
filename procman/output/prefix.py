"""What stands before each line: time, process, a bar."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from procman.errors import USAGE, ProcmanError

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from procman.output.palette import Palette

_NARROWEST = 6
_FIELDS = ("time", "name", "type", "number", "pid")


class Prefixes:
    """Prefixes as Foreman writes them: `09:00:00 web.1  | `, coloured by process type.

    timestamp: a format of strftime(3), or `iso`, `relative` (seconds since start, tenths) or `none`.
    template: the user's own prefix, with the fields {time} {name} {type} {number} {pid}; "" for none at all.
    start: wall-clock seconds at which procman began.
    Errors: ProcmanError (usage) for a template or a format that can't be used.
    """

    def __init__(
        self,
        names: Sequence[str],
        palette: Palette,
        *,
        timestamp: str = "%H:%M:%S",
        template: str | None = None,
        start: float,
        localtime: Callable[[float], time.struct_time] = time.localtime,
    ) -> None:
        self._palette = palette
        self._pad = max(_NARROWEST, *map(len, names)) if names else _NARROWEST
        self._template = None if template is None else _parse(template)
        self._pids: dict[str, int] = {}
        self._stamp = _Stamp(timestamp, start, localtime)
        self._moment = -1
        self._ready: tuple[dict[str, bytes], dict[str, bytes]] = ({}, {})

    def of(self, name: str, now: float, *, marked: bool = False) -> bytes:
        """Prefix a line of `name` at `now` (wall-clock seconds); marked: `!` for the bar (stderr)."""
        moment = int(now * self._stamp.ticks)
        if moment != self._moment:
            self._moment = moment
            self._forget()
        prefix = self._ready[marked].get(name)
        if prefix is None:
            prefix = self._ready[marked][name] = self._build(name, now, "!" if marked else "|")
        return prefix

    def add(self, name: str, pid: int | None = None) -> None:
        """Take in a process that came later, or its pid; the column widens for a longer name."""
        self._pad = max(self._pad, len(name))
        if pid is not None:
            self._pids[name] = pid
        self._forget()

    def _forget(self) -> None:
        for ready in self._ready:
            ready.clear()

    def _build(self, name: str, now: float, bar: str) -> bytes:
        stamp = self._stamp.at(now)
        process_type, _, number = name.rpartition(".") if "." in name else (name, "", "")
        if self._template is None:
            text = (f"{stamp} " if stamp else "") + f"{name:<{self._pad}} {bar} "
        else:
            pid = str(self._pids.get(name, ""))
            values = dict(zip(_FIELDS, (stamp, name, process_type, number, pid), strict=True))
            text = "".join(literal + values.get(field, "") for literal, field in self._template)
            text += "! " if bar == "!" else ""
        if not text:
            return b""
        on, off = self._palette.color(process_type)
        return on + text.encode("utf-8", "surrogateescape") + off


class _Stamp:
    """The time of a line as text; ticks is how many different ones there are in a second."""

    def __init__(self, form: str, start: float, localtime: Callable[[float], time.struct_time]) -> None:
        self.ticks = 10 if form == "relative" else 1
        self._form = form
        self._start = start
        self._localtime = localtime
        try:
            usable = "\n" not in self.at(start)
        except ValueError:
            usable = False
        if not usable:
            raise ProcmanError(
                f"--timestamp {form!r} is no time format",
                hint="use strftime codes such as %H:%M:%S, or iso, relative, none",
                exit_code=USAGE,
            )

    def at(self, now: float) -> str:
        if self._form == "none":
            return ""
        if self._form == "relative":
            return f"{now - self._start:+9.1f}"
        local = self._localtime(now)
        if self._form == "iso":
            stamp = time.strftime("%Y-%m-%dT%H:%M:%S%z", local)
            return f"{stamp[:-2]}:{stamp[-2:]}"
        return time.strftime(self._form, local)


def _parse(template: str) -> list[tuple[str, str]]:
    """Literals, each with the field after it; only plain fields, as a template must reach no attribute."""
    from string import Formatter

    try:
        parts = [
            (literal, field or "", spec, conversion)
            for literal, field, spec, conversion in Formatter().parse(template)
        ]
    except ValueError as error:
        raise _unusable(template, str(error)) from error
    for literal, field, spec, conversion in parts:
        if "\n" in literal:
            raise _unusable(template, "it has a line break")
        if spec or conversion or (field not in _FIELDS and (field or spec is not None)):
            raise _unusable(template, f"it has no field {{{field}}}")
    return [(literal, field) for literal, field, _, _ in parts]


def _unusable(template: str, reason: str) -> ProcmanError:
    fields = " ".join(f"{{{field}}}" for field in _FIELDS)
    return ProcmanError(
        f"--prefix {template!r} can't be used: {reason}",
        hint=f"use {fields}; a brace itself is written {{{{ or }}}}",
        exit_code=USAGE,
    )
