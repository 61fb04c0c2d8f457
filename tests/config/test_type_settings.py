from __future__ import annotations

import signal
from contextlib import suppress
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from procman.config.comments import from_text
from procman.config.settings import READY_WITHIN, Ready, ReadyWhen, Restart, Size, TypeSettings
from procman.config.type_settings import KEYS, WrongValue, in_words, make_settings


def value(key: str, written: Any) -> Any:
    return KEYS[key](written)


@pytest.mark.parametrize(
    ("key", "written", "meant"),
    [
        ("command", "\n  a\n  b\n", "a\n  b"),
        ("env", {"A": "x", "B": 1, "C": 1.5}, {"A": "x", "B": "1", "C": "1.5"}),
        ("cwd", "front", "front"),
        ("cwd", "", None),
        ("restart", "on-failure", Restart.ON_FAILURE),
        ("stop_signal", "INT", signal.SIGINT),
        ("stop_signal", "sigquit", signal.SIGQUIT),
        ("stop_signal", 15, signal.SIGTERM),
        ("stop_timeout", 10, 10.0),
        ("needs", ["db", "cache"], ("db", "cache")),
        ("needs", "db", ("db",)),
        ("ready", "port", Ready(ReadyWhen.PORT)),
        ("ready", "http:/health?a=b:c", Ready(ReadyWhen.HTTP, "/health?a=b:c")),
        ("ready", "log: up|ready$", Ready(ReadyWhen.LOG, " up|ready$")),
        ("ready", "exec:pg_isready -q", Ready(ReadyWhen.EXEC, "pg_isready -q")),
        ("ready", "", Ready(ReadyWhen.RUNS)),
        ("watch", ["src/**/*.py"], ("src/**/*.py",)),
        ("size", "512M", 512 * 1024**2),
        ("size", "1.5 GiB", 1536 * 1024**2),
        ("size", "800kb", 800 * 1024),
        ("size", 4096, 4096),
        ("size", "", None),
        ("size", 0, None),
        ("mounts", ["uploads"], {"uploads": "uploads"}),
        ("mounts", {"uploads": "data/up"}, {"uploads": "data/up"}),
        ("mounts", {}, {}),
        ("relationships", ["DATABASE_URL"], {"DATABASE_URL": "DATABASE_URL"}),
        ("relationships", {"EMAILS_URL": "RABBIT_URL"}, {"EMAILS_URL": "RABBIT_URL"}),
        ("relationships", [], {}),
        ("singleton", True, True),
        ("count", 0, 0),
    ],
)
def test_what_can_be_written(key: str, written: Any, meant: Any) -> None:
    assert value(key, written) == meant


@pytest.mark.parametrize(
    ("key", "written", "message"),
    [
        ("command", " \n", "is empty"),
        ("command", "a\0b", "holds a nul byte"),
        ("command", ["a", "b"], "is a list"),
        ("env", ["A"], "is a list"),
        ("env", {"A": True}, "gives A true"),
        ("env", {"A=B": "x"}, "names 'A=B'"),
        ("env", {"A": "\0"}, "holds a nul byte"),
        ("cwd", 1, "is a number"),
        ("restart", "sometimes", "is 'sometimes'"),
        ("restart", True, "is true"),
        ("stop_signal", "STOP", "is 'STOP', which is no signal to stop with"),
        ("stop_signal", "NOPE", "is 'NOPE', which is no signal to stop with"),
        ("stop_signal", 0, "is 0, which is no signal to stop with"),
        ("stop_signal", True, "is True, which is no signal to stop with"),
        ("stop_timeout", "10s", "is a text"),
        ("stop_timeout", -1, "is -1"),
        ("stop_timeout", float("nan"), "is nan"),
        ("stop_timeout", True, "is true"),
        ("needs", [1], "is a number"),
        ("needs", {}, "is a table"),
        ("ready", "ports", "is 'ports'"),
        ("ready", "port:80", "is 'port:80'"),
        ("ready", "http", "is 'http'"),
        ("ready", ":up", "is ':up'"),
        ("ready", "exec:", "is 'exec:', and nothing follows"),
        ("ready", "http:health", "is 'http:health'"),
        ("ready", "log:(", "holds no regular expression"),
        ("size", "M", "is 'M'"),
        ("size", "512X", "is '512X'"),
        ("size", -1, "is a number"),
        ("size", True, "is true"),
        ("mounts", {"a b": "x"}, "names 'a b'"),
        ("mounts", ["a-b", "a_b"], "names a-b and a_b, one variable for both"),
        ("mounts", {"a": "../b"}, "gives a '../b'"),
        ("mounts", {"a": "/b"}, "gives a '/b'"),
        ("mounts", {"a": ""}, "gives a ''"),
        ("relationships", {"A": "B-C"}, "names 'B-C'"),
        ("relationships", 3, "is a number"),
        ("singleton", 1, "is a number"),
        ("count", 1.5, "is a number"),
        ("count", -1, "is -1"),
        ("count", 10_001, "is 10001"),
    ],
)
def test_what_can_not(key: str, written: Any, message: str) -> None:
    with pytest.raises(WrongValue) as wrong:
        value(key, written)
    assert wrong.value.message.startswith(message)
    assert wrong.value.hint


def test_a_probe_and_its_limit_a_size_and_what_happens_beyond_it_come_together() -> None:
    both = {"ready": Ready(ReadyWhen.PORT), "ready_timeout": 3.0, "size": 5, "restart_over": True}
    assert make_settings(both) == TypeSettings(
        ready=Ready(ReadyWhen.PORT, within=3.0), size=Size(5, restart_over=True)
    )
    assert make_settings({"ready": Ready(ReadyWhen.PORT)}).ready == Ready(ReadyWhen.PORT, within=READY_WITHIN)


def test_a_limit_of_what_is_not_there_is_dropped() -> None:
    assert make_settings({"ready_timeout": 3.0, "restart_over": True, "ready": None}) == TypeSettings()


def test_every_field_of_the_settings_has_a_key() -> None:
    assert set(TypeSettings._fields) <= set(KEYS)


@pytest.mark.parametrize("key", KEYS)
@given(
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
        lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
        max_leaves=5,
    )
)
@settings(max_examples=8, deadline=None)
def test_whatever_is_written_is_understood_or_refused(key: str, written: Any) -> None:
    # Anything else that is raised would be a traceback for whoever wrote it.
    with suppress(WrongValue):
        value(key, written)
    assert in_words(written)


@given(st.text())
@settings(max_examples=30, deadline=None)
def test_whatever_stands_in_a_comment_is_understood_or_refused(text: str) -> None:
    for key in KEYS:
        with suppress(WrongValue):
            value(key, from_text(key, text))
