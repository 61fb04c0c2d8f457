from __future__ import annotations

import os
import subprocess
from shutil import which
from time import perf_counter

import pytest

from procman.config.shellwords import SHELL_WORDS, first_word, is_simple_command

SIMPLE = [
    "serve",
    "./bin/serve -p 5000",
    "bundle exec rails s -b 'ssl://0.0.0.0:3000'",
    'serve --port "$PORT"',
    "serve -p ${PORT:-5000} -b 0.0.0.0:$PORT",
    'python -c "import a; a.b(1) && c | d"',
    "sh -c 'cd x && exec y > z # w'",
    "serve target/*.jar ~/x QUEUE=* {a,b} a#b !x [a-c]? -",
    'serve a\\ b "c\\"d" \'\' "" \'e\'f"g"',
    "serve\t-a  \t-b",
    "serve café",
    "7z x",
]
NOT_SIMPLE = [
    "",
    " serve",
    "A=1 serve",
    "cd x",
    "exec serve",
    "while true",
    "! serve",
    "{ serve",
    "[ -f x ]",
    "-x",
    "$SHELL -c x",
    "'serve' x",
    "ser*e",
    "~/bin/serve",
    "%1",
    "se\\rve",
    "serve; b",
    "serve;",
    "serve && b",
    "serve &",
    "serve | b",
    "serve > x",
    "serve 2>&1",
    "serve < x",
    "(serve)",
    "serve $(b)",
    'serve "$(b)"',
    "serve `b`",
    'serve "`b`"',
    "serve # remark",
    "serve \\",
    "serve 'x",
    'serve "x',
    "serve $$",
    "serve $?",
    "serve ${A:-$(b)}",
    "serve ${A:?gone}",
    "serve\nb",
    "serve a\rb",
    "serve\fx",
]


@pytest.mark.parametrize("command", SIMPLE)
def test_one_program_and_its_words_are_simple(command: str) -> None:
    assert is_simple_command(command)


@pytest.mark.parametrize("command", NOT_SIMPLE)
def test_whatever_could_be_more_is_not_simple(command: str) -> None:
    assert not is_simple_command(command)


def test_a_word_of_the_shell_is_never_simple_and_a_longer_one_is() -> None:
    for word in SHELL_WORDS:
        assert not is_simple_command(f"{word} x")
        assert first_word(f"{word} x") == ""
    assert is_simple_command("echoing x")
    assert first_word("echoing x") == "echoing"


@pytest.mark.skipif(which("bash") is None, reason="bash is not installed")
def test_every_builtin_and_keyword_of_bash_is_known() -> None:
    done = subprocess.run(["bash", "-c", "compgen -bk"], capture_output=True, text=True, check=True)
    words = {word for word in done.stdout.split() if word[0].isalpha()}
    assert len(words) > 60
    assert words <= SHELL_WORDS


def test_exec_in_front_of_a_simple_command_changes_nothing() -> None:
    def run(prefix: str) -> str:
        words = [command.removeprefix(first_word(command)) for command in SIMPLE]
        script = "\n".join(f"({prefix}/usr/bin/printf '[%s]' {rest})" for rest in words)
        environ = {**os.environ, "PORT": "5 *"}
        command = ["/bin/sh", "-c", script]
        return subprocess.run(command, capture_output=True, text=True, env=environ, check=True).stdout

    assert run("exec ") == run("")
    assert "[--port][5 *]" in run("")


@pytest.mark.parametrize("text", ["a" + " " * 50_000 + ";", "a " + "x" * 50_000 + "`", "a " + '"' * 50_001])
def test_no_command_takes_long_to_judge(text: str) -> None:
    started = perf_counter()
    assert not is_simple_command(text)
    assert perf_counter() - started < 0.5
