from __future__ import annotations

import pytest

from procman.config.diagnostics import Diagnostic, Severity
from procman.config.kindlint import kind_problems
from procman.config.procfile import parse_procfile
from procman.config.sourcefile import SourceFile

FOLDERS = frozenset({"public", "."})


def problems(text: str, *, plain: bool = False) -> tuple[Diagnostic, ...]:
    source = SourceFile("Procfile", text.encode())
    return kind_problems(
        source,
        parse_procfile(source),
        plain=plain,
        is_directory=FOLDERS.__contains__,
        is_program=frozenset({"php"}).__contains__,
    )


def codes(text: str) -> list[str]:
    return [problem.code for problem in problems(text)]


PIKU = """
wsgi: module.submodule:app
worker: python long_running_script.py
fetcher: python fetcher.py
cron: 0 0 * * * python midnight_cleanup.py
static: public
release: python initial_cleanup.py
"""


def test_pikus_own_example_has_no_problem() -> None:
    assert codes(PIKU) == []


def test_a_folder_that_is_not_there_is_an_error_that_stops_nothing() -> None:
    (problem,) = problems("web: x\nstatic: /:public,/docs:build/html\n")
    assert (problem.code, problem.severity, problem.fatal) == ("static-missing", Severity.ERROR, False)
    assert problem.span == ("Procfile", 2, 24, 10, "static: /:public,/docs:build/html")
    assert problem.message == "build/html is no folder"


def test_one_word_that_is_neither_folder_nor_program_says_so() -> None:
    (problem,) = problems("static: pubilc\n")
    assert problem.message == "pubilc is no folder, and no program of this name either"
    assert (problem.span.column, problem.span.length) == (9, 6)


def test_wsgi_beside_web_says_what_piku_does() -> None:
    (problem,) = problems("web: x\nwsgi: app:app\n")
    assert (problem.code, problem.severity, problem.span.line) == ("wsgi-beside-web", Severity.WARNING, 2)
    assert codes("web: x\nwsgi: gunicorn app:app\n") == []


def test_a_schedule_under_another_name_is_a_warning_with_the_name_to_write() -> None:
    (problem,) = problems("backup: 0 3 * * * x\n")
    assert (problem.code, problem.severity) == ("cron-name", Severity.WARNING)
    assert problem.hint == "did you mean `cron-backup`?"


@pytest.mark.parametrize("line", ["jwsgi: a.B:app", "rwsgi: config.ru", "php: public"])
def test_what_only_piku_serves_is_a_warning(line: str) -> None:
    assert codes(line) == ["piku-only"]


@pytest.mark.parametrize("line", ["php: php -S 127.0.0.1:$PORT", "php: php", "ruby: config.ru"])
def test_an_ordinary_command_under_such_a_name_is_none(line: str) -> None:
    assert codes(line) == []


def test_errors_of_cron_lines_are_among_them() -> None:
    assert codes("cron: 61 * * * * x\ncron-b: @daily x\n") == ["cron-field", "cron-shape"]


def test_plain_has_nothing_to_say() -> None:
    assert problems("cron: 61 * * * * x\nstatic: nope\nweb: x\nwsgi: a:b\njwsgi: x\n", plain=True) == ()
