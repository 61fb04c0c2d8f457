from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from procman.config.diagnostics import Diagnostic, Severity
from procman.config.kinds import Kind
from procman.config.lint import command_warnings
from procman.config.procfile import parse_procfile
from procman.config.sourcefile import SourceFile

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping


def warnings(
    text: str,
    *,
    environ: Mapping[str, str] | None = None,
    missing: Collection[str] = (),
    complaints: Mapping[str, str] | None = None,
    kinds: Mapping[str, Kind] | None = None,
) -> tuple[Diagnostic, ...]:
    source = SourceFile("Procfile", text.encode())
    found = command_warnings(
        source,
        parse_procfile(source),
        environ or {},
        lambda program: None if program in missing else f"/bin/{program}",
        (complaints or {}).get,
        kinds or {},
    )
    assert all(problem.severity is Severity.WARNING and not problem.fatal for problem in found)
    return found


def unset(command: str, **environ: str) -> list[str]:
    return [
        problem.span.text[problem.span.column - 1 :][: problem.span.length]
        for problem in warnings(f"web: {command}", environ=environ)
        if problem.code == "variable-unset"
    ]


def test_a_good_file_has_no_warnings() -> None:
    assert warnings("web: serve -p $PORT\nworker: A=1 work $A && cd x\n") == ()


def test_a_program_that_is_not_there_is_named_with_its_place() -> None:
    (problem,) = warnings("api: a\nweb:  nope -x\n", missing={"nope"})
    assert problem.code == "executable-missing"
    assert problem.message == "nope is not found"
    assert problem.span == ("Procfile", 2, 7, 4, "web:  nope -x")


def test_a_path_is_looked_up_too() -> None:
    (problem,) = warnings("web: ./bin/web\n", missing={"./bin/web"})
    assert problem.hint == "create it, or make it executable"


@pytest.mark.parametrize(
    "command", ["cd x", "A=1 nope", "$nope x", "nope && x", "if nope", "echo nope", "'nope'"]
)
def test_a_program_that_only_the_shell_knows_is_not_looked_up(command: str) -> None:
    found = warnings(f"web: {command}", missing={"nope", "cd", "if", "echo"}, environ={"nope": "x"})
    assert found == ()


def test_what_the_shell_cannot_read_is_told_in_its_words() -> None:
    (problem,) = warnings('web: serve "x\n', complaints={'serve "x': "unterminated quoted string"})
    assert (problem.code, problem.span.column, problem.span.length) == ("shell-syntax", 6, 8)
    assert problem.message.endswith("unterminated quoted string")


@pytest.mark.parametrize(
    ("command", "names"),
    [
        ("serve $NOPE", ["$NOPE"]),
        ("serve ${NOPE} $NOPE", ["${NOPE}"]),
        ("serve a$NOPE/b:$OTHER", ["$NOPE", "$OTHER"]),
        ('serve "it\'s $NOPE"', ["$NOPE"]),
        ('serve "a # $NOPE"', ["$NOPE"]),
        ("serve 'a'$NOPE'b'", ["$NOPE"]),
        ("serve a#$NOPE", ["$NOPE"]),
        ("serve '$NOPE' \\$NOPE", []),
        ("serve # $NOPE", []),
        ("serve ${NOPE:-x} ${NOPE-x} ${NOPE:?y} ${NOPE+z}", []),
        ("serve $PORT $PS $PROC_TYPE $HOME $PWD $$ $1 $?", []),
        ("NOPE=1; serve $NOPE", []),
        ("export NOPE=1 && serve $NOPE", []),
        ("for NOPE in a b; do serve $NOPE; done", []),
        ("read NOPE; serve $NOPE", []),
        ("serve --NOPE=1 $NOPE", ["$NOPE"]),
        ("serve $GIVEN", []),
    ],
)
def test_a_variable_without_a_value_is_told_where_the_shell_would_expand_it(
    command: str, names: list[str]
) -> None:
    assert unset(command, GIVEN="x") == names


def test_a_windows_variable_is_told_and_the_shells_form_given() -> None:
    (problem,) = warnings("web: serve %PORT%\n")
    assert (problem.code, problem.span.column, problem.span.length) == ("percent-variable", 12, 6)
    assert problem.hint == "write $PORT"


@pytest.mark.parametrize(
    "command", ["date +%Y%m%d", "serve 100%", "get http://h/%3A%2F%AB%CD", "log '%h %l %u'"]
)
def test_other_percent_signs_are_no_windows_variables(command: str) -> None:
    assert warnings(f"web: {command}") == ()


def test_a_phase_beside_others_says_that_start_leaves_it_out() -> None:
    found = warnings("web: a\nrelease: b\npreflight: c\n")
    assert [(problem.code, problem.span.line, problem.span.column) for problem in found] == [
        ("phase-beside-others", 2, 1),
        ("phase-beside-others", 3, 1),
    ]
    assert "start leaves it out" in found[0].message


def test_phases_alone_are_no_warning() -> None:
    assert warnings("release: a\npreflight: b\n") == ()


def test_warnings_come_in_the_order_of_the_file() -> None:
    found = warnings("release: $B %AB_C% $A\nweb: nope\n", missing={"nope"})
    assert [problem.code for problem in found] == [
        "phase-beside-others",
        "variable-unset",
        "percent-variable",
        "variable-unset",
        "executable-missing",
    ]


def test_of_a_cron_line_only_the_command_is_looked_at_and_in_its_place() -> None:
    found = warnings("cron: */5 * * * *  nope $NOPE\n", missing={"nope", "*/5"}, kinds={"cron": Kind.CRON})
    assert [(problem.code, problem.span.column) for problem in found] == [
        ("executable-missing", 20),
        ("variable-unset", 25),
    ]


def test_what_no_shell_reads_is_not_looked_at() -> None:
    kinds = {"wsgi": Kind.WSGI, "static": Kind.STATIC}
    text = "wsgi: app:app\nstatic: public\n"
    assert warnings(text, missing={"app:app", "public"}, kinds=kinds) == ()
    assert len(warnings(text, missing={"app:app", "public"})) == 2
