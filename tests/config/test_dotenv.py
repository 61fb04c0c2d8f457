from __future__ import annotations

import json
import os
from base64 import b64decode
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from procman.config.diagnostics import Severity
from procman.config.dotenv import MOST_BYTES, DotenvFile, Setting, parse_dotenv, read_dotenv_files
from procman.config.sourcefile import SourceFile
from procman.errors import ProcmanError

CASES = Path(__file__).parents[3] / "shared" / "corpus" / "dotenv_cases.json"

DIFFERENT = {
    "nul": "no program can be given a NUL: refused, not read and then failing at the start",
}
"""Where the result is not python-dotenv's on purpose, beside keys without a value, which no child can get."""


def parse(text: str | bytes, environ: dict[str, str] | None = None, **options: Any) -> DotenvFile:
    data = text if isinstance(text, bytes) else text.encode()
    options.setdefault("override", False)
    return parse_dotenv(SourceFile(".env", data), environ or {}, options.pop("earlier", {}), **options)


def values(parsed: DotenvFile) -> dict[str, str]:
    return {key: setting.value for key, setting in parsed.values.items()}


def codes(parsed: DotenvFile) -> list[tuple[str, int, bool]]:
    return [(problem.code, problem.span.line, problem.fatal) for problem in parsed.diagnostics]


def cases() -> list[dict[str, Any]]:
    if not CASES.exists():
        pytest.skip(f"no cases at {CASES}")
    read: list[dict[str, Any]] = json.loads(CASES.read_text("utf-8"))
    return read


@pytest.mark.corpus
@pytest.mark.parametrize("override", [True, False])
def test_every_case_from_the_field_reads_as_python_dotenv_reads_it(override: bool) -> None:
    wrong = {}
    for case in cases():
        data = b64decode(case["text_base64"]) if "text_base64" in case else case["text"].encode()
        parsed = parse(data, case["os_env"], override=override)
        theirs = case["expect"]["python-dotenv"]
        # By default the environment wins inside ${...} too, as it does in the end.
        interpolated = case["id"] == "os-conflict" and not override
        expected = {key: value for key, value in theirs.get("env", {}).items() if value is not None}
        expected |= {"B": "from-os"} if interpolated else {}
        problems = [
            f"python-dotenv could not parse statement starting at line {line}"
            for code, line, _ in codes(parsed)
            if code == "dotenv-syntax"
        ]
        refused = any(fatal for _, _, fatal in codes(parsed))
        same = (values(parsed), problems, refused) == (
            expected,
            theirs.get("warnings", []),
            "error" in theirs,
        )
        if same == (case["id"] in DIFFERENT):
            wrong[case["id"]] = (values(parsed), expected, problems)
    assert wrong == {}


@pytest.mark.corpus
def test_the_differences_listed_are_cases() -> None:
    assert DIFFERENT.keys() <= {case["id"] for case in cases()}


def test_each_value_knows_the_line_of_its_statement() -> None:
    parsed = parse('\n\n# note\nA=1\r\n\r\n  B="x\r\ny"\r\n\rC=3\n')
    assert parsed.values == {
        "A": Setting("1", ".env", 4),
        "B": Setting("x\ny", ".env", 6),
        "C": Setting("3", ".env", 9),
    }
    assert parsed.diagnostics == ()


def test_a_statement_that_cannot_be_parsed_is_told_with_its_line_and_the_rest_is_used() -> None:
    parsed = parse("A=1\r\n\r\nB='open\r\nC=3\r\n\r\n  =x\r\nD: 4\r\n")
    assert values(parsed) == {"A": "1", "C": "3"}
    assert codes(parsed) == [
        ("dotenv-syntax", 3, False),
        ("dotenv-syntax", 6, False),
        ("dotenv-syntax", 7, False),
    ]
    assert {problem.severity for problem in parsed.diagnostics} == {Severity.ERROR}
    assert all(problem.hint for problem in parsed.diagnostics)


