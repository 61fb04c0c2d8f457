"""What the options file says, sorted: values of the command line, and settings of process types."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

from procman.config.settings import TypeSettings
from procman.config.sourcefile import read_source
from procman.quicktuple import NamedTuple

if TYPE_CHECKING:
    from collections.abc import Mapping

    from procman.config.diagnostics import Diagnostic, Span
    from procman.config.procfile import Entry
    from procman.config.sourcefile import SourceFile

COMMENT_MARK = b"procman:"
"""A Procfile without it says nothing of its types in comments."""
OWN_FILE = "procman.toml"
SHARED_FILE = "pyproject.toml"
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
    legacy: what was read of foreman's and overmind's files, in words.
    """

    values: Mapping[str, Any] = {}
    places: Mapping[str, Span] = {}
    top: Mapping[str, Raw] = {}
    types: Mapping[str, Mapping[str, Raw]] = {}
    headers: Mapping[str, Span] = {}
    diagnostics: tuple[Diagnostic, ...] = ()
    folder: str = ""
    source: SourceFile | None = None
    legacy: tuple[str, ...] = ()


NO_OPTIONS = Options()
EVERYONE = ""
"""Stands for no type: what the top says."""


class Resolved(NamedTuple):
    """What each process type ends up with; settings by type.

    entries: the Procfile's, then those that only the options have; from_options: whose command is theirs.
    everyone: what the top says, for a one-off command. places: of each type, what counts, as it was written.
    """

    entries: tuple[Entry, ...]
    settings: Mapping[str, TypeSettings] = {}
    everyone: TypeSettings = TypeSettings()
    places: Mapping[str, Mapping[str, Raw]] = {}
    from_options: frozenset[str] = frozenset()
    diagnostics: tuple[Diagnostic, ...] = ()

    def env_origins(self, process_type: str) -> dict[str, str]:
        """Return `file:line` for each key of a type's `env`."""
        raw = self.places.get(process_type, {}).get("env")
        return {key: f"{span.file}:{span.line}" for key, span in raw.inner.items()} if raw else {}


def read_options(folder: str, environ: Mapping[str, str] | None = None) -> Options:
    """Read the options of a folder, "" being the current one; raises ProcmanError for an unreadable file.

    environ: where overmind's variables may be, the process's own unless given.
    """
    environ = os.environ if environ is None else environ
    options = _own_options(folder)
    # Overmind's variables may stand in a file of the home folder's, foreman's options in one of this folder.
    if not (
        any(key.startswith("OVERMIND_") for key in environ)
        or os.path.exists(os.path.join(folder, ".foreman"))
        or os.path.exists(os.path.join(folder, ".overmind.env"))
        or os.path.exists(os.path.expanduser("~/.overmind.env"))
    ):
        return options
    from procman.config.legacy import below

    return below(options, folder, environ)


def _own_options(folder: str) -> Options:
    # Two look-ups are all that a project without options pays, and at most a look into its pyproject.toml.
    shared = os.path.join(folder, SHARED_FILE)
    if not os.path.exists(os.path.join(folder, OWN_FILE)) and not (
        os.path.exists(shared) and b"procman" in read_source(shared).data
    ):
        return NO_OPTIONS
    from procman.config.option_sorter import Sorter
    from procman.config.toml_file import read_options_file

    file, problems = read_options_file(folder)
    if file is None:
        return NO_OPTIONS._replace(diagnostics=tuple(problems))
    return Sorter(file, folder, problems).options()
