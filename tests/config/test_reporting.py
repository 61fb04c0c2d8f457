from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from procman.config.diagnostics import Diagnostic, Severity, Span
from procman.config.procfile import Entry
from procman.config.reporting import render_github, render_json, render_text


def problem(
    span: Span, message: str = "odd", hint: str = "", severity: Severity = Severity.ERROR
) -> Diagnostic:
    return Diagnostic("code", severity, message, span, hint)


def excerpt(text: str, column: int, length: int = 1) -> tuple[str, str]:
    _, line, caret = render_text([problem(Span("P", 1, column, length, text))]).split("\n")
    return line, caret


def test_text_has_the_place_the_line_a_caret_and_the_hint() -> None:
    found = problem(Span("Procfile", 3, 4, 1, "web : serve"), "blank before the colon", "write `web: serve`")
    assert render_text([found]) == (
        "Procfile:3:4: error: blank before the colon\n  web : serve\n     ^\n  hint: write `web: serve`"
    )


def test_a_problem_of_the_whole_file_has_neither_line_nor_caret() -> None:
    found = [problem(Span("Procfile"), severity=Severity.WARNING), problem(Span("Procfile", 2))]
    assert render_text(found) == "Procfile: warning: odd\nProcfile:2: error: odd"
    assert render_text([]) == ""


def test_a_line_without_a_column_is_shown_without_a_caret() -> None:
    assert render_text([problem(Span("P", 2, text="A=1"))]) == "P:2: error: odd\n  A=1"


@pytest.mark.parametrize(
    ("text", "column", "length", "line", "caret"),
    [
        ("web: serve", 6, 5, "  web: serve", "       ^~~~~"),
        ("\tweb: x", 2, 3, "      web: x", "      ^~~"),
        ("a\tb", 3, 1, "  a    b", "       ^"),
        ("日本: x", 3, 1, "  日本: x", "      ^"),
        ("web\uff1a x", 4, 1, "  web\uff1a x", "     ^~"),
        ("e\u0301: x", 3, 1, "  e\u0301: x", "   ^"),
        ("a\x1b[2Jb", 6, 1, "  a\\x1b[2Jb", "          ^"),
        ("a\udce9b", 2, 1, "  a\\xe9b", "   ^~~~"),
        ("a\u202eb", 3, 1, "  a\\u202eb", "         ^"),
        ("web", 4, 1, "  web", "     ^"),
        ("web", 9, 9, "  web", "     ^"),
    ],
)
def test_the_caret_stands_under_the_column_as_a_terminal_shows_it(
    text: str, column: int, length: int, line: str, caret: str
) -> None:
    assert excerpt(text, column, length) == (line, caret)


@pytest.mark.parametrize(
    ("at", "starts", "ends"), [(1, "  ^", "..."), (500, "  ...", "..."), (1000, "  ...", "x^")]
)
def test_a_long_line_is_cut_to_a_window_round_the_column(at: int, starts: str, ends: str) -> None:
    text = "x" * (at - 1) + "^" + "x" * (1000 - at)
    line, caret = excerpt(text, at, 5000)
    assert line.startswith(starts)
    assert line.endswith(ends)
    assert len(line) <= 2 + 3 + 100 + 3
    assert len(caret) <= len(line)
    assert line.index("^") == caret.index("^")


def test_colours_add_nothing_but_colour() -> None:
    found = [problem(Span("P", 1, 3, 2, "a^bc"), "m", "h"), problem(Span("P"), severity=Severity.WARNING)]
    coloured = render_text(found, color=True)
    assert "\x1b[1;31merror:\x1b[0m" in coloured
    assert "\x1b[1;33mwarning:\x1b[0m" in coloured
    for code in ("1", "1;31", "1;32", "1;33", "0"):
        coloured = coloured.replace(f"\x1b[{code}m", "")
    assert coloured == render_text(found)


@given(st.text(st.characters(), max_size=120), st.integers(0, 200), st.integers(1, 200))
def test_nothing_raw_reaches_a_terminal_or_a_log_whatever_the_file_holds(
    text: str, column: int, length: int
) -> None:
    found = [problem(Span(text, 1, column, length, text), text.replace("\n", ""), text)]
    assert all(line.isprintable() for line in render_text(found).split("\n"))
    assert render_github(found).isprintable()
    assert json.loads(render_json([Entry("web", text, 1, 1)], {}, found).encode("ascii"))


def test_json_is_the_document_of_the_specification() -> None:
    found = Diagnostic(
        "name-blank", Severity.ERROR, "blank", Span("Procfile", 3, 4, 1, "web : x"), "write it"
    )
    entries = [Entry("web", "caf\udce9", 1, 6), Entry("release", "x", 2, 10)]
    assert json.loads(render_json(entries, {"release": "release"}, [found])) == {
        "entries": [
            {"name": "web", "command": "caf\ufffd", "line": 1, "kind": "process"},
            {"name": "release", "command": "x", "line": 2, "kind": "release"},
        ],
        "diagnostics": [
            {
                "file": "Procfile",
                "line": 3,
                "column": 4,
                "severity": "error",
                "code": "name-blank",
                "message": "blank",
                "hint": "write it",
            }
        ],
    }


def test_json_has_the_next_times_of_those_that_have_any() -> None:
    entries = [Entry("web", "a", 1, 6), Entry("cron", "b", 2, 7)]
    document = json.loads(render_json(entries, {}, [], {"cron": ["2026-11-30T07:05:00+00:00"]}))
    assert [entry.get("next") for entry in document["entries"]] == [None, ["2026-11-30T07:05:00+00:00"]]


def test_json_keeps_characters_beyond_the_first_plane() -> None:
    document = json.loads(render_json([Entry("web", "echo 🎉", 1, 6)], {}, []))
    assert document["entries"][0]["command"] == "echo 🎉"


def test_github_gets_a_workflow_command_for_each_problem() -> None:
    found = Diagnostic("name-blank", Severity.ERROR, "blank before the colon", Span("Procfile", 3, 5, 1, "x"))
    whole = Diagnostic("no-entries", Severity.WARNING, "none", Span("Procfile"))
    assert render_github([found, whole]) == (
        "::error file=Procfile,line=3,col=5,title=name-blank::blank before the colon\n"
        "::warning file=Procfile,title=no-entries::none"
    )


def test_github_text_is_escaped_as_its_runner_reads_it() -> None:
    found = Diagnostic("c", Severity.ERROR, "100%\nmore", Span("a,b:c%.txt", 1, 1), "do: a, b")
    assert render_github([found]) == (
        "::error file=a%2Cb%3Ac%25.txt,line=1,col=1,title=c::100%25%0Amore%0Ado: a, b"
    )
