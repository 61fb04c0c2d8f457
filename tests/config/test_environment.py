from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from procman.config.dotenv import Setting
from procman.config.environment import (
    Explained,
    build_environment,
    explain,
    is_secret,
    mask,
    original_environ,
    shadow_notice,
)

if TYPE_CHECKING:
    from pathlib import Path


def file_with(**values: str) -> dict[str, Setting]:
    return {key: Setting(value, ".env", line) for line, (key, value) in enumerate(values.items(), start=1)}


def test_the_environment_beats_the_file_and_says_which_keys() -> None:
    built = build_environment(
        {"A": "env", "SAME": "x"}, file_with(A="file", SAME="x", B="file"), override=False
    )
    assert built.base == {"A": "env", "SAME": "x", "B": "file", "PYTHONUNBUFFERED": "1"}
    assert built.origins == {
        "A": "environment",
        "SAME": "environment",
        "B": ".env:3",
        "PYTHONUNBUFFERED": "procman",
    }
    assert built.shadowed == ("A",)


def test_with_override_the_file_wins_and_nothing_is_shadowed() -> None:
    built = build_environment({"A": "env"}, file_with(A="file"), override=True)
    assert (built.base["A"], built.origins["A"], built.shadowed) == ("file", ".env:1", ())


@pytest.mark.parametrize("value", ["0", ""])
def test_pythonunbuffered_stays_as_the_user_set_it(value: str) -> None:
    assert (
        build_environment({"PYTHONUNBUFFERED": value}, {}, override=False).base["PYTHONUNBUFFERED"] == value
    )
    from_file = build_environment({}, file_with(PYTHONUNBUFFERED=value), override=False)
    assert from_file.base["PYTHONUNBUFFERED"] == value


def test_the_managers_own_variables_do_not_leak_but_the_marker_of_an_outer_run() -> None:
    built = build_environment(
        {"PROCMAN_PORT": "1", "PROCMAN_RUN": "outer", "PROCMANIA": "yes"},
        file_with(PROCMAN_PORT="2", PROCMAN_RUN="forged"),
        override=True,
    )
    assert built.base == {"PROCMAN_RUN": "outer", "PROCMANIA": "yes", "PYTHONUNBUFFERED": "1"}
    assert built.shadowed == ()


KEYS = st.sampled_from(["A", "B", "PORT", "PATH", "PYTHONUNBUFFERED", "PROCMAN_TIMEOUT"])


@given(st.dictionaries(KEYS, st.text(max_size=3)), st.dictionaries(KEYS, st.text(max_size=3)), st.booleans())
@settings(max_examples=60, deadline=None)
def test_every_value_has_the_origin_that_it_came_from(
    environ: dict[str, str], values: dict[str, str], override: bool
) -> None:
    given_settings = file_with(**values)
    built = build_environment(environ, given_settings, override=override)
    assert built.base.keys() == built.origins.keys()
    for key, value in built.base.items():
        match built.origins[key]:
            case "environment":
                assert environ[key] == value
                assert not (override and key in values)
            case "procman":
                assert key not in environ
                assert key not in values
            case origin:
                assert origin == f".env:{given_settings[key].line}"
                assert values[key] == value
                assert override or key not in environ


SET = "already set in the environment"
KEYS_SHOWN = "K0, K1, K2, K3, K4, K5, K6, K7"


@pytest.mark.parametrize(
    ("count", "notice"),
    [
        (0, ""),
        (1, ".env: 1 key already set in the environment wins: K0 (--override turns this round)"),
        (2, ".env: 2 keys already set in the environment win: K0, K1 (--override turns this round)"),
        (
            8,
            f".env: 8 keys {SET} win: {KEYS_SHOWN} (--override turns this round)",
        ),
        (
            10,
            f".env: 10 keys {SET} win: {KEYS_SHOWN} and 2 more (--override turns this round)",
        ),
    ],
)
def test_shadowed_keys_are_told_in_one_line(count: int, notice: str) -> None:
    values = file_with(**{f"K{number}": "file" for number in range(count)})
    built = build_environment(dict.fromkeys(values, "env"), values, override=False)
    assert shadow_notice(built.shadowed, values) == notice


def test_the_notice_names_only_the_files_that_are_shadowed() -> None:
    values = {"A": Setting("1", ".env", 1), "B": Setting("1", "b.env", 1), "C": Setting("1", "c.env", 1)}
    assert shadow_notice(("A", "C"), values).startswith(".env, c.env: 2 keys already set")


def test_what_cpython_adds_in_the_c_locale_is_taken_out(tmp_path: Path) -> None:
    without, with_it = tmp_path / "without", tmp_path / "with"
    without.write_bytes(b"A=1\0OLD_LC_CTYPE=x\0")
    with_it.write_bytes(b"A=1\0LC_CTYPE=C.UTF-8\0")
    environ = {"A": "1", "LC_CTYPE": "C.UTF-8"}
    assert original_environ(environ, str(without)) == {"A": "1"}
    assert original_environ(environ, str(with_it)) == environ
    assert original_environ(environ, str(tmp_path / "absent")) == environ
    assert original_environ({"A": "1"}, str(with_it)) == {"A": "1"}


@pytest.mark.parametrize(
    "key",
    [
        "SECRET_KEY_BASE",
        "API_KEY",
        "apiKey",
        "DB_PASSWORD",
        "PGPASSWORD",
        "MYSQL_PWD",
        "GITHUB_TOKEN",
        "ACCESSTOKEN",
        "SENTRY_DSN",
        "BASIC_AUTH",
        "AWS_SECRET_ACCESS_KEY",
        "db.pass",
    ],
)
def test_keys_that_look_secret(key: str) -> None:
    assert is_secret(key)


@pytest.mark.parametrize(
    "key",
    ["PATH", "PWD", "OLDPWD", "SSH_AUTH_SOCK", "KEYBOARD", "MONKEY", "COMPASS", "TOKENIZERS_PARALLELISM"],
)
def test_keys_that_do_not_look_secret(key: str) -> None:
    assert not is_secret(key)


def test_a_mask_does_not_tell_the_length() -> None:
    assert mask("a") == mask("a" * 50) == "********"
    assert mask("") == ""


def test_an_explanation_lists_every_variable_sorted_with_the_overlay_on_top() -> None:
    built = build_environment({"B": "1", "PORT": "9"}, file_with(API_KEY="hush"), override=False)
    rows = explain(built, {"PORT": ("5000", "procman"), "PS": ("web.1", "procman")})
    assert rows == (
        Explained("API_KEY", "********", ".env:1"),
        Explained("B", "1", "environment"),
        Explained("PORT", "5000", "procman"),
        Explained("PS", "web.1", "procman"),
        Explained("PYTHONUNBUFFERED", "1", "procman"),
    )
    assert explain(built, {}, show_secrets=True)[0].value == "hush"


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        ("postgres://app:hush@db/main", "postgres://app:********@db/main"),
        ("redis://:hush@cache:6379/0", "redis://:********@cache:6379/0"),
        ("postgres://app:hu/sh@db/main", "postgres://app:********@db/main"),
        ("postgres://app@db/main", "postgres://app@db/main"),
        ("http://localhost:5000/", "http://localhost:5000/"),
        ("a:b@c", "a:b@c"),
    ],
)
def test_of_an_address_only_the_password_is_masked(value: str, shown: str) -> None:
    built = build_environment({"DATABASE_URL": value}, {}, override=False)
    assert explain(built, {})[0].value == shown
    assert explain(built, {}, show_secrets=True)[0].value == value