@pytest.mark.parametrize(
    "text", ["TOKEN='hush\n", '  TOKEN="x"hush\n', "TOKEN hush hush=2\n", "a hush hush\n"]
)
def test_a_diagnostic_does_not_show_the_value(text: str) -> None:
    (problem,) = parse(text).diagnostics
    first = text.split(maxsplit=1)[0].partition("=")[0]
    assert problem.span.text[problem.span.column - 1 :].startswith(first)
    assert "hush" not in problem.span.text.partition("=")[2]
    assert "hush" not in problem.message + problem.hint


def test_keys_without_a_value_are_skipped() -> None:
    parsed = parse("A\nexport B\n[section]\nC=\n")
    assert values(parsed) == {"C": ""}
    assert parsed.diagnostics == ()


def test_a_key_without_a_value_does_not_hide_the_environments() -> None:
    assert values(parse("A\nB=${A}", {"A": "1"}, override=True)) == {"B": "1"}


@pytest.mark.parametrize(
    ("text", "code", "line"),
    [
        ("A=1\n'B=C'=2\n", "dotenv-key", 2),
        ("A=1\nB\0=2\n", "dotenv-key", 2),
        ("A=1\nB=x\0y\n", "dotenv-nul", 2),
        ("A=1\n\nB=" + "x" * (MOST_BYTES - 1) + "\n", "dotenv-size", 3),
        ("A=1\nB=" + "é" * (MOST_BYTES // 2) + "\n", "dotenv-size", 2),
    ],
)
def test_what_no_program_can_be_given_is_refused(text: str, code: str, line: int) -> None:
    parsed = parse(text)
    assert codes(parsed) == [(code, line, True)]
    assert values(parsed) == {"A": "1"}
    assert len(parsed.diagnostics[0].message) < 150


def test_the_longest_variable_that_a_program_can_be_given_is_read() -> None:
    parsed = parse("B=" + "x" * (MOST_BYTES - 2))
    assert (len(values(parsed)["B"]), parsed.diagnostics) == (MOST_BYTES - 2, ())


def test_a_value_that_grows_too_long_by_expansion_is_refused() -> None:
    parsed = parse("A=" + "x" * 70_000 + "\nB=${A}${A}\n")
    assert codes(parsed) == [("dotenv-size", 2, True)]


@pytest.mark.parametrize(
    ("data", "line", "message"),
    [
        (b"A=1\r\nB=caf\xe9\r\n", 2, "byte 0xe9 is not utf-8"),
        (b"\xef\xbb\xbfA=1\rB=2\rC=\xff", 3, "byte 0xff is not utf-8"),
        ("A=1\n".encode("utf-16"), 1, "not utf-8 but utf-16"),
        ("A=1\n".encode("utf-16-le"), 1, "not utf-8 but utf-16"),
        ("A=1\n".encode("utf-16-be"), 1, "not utf-8 but utf-16"),
    ],
)
def test_what_is_not_utf_8_is_refused_whole(data: bytes, line: int, message: str) -> None:
    parsed = parse(data)
    assert values(parsed) == {}
    assert codes(parsed) == [("dotenv-encoding", line, True)]
    assert parsed.diagnostics[0].message == message


def test_a_byte_order_mark_is_fine() -> None:
    assert values(parse(b"\xef\xbb\xbfA=1\n")) == {"A": "1"}


@pytest.mark.parametrize(("override", "expected"), [(False, "env/early/own"), (True, "own/early/own")])
def test_expansion_sees_the_file_the_earlier_files_and_the_environment(override: bool, expected: str) -> None:
    parsed = parse(
        "BOTH=own\nOWN=own\nX=${BOTH}/${EARLY}/${OWN}\n",
        {"BOTH": "env"},
        earlier={"BOTH": "early", "EARLY": "early", "OWN": "early"},
        override=override,
    )
    assert values(parsed)["X"] == expected


def test_expansion_keeps_bytes_of_the_environment_that_are_not_text() -> None:
    odd = os.fsdecode(b"\xff")
    assert values(parse("A=${ODD}é", {"ODD": odd}))["A"] == odd + "é"


@given(
    st.dictionaries(
        st.text("ABCxyz_19", min_size=1, max_size=8),
        st.text("ab =#'\"\\\n\t\x0c\x85\u2028é{}", max_size=20),
        max_size=5,
    )
)
@settings(max_examples=60, deadline=None)
def test_what_is_quoted_comes_back_as_it_was(variables: dict[str, str]) -> None:
    quoted = {k: v.replace("\\", "\\\\").replace("'", "\\'") for k, v in variables.items()}
    parsed = parse("".join(f"export {key}='{value}'\n" for key, value in quoted.items()))
    assert (values(parsed), parsed.diagnostics) == (variables, ())


@given(st.binary(max_size=60) | st.text(alphabet="A=\"'\\\n\r #${}:-\0\ufeffé", max_size=40).map(str.encode))
@settings(max_examples=150, deadline=None)
def test_any_bytes_are_read_and_every_line_reported_is_one_of_the_files(data: bytes) -> None:
    parsed = parse(data)
    last = 1 + data.count(b"\n") + data.count(b"\r")
    lines = [setting.line for setting in parsed.values.values()]
    lines += [problem.span.line for problem in parsed.diagnostics]
    assert all(1 <= line <= last for line in lines)
    for key, setting in parsed.values.items():
        assert key
        assert not {"=", "\0"} & set(key)
        assert "\0" not in setting.value


def write(folder: Path, **files: str) -> None:
    for name, text in files.items():
        (folder / name).write_text(text)


def test_the_env_file_of_the_folder_is_read_when_there_is_one(tmp_path: Path) -> None:
    assert read_dotenv_files(None, str(tmp_path), {}, override=False) == ({}, ())
    assert read_dotenv_files(None, str(tmp_path / "absent"), {}, override=False) == ({}, ())
    (tmp_path / ".env").write_text("A=1\n")
    read, _ = read_dotenv_files(None, str(tmp_path), {}, override=False)
    assert read == {"A": Setting("1", str(tmp_path / ".env"), 1)}


def test_the_env_file_of_the_current_directory_is_called_by_its_bare_name(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / ".env").write_text("A=1\n")
    for here in (".", ""):
        read, _ = read_dotenv_files(None, here, {}, override=False)
        assert read == {"A": Setting("1", ".env", 1)}


def test_later_files_win_and_see_the_earlier(tmp_path: Path) -> None:
    write(tmp_path, a="A=1\nB=1\n", b="A=2\n", c="C=${A}${B}\nB=3\nbad bad\n")
    a, b, c = (str(tmp_path / name) for name in "abc")
    read, diagnostics = read_dotenv_files((f"{a}, {b} ,", c), "elsewhere", {}, override=False)
    assert read == {"A": Setting("2", b, 1), "B": Setting("3", c, 2), "C": Setting("21", c, 1)}
    assert [(problem.span.file, problem.span.line) for problem in diagnostics] == [(c, 3)]


@pytest.mark.parametrize("explicit", [("",), (" , ",), ()])
def test_an_empty_name_reads_no_file(tmp_path: Path, explicit: tuple[str, ...]) -> None:
    (tmp_path / ".env").write_text("A=1\n")
    assert read_dotenv_files(explicit, str(tmp_path), {}, override=False) == ({}, ())


def test_a_missing_file_that_was_named_is_an_error(tmp_path: Path) -> None:
    missing = str(tmp_path / "missing.env")
    with pytest.raises(ProcmanError, match=r"missing\.env") as caught:
        read_dotenv_files((missing,), ".", {}, override=False)
    assert caught.value.exit_code == 1


def test_a_folder_called_env_is_left_alone_with_a_warning(tmp_path: Path) -> None:
    (tmp_path / ".env").mkdir()
    read, (warning,) = read_dotenv_files(None, str(tmp_path), {}, override=False)
    assert read == {}
    assert (warning.code, warning.severity, warning.fatal) == ("dotenv-directory", Severity.WARNING, False)


def test_an_env_file_that_would_block_is_an_error(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / ".env")
    with pytest.raises(ProcmanError, match="not a regular file"):
        read_dotenv_files(None, str(tmp_path), {}, override=False)


def test_an_env_file_that_cannot_be_looked_at_is_an_error(tmp_path: Path) -> None:
    (tmp_path / ".env").symlink_to(".env")
    with pytest.raises(ProcmanError, match=r"\.env can't be read"):
        read_dotenv_files(None, str(tmp_path), {}, override=False)
