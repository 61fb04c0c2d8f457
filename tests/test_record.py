"""The picture of the README: drawn from what a terminal was sent."""

from __future__ import annotations

import importlib.util
from pathlib import Path
from typing import TYPE_CHECKING, Any
from xml.etree import ElementTree as ET

import pytest

if TYPE_CHECKING:
    from tests.project import Project

pytestmark = pytest.mark.engine

DOCS = Path(__file__).parent.parent / "docs"
SVG = "{http://www.w3.org/2000/svg}"


def recorder() -> Any:
    spec = importlib.util.spec_from_file_location("record", DOCS / "record.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def rows(picture: str) -> list[str]:
    root = ET.fromstring(picture)  # noqa: S314 - our own picture
    return ["".join(text.itertext()) for text in root.iter(f"{SVG}text")]


def test_a_line_is_parted_where_its_colours_change() -> None:
    record = recorder()
    assert [tuple(span) for span in record.spans("a\x1b[36mb\x1b[1mc\x1b[22md\x1b[0me\x1b[91mf\x1b[mg")] == [
        ("a", ""),
        ("b", "cyan"),
        ("c", "cyan bold"),
        ("d", "cyan"),
        ("e", ""),
        ("f", "red"),
        ("g", ""),
    ]


def test_what_is_drawn_is_the_text_whatever_it_holds() -> None:
    picture = recorder().draw(["\x1b[36mweb\x1b[0m <&> 'x'", "", "  y"])
    assert rows(picture) == ["web <&> 'x'", "", "  y"]
    assert "prefers-color-scheme:dark" in picture


def test_the_picture_in_the_docs_is_of_a_run_that_ends_well() -> None:
    text = "\n".join(rows((DOCS / "procman.svg").read_text("utf-8")))
    for words in ("$ procman start", "started with pid", "job 3 done", "GET /LICENSE", "SIGINT received"):
        assert words in text


def test_a_recording_is_a_real_run(project: Project) -> None:
    heard = recorder().record(project.port)
    assert f"ready on http://localhost:{project.port}" in heard
    assert heard.rstrip().endswith(("terminated by SIGTERM", "exited with code 0"))
    assert "\x1b[" in heard
