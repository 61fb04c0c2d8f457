"""Commands that come and go: the start against the interpreter's own, `run true`, `check`."""

from __future__ import annotations

import os
import subprocess
import tempfile
import time
from typing import TYPE_CHECKING

from benchmarks.contenders import Contender, write_procfile
from benchmarks.measure import Finding
from benchmarks.results import Row
from benchmarks.stage import Failed, Stage

if TYPE_CHECKING:
    from collections.abc import Sequence

IMPORT_CLICK = "import click"
LINES, ENTRIES = 10_000, 500
"""Most lines of a long Procfile say nothing: so many types have no ports."""


class StartUp:
    """From exec to the first child running; the baseline is an interpreter that imports click."""

    name = "startup"
    rows = (Row("startup", "start-up, exec to first process running", "ms", "less", IMPORT_CLICK),)

    def can(self, contender: Contender) -> bool:
        return bool(contender.program) and (contender.supervises or contender.name == IMPORT_CLICK)

    def once(self, contender: Contender, program: Sequence[str]) -> list[Finding]:
        if contender.name == IMPORT_CLICK:
            argv = contender.launch(contender.program, (), "")
            return [Finding("startup", timed(argv, os.curdir) * 1000)]
        with Stage(contender, program) as stage:
            begin = stage.launch("wait", 1)
            return [Finding("startup", (stage.await_running(1) - begin) * 1000)]


class RunTrue:
    name = "run"
    rows = (Row("run", "run true", "ms"),)

    def can(self, contender: Contender) -> bool:
        return bool(contender.run and contender.program)

    def once(self, contender: Contender, program: Sequence[str]) -> list[Finding]:
        del program
        with tempfile.TemporaryDirectory() as directory:
            write_procfile(directory, ["true"])
            return [Finding("run", timed([contender.program, *contender.run], directory) * 1000)]


class Check:
    name = "check"
    rows = (Row("check", f"check of {LINES:,} lines, {ENTRIES} of them entries", "ms"),)

    def can(self, contender: Contender) -> bool:
        return bool(contender.check and contender.program)

    def once(self, contender: Contender, program: Sequence[str]) -> list[Finding]:
        del program
        with tempfile.TemporaryDirectory() as directory:
            path = write_procfile(directory, ["true --flag value"] * ENTRIES)
            with open(path, "a", encoding="ascii") as file:
                file.write("# nothing to see here\n" * (LINES - ENTRIES))
            return [Finding("check", timed([contender.program, *contender.check], directory) * 1000)]


def timed(argv: Sequence[str], directory: str) -> float:
    """Run to the end; give seconds."""
    begin = time.perf_counter()
    done = subprocess.run(
        argv, cwd=directory, stdin=subprocess.DEVNULL, capture_output=True, check=False, timeout=20
    )
    if done.returncode != 0:
        raise Failed(f"status {done.returncode}")
    return time.perf_counter() - begin


def interpreter(manager: Contender) -> Contender:
    """Give the Python that a manager's script names in its first line, importing click and no more."""
    with open(manager.program, "rb") as script:
        first = script.readline(1024)
    python = first[2:].split()[0].decode() if first.startswith(b"#!") else ""

    def launch(program: str, _commands: Sequence[str], _directory: str) -> list[str]:
        return [program, "-c", IMPORT_CLICK]

    return Contender(
        IMPORT_CLICK, python, launch, baseline=True, crashes=False, supervises=False, relays=False
    )
