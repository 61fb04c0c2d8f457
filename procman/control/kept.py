"""The last run's log, for `logs --last`: a file of the user's own for each root, written when a run ends."""

from __future__ import annotations

import json
import os
from contextlib import suppress
from typing import TYPE_CHECKING

from procman.control.address import digest
from procman.control.logs import heard, told
from procman.control.protocol import encode
from procman.output.history import keep, prune, recalled

if TYPE_CHECKING:
    from collections.abc import Mapping

    from procman.output.history import Moment

MOST_KEPT = 20
"""Projects whose last log is kept; the oldest go."""


def path_of(root: str, environ: Mapping[str, str]) -> str | None:
    """Give the file for a root, below `$XDG_STATE_HOME`, else `~/.local/state`; None without a home."""
    state = environ.get("XDG_STATE_HOME", "")
    if not os.path.isabs(state):
        home = os.path.expanduser("~")
        if not os.path.isabs(home):
            return None
        state = os.path.join(home, ".local", "state")
    return os.path.join(state, "procman", f"{digest(os.path.realpath(root))}.log")


def keep_log(root: str, moments: list[Moment], environ: Mapping[str, str]) -> None:
    """Write it; a full disk or a home that can't be written to is no reason to end badly."""
    path = path_of(root, environ)
    if path is None:
        return
    folder = os.path.dirname(path)
    with suppress(OSError):
        os.makedirs(folder, 0o700, exist_ok=True)
        keep(path, lambda moment: encode(told(moment)), moments)
        prune(folder, MOST_KEPT, ".log")


def last_log(roots: list[str], environ: Mapping[str, str]) -> list[Moment] | None:
    """Read the log of the first of these roots that has one; None when there is none."""
    for root in roots:
        path = path_of(root, environ)
        if path is not None and os.path.lexists(path):
            return list(recalled(path, _decode))
    return None


def _decode(line: bytes) -> Moment | None:
    try:
        found = json.loads(line)
    except ValueError:
        return None
    return heard(found) if isinstance(found, dict) else None
