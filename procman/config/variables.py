"""The `PROCMAN_…` variables of the environment: those that are options, procman's own, and slips."""

from __future__ import annotations

from typing import TYPE_CHECKING

from procman.config.diagnostics import Diagnostic, Severity, Span
from procman.config.nearest import nearest
from procman.config.option_keys import OPTIONS

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

PREFIX = "PROCMAN_"
PLACE = "<environment>"
OWN = frozenset({"RUN", "LIFELINE", "SOCKETS", "FORCE_PORTABLE", "WRITE_GOLDEN", "HISTORIES"})
"""Set by procman for what it starts, or for its tests, less the prefix."""
OPTION_NAMES = tuple(key.upper() for key in OPTIONS)


def unknown_variables(environ: Mapping[str, str]) -> Iterator[Diagnostic]:
    """Yield a warning for each variable that looks like an option and is none; an empty one is as unset."""
    known = {PREFIX + name for name in (*OPTION_NAMES, *OWN)}
    for variable in sorted(environ):
        if variable.startswith(PREFIX) and environ[variable] and variable not in known:
            meant = nearest(variable.removeprefix(PREFIX), OPTION_NAMES)
            hint = "a long option with _ for -: --port-step is PROCMAN_PORT_STEP"
            hint = f"did you mean {PREFIX}{meant}?" if meant else hint
            message = f"{variable} is no option of procman's, and no process gets it"
            yield Diagnostic("variable-unknown", Severity.WARNING, message, Span(PLACE), hint)
