from __future__ import annotations

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from procman.config.diagnostics import Diagnostic, Severity
from procman.config.procfile import Entry, Procfile, is_name, parse_procfile
from procman.config.sourcefile import SourceFile


def parse(text: str | bytes) -> Procfile:
    return parse_procfile(SourceFile("Procfile", text.encode() if isinstance(text, str) else text))


def only(text: str | bytes) -> Diagnostic:
    """Return the one diagnostic of text, but for no-entries, which comes with any file that has none."""
    (problem,) = [problem for problem in parse(text).diagnostics if problem.code != "no-entries"]
    return problem


def commands(text: str | bytes) -> list[tuple[str, str]]:
    return [(entry.name, entry.command) for entry in parse(text).entries]


def test_entries_come_in_the_order_of_the_file_with_the_place_of_their_command() -> None:
    assert parse("worker: work\n\n# remark\nweb:\t serve $PORT \t\n") == Procfile(
        (Entry("worker", "work", 1, 9), Entry("web", "serve $PORT", 4, 7)), ()
    )


@pytest.mark.parametrize(
    ("text", "entries"),
    [
        ("\ufeffweb: serve\n", [("web", "serve")]),
        ("web: a\r\nworker: b\rclock: c", [("web", "a"), ("worker", "b"), ("clock", "c")]),
        ("web: a\fb\v\x85\u2028c", [("web", "a\fb\v\x85\u2028c")]),
        ("   # web: old\n \t \n#web: older\nweb:new # main", [("web", "new # main")]),
        ("web: # todo", [("web", "# todo")]),
        ("web: serve http://h:80/", [("web", "serve http://h:80/")]),
        ("2web-_X: a\nweb: b\nWeb: c", [("2web-_X", "a"), ("web", "b"), ("Web", "c")]),
        ("w" * 63 + ": a", [("w" * 63, "a")]),
        ("web: a\\\\", [("web", "a\\\\")]),
        ("web: " + "x" * 70_000, [("web", "x" * 70_000)]),
    ],
)
def test_a_good_line_is_an_entry_and_needs_no_diagnostic(text: str, entries: list[tuple[str, str]]) -> None:
    assert commands(text) == entries
    assert parse(text).diagnostics == ()


@pytest.mark.parametrize(
    ("line", "code", "column", "length", "hint"),
    [
        ("web : serve", "name-blank", 4, 1, "write `web: serve`"),
        ("web\t :", "name-blank", 4, 2, "write `web: COMMAND`"),
        ("  web : serve", "name-blank", 6, 1, "write `web: serve`"),
        ("web serve", "colon-missing", 4, 1, "write `web: serve`"),
        ("web", "colon-missing", 4, 1, "write `web: COMMAND`"),
        ("web gunicorn app:app", "colon-missing", 4, 1, "write `web: gunicorn app:app`"),
        ("npm start", "colon-missing", 4, 1, "write `npm: start`, or put a name in front: `web: npm start`"),
        ("my.web: serve", "name-character", 3, 1, "write `my-web: serve`"),
        ("web[2]: serve", "name-character", 4, 1, "write `web-2: serve`"),
        ("my web: serve", "name-character", 3, 1, "write `my-web: serve`"),
        ('"web: serve"', "name-character", 1, 1, "write `web: serve`"),
        ('{"web": "serve"}', "name-character", 1, 2, "write `web: serve`"),
        ("é: serve", "name-character", 1, 1, "write `web: serve`"),
        (": serve", "name-missing", 1, 1, "write `web: serve`"),
        ("w" * 64 + ": serve", "name-long", 1, 64, "shorten it"),
        ("  web: serve", "entry-indented", 1, 2, "write `web: serve`"),
        ("\tweb: serve", "entry-indented", 1, 1, "write `web: serve`"),
        ("web:", "command-empty", 4, 1, "write `web: COMMAND`, or delete the line"),
        ("web: \t ", "command-empty", 4, 1, "write `web: COMMAND`, or delete the line"),
        ("web= serve", "colon-equals", 4, 1, "write `web: serve`"),
        ("web = serve", "colon-equals", 5, 1, "write `web: serve`"),
        ("A_B=1", "colon-equals", 4, 1, "a variable belongs in .env; an entry is `name: command`"),
        ("web\uff1a serve", "colon-fullwidth", 4, 1, "write `web: serve`"),
        ("<<<<<<< HEAD", "merge-marker", 1, 12, "keep one side and delete the marker lines"),
        ("||||||| base", "merge-marker", 1, 12, "keep one side and delete the marker lines"),
        ("=======", "merge-marker", 1, 7, "keep one side and delete the marker lines"),
        (">>>>>>> topic", "merge-marker", 1, 13, "keep one side and delete the marker lines"),
        ("---", "yaml", 1, 3, "write each process on one line: `name: command`"),
        ("- web: serve", "yaml", 1, 12, "write each process on one line: `name: command`"),
        ("// remark", "comment-mark", 1, 2, "a comment starts with #"),
        ("{% endif %}", "line-unknown", 1, 11, "an entry is `name: command`, a comment starts with #"),
        ("\f", "line-unknown", 1, 1, "an entry is `name: command`, a comment starts with #"),
        ("web: se\0rve", "nul", 8, 1, "delete it, or save the file again as plain text"),
        ("# \0", "nul", 3, 1, "delete it, or save the file again as plain text"),
    ],
)
def test_another_line_is_a_diagnostic_with_its_place_and_the_likely_slip(
    line: str, code: str, column: int, length: int, hint: str
) -> None:
    text = f"api: good\n{line}\nlast: good\n"
    problem = only(text)
    assert (problem.code, problem.severity, problem.hint) == (code, Severity.ERROR, hint)
    assert problem.span == ("Procfile", 2, column, length, line)
    assert problem.fatal is (code == "nul")
    assert commands(text) == [("api", "good"), ("last", "good")]


