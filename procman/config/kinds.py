"""What kind of process an entry is: its name and shape decide."""

from __future__ import annotations

from enum import Enum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from procman.config.procfile import Entry


class Kind(Enum):
    PROCESS = "process"
    RELEASE = "release"
    PREFLIGHT = "preflight"


PHASES = (Kind.PREFLIGHT, Kind.RELEASE)
"""One-off kinds, in the order in which they run before everything else."""

_BY_NAME = {kind.value: kind for kind in PHASES}


def kind_of(entry: Entry) -> Kind:
    return _BY_NAME.get(entry.name, Kind.PROCESS)
