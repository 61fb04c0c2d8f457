"""The names that a shell completes: what runs here, else what the Procfile has."""

from __future__ import annotations

import os
from contextlib import suppress
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import click


def complete_names(ctx: click.Context, param: click.Parameter, incomplete: str) -> list[str]:  # noqa: ARG001
    """Complete processes and types of the running procman."""
    return [name for name in _running(ctx) or _of_procfile(ctx) if name.startswith(incomplete)]


def complete_types(ctx: click.Context, param: click.Parameter, incomplete: str) -> list[str]:  # noqa: ARG001
    """Complete the Procfile's types."""
    return [name for name in _of_procfile(ctx) if name.startswith(incomplete)]


def _running(ctx: click.Context) -> list[str]:
    from procman.cli.remote import running
    from procman.errors import ProcmanError

    with (
        suppress(ProcmanError, OSError),
        running(ctx.params.get("root"), ctx.params.get("procfile")) as client,
    ):
        rows = client.ask("ps")["processes"]
        return [*dict.fromkeys(row["type"] for row in rows), *(row["process"] for row in rows)]
    return []


def _of_procfile(ctx: click.Context) -> list[str]:
    from procman.config.procfile import parse_procfile
    from procman.config.sourcefile import read_source
    from procman.errors import ProcmanError

    path = ctx.params.get("procfile") or os.environ.get("PROCFILE") or "Procfile"
    with suppress(ProcmanError, OSError):
        return [
            entry.name
            for entry in parse_procfile(read_source(os.path.join(ctx.params.get("root") or "", path))).entries
        ]
    return []
