"""A project's folder, and every way of running procman in it."""

from __future__ import annotations

import subprocess
import uuid
from typing import TYPE_CHECKING, Any, TypeVar

from tests import warm
from tests.harness import CHILDREN, PROCMAN, Procman, clean_environ, survivors
from tests.terminal import Terminal

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    Started = TypeVar("Started", bound=Procman)


class Project:
    """A folder with a Procfile, and whatever runs in it.

    mark: what every process of this test carries. port: a base port that is this test's own.
    cold: whether each `run` starts an interpreter, as a user's does; else procman comes from `tests.warm`.
    """

    def __init__(self, root: Path, port: int, *, cold: bool = False) -> None:
        self.root = root
        self.port = port
        self._cold = cold
        self.mark = uuid.uuid4().hex
        self._started: list[Procman] = []

    def procfile(self, text: str) -> Path:
        return self.write("Procfile", text)

    def env(self, text: str) -> Path:
        return self.write(".env", text)

    def write(self, name: str, text: str) -> Path:
        path = self.root / name
        path.write_text(text, "utf-8")
        return path

    def command(self, *args: str) -> list[str]:
        """Give the command line of procman with these arguments, on this test's ports."""
        port = ["-p", str(self.port)] if args[:1] == ("start",) and not {"-p", "--no-port"} & {*args} else []
        return [*PROCMAN, *args[:1], *port, *args[1:]]

    def start(
        self,
        *args: str,
        wrapper: Sequence[str] = (),
        env: Mapping[str, str] | None = None,
        **options: Any,
    ) -> Procman:
        """Run `procman start ARGS`; wrapper: words before it, `("nohup",)`. Options as Procman's."""
        return self.launch(*wrapper, *self.command("start", *args), env=env, **options)

    def launch(self, *argv: str, env: Mapping[str, str] | None = None, **options: Any) -> Procman:
        """Run any command line as `start` runs procman."""
        return self._keep(Procman(argv, cwd=self.root, environ=self.environ(env), **options))

    def terminal(
        self, *args: str, env: Mapping[str, str] | None = None, size: tuple[int, int] = (24, 80)
    ) -> Terminal:
        """Run `procman start ARGS` on a terminal of its own."""
        argv = self.command("start", *args)
        return self._keep(Terminal(argv, cwd=self.root, environ=self.environ(env), size=size))

    def shell(self, *argv: str, env: Mapping[str, str] | None = None) -> Terminal:
        """Run something else on a terminal: an interactive shell, which starts procman as `$procman`."""
        return self._keep(
            Terminal(argv, cwd=self.root, environ=self.environ({"PS1": "prompt> ", **(env or {})}))
        )

    def run(
        self, *args: str, env: Mapping[str, str] | None = None, stdin: str | None = None, within: float = 20.0
    ) -> subprocess.CompletedProcess[str]:
        """Run `procman ARGS` to its end."""
        argv, environ = self.command(*args), self.environ(env)
        if not self._cold and warm.fits(environ):
            own = argv[len(PROCMAN) :]
            return warm.run(own, cwd=self.root, environ=environ, stdin=stdin or "", within=within)
        return subprocess.run(
            argv,
            cwd=self.root,
            env=environ,
            input=stdin or "",
            capture_output=True,
            text=True,
            check=False,
            timeout=within,
        )

    def environ(self, extra: Mapping[str, str] | None = None) -> dict[str, str]:
        """Give the environment of all that is started: $CHILDREN is tests/children, $procman is procman."""
        own = {
            "CHILDREN": CHILDREN,
            "procman": " ".join(PROCMAN),
            "XDG_STATE_HOME": str(self.root / ".state"),
        }
        return clean_environ(self.mark, {**own, **(extra or {})})

    def survivors(self) -> list[int]:
        return survivors(self.mark, str(self.root))

    def close(self) -> None:
        for started in self._started:
            started.close()

    def _keep(self, started: Started) -> Started:
        self._started.append(started)
        return started
