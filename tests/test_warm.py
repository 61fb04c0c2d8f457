"""That `Project.run` gives the same from the warm server as from a procman that starts cold."""

from __future__ import annotations

import subprocess
from typing import TYPE_CHECKING

import pytest

from tests import warm

if TYPE_CHECKING:
    from tests.project import Project

PROCFILE = "web: echo $PS on $PORT; exit 3\nkilled: kill -9 $$\n"


@pytest.mark.parametrize(
    "words",
    [
        ("--version",),
        ("strat",),
        ("check",),
        ("check", "--format", "json"),
        ("env", "web"),
        ("env", "web", "--explain"),
        ("start", "web", "--timestamp", "none"),
        ("start", "killed", "--timestamp", "none"),
        ("run", "sh", "-c", "cat; pwd; echo $OWN; exit 7"),
        ("run", "sh", "-c", "kill -9 $$"),
        ("start", "-f", "-", "--timestamp", "none"),
    ],
    ids=" ".join,
)
def test_it_does_what_a_cold_start_does(
    project: Project, monkeypatch: pytest.MonkeyPatch, words: tuple[str, ...]
) -> None:
    project.procfile(PROCFILE)
    env, stdin = {"OWN": "ä", "TZ": "Asia/Tokyo"}, "piped: echo ö; exit 4\n"
    done = project.run(*words, env=env, stdin=stdin)
    monkeypatch.setenv("TEST_COLD", "1")
    cold = project.run(*words, env=env, stdin=stdin)
    assert done.returncode == cold.returncode
    assert without_pids(done.stdout) == without_pids(cold.stdout)
    assert without_pids(done.stderr) == without_pids(cold.stderr)


def without_pids(output: str) -> list[str]:
    """Give the lines in an order of their own: who of two is quicker differs from run to run."""
    return sorted(line.partition(" with pid ")[0] for line in output.splitlines())


def test_what_takes_too_long_is_killed(project: Project) -> None:
    project.procfile("web: sleep 1000\n")
    with pytest.raises(subprocess.TimeoutExpired):
        project.run("start", within=0.5)


@pytest.mark.parametrize("name", ["PYTHONUTF8", "LC_ALL", "LANG"])
def test_what_an_interpreter_reads_when_it_starts_needs_one_that_starts(
    project: Project, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    monkeypatch.delenv("TEST_COLD", raising=False)
    assert warm.fits(project.environ({"OWN": "1"}))
    assert not warm.fits(project.environ({name: "0"}))
