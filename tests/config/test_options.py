from __future__ import annotations

import os
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from procman.config.diagnostics import Severity
from procman.config.option_keys import Form, is_of
from procman.config.options import NO_OPTIONS, Options, read_options

if TYPE_CHECKING:
    from pathlib import Path


def read(tmp_path: Path, text: str, name: str = "procman.toml") -> Options:
    (tmp_path / name).write_text(text, "utf-8")
    return read_options(str(tmp_path))


def told(options: Options) -> list[tuple[int, int, str, str]]:
    return [(p.span.line, p.span.column, p.message, p.hint) for p in options.diagnostics]


def test_a_folder_without_a_file_has_no_options(tmp_path: Path) -> None:
    assert read_options(str(tmp_path)) is NO_OPTIONS


def test_pyproject_without_a_word_of_procman_has_no_options_and_need_not_be_toml(tmp_path: Path) -> None:
    assert read(tmp_path, "[tool.other]\nx = = 1\n", "pyproject.toml") == NO_OPTIONS
    assert read(tmp_path, "[project]\nname = 'procman'\n", "pyproject.toml") == NO_OPTIONS


def test_the_parser_is_only_loaded_for_a_file_that_has_options(tmp_path: Path) -> None:
    (tmp_path / "pyproject.toml").write_text("[project]\nname = 'x'\n", "utf-8")
    program = (
        "import sys; from procman.config.options import read_options; read_options(''); print(*sys.modules)"
    )
    path = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
    done = subprocess.run(
        [sys.executable, "-c", program],
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": path},
        capture_output=True,
        text=True,
        check=True,
    )
    assert not {"tomllib", "difflib", "procman.config.type_settings"} & set(done.stdout.split())


@pytest.mark.parametrize(("name", "head"), [("procman.toml", ""), ("pyproject.toml", "[tool.procman]\n")])
def test_both_files_say_the_same_things(tmp_path: Path, name: str, head: str) -> None:
    options = read(tmp_path, head + "port = 3000\nport-step = 10\nformation = 'web=2'\n", name)
    assert options.values == {"port": 3000, "port_step": 10, "formation": ["web=2"]}
    assert options.places["port_step"].line == 2 + bool(head)
    assert options.diagnostics == ()


def test_procman_toml_wins_and_the_other_file_is_said_not_to_be_read(tmp_path: Path) -> None:
    read(tmp_path, "[tool.procman]\nport = 1\n", "pyproject.toml")
    options = read(tmp_path, "port = 2\n")
    assert options.values == {"port": 2}
    (problem,) = options.diagnostics
    assert (problem.severity, problem.span.file) == (Severity.WARNING, str(tmp_path / "pyproject.toml"))
    assert problem.message.endswith("procman.toml")


def test_an_unknown_key_has_its_place_and_the_nearest_key(tmp_path: Path) -> None:
    options = read(tmp_path, "port = 1\ntimout = 3\n[process.web]\nstop-singal = 'INT'\n")
    assert told(options) == [
        (2, 1, "no option or setting is called timout", "did you mean timeout?"),
        (4, 1, "no option or setting is called stop-singal", "did you mean stop_signal?"),
    ]
    assert not any(problem.fatal for problem in options.diagnostics)


@pytest.mark.parametrize(
    ("line", "message", "hint"),
    [
        ("port = []", "port is a list", "a number or a text is wanted"),
        ("port-step = true", "port-step is true", "a whole number is wanted"),
        ("override = 'yes'", "override is a text", "true or false is wanted"),
        ("quiet = ['a', 1]", "quiet is a list", "a text or a list of texts is wanted"),
        ("stop_on = 'nothing'", "stop_on is 'nothing'", "it is one of crash, exit, never"),
        ("env = 3", "env is a number", "a text or a list of texts is wanted"),
        ("process = 'web'", "process is a text", "a table of process types is wanted"),
        ("process.web = 'run'", "web is a text", "a table is wanted"),
        (
            "process.'a b'.count = 1",
            "'a b' can't be the name of a process type",
            "a name is 1 to 63 letters, digits, _ and -",
        ),
    ],
)
def test_a_wrong_type_is_never_runnable(tmp_path: Path, line: str, message: str, hint: str) -> None:
    options = read(tmp_path, f"# first\n{line}\n")
    assert [(row, said, todo) for row, _, said, todo in told(options)] == [(2, message, hint)]
    assert options.diagnostics[0].fatal
    assert not options.values