def test_the_line_that_a_hint_tells_to_write_is_an_entry() -> None:
    for line in (
        "web : x",
        "web x",
        "my.web: x",
        "my web: x",
        "é: x",
        " web: x",
        "web=x",
        "web\uff1ax",
        ": x",
        '"web": "x",',
    ):
        hint = only(line).hint
        assert parse(hint.split("`")[1]).diagnostics == ()


def test_a_command_that_ends_in_a_backslash_stays_as_foreman_has_it_and_is_an_error() -> None:
    text = "web: serve \\\n  --port 1\nworker: work\n"
    procfile = parse(text)
    assert commands(text) == [("web", "serve \\"), ("worker", "work")]
    first, second = procfile.diagnostics
    assert (first.code, first.span.line, first.span.column, first.fatal) == ("backslash", 1, 12, False)
    assert (second.code, second.span.line, second.span.column) == ("backslash", 2, 3)
    assert "line 1 ends in a backslash" in second.message


def test_a_block_of_yaml_is_called_that_on_each_of_its_lines() -> None:
    problems = parse("a: b\nprocesses:\n  web:\n    command: serve\n    quantity: 1\n").diagnostics
    assert [(problem.code, problem.span.line) for problem in problems] == [("yaml", n) for n in (2, 3, 4, 5)]


def test_an_indented_entry_after_another_slip_is_not_taken_for_yaml() -> None:
    problems = parse("web serve\n  worker: work\n").diagnostics
    assert [problem.code for problem in problems] == ["colon-missing", "entry-indented", "no-entries"]


def test_a_duplicate_name_names_all_its_lines_once_and_is_fatal() -> None:
    problem = only("web: a\nworker: b\nweb: c\n")
    assert (problem.code, problem.fatal, problem.span.line) == ("duplicate-name", True, 3)
    assert problem.message == "web is declared more than once: lines 1 and 3"
    assert "lines 1, 2 and 3" in only("web: a\nweb: a\nweb: a").message


@pytest.mark.parametrize("text", ["", "\n \n", "# web: serve\n", "\ufeff"])
def test_a_file_without_an_entry_is_fatal(text: str) -> None:
    (problem,) = parse(text).diagnostics
    assert (problem.code, problem.fatal, problem.span) == ("no-entries", True, ("Procfile", 0, 0, 1, ""))
    assert "`web: python3 -m http.server $PORT`" in problem.hint


