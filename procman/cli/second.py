"""A start in a root where a procman runs already: it joins in with what was named, or says what runs."""

from __future__ import annotations

import os
import time
from typing import TYPE_CHECKING, NoReturn

from procman.cli.control import Claim
from procman.control.lock import HeldError
from procman.errors import ProcmanError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from procman.control.client import Client

PATIENCE = 5.0
"""Seconds for the first one to be reachable: it may have begun a moment ago."""
SHOWN = 8


def claim_root(root: str, names: Sequence[str], *, detach: bool, as_json: bool = False) -> Claim:
    """Become the procman of a root, or never return: names are started in the one that is there."""
    try:
        return Claim(root, os.environ)
    except HeldError as held:
        pid = held.pid
    client = _reached(root)
    if client is None:
        raise ProcmanError(
            f"another procman runs in {root} and does not answer" + (f": pid {pid}" if pid else ""),
            hint="end that one first",
        )
    return _join(client, names, pid, detach=detach, as_json=as_json)


def _join(client: Client, names: Sequence[str], pid: int, *, detach: bool, as_json: bool) -> NoReturn:
    with client:
        if names and not detach:
            from procman.cli.remote import told

            raise SystemExit(told(client, "start", as_json=as_json, names=list(names)))
        running = [row["process"] for row in client.ask("ps")["processes"]]
    shown = ", ".join(running[:SHOWN]) + (f" and {len(running) - SHOWN} more" if len(running) > SHOWN else "")
    raise ProcmanError(
        f"procman runs here already with pid {pid}: {shown}",
        hint="`procman ps` shows it, `procman start NAME` starts more in it, `procman quit` ends it",
    )


def _reached(root: str) -> Client | None:
    from procman.control.client import reach

    give_up_at = time.monotonic() + PATIENCE
    while True:
        try:
            return reach(root, os.environ)
        except ProcmanError:
            if time.monotonic() > give_up_at:
                return None
        time.sleep(0.05)
