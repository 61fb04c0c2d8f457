"""Goes over the keys of an options file: what belongs to the command line, to all types, or to one."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

from procman.config.diagnostics import Diagnostic, Severity
from procman.config.nearest import did_you_mean
from procman.config.option_keys import CHOICES, OPPOSITES, OPTIONS, PATHS, Form, is_of
from procman.config.options import TYPES, Options, Raw
from procman.config.procfile import LONGEST_NAME, is_name
from procman.config.type_settings import KEYS, in_words

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from procman.config.diagnostics import Span
    from procman.config.toml_file import TomlFile


class Sorter:
    """Goes over the keys once, and puts each where it belongs."""

    def __init__(self, file: TomlFile, folder: str, problems: list[Diagnostic]) -> None:
        self._file = file
        self._folder = folder
        self._problems = problems
        self._values: dict[str, Any] = {}
        self._places: dict[str, Span] = {}
        self._top: dict[str, Raw] = {}

    def options(self) -> Options:
        types: Mapping[str, Mapping[str, Raw]] = {}
        for written, value in self._file.table.items():
            key = written.replace("-", "_")
            if key == TYPES:
                types = self._types(value)
            elif key in KEYS and not (key == "env" and not isinstance(value, dict)):
                self._top[key] = self._raw(value, written)
            elif key in OPTIONS:
                self._option(key, value, written)
            else:
                self._unknown(written, {*OPTIONS, *KEYS, TYPES}, written)
        return Options(
            self._values,
            self._places,
            self._top,
            types,
            {name: self._file.key_span(TYPES, name) for name in types},
            tuple(self._problems),
            self._folder,
            self._file.source,
        )

    def _option(self, key: str, value: object, written: str) -> None:
        form = OPTIONS[key]
        if not is_of(form, value):
            self._wrong_type(written, value, form.value, written)
            return
        if key in CHOICES and value not in CHOICES[key]:
            self._wrong(f"{written} is {value!r}", f"it is one of {', '.join(CHOICES[key])}", written)
            return
        if form is Form.TEXTS:
            value = [value] if isinstance(value, str) else value
        if key in PATHS:
            value = self._below(value)
        if key == "timeout":
            self._top.setdefault("stop_timeout", self._raw(value, written))
        if key in OPPOSITES:
            key, value = OPPOSITES[key], not value
        self._values[key] = value
        self._places[key] = self._file.key_span(written)

    def _below(self, value: object) -> object:
        """Find what a path means from here; `-e` has several in one text, and an empty one for none."""
        if isinstance(value, list):
            return [",".join(self._path(path.strip()) for path in text.split(",")) for text in value]
        return self._path(str(value))

    def _path(self, path: str) -> str:
        return os.path.join(self._folder, path) if path else path

    def _types(self, value: object) -> dict[str, dict[str, Raw]]:
        types: dict[str, dict[str, Raw]] = {}
        if not isinstance(value, dict):
            self._wrong_type(TYPES, value, "a table of process types", TYPES)
            return types
        for name, table in value.items():
            if not is_name(name):
                hint = f"a name is 1 to {LONGEST_NAME} letters, digits, _ and -"
                self._wrong(f"{name!r} can't be the name of a process type", hint, TYPES, name)
            elif not isinstance(table, dict):
                self._wrong_type(name, table, "a table", TYPES, name)
            else:
                types[name] = {}
                for written, setting in table.items():
                    key = written.replace("-", "_")
                    if key in KEYS:
                        types[name][key] = self._raw(setting, TYPES, name, written)
                    else:
                        self._unknown(written, KEYS, TYPES, name, written)
        return types

    def _raw(self, value: object, *path: str) -> Raw:
        inner = {key: self._file.key_span(*path, key) for key in value} if isinstance(value, dict) else {}
        return Raw(value, self._file.key_span(*path), inner, self._file.text_span(*path))

    def _unknown(self, written: str, known: Iterable[str], *path: str) -> None:
        hint = did_you_mean(written.replace("-", "_"), sorted(known))
        if written == "tool" and not self._file.prefix:
            hint = "in this file the keys stand at the top, without [tool.procman]"
        message = f"no option or setting is called {written}"
        self._problems.append(
            Diagnostic("option-unknown", Severity.ERROR, message, self._file.key_span(*path), hint)
        )

    def _wrong_type(self, written: str, value: object, wanted: str, *path: str) -> None:
        self._wrong(f"{written} is {in_words(value)}", f"{wanted} is wanted", *path)

    def _wrong(self, message: str, hint: str, *path: str) -> None:
        span = self._file.key_span(*path)
        self._problems.append(Diagnostic("option-value", Severity.ERROR, message, span, hint, fatal=True))