def test_when_slips_left_no_entry_the_hint_points_at_them() -> None:
    slip, nothing = parse("web serve\n").diagnostics
    assert (slip.code, nothing.code, nothing.fatal) == ("colon-missing", "no-entries", True)
    assert nothing.hint == "correct the lines above"


@pytest.mark.parametrize("encoding", ["utf-16", "utf-16-le", "utf-16-be"])
def test_utf_16_is_one_fatal_diagnostic_with_and_without_its_mark(encoding: str) -> None:
    (problem,) = parse("web: serve\r\n".encode(encoding)).diagnostics
    assert (problem.code, problem.fatal, problem.span.line) == ("utf-16", True, 0)
    assert "utf-8" in problem.hint


def test_a_binary_file_is_one_fatal_diagnostic() -> None:
    (problem,) = parse(b"\x7fELF\x02\x01\x01\0\n\xff\n\0\xfe\n").diagnostics
    assert (problem.code, problem.fatal) == ("binary", True)


def test_bytes_that_are_not_utf_8_reach_the_command_and_are_a_warning() -> None:
    procfile = parse(b"web: echo caf\xe9\n")
    assert procfile.entries[0].command.encode(errors="surrogateescape") == b"echo caf\xe9"
    (problem,) = procfile.diagnostics
    assert (problem.code, problem.severity, problem.fatal) == ("not-utf-8", Severity.WARNING, False)
    assert problem.span.column == 14
    assert "0xe9" in problem.message


@pytest.mark.parametrize(
    ("line", "code"),
    [
        ("-web: serve", "name-dash"),
        ("http://example.com", "not-an-entry"),
        ("C:\\app\\run.exe", "not-an-entry"),
    ],
)
def test_an_entry_that_was_hardly_meant_as_one_stays_and_is_a_warning(line: str, code: str) -> None:
    procfile = parse(line)
    assert len(procfile.entries) == 1
    (problem,) = procfile.diagnostics
    assert (problem.code, problem.severity, problem.fatal) == (code, Severity.WARNING, False)


def test_all_problems_are_found_at_once_and_in_the_order_of_the_file() -> None:
    problems = parse("web : a\napi: b\nworker=c\napi: d\n-x: e\\\n").diagnostics
    assert [problem.code for problem in problems] == [
        "name-blank",
        "colon-equals",
        "duplicate-name",
        "name-dash",
        "backslash",
    ]


def test_a_name_is_what_the_grammar_says() -> None:
    assert [is_name(text) for text in ("web", "-", "a" * 63, "", "a" * 64, "é", "a b", "web\n")] == [
        True
    ] * 3 + [False] * 5


PIECES = st.sampled_from(
    [
        *"web:-_ \t\n\r=#\\\"'{}.\0\f",
        "web: serve\n",
        "  web:\n",
        "\uff1a",
        "é",
        "\ufeff",
        "\u2028",
        "---",
        "<<<<<<<",
        "//",
    ]
)


@given(st.lists(PIECES, max_size=12).map(lambda pieces: "".join(pieces).encode()) | st.binary(max_size=40))
@example(b"web:\n")
@example(b"\xffweb: x")
def test_any_bytes_parse_and_no_line_is_skipped_silently(data: bytes) -> None:
    source = SourceFile("Procfile", data)
    procfile = parse_procfile(source)
    spans = [problem.span for problem in procfile.diagnostics]
    if any(problem.code in {"utf-16", "binary"} for problem in procfile.diagnostics):
        return
    told = {entry.line for entry in procfile.entries} | {span.line for span in spans}
    lines = source.lines()
    for number, line in enumerate(lines, start=1):
        assert number in told or not line.strip(" \t") or line.strip(" \t")[0] == "#"
    for entry in procfile.entries:
        assert lines[entry.line - 1][entry.column - 1 :].startswith(entry.command)
        assert is_name(entry.name)
    for span in spans:
        assert (span.line == 0) == (span.column == 0)
        if span.line:
            assert span.text == lines[span.line - 1]
            assert 1 <= span.column <= len(span.text) + 1
    assert procfile.entries or any(problem.fatal for problem in procfile.diagnostics)
