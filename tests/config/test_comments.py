from __future__ import annotations

from typing import Any

import pytest

from procman.config.comments import Comments, from_text, read_comments
from procman.config.procfile import parse_procfile
from procman.config.sourcefile import SourceFile


def comments(text: str) -> Comments:
    source = SourceFile("Procfile", text.encode())
    return read_comments(source, parse_procfile(source))


def said(text: str) -> dict[str, dict[str, Any]]:
    return {
        name: {key: raw.value for key, raw in each.items()} for name, each in comments(text).types.items()
    }


def test_a_comment_above_an_entry_says_something_of_it() -> None:
    found = comments("web: a\n# procman: count=2 stop-signal=INT\nworker: b\n")
    assert found.diagnostics == ()
    raw = found.types["worker"]
    assert {key: each.value for key, each in raw.items()} == {"count": 2, "stop_signal": "INT"}
    span = raw["stop_signal"].span
    assert (span.file, span.line, span.column, span.length) == ("Procfile", 2, 20, len("stop-signal"))


def test_several_lines_count_and_the_later_one_wins() -> None:
    text = "# procman: count=1 cwd=a\n# a remark\n  #procman: count=3\nweb: x\n"
    assert said(text) == {"web": {"count": 3, "cwd": "a"}}


def test_words_are_quoted_as_for_a_shell() -> None:
    text = "# procman: ready=\"log:now ready\" 'cwd=my app' watch=a\\ b\nweb: x\n"
    assert said(text) == {"web": {"ready": "log:now ready", "cwd": "my app", "watch": ["a b"]}}


@pytest.mark.parametrize("text", ["# procman: count=2\n\nweb: a\n", "web: a\n# procman: count=2\n"])
def test_a_comment_above_nothing_is_told(text: str) -> None:
    found = comments(text)
    assert found.types == {}
    assert [(p.code, p.fatal) for p in found.diagnostics] == [("comment-alone", False)]


@pytest.mark.parametrize(
    ("line", "column", "message", "fatal"),
    [
        ("# procman: cuont=2", 12, "no setting is called cuont", False),
        ("# procman: singleton", 12, "singleton has no value", True),
        ("# procman: count=1 command=x", 20, "the command is the line below", True),
        ("# procman: cwd='a", 3, "not words of a shell: no closing quotation", True),
    ],
)
def test_a_slip_is_told_with_its_column(line: str, column: int, message: str, fatal: bool) -> None:
    (problem,) = comments(f"{line}\nweb: a\n").diagnostics
    assert (problem.span.line, problem.span.column, problem.message) == (1, column, message)
    assert problem.fatal is fatal


def test_other_comments_say_nothing() -> None:
    assert comments("# procman is nice: count=2\n# x procman: count=3\nweb: a\n") == Comments({}, ())


@pytest.mark.parametrize(
    ("key", "text", "typed"),
    [
        ("singleton", "Yes", True),
        ("restart_over", "0", False),
        ("singleton", "perhaps", "perhaps"),
        ("count", "2", 2),
        ("stop_timeout", "0.5", 0.5),
        ("count", "two", "two"),
        ("needs", "db, cache,", ["db", "cache"]),
        ("needs", "", []),
        ("mounts", "a,b", ["a", "b"]),
        ("mounts", "a=x,b", {"a": "x", "b": "b"}),
        ("mounts", "", []),
        ("env", "A=1,B=x=y", {"A": "1", "B": "x=y"}),
        ("ready", "log:a,b", "log:a,b"),
    ],
)
def test_a_text_becomes_what_toml_would_have(key: str, text: str, typed: Any) -> None:
    assert from_text(key, text) == typed
