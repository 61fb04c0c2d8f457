from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

import procman
from procman import Entry, ProcmanError, Severity

if TYPE_CHECKING:
    from pathlib import Path


def test_a_text_gives_its_entries_in_order() -> None:
    found = procman.parse("# two\nweb: gunicorn app:app\nworker:  celery  \n")
    assert found.entries == (Entry("web", "gunicorn app:app", 2, 6), Entry("worker", "celery", 3, 10))
    assert found.diagnostics == ()


def test_every_problem_is_a_value_with_its_place() -> None:
    (problem,) = procman.parse("web: true\nworker = celery\n", name="Procfile.dev").diagnostics
    assert (problem.severity, problem.fatal) == (Severity.ERROR, False)
    assert (problem.span.file, problem.span.line) == ("Procfile.dev", 2)


@pytest.mark.parametrize(
    "text", [b"", b"web: \xff\n", "web: \udcff\n", b"\xff\xfew\0", "\0", b"web: a\0\xff"]
)
def test_no_text_is_too_odd_to_be_read(text: str | bytes) -> None:
    assert procman.parse(text).diagnostics


def test_bytes_that_are_not_utf_8_stay_what_they_are() -> None:
    as_bytes, as_text = procman.parse(b"web: \xff\n"), procman.parse("web: \udcff\n")
    assert as_bytes == as_text
    assert as_bytes.entries[0].command == "\udcff"


def test_a_file_is_read_by_its_path(tmp_path: Path) -> None:
    path = tmp_path / "Procfile"
    path.write_text("web: true\nweb: false\n")
    found = procman.load(path)
    assert [entry.line for entry in found.entries] == [1, 2]
    assert [(problem.code, problem.fatal) for problem in found.diagnostics] == [("duplicate-name", True)]
    assert found.diagnostics[0].span.file == str(path)
    assert procman.load(str(path)) == found


def test_what_can_not_be_read_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(ProcmanError, match="does not exist"):
        procman.load(tmp_path / "Procfile")
    with pytest.raises(ProcmanError, match="a directory"):
        procman.load(tmp_path)
