"""What the options file says, sorted: values of the command line, and settings of process types."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Mapping

    from procman.config.diagnostics import Diagnostic, Span
    from procman.config.sourcefile import SourceFile

TYPES = "process"
"""The table of the process types."""


class Raw(NamedTuple):
    """A setting as it was written; inner: where each key of a table stands, text: where a text begins."""

    value: Any
    span: Span
    inner: Mapping[str, Span] = {}
    text: Span | None = None


class Options(NamedTuple):
    """values: by option, with underscores (`port_step`); places: where each stands.

    top: settings that every type inherits, by key; types: those of each type; headers: where its table is.
    folder: the one that the file is in, "" for the current one. source: the file, None without one.
    """

    values: Mapping[str, Any] = {}
    places: Mapping[str, Span] = {}
    top: Mapping[str, Raw] = {}
    types: Mapping[str, Mapping[str, Raw]] = {}
    headers: Mapping[str, Span] = {}
    diagnostics: tuple[Diagnostic, ...] = ()
    folder: str = ""
    source: SourceFile | None = None


NO_OPTIONS = Options()


def read_options(folder: str) -> Options:
    """Read the options of a folder, "" being the current one; raises ProcmanError for an unreadable file."""
    # Two look-ups are all that a project without options pays.
    if not any(os.path.exists(os.path.join(folder, name)) for name in ("procman.toml", "pyproject.toml")):
        return NO_OPTIONS
    from procman.config.option_sorter import Sorter
    from procman.config.toml_file import read_options_file

    file, problems = read_options_file(folder)
    if file is None:
        return NO_OPTIONS._replace(diagnostics=tuple(problems))
    return Sorter(file, folder, problems).options()
