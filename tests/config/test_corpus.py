"""Hold the parser against the field: real Procfiles, and what foreman and honcho make of each."""

from __future__ import annotations

import json
import subprocess
from base64 import b64decode
from collections import Counter
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from procman.config.procfile import Procfile, parse_procfile
from procman.config.shellwords import first_word, is_simple_command
from procman.config.sourcefile import SourceFile

CORPUS = Path(__file__).parents[3] / "shared" / "corpus"
pytestmark = [
    pytest.mark.corpus,
    pytest.mark.skipif(not CORPUS.is_dir(), reason=f"the cases from the field are not at {CORPUS}"),
]

# Where procman means to differ from what foreman and honcho agree on (by case), and why.
DELIBERATE = {
    "bom": "a byte order mark is stripped; the peers lose the first line",
    "bom-crlf": "likewise",
    "nul": "a line with a nul can never run; the peers crash or hang on it",
    "blank-command": "a command of blanks is an empty command, an error",
    "blank-command-2": "likewise",
    "crlf-blank-command": "likewise",
    "name-long": "a name of more than 63 characters is refused, as every label downstream would",
}
# Reviewed by hand: every one of these files is odd, and no other file says anything.
FILES_WITH_DIAGNOSTICS = 26
CODES = {
    "yaml": 25,
    "name-blank": 12,
    "no-entries": 10,
    "duplicate-name": 8,
    "colon-missing": 3,
    "comment-mark": 1,
    "entry-indented": 1,
}


class Case(NamedTuple):
    name: str
    data: bytes
    foreman: Any
    honcho: Any

    def parse(self) -> Procfile:
        return parse_procfile(SourceFile(self.name, self.data))

    def agreed(self) -> list[tuple[str, str]] | None:
        """Return the entries on which foreman and honcho agree, commands stripped; None where they don't."""
        if "entries" not in self.foreman or self.foreman != self.honcho:
            return None
        return [(name, command.strip()) for name, command in self.foreman["entries"]]


def real_procfiles() -> list[Case]:
    parsed = json.loads((CORPUS / "procfiles" / "parsed.json").read_text())
    return [
        Case(name, (CORPUS / "procfiles" / f"{name}.Procfile").read_bytes(), made["foreman"], made["honcho"])
        for name, made in parsed.items()
    ]


def small_cases() -> list[Case]:
    cases = json.loads((CORPUS / "procfile_cases.json").read_text())
    return [
        Case(
            case["id"],
            b64decode(case["text_base64"]) if "text_base64" in case else case["text"].encode(),
            case["expect"]["foreman"],
            case["expect"]["honcho"],
        )
        for case in cases
        if "text_python" not in case  # generated texts, of which only lengths are recorded
    ]


def entries(procfile: Procfile) -> list[tuple[str, str]]:
    return [(entry.name, entry.command.strip()) for entry in procfile.entries]


def test_every_real_procfile_means_what_foreman_and_honcho_agree_on() -> None:
    cases = [case for case in real_procfiles() if case.agreed() is not None]
    assert len(cases) > 150
    assert {case.name: entries(case.parse()) for case in cases} == {
        case.name: case.agreed() for case in cases
    }


def test_what_foreman_runs_and_honcho_refuses_is_a_duplicate_here() -> None:
    cases = [case for case in real_procfiles() if case.agreed() is None]
    assert cases
    for case in cases:
        fatal = [problem.code for problem in case.parse().diagnostics if problem.fatal]
        assert set(fatal) == {"duplicate-name"}


def test_every_small_case_means_what_they_agree_on_but_for_the_deliberate_ones() -> None:
    cases = [case for case in small_cases() if case.agreed() is not None]
    assert len(cases) > 60
    assert {case.name for case in cases if entries(case.parse()) != case.agreed()} == set(DELIBERATE)


def test_no_real_procfile_is_told_more_than_was_reviewed() -> None:
    told = {case.name: case.parse().diagnostics for case in real_procfiles()}
    assert Counter(problem.code for problems in told.values() for problem in problems) == CODES
    assert sum(bool(problems) for problems in told.values()) == FILES_WITH_DIAGNOSTICS


def test_exec_changes_nothing_for_the_real_commands_that_are_called_simple() -> None:
    commands = {entry.command for case in real_procfiles() for entry in case.parse().entries}
    simple = sorted(filter(is_simple_command, commands))
    assert len(simple) > 0.8 * len(commands)

    def run(prefix: str) -> str:
        words = [command.removeprefix(first_word(command)) for command in simple]
        script = "\n".join(f"({prefix}/usr/bin/printf '[%s]' {rest})" for rest in words)
        return subprocess.run(["/bin/sh", "-c", script], capture_output=True, text=True, check=True).stdout

    assert run("exec ") == run("")
