"""A Procfile as values, for programs."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from procman.config.procfile import Procfile, parse_procfile
from procman.config.sourcefile import SourceFile, read_source

if TYPE_CHECKING:
    from os import PathLike


def parse(text: str | bytes, *, name: str = "Procfile") -> Procfile:
    """Read a Procfile that is at hand as text; never fails, whatever the text is.

    name: what the diagnostics call the file.
    """
    data = text.encode("utf-8", "surrogateescape") if isinstance(text, str) else text
    return parse_procfile(SourceFile(name, data))


def load(path: str | PathLike[str] = "Procfile") -> Procfile:
    """Read a Procfile; raises ProcmanError for what can't be read (missing, a folder, over 4 MiB).

    What is wrong inside it is in its diagnostics: the entries are to be run unless one of those is fatal.
    """
    return parse_procfile(read_source(os.fspath(path)))
