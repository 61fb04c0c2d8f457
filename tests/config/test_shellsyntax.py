from __future__ import annotations

import subprocess
from shutil import which
from time import perf_counter

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from procman.config.shellsyntax import is_readable

READABLE = [
    "serve",
    "cd apps/web && npm start",
    "RAILS_ENV=test A= B='x y' rails s -p $PORT",
    "bin/worker 2>&1 | tee -a log/worker.log",
    'test -f x || exit 1; [ -n "$A" ] && serve > out 2> err < in &',
    "serve a#b $1 $$ ${PORT:-3000} \\; '#' \"it's $@\" >&2;",
    "PORT=1 >log serve",
    "exec serve & wait",
]
ASKED = [
    "",
    "if true; then serve; fi",
    "while true; do serve; done",
    "(serve)",
    "{ serve; }",
    "! serve",
    "a | ! b",
    "time serve",
    "serve $(b)",
    "serve `b`",
    "serve <<EOF",
    "serve # remark",
    "serve 'x",
    'serve "x',
    "serve \\",
    "serve ${A:?gone}",
    "a\nb",
    "f() { a; }",
    "a=(1 2)",
    "then x",
    "a; done",
    "A=1 if",
    "a ;; b",
    "a & & b",
    "a |& b",
    "a &>f",
    "a |",
    "a &&",
    "; a",
    "a >",
    "a > 2>&1",
    "a >&f",
    "a >&2<f",
    "a[ b",
    "]] a",
    "-x",
    "} ; x() {",
]
WORDS = [
    *(
        "a",
        "b1",
        "./x",
        "2",
        "-",
        "=",
        "A=1",
        "A=",
        "x[1]=2",
        "a#b",
        "'q w'",
        '"$A"',
        "$A",
        "${A:-x}",
        "$?",
        "\\ ",
    ),
    *(
        "if",
        "then",
        "fi",
        "do",
        "done",
        "{",
        "}",
        "!",
        "[",
        "]",
        "[[",
        "]]",
        "time",
        "case",
        "in",
        "esac",
        "for",
    ),
    *("function", "select", "coproc", "exec", "eval", "declare", ":", "*", "?", "~", "%"),
    *(
        ";",
        "&",
        "|",
        "&&",
        "||",
        ";;",
        ">",
        "<",
        ">>",
        "2>&1",
        ">&2",
        ">&-",
        ">|",
        "<>",
        "&>",
        "<<",
        "<<<",
        ">&",
    ),
    *("'", '"', "$", "${", "#", "\\", "(", ")", "`", "\t"),
]
SHELLS = [path for path in map(which, ("sh", "dash", "bash", "ksh", "zsh")) if path]


def complaint(shell: str, command: str) -> bytes:
    done = subprocess.run([shell, "-n", "-c", command], capture_output=True, check=False, timeout=10)
    return done.stderr if done.returncode else b""


@pytest.mark.parametrize("command", READABLE)
def test_plain_words_quotes_redirections_and_lists_of_commands_are_readable(command: str) -> None:
    assert is_readable(command)
    assert {shell: complaint(shell, command) for shell in SHELLS} == dict.fromkeys(SHELLS, b"")


@pytest.mark.parametrize("command", ASKED)
def test_of_all_that_has_a_structure_a_shell_is_asked(command: str) -> None:
    assert not is_readable(command)


@given(st.lists(st.sampled_from(WORDS), min_size=1, max_size=8), st.sampled_from(["", " "]))
@example(["a", "&>", "|", "b"], " ")
@settings(max_examples=300, deadline=None)
def test_what_is_called_readable_every_shell_reads(words: list[str], between: str) -> None:
    command = between.join(words)
    if is_readable(command):
        assert {shell: complaint(shell, command) for shell in SHELLS} == dict.fromkeys(SHELLS, b"")


@pytest.mark.parametrize(
    "text",
    [
        "a" + " " * 50_000 + "(",
        "a " + "x" * 50_000 + "`",
        "a " + '"' * 50_001,
        "a;" * 25_000 + "(",
        "A=1 " * 9_000,
    ],
)
def test_no_command_takes_long_to_judge(text: str) -> None:
    started = perf_counter()
    assert not is_readable(text)
    assert perf_counter() - started < 0.5
