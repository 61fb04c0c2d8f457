from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tests.project import Project


def test_it_writes_a_procfile_that_check_finds_right(project: Project) -> None:
    project.write("main.go", "package main")
    project.write("go.mod", "module shop")
    done = project.run("init")
    assert done.returncode == 0
    assert done.stdout.startswith("writing: Procfile (web)\n")
    assert (project.root / "Procfile").read_text() == "# go.mod: a Go program\nweb: go run .\n"
    assert "valid procfile detected (web)" in project.run("check").stdout


def test_it_never_overwrites(project: Project) -> None:
    project.procfile("web: mine\n")
    done = project.run("init")
    assert done.returncode == 1
    assert "Procfile exists already" in done.stderr
    assert (project.root / "Procfile").read_text() == "web: mine\n"


def test_it_can_show_and_write_nothing(project: Project) -> None:
    done = project.run("init", "--stdout")
    assert "web: python3 -m http.server $PORT" in done.stdout
    assert not (project.root / "Procfile").exists()


def test_a_folder_that_is_not_there_is_told(project: Project) -> None:
    done = project.run("init", "-f", "nowhere/Procfile")
    assert done.returncode == 1
    assert "nowhere/Procfile can't be written" in done.stderr
