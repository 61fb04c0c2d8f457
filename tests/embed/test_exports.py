"""What `import procman` is: little, and typed."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

import procman

USER = """
import procman
from procman import Formation, Line, NotReadyError, load

names: list[str] = [entry.name for entry in load("Procfile").entries]
with Formation(root=".", formation={"web": 2}) as app:
    line: Line = app.wait_for("ready", "web")
    port: int = app.port("web.1")
    status: int | None = app.status
"""


def test_every_name_that_is_offered_is_there() -> None:
    for name in procman.__all__:
        assert getattr(procman, name).__name__ == name
    assert set(procman.__all__) <= set(dir(procman))


def test_other_names_are_refused_as_by_any_module() -> None:
    with pytest.raises(AttributeError, match="module 'procman' has no attribute 'formation'"):
        _ = getattr(procman, "formation")  # noqa: B009 - a type checker refuses the other way, too


def test_to_import_it_imports_nothing_else() -> None:
    code = "import sys; before = {*sys.modules}; import procman; print(*sorted({*sys.modules} - before))"
    argv = [sys.executable, "-s", "-c", code]
    assert subprocess.run(argv, capture_output=True, text=True, check=True).stdout.split() == ["procman"]


def checked(tmp_path: Path, code: str) -> str:
    pytest.importorskip("mypy", reason="mypy is of the dev extra")
    program = tmp_path / "program.py"
    program.write_text(code)
    argv = [sys.executable, "-m", "mypy", "--strict", "--cache-dir", str(tmp_path), str(program)]
    root = Path(procman.__file__).parent.parent
    done = subprocess.run(argv, cwd=root, capture_output=True, text=True, check=False)
    return done.stdout


@pytest.mark.engine
def test_a_type_checker_knows_what_is_offered_and_nothing_more(tmp_path: Path) -> None:
    assert "Success" in checked(tmp_path, USER)
    assert '"load" has incompatible type "int"' in checked(tmp_path, "import procman\nprocman.load(7)\n")
    assert 'has no attribute "lod"' in checked(tmp_path, "import procman\nprocman.lod('Procfile')\n")
