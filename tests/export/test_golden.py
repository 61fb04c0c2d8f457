"""Every format's files of one app, for people to read: golden/FORMAT.txt.

After a wanted change: PROCMAN_WRITE_GOLDEN=1 pytest -n0 tests/export/test_golden.py, and read the diff.
"""

from __future__ import annotations

import os

import pytest

from procman.export.formats import FORMATS, exporter
from tests.export.apps import VALUES, make_app

GOLDEN = os.path.join(os.path.dirname(__file__), "golden")
USER_UNITS = "systemd-user"


@pytest.mark.parametrize("name", [*FORMATS, USER_UNITS])
def test_the_files_are_those_that_were_agreed(name: str) -> None:
    if name in {"compose", "swarm", "kubernetes"}:
        pytest.importorskip("yaml", reason="PyYAML is not installed")
    user = name == USER_UNITS
    files, notices = exporter("systemd" if user else name, user_manager=user)(make_app(log="/var/log/shop"))
    parts = [f"=== {file.path} {file.mode:o}\n{file.text}" for file in files]
    parts.append("=== notes\n" + "".join(f"{notice}\n" for notice in notices))
    now, path = "".join(parts), os.path.join(GOLDEN, f"{name}.txt")
    if os.environ.get("PROCMAN_WRITE_GOLDEN"):
        os.makedirs(GOLDEN, exist_ok=True)
        with open(path, "w", encoding="utf-8", newline="") as file:
            file.write(now)
    with open(path, encoding="utf-8", newline="") as file:
        assert now == file.read()


@pytest.mark.parametrize("name", FORMATS)
def test_no_file_that_others_may_read_holds_a_value(name: str) -> None:
    files, _ = exporter(name)(make_app())
    assert any(not file.mode & 0o077 for file in files)
    for file in files:
        if file.mode & 0o077:
            assert "production" not in file.text
            assert all(f"{key}=" not in file.text for key in VALUES)


@pytest.mark.parametrize("name", FORMATS)
def test_every_file_says_whose_it_is_in_its_first_lines_and_ends_with_one_newline(name: str) -> None:
    app = make_app()
    for file in exporter(name)(app).files:
        assert app.marker(name) in file.text[:1024]
        assert file.text.endswith("\n")
        assert not file.text.endswith("\n\n")
        assert "\r" not in file.text


@pytest.mark.parametrize("name", FORMATS)
def test_the_same_app_gives_the_same_bytes(name: str) -> None:
    assert exporter(name)(make_app()) == exporter(name)(make_app())
