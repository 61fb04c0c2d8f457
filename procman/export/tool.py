"""kubectl and docker, called as anyone would call them, with the context always named."""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING

from procman.errors import ProcmanError
from procman.quicktuple import NamedTuple

if TYPE_CHECKING:
    from collections.abc import Generator, Mapping
    from subprocess import Popen

KUBERNETES, SWARM = "kubernetes", "swarm"
PROGRAMS = {KUBERNETES: "kubectl", SWARM: "docker"}
LISTS_CONTEXTS = {KUBERNETES: "kubectl config get-contexts", SWARM: "docker context ls"}


class Target(NamedTuple):
    """Where an app runs: the engine, its context (never a default one), a namespace, the app's name.

    verbose: every call is shown on standard error before it is made.
    """

    engine: str
    context: str
    app: str
    namespace: str = ""
    verbose: bool = False


class Tool:
    """One engine's command line."""

    def __init__(self, target: Target) -> None:
        if not target.context:
            raise ProcmanError(
                f"no context is named for {target.engine}: --context NAME says which cluster is meant",
                hint=f"`{LISTS_CONTEXTS[target.engine]}` lists them",
            )
        self.name = PROGRAMS[target.engine]
        self._verbose = target.verbose
        self._start = [self.name, "--context", target.context]
        if target.namespace:
            self._start += ["--namespace", target.namespace]

    def text(self, *arguments: str, given: str | None = None) -> str:
        """Return what a call prints; raises ProcmanError with what it complains of."""
        process = self._open(arguments, given=given is not None, captured=True)
        out, complaint = process.communicate(None if given is None else given.encode())
        if process.returncode:
            lines = complaint.decode("utf-8", "replace").strip().splitlines() or ["nothing said"]
            raise ProcmanError(
                f"{self.name} {arguments[0]} ended with {process.returncode}: {lines[0]}",
                hint="\n".join(lines[1:6]),
            )
        return out.decode("utf-8", "replace")

    def call(self, *arguments: str, environ: Mapping[str, str] | None = None) -> int:
        """Make a call on our own terminal; return its status, 128+n for a signal."""
        status = self._open(arguments, environ=environ).wait()
        return status if status >= 0 else 128 - status

    def lines(self, *arguments: str) -> Generator[str]:
        """Yield the lines of a call that goes on; leaving it ends the call."""
        process = self._open(arguments, captured=True)
        assert process.stdout is not None  # noqa: S101 - it is captured
        try:
            for line in process.stdout:
                yield line.decode("utf-8", "replace").strip()
            complaint = process.communicate()[1].decode("utf-8", "replace").strip()
            if process.returncode:
                raise ProcmanError(f"{self.name} {arguments[0]} ended with {process.returncode}: {complaint}")
        finally:
            process.terminate()
            process.communicate()

    def start(self, *arguments: str) -> Popen[bytes]:
        """Start a call beside others, on our own terminal."""
        return self._open(arguments)

    def _open(
        self,
        arguments: tuple[str, ...],
        *,
        given: bool = False,
        captured: bool = False,
        environ: Mapping[str, str] | None = None,
    ) -> Popen[bytes]:
        from shlex import join
        from subprocess import PIPE, Popen

        argv = [*self._start, *arguments]
        if self._verbose:
            print(f"+ {join(argv)}", file=sys.stderr, flush=True)  # noqa: T201 - the call, before it is made
        try:
            return Popen(
                argv,
                stdin=PIPE if given else None,
                stdout=PIPE if captured else None,
                stderr=PIPE if captured else None,
                env={**os.environ, **(environ or {})},
            )
        except FileNotFoundError:
            raise ProcmanError(f"{self.name} is not installed", hint="it has to be on the PATH") from None
        except OSError as error:
            raise ProcmanError(f"{self.name} can't be started: {error.strerror}") from None