@pytest.mark.parametrize(
    ("text", "line", "message"),
    [
        ("port = 1\nx = = 2\n", 2, "not toml: "),
        ("port = 'a\xff'\n".encode("latin-1"), 1, "byte 0xff is not utf-8"),
        ("x = [", 1, "not toml: "),
    ],
)
def test_what_is_no_toml_is_told_with_its_line(
    tmp_path: Path, text: str | bytes, line: int, message: str
) -> None:
    (tmp_path / "procman.toml").write_bytes(text if isinstance(text, bytes) else text.encode())
    (problem,) = read_options(str(tmp_path)).diagnostics
    assert (problem.span.line, problem.fatal) == (line, True)
    assert problem.message.startswith(message)


def test_a_table_where_none_can_be_is_told(tmp_path: Path) -> None:
    (problem,) = read(tmp_path, "[tool]\nprocman = 3\n", "pyproject.toml").diagnostics
    assert (problem.span.line, problem.message, problem.fatal) == (2, "not a table", True)


def test_the_head_of_the_other_file_is_recognised(tmp_path: Path) -> None:
    assert told(read(tmp_path, "[tool.procman]\nport = 1\n"))[0][3].endswith("without [tool.procman]")


def test_env_is_the_types_as_a_table_and_an_option_as_a_text_or_list(tmp_path: Path) -> None:
    table, text, several = (
        read(tmp_path, f"env = {value}\n") for value in ("{A = '1'}", "'.env.test'", "['a', 'b,c']")
    )
    assert (table.top["env"].value, table.values) == ({"A": "1"}, {})
    assert (text.top, text.values) == ({}, {"env": [str(tmp_path / ".env.test")]})
    assert several.values == {"env": [f"{tmp_path}/a", f"{tmp_path}/b,{tmp_path}/c"]}


def test_paths_are_found_from_the_file_s_folder_and_an_empty_one_stays_empty(tmp_path: Path) -> None:
    options = read(tmp_path, "procfile = 'Procfile.dev'\nlog_dir = '/var/log'\nenv = ''\n")
    assert options.values == {
        "procfile": str(tmp_path / "Procfile.dev"),
        "log_dir": "/var/log",
        "env": [""],
    }


def test_no_pty_is_the_opposite_of_pty(tmp_path: Path) -> None:
    assert read(tmp_path, "no_pty = true\n").values == {"pty": False}


def test_a_timeout_is_every_type_s_unless_the_top_says_otherwise(tmp_path: Path) -> None:
    assert read(tmp_path, "timeout = 3\n").top["stop_timeout"].value == 3
    for lines in ("timeout = 3\nstop_timeout = 4\n", "stop_timeout = 4\ntimeout = 3\n"):
        assert read(tmp_path, lines).top["stop_timeout"].value == 4


def test_settings_remember_where_they_and_the_keys_in_them_stand(tmp_path: Path) -> None:
    options = read(tmp_path, "[process.web]\ncount = 2\n[process.web.env]\nA = '1'\nB = '2'\n")
    web = options.types["web"]
    assert (web["count"].value, web["count"].span.line) == (2, 2)
    assert {key: span.line for key, span in web["env"].inner.items()} == {"A": 4, "B": 5}
    assert options.headers["web"].line == 1


@pytest.mark.parametrize(
    ("form", "good", "bad"),
    [
        (Form.FLAG, [True, False], [1, "true", None]),
        (Form.TEXT, ["", "a"], [1, ["a"]]),
        (Form.TEXTS, ["a", [], ["a", "b"]], [1, [1], {}]),
        (Form.PORT, [1, "auto"], [True, 1.5]),
        (Form.WHOLE, [0, 7], [True, 1.0, "1"]),
        (Form.NUMBER, [0, 1.5], [True, "1"]),
    ],
)
def test_true_is_no_number_and_a_number_no_text(form: Form, good: list[object], bad: list[object]) -> None:
    assert all(is_of(form, value) for value in good)
    assert not any(is_of(form, value) for value in bad)
